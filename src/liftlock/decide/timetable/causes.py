"""Why there is no timetable, where one look suffices: a single job that cannot be, links in a circle, a deadline before
the earliest end that links and calendars allow.

Codes: unknown and unknown-resource, cycle, window and choices (no start is left), began-outside (where no choice is),
resource (it needs more than there ever is), too-late and too-long (it ends after its deadline or the horizon wherever
it begins), late and closed (with what it waits for: its deadline, or the last begin that is left, is too early).
"""

from collections.abc import Iterator
from itertools import islice

from liftlock.decide.timetable.network import NEVER, Net, heads, net_of
from liftlock.model.timetable import Capacity, Fault, Job, Problem

CHAINS = 3  # of those that are late, at most


def causes(problem: Problem) -> tuple[Fault, ...]:
    """Every cause that lies open; none: it takes a search to tell."""
    known = {capacity.id: capacity for capacity in problem.capacities}
    names = {job.id for job in problem.jobs}
    found = tuple(fault for job in problem.jobs for fault in of_job(problem, job, known, names))
    if any(fault.code.startswith("unknown") for fault in found):
        return found
    net = net_of(problem)
    if len(net.order) < len(net.jobs):
        return (*found, circle(net))
    return found or tuple(islice(too_late(net), CHAINS))


def of_job(problem: Problem, job: Job, known: dict[str, Capacity], names: set[str]) -> Iterator[Fault]:
    yield from (Fault("unknown", (link.job,)) for link in job.after if link.job not in names)
    yield from (Fault("unknown-resource", (job.id,), {"resource": name}) for name in job.uses if name not in known)
    for name, units in job.uses.items():
        if name in known and units > known[name].amount and job.began is None:
            yield Fault("resource", (job.id,), {"resource": name, "needs": units, "amount": known[name].amount})
    yield from no_start(problem, job)


def no_start(problem: Problem, job: Job) -> Iterator[Fault]:
    if not job.choices:
        if job.needs > 0:
            yield Fault("window", (job.id,), {"needs_minutes": job.needs, "longest_minutes": job.longest})
        else:
            yield Fault("choices", (job.id,))
        return
    if job.began is not None and not any(each.first <= job.began <= each.last for each in job.choices):
        yield Fault("began-outside", (job.id,), {"began_at": job.began})
        return
    begins = [each.first if job.began is None else job.began for each in job.choices]
    soonest = min(
        begin + each.takes for begin, each in zip(begins, job.choices, strict=True) if each.first <= begin <= each.last
    )
    if job.deadline is not None and soonest > job.deadline:
        yield Fault("too-late", (job.id,), {"ends_at": soonest, "deadline_at": job.deadline})
    elif soonest > problem.horizon:
        yield Fault("too-long", (job.id,), {"ends_at": soonest, "horizon_at": problem.horizon})


def circle(net: Net) -> Fault:
    """One circle among the jobs that no order reaches."""
    stuck = set(range(len(net.jobs))) - set(net.order)
    at, path = min(stuck), list[int]()
    while at not in path:
        path.append(at)
        at = min(other for other, _ in net.before[at] if other in stuck)
    return Fault("cycle", tuple(net.jobs[each].id for each in reversed(path[path.index(at) :])))


def too_late(net: Net) -> Iterator[Fault]:
    """The jobs that are late by links and calendars alone, with the chain that makes them so."""
    begins, ends = heads(net)
    for at in net.order:
        if begins[at] < NEVER or any(begins[other] >= NEVER for other, _ in net.before[at]):
            continue
        chain, soonest = [at], max((ends[other] + gap for other, gap in net.before[at]), default=0)
        while net.before[chain[-1]]:
            chain.append(max((ends[other] + gap, other) for other, gap in net.before[chain[-1]])[1])
        jobs = tuple(net.jobs[each].id for each in reversed(chain))
        job, last = net.jobs[at], net.windows[at].reach[-1]
        fields: dict[str, str | int | float] = {"job": job.id, "soonest_at": soonest, "last_at": last}
        if job.deadline is None:
            yield Fault("closed", jobs, fields)
        else:
            yield Fault("late", jobs, {**fields, "deadline_at": job.deadline})
