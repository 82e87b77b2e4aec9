"""What a person's command prints, as a reading.

Rule: either one number (a level), or several, one a line (durations of this interval's requests, in seconds), or named
counts, one a line: `events N`, `of N`, `total S`, `squares S`, `le=BOUND N` (requests at most so slow, in seconds).
Counts are since the program began, as exporters give them, unless a line says `increments`: then of this interval.
Empty lines and those that begin with # are left out. What is anything else is refused whole: nothing is guessed.
"""

import math
from collections.abc import Iterable, Mapping

from msgspec import Struct

from liftlock.drivers.measuring import ALL, BOUNDS
from liftlock.model.canary import Reading

COUNTS = ("events", "of", "total", "squares")
BUCKET = "le="


class Unread(Struct, frozen=True):
    """A line, or a name, that says nothing."""

    line: str


def reading_of(printed: str, at: float) -> Reading | Unread:
    plain: list[float] = []
    named: dict[str, float] = {}
    cumulative = True
    for line in (each.strip() for each in printed.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line in ("increments", "cumulative"):
            cumulative = line == "cumulative"
            continue
        name, _, text = line.rpartition(" ")
        value = number(text)
        if value is None or name.strip() in named or (plain if name else named):
            return Unread(line)
        if name:
            named[name.strip()] = value
        else:
            plain.append(value)
    if plain:
        return samples(plain, at)
    return counts(named, at, cumulative=cumulative)


def number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def samples(values: list[float], at: float) -> Reading | Unread:
    """One is a level; several are durations."""
    if len(values) == 1:
        return Reading(at, level=values[0])
    if (least := min(values)) < 0:
        return Unread(f"{least:g}")
    buckets = {bound: float(sum(value <= float(bound) for value in values)) for bound in BOUNDS}
    squares = math.fsum(value * value for value in values)
    of = float(len(values))
    return Reading(at, of=of, total=math.fsum(values), squares=squares, buckets={**buckets, ALL: of})


def counts(named: Mapping[str, float], at: float, *, cumulative: bool) -> Reading | Unread:
    """A reading of what is named. Of a histogram, the last bucket has all requests, and its bounds must not fall."""
    buckets: dict[str, float] = {}
    for name, value in named.items():
        bound = bound_of(name)
        if (bound is None and name not in COUNTS) or value < 0:
            return Unread(f"{name} {value:g}")
        if bound is not None:
            buckets[bound] = value
    known = {name: value for name, value in named.items() if name in COUNTS}
    if not named:
        return Unread("-")
    if buckets:
        known.setdefault("of", buckets.get(ALL, max(buckets.values())))
        buckets = dict(sorted({**buckets, ALL: known["of"]}.items(), key=lambda pair: float(pair[0])))
        if not rises(buckets.values()):
            return Unread("le=")
    return Reading(at, **known, buckets=buckets, cumulative=cumulative)


def bound_of(name: str) -> str | None:
    """A bucket's bound, written as others write it; None if the name is none of a bucket."""
    if not name.startswith(BUCKET):
        return None
    text = name.removeprefix(BUCKET).strip("\"'")
    if text in (ALL, "inf", "Inf"):
        return ALL
    value = number(text)
    return None if value is None else f"{value:g}"


def rises(values: Iterable[float]) -> bool:
    found = list(values)
    return found == sorted(found)
