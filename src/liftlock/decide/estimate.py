"""How long will it take, and how long the way back? From the recipes' own estimates, or from what was measured.

Lanes run side by side up to the group's capacity and one failure domain at a time, so a stage takes as many rounds as
its domains need; soak comes on top.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from liftlock.decide.hops import same_component
from liftlock.decide.way_back import LOWERS, REVIVES, TRAFFIC
from liftlock.model.actions import Irreversible, Kind
from liftlock.model.schedule import Capacity, Recipe, Schedule, Stage, Template

COMES_BACK = (*LOWERS, *REVIVES, Kind.VERIFY, Kind.READMIT)


class StageEstimate(Struct, frozen=True):
    """A stage's way up, and the way back of all its hosts, in seconds. `begins_s` counts from the run's start."""

    stage: str
    hosts: int
    begins_s: float
    forward_s: float
    soak_s: float
    back_s: float


class NoReturn(Struct, frozen=True):
    """From the stage's step `name` on there is no way back, because a person said so."""

    stage: str
    name: str
    because: str


class Estimate(Struct, frozen=True):
    """`total_s`: the longest way through the stages' needs; `back_s`: everything back, one component after another."""

    stages: tuple[StageEstimate, ...]
    total_s: float
    back_s: float
    no_return: tuple[NoReturn, ...]


def estimate(schedule: Schedule) -> Estimate:
    ends: dict[str, float] = {}
    found = []
    for stage in schedule.stages:
        begins_s = max((ends.get(need, 0.0) for need in stage.needs), default=0.0)
        forward_s = stage_forward_s(schedule, stage, len(stage.hosts))
        ends[stage.id] = begins_s + forward_s
        back_s = stage_back_s(schedule, stage, len(stage.hosts))
        found.append(
            StageEstimate(stage.id, len(stage.hosts), begins_s, forward_s, stage_soak_s(schedule, stage), back_s)
        )
    return Estimate(
        stages=tuple(found),
        total_s=max(ends.values(), default=0.0),
        back_s=sum(one.back_s for one in found),
        no_return=points_of_no_return(schedule),
    )


def stage_forward_s(schedule: Schedule, stage: Stage, hosts_left: int, lane_s: float | None = None) -> float:
    """Seconds until the stage is through: the last `hosts_left` of its hosts, and the soak.

    `lane_s`: how long a lane was seen to take; None: the recipe's own estimate.
    """
    recipe = schedule.recipes[stage.recipe]
    one_s = lane_forward_s(recipe) if lane_s is None else lane_s
    waiting = stage.hosts[len(stage.hosts) - hosts_left :] if hosts_left else ()
    return one_s * rounds(schedule, waiting, capacity_of(schedule, stage.component).out_max) + stage_soak_s(
        schedule, stage
    )


def stage_soak_s(schedule: Schedule, stage: Stage) -> float:
    """The soak, and looking at every host once more after it."""
    if not stage.soaks:
        return 0.0
    again_s = sum(t.estimate_s for t in schedule.recipes[stage.recipe].templates if t.confirm and t.way != "back")
    return schedule.policies[stage.component].soak_s + again_s


def stage_back_s(schedule: Schedule, stage: Stage, hosts: int) -> float:
    """Seconds to bring `hosts` hosts of the stage back."""
    side_by_side = max(1, capacity_of(schedule, stage.component).back_out_max)
    return lane_back_s(schedule.recipes[stage.recipe]) * -(-hosts // side_by_side)


def back_s(schedule: Schedule, component: str, hosts: int) -> float:
    """Seconds to bring `hosts` hosts of a component back to the old version."""
    for stage in schedule.stages:
        if stage.component == component and stage.soaks:
            return stage_back_s(schedule, stage, hosts)
    return 0.0


def whole_back_s(schedule: Schedule, component: str, hosts: Mapping[str, int]) -> float:
    """Seconds to bring a component all the way back, one hop after another. `hosts`: how many went up, by hop."""
    return sum(back_s(schedule, hop, hosts[hop]) for hop in same_component(hosts, component))


def lane_forward_s(recipe: Recipe) -> float:
    return sum(template.estimate_s for template in recipe.templates if template.way != "back")


def lane_back_s(recipe: Recipe) -> float:
    """Seconds of a lane's whole way back, if every step of it ran."""
    return sum(back_estimate_s(template) for template in recipe.templates)


def back_estimate_s(template: Template) -> float:
    kind = template.action.kind
    again = template.way == "back" or (template.way == "both" and kind in COMES_BACK)
    undone = template.undo is not None and kind not in (*TRAFFIC, *REVIVES, Kind.STOP)
    return template.estimate_s * (again + undone)


def rounds(schedule: Schedule, hosts: Sequence[str], out_max: int) -> int:
    """How many times `out_max` hosts side by side, one failure domain after the other."""
    side_by_side = max(1, out_max)
    blocks = groupby(hosts, key=lambda host: schedule.hosts[host].domain)
    return sum(-(-sum(1 for _ in block) // side_by_side) for _, block in blocks)


def capacity_of(schedule: Schedule, component: str) -> Capacity:
    return schedule.capacities[schedule.policies[component].capacity]


def points_of_no_return(schedule: Schedule) -> tuple[NoReturn, ...]:
    """Every stage's first irreversible step, in the schedule's order."""
    found = []
    for stage in schedule.stages:
        recipe = schedule.recipes[stage.recipe]
        for name, template in zip(recipe.names, recipe.templates, strict=True):
            reversal = template.action.traits.reversal
            if template.way != "back" and isinstance(reversal, Irreversible):
                found.append(NoReturn(stage.id, name, reversal.because))
                break
    return tuple(found)
