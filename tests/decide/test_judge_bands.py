"""Bands about quantiles: as wide as the paper has them, and they hold at all looks together."""

import math

import numpy as np
import pytest

from liftlock.decide.judge.bands import dkw_halfwidth, quantile_band

BOUNDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


def histogram(values):
    return {f"{bound:g}": float((values <= bound).sum()) for bound in BOUNDS} | {"+Inf": float(len(values))}


@pytest.mark.parametrize(("n", "alpha", "expected"), [(1, 0.05, 1.0), (1000, 0.05, 0.086569), (1e9, 0.05, 9.0688e-05)])
def test_the_halfwidth_is_the_papers(n, alpha, expected):
    assert dkw_halfwidth(n, alpha) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("n", "expected"), [(10, 0.8204778770914738), (1000, 0.08580607197406036), (10**6, 0.002795762804082679)]
)
def test_the_halfwidth_is_hardly_more_than_confseqs(n, expected):
    """quantiles.empirical_process_lil_bound(n, 0.05, 1) of confseq 0.0.11, which seeks the constant."""
    assert expected <= dkw_halfwidth(n, 0.05) <= 1.011 * expected


def test_nothing_seen_is_nothing_known():
    assert dkw_halfwidth(0, 0.05) == 1.0
    assert quantile_band({}, 0.99, 0.05) == (None, 0.0, math.inf)
    assert quantile_band({"0.1": 0.0, "+Inf": 0.0}, 0.99, 0.05) == (None, 0.0, math.inf)


def test_the_estimate_lies_within_its_bucket_in_proportion():
    buckets = {"0.1": 50.0, "0.2": 90.0, "0.4": 100.0, "+Inf": 100.0}
    assert quantile_band(buckets, 0.7, 0.05)[0] == pytest.approx(0.15)
    assert quantile_band(buckets, 0.5, 0.05)[0] == pytest.approx(0.1)
    assert quantile_band({"0.1": 50.0, "+Inf": 100.0}, 0.99, 0.05)[0] is None


def test_the_band_holds_the_median_at_every_look_and_cannot_hold_a_tail():
    rng = np.random.default_rng(1)
    values = 0.1 * np.exp(0.6 * rng.normal(size=20_000))
    for n in (10, 100, 1_000, 20_000):
        _, low, high = quantile_band(histogram(values[:n]), 0.5, 0.05)
        assert low <= 0.1 <= high
    assert quantile_band(histogram(values), 0.5, 0.05)[1:] == (0.05, 0.2)
    assert quantile_band(histogram(values[:1_000]), 0.99, 0.05)[2] == math.inf
