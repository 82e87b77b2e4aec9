"""Upgraded hosts against others, each measured by its own past: a t-test at doubling looks."""

import math
from collections.abc import Sequence

from msgspec import Struct


class Contrast(Struct, frozen=True):
    """Difference of mean ln(after/before) between the arms, its standard error, degrees of freedom."""

    difference: float
    error: float
    freedom: float


def contrast(canary: Sequence[float], control: Sequence[float]) -> Contrast | None:
    """None with fewer than three hosts to compare with."""
    if not canary or len(control) < 3:
        return None
    mean = sum(control) / len(control)
    spread = math.sqrt(sum((each - mean) ** 2 for each in control) / (len(control) - 1))
    error = max(spread, 1e-6) * math.sqrt(1 / len(canary) + 1 / len(control))
    return Contrast(sum(canary) / len(canary) - mean, error, len(control) - 1)


def past_contrast(after: Sequence[float], past: Sequence[float]) -> Contrast | None:
    """A host's intervals after the upgrade against blocks of its own past that are as long."""
    size = len(after)
    blocks = [math.log(sum(past[at : at + size]) / size) for at in range(0, len(past) - size + 1, size)]
    return contrast([math.log(sum(after) / size)], blocks)


def p_above(found: Contrast, log_ratio: float) -> float:
    return 0.5 * math.erfc((found.difference - log_ratio) / found.error / math.sqrt(2))


def p_below(found: Contrast, log_ratio: float) -> float:
    return 0.5 * math.erfc((log_ratio - found.difference) / found.error / math.sqrt(2))


def is_due(intervals: int, last: bool) -> bool:
    return intervals > 0 and (intervals & (intervals - 1) == 0 or last)


def looks_in(intervals_max: int) -> int:
    return int(math.log2(max(intervals_max, 1))) + 2


def interval(found: Contrast, p: float) -> tuple[float, float, float]:
    half = 2 * found.error
    return math.exp(found.difference), math.exp(found.difference - half), math.exp(found.difference + half)
