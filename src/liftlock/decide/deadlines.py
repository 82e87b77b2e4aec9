"""Whose time it is: a deadline of a host, or of a wave, does not count what a person takes for a step of theirs."""

from datetime import datetime

from liftlock.decide.expand import Layout, Ways
from liftlock.model.actions import Kind
from liftlock.model.run import LaneView, Phase, Run, StageView, StepState
from liftlock.model.schedule import Stage


def own_since(ways: Ways, lane: LaneView) -> datetime:
    """Since when a lane's own time counts: anew after each step that a person did."""
    ended = [lane.step(name) for name in peoples(ways) if lane.step(name).state is not StepState.RUNNING]
    return max([lane.begun_at, *(view.at for view in ended if view.at is not None)])


def progress_since(layout: Layout, run: Run, stage: Stage, view: StageView) -> datetime | None:
    """Since when a wave is without progress; None while it waits for a person's step."""
    ways = layout.ways_of(stage.id)
    if run.progress_at is None or not peoples(ways):
        return run.progress_at
    lanes = [run.lanes[lane] for lane in view.lanes if run.lanes[lane].result is None]
    if any(
        lane.step(f"{way}{name}").state is StepState.RUNNING
        for lane in lanes
        for name in peoples(ways)
        for way in ("", "u", "b")
    ):
        return None
    return max([run.progress_at, *(own_since(ways, lane) for lane in lanes if lane.phase is Phase.UP)])


def under_way_since(run: Run, stage: str) -> datetime | None:
    """Since when the first of the wave's lanes that have their hosts goes up; None while all of them wait: for a
    window, for somebody else's change, for another lane."""
    lanes = (run.lanes[lane] for lane in run.busy.values())
    return min((lane.begun_at for lane in lanes if lane.stage == stage and lane.phase is Phase.UP), default=None)


def peoples(ways: Ways) -> list[str]:
    return [name for name, template in ways.templates.items() if template.action.kind is Kind.MANUAL]
