"""One look at a component's hosts: who is compared with whom, what fails, what passes, and what never does."""

from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace

from liftlock.decide.judge.canary import moment_of, spans_of
from liftlock.model.canary import Reading, Verdict
from tests.decide.canaries import ERRORS, LATENCY, MEMORY, Fleet


def fleet(sizes=(1, 12), measured=(ERRORS,), *, times=1.0, seed=1, **terms):
    made = Fleet(sizes, measured, seed=seed, **terms)
    made.says = {
        "errors": made.errors(2.0, times=times),
        "memory": made.level(1e9, times=times),
        "latency": made.latency(times=times),
    }
    return made


# --- before the first wave ------------------------------------------------------------------------------------


def test_hosts_are_watched_until_the_baseline_is_known():
    one = fleet()
    look = one.before()
    assert look.complete
    assert one.view.baseline.covers_s == 600.0
    assert 0.005 < one.view.baseline.metrics["errors"].rate.common < 0.015
    assert len(one.looks) == 11  # the time before, seen at both ends
    assert all(seen.because.code == "canary-before" for seen in one.looks[:-1])


def test_without_data_there_is_no_baseline_and_a_person_is_asked():
    one = fleet()
    one.says["errors"] = lambda host, at: None
    look = one.before()
    assert one.view.baseline is None
    assert (look.verdict, look.because.code) == (Verdict.NODATA, "canary-no-baseline")


# --- what fails, what passes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("measured", [ERRORS, MEMORY, LATENCY], ids=lambda one: one.metric.name)
def test_a_healthy_upgrade_passes_and_a_bad_one_fails(measured):
    good, bad = fleet(measured=(measured,)), fleet(measured=(measured,), times=3.0)
    for one in (good, bad):
        one.before()
        one.upgrade(1)
        one.look(1, 60)
    assert good.looks[-1].verdict is Verdict.PASS
    assert bad.looks[-1].verdict is Verdict.FAIL
    assert bad.looks[-1].because.code in ("canary-more", "canary-worse", "canary-slower")
    assert {Verdict.FAIL} == {m.verdict for m in bad.looks[-1].metrics}


def test_any_metric_that_fails_fails_the_look_also_one_that_is_not_required():
    optional = replace(MEMORY, metric=replace(MEMORY.metric, required=False))
    one = fleet(measured=(ERRORS, optional))
    one.says["memory"] = one.level(1e9, times=2.0)
    one.before()
    one.upgrade(1)
    assert one.look(1, 40).verdict is Verdict.FAIL


def test_a_metric_that_is_not_required_does_not_keep_a_wave():
    optional = replace(MEMORY, metric=replace(MEMORY.metric, required=False))
    one = fleet(measured=(ERRORS, optional))
    one.before()
    one.says["memory"] = lambda host, at: None
    one.upgrade(1)
    look = one.look(1, 60)
    assert look.verdict is Verdict.PASS
    assert [metric.verdict for metric in look.metrics] == [Verdict.PASS, Verdict.NODATA]


def test_no_data_never_passes():
    one = fleet()
    one.before()
    one.upgrade(1)
    one.says["errors"] = lambda host, at: None
    assert one.look(1, 60).verdict is Verdict.NODATA


@pytest.mark.parametrize("who", ["upgraded", "all"])
@pytest.mark.parametrize("measured", [ERRORS, MEMORY, LATENCY], ids=lambda one: one.metric.name)
def test_what_has_passed_does_not_pass_on_no_data(measured, who):
    one = fleet((2, 12), (measured, replace(MEMORY, metric=replace(MEMORY.metric, name="other"))))
    one.says["other"] = one.level(1.0)
    one.before()
    one.upgrade(1)
    assert one.look(1, 60).verdict is Verdict.PASS
    speak = one.says[measured.metric.name]
    one.says[measured.metric.name] = lambda host, at: None if who == "all" or host in one.upgraded else speak(host, at)
    assert one.look(1, 10).verdict is Verdict.NODATA
    one.says[measured.metric.name] = speak
    assert one.look(1, 2).verdict is Verdict.PASS


def test_upgraded_hosts_that_are_silent_while_others_speak_fail_after_the_grace():
    one = fleet(sizes=(2, 12))
    one.before()
    one.upgrade(1)
    speak = one.says["errors"]
    one.says["errors"] = lambda host, at: None if host == "app-101" else speak(host, at)
    assert one.look(1, 5).verdict is not Verdict.FAIL
    look = one.look(1)
    assert (look.verdict, look.because.code) == (Verdict.FAIL, "canary-silent")
    assert look.because.fields["hosts"] == "app-101"
    assert look.metrics[0].silent == ("app-101",)
    one.says["errors"] = speak
    assert one.look(1).verdict is not Verdict.FAIL


def test_a_share_of_failures_that_is_of_no_concern_passes_without_any_failure_anywhere():
    calm = replace(ERRORS, ignore_below=0.001)
    one = fleet(measured=(calm,))
    one.says["errors"] = lambda host, at: Reading(at, events=0.0, of=400.0)
    one.before()
    one.upgrade(1)
    assert one.look(1, 30).verdict is Verdict.PASS
    few = fleet(measured=(calm,))
    few.says["errors"] = one.says["errors"]
    few.before()
    few.upgrade(1)
    assert few.look(1, 2).verdict is Verdict.INCONCLUSIVE


def test_what_is_worse_when_lower_is_turned_round():
    hits = replace(MEMORY, metric=replace(MEMORY.metric, worse="lower"))
    one, other = fleet(measured=(hits,), times=0.7), fleet(measured=(hits,), times=1.4)
    for each in (one, other):
        each.before()
        each.upgrade(1)
        each.look(1, 30)
    assert one.looks[-1].verdict is Verdict.FAIL
    assert one.looks[-1].metrics[0].tests[0].estimate == pytest.approx(0.7, rel=0.05)
    assert other.looks[-1].verdict is Verdict.PASS


def test_a_level_that_always_was_nothing_passes_as_long_as_it_is():
    """A queue that is empty everywhere: no logarithm, and no reason to wait for ever."""
    one = fleet(measured=(MEMORY,))
    one.says["memory"] = lambda host, at: Reading(at, level=0.0)
    one.before()
    one.upgrade(1)
    assert one.look(1, 20).verdict is Verdict.PASS
    one.says["memory"] = lambda host, at: Reading(at, level=9.0 if host in one.upgraded else 0.0)
    assert one.look(1, 20).verdict is Verdict.FAIL


# --- time -----------------------------------------------------------------------------------------------------


def test_cold_caches_are_not_compared_but_errors_are():
    one = fleet(measured=(ERRORS, LATENCY), times=4.0, warm_up_s=600.0)
    one.before()
    one.upgrade(1)
    look = one.look(1, 3)
    errors, latency = look.metrics
    assert errors.tests[0].canary.of == 600.0
    assert latency.verdict is Verdict.NODATA
    later = one.look(1, 12)
    assert later.metrics[1].verdict is Verdict.FAIL


def test_a_host_counts_from_its_first_whole_interval_on():
    one = fleet()
    one.before()
    one.at += 20.0
    one.upgrade(1)
    one.at -= 20.0
    assert one.look(1).metrics[0].verdict is Verdict.NODATA
    assert one.look(1).metrics[0].tests[0].canary.of == 200.0


def test_a_counter_counts_once_through_gaps_and_resets():
    """The controller was away for an hour, and the host's process began anew meanwhile."""
    one = fleet()
    served = dict.fromkeys(one.hosts, 0.0)

    def says(host, at):
        served[host] += 100.0
        return Reading(at, events=0.0, of=served[host], cumulative=True)

    one.says["errors"] = says
    one.before()
    one.upgrade(1)
    one.look(1, 3)
    assert one.looks[-1].metrics[0].tests[0].canary.of == 300.0
    one.at += 3600.0
    served["app-100"] = 0.0
    one.look(1)
    assert one.looks[-1].metrics[0].tests[0].canary.of == 400.0


def test_spans_tile_time_also_when_the_clock_is_set_back():
    one = fleet()
    one.before()
    ends = []
    for clock in (one.at + 60.0, one.at - 540.0, one.at - 480.0, one.at + 120.0):
        now = moment_of(one.view, clock)
        span = spans_of(one.watching, one.view, now)["errors"]
        ends.append((span.since, span.until))
        one.view.state = replace(one.view.state, at=now)
    assert all(until == since for (_, until), (since, _) in pairwise(ends))
    assert all(since < until for since, until in ends)


def test_what_a_counter_grew_by_before_the_upgrade_is_not_the_new_versions():
    """The host's reading before was missed: what it brings now reaches back to the old version."""
    one = fleet()
    counts = {host: [0.0, 0.0] for host in one.hosts}
    missing = set()

    def says(host, at):
        counts[host][0] += 2.0
        counts[host][1] += 200.0
        return None if host in missing else Reading(at, events=counts[host][0], of=counts[host][1], cumulative=True)

    one.says["errors"] = says
    one.before()
    missing.add("app-100")
    one.at += 30.0
    one.upgrade(1)
    one.at -= 30.0
    one.look(1)
    missing.clear()
    assert one.look(1).metrics[0].verdict is Verdict.NODATA
    assert one.look(1).metrics[0].tests[0].canary.of == 200.0


def test_a_t_test_has_no_looks_beyond_those_that_share_its_chance():
    one = fleet(measured=(MEMORY,))
    one.watching = replace(one.watching, looks_max=10)
    one.before()
    one.upgrade(1)
    one.look(1, 10)
    decided = one.view.state.metrics["memory"].decided
    one.says["memory"] = one.level(3e9)
    one.look(1, 30)
    assert one.view.state.metrics["memory"].decided == decided


# --- waves ----------------------------------------------------------------------------------------------------


def test_evidence_is_carried_from_wave_to_wave():
    one = fleet(sizes=(1, 3, 12), measured=(ERRORS, MEMORY))
    one.before()
    one.upgrade(1)
    before = one.look(1, 40).metrics[0].tests[0]
    one.upgrade(2)
    look = one.look(2)
    errors, memory = look.metrics
    assert errors.tests[0].canary.of == before.canary.of + 800.0
    assert look.reference == "untouched"
    assert len(look.canaries) == 4
    assert memory.tests[0].estimate == pytest.approx(1.0, abs=0.05)


def test_a_wave_whose_hosts_serve_nothing_does_not_pass_by_what_earlier_ones_served():
    one = fleet(sizes=(2, 3, 12))
    one.before()
    one.upgrade(1)
    assert one.look(1, 60).verdict is Verdict.PASS
    one.upgrade(2)
    speak, idle = one.says["errors"], set(one.waves[1][1])
    one.says["errors"] = lambda host, at: Reading(at, events=0.0, of=0.0) if host in idle else speak(host, at)
    assert one.look(2, 20).verdict is Verdict.NODATA
    one.says["errors"] = speak
    assert one.look(2, 2).verdict is Verdict.PASS


def test_the_last_wave_is_compared_with_those_that_were_promoted():
    one = fleet(sizes=(4, 12))
    one.before()
    one.upgrade(1)
    assert one.look(1, 60).verdict is Verdict.PASS
    one.upgrade(2)
    look = one.look(2, 2)
    assert (look.reference, look.weaker, look.controls) == ("promoted", True, 4)
    assert (look.verdict, look.metrics[0].because.code) == (Verdict.PASS, "canary-carried")


def test_a_bad_last_wave_fails_against_those_that_were_promoted():
    one = fleet(sizes=(4, 12))
    one.before()
    one.upgrade(1)
    one.look(1, 60)
    last = set(one.waves[1][1])
    one.says["errors"] = lambda host, at: Reading(at, events=20.0 if host in last else 2.0, of=200.0)
    one.upgrade(2)
    assert one.look(2, 20).verdict is Verdict.FAIL


@pytest.mark.parametrize("measured", [ERRORS, MEMORY], ids=lambda one: one.metric.name)
def test_a_tier_of_one_is_compared_with_its_own_past_and_says_that_this_is_weaker(measured):
    good, bad = fleet((1,), (measured,), before_s=3600.0), fleet((1,), (measured,), times=3.0, before_s=3600.0)
    for one in (good, bad):
        one.before()
        one.upgrade(1)
        one.look(1, 30)
        assert (one.looks[-1].reference, one.looks[-1].weaker) == ("past", True)
    assert good.looks[-1].verdict is not Verdict.FAIL
    assert bad.looks[-1].verdict is Verdict.FAIL


def test_a_tier_of_one_shows_an_interval_from_its_requests():
    one = fleet((1,), (LATENCY,), before_s=3600.0)
    durations = one.rng

    def says(host, at):
        took = 0.1 * np.exp(0.6 * durations.normal(size=300)) * (1.2 if host in one.upgraded else 1.0)
        return Reading(at, of=300.0, total=float(took.sum()), squares=float((took**2).sum()))

    one.says["latency"] = says
    one.before()
    one.upgrade(1)
    (test,) = one.look(1, 10).metrics[0].tests
    assert 1.1 < test.low < test.estimate < test.high < 1.3


def test_a_change_after_the_last_wave_raises_the_alarm_of_the_watch():
    one = fleet((4, 12), watch_s=86_400.0)
    one.before()
    one.upgrade(1)
    one.look(1, 60)
    one.upgrade(2)
    assert one.look(2, 60).verdict is Verdict.PASS
    assert [test.test for test in one.looks[-1].metrics[0].tests] == ["rate", "watch"]
    one.says["errors"] = one.errors(10.0)  # all hosts alike: only their past tells
    look = one.look(2, 20)
    assert look.verdict is Verdict.FAIL
    assert look.because.code == "canary-alarm"


def test_with_another_margin_the_metrics_evidence_begins_anew():
    one = fleet()
    one.before()
    one.upgrade(1)
    one.look(1, 20)
    one.watching = replace(one.watching, measured=(replace(ERRORS, rollback=1.5),))
    assert one.look(1).metrics[0].tests[0].canary.of == 200.0


def test_fewer_than_ten_hosts_to_compare_with_is_said():
    one, other = fleet(sizes=(1, 9)), fleet(sizes=(1, 10))
    for each in (one, other):
        each.before()
        each.upgrade(1)
        each.look(1)
    assert one.looks[-1].weaker
    assert not other.looks[-1].weaker
