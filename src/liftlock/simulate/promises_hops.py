"""What a run promises about hops: each begins where the hop before it arrived, and after all of it is complete."""

from collections.abc import Iterator

from liftlock.model import events as ev
from liftlock.model.events import LaneResult
from liftlock.model.fold import advance
from liftlock.model.run import Phase, Run
from liftlock.model.schedule import Schedule, lane_of
from liftlock.simulate.story import Story


def a_hop_begins_where_the_one_before_arrived(story: Story) -> Iterator[str]:
    """No step goes up in a later hop before every wave of the hop before is promoted, nor on a host that it did not
    reach. What is read here are the ids: component, hop, wave, host."""
    run = Run()
    for entry in story.entries:
        match entry.event:
            case ev.StepStarted(step) if begins(run, lane_of(step)):
                yield from (f"{step} began, and {what}" for what in missing_below(story.schedule, run, lane_of(step)))
        advance(run, entry)


def begins(run: Run, lane: str) -> bool:
    """Does the lane begin with this step, for the first time or once more?"""
    view = run.lanes.get(lane)
    return view is None or (view.phase is Phase.UP and run.busy.get(view.host) != lane)


def missing_below(schedule: Schedule, run: Run, lane: str) -> Iterator[str]:
    component, hop, _, host = lane.split("/")
    below = [stage for stage in schedule.stages if stage.id.startswith(f"{component}/{int(hop) - 1}/")]
    for stage in below:
        view = run.stages.get(stage.id)
        if view is None or not view.promoted:
            yield f"{stage.id} is not complete"
    waves = [stage for stage in below if stage.wave[0] == "w" and host in stage.hosts]
    for stage in waves:
        arrived = run.lanes.get(f"{stage.id}/{host}")
        if arrived is None or arrived.result is not LaneResult.UPGRADED:
            yield f"{host} was not reached by {stage.id}"
