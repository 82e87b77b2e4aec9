"""The fold of the record: legal events only, and what they add up to."""

from datetime import UTC, datetime

import pytest

from liftlock.model import events as ev
from liftlock.model.actions import Failure, FailureKind
from liftlock.model.fold import advance, fold
from liftlock.model.reasons import because
from liftlock.model.run import TRANSITIONS, IllegalEvent, Run, StepState
from tests.decide.history import History, failing, orders

W1 = "orders/1/w1"
CANARY = f"{W1}/app-07"
STEP = f"{CANARY}/00-precheck"
FAILED = Failure(FailureKind.TRANSIENT, "told")


def begun() -> History:
    return History(orders()).say(ev.StageOpened(W1)).start(STEP)


@pytest.mark.parametrize(
    "event",
    [
        ev.RunOpened("u", "0", "a", "c", "0"),
        ev.StageOpened(W1),
        ev.StepStarted(STEP, 2),
        ev.StepStarted("orders/1/w2/app-05/00-precheck", 1),
        ev.StepSucceeded(f"{CANARY}/01-fetch", 1),
        ev.StepSkipped(STEP, "li.wei", "why"),
        ev.LaneTurned(CANARY, because("asked")),
        ev.LaneSkipped(CANARY, "li.wei", "why"),
        ev.LaneReopened(CANARY, "li.wei"),
        ev.HoldSettled(W1, "done", "li.wei", "why"),
        ev.PlanFrozen("0", "0", "0", "li.wei"),
    ],
)
def test_what_cannot_have_happened_is_refused(event):
    with pytest.raises(IllegalEvent):
        begun().say(event)


def test_entries_come_without_a_gap():
    with pytest.raises(IllegalEvent):
        advance(Run(), ev.Entry(1, datetime(2026, 1, 1, tzinfo=UTC), 0, ev.StageOpened(W1)))


def test_after_its_end_a_run_takes_nothing_in_but_who_reads_it():
    told = History(orders()).play()
    with pytest.raises(IllegalEvent):
        told.say(ev.RunPaused("li.wei"))
    told.say(ev.ControllerTookOver("c2"))


@pytest.mark.parametrize("state", list(StepState))
def test_the_table_is_all_there_is(state):
    """Every event that ends or begins a step, in every state: in the table, or refused."""
    endings = {
        ev.StepStarted: ev.StepStarted(STEP, 9),
        ev.StepSucceeded: ev.StepSucceeded(STEP, 1),
        ev.StepFailed: ev.StepFailed(STEP, 1, FAILED),
        ev.StepNotStarted: ev.StepNotStarted(STEP, 1, FAILED),
        ev.StepLost: ev.StepLost(STEP, 1, because("no-probe")),
        ev.StepSkipped: ev.StepSkipped(STEP, "li.wei", "why"),
    }
    for kind, event in endings.items():
        told = in_state(state)
        after = TRANSITIONS.get((state, kind))
        if after is None:
            with pytest.raises(IllegalEvent):
                told.say(event)
        else:
            assert told.say(event).run.step(STEP).state is after


def in_state(state: StepState) -> History:
    told = History(orders()).say(ev.StageOpened(W1))
    if state is StepState.READY:
        return told
    told.start(STEP)
    match state:
        case StepState.DONE:
            told.end(STEP)
        case StepState.FAILED:
            told.end(STEP, FailureKind.TRANSIENT)
        case StepState.LOST:
            told.say(ev.StepLost(STEP, 1, because("no-probe")))
        case StepState.SKIPPED:
            told.end(STEP, FailureKind.TRANSIENT).say(ev.StepSkipped(STEP, "li.wei", "why"))
    return told


def test_the_cache_is_the_fold_at_every_entry():
    told = History(orders(gated=True, soak_s=20.0, failures_max=4, wave_failures_max=4))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05"]))
    run = Run()
    for entry in told.entries:
        advance(run, entry)
        assert run == fold(told.entries[: entry.seq + 1])


def test_a_lane_left_out_by_an_amendment_leaves_no_trace_in_the_indexes():
    told = History(orders()).play(until=lambda run: "orders/1/w2/app-05/05-install" in run.flying)
    told.say(ev.RunAmended("1" * 64, "li.wei", "dead", ("orders/1/w2/app-05",)))
    assert not [step for step in told.run.flying if "app-05" in step]
    assert "app-05" not in told.run.busy
    assert "app-05" not in told.run.out.get("orders", {})
    assert told.run.stages["orders/1/w2"].begun == 1


def test_a_lane_of_a_rollback_that_is_dropped_is_not_waited_for():
    told = History(orders()).play(until=lambda run: "orders/1/w2/app-05/05-install" in run.flying)
    told.say(ev.RollbackBegan("all", because("asked")))
    told.take()
    for lane in list(told.run.lanes):
        told.say(ev.RunAmended("1" * 64, "li.wei", "gone", (lane,)))
    assert (told.run.to_turn, told.run.returning, told.run.flying, told.run.busy) == ({}, {}, {}, {})


def test_a_wave_whose_only_host_is_moved_is_opened_again_only_if_the_schedule_has_it(noon):
    run = Run()
    for seq, event in enumerate(
        (
            ev.StageOpened("db/1/w1"),
            ev.StepStarted("db/1/w1/db-2/00-precheck", 1, ""),
            ev.HoldRaised("db/1/w1", because("held")),
            ev.RunAmended("s2", "li.wei", "failover", ("db/1/w1/db-2",), ()),
        )
    ):
        advance(run, ev.Entry(seq, noon, 0, event))
    assert (run.stages, run.lanes, run.holds, run.busy, run.flying) == ({}, {}, {}, {}, {})
