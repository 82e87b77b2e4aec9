"""Conflicts of a timetable, by the causes that ServiceNow's change conflict detection has: the same item is changed at
the same time, or one that it is a part of (parent), or one that is a part of it (child); outside the maintenance
window; inside a blackout; an assignee is busy. And our own: more of a person, team or thing is wanted than there is.

A wave changes its hosts, its component, that one's group and systems. Items hang together as `timetable.relations`
says, over any number of steps.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from liftlock.decide.timetable.back import moments_of
from liftlock.decide.timetable.names import WAVES
from liftlock.decide.windows import frozen_span, moment, openings
from liftlock.model.conflicts import Cause, Conflict
from liftlock.model.plan import Plan
from liftlock.model.schedule import Schedule, name_of
from liftlock.model.tasks import OtherChange, Relation
from liftlock.model.timetable import Capacity, Job, Placed, Problem, Solution

When = tuple[datetime, datetime]
STEPS_MAX = 50  # from an item up to what it is a part of, circles included


class Scene(Struct, frozen=True):
    """All that is placed, and all that may be in its way."""

    plan: Plan
    schedule: Schedule
    problem: Problem
    spans: Mapping[str, When]  # by job
    changes: tuple[tuple[OtherChange, When], ...]
    parents: Mapping[str, frozenset[str]]  # item -> everything that it is a part of


def conflicts_of(
    plan: Plan, schedule: Schedule, problem: Problem, solution: Solution, others: Sequence[OtherChange] = ()
) -> tuple[Conflict, ...]:
    """In order of time. `others`: changes besides the plan's own list."""
    listed = (*(plan.timetable.changes if plan.timetable else ()), *others)
    origin = problem.origin
    scene = Scene(
        plan=plan,
        schedule=schedule,
        problem=problem,
        spans={each.job: moments_of(problem, each) for each in solution.placed},
        changes=tuple((each, (moment(each.from_, origin), moment(each.to, origin, end=True))) for each in listed),
        parents=ancestors(plan.timetable.relations if plan.timetable else ()),
    )
    found = [
        conflict
        for job in problem.jobs
        if job.id in scene.spans and job.kind != "lead"
        for look in (with_changes, with_windows, with_freezes)
        for conflict in look(scene, job)
    ]
    found += crowded(scene, solution.placed)
    return tuple(sorted(found, key=lambda each: (each.begins, each.job, each.cause, each.other, each.what)))


# --- others' changes ------------------------------------------------------------------------------------------


def with_changes(scene: Scene, job: Job) -> Iterator[Conflict]:
    items, people = items_of(scene, job), people_of(scene, job)
    above = frozenset().union(*(scene.parents.get(item, frozenset()) for item in items))
    for change, span in scene.changes:
        both = overlap(scene.spans[job.id], span)
        if both is None:
            continue
        theirs = frozenset(change.items)
        below = {item for item in theirs if items.intersection(scene.parents.get(item, ()))}
        causes: tuple[tuple[Cause, Iterable[str]], ...] = (
            ("item", theirs & items),
            ("parent", (theirs & above) - items),
            ("child", below - items - above),
            ("assignee", people.intersection(change.people)),
        )
        for cause, shared in causes:
            if what := sorted(shared):
                yield Conflict(cause, job.id, *both, change.id, ", ".join(what), change.title)


def items_of(scene: Scene, job: Job) -> frozenset[str]:
    """What a wave changes; other tasks change nothing."""
    stage = next((each for each in scene.schedule.stages if each.id == job.id), None)
    if stage is None:
        return frozenset()
    component = next(each for each in scene.plan.components if each.name == name_of(stage.component))
    return frozenset({component.name, component.hosts, *component.systems, *stage.hosts})


def people_of(scene: Scene, job: Job) -> frozenset[str]:
    """Whoever is named for it, and the teams that a wave draws on."""
    teams = [name.removeprefix("team:") for name in job.uses if name.startswith("team:")]
    return frozenset({*job.people, job.owner, *teams}) - {""}


def ancestors(relations: Iterable[Relation]) -> dict[str, frozenset[str]]:
    above: dict[str, set[str]] = {}
    for relation in relations:
        above.setdefault(relation.item, set()).update(relation.parents)
    found = {}
    for item in above:
        reached, edge = set[str](), set(above[item])
        for _ in range(STEPS_MAX):
            reached |= edge
            edge = {parent for each in edge for parent in above.get(each, ())} - reached
        found[item] = frozenset(reached) - {item}
    return found


def overlap(one: When, other: When) -> When | None:
    begins, ends = max(one[0], other[0]), min(one[1], other[1])
    return (begins, ends) if begins < ends or (one[0] == one[1] and other[0] <= one[0] < other[1]) else None


# --- windows and freezes --------------------------------------------------------------------------------------


def with_windows(scene: Scene, job: Job) -> Iterator[Conflict]:
    if not scene.plan.windows or not is_windowed(scene, job):
        return
    begins, ends = scene.spans[job.id]
    spans = openings(scene.plan.windows, (), begins)
    inside = next((span for span in spans if span[1] > begins), None)
    if inside is None or not (inside[0] <= begins and ends <= inside[1]):
        yield Conflict("window", job.id, begins, ends)


def with_freezes(scene: Scene, job: Job) -> Iterator[Conflict]:
    if not is_windowed(scene, job):
        return
    for freeze in scene.plan.freezes:
        if both := overlap(scene.spans[job.id], frozen_span(freeze, scene.problem.origin)):
            yield Conflict("blackout", job.id, *both, freeze.because)


def is_windowed(scene: Scene, job: Job) -> bool:
    tasks = scene.plan.timetable.tasks if scene.plan.timetable else ()
    windowed = any(task.id == job.id and task.windowed for task in tasks)
    return windowed or (job.kind == WAVES and any(stage.id == job.id for stage in scene.schedule.stages))


# --- more than there is ---------------------------------------------------------------------------------------


def crowded(scene: Scene, placed: Sequence[Placed]) -> Iterator[Conflict]:
    """Pairs of jobs that overlap while more is wanted than there is; a job alone where an absence takes too much."""
    jobs = {job.id: job for job in scene.problem.jobs}
    users: dict[str, list[Placed]] = defaultdict(list)
    for each in placed:
        for name in jobs[each.job].uses if each.job in jobs else ():
            users[name].append(each)
    for capacity in scene.problem.capacities:
        yield from over(scene, capacity, sorted(users[capacity.id], key=lambda each: (each.begins, each.job)), jobs)


def over(scene: Scene, capacity: Capacity, users: Sequence[Placed], jobs: Mapping[str, Job]) -> Iterator[Conflict]:
    told = set()
    for minute in sorted({each.begins for each in users} | {span.begins for span, _ in capacity.less}):
        here = [each for each in users if each.begins <= minute < each.ends]
        less = sum(units for span, units in capacity.less if span.begins <= minute < span.ends)
        if not here or sum(jobs[each.job].uses[capacity.id] for each in here) <= max(0, capacity.amount - less):
            continue
        last = here[-1]
        first = here[0].job if len(here) > 1 else ""
        if (last.job, first) in told:
            continue
        told.add((last.job, first))
        begins, ends = moments_of(scene.problem, Placed(last.job, minute, min(each.ends for each in here)))
        yield Conflict("capacity", last.job, begins, ends, first, capacity.id.partition(":")[2])
