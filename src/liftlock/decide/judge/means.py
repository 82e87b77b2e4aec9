"""The ratio of two means of requests, looked at as often as one likes: for display and for single-host tiers.

An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform central limit theory
and asymptotic confidence sequences", Annals of Statistics 2024; delta method for the ratio). d = ln(x̄_c/x̄_b),
V = s_c²/(n_c·x̄_c²) + s_b²/(n_b·x̄_b²), n_e = n_c·n_b/(n_c+n_b), σ² = V·n_e, S = n_e·(d − ln r)/σ, and
E = 2√(ρ/(n_e+ρ))·exp(S²/2(n_e+ρ))·Φ(S/√(n_e+ρ)): the likelihood ratio mixed over a half-normal effect of variance 1/ρ.
ρ = n_opt/(L+ln(1+L)), L = 2·ln(1/2α) makes the bound tightest at n_e = n_opt. Requests must be independent of each
other given the host: it does not know that hosts differ, and so decides nothing where there are hosts to compare.
"""

import math

from msgspec import Struct

from liftlock.decide.judge.contrast import tuple_of_ratios
from liftlock.decide.judge.students import log_scaled_below

REQUESTS_MIN = 400  # an arm: fewer are no central limit
BEST_AT = 1000.0  # n_opt
HALVINGS = 100


class Sample(Struct, frozen=True):
    """How many requests, their mean and their variance."""

    n: float
    mean: float
    variance: float


def log_e(canary: Sample, control: Sample, ratio: float, alpha: float, best_at: float = BEST_AT) -> float | None:
    """ln E for H0: true ratio <= `ratio`; None while there is too little, or nothing that varies. 0 < α < ½."""
    found = difference(canary, control)
    if found is None:
        return None
    d, sigma, n = found
    prior = prior_of(alpha, best_at)
    return log_e_at(n * (d - math.log(ratio)) / sigma / math.sqrt(n + prior), n, prior)


def interval(
    canary: Sample, control: Sample, alpha: float, best_at: float = BEST_AT
) -> tuple[float, float, float] | None:
    """(ratio, low, high): each end is wrong with probability α, ever."""
    found = difference(canary, control)
    if found is None:
        return None
    d, sigma, n = found
    prior = prior_of(alpha, best_at)
    low, high = 0.0, 1.0
    while log_e_at(high, n, prior) < -math.log(alpha):
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if log_e_at(middle, n, prior) < -math.log(alpha) else (low, middle)
    reach = high * math.sqrt(n + prior) * sigma / n
    return tuple_of_ratios(d, d - reach, d + reach)


def difference(canary: Sample, control: Sample) -> tuple[float, float, float] | None:
    """(d, σ, n_e)."""
    if min(canary.n, control.n) < REQUESTS_MIN or min(canary.mean, control.mean) <= 0:
        return None
    parts = [arm.variance / arm.n / arm.mean / arm.mean for arm in (canary, control)]
    n = canary.n / (1 + canary.n / control.n)
    sigma = math.sqrt(math.fsum(parts) * n)
    return (math.log(canary.mean / control.mean), sigma, n) if sigma > 0 else None


def prior_of(alpha: float, best_at: float) -> float:
    length = -2 * math.log(2 * alpha)
    return best_at / (length + math.log1p(length))


def log_e_at(z: float, n: float, prior: float) -> float:
    """ln E at z = S/√(n_e+ρ): grows with z."""
    return math.log(2) + 0.5 * math.log(prior / (n + prior)) + log_scaled_below(z)
