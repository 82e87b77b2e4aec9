"""What a plan lets run side by side: old beside new of one part, and part beside part in the plan's order.

Rules: a component that comes after another begins when that is complete, so that each is then at one end of its way;
components without an order, or that go wave by wave, may meet at any of their versions. A part that may be mixed only
so long must be through with each hop, by the schedule's own estimate, within that time.
"""

from collections.abc import Iterator

from liftlock.decide.case import Case, error, warning
from liftlock.decide.estimate import StageEstimate, estimate
from liftlock.decide.path.follow import Going, skewed_between, skewed_within
from liftlock.decide.path.ground import parts_of
from liftlock.decide.path.planned import Planned, planned
from liftlock.model.findings import Finding
from liftlock.model.path import Clash
from liftlock.model.product import Product, Skew


def parts_may_run_together(case: Case) -> Iterator[Finding]:
    together: dict[str, list[Planned]] = {}
    for each in planned(case):
        together.setdefault(each.product.product, []).append(each)
        if len(case.inventory.members(each.component.hosts)) > 1 and not outage(case, each):
            for clash in dict.fromkeys(skewed_within(each.product, each.part, each.versions)):
                yield of_clash(each, clash)
    for of_product in together.values():
        product = of_product[0].product
        if product.parts:
            by_name = {each.component.name: each for each in of_product}
            going = [going_of(case, each) for each in of_product]
            for one, clash in skewed_between(product, going):
                yield of_clash(by_name[one.name], clash)


def outage(case: Case, each: Planned) -> bool:
    return (each.component.rollout or case.plan.rollout).planned_outage


def going_of(case: Case, each: Planned) -> Going:
    return Going(each.component.name, each.part, each.versions, frozenset(complete_before(case, each.component.name)))


def complete_before(case: Case, name: str) -> set[str]:
    """The components that are complete when this one begins."""
    after = {each.name: each.after if each.per == "component" else () for each in case.plan.components}
    found: set[str] = set()
    waiting = list(after.get(name, ()))
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += after.get(other, ())
    return found - {name}


def of_clash(each: Planned, clash: Clash) -> Finding:
    skew = each.product.skews[clash.skew]
    return error(
        "L584",
        (*each.place, "version"),
        component=each.component.name,
        of=clash.of,
        of_version=clash.of_version,
        beside=clash.with_,
        beside_version=clash.with_version,
        rule=rule_text(skew),
        url=skew.url or "-",
    )


def rule_text(skew: Skew) -> str:
    """In signs: `minor −3 … 0`, what `of` may be beside `with`."""
    low = "−∞" if skew.behind_max is None else f"−{skew.behind_max}" if skew.behind_max else "0"
    high = "+∞" if skew.ahead_max is None else f"+{skew.ahead_max}" if skew.ahead_max else "0"
    return f"{skew.level} {low} … {high}"


# --- how long ------------------------------------------------------------------------------------------------


def mixed_no_longer_than_allowed(case: Case) -> Iterator[Finding]:
    """Waits for windows are not in the estimate: it is the least that it takes."""
    if case.schedule is None:
        return
    found = estimate(case.schedule)
    stages: dict[str, list[StageEstimate]] = {}
    for stage, estimated in zip(case.schedule.stages, found.stages, strict=True):
        stages.setdefault(hop_of(stage.id), []).append(estimated)
    for each in planned(case):
        longest_s = longest_mixed_s(each.product, each.part)
        if longest_s is None or outage(case, each):
            continue
        spans_s = [span_s(hop) for name, hop in stages.items() if name.partition("/")[0] == each.component.name]
        mixed_s = max(spans_s, default=0.0)
        if mixed_s > longest_s:
            yield warning("L585", each.place, component=each.component.name, mixed_s=mixed_s, longest_s=longest_s)


def hop_of(stage: str) -> str:
    """`orders/1` of `orders/1/w2`."""
    return stage.rpartition("/")[0]


def span_s(stages: list[StageEstimate]) -> float:
    """From the first host of a hop to the last."""
    if sum(stage.hosts for stage in stages) < 2:
        return 0.0
    return max(each.begins_s + each.forward_s for each in stages) - min(each.begins_s for each in stages)


def longest_mixed_s(product: Product, part: str) -> float | None:
    """The shortest that the product or a rule about the part beside itself says."""
    name = part or parts_of(product)[0].name
    said = [skew.longest_s for skew in product.skews if skew.of == skew.with_ == name]
    return min((each for each in (product.longest_mixed_s, *said) if each is not None), default=None)
