"""Given a rollback, who turns when, and what is done on the way back?"""

import pytest
from msgspec.structs import replace

from liftlock.decide.rollback import built_on
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.plan import Rollout, Share
from liftlock.model.reasons import because
from liftlock.model.recipe import Recipes
from liftlock.model.schedule import host_of, stage_of
from tests.decide.fakes import component, inventory_of, item, orders_items, orders_plan, schedule_of
from tests.decide.history import History, failing, orders, with_policy

W1, W2 = "orders/1/w1", "orders/1/w2"
CANARY = f"{W1}/app-07"
ASKED = ev.RollbackBegan("all", because("asked"), by="li.wei")


def half_way(schedule=None) -> History:
    """The first wave is through, the second under way on two hosts."""
    told = History(schedule or orders()).play(until=lambda run: W2 in run.stages)
    told.take()
    return told


def steps_back(told: History, lane: str) -> list[str]:
    return [step.rpartition("/")[2] for step in told.started() if step.startswith(lane) and step[len(lane) + 1] in "ub"]


# --- one lane ---------------------------------------------------------------------------------------------


def test_a_whole_lane_goes_out_of_service_undoes_restarts_verifies_and_returns():
    told = half_way().say(ASKED).play()
    assert steps_back(told, CANARY) == ["b04-drain", "u05-install", "b06-restart", "b07-verify", "b08-readmit"]


def test_a_lane_that_only_fetched_has_nothing_to_undo():
    told = half_way()
    for step in list(told.run.flying):
        told.end(step)
    told.say(ASKED).play()
    assert steps_back(told, f"{W2}/app-05") == []
    assert told.run.lanes[f"{W2}/app-05"].result is LaneResult.RETURNED


def test_the_way_back_is_verified_against_the_old_version_or_held():
    told = half_way().say(ASKED).play(failing("b07-verify", FailureKind.UNHEALTHY, hosts=["app-07"]))
    assert told.run.holds[f"{CANARY}/b07-verify"].code == "step-failed"
    assert f"{CANARY}/b08-readmit" not in told.started(), "not readmitted unverified"
    assert told.run.result is None


def test_a_step_in_flight_ends_before_its_lane_turns():
    told = half_way(orders(rollback_max_unavailable=Share(count=3))).say(ASKED)
    flying = f"{W2}/app-05"
    told.take()
    assert [event.lane for event in told.told(ev.LaneTurned)] == [CANARY]
    told.end(f"{flying}/00-precheck")
    told.take()
    assert flying in [event.lane for event in told.told(ev.LaneTurned)]


def test_a_turned_lane_of_a_rollback_is_no_failure_of_its_host():
    told = half_way().say(ASKED).play()
    assert told.run.failures == {}
    assert told.run.result is RunResult.ROLLED_BACK


# --- how far ----------------------------------------------------------------------------------------------


def test_everything_newest_first_no_gates_no_windows():
    told = half_way(orders(gated=True, soak_s=20.0)).say(ASKED).play()
    assert {lane.result for lane in told.run.lanes.values()} == {LaneResult.RETURNED}
    assert told.run.result is RunResult.ROLLED_BACK


def test_a_stage_only():
    told = half_way().say(ev.RollbackBegan("stage", because("asked"), (W2,), "li.wei")).play()
    assert told.run.lanes[CANARY].result is LaneResult.UPGRADED
    assert told.run.lanes[f"{W2}/app-05"].result is LaneResult.RETURNED
    assert told.run.holds["run"].code == "rolled-back-in-part"


def test_some_hosts_only():
    told = half_way().say(ev.RollbackBegan("hosts", because("asked"), ("app-07",), "li.wei")).play()
    assert told.run.lanes[CANARY].result is LaneResult.RETURNED
    assert told.run.lanes[f"{W2}/app-05"].result is LaneResult.UPGRADED


def test_after_a_partial_rollback_the_run_goes_on_when_a_person_says_so():
    told = half_way().say(ev.RollbackBegan("hosts", because("asked"), ("app-05",), "li.wei")).play()
    told.say(ev.HoldSettled("run", "retry", "li.wei", "go on without it")).play()
    assert told.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS


def test_nothing_forward_begins_while_it_goes_back():
    told = half_way().say(ASKED)
    begun = set(told.run.lanes)
    told.play()
    assert set(told.run.lanes) == begun


def test_a_rollback_lifts_a_pause_and_questions_about_going_on():
    told = half_way().say(ev.RunPaused("li.wei", at_once=True), ev.HoldRaised(W2, because("check-no-data")), ASKED)
    assert told.play().run.result is RunResult.ROLLED_BACK


# --- capacity ----------------------------------------------------------------------------------------------


def all_up(size: int = 8, **more) -> History:
    """Every host upgraded, the last wave soaking."""
    schedule = orders(size, soak_s=60.0, **more)
    return History(schedule).play(until=lambda run: sum(stage.upgraded for stage in run.stages.values()) == size)


def test_the_way_back_may_be_faster_and_keeps_its_own_limit():
    told = all_up(rollback_max_unavailable=Share(count=4), max_unavailable=Share(count=1)).say(ASKED)
    told.take()
    assert len([lane for lane in told.run.lanes.values() if lane.out]) == 4
    most = 0
    while told.run.result is None:
        most = max(most, len(told.run.out.get("orders", {})))
        told.play(until=lambda run, size=told.run.size: run.size > size)
    assert most == 4


def test_many_bad_hosts_do_not_block_their_own_rollback():
    told = all_up(gated=True, max_unavailable=Share(count=1), rollback_max_unavailable=Share(count=1))
    hosts = tuple(told.schedule.hosts)
    last = "orders/1/w3"
    told.look(last, 0.9, bad_hosts=tuple(h for h in hosts if f"{last}/{h}" in told.run.lanes))
    told.take()
    turned = [event.lane for event in told.told(ev.LaneTurned)]
    assert len(turned) == 4, "the four that are bad, at once"
    assert told.play().run.result is RunResult.ROLLED_BACK


def test_hosts_that_are_out_already_turn_first():
    told = half_way(orders(max_unavailable=Share(count=1), rollback_max_unavailable=Share(count=1)))
    (flying,) = told.run.flying
    told.end(flying).say(ASKED)
    assert told.event().lane == flying.rpartition("/")[0]


# --- no way back -------------------------------------------------------------------------------------------


def migrating(kind: str, **policy) -> History:
    """A recipe with a step that cannot be undone, or only by a backup."""
    items = list(orders_items())
    items.insert(2, item("migrate", "v2") if kind == "restorable" else item("command", "drop", because="columns gone"))
    plan, inventory, _ = orders_plan(8, soak_s=0.0)
    return History(with_policy(schedule_of(plan, inventory, Recipes({"orders": tuple(items)})), **policy))


def test_past_a_point_of_no_return_a_failure_freezes_and_asks():
    told = migrating("irreversible").play(failing("08-verify", FailureKind.UNHEALTHY))
    assert told.run.lanes[CANARY].result is LaneResult.FAILED
    assert told.run.holds[W1].code == "past-no-return"
    assert not told.told(ev.LaneTurned, ev.RollbackBegan)


def test_before_it_the_lane_goes_back_as_usual():
    told = migrating("irreversible").play(failing("04-drain", FailureKind.REFUSED))
    assert told.run.lanes[CANARY].result is LaneResult.RETURNED


def test_a_later_waves_failure_does_not_undo_what_cannot_be_undone():
    told = migrating("irreversible").play(failing("04-drain", FailureKind.REFUSED, hosts=["app-05"]))
    assert told.run.holds[W2].code == "cannot-roll-back"
    assert told.run.lanes[CANARY].result is LaneResult.UPGRADED


@pytest.mark.parametrize(("on_failure", "result"), [("restore", LaneResult.RETURNED), ("roll back", LaneResult.FAILED)])
def test_what_only_a_backup_brings_back_goes_back_only_where_the_plan_says_restore(on_failure, result):
    told = migrating("restorable", on_failure=on_failure).play(failing("08-verify", FailureKind.UNHEALTHY))
    assert told.run.lanes[CANARY].result is result
    assert ("u02-backup" in steps_back(told, CANARY)) is (on_failure == "restore")


def test_a_version_known_bad_is_no_target():
    schedule = orders(no_return_because="1.0 is known bad")
    told = History(schedule).play(failing("07-verify", FailureKind.UNHEALTHY))
    assert told.run.holds[W1].fields["why"] == "1.0 is known bad"
    assert "u05-install" not in steps_back(told, CANARY)


def test_but_a_lane_that_wrote_nothing_yet_still_goes_back():
    told = History(orders(no_return_because="1.0 is known bad")).play(failing("04-drain", FailureKind.REFUSED))
    assert told.run.lanes[CANARY].result is LaneResult.RETURNED


# --- across components, and what ran once ------------------------------------------------------------------


def tiers(**more) -> History:
    """`web` after `orders` after `db`, one wave each, all upgraded but the last stage's promotion."""
    plan, _, _ = orders_plan(1)
    rollout = Rollout(waves=(Share(percent=100),), soak_s=60.0, max_unavailable=Share(percent=100), **more)
    components = (
        component("db", "db", rollout=rollout),
        component("orders", "app", after=("db",), rollout=rollout),
        component("web", "web", after=("orders",), rollout=rollout),
    )
    groups = inventory_of({"db": 2, "app": 2, "web": 2})
    recipes = Recipes({name: orders_items() for name in ("db", "orders", "web")})
    told = History(schedule_of(replace(plan, components=components), groups, recipes))
    return told.play(until=lambda run: "web/1/w1" in run.stages and run.stages["web/1/w1"].upgraded == 2)


def test_what_depends_on_a_component_goes_back_before_it():
    told = tiers().say(ASKED).play()
    assert told.run.result is RunResult.ROLLED_BACK
    undone = [step.partition("/")[0] for step in told.started() if step.endswith("/u05-install")]
    assert undone == ["web", "web", "orders", "orders", "db", "db"]


def test_a_dependent_that_cannot_go_back_keeps_what_it_depends_on():
    told = tiers().say(ASKED).play(failing("u05-install", FailureKind.REFUSED, hosts=["web-01"]))
    assert list(told.run.holds) == ["web/1/w1/web-01/u05-install"]
    assert not [step for step in told.started() if step.startswith("db/") and "/u" in step]


def in_scope(told: History, *names: str) -> list[str]:
    return [lane for lane in told.run.lanes if stage_of(lane) in names or host_of(lane) in names]


@pytest.mark.parametrize(
    ("names", "blocked"),
    [
        (["db/1/w1"], "orders/1/w1/app-01"),
        (["orders/1/w1"], "web/1/w1/web-01"),
        (["db-01"], "orders/1/w1/app-01"),
        (["db/1/w1", "orders/1/w1"], "web/1/w1/web-01"),
        (["web/1/w1"], ""),
        (["web-01"], ""),
        (["orders/1/w1", "web/1/w1"], ""),
        (["db/1/w1", "orders/1/w1", "web/1/w1"], ""),
    ],
)
def test_nothing_is_undone_from_under_what_was_built_on_it(names, blocked):
    told = tiers()
    assert built_on(told.layout, told.run, in_scope(told, *names)) == blocked


def test_what_has_gone_back_already_stands_on_nothing():
    told = tiers()
    told.say(*(ev.LaneTurned(f"web/1/w1/web-0{n}", because("asked")) for n in (1, 2)))
    assert built_on(told.layout, told.run, in_scope(told, "orders/1/w1")) == ""
    assert built_on(told.layout, told.run, in_scope(told, "db/1/w1")) == "orders/1/w1/app-01"


def test_a_host_does_not_go_back_behind_the_contract():
    """Its old version would meet what the last migration made, which only the new one understands."""
    told = with_once().play(until=lambda run: "orders/1/after" in run.stages and run.stages["orders/1/after"].upgraded)
    hosts = [lane for lane in told.run.lanes if lane.startswith("orders/1/w1/")]
    (after,) = [lane for lane in told.run.lanes if lane.startswith("orders/1/after/")]
    assert built_on(told.layout, told.run, hosts[:1]) == after
    assert built_on(told.layout, told.run, [*hosts, after]) == ""


def with_once() -> History:
    """An expand step before all waves, a contract step after them."""
    plan, inventory, _ = orders_plan(2, soak_s=0.0, waves=(Share(percent=100),), max_unavailable=Share(percent=50))
    written = ({"command": "x"},)
    once = replace(plan.components[0], once_before=written, once_after=written)
    expand_items = (item("command", "add column", undo="drop column", writes=True),)
    contract_items = (item("command", "new view", undo="old view", writes=True),)
    recipes = Recipes({"orders": orders_items()}, {"orders": expand_items}, {"orders": contract_items})
    return History(schedule_of(replace(plan, components=(once,)), inventory, recipes))


def test_once_before_comes_first_and_once_after_last():
    told = with_once().play()
    assert told.run.result is RunResult.UPGRADED
    firsts = dict.fromkeys(step.split("/")[2] for step in told.started())
    assert list(firsts) == ["before", "w1", "after"]


def test_and_they_go_back_in_the_opposite_order():
    """Dropping the new column while a host still runs the new version would break it."""
    told = with_once().play(until=lambda run: "orders/1/after/app-01" in run.lanes)
    told.play(failing("u01-command", FailureKind.TRANSIENT), until=lambda run: run.lanes["orders/1/after/app-01"].steps)
    told.say(ASKED).play()
    assert told.run.result is RunResult.ROLLED_BACK
    back = dict.fromkeys(step.split("/")[2] for step in told.started() if step.rpartition("/")[2][0] in "ub")
    assert list(back)[-2:] == ["w1", "before"]
    last_wave_step = max(i for i, step in enumerate(told.started()) if "/w1/" in step)
    assert told.first("orders/1/before/app-01/u01-command") > last_wave_step


# --- hosts that are lost ----------------------------------------------------------------------------------


def lost_and_back() -> History:
    """One host never answered; the way back may take one out at a time, and that one is out for good."""
    told = History(orders(4, rollback_max_unavailable=Share(count=1), failures_max=4, wave_failures_max=4))
    told.play(failing("00-precheck", FailureKind.UNREACHABLE, hosts=["app-01"]), until=lambda run: lost(run))
    return told.say(ASKED).play()


def lost(run):
    return any(lane.result is LaneResult.FAILED for lane in run.lanes.values())


def test_a_rollback_that_lost_hosts_leave_no_room_for_asks_a_person():
    told = lost_and_back()
    stage, why = next(iter(told.run.holds.items()))
    assert (stage.partition("/")[0], why.code) == ("orders", "no-capacity-left")
    assert not told.told(ev.LaneTurned)


def test_a_persons_word_lets_one_more_host_out_at_a_time():
    told = lost_and_back()
    while told.run.holds:
        (stage,) = told.run.holds
        told.say(ev.HoldSettled(stage, "done", "li.wei", "it is night")).play(until=lambda run: out(run) > 2)
    assert told.run.result is RunResult.ROLLED_BACK
    assert told.told(ev.LaneTurned)


def out(run):
    return len(run.out.get("orders", {}))
