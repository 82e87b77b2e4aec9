"""Given the time, what may begin? Windows, freezes, nights with a clock change, deadlines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.decisions import Perform, Wait
from liftlock.model.plan import Freeze, Window
from liftlock.model.reasons import because
from liftlock.model.recipe import Recipes
from liftlock.model.run import Phase
from tests.decide.fakes import item, orders_plan, schedule_of
from tests.decide.history import History, failing, orders, with_policy

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
W1, W2 = "orders/1/w1", "orders/1/w2"
CANARY = f"{W1}/app-07"
NIGHT = Window(from_="22:00", to="04:00")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def given(now: datetime, *windows: Window, freezes: tuple[Freeze, ...] = (), **more) -> History:
    return History(orders(windows=windows, freezes=freezes, **more), now)


# --- windows ----------------------------------------------------------------------------------------------


def test_before_its_window_a_run_waits_for_it():
    told = given(at("2026-12-01T12:00"), NIGHT)
    assert told.only() == Wait(at("2026-12-01T22:00"), because("window-closed", opens="2026-12-01T22:00+08:00"))


def test_in_the_window_the_wave_opens_also_past_midnight():
    assert given(at("2026-12-01T22:00"), NIGHT).event() == ev.StageOpened(W1)
    assert given(at("2026-12-02T01:00"), NIGHT).event() == ev.StageOpened(W1)


def test_the_day_of_a_window_is_the_day_on_which_it_begins():
    tuesdays = Window(from_="22:00", to="04:00", days=("tue",))
    assert given(at("2026-12-02T01:00"), tuesdays).event() == ev.StageOpened(W1)  # Tuesday night
    assert given(at("2026-12-03T01:00"), tuesdays).why() == "window-closed"


def test_a_freeze_closes_the_window_that_it_lies_in():
    freeze = Freeze(from_="2026-12-01", to="2026-12-05", because="year end")
    told = given(at("2026-12-01T23:00"), NIGHT, freezes=(freeze,))
    assert told.only().until == at("2026-12-06T00:00"), "the last day of a freeze belongs to it"


def test_a_freeze_without_windows_is_waited_out():
    freeze = Freeze(from_="2026-12-01T00:00", to="2026-12-01T18:00")
    told = given(at("2026-12-01T12:00"), freezes=(freeze,))
    assert told.only().until == at("2026-12-01T18:00")


def test_what_would_not_fit_before_the_window_closes_waits_for_the_next():
    """Forward, and still back, with the reserve: asked before each wave."""
    told = given(at("2026-12-02T03:59"), NIGHT, reserve_s=600.0)
    assert told.why() == "does-not-fit"
    told.now = told.only().until
    assert told.only().until == at("2026-12-02T22:00")


def test_a_window_that_never_holds_the_work_is_a_question_not_an_endless_wait():
    told = given(at("2026-12-01T22:00"), Window(from_="22:00", to="22:10"), reserve_s=3600.0)
    told.take()
    assert told.run.holds[W1].code == "window-too-short"


def test_a_longer_window_later_in_the_week_is_waited_for():
    told = given(
        at("2026-12-01T22:00"),
        Window(from_="22:00", to="22:10", days=("tue",)),
        Window(from_="20:00", to="06:00", days=("sat",)),
        reserve_s=3600.0,
    )
    assert told.why() == "does-not-fit"
    told.play(until=lambda run: run.stages)
    assert told.now == at("2026-12-05T20:00")
    assert not told.run.holds


def test_a_last_window_that_is_over_is_a_question():
    told = given(at("2026-12-02T12:00"), Window(from_="22:00", to="23:00", date="2026-12-01"))
    assert told.event() == ev.HoldRaised(W1, because("no-window", stage=W1))


def test_lanes_that_began_finish_when_the_window_closes_and_no_other_begins():
    told = given(at("2026-12-02T03:45"), NIGHT).play(until=lambda run: len(run.lanes) == 2)
    told.take()
    begun = set(told.run.lanes)
    told.now = at("2026-12-02T04:01")
    told.play(until=lambda run: not run.busy)
    assert set(told.run.lanes) == begun
    assert told.run.stages[W2].upgraded == len(begun) - 1
    assert told.why() == "window-closed"


def test_the_way_back_needs_no_window():
    told = given(at("2026-12-01T22:00"), NIGHT).play(until=lambda run: W2 in run.stages)
    told.now = at("2026-12-02T12:00")
    told.say(ev.RollbackBegan("all", because("asked")))
    assert isinstance(told.event(), ev.LaneTurned)


# --- a zone that changes its clocks -------------------------------------------------------------------------


def test_the_short_night_is_measured_in_real_hours():
    """On 29 March 2026 Berlin goes from 02:00 to 03:00: at 01:30 the window until 04:00 has an hour and a half left."""
    needs_two_hours = {"reserve_s": 7000.0}
    told = given(at("2026-03-29T01:30", BERLIN), NIGHT, **needs_two_hours)
    assert told.why() == "does-not-fit"
    assert given(at("2026-03-28T01:30", BERLIN), NIGHT, **needs_two_hours).event() == ev.StageOpened(W1)


def test_the_long_night_has_an_hour_more():
    """On 25 October 2026 Berlin has 02:00 to 03:00 twice."""
    needs_three_hours = {"reserve_s": 10_700.0}
    assert given(at("2026-10-25T01:30", BERLIN), NIGHT, **needs_three_hours).event() == ev.StageOpened(W1)
    assert given(at("2026-10-24T01:30", BERLIN), NIGHT, **needs_three_hours).why() == "does-not-fit"


def test_a_deadline_does_not_pass_because_the_clocks_were_changed():
    told = given(at("2026-03-29T01:59", BERLIN)).say(ev.StageOpened(W1)).start(f"{CANARY}/00-precheck")
    told.end(f"{CANARY}/00-precheck")
    told.now = datetime(2026, 3, 29, 1, 2, tzinfo=UTC).astimezone(BERLIN)  # three minutes later it is 03:02
    assert told.only() == Perform(f"{CANARY}/01-fetch", 1, "")


# --- deadlines --------------------------------------------------------------------------------------------


def under_way(**policy) -> History:
    return History(orders(**policy)).say(ev.StageOpened(W1)).start(f"{CANARY}/00-precheck")


def test_a_lane_past_its_hosts_deadline_goes_back():
    told = under_way(host_deadline_s=600.0).later(601).end(f"{CANARY}/00-precheck")
    assert told.event() == ev.LaneTurned(CANARY, because("host-deadline", host="app-07"))


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ([], [ev.ControllerTookOver("c2")]),
        ([ev.RunPaused("li.wei", "lunch")], [ev.RunResumed("li.wei")]),
    ],
)
def test_neither_our_absence_nor_a_pause_is_the_hosts_own_time(away, back):
    told = under_way(host_deadline_s=600.0).say(*away).later(7200).say(*back).end(f"{CANARY}/00-precheck")
    assert told.steps() == [f"{CANARY}/01-fetch"]
    assert told.later(601).event() == ev.LaneTurned(CANARY, because("host-deadline", host="app-07"))


def test_waiting_for_a_persons_answer_is_not_the_hosts_own_time():
    told = under_way(host_deadline_s=600.0)
    step = f"{CANARY}/00-precheck"
    told.say(ev.StepLost(step, 1, because("no-probe"))).take()
    told.later(7200).say(ev.HoldSettled(step, "done", "li.wei", "looked"))
    assert told.steps() == [f"{CANARY}/01-fetch"]


def test_a_lane_without_progress_fails_the_wave():
    told = under_way(progress_deadline_s=900.0)
    assert told.why() == "in-progress"
    assert told.later(901).event().because.code == "progress-deadline"


def test_a_failed_host_on_its_way_back_is_the_budgets_matter():
    told = History(orders(host_deadline_s=600.0, progress_deadline_s=900.0, failures_max=1, wave_failures_max=1))
    told.play(until=lambda run: f"{CANARY}/05-install" in run.flying)
    told.later(600).end(f"{CANARY}/05-install")
    told.take()
    assert told.run.lanes[CANARY].phase is Phase.BACK
    assert told.later(901).why() == "nothing-due"
    assert told.play().run.result is None
    assert not told.told(ev.RollbackBegan)


def test_a_newly_healthy_host_gives_the_others_time():
    told = History(orders(progress_deadline_s=900.0)).play(until=lambda run: W2 in run.stages)
    told.take()
    for step in list(told.run.flying)[1:]:
        told.say(ev.StepSucceeded(step, 1))
    told.later(800).say(ev.LaneEnded(f"{W2}/app-06", ev.LaneResult.UPGRADED))
    told.take()
    told.later(800)
    assert not told.told(ev.RollbackBegan)
    told.take()
    assert not told.told(ev.RollbackBegan)
    told.later(101).take()
    assert told.told(ev.RollbackBegan)


def test_a_pause_fails_nothing_and_its_time_is_not_counted():
    told = under_way(progress_deadline_s=900.0).later(800).say(ev.RunPaused("li.wei")).later(36_000)
    assert told.why() == "paused"
    told.say(ev.RunResumed("li.wei")).later(800)
    assert told.why() == "in-progress"


def at_night_only(told):
    schedule = replace(told.schedule, windows=(Window("22:00", "23:00"),))
    told.layout = replace(told.layout, schedule=schedule)


def test_a_host_that_is_tried_again_when_the_window_opens_was_not_without_progress():
    lane = f"{W2}/app-06"
    told = History(orders(progress_deadline_s=900.0, failures_max=1, wave_failures_max=1, on_failure="roll back host"))
    told.play(
        lambda step, attempt: FailureKind.REFUSED if step == f"{lane}/05-install" else None,
        until=lambda run: lane in run.lanes and run.lanes[lane].result is not None,
    )
    told.play(until=lambda run: not run.busy)
    told.say(ev.LaneReopened(lane, "li.wei", "mended"))
    at_night_only(told)
    assert told.later(901).why() == "window-closed"
    told.now = told.now.replace(hour=22, minute=0)
    (step,) = told.steps()
    told.start(step, 2).later(899)
    assert told.why() == "in-progress"
    assert told.later(2).event() == ev.HoldRaised(W2, because("progress-deadline", stage=W2, deadline_s=900))


def test_a_wave_that_the_windows_end_parted_goes_on_in_the_next_one():
    told = History(orders(progress_deadline_s=900.0))
    told.play(until=lambda run: W2 in run.stages and run.stages[W2].begun)
    at_night_only(told)
    told.play(until=lambda run: not run.busy)
    assert told.why() == "window-closed"
    told.now = told.now.replace(hour=22, minute=0)
    for step in told.steps():
        told.start(step)
    assert told.later(1).why() == "in-progress"


def test_an_absent_controllers_time_is_not_counted():
    told = under_way(progress_deadline_s=900.0).later(36_000).say(ev.ControllerTookOver("c2"))
    assert told.why() == "in-progress"


def test_a_soaking_wave_is_not_overdue():
    told = History(orders(progress_deadline_s=900.0, soak_s=2000.0)).play(
        until=lambda run: W1 in run.stages and run.stages[W1].upgraded
    )
    assert not isinstance(getattr(told.later(1000).only(), "event", None), ev.RollbackBegan)


def test_a_drain_that_never_ends_is_held_not_forced():
    told = History(orders()).play(failing("04-drain", FailureKind.TIMEOUT))
    assert told.run.holds[f"{CANARY}/04-drain"].code == "step-failed"
    assert told.run.lanes[CANARY].result is None


def test_what_a_person_takes_for_a_step_is_neither_the_hosts_nor_the_waves_time():
    items = item("drain", at="lb-1"), item("manual", "plug the cable"), item("release"), item("verify")
    plan, inventory, _ = orders_plan(soak_s=0.0)
    schedule = schedule_of(plan, inventory, Recipes({"orders": items}))
    told = History(with_policy(schedule, host_deadline_s=600.0, progress_deadline_s=900.0))
    told.play(until=lambda run: f"{CANARY}/03-manual" in run.flying)
    assert isinstance(told.later(7200).only(), Wait)
    told.end(f"{CANARY}/03-manual")
    assert told.only() == Perform(f"{CANARY}/04-install", 1, "")
    told.take()
    assert told.later(899).why() == "in-progress"
    assert told.later(2).event().because.code == "progress-deadline"
    told.end(f"{CANARY}/04-install")
    assert told.event() == ev.LaneTurned(CANARY, because("host-deadline", host="app-07"))
