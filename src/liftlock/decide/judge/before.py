"""What was before the upgrade: each host's own mean and rate, how counts scatter, and what counts as a slow request.

All of it freezes when the rollout begins, so that no look can move what it is judged by.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from msgspec.structs import replace

from liftlock.decide.judge.offsets import rate_baseline
from liftlock.decide.judge.readings import ALL, failed_part, mean_part, moments, slow_part
from liftlock.model.canary import Baseline, MetricBaseline, RateBaseline, Reading, Row, Sum
from liftlock.model.schedule import Measured, Watching

SLOW = 0.01  # of all requests are slower than the p99
SLOW_MIN, SLOW_MAX = 0.001, 0.1  # a bound with fewer or more beyond it tells nothing about the tail
NEXT_TO_NOTHING = 0.01
SMALL_TIER = 12  # of so few hosts the intervals' means are kept, for comparing each with its own past
Series = dict[str, list[Reading]]


def baseline_of(watching: Watching, rows: Sequence[Row], at: float, covers_s: float) -> Baseline:
    found = {}
    for measured in watching.measured:
        series = series_of(rows, measured.metric.name)
        found[measured.metric.name] = metric_baseline(measured, series)
    return Baseline(at, covers_s, found)


def series_of(rows: Iterable[Row], metric: str) -> Series:
    found: Series = {}
    for row in rows:
        for host, reading in row.get(metric, {}).items():
            found.setdefault(host, []).append(reading)
    return found


def metric_baseline(measured: Measured, series: Series) -> MetricBaseline:
    if measured.metric.kind == "errors":
        return MetricBaseline(rate=rates_of({host: list(map(failed_part, seen)) for host, seen in series.items()}))
    limit = slow_limit(series)
    means = {host: [part for part in map(mean_part, seen) if part is not None] for host, seen in series.items()}
    slow = {host: [slow_part(reading, limit) for reading in seen] for host, seen in series.items()}
    past, whole = {}, None
    if len(series) <= SMALL_TIER:
        whole = moments(reading for seen in series.values() for reading in seen)
        past = {host: tuple(total / weight for total, weight in parts) for host, parts in means.items()}
    usual = {host: pooled(parts) for host, parts in means.items() if parts}
    weight = {host: sum(weight for _, weight in means[host]) for host in usual}
    return MetricBaseline(
        mean=usual,
        weight=weight,
        noise=noise_of(means.values()),
        floor=floor_of(usual.values()),
        past=past,
        moments=whole,
        tail=rates_of(slow, limit),
    )


def floor_of(usual: Collection[float]) -> float:
    """What is added to all means where some host's was next to nothing: the usual level, or one unit if that is 0.

    A level of 0 has no logarithm, and one near it a wild one. Effects look smaller so, never larger.
    """
    whole = sum(usual) / len(usual) if usual else 0.0
    if whole > 0:
        return whole if min(usual) <= NEXT_TO_NOTHING * whole else 0.0
    return 1.0 if usual else 0.0


def noise_of(means: Iterable[Sequence[Sum]]) -> float:
    """Relative variance of one request's duration (one reading's level): what neighbouring intervals differ by.

    Neighbours share their host, the hour and most of any drift; what is left between them is the requests' own.
    """
    squares = expected = 0.0
    for parts in means:
        seen = [(total / weight, weight) for total, weight in parts if total > 0]
        for (one, weight), (other, other_weight) in pairwise(seen):
            squares += math.log(other / one) ** 2
            expected += 1 / weight + 1 / other_weight
    return squares / expected if expected else 0.0


def pooled(parts: Sequence[Sum]) -> float:
    weight = sum(weight for _, weight in parts)
    return sum(total for total, _ in parts) / weight if weight > 0 else 0.0


def rates_of(parts: dict[str, list[Sum | None]], limit: str = "") -> RateBaseline | None:
    """None where no requests were seen."""
    known = {host: [part for part in each if part is not None] for host, each in parts.items()}
    known = {host: each for host, each in known.items() if each}
    if not known:
        return None
    events = {host: [count for count, _ in each] for host, each in known.items()}
    base = rate_baseline(events, {host: [of for _, of in each] for host, each in known.items()})
    return replace(base, limit=limit)


def slow_limit(series: Series) -> str:
    """The bucket's bound beyond which nearest to one request in a hundred lies; empty if no bucket tells."""
    buckets: dict[str, float] = {}
    for seen in series.values():
        for reading in seen:
            for bound, count in reading.buckets.items():
                buckets[bound] = buckets.get(bound, 0.0) + count
    whole = buckets.get(ALL, max(buckets.values(), default=0.0))
    shares = {bound: 1 - count / whole for bound, count in buckets.items() if bound != ALL} if whole else {}
    usable = {bound: share for bound, share in shares.items() if SLOW_MIN <= share <= SLOW_MAX}
    return min(usable, key=lambda bound: abs(math.log(usable[bound] / SLOW)), default="")


def is_enough(measured: Measured, rows: Sequence[Row], hosts: int, wanted: float) -> bool:
    """Half of the hosts with half of the intervals: fewer are no baseline."""
    series = series_of(rows, measured.metric.name)
    return 2 * sum(len(seen) >= wanted / 2 for seen in series.values()) >= hosts
