"""Going back: which lanes turn now.

Stage by stage, what was built on a stage before it. Hosts that are out already turn at once; those that still serve,
newest first, as far as capacity allows. No canary gates, no windows.
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
    for stage in run.to_turn:
        if not waits_for_others(layout, run, stage):
            yield from turn_lanes(run, room, stage, run.rollback.because)


def waits_for_others(layout: Layout, run: Run, stage: str) -> bool:
    first = layout.returns_first[stage]
    return not (first.isdisjoint(run.to_turn) and first.isdisjoint(run.returning))


def turn_lanes(run: Run, room: Room, stage: str, why: Reason) -> Iterator[Record]:
    for lane_id in run.to_turn[stage]:
        lane = run.lanes[lane_id]
        holder = run.busy.get(lane.host)
        if holder is not None and (holder != lane_id or lane_id not in run.due):
            continue  # another lane has the host, or a step of this one is in flight or held: that ends first
        if not lane.out and not room.take(lane.stage, lane.host, back=True):
            return
        yield Record(ev.LaneTurned(lane_id, because("rollback", why=why.code)))
