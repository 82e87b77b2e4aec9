"""Given a run so far, what happens next: lanes, capacity, failure domains, attempts, budgets, ends."""

from liftlock.decide.choose import choose
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.decisions import Perform, Wait
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.plan import Share
from liftlock.model.reasons import because
from liftlock.model.run import Phase
from tests.decide.history import History, failing, orders

W1, W2, W3 = "orders/1/w1", "orders/1/w2", "orders/1/w3"
CANARY = f"{W1}/app-07"


def canary_upgraded(schedule=None) -> History:
    """The first wave is through; the second is about to open."""
    return History(schedule or orders()).play(until=lambda run: W2 in run.stages)


# --- beginning --------------------------------------------------------------------------------------------


def test_the_first_wave_opens_and_its_canary_is_greeted():
    told = History(orders())
    assert told.event() == ev.StageOpened(W1)
    told.say(ev.StageOpened(W1))
    assert told.only() == Perform(f"{CANARY}/00-precheck", 1, "")


def test_steps_of_a_lane_follow_each_other():
    told = History(orders()).say(ev.StageOpened(W1)).start(f"{CANARY}/00-precheck")
    assert isinstance(told.only(), Wait), "one step at a time"
    told.end(f"{CANARY}/00-precheck")
    assert told.steps() == [f"{CANARY}/01-fetch"]


def test_a_second_wave_waits_for_the_promotion_of_the_first():
    told = History(orders()).play(until=lambda run: run.lanes and run.lanes[CANARY].result is not None)
    assert W2 not in told.run.stages
    assert [type(event) for event in told.play(until=lambda run: W2 in run.stages).told(ev.StagePromoted)]


def test_a_closed_run_chooses_nothing():
    told = History(orders()).play()
    assert told.run.result is RunResult.UPGRADED
    assert told.ask() == ()


def test_nothing_happens_twice():
    """Asked again without news, the answer is the same; what is under way is not begun again."""
    told = canary_upgraded()
    assert told.ask() == told.ask()
    begun = told.steps()
    for step in begun:
        told.start(step)
    assert not set(told.steps()) & set(begun)


# --- capacity and failure domains ---------------------------------------------------------------------------


def test_no_more_hosts_at_once_than_the_group_can_spare():
    assert canary_upgraded().steps() == [f"{W2}/app-05/00-precheck", f"{W2}/app-06/00-precheck"]  # 25 % of 8


def test_a_lane_that_ends_makes_room_for_the_next():
    told = canary_upgraded()
    told.play(until=lambda run: run.stages[W2].upgraded == 1)
    assert [lane for lane in told.run.lanes if lane.startswith(W2)] == [f"{W2}/app-05", f"{W2}/app-06"]
    told.take()
    assert f"{W2}/app-08" in told.run.lanes


def test_a_failed_host_keeps_its_place_among_those_that_are_out():
    told = canary_upgraded(orders(on_failure="freeze", failures_max=8, wave_failures_max=8))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05"]), until=lambda run: run.stages[W2].ended == 1)
    told.play(until=lambda run: run.stages[W2].ended == 2)
    assert told.run.out["orders"] == {"app-05": 1}
    told.play(until=lambda run: run.result is not None)
    told.play(until=lambda run: run.holds)
    most = max(len(set(hosts)) for hosts in side_by_side(told))
    assert most == 2, "one that stays out and one that is being upgraded"


def side_by_side(told: History):
    """Hosts that were out of service together, after each event."""
    again = History(told.schedule, told.entries[0].at)
    for entry in told.entries[1:]:
        again.now = entry.at
        again.say(entry.event)
        yield again.run.out.get("orders", {})


def test_one_failure_domain_after_the_other():
    schedule = orders(8, domains=2, max_unavailable=Share(percent=100))
    told = canary_upgraded(schedule)
    racks = {host: entry.domain for host, entry in schedule.hosts.items()}
    for hosts in side_by_side(told.play()):
        assert len({racks[host] for host in hosts}) <= 1, hosts


def test_all_of_a_domain_may_go_together():
    told = canary_upgraded(orders(8, domains=2, max_unavailable=Share(percent=100)))
    racks = {told.schedule.hosts[step.split("/")[3]].domain for step in told.steps()}
    assert len(told.steps()) >= 1
    assert len(racks) == 1


def test_nothing_can_go_out_any_more_is_said_not_waited_for():
    told = canary_upgraded(orders(8, on_failure="freeze", failures_max=8, wave_failures_max=8))
    told.play(failing("05-install", FailureKind.REFUSED))
    assert [why.code for why in told.run.holds.values()] == ["no-capacity-left"]


# --- attempts ---------------------------------------------------------------------------------------------


def failed_once(kind: FailureKind, **policy) -> History:
    told = History(orders(**policy)).say(ev.StageOpened(W1))
    told.play(failing("05-install", kind, times=1), until=lambda run: f"{CANARY}/05-install" in run.flying)
    return told.end(f"{CANARY}/05-install", kind)


def test_a_passing_failure_is_tried_again_after_a_while():
    told = failed_once(FailureKind.TRANSIENT, attempts_max=3)
    assert told.why() == "retry-later"
    (wait,) = told.ask()
    told.now = wait.until
    assert told.only() == Perform(f"{CANARY}/05-install", 2, "")


def test_each_attempt_waits_longer():
    told = failed_once(FailureKind.TRANSIENT, attempts_max=9)
    waits = []
    for _ in range(4):
        until = told.only().until
        waits.append((until - told.now).total_seconds())
        told.now = until
        told.start(f"{CANARY}/05-install", told.only().attempt).end(f"{CANARY}/05-install", FailureKind.TRANSIENT)
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]


def test_what_another_attempt_would_not_change_is_not_tried_again():
    for kind in (FailureKind.REFUSED, FailureKind.UNHEALTHY, FailureKind.TIMEOUT):
        assert failed_once(kind, attempts_max=9).event() == ev.LaneTurned(
            CANARY, because("step-failed", step=f"{CANARY}/05-install", kind=kind.value)
        )


def test_after_the_last_attempt_the_lane_turns():
    told = failed_once(FailureKind.TRANSIENT, attempts_max=2).later(60)
    told.start(f"{CANARY}/05-install", 2).end(f"{CANARY}/05-install", FailureKind.TRANSIENT)
    assert isinstance(told.event(), ev.LaneTurned)


def test_or_stays_as_it_is_where_the_plan_says_freeze():
    event = failed_once(FailureKind.REFUSED, on_failure="freeze").event()
    assert (event.lane, event.result) == (CANARY, LaneResult.FAILED)


def test_a_host_that_is_not_what_was_assumed_is_looked_at_by_a_person():
    event = failed_once(FailureKind.DEVIATED, attempts_max=9).event()
    assert (type(event), event.subject) == (ev.HoldRaised, f"{CANARY}/05-install")


def test_an_unknown_outcome_holds():
    told = History(orders()).say(ev.StageOpened(W1)).start(f"{CANARY}/00-precheck")
    told.say(ev.StepLost(f"{CANARY}/00-precheck", 1, because("no-probe")))
    assert told.event() == ev.HoldRaised(f"{CANARY}/00-precheck", because("outcome-unknown"))


def test_attempts_that_never_started_because_of_us_are_not_counted():
    told = History(orders(attempts_max=2)).say(ev.StageOpened(W1)).start(f"{CANARY}/00-precheck")
    for attempt in range(1, 6):
        absent = ev.Failure(FailureKind.INTERRUPTED, "not-started")
        told.say(ev.StepNotStarted(f"{CANARY}/00-precheck", attempt, absent)).later(60)
        assert told.only() == Perform(f"{CANARY}/00-precheck", attempt + 1, "")
        told.start(f"{CANARY}/00-precheck", attempt + 1)


# --- unreachable before anything was done -------------------------------------------------------------------


def dead_canary() -> History:
    told = History(orders(attempts_max=2, failures_max=1, wave_failures_max=1)).say(ev.StageOpened(W1))
    dead = failing("00-precheck", FailureKind.UNREACHABLE)
    return told.play(dead, until=lambda run: run.lanes[CANARY].result is not None if run.lanes else False)


def test_a_host_that_never_answered_is_failed_and_stays_counted_as_out():
    told = dead_canary()
    lane = told.run.lanes[CANARY]
    assert (lane.result, lane.out, lane.failed) == (LaneResult.FAILED, True, True)
    assert told.run.out["orders"] == {"app-07": 1}
    assert told.run.failures == {"orders": 1}


def test_and_a_rollback_finds_nothing_to_bring_back_there():
    told = dead_canary().say(ev.RollbackBegan("all", because("asked")))
    assert told.run.to_turn == {}
    told.play()
    assert told.run.out["orders"] == {"app-07": 1}, "it is still out: whoever goes back must know"
    assert told.run.result is RunResult.ROLLED_BACK


# --- budgets --------------------------------------------------------------------------------------------


def test_as_many_failures_as_the_budget_has_are_tolerated():
    told = History(orders(failures_max=2, wave_failures_max=1))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05", "app-01"]))
    assert told.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS
    returned = {lane.host for lane in told.run.lanes.values() if lane.result is LaneResult.RETURNED}
    assert returned == {"app-05", "app-01"}


def test_one_more_in_a_wave_is_over_its_budget():
    told = History(orders(failures_max=8, wave_failures_max=1))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05", "app-06"]))
    (began,) = told.told(ev.RollbackBegan)
    assert (began.scope, began.because.code) == ("all", "wave-budget-exceeded")
    assert told.run.result is RunResult.ROLLED_BACK


def test_one_more_in_the_run_is_over_the_budget_though_each_wave_kept_its_own():
    told = History(orders(failures_max=1, wave_failures_max=1))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05", "app-01"]))
    (began,) = told.told(ev.RollbackBegan)
    assert began.because.code == "budget-exceeded"


def test_the_error_condition_comes_before_success():
    """The last lane of a wave ends it and breaks the budget at once: it is not promoted."""
    told = History(orders(failures_max=0, wave_failures_max=0))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-08"]))
    assert W2 not in {event.stage for event in told.told(ev.StagePromoted)}
    assert told.run.result is RunResult.ROLLED_BACK


def test_over_the_budget_each_policy_does_what_it_says():
    for on_failure, scope in {"roll back": "all", "restore": "all", "roll back wave": "stage"}.items():
        told = History(orders(on_failure=on_failure))
        told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05"]))
        assert [event.scope for event in told.told(ev.RollbackBegan)] == [scope], on_failure
    for on_failure in ("freeze", "roll back host"):
        told = History(orders(on_failure=on_failure))
        told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05"]))
        assert told.told(ev.RollbackBegan) == []
        assert told.run.holds[W2].code == "wave-budget-exceeded"


def test_a_partial_rollback_ends_with_a_question():
    told = History(orders(on_failure="roll back wave"))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-05"]))
    assert told.run.holds["run"].code == "rolled-back-in-part"
    assert told.run.result is None


# --- waves that upgraded nothing -----------------------------------------------------------------------------


def test_a_wave_that_was_only_left_out_is_no_pass():
    told = History(orders()).say(ev.StageOpened(W1), ev.LaneSkipped(CANARY, "li.wei", "broken fan"))
    told.take()
    assert told.run.holds[W1].code == "nothing-upgraded"
    assert not told.told(ev.StagePromoted)


def test_a_wave_that_was_only_brought_back_is_no_pass():
    told = History(orders(failures_max=8, wave_failures_max=8))
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["app-07"]))
    assert told.run.holds[W1].code == "nothing-upgraded"


def test_a_person_may_let_it_pass_and_that_is_on_record():
    told = History(orders()).say(ev.StageOpened(W1), ev.LaneSkipped(CANARY, "li.wei", "broken fan"))
    told.take()
    told.say(ev.HoldSettled(W1, "done", "li.wei", "no canary today"))
    assert told.event().because.code == "waived"
    told.play()
    assert told.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS


# --- two components on the same hosts -------------------------------------------------------------------------


def test_a_host_is_one_lanes_at_a_time():
    told = canary_upgraded()
    for step in told.steps():
        told.start(step)
    told.run.busy["app-08"] = "other/1/w1/app-08"
    decisions = choose(told.layout, told.run, told.now)
    assert not [decision for decision in decisions if isinstance(decision, Perform)]


def confirming(run) -> bool:
    return any(lane.phase is Phase.CONFIRM for lane in run.lanes.values())


def test_a_lane_in_another_phase_is_not_counted_out():
    """Looking once more after the soak takes no host out of service."""
    told = History(orders()).play(until=lambda run: confirming(run))
    told.take()
    assert told.run.out.get("orders", {}) == {}


def test_a_run_with_a_host_left_out_is_no_plain_success():
    told = canary_upgraded().say(ev.LaneSkipped(f"{W2}/app-05", "li.wei", "in repair")).play()
    assert told.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS
