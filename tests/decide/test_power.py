"""Power before the fact agrees with what the judge then does, in simulation."""

import math

import numpy as np
import pytest

from liftlock.decide.judge import contrast, power, rates
from liftlock.decide.judge.power import Arms, mean_power, rate_power
from liftlock.model.canary import Offset, RateState

ONE_TO_TEN = Arms(1, 10, 7200.0, 3600.0)


def test_a_drift_averages_out_as_simulated() -> None:
    rng = np.random.default_rng(7)
    noise, level = rng.normal(size=(4000, 120)), rng.normal(size=4000)
    means = np.zeros(4000)
    for at in range(120):
        level = 0.9 * level + math.sqrt(1 - 0.81) * noise[:, at]
        means += power.DRIFT * level / 120
    assert power.drift_variance(7200.0) == pytest.approx(means.var(), rel=0.08)


@pytest.mark.parametrize(
    ("arms", "ratio"),
    [(ONE_TO_TEN, 1.12), (ONE_TO_TEN, 1.2), (Arms(3, 10, 7200.0, 3600.0), 1.1), (Arms(10, 10, 3600.0, 3600.0), 1.08)],
)
def test_power_of_means_is_what_the_contrast_does(arms: Arms, ratio: float) -> None:
    rng, alpha, found = np.random.default_rng(3), 0.05 / 8, 0
    spread = math.sqrt(power.host_variance(arms))
    for _ in range(1500):
        canary = rng.normal(math.log(ratio), spread, arms.canaries)
        seen = contrast.contrast(list(canary), list(rng.normal(0.0, spread, arms.controls)))
        assert seen is not None
        found += contrast.p_above(seen, math.log(1.05)) <= alpha
    assert mean_power(arms, ratio, 1.05, alpha) == pytest.approx(found / 1500, abs=0.05)


@pytest.mark.parametrize(("events", "share", "ratio"), [(240.0, 0.5, 2.0), (400.0, 1 / 11, 2.0), (240.0, 0.5, 1.5)])
def test_power_of_counts_is_what_the_e_process_does(events: float, share: float, ratio: float) -> None:
    """The e-process may also cross before the time is over: it is a little better than was promised."""
    rng, found = np.random.default_rng(5), 0
    for _ in range(250):
        state = RateState()
        for canary, control in zip(
            rng.poisson(events * share * ratio / 12, 12), rng.poisson(events * (1 - share) / 12, 12), strict=True
        ):
            state = rates.add(state, float(canary), float(control), share)
            if rates.log_e(state, Offset(), 1.0, rates.UP) >= math.log(20):
                found += 1
                break
    promised = rate_power(events, share, ratio, 1.0, 0.05)
    assert found / 250 - 0.2 <= promised <= found / 250 + 0.06


def test_more_of_everything_sees_more() -> None:
    figures = [
        mean_power(Arms(1, 10, 3600.0, 3600.0, 0.1), 1.15, 1.05, 0.01),
        mean_power(Arms(1, 10, 3600.0, 3600.0, 1.0), 1.15, 1.05, 0.01),
        mean_power(Arms(1, 10, 7200.0, 3600.0, 1.0), 1.15, 1.05, 0.01),
        mean_power(Arms(1, 40, 7200.0, 3600.0, 1.0), 1.15, 1.05, 0.01),
        mean_power(Arms(4, 40, 7200.0, 3600.0, 1.0), 1.15, 1.05, 0.01),
        mean_power(Arms(4, 40, 7200.0, 3600.0, 1.0), 1.20, 1.05, 0.01),
    ]
    assert figures == sorted(figures)
    assert figures[0] < 0.3 < 0.9 < figures[-1]


def test_the_smallest_is_found_with_four_in_five() -> None:
    smallest = power.smallest_mean(ONE_TO_TEN, 1.05, 0.005)
    assert smallest is not None
    assert mean_power(ONE_TO_TEN, smallest, 1.05, 0.005) == pytest.approx(0.8, abs=1e-6)
    assert power.smallest_mean(Arms(1, 3, 600.0, 3600.0, 0.0001), 1.05, 1e-5) is None
    needed = power.events_needed(0.5, 2.0, 1.25, 0.05)
    assert needed is not None
    assert rate_power(needed, 0.5, 2.0, 1.25, 0.05) == pytest.approx(0.8, abs=1e-6)
    assert power.events_needed(0.5, 1.0, 1.25, 0.05) is None


def test_looks_before_the_last_only_add_to_what_was_promised() -> None:
    """Hosts that drift as supposed, one against ten, looked at whenever it is due for two hours."""
    rng, found, looks = np.random.default_rng(11), 0, 120
    arms, alpha = Arms(1, 10, 7200.0, 3600.0), 0.025 / contrast.looks_in(120)
    for _ in range(200):
        drift, state = np.empty((180, 11)), rng.normal(size=11)
        for at, noise in enumerate(rng.normal(size=(180, 11)) * math.sqrt(1 - 0.81)):
            state = 0.9 * state + noise
            drift[at] = np.exp(power.DRIFT * state)
        drift[60:, 0] *= 1.15
        for after in (at for at in range(1, looks + 1) if contrast.is_due(at, at == looks)):
            gains = np.log(drift[60 : 60 + after].mean(axis=0) / drift[:60].mean(axis=0))
            seen = contrast.contrast([float(gains[0])], [float(each) for each in gains[1:]])
            if seen is not None and contrast.p_above(seen, math.log(1.05)) <= alpha:
                found += 1
                break
    promised = mean_power(arms, 1.15, 1.05, alpha)
    assert promised - 0.05 <= found / 200 <= promised + 0.25
