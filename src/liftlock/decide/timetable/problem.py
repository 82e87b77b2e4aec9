"""From a plan and its schedule to the problem of its timetable.

Jobs are the plan's tasks, the schedule's stages by their ids, and the lead rules. Tasks of the stages from needs to
approval come before the first waves; observation, acceptance and trial run come after the last, unless they say
`after`. What the executor holds to is held to here: a wave fits into an opening with its way back and the reserve,
others' changes close the hosts that they touch.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.bounds import leads_of
from liftlock.decide.changes import names_in, touched
from liftlock.decide.estimate import stage_forward_s
from liftlock.decide.hops import waves_before
from liftlock.decide.rules.windows import needs
from liftlock.decide.timetable import supply
from liftlock.decide.timetable.back import minute_of
from liftlock.decide.timetable.choices import begun_choice, choices_of, inside, minutes
from liftlock.decide.timetable.ground import Ground, ground_of
from liftlock.decide.timetable.leads import lead_jobs, lead_links
from liftlock.decide.timetable.names import AFTER_WAVES, WAVES, Cast, cast_of
from liftlock.model.plan import Freeze, Plan, Window
from liftlock.model.schedule import Schedule
from liftlock.model.schedule import Stage as Wave
from liftlock.model.tasks import OtherChange, Task
from liftlock.model.timetable import CENTS, Choice, Job, Limit, Link, Problem, Span
from liftlock.model.workdays import Workdays

Begun = Mapping[str, tuple[datetime, datetime | None]]
NOTHING: Mapping[str, datetime] = {}
NOT_BEGUN: Begun = {}


class Seen(Struct, frozen=True):
    """What jobs are made from."""

    ground: Ground
    schedule: Schedule
    cast: Cast
    changes: tuple[OtherChange, ...]
    closed: tuple[tuple[Freeze, frozenset[str]], ...]  # others' changes as freezes, and the hosts that they touch
    alone: dict[str, list[str]]  # wave -> resources of capacity 1
    whole_s: dict[str, float]  # wave -> seconds that must be left when it begins
    begun: Begun


def problem_of(
    plan: Plan,
    schedule: Schedule,
    workdays: Workdays,
    now: datetime,
    *,
    others: Sequence[OtherChange] = (),
    load_windows: Sequence[Window] = (),
    since: Mapping[str, datetime] = NOTHING,
    begun: Begun = NOT_BEGUN,
) -> Problem:
    """The plan must have let `check` pass. `now`: aware, in the plan's zone. `others`: changes besides the plan's own.
    `load_windows`: quiet times, where the plan has no windows. `since`: when an `approval`, or the `plan`'s submission,
    is on record. `begun`: stages that a run has begun, with when they were promoted."""
    past = [since for since, _ in begun.values()]
    ground = ground_of(plan, workdays, now, plan.windows or tuple(load_windows), past)
    seen = seen_of(ground, schedule, (*ground.table.changes, *others), begun)
    jobs = {job.id: job for job in (*task_jobs(seen), *wave_jobs(seen))}
    jobs |= {job.id: job for job in lead_jobs(ground, seen.cast, workdays, since)}
    jobs = with_costs(seen, with_links(seen, jobs))
    used = [name for job in jobs.values() for name in job.uses]
    return Problem(
        origin=ground.origin,
        horizon=ground.horizon,
        jobs=tuple(jobs.values()),
        capacities=tuple(supply.capacities(ground, seen.cast, workdays, seen.changes, used)),
        limits=tuple(limits(ground)),
    )


def seen_of(ground: Ground, schedule: Schedule, changes: tuple[OtherChange, ...], begun: Begun) -> Seen:
    names = names_in(ground.plan, schedule)
    alone: dict[str, list[str]] = {}
    for name, waves in supply.exclusive(schedule).items():
        for wave in waves:
            alone.setdefault(wave, []).append(name)
    return Seen(
        ground=ground,
        schedule=schedule,
        cast=cast_of(ground.table.tasks, schedule, leads_of(ground.plan)),
        changes=changes,
        closed=tuple((Freeze(each.from_, each.to, each.id), touched(each, names)) for each in changes),
        alone={wave: sorted(found) for wave, found in alone.items()},
        whole_s=dict(needs(schedule)),
        begun=begun,
    )


# --- tasks --------------------------------------------------------------------------------------------------


def task_jobs(seen: Seen) -> Iterator[Job]:
    for task in seen.ground.table.tasks:
        fixed = begun_choice(seen.ground, task) if task.began else None
        yield Job(
            id=task.id,
            choices=(fixed,) if fixed else choices_of(seen.ground, task),
            uses=supply.uses_of_task(seen.ground, task),
            deadline=deadline_of(seen.ground, task),
            began=fixed.first if fixed else None,
            name=task.name,
            kind=task.stage,
            owner=task.owner,
            people=task.people,
            needs=minutes(task.takes_s or 0.0) if task.windowed else 0,
            longest=longest(seen.ground.openings) if task.windowed else 0,
        )


def deadline_of(ground: Ground, task: Task) -> int | None:
    """None too for what is over: it was late or not."""
    return ground.minute(task.deadline, end=True) if task.deadline and not task.ended else None


# --- waves --------------------------------------------------------------------------------------------------


def wave_jobs(seen: Seen) -> Iterator[Job]:
    ground, known = seen.ground, dict[tuple[int, int, tuple[Freeze, ...]], tuple[Choice, ...]]()
    deadline = ground.minute(ground.plan.deadline, end=True) if ground.plan.deadline else None
    for wave in seen.schedule.stages:
        takes = max(1, minutes(stage_forward_s(seen.schedule, wave, len(wave.hosts))))
        whole = max(takes, minutes(seen.whole_s[wave.id]))
        cuts = cuts_of(seen, wave)
        fixed = begun_wave(seen, wave, takes)
        openings = ground.openings_without(cuts) if cuts else ground.openings
        if (takes, whole, cuts) not in known:
            known[takes, whole, cuts] = tuple(inside(openings, whole, takes))
        yield Job(
            id=wave.id,
            choices=(fixed,) if fixed else known[takes, whole, cuts],
            uses=supply.uses_of_wave(ground, wave, seen.alone),
            deadline=None if fixed else deadline,
            began=fixed.first if fixed else None,
            kind=WAVES,
            owner=ground.plan.owner,
            needs=whole,
            longest=longest(openings),
        )


def longest(openings: Sequence[Span]) -> int:
    """Minutes of the longest opening."""
    return max((span.ends - span.begins for span in openings), default=0)


def cuts_of(seen: Seen, wave: Wave) -> tuple[Freeze, ...]:
    """Others' changes at its hosts, as freezes."""
    return tuple(freeze for freeze, hosts in seen.closed if not hosts.isdisjoint(wave.hosts))


def begun_wave(seen: Seen, wave: Wave, takes: int) -> Choice | None:
    """A stage that a run has begun: until it was promoted, or until now, as long as it was to take at the least."""
    if wave.id not in seen.begun:
        return None
    origin, (begins, ends) = seen.ground.origin, seen.begun[wave.id]
    began = minute_of(origin, begins)
    if ends is not None:
        return Choice(began, began, minute_of(origin, ends, up=True) - began)
    return Choice(began, began, max(takes, minute_of(origin, seen.ground.now, up=True) - began))


# --- what binds them ----------------------------------------------------------------------------------------


def with_links(seen: Seen, jobs: Mapping[str, Job]) -> dict[str, Job]:
    cast, leads = seen.cast, lead_links(seen.ground, seen.cast, jobs)
    before, roots = cast.before_waves(), frozenset(cast.firsts(WAVES))
    found = {}
    for job in jobs.values():
        links = [*job.after, *leads.get(job.id, ())]
        if job.id in cast.waves:
            links += wave_links(seen, cast.waves[job.id])
            links += [Link(task) for task in before] if job.id in roots else []
        elif job.id in cast.tasks:
            links += task_links(cast, cast.tasks[job.id])
        found[job.id] = replace(job, after=strictest(links))
    return found


def wave_links(seen: Seen, wave: Wave) -> Iterator[Link]:
    """`observe` lies between two waves of one component, whatever is done once in between."""
    gap = minutes(seen.ground.table.observe_s)
    yield from (Link(need) for need in seen.cast.needs(wave.id))
    if gap and wave.soaks:
        yield from (Link(need, gap, "observation") for need in sorted(waves_before(seen.cast.waves, wave)))


def task_links(cast: Cast, task: Task) -> Iterator[Link]:
    gap = minutes(task.gap_s)
    for name in task.after:
        yield from (Link(job, gap) for job in cast.lasts(name) if job != task.id)
    if not task.after and task.stage in AFTER_WAVES:
        yield from (Link(job) for job in cast.lasts(WAVES))


def strictest(links: Sequence[Link]) -> tuple[Link, ...]:
    """One link for each job that is waited for: the longest gap, and of equal ones the first."""
    found: dict[str, Link] = {}
    for link in links:
        if link.job not in found or link.gap > found[link.job].gap:
            found[link.job] = link
    return tuple(found.values())


# --- money --------------------------------------------------------------------------------------------------


def with_costs(seen: Seen, jobs: Mapping[str, Job]) -> dict[str, Job]:
    """An amount is spent when its task begins; that of a group of jobs, with the first of them."""
    budget, costs = seen.ground.plan.budget, dict[str, int]()
    for each in budget.amounts if budget else ():
        if each.task and (group := seen.cast.firsts(each.task)):
            spent = each.planned if each.actual is None else each.actual
            costs[group[0]] = costs.get(group[0], 0) + round(spent * CENTS)
    return {name: replace(job, cost=costs.get(name, 0)) for name, job in jobs.items()}


def limits(ground: Ground) -> Iterator[Limit]:
    """What a period has left when what falls on a date of its own is paid."""
    budget = ground.plan.budget
    for period in budget.periods if budget else ():
        spans = supply.whole_days(ground, *ground.days_of(period))
        dated = [each for each in budget.amounts if each.on and not each.task] if budget else []
        spent = sum(
            round((each.planned if each.actual is None else each.actual) * CENTS)
            for each in dated
            if period.from_ <= each.on[:10] <= period.to
        )
        yield from (Limit(span, max(0, round(period.limit * CENTS) - spent)) for span in spans)
