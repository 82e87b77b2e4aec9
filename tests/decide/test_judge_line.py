"""The line of the canary judge, measured small: the benchmark's own worlds, with binomial tolerance (`bench.judge`)."""

import math

import numpy as np
import pytest
from bench.judge.afterwards import CASES
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
    runs = 20
    failed = sum(look is not None for look in looks_of(name, runs))
    assert failed <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


@pytest.mark.parametrize("name", FOUND)
def test_a_regression_is_found_in_time(name):
    found = looks_of(name, 12)
    assert sum(look is not None for look in found) >= 11
    assert np.median([200 * (look or 999) for look in found]) <= 1.5 * ROWS[name].requests


def test_what_is_at_the_margin_is_rarely_promoted():
    world = World("ERR-m", "errors", times=2.0)
    assert sum(promoted(world, 2.0, seed)[0] is not None for seed in range(16)) <= 4


def test_cold_caches_are_no_regression():
    (cold,) = (case for case in cases() if case.name == "cold caches for 10 min, warm_up 10m")
    assert [shipped(cold, seed) for seed in range(6)] == [(None,)] * 6


def test_evidence_is_carried_over_waves_and_a_healthy_one_stays():
    """One, three, six of twenty hosts, forty looks each."""
    by_name = {case.name: case for case in cases()}
    worse, healthy = by_name["1, 3, 6 of 20 hosts: errors ×3"], by_name["1, 3, 6 of 20 hosts: healthy, W2"]
    found = [shipped(worse, seed)[0] for seed in range(8)]
    assert sum(look is not None for look in found) >= 7
    assert any(look > 40 for look in found if look is not None)  # one host alone had not told it
    assert [shipped(healthy, seed) for seed in range(4)] == [(None,)] * 4


def test_twice_the_errors_raise_the_alarm_within_the_day():
    _, twice = CASES["… twice the errors, as shipped"]
    assert all((twice(seed)[0] or 9999) < 300 for seed in range(4))
