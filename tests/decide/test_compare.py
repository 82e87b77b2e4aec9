"""What changed is said field by field; an amendment may not touch what was done."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.amend import amendable
from liftlock.decide.compare import compare, touched_ids
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Check, Share, Versions, Window
from liftlock.model.ports import Artifact
from liftlock.model.recipe import Recipes
from liftlock.model.schedule import Schedule
from tests.decide.fakes import item, orders_items, orders_plan, schedule_of, two_tiers


def told(old: Schedule, new: Schedule) -> list[tuple[str, str, str, str]]:
    return [(change.area, change.name, change.before, change.after) for change in compare(old, new)]


def without(inventory: Inventory, host: str) -> Inventory:
    return Inventory(inventory.hosts, {"app": tuple(name for name in inventory.groups["app"] if name != host)})


def test_equal_schedules_have_no_changes() -> None:
    assert compare(schedule_of(*two_tiers()), schedule_of(*two_tiers())) == ()
    assert touched_ids(schedule_of(*two_tiers()), schedule_of(*two_tiers())) == frozenset()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "zone": st.just("Asia/Shanghai"),
            "reserve_s": st.just(60.0),
            "stages": st.just("fewer"),
            "recipes": st.just("fewer"),
            "assumes": st.just({"app-01": {"os": "debian"}}),
            "artifacts": st.just({}),
            "windows": st.just((Window("22:00", "04:00"),)),
            "hosts": st.just("moved"),
            "drivers": st.just({"release": "2"}),
        },
    )
)
def test_there_are_changes_exactly_where_there_is_a_difference(what: dict[str, Any]) -> None:
    old = schedule_of(*orders_plan())
    for key, value in what.items():
        if value == "fewer":
            whole = getattr(old, key)
            what[key] = (
                whole[:-1] if key == "stages" else {**whole, "orders": replace(whole["orders"], names=("x",) * 9)}
            )
        if value == "moved":
            what[key] = old.hosts | {"lb-1": replace(old.hosts["lb-1"], address="10.0.0.9")}
    new = replace(old, **what)
    assert bool(compare(old, new)) == (old != new)


def test_a_host_that_left_and_one_that_came() -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    gone = old.stages[0].hosts[0]
    changed = told(old, schedule_of(plan, without(inventory, gone), recipes, previous=old))
    assert ("host", gone, "orders/1/w1", "") in changed
    back = told(schedule_of(plan, without(inventory, gone), recipes, previous=old), old)
    assert ("host", gone, "", "orders/1/w1") in back
    assert not any(area == "connection" for area, *_ in changed)


def test_moved_between_waves() -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    new = schedule_of(replace(plan, rollout=replace(plan.rollout, waves=(Share(percent=100),))), inventory, recipes)
    moved = {name: (before, after) for area, name, before, after in told(old, new) if area == "host"}
    assert set(moved) == {*old.stages[1].hosts, *old.stages[2].hosts}
    assert set(moved.values()) == {("orders/1/w2", "orders/1/w1"), ("orders/1/w3", "orders/1/w1")}


def test_steps_are_compared_field_by_field() -> None:
    plan, inventory, recipes = orders_plan()
    items = (*orders_items()[:4], replace(item("verify", "other"), timeout_s=9.0), *orders_items()[5:])
    assert told(schedule_of(plan, inventory, recipes), schedule_of(plan, inventory, Recipes({"orders": items}))) == [
        ("step", "orders/07-verify.action.args.text", "{version}", "other"),
        ("step", "orders/07-verify.timeout_s", "300.0", "9.0"),
    ]


def test_a_step_that_was_left_out_shows_itself_and_the_new_order() -> None:
    plan, inventory, recipes = orders_plan()
    items = (*orders_items()[:3], *orders_items()[4:])
    changed = told(schedule_of(plan, inventory, recipes), schedule_of(plan, inventory, Recipes({"orders": items})))
    areas = [(area, name) for area, name, *_ in changed]
    assert areas == [("recipe", "orders"), ("step", "orders/06-restart"), ("driver", "service")]
    assert changed[1][3] == ""


def test_artifacts_budgets_windows_versions_connections() -> None:
    plan, inventory, recipes = orders_plan()
    old = schedule_of(plan, inventory, recipes)
    other = replace(plan.components[0], version=Versions("1.0", "1.2"))
    hosts = inventory.hosts | {"app-01": replace(inventory.hosts["app-01"], user="deploy")}
    new = schedule_of(
        replace(plan, components=(other,), windows=(Window("22:00", "04:00"),)),
        Inventory(hosts, inventory.groups),
        recipes,
        artifacts={"dist/orders.tar.gz": Artifact("/x", "9a01", 1)},
    )
    changed = told(old, new)
    assert ("artifact", "dist/orders.tar.gz", "6f2c", "9a01") in changed
    assert ("policy", "orders.version_to", "1.1", "1.2") in changed
    assert ("connection", "app-01.user", '""', "deploy") in changed
    (window,) = [change for change in changed if change[0] == "window"]
    assert window[1:3] == ("1", "")
    assert "22:00" in window[3]


def test_touched_stages() -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    gone = old.stages[1].hosts[0]
    smaller = schedule_of(plan, without(inventory, gone), recipes, previous=old)
    assert "orders/1/w2" in touched_ids(old, smaller)
    check = replace(plan, rollout=replace(plan.rollout, checks=(Check("c", http="http://{host}"),)))
    assert touched_ids(old, schedule_of(check, inventory, recipes)) == {stage.id for stage in old.stages}
    assert touched_ids(old, replace(old, windows=(Window("22:00", "04:00"),))) == frozenset()


# --- amending -----------------------------------------------------------------------------------------------


def begun(schedule: Schedule, stage: int = 0) -> list[str]:
    return [f"{schedule.stages[stage].id}/{host}" for host in schedule.stages[stage].hosts]


def test_a_dead_host_may_be_left_out_and_a_check_corrected() -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    items = (*orders_items()[:4], item("verify", "corrected {version}"), *orders_items()[5:])
    gone = without(inventory, old.stages[0].hosts[0])
    new = schedule_of(plan, gone, Recipes({"orders": items}), previous=old)
    assert amendable(old, new, [*begun(old, 0), *begun(old, 1)]) == ()


def test_what_has_begun_does_not_move() -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    new = schedule_of(replace(plan, rollout=replace(plan.rollout, waves=(Share(percent=100),))), inventory, recipes)
    assert amendable(old, new, begun(old, 0)) == ()
    reasons = amendable(old, new, begun(old, 1))
    assert {reason.code for reason in reasons} == {"amend-moves-host"}
    assert reasons[0].fields["after"] == "orders/1/w1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": Versions("1.0", "1.2")}, "amend-changes-version"),
        ({"name": "other"}, "amend-drops-component"),
    ],
)
def test_what_has_begun_keeps_its_component(change: dict[str, Any], code: str) -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    component = replace(plan.components[0], **change)
    new = schedule_of(replace(plan, components=(component,)), inventory, Recipes({component.name: orders_items()}))
    assert [reason.code for reason in amendable(old, new, begun(old))] == [code]
    assert amendable(old, new, []) == ()


def test_what_has_begun_keeps_its_steps() -> None:
    plan, inventory, recipes = orders_plan(4)
    old = schedule_of(plan, inventory, recipes)
    new = schedule_of(plan, inventory, Recipes({"orders": orders_items()[1:]}), previous=old)
    (reason,) = amendable(old, new, begun(old))
    assert (reason.code, reason.fields) == ("amend-changes-steps", {"recipe": "orders", "step": "02-backup"})


def test_a_stop_stage_is_no_wave() -> None:
    old = schedule_of(*two_tiers())
    stopped = [f"orders/1/stop/{host}" for host in old.stages[0].hosts]
    new = replace(old, stages=old.stages[1:])
    assert amendable(old, new, stopped) == ()
