"""Serial schedule generation: job by job in order of priority, each at the earliest minute that everything allows.

Kolisch, R. (1996), "Serial and parallel resource-constrained project scheduling methods revisited". Every pass gives a
timetable that holds, or names the job for which no place was left. `improve` is the forward-backward improvement of
Tormos and Lova (2001): all as late as possible within the same end, then all as early as possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from liftlock.decide.timetable.network import NEVER, Net, Windows, mirror
from liftlock.decide.timetable.profile import Steps


@dataclass(slots=True)
class Pass:
    """Where every job is, by number. `failed`: the job that found no place; -1: all did."""

    begins: list[int]
    ends: list[int]
    failed: int = -1

    @property
    def over(self) -> int:
        return max(self.ends, default=0)


@dataclass(slots=True)
class Board:
    """What is taken so far. `full`: (windows, resource, units) -> starts [from, to) of which none is possible any more:
    a pass only takes, so what was full stays full.
    """

    net: Net
    free: list[Steps]
    left: list[int]  # of each limit's money
    full: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)

    def place(self, job: int, soonest: int) -> tuple[int, int] | None:
        """The earliest (begin, length) from `soonest` on."""
        windows, uses, cost = self.net.windows[job], self.net.uses[job], self.net.cost[job]
        found = windows.at_or_after(soonest)
        while found is not None:
            begins, takes = found
            for resource, units in uses:
                found = self.place_on(windows, resource, units, found[0])
                if found is None or found[0] > begins:
                    break
            if found is not None and found[0] == begins:
                payable = self.payable(begins, takes, cost) if cost else begins
                if payable == begins:
                    return begins, takes
                found = windows.at_or_after(payable)
            elif found is not None:
                continue
        return None

    def place_on(self, windows: Windows, resource: int, units: int, minute: int) -> tuple[int, int] | None:
        """The earliest (begin, length) that windows and one resource allow."""
        key = (id(windows), resource, units)
        low, high = self.full.get(key, (0, 0))
        start = high if low <= minute < high else minute
        found = windows.at_or_after(start)
        while found is not None:
            begins = self.free[resource].earliest(found[0], found[1], units)
            if begins == found[0]:
                break
            found = windows.after(found[0], begins)
        until = found[0] if found else NEVER
        if until > minute and len(windows.takes) == 1:
            self.full[key] = (min(low, minute), until) if low <= minute <= high else (minute, until)
        return found

    def payable(self, begins: int, takes: int, cost: int) -> int:
        """The first begin from `begins` on at which the periods' money still suffices (as far as is seen here)."""
        paid = begins + takes if self.net.paid_at_end else begins
        for (opens, closes, _), left in zip(self.net.limits, self.left, strict=True):
            if left < cost and opens <= paid < closes:
                return begins + closes - paid
        return begins

    def take(self, job: int, begins: int, takes: int, sign: int = 1) -> None:
        for resource, units in self.net.uses[job]:
            self.free[resource].take(begins, begins + takes, sign * units)
        cost, paid = self.net.cost[job], begins + takes if self.net.paid_at_end else begins
        for at, (opens, closes, _) in enumerate(self.net.limits):
            if cost and opens <= paid < closes:
                self.left[at] -= sign * cost


def board_of(net: Net) -> Board:
    return Board(net, [steps.copy() for steps in net.free], [left for _, _, left in net.limits])


def place_all(net: Net, priority: Sequence[float], since: Sequence[int] = ()) -> Pass:
    """One pass; the smallest priority first among those whose predecessors are placed. `since`: not before."""
    count = len(net.jobs)
    done, board = Pass([0] * count, [0] * count), board_of(net)
    waits = [len(links) for links in net.before]
    ready = [(priority[at], at) for at in range(count) if waits[at] == 0]
    heapify(ready)
    while ready:
        _, at = heappop(ready)
        soonest = max((done.ends[other] + gap for other, gap in net.before[at]), default=0)
        found = settle(board, at, max(soonest, since[at]) if since else soonest)
        if found is None:
            done.failed = at
            return done
        done.begins[at], done.ends[at] = found[0], found[0] + found[1]
        for other, _ in net.later[at]:
            waits[other] -= 1
            if waits[other] == 0:
                heappush(ready, (priority[other], other))
    return done


def settle(board: Board, at: int, soonest: int) -> tuple[int, int] | None:
    """Place a job and take what it uses; what began is where it is, and has its share already."""
    if board.net.jobs[at].began is not None:
        return board.net.windows[at].at_or_after(-NEVER)
    found = board.place(at, soonest)
    if found is not None:
        board.take(at, *found)
    return found


def improve(net: Net, found: Pass, times: int = 3) -> Pass:
    """Backward and forward until nothing is won."""
    for _ in range(times if found.failed < 0 else 0):
        end = found.over
        late = place_all(mirror(net, end), [float(-ends) for ends in found.ends])
        if late.failed >= 0 or late.over > end:
            return found
        early = place_all(net, [float(end - ends) for ends in late.ends])
        if early.failed >= 0 or early.over >= end:
            return early if early.failed < 0 and early.over == end else found
        found = early
    return found
