"""Several hops: each a component of its own to the schedule, built on the one before; up, back, and in between."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from liftlock.decide.amend import amendable, lanes_begun
from liftlock.decide.arrange import arrange
from liftlock.decide.compare import compare, touched_ids
from liftlock.decide.estimate import estimate
from liftlock.decide.expand import expand, lay_out
from liftlock.decide.hops import unfold
from liftlock.decide.readiness import readiness
from liftlock.decide.rollback import built_on
from liftlock.decide.stages import outage_gap, whole_s
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.plan import Budget, Hop, Rollout, Share, Versions
from liftlock.model.ports import Artifact
from liftlock.model.reasons import because
from liftlock.model.recipe import Recipes
from liftlock.model.run import Run
from liftlock.model.schedule import component_of, hop_of, name_of, path_of
from liftlock.model.survey import HostSurvey, Survey
from tests.decide.asking import Given, ask, codes, good_plan, only
from tests.decide.fakes import component, fake_drivers, inventory_of, item, orders_items, orders_plan, schedule_of
from tests.decide.history import History, failing

OWN = (item("backup", "own"), item("release", "dist/orders-1.1.tar.gz"), item("verify"))


def hops(given: Given, *via: Hop, own: tuple = OWN, to: str = "1.3", **fields) -> Given:
    """The plan's first component over these releases; the first of them has a recipe of its own."""
    plan, inventory, recipes = given
    versions = Versions("1.0", to)
    first = replace(plan.components[0], version=versions, via=via, **fields)
    paths = tuple(replace(one, path=("components", 0, "via", 0, "recipe", n)) for n, one in enumerate(own))
    mine = {f"{first.name}/1": paths} if own else {}
    return replace(plan, components=(first, *plan.components[1:])), inventory, replace(
        recipes, items=recipes.items | mine
    )  # fmt: skip


def two_hops(size: int = 4, **rollout) -> Given:
    return hops(orders_plan(size, **({"soak_s": 0.0} | rollout)), Hop("1.1"))


def told(size: int = 4, **rollout) -> History:
    return History(schedule_of(*two_hops(size, **rollout)))


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders/1/w2/app-07/03-install", "orders"),
        ("orders/1/w2", "orders"),
        ("orders/2/w2/app-07", "orders/2"),
        ("orders/12/after", "orders/12"),
        ("orders", "orders"),
        ("run", "run"),
    ],
)
def test_a_stage_a_lane_and_a_step_say_their_hop(name, expected):
    assert component_of(name) == expected


@pytest.mark.parametrize(("key", "name", "number", "path"), [("a", "a", 1, "a/1"), ("a/3", "a", 3, "a/3")])
def test_a_hop_says_its_component_and_its_number(key, name, number, path):
    assert (name_of(key), hop_of(key), path_of(key), component_of(f"{path}/w1")) == (name, number, path, key)


# --- unfolding ----------------------------------------------------------------------------------------------


def test_each_hop_has_its_versions_and_its_own_steps_or_the_components():
    plan, _, recipes = hops(orders_plan(2), Hop("1.1"), Hop("1.2", soak_s=7.0))
    found = unfold(plan, recipes)
    assert list(found) == ["orders", "orders/2", "orders/3"]
    versions = [(each.component.version.from_, each.component.version.to) for each in found.values()]
    assert versions == [("1.0", "1.1"), ("1.1", "1.2"), ("1.2", "1.3")]
    assert [each.component.name for each in found.values()] == ["orders"] * 3
    assert found["orders"].items == tuple(recipes.items["orders/1"])
    assert found["orders/2"].items == found["orders/3"].items == orders_items()
    assert [each.component.rollout and each.component.rollout.soak_s for each in found.values()] == [None, 7.0, None]
    assert found["orders"].place == ("components", 0, "via", 0)
    assert found["orders/2"].place == ("components", 0), "where its recipe is written"


def test_a_hop_follows_the_one_before_and_who_comes_after_waits_for_all():
    plan, _, recipes = hops(orders_plan(2), Hop("1.1"), after=("db",))
    plan = replace(
        plan, components=(*plan.components, component("db", "db"), component("web", "app", after=("orders",)))
    )
    found = unfold(plan, recipes)
    assert {key: each.component.after for key, each in found.items()} == {
        "orders": ("db",),
        "orders/2": ("orders",),
        "db": (),
        "web": ("orders", "orders/2"),
    }


def test_an_empty_list_of_a_hop_means_nothing_and_silence_the_components():
    given = orders_plan(2)
    once = (item("command", "contract"),)
    plan, _, recipes = hops(given, Hop("1.1"), Hop("1.2"), once_after=({"command": "contract"},))
    recipes = replace(recipes, after={"orders": once, "orders/1": ()})
    found = unfold(plan, recipes)
    assert [len(each.after) for each in found.values()] == [0, 1, 1]
    assert [bool(each.component.once_after) for each in found.values()] == [False, True, True]


def test_a_component_that_is_written_twice_is_only_a_finding():
    plan, inventory, recipes = hops(good_plan(2), Hop("1.1"))
    twice = replace(plan, components=(*plan.components, component("orders", "app")))
    assert "L100" in codes((twice, inventory, recipes))


# --- the schedule -------------------------------------------------------------------------------------------


def test_ids_are_component_hop_wave_and_each_hop_begins_after_the_whole_one_before():
    schedule = schedule_of(*two_hops(4))
    assert [(stage.id, stage.needs) for stage in schedule.stages] == [
        ("orders/1/w1", ()),
        ("orders/1/w2", ("orders/1/w1",)),
        ("orders/1/w3", ("orders/1/w2",)),
        ("orders/2/w1", ("orders/1/w3",)),
        ("orders/2/w2", ("orders/2/w1",)),
        ("orders/2/w3", ("orders/2/w2",)),
    ]
    waves = [stage.hosts for stage in schedule.stages]
    assert waves[:3] == waves[3:], "the same hosts go first in every hop"
    assert {name: policy.capacity for name, policy in schedule.policies.items()} == {"orders": "app", "orders/2": "app"}


def test_a_hop_begins_after_what_is_done_once_after_the_one_before():
    plan, inventory, recipes = hops(orders_plan(2), Hop("1.1"), once_after=({"command": "x"},))
    plan = replace(plan, components=(*plan.components, component("web", "app", after=("orders",), per="wave")))
    recipes = Recipes(recipes.items | {"web": orders_items()}, after={"orders": (item("command", "x"),)})
    needs = {stage.id: stage.needs for stage in schedule_of(plan, inventory, recipes).stages}
    assert needs["orders/2/w1"] == ("orders/1/after",)
    assert needs["web/1/w1"] == ("orders/1/w1", "orders/2/w1"), "wave by wave, of the last hop too"


def test_placeholders_are_the_hops_own_and_the_component_is_the_plans():
    plan, inventory, recipes = two_hops(2)
    said = (
        item("command", "{component} {from_version} {to_version} {version}"),
        item("verify", "{component} {version}"),
    )
    layout = lay_out(schedule_of(plan, inventory, replace(recipes, items={"orders": said})))
    texts = [expand(layout, f"orders/{hop}/w1/app-01/02-verify").action.args["text"] for hop in (1, 2)]
    assert texts == ["orders 1.1", "orders 1.3"]
    assert expand(layout, "orders/2/w1/app-01/b02-verify").action.args["text"] == "orders 1.1", "back to before the hop"


def test_the_order_of_roles_is_looked_up_under_the_components_name():
    given = two_hops(3)
    seen = {f"app-0{n}": {"orders.role": "primary" if n == 2 else "replica"} for n in (1, 2, 3)}
    survey = Survey(History(schedule_of(*given)).now, {h: HostSurvey(h, True, facts) for h, facts in seen.items()})
    schedule = schedule_of(*given, survey=survey)
    last = [stage.hosts for stage in schedule.stages if stage.id in ("orders/1/w3", "orders/2/w3")]
    assert last == [("app-02",), ("app-02",)]
    assert schedule.assumes == seen


def test_arranging_again_after_it_began_changes_nothing():
    given = two_hops(8)
    schedule = schedule_of(*given)
    begun = [f"orders/2/w1/{host}" for host in schedule.stages[3].hosts]
    assert compare(schedule, schedule_of(*given, previous=schedule, begun=begun)) == ()


def test_the_way_back_before_a_window_closes_is_that_of_all_hops():
    schedule = schedule_of(*two_hops(4))
    layout, stages = lay_out(schedule), {stage.id: stage for stage in schedule.stages}
    one = next(each for each in estimate(schedule).stages if each.stage == "orders/1/w1").back_s
    two = next(each for each in estimate(schedule).stages if each.stage == "orders/2/w1").back_s
    run = History(schedule).play(until=lambda run: "orders/2/w1" in run.stages).run
    assert whole_s(layout, Run(), stages["orders/1/w1"]) - whole_s(layout, run, stages["orders/2/w1"]) == pytest.approx(
        one + stage_up_s(schedule, "orders/1/w1") - 4 * one - two - stage_up_s(schedule, "orders/2/w1")
    )


def stage_up_s(schedule, name):
    return next(each for each in estimate(schedule).stages if each.stage == name).forward_s


# --- up -----------------------------------------------------------------------------------------------------


def test_up_the_second_hop_begins_when_the_first_is_complete():
    seen = told().play()
    assert seen.run.result is RunResult.UPGRADED
    steps = seen.started()
    assert max(map(seen.first, (s for s in steps if s.startswith("orders/1/")))) < min(
        map(seen.first, (s for s in steps if s.startswith("orders/2/")))
    )
    assert {stage: view.upgraded for stage, view in seen.run.stages.items() if stage.endswith("w1")} == {
        "orders/1/w1": 1,
        "orders/2/w1": 1,
    }


def test_a_host_that_one_hop_did_not_reach_is_left_out_of_the_next():
    """The budget allows for it; its next hop would write over a version that it was not made for."""
    seen = told(on_failure="roll back host", failure_budget=Budget(hosts=1))
    lost = seen.schedule.stages[2].hosts[0]
    seen.play(failing("04-install", FailureKind.REFUSED, hosts=[lost]))
    assert seen.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS
    assert seen.run.lanes[f"orders/1/w3/{lost}"].result is LaneResult.RETURNED
    left = seen.run.lanes[f"orders/2/w3/{lost}"]
    assert (left.result, left.because.code, left.steps) == (LaneResult.SKIPPED, "hop-not-reached", {})
    assert not [step for step in seen.started() if step.startswith("orders/2/") and f"/{lost}/" in step]


def test_a_host_that_is_tried_again_in_both_hops_goes_through_the_first_one_first():
    seen = told(on_failure="roll back host", failure_budget=Budget(hosts=1))
    lost = seen.schedule.stages[2].hosts[0]
    both = [f"orders/{hop}/w3/{lost}" for hop in (1, 2)]
    seen.play(failing("04-install", FailureKind.REFUSED, hosts=[lost]), until=lambda run: both[1] in run.lanes)
    seen.say(*(ev.LaneReopened(lane, "li.wei", "mended") for lane in both)).play()
    assert seen.run.result is RunResult.UPGRADED
    assert seen.first(f"{both[0]}/04-install") < seen.first(f"{both[1]}/00-precheck")


def test_a_host_that_is_tried_again_in_the_second_hop_only_stays_left_out():
    seen = told(on_failure="roll back host", failure_budget=Budget(hosts=1))
    lost = seen.schedule.stages[2].hosts[0]
    lane = f"orders/2/w3/{lost}"
    seen.play(failing("04-install", FailureKind.REFUSED, hosts=[lost]), until=lambda run: lane in run.lanes)
    seen.say(ev.LaneReopened(lane, "li.wei", "mended")).play()
    assert seen.run.lanes[lane].result is LaneResult.SKIPPED
    assert seen.run.result is RunResult.UPGRADED_WITH_EXCEPTIONS


def test_failures_are_counted_over_all_hops():
    seen = told(on_failure="roll back host", failure_budget=Budget(hosts=1))
    first, last = seen.schedule.stages[0].hosts[0], seen.schedule.stages[2].hosts[0]

    broken = {f"orders/1/w3/{last}/04-install", f"orders/2/w1/{first}/05-install"}
    seen.play(lambda step, attempt: FailureKind.REFUSED if step in broken else None)
    assert seen.run.failures == {"orders": 2}
    assert seen.run.holds["orders/2/w1"].code == "budget-exceeded"


# --- back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wave", ["w1", "w2", "w3"])
def test_back_from_the_second_hop_it_is_undone_before_the_first(wave):
    seen = told()
    stage = next(stage for stage in seen.schedule.stages if stage.id == f"orders/2/{wave}")
    verify = f"orders/2/{wave}/{stage.hosts[-1]}/07-verify"
    seen.play(lambda step, attempt: FailureKind.UNHEALTHY if step == verify else None)
    assert seen.run.result is RunResult.ROLLED_BACK
    undone = [step for step in seen.started() if "/u" in step]
    second, first = ([i for i, s in enumerate(undone) if s.startswith(f"orders/{hop}/")] for hop in (2, 1))
    assert second
    assert first
    assert max(second) < min(first)
    assert {lane.result for lane in seen.run.lanes.values()} == {LaneResult.RETURNED}
    verified = [step for step in seen.started() if step.endswith(("b04-verify", "b05-verify", "b07-verify"))]
    assert len(verified) == len(seen.run.lanes), "each hop's way back looks for the version before that hop"


def test_back_by_waves_only_the_hop_goes_back():
    seen = told(on_failure="roll back wave")
    seen.play(failing("07-verify", FailureKind.UNHEALTHY))
    assert seen.run.holds["run"].code == "rolled-back-in-part"
    assert {name: view.upgraded for name, view in seen.run.stages.items()} == {
        "orders/1/w1": 1,
        "orders/1/w2": 1,
        "orders/1/w3": 2,
        "orders/2/w1": 0,
    }


def test_one_hop_does_not_go_back_from_under_the_next():
    seen = told().play(until=lambda run: run.stages.get("orders/2/w1") and run.stages["orders/2/w1"].upgraded)
    below = [lane for lane in seen.run.lanes if lane.startswith("orders/1/")]
    assert built_on(seen.layout, seen.run, frozenset(below)).startswith("orders/2/w1/")
    assert built_on(seen.layout, seen.run, frozenset(seen.run.lanes)) == ""


def test_what_one_hop_cannot_undo_is_a_point_of_no_return_for_all_before_it():
    given = two_hops(4)
    final = (item("backup"), item("command", "drop", because="dropped columns"), item("verify"))
    plan, inventory, recipes = given
    schedule = schedule_of(plan, inventory, replace(recipes, items=recipes.items | {"orders": final}))
    seen = History(schedule).play(failing("04-verify", FailureKind.UNHEALTHY))
    assert seen.run.rollback is None
    assert {reason.code for reason in seen.run.holds.values()} & {"past-no-return", "cannot-roll-back"}
    assert all(
        lane.result is LaneResult.UPGRADED for name, lane in seen.run.lanes.items() if name.startswith("orders/1/")
    )


def outage() -> History:
    """Two tiers that go out together, each over a release on its way: `orders` is stopped for `db`."""
    out = Rollout(planned_outage=True, waves=(Share(percent=100),), soak_s=0.0)
    stop, start = item("service", "x", because="stop"), item("service", "x", because="start")
    tier = (item("backup"), stop, item("release", "dist/orders.tar.gz"), start, item("verify"))
    own = {"rollout": out, "via": (Hop("1.1"),), "version": Versions("1.0", "1.2")}
    components = (component("db", "db", **own), component("orders", "app", after=("db",), **own))
    plan = replace(orders_plan(2)[0], components=components)
    recipes = Recipes(dict.fromkeys(("db", "orders"), tier))
    return History(schedule_of(plan, inventory_of({"app": 2, "db": 1}), recipes))


def test_an_outage_of_several_hops_stops_its_dependents_once_for_all_of_them():
    needs = {stage.id: stage.needs for stage in outage().schedule.stages}
    assert list(needs) == ["orders/1/stop", "db/1/w1", "db/2/w1", "orders/1/w1", "orders/2/w1"]
    assert needs["db/1/w1"] == ("orders/1/stop",)
    assert needs["db/2/w1"] == ("orders/1/stop", "db/1/w1")


def test_an_outage_of_several_hops_goes_back_hop_by_hop_tier_by_tier():
    seen = outage()
    bad = {f"orders/2/w1/app-0{n}/07-verify" for n in (1, 2)}
    seen.play(lambda step, attempt: FailureKind.UNHEALTHY if step in bad else None)
    assert seen.run.result is RunResult.ROLLED_BACK
    undone = [step for step in seen.started() if step.split("/")[-1].startswith("u0")]
    order = ["orders/2", "orders/1/w", "db/2", "db/1"]
    places = [[i for i, step in enumerate(undone) if step.startswith(path)] for path in order]
    for sooner, later in pairwise(places):
        assert max(sooner) < min(later)


def test_a_stop_that_was_taken_back_is_the_matter_of_the_tier_that_it_was_made_for():
    seen = outage().play(until=lambda run: "orders/2/w1" in run.stages)
    seen.say(ev.RollbackBegan("stage", because("asked"), ("orders/1/stop",))).play()
    assert seen.run.stages["orders/1/stop"].returned == 2
    gaps = {name: outage_gap(seen.layout, seen.run, seen.layout.stages[name]) for name in ("db/2/w1", "orders/2/w1")}
    assert [name for name, gap in gaps.items() if gap] == ["db/2/w1"]


# --- what is said of it -------------------------------------------------------------------------------------


def seen_in(*via: Hop, own: tuple = (), **fields) -> list[str]:
    known = set(codes(good_plan(4)))
    return [code for code in codes(hops(good_plan(4), *via, own=own, **fields)) if code not in known]


def test_nothing_is_said_of_hops_that_are_well():
    assert seen_in(Hop("1.1"), Hop("1.2", soak_s=60.0)) == []
    assert seen_in(Hop("1.1", once_before=({"command": "x"},)), once_at="app-01") == []


@pytest.mark.parametrize(
    ("via", "fields", "expected"),
    [
        ((Hop("1.0"),), {}, ["L590"]),
        ((Hop("1.3"),), {}, ["L590"]),
        ((Hop("1.1"), Hop("1.1")), {}, ["L590"]),
        ((Hop("1.2"), Hop("1.1")), {}, ["L592"]),
        ((Hop("1.4"),), {}, ["L592"]),
        ((Hop("1.1", soak_s=1.0),), {}, ["L213"]),
        ((Hop("1.1", soak_s=0.0),), {}, ["L216"]),
        ((Hop("1.1"),), {"once_after": ({"command": "x"},)}, ["L595"]),
        ((Hop("1.1"),), {"after": ("orders/2",)}, ["L103"]),
    ],
)
def test_hops_that_are_not(via, fields, expected):
    assert seen_in(*via, **fields) == expected


def test_a_known_bad_release_is_no_way_up():
    plan, inventory, recipes = hops(good_plan(4), Hop("1.1"), own=())
    bad = replace(plan.components[0], version=Versions("1.0", "1.3", known_bad=("1.1",)))
    assert only((replace(plan, components=(bad,)), inventory, recipes), "L591").path == (
        "components",
        0,
        "via",
        0,
        "version",
    )


def test_a_soak_that_is_longer_than_the_longest():
    given = hops(good_plan(4, longest_soak_s=600.0), Hop("1.1", soak_s=601.0), own=())
    found = only(given, "L212")
    assert found.path[:4] == ("components", 0, "via", 0)
    assert found.fields == {"soak_s": 601.0, "longest_soak_s": 600.0}


def test_faults_of_a_hops_recipe_lead_to_its_place_and_shared_faults_are_said_once():
    found = only(
        hops(good_plan(4), Hop("1.1"), own=(item("release", "x"), item("backup", "y"), item("verify"))), "L154"
    )
    assert found.path == ("components", 0, "via", 0, "recipe", 0)
    plan, inventory, _ = hops(good_plan(4), Hop("1.1"), own=())
    shared = ask((plan, inventory, Recipes({"orders": (item("release", "x"),)})))
    assert [finding.code for finding in shared].count("L161") == 1


def test_hops_that_bring_the_same_file():
    drivers = fake_drivers()
    fetching = drivers["release"].expand_item

    def fetch(given, setting):
        steps = fetching(given, setting)
        args = steps[0].action.args | {"sha256": "6f2c"}
        return (replace(steps[0], action=replace(steps[0].action, args=args)), *steps[1:])

    drivers["release"].expand_item = fetch
    shared = hops(good_plan(4), Hop("1.1"), own=())
    assert only(shared, "L596", drivers=drivers).fields == {"component": "orders", "version": "1.3", "other": "1.1"}
    assert "L596" not in codes(hops(good_plan(4), Hop("1.1")), drivers=drivers), "each its own recipe"


def test_an_irreversible_hop_is_warned_of_where_others_come_after_it():
    final = (item("backup"), item("command", "drop", because="dropped columns"), item("verify"))
    found = only(hops(good_plan(4), Hop("1.1"), own=final), "L163")
    assert found.fields["dependents"] == "orders/2"


@pytest.mark.parametrize(
    ("running", "expected"),
    [("1.0", []), ("1.1", [("L593", "info")]), ("1.2", [("L594", "error")]), ("1.3", [("L594", "error")]),
     ("0.9", [("L305", "error")])],
)  # fmt: skip
def test_a_host_that_is_on_its_way_already(running, expected, noon):
    plan, inventory, recipes = hops(orders_plan(2), Hop("1.1"), Hop("1.2"), own=())
    facts = {"version:orders": running}
    survey = Survey(
        noon, {host: HostSurvey(host, True, facts) for host in ("app-01",)} | {"app-02": HostSurvey("app-02", True, {})}
    )
    found = readiness(plan, inventory, recipes, survey)
    assert [(finding.code, finding.severity.value) for finding in found] == expected


def test_a_survey_from_the_middle_of_a_run_does_not_block_its_amendment(noon):
    given = hops(good_plan(2), Hop("1.1"), own=())
    survey = Survey(noon, {host: HostSurvey(host, True, {"version:orders": "1.3"}) for host in ("app-01", "app-02")})
    assert {each.severity.value for each in ask(given, survey=survey) if each.code == "L594"} == {"warning"}


# --- amending -----------------------------------------------------------------------------------------------


def amended(given: Given, until: str, begin=two_hops) -> tuple[list[str], History]:
    seen = History(schedule_of(*begin(4))).play(until=lambda run: until in run.lanes and run.lanes[until].result)
    new = arrange(
        *given,
        fake_drivers(),
        artifacts={"dist/orders.tar.gz": Artifact("/x", "6f2c", 1)},
        texts={},
        plan_digest="q" * 64,
        program="0.1.0",
        previous=seen.schedule,
        begun=lanes_begun(seen.run),
    )
    return [reason.code for reason in amendable(seen.schedule, new, lanes_begun(seen.run))], seen


@pytest.mark.parametrize(
    ("via", "to", "until", "expected"),
    [
        ((Hop("1.1"), Hop("1.2")), "1.3", "orders/2/w1", ["amend-changes-version"]),  # the second hop is another one
        ((Hop("1.1"), Hop("1.2")), "1.3", "orders/1/w1", []),  # which has not begun yet
        ((Hop("1.1"), Hop("1.3")), "1.4", "orders/2/w1", []),  # farther than it was meant to go
        ((), "1.1", "orders/1/w1", []),  # no farther than the first hop
        ((), "1.1", "orders/2/w1", ["amend-drops-component"]),
        ((), "1.3", "orders/1/w1", ["amend-changes-version"]),
    ],
)
def test_hops_that_have_begun_stay_and_those_to_come_may_change(via, to, until, expected):
    given = hops(orders_plan(4, soak_s=0.0), *via, to=to, own=OWN)
    if not via:
        plan, inventory, recipes = given
        given = plan, inventory, replace(recipes, items={"orders": OWN if to == "1.1" else orders_items()})
    host = schedule_of(*two_hops(4)).stages[0].hosts[0]
    found, _ = amended(given, f"{until}/{host}")
    assert [code for code in found if code != "amend-changes-steps"] == expected


def test_a_longer_soak_of_the_hop_to_come_touches_nothing_that_is_done():
    before = schedule_of(*two_hops(4))
    after = schedule_of(*hops(orders_plan(4, soak_s=0.0), Hop("1.1", soak_s=30.0)))
    assert touched_ids(before, after) == {"orders/1/w1", "orders/1/w2", "orders/1/w3"}
    assert {change.name for change in compare(before, after)} == {"orders.soak_s", "orders.longest_soak_s"}
