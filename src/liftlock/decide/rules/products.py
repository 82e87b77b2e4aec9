"""A component of a product goes a way that the product's rules allow, and its parts may run side by side.

Rules: the way from the version that runs through every `via` to the wanted one is a chain of hops of the product's
edges, with no stop passed by and no block that holds on one of the component's hosts, unless an override accepts it by
name: one by an approver, that is not over. What is not allowed blocks, and the way to write instead is said.
"""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, info, some, warning
from liftlock.decide.path.find import weight_of
from liftlock.decide.path.follow import Followed
from liftlock.decide.path.planned import (
    Planned,
    accepted_names,
    best_for,
    facts_for,
    followed_by,
    is_over,
    part_names,
    planned,
    readable,
)
from liftlock.decide.rules.approvals import people
from liftlock.decide.rules.products_file import product_files_are_sound
from liftlock.decide.rules.products_skew import mixed_no_longer_than_allowed, parts_may_run_together
from liftlock.decide.versions import version
from liftlock.model.findings import Finding, Path
from liftlock.model.path import NoWay, Obstacle, Way, Wrong
from liftlock.model.plan import Component
from liftlock.model.product import Product


def products_are_known(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        if not component.product:
            continue
        if (product := case.products.get(component.product)) is None:
            yield error("L574", (*place, "product"), given=component.product, known=some(sorted(case.products)))
            continue
        names = part_names(product)
        if component.part not in (names if product.parts else ("", *names)):
            known = {"product": component.product, "known": ", ".join(names)}
            yield error("L575", (*place, "part"), given=component.part, **known)
        yield from releases_are_known(place, component, product)


def releases_are_known(place: Path, component: Component, product: Product) -> Iterator[Finding]:
    listed = [version(each.version, product.scheme) for each in product.releases if readable(each.version, product)]
    written: list[tuple[Path, str]] = [((*place, "version", "from"), component.version.from_)]
    written += [((*place, "via", index, "version"), hop.version) for index, hop in enumerate(component.via)]
    written += [((*place, "version", "to"), component.version.to)]
    written += [((*place, "version", "known_bad"), each) for each in component.version.known_bad]
    for path, text in written:
        if not readable(text, product):
            yield error("L577", path, version=text, scheme=product.scheme, product=product.product)
        elif product.complete and version(text, product.scheme) not in listed:
            yield warning("L576", path, version=text, product=product.product)


def ways_are_allowed(case: Case) -> Iterator[Finding]:
    for each in planned(case):
        facts, accepted = facts_for(case, each), accepted_names(case)
        followed = followed_by(each, facts, accepted)
        best = best_for(each, facts, accepted)
        if followed.wrong:
            yield from what_is_wrong(each, followed, best)
        elif isinstance(best, Way) and weight_of(best.moves) < weight_of(followed.moves):
            via = some(move.to for move in best.moves[:-1]) or "-"
            highest = max((move.risk for move in best.moves), key=("low", "medium", "high").index)
            yield info("L583", each.at(len(each.versions) - 2), via=via, risk=highest, hops=len(best.moves))
        yield from stopped_where_it_must(case, each, followed)


def what_is_wrong(each: Planned, followed: Followed, best: Way | NoWay) -> Iterator[Finding]:
    for wrong in followed.wrong:
        if stops := [obstacle for obstacle in wrong.obstacles if obstacle.kind == "stop"]:
            yield of_stops(each, wrong, stops)
        for obstacle in wrong.obstacles:
            if obstacle.kind != "stop":
                yield of_obstacle(each, wrong, obstacle)
    first = followed.wrong[0]
    hop = {"from_version": first.from_, "to_version": first.to}
    if isinstance(best, Way):
        written = ", ".join(f'{{version: "{move.to}"}}' for move in best.moves[:-1])
        yield error("L582", path_of(each, first), via=f"[{written}]", **hop)
    else:
        reached = ", ".join(best.reached.values()) or each.versions[0]
        behind = " | ".join(" + ".join(one.name for one in together) for together in best.behind)
        whole = {"from_version": each.versions[0], "to_version": each.versions[-1]}
        said = {"product": each.product.product, "reached": reached, "behind": behind or "-"}
        yield error("L578", (*each.place, "version"), **said, **whole)


def path_of(each: Planned, wrong: Wrong) -> Path:
    return each.at(each.versions.index(wrong.to) - 1)


def of_stops(each: Planned, wrong: Wrong, stops: list[Obstacle]) -> Finding:
    """All that one hop passes by, with the first reason that is given."""
    why = [text for stop in stops for text in (stop.because, stop.url) if text]
    hop = {"from_version": wrong.from_, "to_version": wrong.to}
    names = ", ".join(stop.name for stop in stops)
    return error("L579", path_of(each, wrong), stops=names, because=(why or ["-"])[0], **hop)


def of_obstacle(each: Planned, wrong: Wrong, obstacle: Obstacle) -> Finding:
    hop = {"from_version": wrong.from_, "to_version": wrong.to}
    path, because, url = path_of(each, wrong), obstacle.because or "-", obstacle.url or "-"
    if obstacle.kind == "block":
        hosts, unknown = some(obstacle.hosts) or "-", some(obstacle.unknown) or "-"
        said = {"risk": obstacle.name, "message": because, "hosts": hosts, "unknown": unknown, "url": url}
        return error("L580", path, **said, **hop)
    return error("L581", path, version=obstacle.versions, why=obstacle.because or obstacle.kind)


def stopped_where_it_must(case: Case, each: Planned, followed: Followed) -> Iterator[Finding]:
    rollout = each.component.rollout or case.plan.rollout
    if rollout.planned_outage or len(case.inventory.members(each.component.hosts)) < 2:
        return
    for move in followed.moves:
        if move.stopped:
            path = each.at(each.versions.index(move.to) - 1)
            yield warning("L586", path, component=each.component.name, from_version=move.from_, to_version=move.to)


# --- overrides ---------------------------------------------------------------------------------------------------


def overrides_hold(case: Case) -> Iterator[Finding]:
    approvers = {person for approval in case.plan.approvals for person in people(approval)}
    for index, override in enumerate(case.plan.overrides):
        path: Path = ("overrides", index)
        if override.by not in approvers:
            yield error("L588", (*path, "by"), risk=override.risk, person=override.by)
        if is_over(case, override):
            yield error("L589", (*path, "until"), risk=override.risk, until=override.until)


def overrides_are_needed(case: Case) -> Iterator[Finding]:
    """Whoever approves sees what is accepted, where and by whom; what no hop takes accepts what nobody looked at."""
    if not case.plan.overrides:
        return
    accepted = accepted_names(case)
    taken = hops_taking(case, accepted)
    for index, override in enumerate(case.plan.overrides):
        path: Path = ("overrides", index, "risk")
        if override.risk in taken:
            said = {"person": override.by, "because": override.because, "hops": some(taken[override.risk])}
            yield info("L571", path, risk=override.risk, **said)
        elif override.risk in accepted:
            yield warning("L587", path, risk=override.risk)


def hops_taking(case: Case, accepted: frozenset[str]) -> dict[str, list[str]]:
    """Risk -> the hops that take it."""
    found: dict[str, list[str]] = {}
    for each in planned(case):
        for move in followed_by(each, facts_for(case, each), accepted).moves:
            for name in move.accepted:
                found.setdefault(name, []).append(f"{each.component.name} {move.from_} → {move.to}")
    return found


RULES: tuple[Rule, ...] = (
    product_files_are_sound,
    products_are_known,
    ways_are_allowed,
    parts_may_run_together,
    overrides_hold,
    overrides_are_needed,
)
SCHEDULE_RULES: tuple[Rule, ...] = (mixed_no_longer_than_allowed,)
