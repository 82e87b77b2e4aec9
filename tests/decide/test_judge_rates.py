"""Evidence on rates: exact where it can be computed otherwise, honest under the null, growing with the regression."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from liftlock.decide.judge import rates
from liftlock.model.canary import Offset, RateState

CERTAIN = Offset()
# ln of the posterior odds of savvi 0.3.1 (Multinomial, k=100): counts of both arms look by look, theta_0 = (ρ, 1-ρ).
SAVVI = [
    (0.5, [(20, 12), (31, 18)], 0.9299992274500434),
    (0.25, [(9, 11), (14, 20), (3, 1)], 1.8016130915448674),
    (0.125, [(0, 5), (7, 31), (12, 60)], -0.019513569678292663),
]
# boundaries.beta_binomial_log_mixture(k - ρn, ρ(1-ρ)n, v_opt, ρ, 1-ρ, 0.05, False) of confseq 0.0.11, with v_opt:
# two-sided, a mixture over Beta(r/(1-ρ), r/ρ), where r = v_opt / (L + ln(1+L)) - ρ(1-ρ), L = 2 ln(1/0.05).
CONFSEQ = [
    (0.5, 10, [(20, 12), (31, 18)], 1.0698636015482008),
    (0.25, 10, [(9, 11), (14, 20), (3, 1)], 3.519096746464571),
    (0.125, 20, [(0, 5), (7, 31), (12, 60)], -0.37516730718399316),
]


def state_of(intervals):
    """(canary's events, controls' events, share expected of the canary) an interval."""
    state = RateState()
    for canary, control, share in intervals:
        state = rates.add(state, canary, control, share)
    return state


def spelled_out(intervals, ratio, grid, variance=0.0):
    """The formula as it is written, with binomial probabilities and a brute-force integral over the offset."""
    offsets = np.linspace(-8, 8, 2001) * math.sqrt(variance) if variance else np.zeros(1)
    weights = stats.norm.pdf(offsets, scale=math.sqrt(variance)) if variance else np.ones(1)

    def logs(theta):
        total = np.zeros_like(offsets)
        for canary, control, share in intervals:
            odds = share / (1 - share) * np.exp(theta + offsets)
            total += stats.binom.logpmf(canary, canary + control, odds / (1 + odds))
        return special.logsumexp(total, b=weights)

    null = logs(math.log(ratio))
    return special.logsumexp([logs(math.log(ratio * times)) - null for times, _ in grid], b=[w for _, w in grid])


# --- values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", [rates.UP, rates.DOWN])
def test_a_grids_weights_are_one_in_all(grid):
    assert sum(weight for _, weight in grid) == pytest.approx(1)


@pytest.mark.parametrize("variance", [0.0, 0.004, 0.05])
@pytest.mark.parametrize(("ratio", "grid"), [(1.0, rates.UP), (1.25, rates.UP), (2.0, rates.DOWN)])
@pytest.mark.parametrize(
    "intervals",
    [
        [(3, 1, 0.5)],
        [(0, 0, 0.3), (0, 7, 0.1)],
        [(12, 40, 0.2), (9, 10, 0.45), (30, 31, 0.5)],
        [(150, 900, 0.1), (160, 400, 0.3)],
    ],
)
def test_evidence_is_the_formula_spelled_out(intervals, ratio, grid, variance):
    found = rates.log_e(state_of(intervals), Offset(variance=variance), ratio, grid)
    assert found == pytest.approx(spelled_out(intervals, ratio, grid, variance), abs=1e-6)


@pytest.mark.parametrize(("ratio", "grid", "share"), [(1.0, rates.UP, 1 / 11), (2.0, rates.DOWN, 10 / 11)])
@pytest.mark.parametrize("events", [20, 2_000, 200_000])
def test_what_is_far_from_what_was_expected_is_integrated_about_its_own_mode(events, ratio, grid, share):
    """Ten times the rate, or a tenth: from there Newton's full step does not lead back."""
    intervals = [(events // 2, events // 2, share)]
    found = rates.log_e(state_of(intervals), Offset(variance=0.3), ratio, grid)
    assert found == pytest.approx(spelled_out(intervals, ratio, grid, 0.3), abs=1e-3)


def beta_mixture(share, looks, a, b):
    """Our evidence with a Beta prior as a fine grid, and its closed form."""
    prior = stats.beta(a, b)
    points = np.linspace(prior.ppf(1e-9), prior.ppf(1 - 1e-9), 2001)
    weights = prior.pdf(points) / prior.pdf(points).sum()
    ratios = points / (1 - points) * (1 - share) / share
    state = state_of([(canary, control, share) for canary, control in looks])
    grid = list(zip(ratios.tolist(), weights.tolist(), strict=True))
    closed = special.betaln(a + state.canary, b + state.control) - special.betaln(a, b)
    closed -= state.canary * math.log(share) + state.control * math.log(1 - share)
    return rates.log_e(state, CERTAIN, 1.0, grid), closed


@pytest.mark.parametrize(("share", "looks", "expected"), SAVVI)
def test_with_a_dirichlet_prior_it_is_what_savvi_computes(share, looks, expected):
    ours, closed = beta_mixture(share, looks, 100 * share, 100 * (1 - share))
    assert ours == pytest.approx(expected, abs=1e-6)
    assert closed == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("share", "best_at", "looks", "expected"), CONFSEQ)
def test_with_a_beta_prior_it_is_what_confseq_computes(share, best_at, looks, expected):
    wide = 2 * math.log(1 / 0.05)
    r = best_at / (wide + math.log(1 + wide)) - share * (1 - share)
    ours, closed = beta_mixture(share, looks, r / (1 - share), r / share)
    assert ours == pytest.approx(expected, abs=0.01)
    assert closed == pytest.approx(expected, abs=1e-9)


def test_no_count_is_no_evidence():
    assert rates.log_e(RateState(), CERTAIN, 1.0, rates.UP) == 0.0
    empty = state_of([(0, 0, 0.4)] * 5)
    assert rates.log_e(empty, Offset(variance=0.02), 1.0, rates.UP) == pytest.approx(0.0, abs=1e-9)
    assert rates.interval(empty, CERTAIN, 0.05) == (None, 0.0, math.inf)


def test_a_billion_requests_overflow_nothing():
    state = state_of([(3e7, 1e7, 0.5)] * 25)
    for variance in (0.0, 0.01):
        found = rates.log_e(state, Offset(variance=variance), 1.0, rates.UP)
        assert math.isfinite(found)
        assert found > 30
    estimate, low, high = rates.interval(state, CERTAIN, 0.05)
    assert estimate == pytest.approx(3.0, rel=1e-4)
    assert 2.99 < low < 3.0 < high < 3.01


def test_a_canary_alone_is_compared_with_what_was_expected_of_it():
    """The limit of many controls: Poisson."""
    alone = rates.add_alone(RateState(), 30.0, 20.0)
    beside = rates.add(RateState(), 30.0, 20e6 - 30.0, 1e-6)
    for variance in (0.0, 0.01):
        offset = Offset(variance=variance)
        expected = rates.log_e(beside, offset, 1.0, rates.UP)
        assert rates.log_e(alone, offset, 1.0, rates.UP) == pytest.approx(expected, abs=1e-3)


def test_what_is_unknown_of_the_hosts_can_never_be_told_from_a_small_regression():
    """However long one looks: a ratio within the offset's noise is no evidence."""
    state = state_of([(1400, 10_000, 1 / 11)] * 1000)
    assert rates.log_e(state, CERTAIN, 1.0, rates.UP) > 1000
    assert rates.log_e(state, Offset(variance=0.09), 1.0, rates.UP) < 1


@pytest.mark.parametrize(
    ("canary", "control", "share"), [(40, 10, 0.5), (30, 100, 1 / 11), (40, 0, 0.5), (2e4, 1e4, 0.5)]
)
def test_the_interval_is_every_ratio_that_a_mixture_does_not_refute(canary, control, share):
    """By brute force; and an offset only widens it."""
    theta = np.linspace(-4.5, 4.5, 90_001)
    logs = canary * theta - (canary + control) * np.log1p(share * np.expm1(theta))
    least = special.logsumexp(logs, b=stats.cauchy.pdf(theta, scale=0.5) * (theta[1] - theta[0])) + math.log(0.05)
    kept = theta[logs >= least]
    state = state_of([(canary, control, share)])
    _, low, high = rates.interval(state, CERTAIN, 0.05)
    assert math.log(low) == pytest.approx(kept[0], abs=0.01)
    assert high == math.inf if kept[-1] == 4.5 else math.log(high) == pytest.approx(kept[-1], abs=0.01)
    _, lower, higher = rates.interval(state, Offset(variance=0.02), 0.05)
    assert lower < low
    assert higher > high or high == math.inf


def test_with_an_offset_the_interval_is_near_that_of_the_exact_integral():
    for canary, control, share, variance in ((40, 10, 0.5, 0.04), (30, 100, 1 / 11, 0.1), (9, 3, 0.4, 0.05)):
        theta = np.linspace(-4.5, 4.5, 3001)
        state = state_of([(canary, control, share)])
        logs = rates.log_marginal(state, Offset(variance=variance), theta)
        least = special.logsumexp(logs, b=stats.cauchy.pdf(theta, scale=0.5) * (theta[1] - theta[0])) + math.log(0.05)
        kept = theta[logs >= least]
        _, low, high = rates.interval(state, Offset(variance=variance), 0.05)
        assert math.log(low) == pytest.approx(kept[0], abs=0.05)
        assert math.log(high) == pytest.approx(kept[-1], abs=0.05)


def test_an_interval_has_no_end_where_one_arm_has_no_event():
    assert rates.interval(state_of([(0, 50, 0.5)]), CERTAIN, 0.05)[:2] == (0.0, 0.0)
    assert rates.interval(state_of([(0, 50, 0.5)]), CERTAIN, 0.05)[2] < 0.25
    estimate, low, high = rates.interval(state_of([(1e6, 0, 0.5)]), CERTAIN, 0.05)
    assert (estimate, high) == (math.inf, math.inf)
    assert low > 50
    assert rates.interval(state_of([(0, 1e9, 0.5)]), Offset(variance=1.0), 0.05)[0] == 0.0


# --- properties -------------------------------------------------------------------------------------------

counts = st.integers(0, 200)
shares = st.floats(0.02, 0.98)
interval_lists = st.lists(st.tuples(counts, counts, shares), min_size=1, max_size=6)


@settings(max_examples=40)
@given(interval_lists, st.randoms(use_true_random=False), st.sampled_from([0.0, 0.02]))
def test_order_does_not_matter(intervals, random, variance):
    other = list(intervals)
    random.shuffle(other)
    one, two = (rates.log_e(state_of(each), Offset(variance=variance), 1.0, rates.UP) for each in (intervals, other))
    assert one == pytest.approx(two, abs=1e-6)


@settings(max_examples=40)
@given(interval_lists, shares)
def test_intervals_with_the_same_traffic_may_be_merged(intervals, share):
    same = [(canary, control, share) for canary, control, _ in intervals]
    merged = [(sum(c for c, _, _ in same), sum(c for _, c, _ in same), share)]
    one, two = (rates.log_e(state_of(each), CERTAIN, 1.25, rates.UP) for each in (same, merged))
    assert one == pytest.approx(two, abs=1e-6)


@settings(max_examples=40)
@given(interval_lists, st.integers(1, 50), st.sampled_from([0.0, 0.02]))
def test_more_events_at_the_canary_are_more_evidence_against_it_and_less_for_it(intervals, more, variance):
    (canary, control, share), *rest = intervals
    worse = [(canary + more, control, share), *rest]
    for grid, sign in ((rates.UP, 1), (rates.DOWN, -1)):
        before, after = (
            rates.log_e(state_of(each), Offset(variance=variance), 1.0, grid) for each in (intervals, worse)
        )
        assert sign * (after - before) > -1e-9


def test_it_is_a_supermartingale_under_the_null():
    """Looked at after every interval, traffic ramping: the mean stays at one, and few ever pass 1/α; the shown interval
    holds the truth at all looks together."""
    rng = np.random.default_rng(5)
    crossed, missed, last = 0, 0, []
    for _ in range(400):
        state, peak, held = RateState(), -math.inf, True
        for look in range(20):
            share = 0.1 + 0.02 * look
            both = rng.poisson(2.0 + look)
            canary = rng.binomial(both, share)
            state = rates.add(state, float(canary), float(both - canary), share)
            peak = max(peak, rates.log_e(state, CERTAIN, 1.0, rates.UP))
            _, low, high = rates.interval(state, CERTAIN, 0.05)
            held = held and low <= 1 <= high
        crossed += peak >= math.log(20)
        missed += not held
        last.append(math.exp(rates.log_e(state, CERTAIN, 1.0, rates.UP)))
    assert missed <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)
    assert crossed <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)
    assert np.mean(last) <= 1 + 4 * np.std(last) / 20
