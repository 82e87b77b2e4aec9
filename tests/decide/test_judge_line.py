"""The line of the canary judge, measured small: the benchmark's own worlds, with binomial tolerance (`bench.judge`)."""

import math

import numpy as np
import pytest
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
