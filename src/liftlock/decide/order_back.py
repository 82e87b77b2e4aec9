"""In which order stages go back: an undo never precedes the undo of what was built on it.

Of a component: what ran once after its waves, the waves, what ran once before them; and its dependents before it, a
later hop of its own among them.
Where roles order the waves, the last one goes back first: what changed the roles is taken back before the replicas are.
What a planned outage stopped goes the other way: it starts again when the tiers that it was stopped for are back.
"""

from collections.abc import Mapping

from liftlock.decide.roles import has_order, number_of
from liftlock.model.events import LaneResult
from liftlock.model.run import LaneView, Phase, Run, is_lost
from liftlock.model.schedule import Schedule, Stage, name_of, stage_of

STOP = "stop"
BUILT_ON = {"before": 0, "after": 2}  # a wave, of whatever name, stands between them


def returns_first(schedule: Schedule, dependents: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Of each stage, the stages that must have returned before its lanes turn."""
    ordered = frozenset(name for name in schedule.policies if has_order(schedule.assumes, name_of(name)))
    return {
        stage.id: frozenset(other.id for other in schedule.stages if goes_first(other, stage, dependents, ordered))
        for stage in schedule.stages
    }


def goes_first(other: Stage, stage: Stage, dependents: Mapping[str, frozenset[str]], ordered: frozenset[str]) -> bool:
    if stage.wave == STOP:
        upstream = stage.component in dependents[other.component]
        return upstream or (name_of(other.component) == name_of(stage.component) and other.wave != STOP)
    if other.wave == STOP:
        return False
    if other.component == stage.component:
        return place_in(other, ordered) > place_in(stage, ordered)
    return other.component in dependents[stage.component]


def place_in(stage: Stage, ordered: frozenset[str]) -> tuple[int, int]:
    wave = number_of(stage.wave) if stage.component in ordered else 0
    return BUILT_ON.get(stage.wave, 1), wave


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
