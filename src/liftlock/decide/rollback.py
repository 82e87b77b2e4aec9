"""Going back: which lanes turn now.

Stage by stage, what was built on a stage before it. Hosts that are out already turn at once; those that still serve,
newest first, as far as capacity allows. No canary gates, no windows.
"""

from collections.abc import Collection, Iterator

from liftlock.decide.capacity import Room
from liftlock.decide.expand import Layout
from liftlock.model import events as ev
from liftlock.model.decisions import Record
from liftlock.model.events import LaneResult
from liftlock.model.reasons import Reason, because
from liftlock.model.run import LaneView, Phase, Run, is_lost


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


def built_upon(layout: Layout, run: Run, lanes: Collection[str]) -> tuple[str, str] | None:
    """A stage that would go back with these lanes alone, and a lane built on it that would stay: not to be undone."""
    going = {run.lanes[lane].stage for lane in lanes if not is_back(run.lanes[lane])}
    staying = {view.stage: lane for lane, view in run.lanes.items() if lane not in lanes and not is_back(view)}
    for stage in sorted(going):
        if above := sorted(layout.returns_first[stage] & staying.keys()):
            return stage, staying[above[0]]
    return None


def is_back(lane: LaneView) -> bool:
    """Nothing of the new version stands there, or it is on its way back."""
    ended = lane.result in (LaneResult.RETURNED, LaneResult.SKIPPED) or is_lost(lane)
    return ended or lane.phase is Phase.BACK
