"""A problem in the form that solvers work on: numbers instead of names, and what began as given.

What began has one start, no links that bind it, and its share of capacities and money is gone from the beginning. A
deadline is in the windows: no start is left from which a job would end too late.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate

from liftlock.decide.timetable.profile import Steps, steps_of
from liftlock.model.timetable import Choice, Job, Limit, Problem, Solution

NEVER = 1 << 40


class Windows:
    """The starts that a job is allowed, ascending by first start; shared by all jobs that are allowed the same."""

    def __init__(self, choices: list[tuple[int, int, int]]) -> None:
        self.choices = choices
        self.firsts = [first for first, _, _ in choices]
        self.reach = list(accumulate((last for _, last, _ in choices), max))  # the last start up to here
        ends = [first + takes for first, _, takes in choices]
        self.soonest = list(accumulate(reversed(ends), min))[::-1]  # the earliest end from here on
        self.takes = {takes for _, _, takes in choices}

    def at_or_after(self, minute: int) -> tuple[int, int] | None:
        """The first allowed start from `minute` on, and how long it takes from there."""
        at = bisect_left(self.reach, minute)
        if at == len(self.choices):
            return None
        first, _, takes = self.choices[at]
        return max(first, minute), takes

    def after(self, tried: int, free: int | None) -> tuple[int, int] | None:
        """The first allowed start after one that was tried, if nothing as long as from there fits before `free`.

        From a later choice it may take less, and fit before that.
        """
        if len(self.takes) == 1:
            return None if free is None else self.at_or_after(free)
        last = self.choices[bisect_left(self.reach, tried)][1]
        return self.at_or_after(last + 1 if free is None else min(free, last + 1))

    def earliest_end(self, minute: int) -> int:
        """Of all starts from `minute` on: a later start may end earlier."""
        at = bisect_left(self.reach, minute)
        if at == len(self.choices):
            return NEVER
        first, _, takes = self.choices[at]
        later = self.soonest[at + 1] if at + 1 < len(self.choices) else NEVER
        return min(max(first, minute) + takes, later)

    def latest_start(self, end: int) -> int:
        """The last allowed start from which it ends by `end`; -1: none."""
        at = bisect_right(self.firsts, end) - 1
        while at >= 0:
            first, last, takes = self.choices[at]
            if min(last, end - takes) >= first:
                return min(last, end - takes)
            at -= 1
        return -1


@dataclass(frozen=True, slots=True)
class Net:
    """Jobs by number. `free`: what is left of each resource. `limits`: (begins, ends, what is left of the money).

    `paid_at_end`: the net is a mirror (time runs backwards): a job's end is where it truly begins, and is paid.
    """

    jobs: tuple[Job, ...]
    windows: list[Windows]
    before: list[list[tuple[int, int]]]  # (job, gap)
    later: list[list[tuple[int, int]]]
    uses: list[list[tuple[int, int]]]  # (resource, units)
    cost: list[int]
    free: list[Steps]
    limits: list[tuple[int, int, int]]
    order: list[int]  # every job after those that it waits for
    paid_at_end: bool = False


def net_of(problem: Problem) -> Net:
    """Expects a problem without direct causes (`causes.py`): known names, no circle."""
    number = {job.id: at for at, job in enumerate(problem.jobs)}
    resource = {capacity.id: at for at, capacity in enumerate(problem.capacities)}
    before = [
        [] if job.began is not None else [(number[link.job], link.gap) for link in job.after] for job in problem.jobs
    ]
    later: list[list[tuple[int, int]]] = [[] for _ in problem.jobs]
    for at, links in enumerate(before):
        for other, gap in links:
            later[other].append((at, gap))
    windows = windows_of(problem)
    return Net(
        jobs=problem.jobs,
        windows=windows,
        before=before,
        later=later,
        uses=[[(resource[name], units) for name, units in job.uses.items() if units > 0] for job in problem.jobs],
        cost=[job.cost for job in problem.jobs],
        free=left_over(problem, resource, windows),
        limits=[money_left(problem, limit) for limit in problem.limits],
        order=ordered(before, later),
    )


def windows_of(problem: Problem) -> list[Windows]:
    shared: dict[tuple[tuple[Choice, ...], int, int | None], Windows] = {}
    found = []
    for job in problem.jobs:
        end = problem.horizon if job.deadline is None else min(problem.horizon, job.deadline)
        key = (job.choices, end, job.began)
        if key not in shared:
            shared[key] = Windows(allowed(job, end))
        found.append(shared[key])
    return found


def allowed(job: Job, end: int) -> list[tuple[int, int, int]]:
    low, high = (0, NEVER) if job.began is None else (job.began, job.began)
    cut = ((max(each.first, low), min(each.last, high, end - each.takes), each.takes) for each in job.choices)
    return [(first, last, takes) for first, last, takes in cut if first <= last]


def left_over(problem: Problem, resource: dict[str, int], windows: list[Windows]) -> list[Steps]:
    """What is left of each resource over time, after absences and what began."""
    gone: list[list[tuple[int, int, int]]] = [
        [(span.begins, span.ends, units) for span, units in capacity.less] for capacity in problem.capacities
    ]
    for job, allowed_here in zip(problem.jobs, windows, strict=True):
        if job.began is not None and allowed_here.choices:
            begins, _, takes = allowed_here.choices[0]
            for name, units in job.uses.items():
                gone[resource[name]].append((begins, begins + takes, units))
    return [steps_of(capacity.amount, less) for capacity, less in zip(problem.capacities, gone, strict=True)]


def money_left(problem: Problem, limit: Limit) -> tuple[int, int, int]:
    span = limit.span
    gone = sum(job.cost for job in problem.jobs if job.began is not None and span.begins <= job.began < span.ends)
    return span.begins, span.ends, max(0, limit.amount - gone)


def ordered(before: list[list[tuple[int, int]]], later: list[list[tuple[int, int]]]) -> list[int]:
    """Topological order, smallest number first; shorter than the jobs if there is a circle."""
    waits = [len(links) for links in before]
    ready = [at for at, count in enumerate(waits) if count == 0]
    heapify(ready)
    order = []
    while ready:
        at = heappop(ready)
        order.append(at)
        for other, _ in later[at]:
            waits[other] -= 1
            if waits[other] == 0:
                heappush(ready, other)
    return order


def heads(net: Net) -> tuple[list[int], list[int]]:
    """The earliest (begin, end) of every job by links and calendars alone; NEVER where there is none."""
    begins, ends = [0] * len(net.jobs), [0] * len(net.jobs)
    for at in net.order:
        earliest = 0 if net.jobs[at].began is None else -NEVER
        soonest = max((ends[other] + gap for other, gap in net.before[at]), default=earliest)
        found = net.windows[at].at_or_after(soonest)
        begins[at] = found[0] if found else NEVER
        ends[at] = net.windows[at].earliest_end(soonest) if found else NEVER
    return begins, ends


def tails(net: Net, end: int) -> list[int]:
    """The latest begin of every job if all is over by `end`; negative: it cannot be."""
    begins = [0] * len(net.jobs)
    for at in reversed(net.order):
        latest = min((begins[other] - gap for other, gap in net.later[at]), default=end)
        begins[at] = net.windows[at].latest_start(min(end, latest))
    return begins


def mirror(net: Net, end: int) -> Net:
    """The same with time running backwards from `end`: the earliest place there is the latest one here."""
    shared: dict[int, Windows] = {}
    for each in net.windows:
        if id(each) not in shared:
            turned = [(end - last - takes, end - first - takes, takes) for first, last, takes in each.choices]
            inside = sorted((max(first, 0), last, takes) for first, last, takes in turned if last >= 0)
            shared[id(each)] = Windows(inside)
    return Net(
        jobs=net.jobs,
        windows=[shared[id(each)] for each in net.windows],
        before=net.later,
        later=net.before,
        uses=net.uses,
        cost=net.cost,
        free=[steps.turned(end) for steps in net.free],
        limits=[(end - ends + 1, end - begins + 1, left) for begins, ends, left in net.limits],
        order=net.order[::-1],
        paid_at_end=True,
    )


def starts_of(net: Net, solution: Solution) -> list[int]:
    """The begins of a whole solution, by number."""
    begins = {each.job: each.begins for each in solution.placed}
    return [begins[job.id] for job in net.jobs]
