"""Axes: where ticks stand, and what they are called."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
PERCENTS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
RATIOS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
DAY_S = 86400


class Axis(Struct, frozen=True):
    """From values to places; `log`: equal factors are equal distances. What lies outside stands at the edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        low, high, each = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (self.end - self.start) * ((each - low) / (high - low) if high > low else 0.5)


def time_ticks(low: float, high: float, zone: tzinfo, most: int = 6) -> list[tuple[float, str]]:
    """Whole minutes, hours or days of the zone's clock, at most `most` of them."""
    step = next((s for s in SECONDS if (high - low) / s <= most - 1), math.ceil((high - low) / most / DAY_S) * DAY_S)
    first = datetime.fromtimestamp(low, zone)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    from_midnight = (first - midnight).total_seconds()
    at = midnight + timedelta(seconds=math.ceil(from_midnight / step) * step)
    form = "%m-%d" if step >= DAY_S else "%H:%M" if step >= 60 else "%H:%M:%S"
    ticks = []
    while at.timestamp() <= high:
        ticks.append((at.timestamp(), at.strftime(form)))
        at += timedelta(seconds=step)
    return ticks or [(low, first.strftime("%H:%M:%S"))]


def power_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Powers of ten, of equal distance."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [10.0**power for power in range(first, last + 1) if power % step == 0]


def ratio_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Around no change: even percents while the range is small, else round factors."""
    if high / low < 3:
        step = next((p for p in PERCENTS if 100 * (high - low) / p <= most), PERCENTS[-1]) / 100
        return [
            1 + n * step for n in range(math.ceil((low - 1) / step - 1e-9), math.floor((high - 1) / step + 1e-9) + 1)
        ]
    return [value for value in RATIOS if low <= value <= high]


def apart(places: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Labels' places, moved so that they do not cover one another, within the bounds; in the given order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    found, last = list(places), low - least
    for i in order:
        last = found[i] = max(places[i], last + least)
    bound = high
    for i in reversed(order):
        bound = found[i] = min(found[i], bound)
        bound -= least
    return found
