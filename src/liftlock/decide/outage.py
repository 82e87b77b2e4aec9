"""A planned outage (停机升级): what depends on the tier is stopped first, dependents before what they depend on.

The tier is upgraded while nothing uses it; its dependents start again with their own upgrade, in order.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from liftlock.decide.estimate import COMES_BACK
from liftlock.decide.hops import hop_before
from liftlock.decide.recipes import PRECHECK, Laid, Laying
from liftlock.decide.way_back import LOWERS
from liftlock.model.actions import Kind
from liftlock.model.plan import Plan, Rollout
from liftlock.model.schedule import path_of


def rollout_of(plan: Plan, laying: Laying) -> Rollout:
    return laying.component.rollout or plan.rollout


def goes_out(plan: Plan, laid: Mapping[str, Laying], name: str) -> bool:
    """Is the component upgraded with all its hosts out?"""
    return name in laid and rollout_of(plan, laid[name]).planned_outage


def out_before(plan: Plan, laid: Mapping[str, Laying], name: str) -> tuple[str, ...]:
    """Components with a planned outage that this one depends on, and is stopped for: before its first hop."""
    if not goes_out(plan, laid, name) or hop_before(name):
        return ()
    return tuple(up for up in laid[name].component.after if goes_out(plan, laid, up))


def stop_steps(laying: Laying) -> tuple[Laid, ...]:
    """The steps that stop a dependent: its recipe's own, else what its restarts stop. Empty if nothing stops it.

    What revives it takes part on the way back only.
    """
    own = any(is_stop(one) for one in laying.main)
    if not own and not any(is_stop(one) for one in laying.stops):
        return ()
    found, added = [Laid(PRECHECK)], own
    for one in laying.main:
        kind = one.template.action.kind
        if kind in LOWERS:
            found.append(one)
        elif kind in COMES_BACK and one.template.way != "up":
            if not added and kind is Kind.RESTART:
                found += (stop for stop in laying.stops if is_stop(stop))
                added = True
            found.append(Laid(replace(one.template, way="back", confirm=False), one.path))
    return tuple(found)


def lane_steps(laying: Laying) -> tuple[Laid, ...]:
    """The steps of a stopped component's lanes: where its recipe only restarts, the way back must stop by itself."""
    if any(is_stop(one) for one in laying.main):
        return laying.main
    return (*laying.main, *(Laid(replace(one.template, way="back"), one.path) for one in laying.stops if is_stop(one)))


def is_stop(one: Laid) -> bool:
    return one.template.action.kind is Kind.STOP


def stopped(plan: Plan, laid: Mapping[str, Laying]) -> tuple[str, ...]:
    """Components that get a stage of stopping, in the plan's order."""
    return tuple(name for name, laying in laid.items() if out_before(plan, laid, name) and stop_steps(laying))


def stop_needs(plan: Plan, laid: Mapping[str, Laying], name: str, last: Mapping[str, str]) -> tuple[str, ...]:
    """What must be passed before this one is stopped: the stops of its dependents, and whatever the outage waits for.

    `last`: each component's last stage.
    """
    dependents = [f"{path_of(other)}/stop" for other in stopped(plan, laid) if name in out_before(plan, laid, other)]
    return tuple(dict.fromkeys([*dependents, *(last[up] for up in roots(plan, laid, name, ()) if up in last)]))


def roots(plan: Plan, laid: Mapping[str, Laying], name: str, seen: tuple[str, ...]) -> tuple[str, ...]:
    """What the first tier of an outage waits for: nothing of it is stopped while that is still being upgraded. A later
    hop waits for the one before it, which is the same tier."""
    if hop_before(name):
        return ()
    upstream = out_before(plan, laid, name)
    if name in seen or not upstream:
        return () if name in seen else laid[name].component.after
    found = [root for up in upstream for root in roots(plan, laid, up, (*seen, name))]
    return tuple(dict.fromkeys(found))
