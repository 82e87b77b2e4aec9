"""Quiet windows from recorded traffic: 业务低峰期.

A week is cut into slots of a quarter of an hour, by weekday and clock time of the plan's zone. What is expected in a
slot is the 90th percentile, over the weeks, of the week's mean there: one quiet holiday does not make a slot quiet, and
one incident hardly makes it busy. A slot that some weeks have no data for is judged by the others; one without any is
not quiet: missing data never passes. A quiet stretch is the longest run of slots at or below the limit.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from msgspec import Struct

from liftlock.decide.windows import DAYS, clock_time
from liftlock.model.load import QuietWindow, Sample
from liftlock.model.plan import Window

SLOT_MIN = 15
DAY_SLOTS = 24 * 60 // SLOT_MIN
WEEK_SLOTS = 7 * DAY_SLOTS
PERCENTILE = 90.0
USUAL_LIMIT = 0.3  # of the peak
STEP_MAX = timedelta(hours=6)  # a gap between samples that is longer is a gap in the data


class Profile(Struct, frozen=True):
    """What is expected in each slot of a week from Monday 00:00 on; None: nobody knows."""

    expected: tuple[float | None, ...]
    weeks: int

    @property
    def peak(self) -> float:
        return max((each for each in self.expected if each is not None), default=0.0)


def quiet_windows(
    samples: Sequence[Sample], *, below: str = "", longer_than_s: float = 3600.0
) -> tuple[QuietWindow, ...]:
    """The quiet windows of a week, the quietest first. `below`: `30%` of the peak, or a figure."""
    profile = profile_of(samples)
    limit = limit_of(profile, below)
    found = [window for run in runs(profile, limit, longer_than_s) for window in windows_of(profile, run)]
    return tuple(sorted(alike(found), key=lambda each: (each.share_of_peak, each.window.days, each.window.from_)))


def limit_of(profile: Profile, below: str) -> float:
    """Raises ValueError."""
    if not below:
        return USUAL_LIMIT * profile.peak
    if below.endswith("%"):
        return float(below.removesuffix("%")) / 100 * profile.peak
    return float(below)


# --- the profile ----------------------------------------------------------------------------------------------


def profile_of(samples: Sequence[Sample]) -> Profile:
    """Samples in any order; each counts for every slot that its interval covers."""
    ordered = sorted(samples)
    step = step_of(ordered)
    sums: dict[tuple[int, int], list[float]] = {}
    weeks = set()
    for sample in ordered:
        monday = sample.at.date().toordinal() - sample.at.weekday()
        weeks.add(monday)
        for slot in slots_from(sample.at, step):
            sums.setdefault((slot % WEEK_SLOTS, monday + 7 * (slot // WEEK_SLOTS)), []).append(sample.requests)
    means: list[list[float]] = [[] for _ in range(WEEK_SLOTS)]
    for (slot, _), values in sums.items():
        means[slot].append(sum(values) / len(values))
    expected = [float(np.percentile(values, PERCENTILE)) if values else None for values in means]
    return Profile(tuple(expected), len(weeks))


def step_of(ordered: Sequence[Sample]) -> timedelta:
    """How far apart samples usually are."""
    gaps = sorted(after.at - before.at for before, after in pairwise(ordered))
    return min(gaps[len(gaps) // 2], STEP_MAX) if gaps else timedelta()


def slots_from(at: datetime, step: timedelta) -> range:
    """The slots, counted from the week's Monday, that an interval covers by its greater part; at least one."""
    minute = at.weekday() * 24 * 60 + at.hour * 60 + at.minute
    first = minute // SLOT_MIN
    return range(first, max(first + 1, (minute + round(step.total_seconds() / 60)) // SLOT_MIN))


# --- quiet stretches ------------------------------------------------------------------------------------------


def runs(profile: Profile, limit: float, longer_than_s: float) -> Iterator[range]:
    """Runs of quiet slots over the turn of the week, long enough. A week that is quiet throughout is one run."""
    quiet = [each is not None and each <= limit for each in profile.expected]
    needed = max(1, -int(-longer_than_s // (SLOT_MIN * 60)))
    if all(quiet):
        yield range(WEEK_SLOTS)
        return
    begins = [slot for slot in range(WEEK_SLOTS) if quiet[slot] and not quiet[slot - 1]]
    for first in begins:
        last = next(slot for slot in range(first, first + WEEK_SLOTS) if not quiet[slot % WEEK_SLOTS])
        if last - first >= needed:
            yield range(first, last)


def windows_of(profile: Profile, run: range) -> Iterator[QuietWindow]:
    """A run as windows of at most a day: a longer one is cut at midnight."""
    first = run.start
    while first < run.stop:
        last = run.stop if run.stop - first <= DAY_SLOTS else min(run.stop, (first // DAY_SLOTS + 1) * DAY_SLOTS)
        yield quiet_window(profile, range(first, last))
        first = last


def quiet_window(profile: Profile, run: range) -> QuietWindow:
    day = DAYS[run.start // DAY_SLOTS % 7]
    window = Window(clock(run.start % DAY_SLOTS), clock(run.stop % DAY_SLOTS or DAY_SLOTS), days=(day,))
    expected = mean_over(profile, run) or 0.0
    return QuietWindow(window, expected, expected / profile.peak if profile.peak else 0.0, profile.weeks)


def clock(slot: int) -> str:
    hours, minutes = divmod(slot * SLOT_MIN, 60)
    return f"{hours:02d}:{minutes:02d}"


def alike(found: Iterable[QuietWindow]) -> Iterator[QuietWindow]:
    """Windows with the same hours are one on several days, with the busiest day's traffic."""
    groups: dict[tuple[str, str], list[QuietWindow]] = {}
    for each in found:
        groups.setdefault((each.window.from_, each.window.to), []).append(each)
    for (begins, ends), same in groups.items():
        days = tuple(day for day in DAYS if any(day in each.window.days for each in same))
        busiest = max(same, key=lambda each: each.expected)
        yield QuietWindow(Window(begins, ends, days=days), busiest.expected, busiest.share_of_peak, busiest.weeks)


# --- how quiet is a window of the plan? -----------------------------------------------------------------------


def traffic_in(profile: Profile, window: Window) -> float | None:
    """The traffic that is expected in a window, on the busiest of its days; None where nobody knows."""
    begins, ends = (clock_time(text) for text in (window.from_, window.to))
    first, last = (each.hour * 60 + each.minute for each in (begins, ends))
    length = -(-((last - first) % (24 * 60) or 24 * 60) // SLOT_MIN)
    found = [
        mean_over(profile, range(start, start + length))
        for day in days_of(window)
        for start in (day * DAY_SLOTS + first // SLOT_MIN,)
    ]
    known = [each for each in found if each is not None]
    return max(known) if len(known) == len(found) and known else None


def days_of(window: Window) -> tuple[int, ...]:
    if window.date:
        return (datetime.fromisoformat(window.date).weekday(),)
    return tuple(DAYS.index(day) for day in window.days or DAYS)


def quietest(profile: Profile, length_s: float) -> QuietWindow | None:
    """The stretch of that length (at most a day) with the least traffic; None where nobody knows any."""
    length = min(DAY_SLOTS, max(1, -int(-length_s // (SLOT_MIN * 60))))
    means = [(mean_over(profile, range(first, first + length)), first) for first in range(WEEK_SLOTS)]
    known = [(mean, first) for mean, first in means if mean is not None]
    if not known:
        return None
    first = min(known)[1]
    return quiet_window(profile, range(first, first + length))


def mean_over(profile: Profile, run: range) -> float | None:
    """None if some slot of it is not known."""
    values = [profile.expected[slot % WEEK_SLOTS] for slot in run]
    known = [each for each in values if each is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
