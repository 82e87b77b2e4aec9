"""The way back of a lane, derived from what actually ran.

It is not the way up read backwards: out of service first; the writes undone in reverse order; then restart, verify
against the old version and readmit, in forward order. An undo of kind RESTORE runs only where some write that ran is
only restorable. A host that an outage stopped stays down: its own upgrade starts it, or the way back of the stop.
"""

from collections.abc import Iterator

from liftlock.decide.expand import Ways
from liftlock.model.actions import Irreversible, Kind, Restorable
from liftlock.model.run import LaneView
from liftlock.model.schedule import Policy, Template

LOWERS = (Kind.DRAIN, Kind.STOP)
REVIVES = (Kind.START, Kind.RESTART, Kind.REBOOT)
TRAFFIC = (Kind.DRAIN, Kind.READMIT)


def way_back(ways: Ways, lane: LaneView, *, stays_down: bool = False) -> tuple[str, ...]:
    """Names of the steps that bring the lane back, in order; empty if nothing was done that matters."""
    ran = {name: template for name, template in ways.templates.items() if lane.step(name).touched}
    if not any(matters(template) for template in ran.values()):
        return ()
    found = (*lowering(ways, ran, stays_down), *undoing(ways, ran), *reviving(ways, ran))
    return tuple(name for name in found if not (stays_down and brings_up(ways, name)))


def brings_up(ways: Ways, name: str) -> bool:
    kind = ways.templates[name[1:]].action.kind
    if name.startswith("u"):
        return kind is Kind.STOP
    return kind in (*REVIVES, Kind.VERIFY, Kind.READMIT)


def matters(template: Template) -> bool:
    traits, kind = template.action.traits, template.action.kind
    undone = template.undo is not None and template.undo.kind is not Kind.RESTORE
    return traits.writes or traits.lowers_capacity or undone or kind in (*LOWERS, *REVIVES, *TRAFFIC)


def wrote(ran: dict[str, Template]) -> bool:
    return any(template.action.traits.writes for template in ran.values())


def lowering(ways: Ways, ran: dict[str, Template], stays_down: bool) -> Iterator[str]:
    revived = any(template.action.kind in REVIVES for template in ran.values())
    if wrote(ran) or (stays_down and revived):
        for name, template in ways.templates.items():
            if template.action.kind in LOWERS and template.way != "up":
                yield f"b{name}"


def undoing(ways: Ways, ran: dict[str, Template]) -> Iterator[str]:
    restores = any(isinstance(template.action.traits.reversal, Restorable) for template in ran.values())
    revived = any(t.action.kind in REVIVES and t.way != "up" for t in ways.templates.values())
    for name, template in reversed(ran.items()):
        if template.undo is None or template.action.kind in (*TRAFFIC, *REVIVES):
            continue
        if template.action.kind is Kind.STOP and revived:
            continue
        if template.undo.kind is not Kind.RESTORE or restores:
            yield f"u{name}"


def reviving(ways: Ways, ran: dict[str, Template]) -> Iterator[str]:
    stopped = any(template.action.kind is Kind.STOP for template in ran.values())
    for name, template in ways.templates.items():
        kind = template.action.kind
        if template.way == "back" and kind not in (*LOWERS, *REVIVES, Kind.VERIFY, Kind.READMIT):
            yield f"b{name}"
        elif template.way == "up":
            continue
        elif (kind in REVIVES and (wrote(ran) or stopped or name in ran)) or kind in (Kind.VERIFY, Kind.READMIT):
            yield f"b{name}"


def no_return(ways: Ways, policy: Policy, lane: LaneView) -> str:
    """Why the lane cannot go back by the plan's own rules; empty if it can."""
    ran = [template for name, template in ways.templates.items() if lane.step(name).touched]
    for template in ran:
        reversal = template.action.traits.reversal
        if isinstance(reversal, Irreversible):
            return reversal.because or template.verb
        if isinstance(reversal, Restorable) and policy.on_failure != "restore":
            return template.verb
    return policy.no_return_because if any(template.action.traits.writes for template in ran) else ""
