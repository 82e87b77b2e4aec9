"""The line: each row of the table, ours and the incumbents' in the same worlds, with the same seeds."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import Pool

import numpy as np

from bench.judge import incumbents
from bench.judge.ours import Verdicts, judge, watching_of
from bench.judge.worlds import World, play

ALPHA = 0.05
# The product gives the first of two waves half of the chance, and half is kept for the second: here one wave has all.
ONE_WAVE = 2 * ALPHA
PEERS_MAX = 500  # replicates in which the incumbents look as well: they take most of the time
W2 = {"host_sd": 0.05, "drift_sd": 0.03, "wave": 0.1}


@dataclass(frozen=True)
class Row:
    """What is asked of one world. `limit`: at most this share (nulls), or at least (found); `requests`: median."""

    name: str
    world: World
    only: str = ""
    null: bool = False
    limit: float = 0.05
    requests: float = math.inf
    rollback: float = 1.0
    promote: float = 10.0
    peers: bool = True


def rows() -> list[Row]:
    w1, w2 = World("W1"), World("W2", **W2)
    err, burst = World("ERR", "errors"), World("BURST", "errors", burst=True)
    one = {"canaries": 1, "per_host": True, "share": 1 / 11}
    return [
        Row("false rollback, W1", w1, "mean", null=True),
        Row("false rollback, W2", w2, "mean", null=True),
        Row("false rollback, W2, three against ten", replace(w2, name="W2-3", canaries=3), "mean", null=True),
        Row("false rollback, W2, one against ten", replace(w2, name="W2-1", canaries=1), "mean", null=True),
        Row("false rollback, ERR", err, null=True),
        Row("false rollback, BURST", burst, null=True),
        Row("false rollback, tail in W1", World("W1-tail"), "tail", null=True),
        Row("false rollback, one against ten, rates alike", World("DIFF-0", "errors", **one), null=True),
        Row("… differ by 20 %", World("DIFF-20", "errors", host_sd=0.2, **one), null=True),
        Row("… differ by 30 %", World("DIFF-30", "errors", host_sd=0.3, **one), null=True),
        Row("W2, ten against ten, +10 %", replace(w2, name="W2+", times=1.1), "mean", limit=0.99, requests=1600),
        Row(
            "W2, three against ten, +10 %",
            replace(w2, name="W2-3+", times=1.1, canaries=3),
            "mean",
            limit=0.95,
            requests=3000,
        ),
        Row(
            "W2, one against ten, +25 %",
            replace(w2, name="W2-1+", times=1.25, canaries=1),
            "mean",
            limit=0.99,
            requests=1600,
        ),
        Row("errors ×2", replace(err, name="ERR2", times=2.0), limit=1.0, requests=4000),
        Row("errors ×1.5", replace(err, name="ERR1.5", times=1.5), limit=0.80),
        Row("tail: 3.4 % three times slower", World("TAIL", tail=0.034), "tail", limit=1.0, requests=2000),
    ]


@dataclass(frozen=True)
class Figure:
    """Shares with their standard errors; `requests`: the median of an arm until found, of all replicates."""

    share: float
    error: float
    requests: float

    @classmethod
    def of(cls, looks: Iterable[int | None], a_minute: float) -> "Figure":
        found = [math.inf if look is None else look * a_minute for look in looks]
        share = sum(math.isfinite(each) for each in found) / len(found)
        return cls(share, math.sqrt(max(share * (1 - share), 1 / len(found) / 4) / len(found)), float(np.median(found)))


@dataclass(frozen=True)
class Measured:
    row: Row
    ours: Figure
    once: Figure | None = None
    peeked: Figure | None = None
    kayenta: Figure | None = None
    kayenta_peeked: Figure | None = None

    @property
    def holds(self) -> bool:
        if self.row.null:
            return self.ours.share <= self.row.limit
        return self.ours.share >= self.row.limit and self.ours.requests <= self.row.requests


def one(row: Row, seed: int) -> tuple[int | None, ...]:
    """The look at which ours, Mann-Whitney once and peeked, Kayenta once and peeked fire in one replicate."""
    seen = play(row.world, seed)
    watching = watching_of(row.world, alpha=ONE_WAVE, rollback=row.rollback, promote=row.promote, only=row.only)
    ours = judge(row.world, seen, watching, only=row.only, stop=False).failed
    if not row.peers or seed >= PEERS_MAX:
        return (ours,)
    canary, control = (arm[row.world.before :] for arm in seen.arms)
    once = incumbents.mann_whitney_once(canary, control, ALPHA)
    peeked = incumbents.mann_whitney_peeked(canary, control, ALPHA)
    kayenta, always = incumbents.kayenta_once(canary, control), incumbents.kayenta_peeked(canary, control)
    return ours, once, peeked, kayenta, always


def measure(row: Row, replicates: int, jobs: int, progress: Callable[[str], None]) -> Measured:
    progress(row.name)
    found = spread(partial(one, row), replicates, jobs)
    a_minute = 400 * row.world.share
    ours, peers = [each[0] for each in found], zip(*(each[1:] for each in found if len(each) > 1), strict=True)
    return Measured(row, Figure.of(ours, a_minute), *(Figure.of(each, a_minute) for each in peers))


def spread(work: Callable[[int], tuple[int | None, ...]], replicates: int, jobs: int) -> list[tuple[int | None, ...]]:
    if jobs == 1:
        return [work(seed) for seed in range(replicates)]
    with Pool(jobs) as pool:
        return pool.map(work, range(replicates), chunksize=max(1, replicates // (8 * jobs)))


def promoted(world: World, promote: float, seed: int, only: str = "") -> tuple[int | None]:
    """The look at which a canary that is exactly at the margin is promoted all the same."""
    watching = watching_of(world, alpha=1e-9, rollback=promote * 4, promote=promote, only=only)
    found: Verdicts = judge(world, play(world, seed), watching, only=only)
    return (found.passed,)
