"""Kayenta as the benchmark plays it: the figures of Kayenta's own tests come out (ClassifierSuite, DetectorSuite,
MannWhitneySuite, WilcoxTests, ScorerSuite), and the shift is the one that other implementations have."""

import numpy as np
import pytest
from bench.judge.incumbents import (
    kayenta,
    kayenta_peeked,
    mann_whitney_peeked,
    outliers_in,
    percentile,
    rank_sum,
    score,
    shift,
    verdict,
)
from scipy import stats


def figures(text: str) -> list[float]:
    return [float(word) for word in text.split()]


# ClassifierSuite: thirty values about 10, thirty others, thirty about 20 on either side; to two decimals.
ABOUT_10 = figures(
    """
        9.78 10.59 7.84 9.32 8.38 8.94 8.27 9.75 11.62 9.28 8.15 10.56 13.50 11.05 6.95 12.52 9.02 4.92
        11.25 11.60 8.44 11.11 10.70 8.92 10.09 11.42 9.38 7.80 10.62 11.91
    """
)
ALSO_10 = figures(
    """
        11.15 9.96 7.07 7.30 9.79 9.60 6.19 12.35 10.37 8.61 9.91 10.36 14.21 10.95 10.22 11.74 10.91 12.82
        8.10 8.50 12.11 13.27 10.11 6.95 6.21 10.16 8.35 8.38 7.00 10.76
    """
)
ABOUT_20 = figures(
    """
        20.88 21.79 19.71 15.86 19.51 19.39 22.93 17.16 18.66 23.42 24.06 22.63 21.98 21.66 20.07 22.12
        16.44 21.56 21.00 17.78 17.81 18.54 20.56 19.55 21.77 21.81 20.96 20.98 19.11 16.98
    """
)


def classified(canary, control):
    return kayenta(canary, control, tolerance=0.10, confidence=0.95, outliers=False)


@pytest.mark.parametrize(
    ("canary", "control", "label"),
    [
        (ABOUT_10, ALSO_10, "Pass"),
        (ABOUT_20, ALSO_10, "High"),
        (ABOUT_10, ABOUT_20, "Low"),
        ([1.0, 1.0, 1.0], [1.0, 1.0], "Pass"),  # tied observations
        ([1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 4.0, 3.0, 2.0, 1.0], "Pass"),  # identical populations
        ([0.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0], "Pass"),  # a leading zero
        ([], [1.0, 2.0, 3.0, 4.0, 5.0], "Nodata"),
    ],
)
def test_a_metric_is_classified_as_in_its_own_suite(canary, control, label):
    assert classified(canary, control) == label


def test_two_constants_are_told_apart_and_a_missing_value_is_no_value():
    assert classified([2.0] * 12, [1.0] * 12) == "High"
    assert kayenta([float("nan")] * 5, [1.0, 2.0]) == "Nodata"


def test_a_shift_of_ten_to_forty_against_one_to_four():
    assert shift(np.array([10.0, 20, 30, 40]), np.array([1.0, 2, 3, 4]), 0.95) == pytest.approx((6, 39, 22.5), abs=1e-6)


# WilcoxTests: the ends of R's interval at 99 %, which R finds to 1e-4 (its roots' tolerance)
WILCOX = [
    (
        figures(
            """
        0 20.95 30.56667 31.4 32.11667 31.98333 31.18333 32.35 33.25 32.8 34.51667 33.41667 35.88333
        35.06667 33.9
    """
        ),
        figures(
            """
        0 21.9 30.28333 29.45 32.1 31.11667 33.5 32.11667 32.7 33.85 32.68333 33.51667 33.6 34.3 33.05
    """
        ),
        (-1.866663, 2.899996),
    ),
    (
        figures(
            """
        0 1.66667 3.55 3.8 3.6 3.81667 3.4 3.61667 3.53333 3.41667 3.4 3.13333 3.55 3.8 3.76667
    """
        ),
        figures(
            """
        0 2.58333 3.61667 3.78333 3.95 3.25 4.15 4.08333 4.25 3.8 3.88333 3.7 4.46667 3.6 3.71667
    """
        ),
        (-0.70007815, 0.09997816),
    ),
    (
        figures(
            """
        0 2.31667 3.5 3.33333 3.98333 3.61667 3.08333 3.56667 3.86667 3.28333 3.25 3.26667 2.86667 3.31667
        3.18333
    """
        ),
        figures(
            """
        0 2.73333 3.5 2.76667 3.26667 3.75 3.53333 3.21667 3.43333 3.83333 3.81667 3.6 3.38333 3.31667
        3.63333
    """
        ),
        (-0.5166050, 0.3832704),
    ),
    (
        figures(
            """
        0 1.9 2.78333 2.48333 2.71667 3.26667 3.3 2.45 2.58333 2.9 3.03333 2.06667 2.43333 3 2.61667
    """
        ),
        figures(
            """
        0 1.68333 2.76667 2.5 2.88333 2.56667 2.85 2.85 2.48333 2.71667 2.91667 2.73333 2.78333 2.96667 2.55
    """
        ),
        (-0.4166138, 0.4499399),
    ),
]


@pytest.mark.parametrize(("canary", "control", "ends"), WILCOX)
def test_the_interval_of_the_shift_is_that_of_r(canary, control, ends):
    low, high, estimate = shift(np.array(canary, float), np.array(control, float), 0.99)
    assert (low, high) == pytest.approx(ends, abs=2e-4)
    assert low < estimate < high


def test_rank_sums_are_those_of_scipy():
    rng = np.random.default_rng(4)
    for x, y in ((rng.normal(size=30), rng.normal(size=25)), (rng.poisson(2, 40) * 1.0, rng.poisson(1, 40) * 1.0)):
        apart, sigma = rank_sum(x, np.sort(y), 0.0)
        p = stats.mannwhitneyu(x, y, alternative="greater", method="asymptotic").pvalue
        assert stats.norm.sf((apart - 0.5) / sigma) == pytest.approx(p, rel=1e-9)


def test_peeked_means_the_first_look_that_fires():
    worse, same, control = np.array(ABOUT_20), np.array(ABOUT_10), np.array(ALSO_10)
    assert mann_whitney_peeked(worse, control, 0.05) == 4
    assert kayenta_peeked(worse, control) == 5
    assert kayenta_peeked(same, control) is None


# --- outliers -------------------------------------------------------------------------------------------------

NIST = figures(
    """
        30 171 184 201 212 250 265 270 272 289 305 306 322 322 336 346 351 370 390 404 409 411 436 437 439
        441 444 448 451 453 470 480 482 487 494 495 499 503 514 521 522 527 548 550 559 560 570 572 574 578
        585 592 592 607 616 618 621 629 637 638 640 656 668 707 709 719 737 739 752 758 766 792 792 794 802
        818 830 832 843 858 860 869 918 925 953 991 1000 1005 1068 1441
    """
)


@pytest.mark.parametrize(
    ("values", "factor", "wide", "outliers"),
    [
        ([21, 23, 24, 25, 50, 29, 23, 21], 1.5, False, [50]),
        ([1, 1, 1, 5, -1, -1, -1, -5], 1.5, False, [5, -5]),
        ([1, 1, 1, 1, 1, 20, 1, 1, 1, 1, 1], 3.0, True, []),
        ([], 1.5, False, []),
        (NIST, 1.5, False, [1441]),
    ],
)
def test_outliers_are_those_of_its_own_suite(values, factor, wide, outliers):
    each = np.array(values, float)
    assert each[outliers_in(each, factor, wide=wide)].tolist() == outliers


def test_percentiles_stand_at_n_plus_one():
    each = np.sort(np.random.default_rng(2).normal(size=37))
    for at in (1, 25, 50, 75, 99):
        assert percentile(each, at) == pytest.approx(np.percentile(each, at, method="weibull"))


# --- the score ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metrics", "weights", "points", "word"),
    [
        ([("a", "Pass")], {}, 100.0, "Pass"),
        ([("a", "High")], {}, 0.0, "Fail"),
        ([("a", "Pass"), ("a", "High")], {}, 50.0, "Fail"),
        ([("a", "Pass"), ("a", "High"), ("a", "Low")], {}, 33.33, "Fail"),
        ([("a", "Pass"), ("a", "Pass"), ("b", "High")], {"a": 75.0, "b": 25.0}, 75.0, "Marginal"),
        ([("a", "Pass"), ("a", "High"), ("b", "High")], {"a": 50.0, "b": 50.0}, 25.0, "Fail"),
        ([("a", "Nodata")], {}, 0.0, "Fail"),
        ([("a", "Nodata"), ("b", "Pass"), ("b", "Pass")], {"a": 50.0, "b": 50.0}, 100.0, "Pass"),  # half of it unseen
    ],
)
def test_scores_are_those_of_its_own_suite(metrics, weights, points, word):
    assert score(metrics, weights) == pytest.approx(points)
    assert verdict(points) == word
