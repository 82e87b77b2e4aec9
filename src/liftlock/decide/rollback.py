"""Going back: which lanes turn now.

Across components in reverse order of dependency: an undo never precedes the undo of what depends on it. Hosts that are
out already turn at once; those that still serve, newest first, as far as capacity allows. No canary gates, no windows.
"""

from collections.abc import Iterator

from liftlock.decide.capacity import Room
from liftlock.decide.expand import Layout
from liftlock.model import events as ev
from liftlock.model.decisions import Record
from liftlock.model.reasons import Reason, because
from liftlock.model.run import Run


def choose_rollback(layout: Layout, run: Run, room: Room) -> Iterator[Record]:
    assert run.rollback is not None, "there is no rollback to choose for"
    for component in run.to_turn:
        if not waits_for_dependents(layout, run, component):
            yield from turn_lanes(run, room, component, run.rollback.because)


def waits_for_dependents(layout: Layout, run: Run, component: str) -> bool:
    return any(name in run.to_turn or name in run.returning for name in layout.dependents[component])


def turn_lanes(run: Run, room: Room, component: str, why: Reason) -> Iterator[Record]:
    for lane_id in run.to_turn[component]:
        lane = run.lanes[lane_id]
        holder = run.busy.get(lane.host)
        if holder is not None and (holder != lane_id or lane_id not in run.due):
            continue  # another lane has the host, or a step of this one is in flight or held: that ends first
        if not lane.out and not room.take(lane.stage, lane.host, back=True):
            return
        yield Record(ev.LaneTurned(lane_id, because("rollback", why=why.code)))
