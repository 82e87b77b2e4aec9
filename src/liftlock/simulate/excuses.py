"""What a person answered for: no promise is made about what was skipped, or said to be done, by a person."""

from collections.abc import Iterator

from liftlock.model import events as ev
from liftlock.model.schedule import host_of, lane_of, stage_of
from liftlock.simulate.story import Story


def answered_steps(story: Story) -> Iterator[str]:
    """Steps that a person skipped, or said to be done."""
    for entry in story.entries:
        match entry.event:
            case ev.StepSkipped(step) | ev.HoldSettled(step, "skip" | "done") if step.count("/") > 2:
                yield step


def answered(story: Story) -> set[tuple[str, str]]:
    """Component and host of every step that a person answered for."""
    return {(component_of(step), host_of(lane_of(step))) for step in answered_steps(story)}


def left_out(story: Story) -> set[tuple[str, str]]:
    """Component and host of every lane that a person skipped before it began."""
    lanes = [entry.event.lane for entry in story.entries if isinstance(entry.event, ev.LaneSkipped)]
    return {(component_of(lane), host_of(lane)) for lane in lanes}


def waived(story: Story) -> set[str]:
    """Stages that a person let pass."""
    return {
        entry.event.subject
        for entry in story.entries
        if isinstance(entry.event, ev.HoldSettled) and entry.event.answer in ("done", "skip")
    }


def tried_again(story: Story) -> set[str]:
    """Steps, and lanes, that a person asked to run once more."""
    found = set()
    for entry in story.entries:
        match entry.event:
            case ev.LaneReopened(subject) | ev.HoldSettled(subject, "retry" | "not-done"):
                found.add(subject)
    return found


def component_of(name: str) -> str:
    """Of a stage, a lane or a step."""
    return name.partition("/")[0]


def wave_of(lane: str) -> str:
    return stage_of(lane).rpartition("/")[2]
