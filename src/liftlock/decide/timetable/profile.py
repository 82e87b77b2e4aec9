"""What is free of a resource over time, as steps; the earliest place for a job, and taking it.

Breakpoints are sorted lists: finding a place walks only over the steps that are in the way.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable


class Steps:
    """`free[i]` units from `times[i]` until `times[i + 1]`; the last step never ends. Before 0 there is nothing."""

    __slots__ = ("free", "times")

    def __init__(self, times: list[int], free: list[int]) -> None:
        self.times, self.free = times, free

    def copy(self) -> "Steps":
        return Steps(self.times.copy(), self.free.copy())

    def earliest(self, minute: int, takes: int, units: int) -> int | None:
        """The first begin from `minute` on at which so many units are free throughout; None: never again."""
        if takes == 0:
            return minute
        times, free, count = self.times, self.free, len(self.times)
        at, end = bisect_right(times, minute) - 1, minute + takes
        while at < count and times[at] < end:
            if free[at] >= units:
                at += 1
                continue
            while at < count and free[at] < units:
                at += 1
            if at == count:
                return None
            minute, end = times[at], times[at] + takes
        return minute

    def short(self, begins: int, ends: int, units: int) -> int | None:
        """The first minute of [begins, ends) at which fewer units are free; None: there is none."""
        at = bisect_right(self.times, begins) - 1
        while at < len(self.times) and max(self.times[at], begins) < ends:
            if self.free[at] < units:
                return max(self.times[at], begins)
            at += 1
        return None

    def take(self, begins: int, ends: int, units: int) -> None:
        """Negative units give back."""
        if begins >= ends:
            return
        last, first = self.cut(ends), self.cut(begins)
        last = bisect_left(self.times, ends, last)
        for at in range(first, last):
            self.free[at] -= units

    def cut(self, minute: int) -> int:
        """The number of the step that begins at `minute`; made if there is none."""
        at = bisect_left(self.times, minute)
        if at == len(self.times) or self.times[at] != minute:
            self.times.insert(at, minute)
            self.free.insert(at, self.free[at - 1])
        return at

    def turned(self, end: int) -> "Steps":
        """Time backwards from `end`; nothing is free before the true beginning."""
        times, free = [], []
        for at in reversed(range(len(self.times))):
            if self.times[at] < end:
                stop = self.times[at + 1] if at + 1 < len(self.times) else end
                times.append(max(end - stop, 0))
                free.append(self.free[at])
        return Steps([*times, end], [*free, 0])


def steps_of(amount: int, gone: Iterable[tuple[int, int, int]]) -> Steps:
    """An amount less (begins, ends, units) that are gone meanwhile; never below nothing."""
    change: dict[int, int] = defaultdict(int)
    for begins, ends, units in gone:
        if begins < ends and ends > 0:
            change[max(begins, 0)] += units
            change[ends] -= units
    times, free, level = list[int](), list[int](), amount
    for minute in sorted({0, *change}):
        level -= change.get(minute, 0)
        if not free or free[-1] != max(0, level):
            times.append(minute)
            free.append(max(0, level))
    return Steps(times, free)
