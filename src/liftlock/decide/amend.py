"""May a run go on with another schedule? What was done keeps its ids, or is left out on purpose."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import asdict

from liftlock.model.reasons import Reason, because
from liftlock.model.run import Run
from liftlock.model.schedule import Measured, Schedule, Watching, component_of, host_of, stage_of

WATCHED_AS = ("every_s", "before_s", "warm_up_s", "watch_s", "looks_max", "alpha_promote", "alpha_watch")
MEASURED_AS = ("alpha", "rollback", "promote", "tail_rollback", "tail_promote", "ignore_below")
METRIC_AS = ("name", "kind", "worse", "required")


def amendable(old: Schedule, new: Schedule, begun_lanes: Iterable[str]) -> tuple[Reason, ...]:
    """Why the new schedule cannot adopt the completed steps; empty if it can.

    A host that no stage of its component names any more is left out, which is what an amendment may do.
    """
    begun = sorted(begun_lanes)
    components = sorted({component_of(lane) for lane in begun})
    return (
        *(reason for component in components for reason in component_changes(old, new, component)),
        *judging_changes(old, new, begun),
        *recipe_changes(old, new, begun),
        *moves(new, begun),
    )


def lanes_begun(run: Run) -> tuple[str, ...]:
    """Lanes that did something to their host, or have ended: one that only looked at it can still be moved."""
    return tuple(name for name, lane in run.lanes.items() if lane.result is not None or not lane.untouched)


def component_changes(old: Schedule, new: Schedule, component: str) -> Iterator[Reason]:
    """A component that has begun stays, with its versions."""
    before, after = old.policies.get(component), new.policies.get(component)
    if before is None:
        return
    if after is None:
        yield because("amend-drops-component", component=component)
    elif (before.version_from, before.version_to) != (after.version_from, after.version_to):
        yield because("amend-changes-version", component=component, before=before.version_to, after=after.version_to)


def judging_changes(old: Schedule, new: Schedule, begun: Iterable[str]) -> Iterator[Reason]:
    """What canaries are judged by froze when their first wave began: chances that were promised for one test do not
    hold for one that was chosen after a look. Where a metric is read may be corrected."""
    for component in sorted({component_of(lane) for lane in begun if is_wave(stage_of(lane))}):
        before, after = ((schedule.canaries or {}).get(component) for schedule in (old, new))
        if component not in new.policies or before == after:
            continue
        if before is None or after is None:
            yield because("amend-adds-canary" if before is None else "amend-drops-canary", component=component)
            continue
        was, now = frozen(before), frozen(after)
        if changed := [key for key in dict.fromkeys((*was, *now)) if was.get(key) != now.get(key)]:
            yield because("amend-changes-canary", component=component, what=", ".join(changed))


def frozen(watching: Watching) -> dict[str, Any]:
    """What may not change any more, by the plan's words for it."""
    whole = {name.removesuffix("_s"): getattr(watching, name) for name in WATCHED_AS}
    return whole | {each.metric.name: measured_as(each) for each in watching.measured}


def measured_as(each: Measured) -> tuple[Any, ...]:
    metric = asdict(each.metric)
    return (*(getattr(each, name) for name in MEASURED_AS), *(metric[name] for name in METRIC_AS))


def recipe_changes(old: Schedule, new: Schedule, begun: Iterable[str]) -> Iterator[Reason]:
    """Steps may be corrected, but none may come, go or change its number: names are what was done."""
    before, after = ({stage.id: stage.recipe for stage in schedule.stages} for schedule in (old, new))
    names = {before[stage]: after[stage] for stage in map(stage_of, begun) if stage in before and stage in after}
    for was, now in sorted(names.items()):
        steps, wanted = old.recipes[was].names, new.recipes[now].names
        if steps != wanted:
            first = next((one for one in steps if one not in wanted), "") or next(
                (one for one in wanted if one not in steps), steps[0]
            )
            yield because("amend-changes-steps", recipe=was, step=first)


def moves(new: Schedule, begun: Iterable[str]) -> Iterator[Reason]:
    """A lane that has begun stays in its stage."""
    places = {stage.id: frozenset(stage.hosts) for stage in new.stages}
    for lane in begun:
        stage, host = stage_of(lane), host_of(lane)
        if host in places.get(stage, frozenset()):
            continue
        component, hop, _ = stage.split("/")
        for other, hosts in places.items():
            if host in hosts and other.startswith(f"{component}/{hop}/") and is_wave(other) == is_wave(stage):
                yield because("amend-moves-host", host=host, before=stage, after=other)


def is_wave(stage: str) -> bool:
    name = stage.rpartition("/")[2]
    return name[:1] == "w" and name[1:].isdecimal()
