"""In which order stages go back: an undo never precedes the undo of what was built on it.

Of a component: what ran once after its waves, the waves, what ran once before them; and its dependents before it.
What a planned outage stopped goes the other way: it starts again when the tiers that it was stopped for are back.
"""

from collections.abc import Mapping

from liftlock.model.run import LaneView, Run
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
    """Is the lane's host stopped for an outage that the rollback has not ended yet? Then that is what starts it."""
    stop = f"{stage_of(lane.stage)}/{STOP}"
    return f"{stop}/{lane.host}" in run.to_turn.get(stop, ())
