"""In which order stages go back: an undo never precedes the undo of what was built on it.

Of a component: what ran once after its waves, the waves, what ran once before them; and its dependents before it.
What a planned outage stopped goes the other way: it starts again when the tiers that it was stopped for are back.
"""

from collections.abc import Mapping

from liftlock.model.events import LaneResult
from liftlock.model.run import LaneView, Phase, Run, is_lost
from liftlock.model.schedule import Schedule, Stage, stage_of

STOP = "stop"
BUILT_ON = {"before": 0, "after": 2}  # a wave, of whatever name, stands between them


def returns_first(schedule: Schedule, dependents: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Of each stage, the stages that must have returned before its lanes turn."""
    return {
        stage.id: frozenset(other.id for other in schedule.stages if goes_first(other, stage, dependents))
        for stage in schedule.stages
    }


def goes_first(other: Stage, stage: Stage, dependents: Mapping[str, frozenset[str]]) -> bool:
    if stage.wave == STOP:
        upstream = stage.component in dependents[other.component]
        return upstream or (other.component == stage.component and other.wave != STOP)
    if other.wave == STOP:
        return False
    if other.component == stage.component:
        return BUILT_ON.get(other.wave, 1) > BUILT_ON.get(stage.wave, 1)
    return other.component in dependents[stage.component]


def stays_down(run: Run, lane: LaneView) -> bool:
    """Was the lane's host stopped for an outage, and is that stop not taken back? Then nothing but its own upgrade, or
    the way back of that stop, starts it: its old version is not for the new versions of the tiers below."""
    stop = run.lanes.get(stop_of(lane))
    return stop is not None and stop is not lane and stands(stop)


def stop_of(lane: LaneView) -> str:
    """The lane that stopped this lane's host for an outage, if there is one."""
    return f"{stage_of(lane.stage)}/{STOP}/{lane.host}"


def stands(lane: LaneView) -> bool:
    """Does a rollback have something to take back here?"""
    return lane.phase is not Phase.BACK and lane.result is not LaneResult.SKIPPED and not is_lost(lane)
