"""A solution as people read it: each job with its dates in the plan's zone, its people and what it waits for.

A lead is not a job of anybody's: what waits for it is shown to wait for what it runs from.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from liftlock.decide.timetable.back import moment_of, moments_of
from liftlock.decide.timetable.driving import driving
from liftlock.decide.windows import frozen_span, moment, openings
from liftlock.decide.workdays import is_open, midnight
from liftlock.model.dated import Bond, Dated, Row, Shade
from liftlock.model.plan import Plan, Window
from liftlock.model.schedule import Schedule
from liftlock.model.tasks import Task
from liftlock.model.timetable import Job, Placed, Problem, Slack, Solution
from liftlock.model.workdays import Workdays

Pair = tuple[datetime, datetime]
Begun = Mapping[str, tuple[datetime, datetime | None]]
PERSON = "person:"
LEAD = "lead"
NO_SLACKS: Mapping[str, Slack] = {}
NOT_KEPT: Mapping[str, Pair] = {}
NOT_BEGUN: Begun = {}
AROUND = timedelta(days=3)


def dated(
    problem: Problem,
    solution: Solution,
    plan: Plan,
    schedule: Schedule,
    *,
    slacks: Mapping[str, Slack] = NO_SLACKS,
    kept: Mapping[str, Pair] = NOT_KEPT,
    begun: Begun = NOT_BEGUN,
    shades: Sequence[Shade] = (),
) -> Dated:
    """`kept`: where the timetable that was kept has each job. `begun`: stages that a run has begun and promoted."""
    tasks = {task.id: task for task in plan.timetable.tasks} if plan.timetable else {}
    known = Known(
        problem=problem,
        jobs={job.id: job for job in problem.jobs},
        tasks=tasks,
        components={stage.id: stage.component for stage in schedule.stages},
        slacks=slacks,
        kept=kept,
        real={**begun_tasks(tasks.values(), problem.origin), **begun},
        path=frozenset(driving(problem, solution)),
    )
    placed = [each for each in solution.placed if known.jobs[each.job].kind != LEAD]
    return Dated(
        upgrade=schedule.upgrade,
        title=plan.upgrade,
        rows=tuple(row_of(known, each) for each in placed),
        shades=tuple(shades),
        deadline=deadline_of(plan, problem.origin),
        deadline_of="waves" if plan.deadline else "all",
        by=solution.by,
        bound=moment_of(problem.origin, solution.bound) if solution.bound else None,
        proved=solution.proved,
        names={person.id: person.name for person in plan.team.people if person.name} if plan.team else {},
    )


class Known(Struct, frozen=True):
    """What is known of jobs, by their ids."""

    problem: Problem
    jobs: Mapping[str, Job]
    tasks: Mapping[str, Task]
    components: Mapping[str, str]
    slacks: Mapping[str, Slack]
    kept: Mapping[str, Pair]
    real: Begun
    path: frozenset[str]


def row_of(known: Known, placed: Placed) -> Row:
    job, task, slack = known.jobs[placed.job], known.tasks.get(placed.job), known.slacks.get(placed.job)
    begins, ends = moments_of(known.problem, placed)
    kept_begins, kept_ends = known.kept.get(job.id, (None, None))
    began, ended = known.real.get(job.id, (None, None))
    loads = {name.removeprefix(PERSON): float(units) for name, units in job.uses.items() if name.startswith(PERSON)}
    return Row(
        id=job.id,
        begins=begins,
        ends=ends,
        name=job.name,
        stage=job.kind or "other",
        component=known.components.get(job.id, ""),
        owner=job.owner,
        people=tuple(loads) or job.people,
        days=task.days if task else None,
        slack_s=None if slack is None else slack.total * 60.0,
        critical=job.id in known.path or (slack is not None and slack.critical),
        deadline=moment(task.deadline, known.problem.origin, end=True) if task and task.deadline else None,
        kept_begins=kept_begins,
        kept_ends=kept_ends,
        began=began,
        ended=ended,
        after=tuple(dict.fromkeys(bonds_of(job, known.jobs))),
        loads=loads,
    )


def bonds_of(job: Job, jobs: Mapping[str, Job]) -> Iterator[Bond]:
    for link in job.after:
        other = jobs.get(link.job)
        if other is not None and other.kind == LEAD:
            yield from (Bond(each.job, LEAD) for each in other.after)
        else:
            yield Bond(link.job, link.why)


def begun_tasks(tasks: Iterable[Task], origin: datetime) -> dict[str, tuple[datetime, datetime | None]]:
    """What the plan says that has begun, and what of it is over."""
    return {
        task.id: (moment(task.began, origin), moment(task.ended, origin, end=True) if task.ended else None)
        for task in tasks
        if task.began
    }


def deadline_of(plan: Plan, origin: datetime) -> datetime | None:
    """The upgrade's, else that of its timetable."""
    text = plan.deadline or (plan.timetable.ends if plan.timetable else "")
    return moment(text, origin, end=True) if text else None


def kept_of(problem: Problem, solution: Solution) -> dict[str, Pair]:
    """Where each job of a timetable is."""
    return {each.job: moments_of(problem, each) for each in solution.placed}


def moved_to(kept: Solution, origin: datetime, new_origin: datetime) -> Solution:
    """The same timetable in minutes of another origin. What began before that one stays where it is, below zero."""
    shift = round((origin - new_origin).total_seconds() / 60)
    placed = tuple(Placed(each.job, each.begins + shift, each.ends + shift) for each in kept.placed)
    return Solution(placed, kept.by)


# --- the calendar's shades ----------------------------------------------------------------------------------


def shades_of(
    plan: Plan, workdays: Workdays, begins: datetime, ends: datetime, windows: Sequence[Window]
) -> list[Shade]:
    """Closed days, openings and freezes between two moments of the plan's zone, and a little around."""
    begins, ends = begins - AROUND, ends + AROUND
    found = list(closed_days(workdays, begins, ends))
    for opens, closes in openings(windows, plan.freezes, begins) if windows else ():
        if opens >= ends:
            break
        found.append(Shade("window", opens, min(closes, ends)))
    for freeze in plan.freezes:
        first, last = frozen_span(freeze, begins)
        if first < ends and last > begins:
            found.append(Shade("freeze", first, last, freeze.because))
    return found


def closed_days(workdays: Workdays, begins: datetime, ends: datetime) -> Iterator[Shade]:
    day = begins.date()
    while midnight(day, begins) < ends:
        if not is_open(workdays, day):
            yield Shade(
                "closed", midnight(day, begins), midnight(day + timedelta(days=1), begins), workdays.names.get(day, "")
            )
        day += timedelta(days=1)
