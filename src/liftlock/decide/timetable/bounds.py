"""Lower bounds: no timetable ends earlier, whoever makes it. A timetable that meets one is proved without a solver.

The critical path with calendars; and for each resource, whether its work fits (destructive bounds, Klein and Scholl
1999): for a trial end, every job must run between its earliest begin and its latest end; the jobs that must run wholly
within [h, d) need no more than the resource has there. It has something only while one of its jobs may run at all
(windows), and where all take equally much of it, no more than whole jobs fit into each stretch of time, side by side:
three nights of 4 h hold three jobs of 3 h, not four.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import numpy as np
import numpy.typing as npt

from liftlock.decide.timetable.network import NEVER, Net, heads, tails

Array = npt.NDArray[np.float64]
RESOURCES = 12  # the most loaded ones are looked at
POINTS = 200  # different begins and ends that are looked at; more are rounded outwards
PACKED = 4000  # minutes: in longer stretches whole jobs are not counted
HAIR = 1e-6


def lower_bound(net: Net) -> int:
    """Minutes; NEVER if there is no timetable at all."""
    begins, ends = heads(net)
    low = max(ends, default=0)
    horizon = max((last + takes for each in net.windows for _, last, takes in each.choices), default=0)
    if low >= NEVER:
        return NEVER
    stock = [stock_of(net, each) for each in loaded(net)]
    step, high = 1, low
    while high <= horizon and not may_end(net, stock, begins, high):
        low, high, step = high + 1, high + step, step * 2
    high = min(high, horizon + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if may_end(net, stock, begins, middle) else (middle + 1, high)
    return low if low <= horizon else NEVER


@dataclass(frozen=True, slots=True)
class Stock:
    """What a resource has while its jobs may run. `stretches`: where they may; `sizes`: lengths of whole jobs, or none.

    `points`, `sums`: how much it has had up to a point; in between it grows evenly. `beside`: jobs at once, at most.
    """

    users: npt.NDArray[np.int64]
    work: Array
    points: Array
    sums: Array
    begins: Array
    ends: Array
    beside: Array
    units: int
    sizes: tuple[int, ...]


def loaded(net: Net) -> list[int]:
    """The resources with most work for what they have."""
    work = [0.0] * len(net.free)
    for at, uses in enumerate(net.uses):
        for resource, units in uses if net.jobs[at].began is None else ():
            work[resource] += units * min(net.windows[at].takes, default=0) / max(1, max(net.free[resource].free))
    return sorted((each for each in range(len(work)) if work[each] > 0), key=lambda each: -work[each])[:RESOURCES]


def stock_of(net: Net, resource: int) -> Stock:
    users = [
        (at, units)
        for at, uses in enumerate(net.uses)
        for other, units in uses
        if other == resource and net.jobs[at].began is None
    ]
    takes = [net.windows[at].takes for at, _ in users]
    unit = gcd(*(units for _, units in users))
    stretches = stretches_of(net, [at for at, _ in users])
    alike = all(units == unit for _, units in users) and all(end - begin <= PACKED for begin, end in stretches)
    points, sums, beside = filled(net, resource, unit, stretches)
    return Stock(
        users=np.array([at for at, _ in users]),
        work=np.array([units * min(each) for (_, units), each in zip(users, takes, strict=True)], float),
        points=points,
        sums=sums,
        begins=np.array([begin for begin, _ in stretches], float),
        ends=np.array([end for _, end in stretches], float),
        beside=beside,
        units=unit,
        sizes=tuple(sorted({size for each in takes for size in each})) if alike else (),
    )


def stretches_of(net: Net, users: list[int]) -> list[tuple[int, int]]:
    """Where any of the jobs may run; each run is within one of them."""
    shared = {id(net.windows[at]): net.windows[at] for at in users}
    spans = sorted({(first, last + takes) for each in shared.values() for first, last, takes in each.choices})
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and begin <= found[-1][1] - (begin < end):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif begin < end:
            found.append((begin, end))
    return found


def filled(net: Net, resource: int, unit: int, stretches: list[tuple[int, int]]) -> tuple[Array, Array, Array]:
    """(points, what there was up to them, jobs side by side at most in each stretch)."""
    steps, at = net.free[resource], 0
    points, sums, beside = [0.0], [0.0], []
    for begin, end in stretches:
        points.append(begin)
        sums.append(sums[-1])
        most, minute = 0, begin
        while at + 1 < len(steps.times) and steps.times[at + 1] <= begin:
            at += 1
        while minute < end:
            stop = min(end, steps.times[at + 1]) if at + 1 < len(steps.times) else end
            most = max(most, steps.free[at] // unit)
            points.append(stop)
            sums.append(sums[-1] + (stop - minute) * (steps.free[at] // unit) * unit)
            minute = stop
            if minute < end:
                at += 1
        beside.append(most)
    return np.array(points, float), np.array(sums, float), np.array(beside, float)


def may_end(net: Net, stock: list[Stock], begins: list[int], end: int) -> bool:
    """False: not all can be over by `end`."""
    latest = tails(net, end)
    if any(low > high for low, high in zip(begins, latest, strict=True)):
        return False
    low, high = np.array(begins, float), ends_of(net, latest, end)
    return all(excess(each, low[each.users], high[each.users]) is None for each in stock)


def ends_of(net: Net, latest: list[int], end: int) -> Array:
    """The latest ends that go with the latest begins."""
    ends = [begin + max(each.takes, default=0) for begin, each in zip(latest, net.windows, strict=True)]
    found: Array = np.minimum(np.array(ends, float), end)
    return found


def excess(stock: Stock, begins: Array, ends: Array) -> tuple[float, float, float, float] | None:
    """(from, to, work, what there is) where the jobs that must run within it need most beyond; None: it fits."""
    froms, tos = grid(begins, up=False), grid(ends, up=True)
    work = np.zeros((len(froms), len(tos)))
    np.add.at(work, (np.searchsorted(froms, begins, "right") - 1, np.searchsorted(tos, ends)), stock.work)
    within = np.cumsum(np.cumsum(work[::-1], axis=0)[::-1], axis=1)
    has = there(stock, froms, tos)
    low, high = np.unravel_index(int((within - has).argmax()), within.shape)
    if within[low, high] <= has[low, high] + HAIR:
        return None
    return float(froms[low]), float(tos[high]), float(within[low, high]), float(has[low, high])


def overload(net: Net, end: int) -> tuple[int, list[int], tuple[float, float, float, float]] | None:
    """A resource whose work until `end` is more than it has: (resource, jobs, what `excess` says); None: not seen."""
    begins, latest = heads(net)[0], tails(net, end)
    low, high = np.array(begins, float), ends_of(net, latest, end)
    for resource in loaded(net):
        stock = stock_of(net, resource)
        found = excess(stock, low[stock.users], high[stock.users])
        if found is not None:
            return resource, [int(at) for at in stock.users if low[at] >= found[0] and high[at] <= found[1]], found
    return None


def grid(values: Array, *, up: bool) -> Array:
    found = np.unique(values)
    if len(found) <= POINTS:
        return found
    thin = found[:: len(found) // POINTS + 1]
    return np.append(thin, found[-1]) if up and thin[-1] != found[-1] else thin


def there(stock: Stock, froms: Array, tos: Array) -> Array:
    """What the resource has in each [from, to)."""
    had = np.interp(tos, stock.points, stock.sums)[None, :] - np.interp(froms, stock.points, stock.sums)[:, None]
    if not stock.sizes or not len(stock.begins):
        return np.maximum(had, 0.0)
    fit = packed(stock.sizes, int((stock.ends - stock.begins).max()))
    first = np.searchsorted(stock.ends, froms, "right")  # the stretch in which, or before which, a point lies
    last = np.searchsorted(stock.begins, tos, "left") - 1
    lengths = (stock.ends - stock.begins).astype(int)
    whole = np.concatenate([[0.0], np.cumsum(fit[lengths] * stock.beside)])
    parts = whole[np.maximum(last, 0)][None, :] - whole[np.minimum(first + 1, len(lengths))][:, None]
    parts = parts + head_part(stock, fit, first, froms)[:, None] + tail_part(stock, fit, last, tos)[None, :]
    same = first[:, None] == last[None, :]
    inside = np.clip(
        tos[None, :] - np.maximum(froms, stock.begins[np.minimum(first, len(lengths) - 1)])[:, None], 0, None
    )
    one = fit[np.minimum(inside, len(fit) - 1).astype(int)] * stock.beside[np.minimum(first, len(lengths) - 1)][:, None]
    parts = np.where(same, one, np.where(first[:, None] > last[None, :], 0.0, parts))
    found: Array = np.maximum(np.minimum(had, parts * stock.units), 0.0)
    return found


def head_part(stock: Stock, fit: Array, first: npt.NDArray[np.int64], froms: Array) -> Array:
    at = np.minimum(first, len(stock.begins) - 1)
    length = np.clip(stock.ends[at] - np.maximum(froms, stock.begins[at]), 0, None).astype(int)
    return np.where(first < len(stock.begins), fit[length] * stock.beside[at], 0.0)


def tail_part(stock: Stock, fit: Array, last: npt.NDArray[np.int64], tos: Array) -> Array:
    at = np.maximum(last, 0)
    length = np.clip(np.minimum(tos, stock.ends[at]) - stock.begins[at], 0, None).astype(int)
    return np.where(last >= 0, fit[length] * stock.beside[at], 0.0)


@lru_cache(maxsize=64)
def packed(sizes: tuple[int, ...], longest: int) -> Array:
    """For every length up to the longest: the most minutes of whole jobs, one after the other, that fit into it."""
    reach = np.zeros(longest + 1, bool)
    reach[0] = True
    for size in sizes:
        for at in range(size, longest + 1) if size else ():
            reach[at] |= reach[at - size]
    whole: Array = np.maximum.accumulate(np.where(reach, np.arange(longest + 1.0), 0.0))
    return whole
