"""Power of counts before the fact agrees with what the judge then does, in simulation."""

import math

import numpy as np
import pytest

from liftlock.decide.judge import rates
from liftlock.decide.judge.power_rates import events_needed, rate_power
from liftlock.model.canary import Offset, RateState


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


def test_so_many_events_find_it_with_four_in_five() -> None:
    needed = events_needed(0.5, 2.0, 1.25, 0.05)
    assert needed is not None
    assert rate_power(needed, 0.5, 2.0, 1.25, 0.05) == pytest.approx(0.8, abs=1e-6)
    assert events_needed(0.5, 1.0, 1.25, 0.05) is None
