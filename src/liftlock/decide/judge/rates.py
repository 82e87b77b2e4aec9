"""Evidence on the ratio of two rates, as an e-process: it may be looked at at any time (Lindon & Malek, NeurIPS 2022).

Given an interval's events, the canary's are binomial with the share ρe^θ/(1−ρ+ρe^θ), where e^θ is the ratio of the
rates and ρ the share that is expected of the canary. The log-likelihood is K·θ − Σ k·ln(1−ρ+ρe^θ); the sum is kept at
Chebyshev nodes of θ, so that the state stays small however traffic ramps.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from liftlock.model.canary import Offset, RateState

Grid = Sequence[tuple[float, float]]
UP: Grid = tuple((ratio, 1 / 6) for ratio in (1.25, 1.5, 2.0, 3.0, 5.0, 10.0))
DOWN: Grid = tuple((ratio, 0.2) for ratio in (0.8, 0.65, 0.5, 0.35, 0.2))

NODES = 41
ANGLES = (2 * np.arange(NODES) + 1) / (2 * NODES) * math.pi
THETA = 4.5 * np.cos(ANGLES)
WEIGHTS = (-1.0) ** np.arange(NODES) * np.sin(ANGLES)
SPREAD = np.linspace(-4.0, 4.0, 41)


def add(state: RateState, canary: float, control: float, share: float) -> RateState:
    """One interval's events, and the canary's share of those that were expected without a change."""
    grown = nodes(state) + (canary + control) * np.log(1 - share + share * np.exp(THETA))
    return moved(state, canary, control, grown)


def add_alone(state: RateState, events: float, expected: float) -> RateState:
    """One interval's events of the canary, and how many were expected of it without a change."""
    return moved(state, events, 0.0, nodes(state) + expected * np.expm1(THETA))


def moved(state: RateState, canary: float, control: float, grown: NDArray[np.float64]) -> RateState:
    kept = tuple(float(value) for value in grown)
    return replace(state, canary=state.canary + canary, control=state.control + control, partition=kept)


def nodes(state: RateState) -> NDArray[np.float64]:
    return np.array(state.partition) if state.partition else np.zeros(NODES)


def log_likelihood(state: RateState, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """At any θ, by barycentric interpolation."""
    apart = theta[:, None] - THETA[None, :]
    apart[apart == 0] = 1e-300
    parts = WEIGHTS / apart
    whole: NDArray[np.float64] = state.canary * theta - (parts @ nodes(state)) / parts.sum(axis=1)
    return whole


def log_marginal(state: RateState, offset: Offset, theta: float) -> float:
    """ln of the likelihood, averaged over what the hosts' own rates may be off by."""
    spread = SPREAD if offset.variance > 0 else np.zeros(1)
    at = theta + offset.mean + spread * math.sqrt(offset.variance)
    terms = log_likelihood(state, at) - spread**2 / 2
    top = float(terms.max())
    return top + math.log(float(np.exp(terms - top).sum()))


def log_e(state: RateState, offset: Offset, ratio: float, grid: Grid) -> float:
    """ln E against H0: the true ratio is at most `ratio` (with UP), or at least (with DOWN)."""
    null = log_marginal(state, offset, math.log(ratio))
    terms = [math.log(weight) + log_marginal(state, offset, math.log(ratio * times)) - null for times, weight in grid]
    top = max(terms)
    return top + math.log(sum(math.exp(term - top) for term in terms))


def interval(state: RateState, offset: Offset, alpha: float) -> tuple[float | None, float, float]:
    """(estimate, low, high) of the ratio: those that the two-sided e-process does not refute."""
    grid = np.linspace(-4.0, 4.0, 161)
    likelihood = log_likelihood(state, grid)
    best = float(grid[int(likelihood.argmax())])
    kept = [
        theta
        for theta in grid
        if max(log_e(state, offset, math.exp(theta), UP), log_e(state, offset, math.exp(theta), DOWN))
        < math.log(2 / alpha)
    ]
    if not state.canary + state.control or not kept:
        return None, 0.0, math.inf
    low = 0.0 if kept[0] == grid[0] else math.exp(kept[0])
    return math.exp(best), low, math.inf if kept[-1] == grid[-1] else math.exp(kept[-1])
