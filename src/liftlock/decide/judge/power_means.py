"""What a mean can show before the fact: the chance that a regression is found within the longest soak.

Host contrast: y of a host varies by its requests (coefficient of variation `spread`), by a drift of its own (AR(1), sd
`drift`, `memory` a minute) and by the same of its past. The estimated error is the true one times √(χ²/ν), a factor
that moves from look to look as the square of y's correlation; given it, the contrasts at looks due are Gaussian, and
the chance that none crosses is carried from look to look as if only the last one mattered (Markov).
Hosts of an arm are taken to have equal requests.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from liftlock.decide.judge.contrast import BOTH_FROM, is_due
from liftlock.decide.judge.students import normal_beyond, student_beyond

Floats = NDArray[np.float64]

FACTORS = 16  # quantiles of √(χ²/ν)
QUANTILES = np.array([normal_beyond(1 - (at + 0.5) / FACTORS) for at in range(FACTORS)])
GRID = np.linspace(-6.5, 6.5, 105)
STEP = float(GRID[1] - GRID[0])
HALVINGS = 30


class Noise(Struct, frozen=True):
    """`spread` of requests about their host's mean (0: a gauge), `drift` of a host, `memory` of it after a minute."""

    spread: float = 0.658  # log-normal with σ = 0.6
    drift: float = 0.03
    memory: float = 0.9


class Setting(Struct, frozen=True):
    """Hosts, requests a second at each host of either arm, intervals after and before; `alpha` over all looks."""

    canaries: int
    controls: int
    canary_rate: float
    control_rate: float
    intervals: int
    interval_s: float = 60.0
    before: int = 60
    alpha: float = 0.05
    margin: float = 1.0  # a ratio
    noise: Noise = Noise()


def contrast_power(setting: Setting, ratio: float) -> float:
    """The chance that a true `ratio` of means is found."""
    if setting.canaries < 1 or setting.controls < 2 or setting.intervals < 1:
        return 0.0
    looks = [n for n in range(1, setting.intervals + 1) if is_due(n, n == setting.intervals)]
    ours, theirs = covariances(setting, looks, setting.canary_rate), covariances(setting, looks, setting.control_rate)
    joint = ours / setting.canaries + theirs / setting.controls
    true = np.sqrt(np.diag(joint))
    correlation = joint / np.outer(true, true)
    bounds = np.empty((len(looks), FACTORS))
    for at in range(len(looks)):
        error, freedom = estimated(setting, float(ours[at, at]), float(theirs[at, at]))
        needed = student_beyond(setting.alpha / len(looks), freedom) * error * factors(freedom)
        bounds[at] = (needed - math.log(ratio / setting.margin)) / true[at]
    return float(1 - none_crosses(bounds, np.diag(correlation, 1)).mean())


def smallest_contrast(setting: Setting, wanted: float = 0.8) -> float | None:
    """The smallest ratio that is found with the chance `wanted`; None above 20."""
    return smallest(lambda ratio: contrast_power(setting, ratio), wanted, setting.margin)


def covariances(setting: Setting, looks: Sequence[int], rate: float) -> Floats:
    """Of one host's y at the looks."""
    noise, before = setting.noise, setting.before
    memory = noise.memory ** (setting.interval_s / 60)
    count = rate * setting.interval_s
    requests = noise.spread**2 / count if noise.spread > 0 else 0.0
    found = np.empty((len(looks), len(looks)))
    for i, first in enumerate(looks):
        for j, last in enumerate(looks):
            short, long = min(first, last), max(first, last)
            shared = within(short, memory) + between(short, long - short, memory)
            drift = shared / (short * long) + within(before, memory) / before**2
            drift -= between(first, before, memory) / (first * before) + between(last, before, memory) / (last * before)
            found[i, j] = requests * (1 / long + 1 / before) + noise.drift**2 * drift
    return found + 1e-12 * np.eye(len(looks))


def within(n: int, memory: float) -> float:
    """Variance of the sum of n steps of an AR(1) of variance 1."""
    if memory >= 1:
        return float(n * n)
    return n + 2 * memory / (1 - memory) * (n - (1 - memory**n) / (1 - memory))


def between(n: int, m: int, memory: float) -> float:
    """Covariance of the sums of n steps and of the next m."""
    if memory >= 1:
        return float(n * m)
    return memory * (1 - memory**n) * (1 - memory**m) / (1 - memory) ** 2


def estimated(setting: Setting, ours: float, theirs: float) -> tuple[float, float]:
    """The error that `contrast` expects of variances of y, and its degrees of freedom."""
    c, b = setting.canaries, setting.controls
    if c >= BOTH_FROM:
        whole = ours / c + theirs / b
        return math.sqrt(whole), whole**2 / ((ours / c) ** 2 / (c - 1) + (theirs / b) ** 2 / (b - 1))
    return math.sqrt(ours / c + theirs / b), b - 1


def factors(freedom: float) -> Floats:
    """Quantiles of √(χ²/ν), by Wilson and Hilferty's cube."""
    part = 2 / (9 * freedom)
    return np.asarray(np.sqrt(np.maximum(1 - part + QUANTILES * math.sqrt(part), 0.01) ** 3))


def none_crosses(bounds: Floats, neighbours: Floats) -> Floats:
    """By last factor, the chance that standard normals, each correlated with the next, all stay below their bounds."""
    state = np.exp(-GRID * GRID / 2)[:, None] / np.exp(-GRID * GRID / 2).sum() * below(bounds[0])
    for bound, correlation in zip(bounds[1:], neighbours, strict=True):
        spread = math.sqrt(max(1 - float(correlation) ** 2, STEP**2 / 4))
        moves = np.exp(-(((GRID[:, None] - correlation * GRID) / spread) ** 2) / 2)
        state = (moves / moves.sum(0)) @ state @ drifting(float(correlation) ** 2) * below(bound)
    return np.asarray(state.sum(0))


def drifting(correlation: float) -> Floats:
    """How likely the factor goes from one quantile to another between two looks."""
    spread = max(1 - correlation**2, 1e-3)
    moves = np.exp(-((QUANTILES - correlation * QUANTILES[:, None]) ** 2) / spread / 2 + QUANTILES**2 / 2)
    for _ in range(4):  # from and to, all are equally likely
        moves /= moves.sum(0)
        moves /= moves.sum(1)[:, None]
    return np.asarray(moves)


def below(bound: Floats) -> Floats:
    """The part of each cell of the grid that lies below."""
    return np.asarray(np.clip((bound - GRID[:, None]) / STEP + 0.5, 0, 1))


def smallest(power: Callable[[float], float], wanted: float, margin: float) -> float | None:
    low, high = math.log(margin), math.log(20.0)
    if power(math.exp(high)) < wanted:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if power(math.exp(middle)) < wanted else (low, middle)
        if high - low < 1e-3:
            break
    return math.exp(high)
