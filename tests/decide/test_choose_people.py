"""Given a person's word, what changes? Pause, abort, resume, retry, answers to holds."""

import pytest

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.decisions import Perform, Wait
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.plan import Share, Window
from liftlock.model.reasons import because
from liftlock.model.run import IllegalEvent
from tests.decide.history import NOON, History, failing, orders

W1, W2 = "orders/1/w1", "orders/1/w2"
CANARY = f"{W1}/app-07"


def half_way() -> History:
    told = History(orders()).play(until=lambda run: W2 in run.stages)
    told.take()
    return told


# --- pause, abort, resume -----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [ev.RunPaused("li.wei", "lunch"), ev.RunAborted("li.wei", "doubt")])
def test_paused_or_aborted_begun_hosts_finish_and_nothing_new_begins(word):
    told = half_way()
    begun = set(told.run.lanes)
    told.say(word).play()
    assert set(told.run.lanes) == begun
    assert {lane.result for lane in told.run.lanes.values()} == {LaneResult.UPGRADED}


def test_a_pause_waits_an_abort_holds():
    assert half_way().say(ev.RunPaused("li.wei")).play().run.holds == {}
    assert half_way().say(ev.RunAborted("li.wei", "doubt")).play().run.holds["run"].code == "aborted"


def test_paused_at_once_not_even_the_next_step_begins():
    told = half_way().say(ev.RunPaused("li.wei", at_once=True))
    for step in list(told.run.flying):
        told.end(step)
    assert told.why() == "paused"


@pytest.mark.parametrize(
    "word", [ev.RunPaused("li.wei"), ev.RunPaused("li.wei", at_once=True), ev.RunAborted("li.wei")]
)
def test_resumed_it_goes_on_to_its_end(word):
    told = half_way().say(word).play().say(ev.RunResumed("wang.fang")).play()
    assert told.run.result is RunResult.UPGRADED


def test_a_paused_soak_begins_its_clock_anew():
    told = History(orders(gated=True, soak_s=600.0)).play(
        until=lambda run: W1 in run.stages and run.stages[W1].looked_at
    )
    told.say(ev.RunPaused("li.wei")).later(3600).say(ev.RunResumed("li.wei"))
    assert told.run.stages[W1].looked_at is None, "the first look after it covers nothing"


def test_an_aborted_run_ends_when_a_person_says_that_this_is_the_end():
    told = half_way().say(ev.RunAborted("li.wei", "doubt")).play()
    told.say(ev.HoldSettled("run", "done", "li.wei", "we leave it here")).play()
    assert told.run.result is RunResult.ABORTED


def test_an_aborted_run_does_not_try_itself_again():
    """Argo #841: the aborted rollout retried by itself."""
    told = half_way().say(ev.RunAborted("li.wei", "doubt")).play()
    for _ in range(10):
        told.later(86_400).play()
        assert not told.run.flying
    assert isinstance(told.only(), Wait)


# --- retry ------------------------------------------------------------------------------------------------


def with_a_failed_canary(**more) -> History:
    told = History(orders(on_failure="roll back host", failures_max=8, wave_failures_max=8, **more))
    return told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-07"]))


def test_a_lane_that_went_back_can_be_tried_again():
    """Argo #2929: the aborted rollout could not be retried."""
    told = with_a_failed_canary()
    told.say(ev.LaneReopened(CANARY, "li.wei"), ev.HoldSettled(W1, "retry", "li.wei", "disk replaced")).play()
    assert told.run.result is RunResult.UPGRADED
    assert told.run.failures == {"orders": 0}


def test_its_attempts_go_on_counting_so_that_no_mark_is_used_twice():
    told = with_a_failed_canary()
    told.say(ev.LaneReopened(CANARY, "li.wei"), ev.HoldSettled(W1, "retry", "li.wei", "disk replaced"))
    assert told.only() == Perform(f"{CANARY}/00-precheck", 2, "")


def test_only_what_failed_is_tried_again():
    """Rundeck #1433: a retry ran everything anew."""
    told = with_a_failed_canary()
    told.say(ev.HoldSettled(W1, "done", "li.wei", "go on without")).play()
    before = len(told.started())
    assert told.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS
    assert {step.split("/")[3] for step in told.started()[:before]} == set(told.schedule.hosts) - {"lb-1"}
    assert len([step for step in told.started() if step.endswith("/05-install")]) == 8


def test_a_lane_tried_again_waits_for_its_window():
    noon_to_two = Window(from_="12:00", to="14:00")
    told = with_a_failed_canary(windows=(noon_to_two,))
    told.now = NOON.replace(hour=15)
    told.say(ev.LaneReopened(CANARY, "li.wei"), ev.HoldSettled(W1, "retry", "li.wei", "disk replaced"))
    assert told.why() == "window-closed"
    told.now = NOON.replace(day=2)
    assert told.steps() == [f"{CANARY}/00-precheck"], "its deadline counts from here, not from the word"
    told.play()
    assert told.run.lanes[CANARY].result is LaneResult.UPGRADED


def test_a_lane_tried_again_does_not_begin_while_paused():
    told = with_a_failed_canary().say(ev.RunPaused("li.wei"), ev.LaneReopened(CANARY, "li.wei"))
    assert told.why() == "paused"


def test_a_lane_that_stands_cannot_be_tried_again():
    told = half_way()
    with pytest.raises(IllegalEvent):
        told.say(ev.LaneReopened(CANARY, "li.wei"))


# --- answers ----------------------------------------------------------------------------------------------


def lost() -> History:
    told = History(orders()).play(until=lambda run: f"{CANARY}/05-install" in run.flying)
    told.say(ev.StepLost(f"{CANARY}/05-install", 1, because("no-probe")))
    told.take()
    return told


@pytest.mark.parametrize(
    ("answer", "next_step", "attempt"),
    [("done", "06-restart", 1), ("skip", "06-restart", 1), ("retry", "05-install", 2), ("not-done", "05-install", 2)],
)
def test_a_lost_step_goes_on_as_the_person_says(answer, next_step, attempt):
    told = lost().say(ev.HoldSettled(f"{CANARY}/05-install", answer, "li.wei", "looked")).later(60)
    assert told.only() == Perform(f"{CANARY}/{next_step}", attempt, "")


def test_while_something_is_held_nothing_new_begins_but_what_runs_goes_on():
    told = half_way().say(ev.HoldRaised(W1, because("check-no-data")))
    begun = set(told.run.lanes)
    told.play()
    assert set(told.run.lanes) == begun
    assert told.run.stages[W2].upgraded == len(begun) - 1
    told.say(ev.HoldSettled(W1, "done", "li.wei", "looked")).play()
    assert told.run.result is RunResult.UPGRADED


def test_a_held_lane_is_left_alone_by_a_rollback_until_it_is_settled():
    told = lost().say(ev.RollbackBegan("all", because("asked")))
    told.take()
    assert not told.told(ev.LaneTurned)
    told.say(ev.HoldSettled(f"{CANARY}/05-install", "done", "li.wei", "looked")).play()
    assert told.run.result is RunResult.ROLLED_BACK
    assert f"{CANARY}/u05-install" in told.started()


def test_two_people_confirm_a_manual_step():
    told = half_way()
    step = next(iter(told.run.flying))
    told.say(ev.ManualConfirmed(step, "li.wei"))
    with pytest.raises(IllegalEvent):
        told.say(ev.ManualConfirmed(step, "li.wei"))
    told.say(ev.ManualConfirmed(step, "wang.fang"))
    assert told.run.confirmations[step] == ("li.wei", "wang.fang")


def test_a_host_that_was_left_out_can_be_tried_again_while_its_wave_is_under_way():
    """Its lane is open and has no step yet: that must not confuse which failure domain is under way."""
    told = History(orders(4, domains=2, max_unavailable=Share(count=1))).play(until=lambda run: W2 in run.stages)
    skipped = f"{W2}/{told.layout.stages[W2].hosts[-1]}"
    told.say(ev.LaneSkipped(skipped, "li.wei", "is switched off"), ev.LaneReopened(skipped, "li.wei")).play()
    assert told.run.result is RunResult.UPGRADED


def test_a_step_that_is_done_again_is_confirmed_again():
    told = History(orders()).play(until=lambda run: f"{CANARY}/05-install" in run.flying)
    step = f"{CANARY}/05-install"
    told.say(ev.ManualConfirmed(step, "li.wei")).end(step, FailureKind.REFUSED)
    told.play(until=lambda run: run.lanes[CANARY].result)
    told.say(ev.LaneReopened(CANARY, "li.wei", "mended"))
    assert told.run.confirmations == {}
    told.say(ev.ManualConfirmed(step, "li.wei"))
