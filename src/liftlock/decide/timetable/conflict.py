"""Why a problem has no timetable: a smallest set of constraints that cannot hold together.

What lies open is said first (`causes`), and of many jobs a resource that has not enough for its work (overload). Else
QuickXplain (Junker 2004), in two rounds: first the jobs without which there would be a timetable, then among their
constraints (windows, links, deadlines, capacities, periods of money, what began, the horizon) those that it takes.
`feasible` tells of a problem whether it has a timetable; where it cannot tell, a constraint stays, and the set is not
called irreducible.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from msgspec.structs import replace

from liftlock.decide.timetable.bounds import overload
from liftlock.decide.timetable.causes import causes
from liftlock.decide.timetable.greedy import placeable
from liftlock.decide.timetable.network import net_of
from liftlock.model.timetable import HORIZON_MAX, Choice, Fault, Infeasible, Job, Problem

Feasible = Callable[[Problem], bool | None]
Part = tuple[str, str]  # (kind, of what): window j, after j/i, deadline j, began j, capacity r, budget n
T = TypeVar("T")

CALLS, CALLS_AT_ONE = (40, 400), 20_000  # of `feasible`: so many over the jobs, within limits
FEW = 60  # jobs; of more, a resource that has not enough is said as a whole


class Asked:
    """`feasible`, counted; `sure`: every answer so far was a yes or a no, and none was left out."""

    def __init__(self, feasible: Feasible, jobs: int) -> None:
        self.feasible, self.sure = feasible, True
        self.left = min(max(CALLS_AT_ONE // jobs, CALLS[0]), CALLS[1])

    def impossible(self, problem: Problem) -> bool:
        self.left -= 1
        answer = self.feasible(problem) if self.left >= 0 else None
        self.sure = self.sure and answer is not None
        return answer is False


def conflict(problem: Problem, feasible: Feasible | None = None) -> Infeasible | None:
    """None: there is a timetable, or it cannot be told that there is none. Without `feasible`: by passes and bounds."""
    direct = causes(problem)
    if direct:
        return Infeasible(direct, irreducible=len(direct) == 1)
    crowd = crowded(problem)
    if crowd is not None and len(problem.jobs) > FEW:
        return Infeasible((crowd,), irreducible=False)
    asked = Asked(feasible or placeable, len(problem.jobs))
    if not asked.impossible(problem):
        return None
    jobs = smallest(list(problem.jobs), lambda some: asked.impossible(among(problem, some)))
    rest = among(problem, jobs)
    parts = smallest(list(parts_of(rest)), lambda some: asked.impossible(loosened(rest, some)))
    return Infeasible(tuple(said(rest, part) for part in parts), irreducible=asked.sure)


def crowded(problem: Problem) -> Fault | None:
    """A resource for which there is more work than it can do in time; how long that keeps all of it busy."""
    net = net_of(problem)
    found = overload(net, problem.horizon)
    if found is None:
        return None
    resource, jobs, (begins, ends, work, there) = found
    capacity = problem.capacities[resource]
    fields: dict[str, str | int | float] = {"from_at": int(begins), "to_at": int(ends), "resource": capacity.id}
    amounts = {"work_minutes": round(work / capacity.amount), "there_minutes": round(there / capacity.amount)}
    return Fault("overload", tuple(net.jobs[at].id for at in jobs), {**fields, **amounts})


def smallest(items: list[T], impossible: Callable[[Sequence[T]], bool]) -> list[T]:
    """A set of items that is impossible, and no longer is without any one of them; in the order that was given."""
    if impossible([]):
        return []
    kept = explain([], False, items, impossible)
    return [item for item in items if any(item is each for each in kept)]


def explain(base: list[T], grew: bool, items: list[T], impossible: Callable[[Sequence[T]], bool]) -> list[T]:
    """QuickXplain: of items that are impossible with the base, those that are needed."""
    if grew and impossible(base):
        return []
    if len(items) == 1:
        return items
    half = len(items) // 2
    first, second = items[:half], items[half:]
    late = explain([*base, *first], True, second, impossible)
    early = explain([*base, *late], bool(late), first, impossible)
    return [*early, *late]


def among(problem: Problem, jobs: Sequence[Job]) -> Problem:
    """Only these jobs; what they waited for beyond them is forgotten."""
    names = {job.id for job in jobs}
    kept = tuple(
        replace(job, after=tuple(link for link in job.after if link.job in names))
        for job in problem.jobs
        if job.id in names
    )
    return replace(problem, jobs=kept)


def parts_of(problem: Problem) -> Iterator[Part]:
    for job in problem.jobs:
        if job.began is not None:
            yield "began", job.id
        elif not is_wide(problem, job):
            yield "window", job.id
        yield from (("after", f"{job.id}\n{link.job}") for link in job.after)
        if job.deadline is not None:
            yield "deadline", job.id
    used = {name for job in problem.jobs for name, units in job.uses.items() if units > 0}
    yield from (("capacity", each.id) for each in problem.capacities if each.id in used)
    yield from (("budget", str(number)) for number in range(len(problem.limits)))
    yield "horizon", ""


def loosened(problem: Problem, parts: Sequence[Part]) -> Problem:
    """Only these constraints; besides them only lengths."""
    held = set(parts)
    if ("horizon", "") not in held:
        problem = replace(problem, horizon=HORIZON_MAX)
    jobs = tuple(
        replace(
            job,
            choices=job.choices if {("window", job.id), ("began", job.id)} & held else wide(problem, job),
            began=job.began if ("began", job.id) in held else None,
            after=tuple(link for link in job.after if ("after", f"{job.id}\n{link.job}") in held),
            deadline=job.deadline if ("deadline", job.id) in held else None,
        )
        for job in problem.jobs
    )
    total = {each.id: sum(job.uses.get(each.id, 0) for job in jobs) for each in problem.capacities}
    capacities = tuple(
        each if ("capacity", each.id) in held else replace(each, amount=max(total[each.id], 1), less=())
        for each in problem.capacities
    )
    limits = tuple(each for number, each in enumerate(problem.limits) if ("budget", str(number)) in held)
    return replace(problem, jobs=jobs, capacities=capacities, limits=limits)


def wide(problem: Problem, job: Job) -> tuple[Choice, ...]:
    """At any time, as long as its shortest choice says."""
    takes = min((each.takes for each in job.choices), default=0)
    return (Choice(0, max(0, problem.horizon - takes), takes),)


def is_wide(problem: Problem, job: Job) -> bool:
    """Its windows say nothing: it may begin at any time from which it ends in time."""
    alone = job.choices[0]
    return len(job.choices) == 1 and alone.first <= 0 and alone.last + alone.takes >= problem.horizon


def said(problem: Problem, part: Part) -> Fault:
    """One of the constraints that cannot hold together, as data."""
    kind, what = part
    jobs = {job.id: job for job in problem.jobs}
    match kind:
        case "capacity":
            capacity = next(each for each in problem.capacities if each.id == what)
            users = tuple(job.id for job in problem.jobs if job.uses.get(what))
            return Fault("keep-capacity", users, {"resource": what, "amount": capacity.amount})
        case "budget":
            limit = problem.limits[int(what)]
            span = {"from_at": limit.span.begins, "to_at": limit.span.ends, "amount": limit.amount}
            return Fault("keep-budget", tuple(job.id for job in problem.jobs if job.cost), dict(span))
        case "after":
            name, other = what.split("\n")
            link = next(each for each in jobs[name].after if each.job == other)
            return Fault("keep-after", (name, other), {"gap_minutes": link.gap, "why": link.why})
        case "deadline":
            return Fault("keep-deadline", (what,), {"deadline_at": jobs[what].deadline or 0})
        case "horizon":
            return Fault("keep-horizon", (), {"horizon_at": problem.horizon})
        case "began":
            return Fault("keep-began", (what,), {"began_at": jobs[what].began or 0})
        case _:
            return Fault("keep-window", (what,), window(jobs[what]))


def window(job: Job) -> dict[str, str | int | float]:
    return {
        "needs_minutes": min(each.takes for each in job.choices),
        "longest_minutes": max(each.last - each.first + each.takes for each in job.choices),
        "first_at": job.choices[0].first,
        "last_at": max(each.last + each.takes for each in job.choices),
    }
