"""Going back: which lanes turn now.

Stage by stage, what was built on a stage before it. Hosts that are out already turn at once; those that still serve,
newest first, as far as capacity allows. No canary gates, no windows.
"""

from collections.abc import Collection, Iterator

from liftlock.decide.capacity import Room
from liftlock.decide.expand import Layout
from liftlock.decide.order_back import stands
from liftlock.decide.turn import Turn
from liftlock.model import events as ev
from liftlock.model.decisions import Record
from liftlock.model.reasons import Reason, because
from liftlock.model.run import LaneView, Phase, Run


def choose_rollback(turn: Turn, layout: Layout, run: Run, room: Room) -> Iterator[Record]:
    assert run.rollback is not None, "there is no rollback to choose for"
    for stage in run.to_turn:
        if not waits_for_others(layout, run, stage):
            yield from turn_lanes(turn, run, room, stage, run.rollback.because)


def waits_for_others(layout: Layout, run: Run, stage: str) -> bool:
    first = layout.returns_first[stage]
    return not (first.isdisjoint(run.to_turn) and first.isdisjoint(run.returning))


def turn_lanes(turn: Turn, run: Run, room: Room, stage: str, why: Reason) -> Iterator[Record]:
    for lane_id in run.to_turn[stage]:
        lane = run.lanes[lane_id]
        holder = run.busy.get(lane.host)
        if holder is not None and (holder != lane_id or lane_id not in run.due):
            continue  # another lane has the host, or a step of this one is in flight or held: that ends first
        if not lane.out and not room.take(lane.stage, lane.host, back=True):
            turn.crowd(lane_id, lane.host)
            return
        yield Record(ev.LaneTurned(lane_id, because("rollback", why=why.code)))


def built_on(layout: Layout, run: Run, lanes: Collection[str]) -> str:
    """A lane that still stands and was built on one of these: they cannot go back without it. Empty if none."""
    below = {run.lanes[lane].stage for lane in lanes if stands(run.lanes[lane])}
    return next((above for stage in below for above in lanes_on(layout, run, stage) if above not in lanes), "")


def started_on(layout: Layout, run: Run, stage: str) -> str:
    """A lane that was built on this stage and still stands, or has not arrived on its way back; empty if none."""
    above = above_of(layout, stage)
    found = (name for name, lane in run.lanes.items() if lane.stage in above and (stands(lane) or is_returning(lane)))
    return next(found, "")


def is_returning(lane: LaneView) -> bool:
    return lane.phase is Phase.BACK and lane.result is None


def lanes_on(layout: Layout, run: Run, stage: str) -> Iterator[str]:
    above = above_of(layout, stage)
    yield from (name for name, lane in run.lanes.items() if lane.stage in above and stands(lane))


def above_of(layout: Layout, stage: str) -> Collection[str]:
    return layout.returns_first[stage] & layout.needed_by[stage]
