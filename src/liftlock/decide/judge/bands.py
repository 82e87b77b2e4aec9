"""Bands about a distribution that hold at all looks together: honest, and for display only, since tails escape them.

Howard & Ramdas, "Sequential estimation of quantiles" (Bernoulli 2022): the empirical distribution of n values stays
within 0.85·√((ln ln(en) + 0.8·ln(1612/α))/n) of the true one, at all n from 1 on.
"""

import math
from collections.abc import Mapping

ALL = "+Inf"


def dkw_halfwidth(n: float, alpha: float) -> float:
    """How far the share of values below any bound may be off, after `n` values; 1 where nothing is known."""
    if n < 1:
        return 1.0
    return min(1.0, 0.85 * math.sqrt((math.log(math.log(math.e * n)) + 0.8 * math.log(1612 / alpha)) / n))


def quantile_band(buckets: Mapping[str, float], q: float, alpha: float) -> tuple[float | None, float, float]:
    """(estimate, low, high) of a quantile from a cumulative histogram (bound -> values at most so large).

    The estimate lies within its bucket in proportion, as Prometheus has it; low and high are buckets' bounds, 0 and
    infinity where the band reaches beyond the first or the last.
    """
    bounds = sorted((float(bound), count) for bound, count in buckets.items() if bound != ALL)
    whole = buckets.get(ALL, bounds[-1][1] if bounds else 0.0)
    if whole <= 0 or not bounds:
        return None, 0.0, math.inf
    half = dkw_halfwidth(whole, alpha)
    low = max((bound for bound, count in bounds if count / whole + half < q), default=0.0)
    high = min((bound for bound, count in bounds if count / whole - half >= q), default=math.inf)
    return within(bounds, q * whole), low, high


def within(bounds: list[tuple[float, float]], rank: float) -> float | None:
    """The value of this rank; None if it is beyond the last bound."""
    below, before = 0.0, 0.0
    for bound, count in bounds:
        if count >= rank:
            return below + (bound - below) * (rank - before) / (count - before) if count > before else bound
        below, before = bound, count
    return None
