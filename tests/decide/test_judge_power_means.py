"""Power before the fact is what simulation finds, within a few points."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.judge.contrast import contrast, is_due, p_above
from liftlock.decide.judge.power_means import (
    Setting,
    contrast_power,
    smallest_contrast,
)

LOOKS = [n for n in range(1, 121) if is_due(n, n == 120)]
RUNS = 400


def hosts(random: np.random.Generator, setting: Setting, ratio: float) -> np.ndarray:
    """y of every host at the looks, simulated interval by interval: (run, host, look)."""
    count, whole = setting.canaries + setting.controls, setting.before + setting.intervals
    noise = setting.noise
    drift = np.empty((RUNS, count, whole))
    drift[..., 0] = random.normal(0, noise.drift, (RUNS, count))
    fresh = random.normal(0, noise.drift * math.sqrt(1 - noise.memory**2), drift.shape)
    for at in range(1, whole):
        drift[..., at] = noise.memory * drift[..., at - 1] + fresh[..., at]
    rates = np.where(np.arange(count) < setting.canaries, setting.canary_rate, setting.control_rate)[:, None]
    requests = noise.spread / np.sqrt(rates * setting.interval_s)
    figures = np.exp(drift) * (1 + random.normal(0, 1, drift.shape) * requests)
    figures[:, : setting.canaries, setting.before :] *= ratio
    own = np.log(figures[..., : setting.before].mean(2))
    means = figures[..., setting.before :].cumsum(2) / np.arange(1, setting.intervals + 1)
    return np.log(means[..., [n - 1 for n in LOOKS]]) - own[..., None]


def found(setting: Setting, ratio: float, seed: int) -> float:
    y = hosts(np.random.default_rng(seed), setting, ratio)
    at, c, margin = setting.alpha / len(LOOKS), setting.canaries, math.log(setting.margin)
    hits = 0
    for run in y:
        contrasts = [contrast(list(run[:c, look]), list(run[c:, look])) for look in range(len(LOOKS))]
        hits += any(p_above(one, margin) <= at for one in contrasts)
    return hits / RUNS


@pytest.mark.parametrize(
    ("setting", "ratio"),
    [
        (Setting(1, 10, 3, 3, 120), 1.08),
        (Setting(1, 10, 3, 3, 120, margin=1.05), 1.15),
        (Setting(3, 10, 1, 1, 120), 1.05),
        (Setting(10, 10, 0.33, 0.33, 120), 1.05),
        (Setting(1, 3, 2, 1, 120), 1.15),
    ],
)
def test_the_contrast_finds_what_was_said_before(setting, ratio):
    said = contrast_power(setting, ratio)
    tolerance = 0.05 + 3 * math.sqrt(said * (1 - said) / RUNS)
    assert found(setting, ratio, 13) == pytest.approx(said, abs=tolerance)
    assert 0.2 < said < 0.98


def test_false_rollbacks_stay_within_the_budget():
    assert contrast_power(Setting(10, 10, 1, 1, 120), 1.0) <= 0.05
    assert found(Setting(3, 10, 1, 1, 120), 1.0, 17) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12), st.integers(3, 20), st.floats(0.01, 5), st.floats(1, 1.5), st.floats(0, 0.3))
def test_more_is_found_more_often(canaries, controls, rate, ratio, more):
    setting = Setting(canaries, controls, rate, rate, 60)
    assert contrast_power(setting, ratio + more) >= contrast_power(setting, ratio) - 1e-6


def test_the_smallest_effect_is_found_with_the_chance_wanted():
    setting = Setting(1, 10, 3, 3, 120, margin=1.05)
    assert contrast_power(setting, smallest_contrast(setting)) == pytest.approx(0.8, abs=0.02)


def test_nothing_to_compare_finds_nothing():
    assert contrast_power(Setting(1, 1, 1, 1, 120), 2) == 0
    assert contrast_power(Setting(0, 9, 1, 1, 120), 2) == 0
