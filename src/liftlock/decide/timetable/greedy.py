"""Without a solver: several passes of serial schedule generation by different rules of priority, the best improved.

Rules: latest begin, latest end (Kolisch 1996, the best of the simple ones), latest begin before the deadlines, earliest
begin; then the begins of the best timetable so far, shaken along a sequence of low discrepancy: the same problem gives
the same timetable. The more jobs, the fewer turns, so that ten thousand take seconds. A job that found no place goes
first in the next pass, with what it waits for (squeaky wheel, Joslin and Clements 1999). It may miss a deadline that a
solver would meet: a refusal then says that it is not proved.
"""

from liftlock.decide.timetable.bounds import lower_bound
from liftlock.decide.timetable.causes import causes
from liftlock.decide.timetable.network import NEVER, Net, heads, net_of, tails
from liftlock.decide.timetable.repair import repair
from liftlock.decide.timetable.serial import Pass, improve, place_all
from liftlock.model.timetable import Fault, Infeasible, Placed, Problem, Solution

TURNS_AT_ONE = 24_000  # turns = this / jobs
TURNS = (2, 300)
RULES, ROUNDS = 4, 4
WIDTHS = (0.05, 0.1, 0.2)  # of the whole length
RESTART = 40  # turns
WORSE = 1.01  # a turn may go on from what is so much longer than the last
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


def in_turn(problem: Problem, previous: Solution) -> Solution | None:
    """In the order of a timetable from before, each job as early as it may; None: something found no place."""
    net = net_of(problem)
    before = {each.job: each.begins for each in previous.placed}
    soonest = heads(net)[0]
    found = place_all(net, [float(before.get(job.id, soonest[at])) for at, job in enumerate(net.jobs)])
    return solution_of(net, found, lower_bound(net)) if found.failed < 0 else None


def placeable(problem: Problem) -> bool | None:
    """Whether there is a timetable, as far as one pass or a bound can tell."""
    if causes(problem):
        return False
    net = net_of(problem)
    if by_rules(net, NEVER).failed < 0:
        return True
    return False if lower_bound(net) == NEVER else None


def best_of(net: Net, bound: int) -> Pass:
    """The best of all passes; a failed one if all failed."""
    best = by_rules(net, bound)
    if best.failed >= 0 or best.over <= bound:
        return best
    last, turns = best, min(max(TURNS_AT_ONE // len(net.jobs), TURNS[0]), TURNS[1])
    for turn in range(1, turns):
        width = best.over * WIDTHS[turn % len(WIDTHS)]
        shaken = [begins + width * (((at + 1) * turn * GOLDEN) % 1.0) for at, begins in enumerate(last.begins)]
        found = improve(net, place_all(net, shaken))
        if found.failed >= 0:
            continue
        last = best if turn % RESTART == 0 else found if found.over <= last.over * WORSE else last
        best = found if found.over < best.over else best
        if best.over <= bound:
            break
    return best


def by_rules(net: Net, bound: int) -> Pass:
    """The best of the rules' passes; as long as all fail, those that found no place are pushed to the front."""
    best: Pass | None = None
    pushed: dict[int, float] = {}
    for turn, priority in enumerate(rules(net) * ROUNDS):
        if turn >= RULES and best is not None and best.failed < 0:
            break
        found = place_all(net, [pushed.get(at, 0.0) + each for at, each in enumerate(priority)])
        if found.failed >= 0:
            push(net, pushed, found.failed, span_of(priority))
            best = best or found
            continue
        found = improve(net, found)
        best = found if best is None or best.failed >= 0 or found.over < best.over else best
        if best.over <= bound:
            break
    return best if best is not None else Pass([], [])


def rules(net: Net) -> list[list[float]]:
    """Priorities, the smallest first to be placed."""
    begins, ends = heads(net)
    latest = tails(net, max(ends, default=0))
    last = [float(latest[at] + ends[at] - begins[at]) for at in range(len(latest))]
    due = tails(net, max((each.reach[-1] + max(each.takes) for each in net.windows if each.choices), default=0))
    return [[float(each) for each in order] for order in (latest, last, due, begins)]


def span_of(priority: list[float]) -> float:
    return max(priority, default=0.0) - min(priority, default=0.0) + 1.0


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
