"""What is measured before the upgrade: bursts, differences between hosts, and what stays unknown of both."""

import math

import numpy as np
import pytest

from liftlock.decide.judge import offsets, rates, watch
from liftlock.model.canary import Offset, RateBaseline, RateState

HOSTS = [f"h{n:02d}" for n in range(20)]


def poisson(rng, means, intervals=60):
    events = {host: rng.poisson(mean, intervals).tolist() for host, mean in means.items()}
    return events, {host: [100.0] * intervals for host in means}


def bursts(rng, mean, intervals=60, hosts=HOSTS):
    """Geometric bursts of mean 3: variance over mean is 5."""
    events = {host: [int(rng.geometric(1 / 3, n).sum()) for n in rng.poisson(mean / 3, intervals)] for host in hosts}
    return events, {host: [100.0] * intervals for host in hosts}


def test_clean_counts_have_no_dispersion_and_equal_hosts_no_difference():
    found = [
        offsets.rate_baseline(*poisson(np.random.default_rng(seed), dict.fromkeys(HOSTS, 2.0))) for seed in range(20)
    ]
    assert sum(base.dispersion == 1.0 for base in found) >= 17
    assert max(base.dispersion for base in found) < 1.4
    assert np.median([base.between for base in found]) < 0.002
    assert all(abs(base.common - 0.02) < 0.002 for base in found)


def test_bursts_are_seen_even_where_errors_are_rare():
    found = [offsets.rate_baseline(*bursts(np.random.default_rng(seed), 0.1)).dispersion for seed in range(40)]
    assert 4.0 < np.median(found) < 6.5
    assert min(found) > 2.0


def test_slow_waves_of_a_host_count_as_dispersion():
    """Five quiet minutes, five busy ones: neighbours are alike, blocks are not."""
    rng = np.random.default_rng(2)
    events = {h: rng.poisson([4.0 if t // 5 % 2 else 1.0 for t in range(60)]).tolist() for h in HOSTS}
    found = offsets.rate_baseline(events, {host: [100.0] * 60 for host in HOSTS})
    assert found.dispersion > 2.5


def test_hosts_that_differ_keep_their_own_rate_as_far_as_chance_does_not_explain_it():
    rng = np.random.default_rng(4)
    true = {host: float(np.exp(0.5 * rng.normal())) for host in HOSTS}
    base = offsets.rate_baseline(*poisson(rng, true))
    assert 0.1 < base.between < 0.6
    for host in HOSTS:
        seen = base.own[host] * 100
        assert abs(math.log(seen / true[host])) < 4 * math.sqrt(base.variance[host])
        assert 0 < base.variance[host] < 1 / 20


def test_the_share_that_is_expected_follows_traffic_and_own_rates():
    base = RateBaseline(0.01, {"a": 0.01, "b": 0.03}, {"a": 0.02, "b": 0.02})
    assert offsets.expected_share(base, {"a": 300.0}, {"b": 100.0}) == pytest.approx(0.5)
    assert offsets.expected_share(base, {"new": 100.0}, {"a": 300.0}) == pytest.approx(0.25)
    assert offsets.expected_share(RateBaseline(), {"a": 100.0}, {"b": 300.0}) == pytest.approx(0.25)


def test_many_hosts_leave_less_unknown_than_one():
    base = RateBaseline(0.01, dict.fromkeys(HOSTS, 0.01), dict.fromkeys(HOSTS, 0.04), between=0.05)
    exposure = dict.fromkeys(HOSTS, 100.0)
    one = offsets.offset_of(base, HOSTS[:1], HOSTS[1:11], exposure).variance
    ten = offsets.offset_of(base, HOSTS[:10], HOSTS[10:], exposure).variance
    assert one == pytest.approx(0.04 + 0.004)
    assert ten == pytest.approx(0.008)
    assert offsets.offset_of(base, ["new"], HOSTS[1:11], exposure | {"new": 100.0}).variance == pytest.approx(0.054)


def test_without_any_request_there_is_a_baseline_of_nothing():
    base = offsets.rate_baseline({"a": [0, 0]}, {"a": [0, 0]})
    assert (base.common, base.dispersion, base.between) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("spread", [0.0, 0.2, 0.3])
def test_one_canary_among_hosts_that_differ_is_rarely_rolled_back_without_cause(spread):
    """An hour before, two hours of looks, one error a minute a host; without offsets 13 to 21 % of these fail."""
    rng, runs, failed = np.random.default_rng(int(spread * 10)), 60, 0
    for _ in range(runs):
        true = {host: float(np.exp(spread * rng.normal())) for host in HOSTS[:11]}
        base = offsets.rate_baseline(*poisson(rng, true))
        exposure = dict.fromkeys(true, 100.0)
        ours, theirs = {HOSTS[0]: 100.0}, dict.fromkeys(HOSTS[1:11], 100.0)
        share = offsets.expected_share(base, ours, theirs)
        offset = offsets.offset_of(base, ours, theirs, exposure)
        state, peak = RateState(), 0.0
        for _ in range(24):  # five minutes a look
            control = rng.poisson(5 * sum(true[host] for host in theirs))
            state = rates.add(state, float(rng.poisson(5 * true[HOSTS[0]])), float(control), share)
            peak = max(peak, rates.log_e(state, Offset(variance=offset.variance), 1.0, rates.UP))
        failed += peak >= math.log(20)
    assert failed <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


# --- the watch after promotion ------------------------------------------------------------------------------


def watched(rng, rate, looks, of=200.0):
    """(the look of the alarm or None, the highest evidence)."""
    log_m, at = (), watch.threshold(looks, 0.05)
    for look in range(1, looks + 1):
        log_m = watch.alarm(log_m, float(rng.poisson(rate * of)), of, 0.01, 1.0)
        if watch.log_evidence(log_m) >= math.log(at):
            return look
    return None


def test_a_days_watch_rarely_raises_a_false_alarm_and_finds_twice_the_rate_within_the_hour():
    rng = np.random.default_rng(8)
    alarms = sum(watched(rng, 0.01, 1440) is not None for _ in range(40))
    assert alarms <= 40 * 0.05 + 3 * math.sqrt(40 * 0.05 * 0.95)
    found = [watched(rng, 0.02, 1440) for _ in range(20)]
    assert all(look is not None and look < 120 for look in found)


def test_what_was_long_ago_does_not_hide_a_change():
    """A day without an event, and then the change is found as fast as on the first hour."""
    log_m = ()
    for _ in range(1440):
        log_m = watch.alarm(log_m, 0.0, 200.0, 0.01, 1.25)
    quiet = watch.log_evidence(log_m)
    assert quiet < 0
    for _ in range(40):
        log_m = watch.alarm(log_m, 8.0, 200.0, 0.01, 1.25)
    assert watch.log_evidence(log_m) > math.log(watch.threshold(1440, 0.05))


def test_no_traffic_is_no_evidence():
    assert watch.log_evidence(()) == 0.0
    assert watch.log_evidence(watch.alarm((), 0.0, 0.0, 0.01, 1.25)) == pytest.approx(0.0)
    assert math.isfinite(watch.log_evidence(watch.alarm((), 5.0, 10.0, 0.0, 1.25)))
