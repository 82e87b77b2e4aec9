"""What a source says becomes what an interval brought: counters are differenced, seen to reset, and summed.

A counter that stands lower than before was reset, and all that it shows has come since. The first reading of a
cumulative counter brings nothing: what came before it was not observed.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from liftlock.model.canary import Moments, Reading, Sum

COUNTS = ("events", "of", "total", "squares")
ALL = "+Inf"


def brought(before: Reading | None, now: Reading) -> Reading | None:
    """What came between two readings of one host; None if that cannot be said yet."""
    if not now.cumulative:
        return now
    if before is None:
        return None
    was_reset = any(
        (old := getattr(before, name)) is not None and (new := getattr(now, name)) is not None and new < old
        for name in ("of", "events")
    )
    if was_reset or now.buckets.get(ALL, 0.0) < before.buckets.get(ALL, 0.0):
        return replace(now, cumulative=False)
    counts = {name: grown(getattr(before, name), getattr(now, name)) for name in COUNTS}
    buckets = {bound: max(0.0, count - before.buckets.get(bound, 0.0)) for bound, count in now.buckets.items()}
    return replace(now, cumulative=False, buckets=buckets, **counts)


def grown(before: float | None, now: float | None) -> float | None:
    return None if now is None else max(0.0, now - (before or 0.0))


def in_sum(readings: Sequence[Reading]) -> Reading | None:
    """Several intervals of one host as one: counts add, levels are averaged; None of nothing."""
    if len(readings) < 2:
        return readings[0] if readings else None
    levels = [reading.level for reading in readings if reading.level is not None]
    counts = {name: added(getattr(reading, name) for reading in readings) for name in COUNTS}
    buckets: dict[str, float] = {}
    for reading in readings:
        for bound, count in reading.buckets.items():
            buckets[bound] = buckets.get(bound, 0.0) + count
    level = sum(levels) / len(levels) if levels else None
    return replace(readings[-1], level=level, buckets=buckets, **counts)


def added(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def mean_part(reading: Reading) -> Sum | None:
    """What a reading adds to its host's mean: requests' durations, or one level."""
    if reading.total is not None and (reading.of or 0.0) > 0:
        return reading.total, reading.of or 0.0
    return None if reading.level is None else (reading.level, 1.0)


def moments(readings: Iterable[Reading]) -> Moments | None:
    """All requests together; None where some source does not square their durations."""
    found = [(each.of, each.total, each.squares) for each in readings if each.of]
    whole = [(of, total, squares) for of, total, squares in found if of and total is not None and squares is not None]
    if not whole or len(whole) < len(found):
        return None
    return sum(of for of, _, _ in whole), sum(total for _, total, _ in whole), sum(squares for _, _, squares in whole)


def failed_part(reading: Reading) -> Sum | None:
    """(failed requests, requests), where there were any. A source that has counted no failure may not know the word."""
    return None if not reading.of else (min(reading.events or 0.0, reading.of), reading.of)


def requests_of(reading: Reading) -> float:
    return reading.of or reading.buckets.get(ALL, 0.0)


def slow_part(reading: Reading, limit: str) -> Sum | None:
    """(requests slower than the bucket's bound, requests)."""
    whole = requests_of(reading)
    if not limit or not whole or limit not in reading.buckets:
        return None
    return max(0.0, whole - reading.buckets[limit]), whole


def parts(readings: Mapping[str, Reading], limit: str | None = None) -> dict[str, Sum]:
    """By host, those that have one: failed requests, or with a `limit` slow ones."""
    found = {h: failed_part(r) if limit is None else slow_part(r, limit) for h, r in readings.items()}
    return {host: part for host, part in found.items() if part is not None}
