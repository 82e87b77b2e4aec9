"""Why a job begins when it does.

All other jobs stay where they are. Then one of these holds it where it is, and what is said first binds directly:
began (it has started), after (what it waits for ends then), window (no earlier begin is allowed), taken (a resource and
the jobs that hold it), absent (a resource that is not there), budget (the period's money), could (it could begin
earlier; why it does not is the whole's business: nothing is gained, or it stays where it was promised).
"""

from collections.abc import Iterator

from liftlock.decide.timetable.network import Net, net_of, starts_of
from liftlock.decide.timetable.serial import Board, board_of
from liftlock.model.timetable import Fault, Problem, Solution


def because(problem: Problem, solution: Solution, job: str) -> tuple[Fault, ...]:
    """Of a solution that holds, and a job that is in it."""
    net = net_of(problem)
    at = next(number for number, each in enumerate(net.jobs) if each.id == job)
    if net.jobs[at].began is not None:
        return (Fault("began", (job,), {"began_at": net.jobs[at].began or 0}),)
    begins, ends = starts_of(net, solution), {each.job: each.ends for each in solution.placed}
    over = [ends[each.id] for each in net.jobs]
    soonest = max((over[other] + gap for other, gap in net.before[at]), default=0)
    board = without(net, at, begins, over)
    found = board.place(at, soonest)
    if found is not None and found[0] < begins[at]:
        return (Fault("could", (job,), {"earliest_at": found[0], "begins_at": begins[at]}),)
    return (*held(problem, board, at, begins, over, soonest), *waited(problem, net, at, over, soonest, begins[at]))


def without(net: Net, at: int, begins: list[int], ends: list[int]) -> Board:
    """Everything is taken but by this job."""
    board = board_of(net)
    for other, job in enumerate(net.jobs):
        if other != at and job.began is None:
            board.take(other, begins[other], ends[other] - begins[other])
    return board


def waited(problem: Problem, net: Net, at: int, ends: list[int], soonest: int, begin: int) -> Iterator[Fault]:
    """The links that allow no earlier begin; directly, or before the window opened."""
    job, number = problem.jobs[at], {each.id: place for place, each in enumerate(net.jobs)}
    allowed = net.windows[at].at_or_after(soonest)
    if allowed is None or (allowed[0] < begin and soonest == 0):
        return
    for link in job.after:
        if ends[number[link.job]] + link.gap == soonest:
            fields = {"ends_at": ends[number[link.job]], "gap_minutes": link.gap, "soonest_at": soonest}
            yield Fault("after", (job.id, link.job), {**fields, "why": link.why})


def held(problem: Problem, board: Board, at: int, begins: list[int], ends: list[int], soonest: int) -> Iterator[Fault]:
    """What forbids the last allowed begin before this one; the window, if there is none."""
    job, windows = problem.jobs[at], board.net.windows[at]
    before = last_before(board.net, at, begins[at])
    if before < soonest:
        if begins[at] > soonest:
            closed = {"opens_at": begins[at], "soonest_at": soonest}
            yield Fault("window", (job.id,), dict(closed))
        elif soonest == 0:
            yield Fault("first", (job.id,), {"begins_at": begins[at]})
        return
    allowed = windows.at_or_after(before)
    takes = allowed[1] if allowed is not None else 0
    for resource, units in board.net.uses[at]:
        short = board.free[resource].short(before, before + takes, units)
        if short is not None:
            yield holders(problem, board.net, at, resource, (before, before + takes), begins, ends)
    for (opens, closes, _), left in zip(board.net.limits, board.left, strict=True):
        if opens <= before < closes and left < job.cost:
            fields = {"from_at": opens, "to_at": closes, "left": left, "cost": job.cost}
            yield Fault("budget", (job.id,), dict(fields))


def last_before(net: Net, at: int, begin: int) -> int:
    """The last allowed begin before this one; -1: none."""
    return max((min(last, begin - 1) for first, last, _ in net.windows[at].choices if first < begin), default=-1)


def holders(
    problem: Problem, net: Net, at: int, resource: int, span: tuple[int, int], begins: list[int], ends: list[int]
) -> Fault:
    """The resource with the jobs that hold it in the span; absent: nobody holds it, and it is not there."""
    name = problem.capacities[resource].id
    holding = [
        job.id
        for other, job in enumerate(net.jobs)
        if other != at and job.uses.get(name) and begins[other] < span[1] and ends[other] > span[0]
    ]
    fields: dict[str, str | int | float] = {"resource": name, "begins_at": begins[at]}
    return Fault("taken" if holding else "absent", (net.jobs[at].id, *holding), fields)
