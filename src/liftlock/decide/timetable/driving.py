"""The chain that sets the end of a timetable: from its last job back, each time to what it waited for last.

With calendars a critical path by slack alone breaks off: a job that must be over by Friday, with nothing to begin
before Monday, has a weekend of slack, and yet the end hangs on it. So the path is read from the timetable as the
longest one (as Oracle Primavera's "longest path" is): what is waited for is a link's end with its gap, or, where that
was over already, the last job that held a resource which the two cannot have together.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from liftlock.model.timetable import Job, Placed, Problem, Solution


def driving(problem: Problem, solution: Solution, job: str = "") -> tuple[str, ...]:
    """Job ids from the first of the chain to `job`, else to the one that ends last."""
    placed = {each.job: each for each in solution.placed}
    jobs = {job.id: job for job in problem.jobs if job.id in placed}
    amounts = {capacity.id: capacity.amount for capacity in problem.capacities}
    users = users_of(jobs)
    last = max(placed.values(), key=lambda each: (each.ends, each.begins, each.job), default=None)
    at = placed[job] if job else last
    chain: dict[str, None] = {}
    while at is not None and at.job not in chain:
        chain[at.job] = None
        at = waited_for(jobs[at.job], at, jobs, placed, users, amounts)
    return tuple(reversed(chain))


def users_of(jobs: Mapping[str, Job]) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = defaultdict(list)
    for job in jobs.values():
        for name, units in job.uses.items():
            if units > 0:
                found[name].append(job)
    return found


def waited_for(
    job: Job,
    at: Placed,
    jobs: Mapping[str, Job],
    placed: Mapping[str, Placed],
    users: Mapping[str, list[Job]],
    amounts: Mapping[str, int],
) -> Placed | None:
    """None for what has begun, and for what waits for nothing."""
    if job.began is not None:
        return None
    links = [(placed[link.job].ends + link.gap, placed[link.job]) for link in job.after if link.job in placed]
    soonest = max((moment for moment, _ in links), default=-1)
    held = [each for each in holders(job, at, placed, users, amounts) if each.ends > soonest]
    if held:
        return max(held, key=lambda each: (each.ends, each.job))
    return max(links, key=lambda pair: (pair[0], pair[1].job))[1] if links else None


def holders(
    job: Job, at: Placed, placed: Mapping[str, Placed], users: Mapping[str, list[Job]], amounts: Mapping[str, int]
) -> Iterator[Placed]:
    """What was over before it on a resource that the two cannot have together."""
    for name, units in job.uses.items():
        for other in users[name] if units > 0 else ():
            before = placed[other.id]
            together = units + other.uses[name]
            if other.id != job.id and before.begins < before.ends <= at.begins and together > amounts.get(name, 0):
                yield before
