"""The mean ratio under continuous watching: the closed form is the mixture that it claims to be, and it covers."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from liftlock.decide.judge.means import Sample, interval, log_e, prior_of

CONTROL = Sample(2000, 0.2, 0.02)


def by_integration(canary: Sample, control: Sample, ratio: float, alpha: float, best_at: float) -> float:
    """The likelihood ratio of an effect θ, averaged over a half-normal θ of variance 1/ρ."""
    variance = sum(arm.variance / (arm.n * arm.mean**2) for arm in (canary, control))
    n = canary.n * control.n / (canary.n + control.n)
    s = n * (math.log(canary.mean / control.mean) - math.log(ratio)) / math.sqrt(variance * n)
    scale = 1 / math.sqrt(prior_of(alpha, best_at))
    return integrate.quad(lambda t: stats.halfnorm.pdf(t, scale=scale) * math.exp(t * s - t * t * n / 2), 0, 1)[0]


def by_tail(canary: Sample, control: Sample) -> float:
    """The same, far below the ratio: a half-normal density is flat where e^{θS} has died out, E = 2·√(ρ/2π)/|S|."""
    variance = sum(arm.variance / (arm.n * arm.mean**2) for arm in (canary, control))
    n = canary.n * control.n / (canary.n + control.n)
    s = n * math.log(canary.mean / control.mean) / math.sqrt(variance * n)
    return 2 * math.sqrt(prior_of(0.05, 1000.0) / (2 * math.pi)) / -s


@pytest.mark.parametrize("n", [400, 1600, 10_000])
@pytest.mark.parametrize("mean", [0.18, 0.2, 0.215])
@pytest.mark.parametrize("ratio", [1.0, 1.05])
def test_the_closed_form_is_the_mixture(n, mean, ratio):
    canary = Sample(n, mean, 0.018)
    wanted = by_integration(canary, CONTROL, ratio, 0.05, 1000.0)
    assert math.exp(log_e(canary, CONTROL, ratio, 0.05)) == pytest.approx(wanted, rel=1e-6)


def test_the_interval_ends_where_the_evidence_reaches_the_threshold():
    canary = Sample(900, 0.23, 0.03)
    estimate, low, high = interval(canary, CONTROL, 0.05)
    assert estimate == pytest.approx(1.15)
    assert low < estimate < high
    assert log_e(canary, CONTROL, low, 0.05) == pytest.approx(math.log(20))
    assert log_e(CONTROL, canary, 1 / high, 0.05) == pytest.approx(math.log(20))


def test_the_bound_is_about_tightest_where_it_should_be():
    """Relative to a fixed-size test, the reach at n_opt is smaller with ρ made for it than with others."""
    arm = Sample(2000, 0.2, 0.02)  # n_e = 1000
    reach = {best: interval(arm, arm, 0.05, best)[2] for best in (200, 1000, 5000)}
    assert reach[1000] < min(reach[200], reach[5000])


@pytest.mark.parametrize("sample", [Sample(399, 0.2, 0.02), Sample(500, 0.0, 0.0)])
def test_too_little_is_no_evidence(sample):
    assert log_e(sample, CONTROL, 1, 0.05) is None
    assert interval(CONTROL, sample, 0.05) is None


def test_nothing_varies():
    constant = Sample(500, 0.2, 0.0)
    assert interval(constant, constant, 0.05) is None


def test_holds_at_a_billion_requests_and_at_any_ratio():
    huge = Sample(1e9, 2.0, 0.02)
    assert math.isfinite(log_e(huge, Sample(1e9, 0.2, 0.02), 1, 0.05))
    better = log_e(Sample(1e9, 0.2, 0.02), huge, 1, 0.05)
    assert better == pytest.approx(math.log(by_tail(Sample(1e9, 0.2, 0.02), huge)), rel=1e-6)


def test_more_of_a_regression_is_more_evidence():
    found = [log_e(Sample(900, mean, 0.02), CONTROL, 1, 0.05) for mean in (0.15, 0.2, 0.21, 0.25, 0.4)]
    assert found == sorted(found)


def test_is_rarely_wrong_however_often_one_looks():
    """300 healthy pairs of arms, 60 looks each: the lower end passes the truth in at most 5 %."""
    random = np.random.default_rng(11)
    runs, wrong = 300, 0
    sums = random.lognormal(0, 0.6, (runs, 2, 60, 100))
    n = 100.0 * np.arange(1, 61)
    first, second = sums.sum(3).cumsum(2), (sums**2).sum(3).cumsum(2)
    mean, variance = first / n, second / n - (first / n) ** 2
    for run in range(runs):
        arms = [[Sample(n[t], mean[run, arm, t], variance[run, arm, t]) for t in range(3, 60)] for arm in (0, 1)]
        wrong += any(log_e(canary, control, 1, 0.05) >= math.log(20) for canary, control in zip(*arms, strict=True))
    assert wrong <= stats.binom.ppf(0.999, runs, 0.05)
