"""Without a solver: several passes of serial schedule generation by different rules of priority, the best improved.

Rules: latest begin, latest end, most work after it (Kolisch 1996, the best of the simple ones), then the latest begin
disturbed along a sequence of low discrepancy: the same problem gives the same timetable. The more jobs, the fewer
passes, so that ten thousand take seconds. A job that found no place goes first in the next pass, with what it waits for
(squeaky wheel, Joslin and Clements 1999). It may miss a deadline that a solver would meet: a refusal then says that it
is not proved.
"""

from collections.abc import Iterator

from liftlock.decide.timetable.bounds import lower_bound
from liftlock.decide.timetable.causes import causes
from liftlock.decide.timetable.network import Net, heads, net_of, tails
from liftlock.decide.timetable.repair import repair
from liftlock.decide.timetable.serial import Pass, improve, place_all
from liftlock.model.timetable import Fault, Infeasible, Placed, Problem, Solution

PLACEMENTS = 60_000  # jobs placed in all passes together, about
PASSES = (4, 400)
GOLDEN = 0.6180339887498949


def greedy(problem: Problem, previous: Solution | None = None) -> Solution | Infeasible:
    """A timetable that holds, or why there is none (as far as this can tell)."""
    direct = causes(problem)
    if direct:
        return Infeasible(direct, irreducible=len(direct) == 1)
    net = net_of(problem)
    bound = lower_bound(net)
    kept = repair(net, previous) if previous is not None else None
    found = kept if kept is not None else best_of(net, bound)
    if found.failed >= 0:
        return Infeasible((no_place(net, found),), irreducible=False)
    return solution_of(net, found, bound)


def best_of(net: Net, bound: int) -> Pass:
    """The best of all passes; a failed one if all failed."""
    best: Pass | None = None
    pushed: dict[int, float] = {}
    for priority in rules(net, passes_for(len(net.jobs))):
        found = place_all(net, [pushed.get(at, 0.0) + each for at, each in enumerate(priority)])
        if found.failed >= 0:
            push(net, pushed, found.failed, span_of(priority))
            best = best or found
            continue
        if best is None or best.failed >= 0 or found.over <= best.over + (best.over - bound) // 4:
            found = improve(net, found)
        if best is None or best.failed >= 0 or found.over < best.over:
            best = found
        if best.over <= bound:
            break
    return best if best is not None else Pass([], [])


def passes_for(jobs: int) -> int:
    return min(max(PLACEMENTS // max(jobs, 1), PASSES[0]), PASSES[1])


def rules(net: Net, count: int) -> Iterator[list[float]]:
    """So many lists of priorities, the smallest first to be placed."""
    begins, ends = heads(net)
    latest = tails(net, max(ends, default=0))
    last = [float(latest[at] + ends[at] - begins[at]) for at in range(len(latest))]
    first = [float(each) for each in latest]
    work = work_after(net)
    yield from [first, last, [float(-each) for each in work], [float(each) for each in begins]][:count]
    size = span_of(first)
    for turn in range(1, count - 3):
        base, width = (first, last)[turn % 2], size * (0.05, 0.15, 0.3)[turn % 3]
        yield [each + width * (((at + 1) * turn * GOLDEN) % 1.0) for at, each in enumerate(base)]


def span_of(priority: list[float]) -> float:
    return max(priority, default=0.0) - min(priority, default=0.0) + 1.0


def work_after(net: Net) -> list[int]:
    """How long the longest chain is that hangs on a job, itself included."""
    work = [0] * len(net.jobs)
    for at in reversed(net.order):
        takes = max(net.windows[at].takes, default=0)
        work[at] = takes + max((work[other] + gap for other, gap in net.later[at]), default=0)
    return work


def push(net: Net, pushed: dict[int, float], failed: int, size: float) -> None:
    """The job that found no place and all that it waits for go before the others."""
    reached, todo = {failed}, [failed]
    while todo:
        for other, _ in net.before[todo.pop()]:
            if other not in reached:
                reached.add(other)
                todo.append(other)
    for at in reached:
        pushed[at] = pushed.get(at, 0.0) - size


def no_place(net: Net, found: Pass) -> Fault:
    job = net.jobs[found.failed]
    soonest = max((found.ends[other] + gap for other, gap in net.before[found.failed]), default=0)
    return Fault("no-place", (job.id,), {"soonest_at": soonest})


def solution_of(net: Net, found: Pass, bound: int) -> Solution:
    placed = tuple(
        Placed(job.id, begins, ends) for job, begins, ends in zip(net.jobs, found.begins, found.ends, strict=True)
    )
    return Solution(placed, by="greedy", bound=min(bound, found.over), proved=found.over <= bound)
