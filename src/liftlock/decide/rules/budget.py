"""Capacity and failures: shares that round to nothing, promises that contradict, tiers that go out as a whole."""

from collections.abc import Iterator
from math import ceil

from liftlock.decide.capacities import capacity_of, failures_at_most, out_at_most
from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.decide.outage import goes_out, out_before, rollout_of, stop_steps
from liftlock.decide.rules.waves import shown
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Rollout


def capacity_leaves_room(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled():
        if laying.hosts and not rollout.planned_outage:
            yield from capacity_findings(place, rollout, laying.component.hosts, len(laying.hosts))


def capacity_findings(place: Path, rollout: Rollout, group: str, size: int) -> Iterator[Finding]:
    alone, both = rollout.max_unavailable.of(size), out_at_most(size, rollout)
    share = shown(rollout.max_unavailable)
    path = (*place, "max_unavailable")
    if alone <= 0 and size == 1:
        yield error("L123", path, group=group, share=share)
    elif alone <= 0:
        yield error("L121", path, group=group, size=size, share=share, needed=ceil(1000 / size) / 10)
    elif both <= 0 and rollout.min_healthy is not None:
        share = shown(rollout.min_healthy)
        yield error("L122", (*place, "min_healthy"), group=group, size=size, share=share, out_max=alone)
    elif both >= size == 1:
        yield warning("L124", path, group=group, share=share)
    elif both >= size:
        yield error("L120", path, group=group, size=size, out_max=both)


def sharers_promise_the_same(case: Case) -> Iterator[Finding]:
    """The strictest promise holds for all components of a group: a larger one is not what it seems."""
    promises: dict[str, dict[int, list[str]]] = {}
    for _, rollout, laying in case.rolled():
        group = laying.component.hosts
        out_max = capacity_of(group, len(laying.hosts), rollout).out_max
        promises.setdefault(group, {}).setdefault(out_max, []).append(laying.component.name)
    places = {component.hosts: place for place, component, _ in case.components()}
    for group, by_promise in promises.items():
        if len(by_promise) > 1:
            names = [f"{name} ({out_max})" for out_max, names in sorted(by_promise.items()) for name in names]
            yield warning("L138", (*places[group], "rollout"), group=group, components=some(names))


def failures_are_fewer_than_hosts(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled():
        size, group = len(laying.hosts), laying.component.hosts
        failures = failures_at_most(rollout.failure_budget, size)
        if size and failures >= size:
            level = error if size > 1 else warning
            yield level("L133", (*place, "failure_budget"), group=group, size=size, failures=failures)


def failure_percentage_means_something(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled():
        size, percent = len(laying.hosts), rollout.failure_budget.percent
        if size and percent and int(size * percent / 100 + 1e-9) == 0:
            path = (*place, "failure_budget", "percent")
            yield warning("L134", path, group=laying.component.hosts, size=size, percent=percent)


def wave_budget_is_within(case: Case) -> Iterator[Finding]:
    for place, rollout, _ in case.rollouts():
        budget = rollout.failure_budget
        if budget.wave_hosts is not None and budget.percent is None and budget.wave_hosts > (budget.hosts or 0):
            path = (*place, "failure_budget", "wave_hosts")
            yield warning("L135", path, wave_hosts=budget.wave_hosts, failures=budget.hosts or 0)


def dependents_of_an_outage_are_stopped(case: Case) -> Iterator[Finding]:
    for place, component, laying in case.components():
        if out_before(case.plan, case.laid, component.name):
            if not stop_steps(laying):
                yield warning("L137", (*place, "recipe"), component=component.name)
            continue
        for up in component.after:
            if goes_out(case.plan, case.laid, up) and not rollout_of(case.plan, laying).planned_outage:
                yield warning("L136", (*place, "after"), component=up, dependent=component.name)


RULES: tuple[Rule, ...] = (
    capacity_leaves_room,
    sharers_promise_the_same,
    failures_are_fewer_than_hosts,
    failure_percentage_means_something,
    wave_budget_is_within,
    dependents_of_an_outage_are_stopped,
)
