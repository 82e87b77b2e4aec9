"""Given a wave that is upgraded, is it healthy? Soak, checks, confirmation, promotion."""

import pytest
from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.decisions import Observe, Perform, Wait
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.run import Phase
from tests.decide.history import ERRORS, History, failing, orders

W1, W2 = "orders/1/w1", "orders/1/w2"
CANARY = f"{W1}/app-07"


def soaking(soak_s: float = 20.0, longest_soak_s: float = 120.0, **check) -> History:
    """The canary is upgraded, and its wave is about to be looked at."""
    schedule = orders(gated=True, soak_s=soak_s, longest_soak_s=longest_soak_s)
    gates = {name: tuple(with_check(gate, check) for gate in found) for name, found in schedule.gates.items()}
    told = History(replace(schedule, gates=gates))
    return told.play(until=lambda run: W1 in run.stages and run.stages[W1].upgraded)


def with_check(gate, fields):
    return replace(gate, check=replace(ERRORS, **fields))


def test_an_upgraded_wave_is_looked_at():
    assert soaking().only() == Observe(W1, None)


def test_looks_come_at_their_interval():
    told = soaking().look(W1, covers_s=0.0)
    assert (told.only().until - told.now).total_seconds() == 5.0
    told.later(5)
    assert isinstance(told.only(), Observe)


def test_time_alone_is_no_soak():
    """The first look covers nothing; an hour without a look is an hour without observed health."""
    told = soaking().look(W1, covers_s=0.0).later(3600)
    told.look(W1, covers_s=0.0)
    assert not told.told(ev.StageConfirming, ev.StagePromoted)
    assert told.run.stages[W1].soaked_s == 0.0


def test_observed_health_is_added_up_until_it_is_enough():
    told = soaking()
    for _ in range(4):
        assert not isinstance(told.later(5).only(), ev.StageConfirming)
        told.look(W1)
    assert told.event() == ev.StageConfirming(W1)


def test_after_the_soak_every_host_is_looked_at_once_more():
    told = soaking().play(until=lambda run: run.stages[W1].confirming)
    assert told.run.lanes[CANARY].phase is Phase.CONFIRM
    assert told.only() == Perform(f"{CANARY}/c07-verify", 1, "")
    told.play(until=lambda run: run.stages[W1].promoted)
    assert told.run.lanes[CANARY].confirmed


def test_what_is_found_then_turns_the_lane_and_counts():
    told = soaking()
    told.play(failing("c07-verify", FailureKind.UNHEALTHY))
    assert told.run.lanes[CANARY].result is LaneResult.RETURNED
    assert told.run.result is RunResult.ROLLED_BACK
    assert not told.run.holds, "nothing is asked of anybody about a run that is rolled back"


def test_a_failing_look_within_what_is_allowed_adds_nothing_and_fails_nothing():
    told = soaking(allow=1).look(W1, 0.5)
    assert told.run.stages[W1].soaked_s == 0.0
    assert isinstance(told.later(5).only(), Observe)


def test_one_failing_look_more_fails_the_wave():
    told = soaking(allow=1).look(W1, 0.5).later(5).look(W1, 0.5)
    event = told.event()
    assert (type(event), event.because.code) == (ev.RollbackBegan, "check-failed")


def test_evidence_of_the_whole_soak_counts_not_the_last_look():
    """Argo dropped what was beyond ten measurements: twenty good looks do not outweigh one too many."""
    told = soaking(soak_s=600.0, longest_soak_s=6000.0, allow=1).look(W1, 0.5)
    for _ in range(20):
        told.later(5).look(W1, 0.0)
    told.later(5).look(W1, 0.5)
    assert isinstance(told.event(), ev.RollbackBegan)


def test_no_data_is_no_pass_however_long_it_lasts():
    told = soaking()
    for _ in range(100):
        if not isinstance(told.later(5).only(), Observe):
            break
        told.look(W1, None, unread=("app-07",))
    assert told.event().because.code == "check-no-data"
    assert told.event().subject == W1


def test_too_few_samples_are_no_verdict():
    told = soaking(soak_s=5.0, samples=50)
    while isinstance(told.later(5).only(), Observe):
        told.look(W1)
    assert told.event().because.code == "check-too-few"


def test_health_that_is_never_observed_whole_holds_after_the_longest_soak():
    told = soaking(allow=1_000)
    while isinstance(told.later(5).only(), Observe):
        told.look(W1, 0.5)
    assert told.event().because.code == "soak-not-observed"


def test_a_person_may_wait_longer_let_pass_or_call_it_failed():
    for answer, kind in (("retry", Observe), ("done", ev.StageConfirming), ("not-done", ev.RollbackBegan)):
        told = soaking()
        while isinstance(told.later(5).only(), Observe):
            told.look(W1, None)
        told.take()
        told.say(ev.HoldSettled(W1, answer, "li.wei", "looked"))
        found = told.only()
        assert isinstance(getattr(found, "event", found), kind), answer


def test_without_checks_the_soak_itself_is_still_waited_for():
    told = History(orders(soak_s=60.0)).play(until=lambda run: run.stages.get(W1) and run.stages[W1].upgraded)
    ended = told.now
    told.play(until=lambda run: run.stages[W1].confirming)
    assert (told.now - ended).total_seconds() >= 60.0


def test_while_a_wave_fills_it_is_looked_at_already_but_does_not_soak():
    told = soaking().play(until=lambda run: W2 in run.stages and run.stages[W2].upgraded == 1)
    assert Observe(W2, None) in told.ask()
    told.look(W2, covers_s=0.0)
    assert told.run.stages[W2].soaked_s == 0.0


def test_a_host_found_unhealthy_counts_as_out():
    told = soaking().look(W1, 0.5, bad_hosts=("app-07",))
    told.say(ev.RollbackBegan("all", told.event().because))
    assert isinstance(told.event(), ev.LaneTurned), "acting on a host that is out already costs nothing"


@pytest.mark.parametrize("value", [0.0, 0.01])
def test_at_its_threshold_a_figure_is_fine(value):
    told = soaking().look(W1, value)
    assert isinstance(told.only(), Wait)


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ([], [ev.ControllerTookOver("c2")]),
        ([ev.RunPaused("li.wei", "lunch")], [ev.RunResumed("li.wei")]),
    ],
)
def test_neither_our_absence_nor_a_pause_counts_against_the_longest_soak(away, back):
    told = soaking(soak_s=20.0, longest_soak_s=60.0).look(W1, covers_s=0.0)
    told.later(5).look(W1, covers_s=5.0).say(*away).later(7200).say(*back)
    assert told.only() == Observe(W1, None)
    told.look(W1, covers_s=0.0)
    for _ in range(3):
        told.later(5).look(W1, covers_s=5.0)
    assert W1 not in told.run.holds
    assert told.run.stages[W1].soaked_s == 20.0
