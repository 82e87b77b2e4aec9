"""The line of the canary judge, measured small: the benchmark's own worlds, with binomial tolerance (`bench.judge`)."""

import math

import numpy as np
import pytest
from bench.judge import incumbents
from bench.judge.extra import cases
from bench.judge.extra import one as shipped
from bench.judge.line import one, promoted, rows
from bench.judge.worlds import World

ROWS = {row.name: row for row in rows()}
NULLS = [
    "false rollback, W2, one against ten",
    "false rollback, BURST",
    "… differ by 30 %",
    "false rollback, tail in W1",
]
FOUND = [
    "W2, ten against ten, +10 %",
    "W2, three against ten, +10 %",
    "W2, one against ten, +25 %",
    "errors ×2",
    "tail: 3.4 % three times slower",
]


def looks_of(name, replicates):
    row = ROWS[name]
    return [one(row.__class__(**{**row.__dict__, "peers": False}), seed)[0] for seed in range(replicates)]


@pytest.mark.parametrize("name", NULLS)
def test_a_healthy_canary_is_rarely_rolled_back(name):
    runs = 30
    failed = sum(look is not None for look in looks_of(name, runs))
    assert failed <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


@pytest.mark.parametrize("name", FOUND)
def test_a_regression_is_found_in_time(name):
    found = looks_of(name, 12)
    assert sum(look is not None for look in found) >= 11
    assert np.median([200 * (look or 999) for look in found]) <= 1.5 * ROWS[name].requests


def test_what_is_at_the_margin_is_rarely_promoted():
    world = World("ERR-m", "errors", times=2.0)
    assert sum(promoted(world, 2.0, seed)[0] is not None for seed in range(30)) <= 5


def test_cold_caches_are_no_regression():
    (cold,) = (case for case in cases() if case.name == "cold caches for 10 min, warm_up 10m")
    assert [shipped(cold, seed) for seed in range(6)] == [(None,)] * 6


# --- the incumbents -------------------------------------------------------------------------------------------

PASSING = [9.78, 10.59, 7.84, 9.32, 8.38, 8.94, 8.27, 9.75, 11.62, 9.28, 8.15, 10.56, 13.5, 11.05, 6.95, 12.52]
CONTROL = [11.15, 9.96, 7.07, 7.3, 9.79, 9.6, 6.19, 12.35, 10.37, 8.61, 9.91, 10.36, 14.21, 10.95, 10.22, 11.74]


def test_kayenta_is_classified_as_its_own_tests_have_it():
    """The figures of its ClassifierSuite, shortened: about ten against about ten, twice as high, and half."""
    twice = [2 * value for value in CONTROL]
    assert incumbents.kayenta(PASSING, CONTROL) == "Pass"
    assert incumbents.kayenta(twice, CONTROL) == "High"
    assert incumbents.kayenta(PASSING, twice) == "Low"
    assert incumbents.kayenta(CONTROL, CONTROL) == "Pass"
    assert incumbents.kayenta([], CONTROL) == "Nodata"


def test_the_shift_is_what_r_computes():
    """wilcox.test(x, y, conf.int=TRUE, exact=FALSE) is the Hodges-Lehmann shift, to the root's tolerance."""
    x, y = np.array(PASSING), np.array(CONTROL)
    low, high, estimate = incumbents.shift(x, y, 0.95)
    differences = np.sort((x[:, None] - y[None, :]).ravel())
    assert estimate == pytest.approx(np.median(differences), abs=0.05)
    assert low < estimate < high
