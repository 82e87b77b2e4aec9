"""A planned outage (停机升级): what is stopped, when, and in which order everything starts again."""

import pytest
from msgspec.structs import replace

from liftlock.decide.rollback import built_on
from liftlock.drivers.service import ServiceDriver
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.plan import Rollout, Share
from liftlock.model.reasons import because
from liftlock.model.recipe import Item, Recipes
from tests.decide.fakes import component, fake_drivers, inventory_of, item, orders_plan, schedule_of, two_tiers
from tests.decide.history import History, failing, with_policy

STOP, DB, APP = "orders/1/stop", "orders-db/1/w1", "orders/1/w1"
ASKED = ev.RollbackBegan("all", because("asked"), by="li.wei")


def outage(**policy) -> History:
    return History(with_policy(schedule_of(*two_tiers(soak_s=0.0)), **policy))


def at_work(told: History, dependent: str) -> list[tuple[str, int]]:
    """The steps that take effect, and how many hosts of the dependent run at that moment."""
    running = {host for stage in told.schedule.stages if stage.component == dependent for host in stage.hosts}
    found = []
    for entry in told.entries:
        if isinstance(entry.event, ev.StepSucceeded):
            stage, host, name = entry.event.step.rsplit("/", 2)
            if stage.startswith(f"{dependent}/"):
                verb = name.partition("-")[2]
                # the undo of an install is an install; a stop that is undone is a start
                running = running - {host} if verb == "stop" and name[0] != "u" else running
                running = running | {host} if verb == "start" else running
            found.append((f"{stage}/{name}", len(running)))
    return found


def test_up_the_dependent_is_stopped_first_and_starts_with_its_own_upgrade():
    told = outage().play()
    assert told.run.result is RunResult.UPGRADED
    assert {n for step, n in at_work(told, "orders") if step == f"{DB}/05-install"} == {0}
    assert at_work(told, "orders")[-1][1] == 4


def test_back_the_tier_returns_before_what_was_stopped_for_it_starts():
    told = outage().play(failing("07-verify", FailureKind.UNHEALTHY, hosts=["db-01"]))
    assert told.run.result is RunResult.ROLLED_BACK
    seen = at_work(told, "orders")
    assert {n for step, n in seen if step.startswith(f"{DB}/u")} == {0}
    assert {n for step, n in seen if step.startswith(f"{DB}/b")} == {0}
    assert seen[-1][1] == 4, "and then it runs again"


def test_back_the_dependents_own_upgrade_is_undone_before_the_tier_but_it_stays_down():
    told = outage().play(failing("07-verify", FailureKind.UNHEALTHY, hosts=["app-03"]))
    assert told.run.result is RunResult.ROLLED_BACK
    last_undo = max(i for i, step in enumerate(told.started()) if step.startswith(f"{APP}/") and "/u05" in step)
    first_of_db = min(i for i, step in enumerate(told.started()) if step.startswith(f"{DB}/") and "/u" in step)
    assert last_undo < first_of_db
    assert {n for step, n in at_work(told, "orders") if step.startswith(f"{DB}/u")} == {0}
    started_again = [step for step in told.started() if step.startswith(f"{STOP}/") and step.endswith("b02-start")]
    assert len(started_again) == 4
    assert {lane.result for lane in told.run.lanes.values()} == {LaneResult.RETURNED}


def test_back_from_the_stop_itself_needs_nobody_else():
    told = outage().play(until=lambda run: STOP in run.stages and run.stages[STOP].upgraded == 4)
    told.say(ASKED).play()
    assert told.run.result is RunResult.ROLLED_BACK
    assert at_work(told, "orders")[-1][1] == 4


def one_returns_alone(step: str = "07-verify", **more) -> History:
    """The tier is on its new version, and one host of its dependent does not get there."""
    told = outage(on_failure="roll back host", failures_max=4, wave_failures_max=4)
    return told.play(failing(step, FailureKind.REFUSED, hosts=["app-03"]), **more)


@pytest.mark.parametrize("step", ["05-install", "06-start", "07-verify", "02-backup"])
def test_a_host_that_returns_alone_stays_down_with_the_reason(step):
    """Its old version is not for the tier's new one: that is what the outage is for."""
    told = one_returns_alone(step)
    assert told.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS
    ending = next(e for e in told.told(ev.LaneEnded) if e.lane == f"{APP}/app-03")
    assert (ending.result, ending.because.code) == (LaneResult.RETURNED, "stays-down")
    assert at_work(told, "orders")[-1][1] == 3


def test_a_host_that_returned_alone_is_down_while_a_later_rollback_undoes_its_tier_and_starts_after_it():
    told = one_returns_alone(until=lambda run: f"{APP}/app-03" in run.lanes and run.lanes[f"{APP}/app-03"].result)
    told.say(ASKED).play()
    assert told.run.result is RunResult.ROLLED_BACK
    seen = at_work(told, "orders")
    assert {n for step, n in seen if step.startswith(f"{DB}/u")} == {0}
    assert seen[-1][1] == 4
    assert told.first(f"{STOP}/app-03/b02-start") > told.first(f"{DB}/db-01/u05-install")
    assert f"{APP}/app-03/b06-start" not in told.started()


def test_a_host_that_stays_down_is_started_by_another_try():
    told = one_returns_alone(until=lambda run: f"{APP}/app-03" in run.lanes and run.lanes[f"{APP}/app-03"].result)
    told.say(ev.LaneReopened(f"{APP}/app-03", "li.wei")).play()
    assert told.run.result is RunResult.UPGRADED
    assert at_work(told, "orders")[-1][1] == 4


def test_a_wave_that_returns_alone_stays_down_too():
    told = outage(on_failure="roll back wave").play(failing("07-verify", FailureKind.UNHEALTHY, hosts=["app-03"]))
    assert told.run.holds["run"].code == "rolled-back-in-part"
    assert at_work(told, "orders")[-1][1] == 0
    told.say(ASKED).play()
    assert told.run.result is RunResult.ROLLED_BACK
    assert {n for step, n in at_work(told, "orders") if step.startswith(f"{DB}/u")} == {0}


@pytest.mark.parametrize(
    ("unstopped", "starts"),
    [
        (ev.LaneSkipped(f"{STOP}/app-03", "li.wei", "switched off"), True),
        (None, False),
    ],
)
def test_only_what_the_outage_stopped_stays_down(unstopped, starts):
    """A rollback would not start what a person had left out of the stopping."""
    told = outage(on_failure="roll back host", failures_max=4, wave_failures_max=4)
    told.play(until=lambda run: STOP in run.stages and not run.lanes)
    told.say(*([unstopped] if unstopped else [])).play(failing("05-install", FailureKind.REFUSED, hosts=["app-03"]))
    assert (f"{APP}/app-03/b06-start" in told.started()) is starts


def test_a_recipe_that_only_restarts_stops_on_its_way_back():
    """Else the new version would go on in memory, over the old tier."""
    *given, drivers = only_restarting()
    told = History(schedule_of(*given, drivers=drivers))
    told.play(failing("03-restart", FailureKind.REFUSED, hosts=["app-03"]))
    assert told.run.result is RunResult.ROLLED_BACK
    started = told.started()
    back = [step.rpartition("/")[2] for step in started if step.startswith(f"{APP}/app-03/") and "/0" not in step]
    assert back == ["b05-stop", "u02-install"]
    first_of_db = min(i for i, step in enumerate(started) if step.startswith(f"{DB}/") and "/u" in step)
    stopped = [i for i, step in enumerate(started) if step.startswith(f"{APP}/") and step.endswith("/b05-stop")]
    assert len(stopped) == 4
    assert max(stopped) < first_of_db
    again = [i for i, step in enumerate(started) if step.startswith(f"{STOP}/") and step.endswith("-restart")]
    assert len(again) == 4
    assert min(again) > first_of_db


def only_restarting():
    plan, inventory, _ = two_tiers(soak_s=0.0)
    stop, start = item("service", "x", because="stop"), item("service", "x", because="start")
    tier = (item("backup"), stop, item("release", "dist/orders.tar.gz"), start, item("verify"))
    real = ServiceDriver()
    restarts = Item("real-service", real.manifest.item(restart="x"))
    app = (item("release", "dist/orders.tar.gz"), restarts, item("verify"))
    return plan, inventory, Recipes({"orders-db": tier, "orders": app}), {**fake_drivers(), "real-service": real}


@pytest.mark.parametrize(
    ("lanes", "above"),
    [
        ([f"{DB}/db-01"], f"{APP}/app-"),
        ([f"{STOP}/app-03", f"{APP}/app-03"], f"{DB}/db-"),
        ([f"{APP}/app-03"], ""),
    ],
)
def test_what_something_was_built_on_cannot_go_back_without_it(lanes, above):
    told = outage().play()
    assert built_on(told.layout, told.run, lanes).startswith(above)
    assert bool(built_on(told.layout, told.run, lanes)) is bool(above)


def test_a_stage_that_is_tried_again_and_fails_does_not_go_back_under_what_was_built_on_it():
    told = outage(on_failure="roll back wave", failures_max=1, wave_failures_max=1)
    told.play(failing("05-install", FailureKind.REFUSED, hosts=["db-02"]), until=lambda run: APP in run.stages)
    told.play(until=lambda run: all(f"{APP}/app-0{n}" in run.lanes for n in range(1, 5)))
    told.say(ev.LaneReopened(f"{DB}/db-02", "li.wei"))
    told.play(failing("c07-verify", FailureKind.UNHEALTHY))
    assert not any(step.startswith(f"{DB}/db-01/u") for step in told.started())
    assert any(code.startswith(("step-failed", "built-upon")) for code in (r.code for r in told.run.holds.values()))


def test_a_dependent_that_cannot_be_stopped_keeps_the_outage_from_beginning():
    told = outage(failures_max=4, wave_failures_max=4)
    told.play(failing("01-stop", FailureKind.REFUSED, hosts=["app-03"]))
    assert told.run.holds[STOP].code == "step-failed"
    assert DB not in told.run.stages, "whatever the budget says"
    told.say(ev.HoldSettled(STOP, "skip", "li.wei", "that one is switched off")).play()
    assert DB in told.run.stages


def test_three_tiers_come_back_from_the_bottom():
    plan, _, _ = orders_plan(1)
    rollout = Rollout(planned_outage=True, waves=(Share(percent=100),), soak_s=0.0)
    stop, start = item("service", "x", because="stop"), item("service", "x", because="start")
    tier = (item("backup"), stop, item("release", "dist/orders.tar.gz"), start, item("verify"))
    components = (
        component("db", "db", rollout=rollout),
        component("orders", "app", after=("db",), rollout=rollout),
        component("web", "web", after=("orders",), rollout=rollout),
    )
    groups = inventory_of({"db": 1, "app": 1, "web": 1})
    recipes = Recipes(dict.fromkeys(("db", "orders", "web"), tier))
    told = History(schedule_of(replace(plan, components=components), groups, recipes))
    told.play(failing("07-verify", FailureKind.UNHEALTHY, hosts=["web-01"]))
    assert told.run.result is RunResult.ROLLED_BACK
    forward = [step.partition("/")[0] for step in told.started() if step.endswith(("/01-stop", "/04-stop"))]
    assert list(dict.fromkeys(forward)) == ["web", "orders", "db"]
    undone = [step.partition("/")[0] for step in told.started() if "/u05" in step]
    assert undone == ["web", "orders", "db"]
    again = [step.partition("/")[0] for step in told.started() if step.endswith("-start") and "/b" in step]
    assert again == ["db", "orders", "web"]


def test_a_stop_that_was_taken_back_keeps_the_tier_from_going_on():
    told = outage().play(until=lambda run: DB in run.stages)
    told.say(ev.RollbackBegan("hosts", because("asked"), ("app-03",), "li.wei")).play(until=lambda run: run.holds)
    told.say(ev.RunResumed("li.wei")).play()
    assert told.run.holds[STOP].code == "outage-incomplete"
    assert not any(lane.startswith(DB) for lane in told.run.lanes)
    told.say(ev.LaneReopened(f"{STOP}/app-03", "li.wei"), ev.HoldSettled(STOP, "retry", "li.wei", "now it may")).play()
    assert told.run.result is RunResult.UPGRADED
    assert {n for step, n in at_work(told, "orders") if step == f"{DB}/05-install"} == {0}
