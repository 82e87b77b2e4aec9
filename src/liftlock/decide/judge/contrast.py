"""Upgraded hosts against others, each measured by its own past: the host is the unit, not the request.

A host's figure is y = ln(mean after) − ln(own mean before), so that a host that always was slower is no regression. The
arms' means of y are compared by a t-test at doubling looks (1, 2, 4, 8, … intervals, and the last), each with an equal
share of the chance: what all looks together may do wrong is bounded by Bonferroni, however hosts drift.

With few upgraded hosts the variance comes from the others alone: t = Δ/(s_b·√(κ/H_c+1/H_b)), df = H_b−1, which works
for a single one. κ is 1 where all hosts have the same traffic; a host with more requests than the others has less
noise, one with fewer has more, as far as requests explain it. From BOTH_FROM on both arms have their own variance
(Welch), since an upgrade may scatter its hosts.

A tier of one to three hosts has nobody to compare with: then blocks of a host's own past, as long as the time since the
upgrade, play the other hosts. They know waves that are shorter than the blocks; a daily one they take for a change.
"""

import math
from collections.abc import Sequence

from msgspec import Struct

from liftlock.decide.judge.students import student_beyond, student_tail

CONTROLS_MIN = 3
BOTH_FROM = 5  # upgraded hosts
HOSTS_MIN = 0.4  # of the controls' variance is the hosts' own at least: with ten of them it is not known so well
# A host's own spread is at least 0.5 %: the coarsest rounding of a figure with three digits. Constant series differ by
# as much, and for no other reason.
SPREAD_MIN = 0.005
BLOCKS_MIN = 3


Noise = tuple[float, float]  # of the canary's y, and of the controls'


class Contrast(Struct, frozen=True):
    """Difference of the arms' mean y, its standard error, degrees of freedom."""

    difference: float
    error: float
    freedom: float


def contrast(canary: Sequence[float], control: Sequence[float], noise: Noise = (0.0, 0.0)) -> Contrast | None:
    """`canary`, `control`: each host's y; `noise`: what of its variance requests alone explain, on each side's average.

    None with fewer than three hosts to compare with.
    """
    if not canary or len(control) < CONTROLS_MIN:
        return None
    difference = mean(canary) - mean(control)
    theirs = max(variance(control), SPREAD_MIN**2)
    if len(canary) < BOTH_FROM:
        ours = theirs * relative(theirs, noise)
        return Contrast(difference, math.sqrt(ours / len(canary) + theirs / len(control)), len(control) - 1)
    a, b = max(variance(canary), SPREAD_MIN**2) / len(canary), theirs / len(control)
    freedom = (a + b) ** 2 / (a**2 / (len(canary) - 1) + b**2 / (len(control) - 1))
    return Contrast(difference, math.sqrt(a + b), freedom)


def relative(theirs: float, noise: Noise) -> float:
    """A canary's variance as a multiple of a control's: the same hosts, with other numbers of requests."""
    hosts = max(theirs - noise[1], HOSTS_MIN * theirs)
    return (hosts + noise[0]) / (hosts + noise[1]) if hosts + noise[1] > 0 else 1.0


def past_contrast(after: Sequence[float], past: Sequence[float]) -> Contrast | None:
    """One host's interval means, positive, since the upgrade and before it, in order of time.

    Where `after` outgrows a third of the past, only its latest third counts. None where the past has fewer than three
    intervals, or a block is nothing.
    """
    if not after or len(past) < BLOCKS_MIN:
        return None
    size = min(len(after), len(past) // BLOCKS_MIN)
    blocks = [mean(past[end - size : end]) for end in range(len(past), size - 1, -size)]
    now = mean(after[-size:])
    return contrast([math.log(now)], list(map(math.log, blocks))) if min(now, *blocks) > 0 else None


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    centre = mean(values)
    return math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)


# --- the test ---------------------------------------------------------------------------------------------


def p_above(found: Contrast, log_ratio: float) -> float:
    """p of H0: the difference is at most `log_ratio`."""
    return student_tail((found.difference - log_ratio) / found.error, found.freedom)


def p_below(found: Contrast, log_ratio: float) -> float:
    """p of H0: the difference is at least `log_ratio`."""
    return student_tail((log_ratio - found.difference) / found.error, found.freedom)


def is_due(intervals: int, last: bool) -> bool:
    return intervals > 0 and (intervals & (intervals - 1) == 0 or last)


def looks_in(intervals_max: int) -> int:
    """How many looks are due within so many intervals: the chance is shared among them."""
    return intervals_max.bit_length() + (intervals_max & (intervals_max - 1) != 0)


def interval(found: Contrast, alpha: float) -> tuple[float, float, float]:
    """(estimate, low, high) of the ratio, at this look alone."""
    half = student_beyond(alpha / 2, found.freedom) * found.error
    return tuple_of_ratios(found.difference, found.difference - half, found.difference + half)


def tuple_of_ratios(middle: float, low: float, high: float) -> tuple[float, float, float]:
    """Logarithms as ratios, kept within what a float and JSON can hold."""
    return math.exp(clipped(middle)), math.exp(clipped(low)), math.exp(clipped(high))


def clipped(logarithm: float) -> float:
    return max(-700.0, min(700.0, logarithm))
