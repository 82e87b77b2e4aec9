"""Hosts against hosts: the same as the t-tests of the textbook, and quiet where there is nothing to see."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import ttest_ind

from liftlock.decide.judge.contrast import (
    contrast,
    interval,
    is_due,
    looks_in,
    p_above,
    p_below,
    past_contrast,
)

SPREAD = st.floats(-0.5, 0.5)
ARMS = st.tuples(st.lists(SPREAD, min_size=1, max_size=12), st.lists(SPREAD, min_size=3, max_size=12))


@pytest.mark.parametrize("canaries", [5, 12])
def test_is_welchs_t_test_with_many_canaries(canaries):
    random = np.random.default_rng(3)
    canary, control = random.normal(0.05, 0.1, canaries), random.normal(0, 0.05, 10)
    wanted = stats.ttest_ind(canary, control, equal_var=False, alternative="greater")
    found = contrast(list(canary), list(control))
    assert p_above(found, 0) == pytest.approx(wanted.pvalue, rel=1e-9)
    assert found.freedom == pytest.approx(wanted.df)
    low = wanted.confidence_interval(0.95).low
    assert math.log(interval(found, 0.1)[1]) == pytest.approx(low)


@pytest.mark.parametrize(("noise", "times"), [((0.0, 0.0), 1.0), ((0.0001, 0.0004), 0.55), ((0.0016, 0.0004), 2.2)])
def test_a_few_canaries_have_the_controls_variance_corrected_for_their_traffic(noise, times):
    """`times`: as many requests more or less make the noise; what the hosts are is the same."""
    control = [0.03, 0.02, -0.02, 0.01, -0.04]
    theirs = float(np.var(control, ddof=1))
    found = contrast([0.1, 0.05], control, noise)
    hosts = max(theirs - noise[1], 0.4 * theirs)
    ours = theirs * (hosts + noise[0]) / (hosts + noise[1])
    assert found.error == pytest.approx(math.sqrt(ours / 2 + theirs / 5))
    assert found.freedom == 4
    assert ours / theirs == pytest.approx(times, rel=0.25)


def test_a_margin_is_a_difference_that_the_null_allows():
    """As statsmodels has it, which scipy has not."""
    random = np.random.default_rng(4)
    canary, control = list(random.normal(0.12, 0.06, 8)), list(random.normal(0.0, 0.04, 14))
    for margin, alternative, p in ((math.log(1.05), "larger", p_above), (math.log(1.10), "smaller", p_below)):
        _, wanted, freedom = ttest_ind(canary, control, alternative, usevar="unequal", value=margin)
        found = contrast(canary, control)
        assert p(found, margin) == pytest.approx(wanted, rel=1e-9)
        assert found.freedom == pytest.approx(freedom)


def test_one_canary_has_the_variance_of_the_controls():
    control = [0.0, 0.02, -0.02, 0.01, -0.01]
    found = contrast([0.1], control)
    assert (found.difference, found.freedom) == (pytest.approx(0.1), 4)
    assert found.error == pytest.approx(np.std(control, ddof=1) * math.sqrt(1 + 1 / 5))


def test_too_few_controls_are_no_judgement():
    assert contrast([0.1], [0.0, 0.1]) is None
    assert contrast([], [0.0, 0.1]) is None


@settings(max_examples=60)
@given(ARMS, st.randoms(use_true_random=False), st.floats(-0.2, 0.2))
def test_the_order_of_hosts_does_not_matter_and_both_directions_are_one_test(arms, random, margin):
    canary, control = arms
    found = contrast(canary, control)
    shuffled = contrast(random.sample(canary, len(canary)), random.sample(control, len(control)))
    assert shuffled.difference == pytest.approx(found.difference, abs=1e-12)
    assert shuffled.error == pytest.approx(found.error)
    assert p_above(found, margin) + p_below(found, margin) == pytest.approx(1)
    mirrored = contrast([-y for y in canary], [-y for y in control])
    assert p_below(mirrored, -margin) == pytest.approx(p_above(found, margin), rel=1e-6, abs=1e-12)


@settings(max_examples=60)
@given(ARMS, st.floats(0, 1))
def test_a_worse_canary_is_never_weaker_evidence(arms, more):
    canary, control = arms
    worse = contrast([y + more for y in canary], control)
    assert p_above(worse, 0) <= p_above(contrast(canary, control), 0) + 1e-9


@settings(max_examples=40)
@given(st.lists(SPREAD, min_size=5, max_size=8), st.lists(SPREAD, min_size=5, max_size=8))
def test_the_arms_may_change_places_where_they_are_alike(canary, control):
    size = min(len(canary), len(control))
    one, other = contrast(canary[:size], control[:size]), contrast(control[:size], canary[:size])
    assert p_above(one, 0.01) == pytest.approx(p_below(other, -0.01), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("canaries", [1, 3, 8])
def test_constant_series_that_differ_by_rounding_are_alike(canaries):
    found = contrast([math.log(1.0005)] * canaries, [0.0] * 10)
    assert p_above(found, 0) > 0.3
    assert p_above(contrast([math.log(1.1)] * canaries, [0.0] * 10), math.log(1.05)) < 0.001


def test_the_first_look_the_doubling_ones_and_the_last():
    due = [n for n in range(1, 121) if is_due(n, n == 120)]
    assert due == [1, 2, 4, 8, 16, 32, 64, 120]
    for most in (1, 2, 3, 64, 65, 120):
        assert looks_in(most) == sum(is_due(n, n == most) for n in range(1, most + 1))
    assert not is_due(0, True)


def test_the_own_past_plays_the_controls():
    random = np.random.default_rng(5)
    past = list(np.exp(random.normal(0, 0.05, 60)))
    found = past_contrast([level * 1.25 for level in past[:8]], past)
    assert found.freedom == 6  # seven blocks of eight
    assert p_above(found, 0) < 0.001
    assert past_contrast(past[:32], past).freedom == 2  # three blocks of twenty
    assert p_above(past_contrast(past[:32], past), 0) > 0.05
    assert past_contrast([], past) is None
    assert past_contrast([1.0], [1.0, 1.0]) is None
    assert past_contrast([0.0], past) is None


def test_nothing_is_found_too_often_in_hosts_that_differ_and_drift():
    """y of ten controls and three canaries at eight looks that share their past: at most 5 % in all."""
    random = np.random.default_rng(7)
    runs, alarms = 300, 0
    for _ in range(runs):
        steps = random.normal(0, 0.2, (13, 120)).cumsum(1) / np.arange(1, 121) + random.normal(0, 0.03, (13, 1))
        looks = [steps[:, n - 1] for n in range(1, 121) if is_due(n, n == 120)]
        alarms += any(p_above(contrast(list(y[:3]), list(y[3:])), 0) <= 0.05 / 8 for y in looks)
    assert alarms <= stats.binom.ppf(0.999, runs, 0.05)
