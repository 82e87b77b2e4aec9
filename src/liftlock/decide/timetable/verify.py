"""The independent checker: whoever made a timetable, it holds only if nothing is said here.

It shares no code with the solvers, and looks at every minute that matters: every job once, at a start that a choice
allows and with the length of that choice; what began unmoved; links with their gaps; deadlines and the horizon;
capacities by a sweep over all begins and ends; money in every period. What began is a fact: it is not at fault for what
only it breaks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from liftlock.model.timetable import Capacity, Fault, Job, Placed, Problem, Solution


def verify(problem: Problem, solution: Solution) -> tuple[Fault, ...]:
    """Every fault of the solution; none: it holds."""
    jobs = {job.id: job for job in problem.jobs}
    counts = Counter(each.job for each in solution.placed)
    once = {each.job: each for each in solution.placed if counts[each.job] == 1 and each.job in jobs}
    return (
        *named(jobs, counts),
        *(fault for placed in once.values() for fault in alone(problem, jobs[placed.job], placed)),
        *linked(jobs, once),
        *crowded(problem, jobs, once),
        *spent(problem, jobs, once),
        *claimed(solution),
    )


def named(jobs: dict[str, Job], counts: Counter[str]) -> Iterator[Fault]:
    for job, count in counts.items():
        if job not in jobs:
            yield Fault("unknown", (job,))
        elif count > 1:
            yield Fault("twice", (job,), {"times": count})
    yield from (Fault("missing", (job,)) for job in jobs if job not in counts)


def alone(problem: Problem, job: Job, placed: Placed) -> Iterator[Fault]:
    """What is wrong with a job's place whatever the others do."""
    where: dict[str, str | int | float] = {"begins_at": placed.begins}
    takes = [choice.takes for choice in job.choices if choice.first <= placed.begins <= choice.last]
    if not takes or (placed.begins < 0 and job.began is None):
        yield Fault("start", (job.id,), where)
    elif placed.ends - placed.begins not in takes:
        length = placed.ends - placed.begins
        yield Fault("length", (job.id,), {"takes_minutes": takes[0], "found_minutes": length})
    if job.began is not None and placed.begins != job.began:
        yield Fault("began", (job.id,), {**where, "began_at": job.began})
    if job.deadline is not None and placed.ends > job.deadline:
        yield Fault("deadline", (job.id,), {"ends_at": placed.ends, "deadline_at": job.deadline})
    if placed.ends > problem.horizon:
        yield Fault("horizon", (job.id,), {"ends_at": placed.ends, "horizon_at": problem.horizon})


def linked(jobs: dict[str, Job], once: dict[str, Placed]) -> Iterator[Fault]:
    for job in jobs.values():
        for link in job.after:
            if link.job not in jobs:
                yield Fault("unknown", (link.job,))
                continue
            if job.began is not None or job.id not in once or link.job not in once:
                continue
            earliest = once[link.job].ends + link.gap
            if once[job.id].begins < earliest:
                fields = {"begins_at": once[job.id].begins, "earliest_at": earliest, "gap_minutes": link.gap}
                yield Fault("after", (job.id, link.job), {**fields, "why": link.why})


def crowded(problem: Problem, jobs: dict[str, Job], once: dict[str, Placed]) -> Iterator[Fault]:
    users: dict[str, list[tuple[Job, Placed, int]]] = defaultdict(list)
    known = {capacity.id for capacity in problem.capacities}
    for placed in once.values():
        job = jobs[placed.job]
        for resource, units in job.uses.items():
            if resource not in known:
                yield Fault("unknown-resource", (job.id,), {"resource": resource})
            elif units > 0 and placed.ends > placed.begins:
                users[resource].append((job, placed, units))
    for capacity in problem.capacities:
        yield from sweep(capacity, users[capacity.id])


def sweep(capacity: Capacity, users: list[tuple[Job, Placed, int]]) -> Iterator[Fault]:
    """One fault for each stretch of minutes in which more is used than there is."""
    steps: dict[int, list[tuple[int, int, Job | None]]] = defaultdict(list)  # minute -> (used, taken away, job)
    for job, placed, units in users:
        steps[placed.begins].append((units, 0, job))
        steps[placed.ends].append((-units, 0, job))
    for span, units in capacity.less:
        if span.begins < span.ends:
            steps[span.begins].append((0, units, None))
            steps[span.ends].append((0, -units, None))
    used, less, now = 0, 0, dict[str, Job]()
    fault: Fault | None = None
    for minute in sorted(steps):
        for units, gone, user in steps[minute]:
            used, less = used + units, less + gone
            if user and units > 0:
                now[user.id] = user
            elif user:
                now.pop(user.id, None)
        there = max(0, capacity.amount - less)
        over = used > there and any(job.began is None for job in now.values())
        if over and fault is None:
            fields: dict[str, str | int | float] = {"resource": capacity.id, "from_at": minute}
            fault = Fault("capacity", tuple(now), {**fields, "used": used, "amount": there})
        elif fault is not None and not over:
            yield Fault(fault.code, fault.jobs, {**fault.fields, "to_at": minute})
            fault = None


def spent(problem: Problem, jobs: dict[str, Job], once: dict[str, Placed]) -> Iterator[Fault]:
    for limit in problem.limits:
        paying = [
            jobs[placed.job]
            for placed in once.values()
            if limit.span.begins <= placed.begins < limit.span.ends and jobs[placed.job].cost > 0
        ]
        total = sum(job.cost for job in paying)
        if total > limit.amount and any(job.began is None for job in paying):
            fields = {"from_at": limit.span.begins, "to_at": limit.span.ends, "spent": total, "amount": limit.amount}
            yield Fault("budget", tuple(job.id for job in paying), dict(fields))


def claimed(solution: Solution) -> Iterator[Fault]:
    """What a solver says of its own answer must at least not contradict itself."""
    if solution.bound > solution.ends or (solution.proved and solution.bound != solution.ends):
        fields = {"ends_at": solution.ends, "bound_at": solution.bound}
        yield Fault("bound", (), dict(fields))
