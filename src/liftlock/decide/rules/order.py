"""Order: what comes after what, and who shares hosts without saying so."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.decide.circles import circle_from
from liftlock.decide.recipes import Laying
from liftlock.model.findings import Finding


def dependencies_exist(case: Case) -> Iterator[Finding]:
    known = [component.name for component in case.plan.components]
    for place, component, _ in case.components():
        for index, name in enumerate(component.after):
            if name == component.name:
                yield error("L105", (*place, "after", index), name=name)
            elif name not in known:
                yield error("L103", (*place, "after", index), given=name, known=some(known))


def order_is_no_circle(case: Case) -> Iterator[Finding]:
    told: set[frozenset[str]] = set()
    for place, component, _ in case.components():
        circle = circle_through(case.laid, component.name)
        if len(circle) > 2 and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield error("L104", (*place, "after"), circle=" → ".join(circle))


def circle_through(laid: Mapping[str, Laying], name: str) -> tuple[str, ...]:
    """The shortest way from a component over `after` back to itself, or nothing."""
    return circle_from(name, lambda one: laid[one].component.after if one in laid else ())


def comes_before(laid: Mapping[str, Laying], name: str) -> frozenset[str]:
    """All components that this one waits for, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        for up in laid[one].component.after if one in laid else ():
            if up not in found:
                found.add(up)
                waiting.append(up)
    return frozenset(found)


def sharers_have_an_order(case: Case) -> Iterator[Finding]:
    """Lanes of two components on one host run one after the other, in an order that the plan should say."""
    hosts = {component.name: frozenset(laying.hosts) for _, component, laying in case.components()}
    before = {name: comes_before(case.laid, name) for name in hosts}
    places = {component.name: place for place, component, _ in case.components()}
    for one, other in combinations(hosts, 2):
        shared = hosts[one] & hosts[other]
        if shared and one not in before[other] and other not in before[one]:
            fields = {"components": f"{one}, {other}", "hosts": some(sorted(shared))}
            yield warning("L107", (*places[other], "hosts"), **fields, count=len(shared))


def groups_do_not_overlap(case: Case) -> Iterator[Finding]:
    """Capacity is counted by group: a host in two groups counts in each as if the other were not there."""
    groups = {laying.component.hosts: frozenset(laying.hosts) for laying in case.laid.values()}
    places = {component.hosts: place for place, component, _ in case.components()}
    for one, other in combinations(groups, 2):
        if shared := groups[one] & groups[other]:
            fields = {"group": one, "other": other, "hosts": some(sorted(shared))}
            yield warning("L108", (*places[other], "hosts"), **fields, count=len(shared))


RULES: tuple[Rule, ...] = (dependencies_exist, order_is_no_circle, sharers_have_an_order, groups_do_not_overlap)
