"""Checking recipes: backups before writes, ways back, traffic, proof, placeholders."""

from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Check
from liftlock.model.recipe import Item, Recipes
from tests.decide.asking import ask, codes, good_plan, only, rolled, with_component, with_items, with_plan
from tests.decide.fakes import component, inventory_of, item, orders_items

BACKUP, DRAIN, RELEASE, SERVICE, VERIFY, READMIT = orders_items()
WRITE = item("command", "write", writes=True, undo="unwrite")


def said(*items: Item, **component_fields: Any) -> set[str]:
    found = codes(with_component(with_items(good_plan(), *items), **component_fields))
    return {code for code in found if code.startswith(("L15", "L16"))}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((BACKUP, DRAIN, RELEASE, SERVICE, VERIFY, READMIT), set()),
        ((RELEASE, SERVICE, VERIFY), set()),
        ((), {"L150"}),
        ((item("backup", "unproved"), RELEASE, VERIFY), {"L153"}),
        ((item("backup", "unproved"), RELEASE, BACKUP, VERIFY), {"L153", "L154"} - {"L154"}),
        ((WRITE, BACKUP, RELEASE, VERIFY), {"L154"}),
        ((item("command", "w", writes=True), VERIFY), {"L155"}),
        ((item("command", "w", because="gone"), VERIFY), set()),
        ((replace(item("command", "w", writes=True), way="back"), VERIFY), set()),
        ((BACKUP, item("migrate"), VERIFY), {"L156"}),
        ((item("migrate"), VERIFY), {"L152", "L156", "L166"}),
        ((DRAIN, RELEASE, VERIFY), {"L157"}),
        ((RELEASE, VERIFY, READMIT), {"L158"}),
        ((DRAIN, RELEASE, READMIT, VERIFY), {"L159"}),
        ((DRAIN, RELEASE, VERIFY, SERVICE, READMIT), {"L159"}),
        ((DRAIN, VERIFY, READMIT, RELEASE, VERIFY), {"L160"}),
        ((SERVICE, DRAIN, RELEASE, VERIFY, READMIT), {"L160"}),
        ((RELEASE,), {"L161"}),
        ((DRAIN, RELEASE, READMIT), {"L161"}),
        ((RELEASE, replace(VERIFY, way="back")), {"L161"}),
        ((RELEASE, item("verify", "port 80")), {"L162"}),
        ((RELEASE, item("verify", "says 1.1 now")), set()),
        ((RELEASE, item("verify", "11.10")), {"L162"}),
        ((RELEASE, item("verify", "port 80"), VERIFY), set()),
        ((item("drain", at="nowhere"), RELEASE, VERIFY, READMIT), {"L165"}),
        ((replace(VERIFY, at="controller"), RELEASE), set()),
        ((item("service", "x", because="stop"), RELEASE, VERIFY), {"L167"}),
        ((item("service", "x", because="stop"), RELEASE, item("service", "x", because="start"), VERIFY), set()),
        ((item("telepathy", "x"), RELEASE, VERIFY), {"L168"}),
    ],
)
def test_recipes(items: tuple[Item, ...], expected: set[str]) -> None:
    assert said(*items) == expected


@pytest.mark.parametrize("fields", [{"stateful": True}, {"class_": "database"}])
def test_what_holds_state_is_backed_up_before_the_first_write(fields: dict[str, Any]) -> None:
    assert said(RELEASE, VERIFY, **fields) == {"L152"}
    assert said(WRITE, BACKUP, RELEASE, VERIFY, **fields) == {"L152"}
    assert said(BACKUP, RELEASE, VERIFY, **fields) == set()
    assert said(VERIFY, **fields) == set()


@pytest.mark.parametrize(
    ("on_failure", "expected"),
    [("roll back", True), ("roll back wave", True), ("roll back host", True), ("restore", False), ("freeze", False)],
)
def test_restoring_is_asked_for(on_failure: str, expected: bool) -> None:
    given = rolled(with_items(good_plan(), BACKUP, item("migrate"), VERIFY), on_failure=on_failure)
    assert ("L156" in codes(given)) is expected


def test_findings_lead_to_their_item() -> None:
    found = only(with_items(good_plan(), VERIFY, item("command", "w", writes=True)), "L155")
    assert found.path == ("components", 0, "recipe", 1)
    assert found.fields == {"step": "command"}


def test_too_many_steps() -> None:
    found = only(with_items(good_plan(), VERIFY, *(item("command", "x") for _ in range(99))), "L151")
    assert found.fields == {"component": "orders", "steps": 101, "limit": 100}
    assert "L151" not in codes(with_items(good_plan(), VERIFY, *(item("command", "x") for _ in range(98))))


# --- once lanes ---------------------------------------------------------------------------------------------


def once(before: tuple[Item, ...] = (), after: tuple[Item, ...] = ()) -> list[str]:
    plan, inventory, recipes = rolled(good_plan(), on_failure="restore")
    written = {"once_before": ({"migrate": ""},) if before else (), "once_after": ({"migrate": ""},) if after else ()}
    plan = replace(plan, components=(replace(plan.components[0], **written),))
    return codes((plan, inventory, replace(recipes, before={"orders": before}, after={"orders": after})))


def test_a_migration_has_a_backup_in_its_lane_or_in_the_lane_before() -> None:
    assert "L152" in once(before=(item("migrate"),))
    assert "L152" not in once(before=(item("backup"), item("migrate")))
    assert "L152" in once(after=(item("migrate"),))
    assert "L152" not in once(before=(item("backup"),), after=(item("backup"), item("migrate")))


def test_a_point_of_no_return_before_the_waves() -> None:
    assert "L164" in once(before=(item("command", "x", because="gone"),))
    assert "L164" not in once(after=(item("command", "x", because="gone"),))


def test_a_point_of_no_return_before_components_that_come_after() -> None:
    plan, _, _ = good_plan()
    components = (
        component("db", "db"),
        component("orders", "app", after=("db",)),
        component("web", "web", after=("orders",)),
    )
    recipes = Recipes(
        {name: orders_items() for name in ("orders", "web")}
        | {"db": (*orders_items(), item("command", "x", because="gone"))}
    )
    found = only((replace(plan, components=components), inventory_of({"db": 8, "app": 8, "web": 8}), recipes), "L163")
    assert (found.fields["component"], found.fields["dependents"]) == ("db", "orders, web")


# --- placeholders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{host} {address} {version} {from_version} {to_version} {component} {domain} {root}", set()),
        ("{port}", {"L180"}),
        ("{prot}", {"L180"}),
        ("${HOME} {{not}} [0-9]{3} {a-b}", set()),
    ],
)
def test_placeholders(text: str, expected: set[str]) -> None:
    found = codes(with_items(good_plan(), RELEASE, VERIFY, item("verify", text)))
    assert {code for code in found if code.startswith("L18")} == expected


def test_a_variable_that_not_every_host_has() -> None:
    plan, inventory, recipes = with_items(good_plan(), RELEASE, VERIFY, item("verify", "{port}"))
    every = {name: replace(host, variables={"port": "80"}) for name, host in inventory.hosts.items()}
    assert "L180" not in codes((plan, Inventory(every, inventory.groups), recipes))
    lacking = every | {"app-03": Host("app-03")}
    found = only((plan, Inventory(lacking, inventory.groups), recipes), "L181")
    assert found.fields == {"name": "port", "host": "app-03"}


def test_the_known_names_are_told() -> None:
    found = only(with_items(good_plan(), RELEASE, VERIFY, item("verify", "{hsot}")), "L180")
    assert found.fields["name"] == "hsot"
    assert "host" in str(found.fields["known"]).split(", ")


def test_literal_text_is_not_filled() -> None:
    found = only(
        with_items(good_plan(), RELEASE, VERIFY, item("command", "echo {host} ${host} {print} {host}")), "L182"
    )
    assert found.fields == {"name": "host"}


def test_a_gates_placeholders() -> None:
    given = rolled(good_plan(), checks=(Check("ready", http="http://{hots}/"),))
    assert only(given, "L180").path == ("rollout", "checks", 0)
    assert "L180" not in codes(rolled(good_plan(), checks=(Check("ready", http="http://{host}/"),)))


# --- health checks ------------------------------------------------------------------------------------------

HAPROXY = {"haproxy": "lb-1", "backend": "orders", "metric": "error_rate"}


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ((), "L280"),
        ((Check("a", http="http://x", above=1.0),) * 2, "L281"),
        ((Check("a", **HAPROXY),), "L282"),
        ((Check("a", http="http://x", value="n"),), "L282"),
        ((Check("a", **HAPROXY, above=1.0, below=0.5),), "L283"),
        ((Check("a", **HAPROXY, above="much"),), "L284"),
        ((Check("a", above=1.0),), "L285"),
        ((Check("a", http="http://x", **HAPROXY, above=1.0),), "L286"),
        ((Check("a", haproxy="lb-9", backend="b", metric="m", above=1.0),), "L287"),
        ((Check("a", command="true"),), "L288"),
        ((Check("a", haproxy="lb-1", above=1.0),), "L289"),
    ],
)
def test_gates(checks: tuple[Check, ...], code: str) -> None:
    assert only(rolled(good_plan(), checks=checks), code).path[:2] == ("rollout", "checks")


@pytest.mark.parametrize(
    "check",
    [
        Check("a", http="http://{host}/healthz"),
        Check("a", http="http://{host}/x", value="p99", above=0.2),
        Check("a", haproxy="lb-1", backend="b", above=1.0),
        Check("a", haproxy="/run/haproxy.sock", backend="b", metric="m", above=1.0),
        Check("a", haproxy="10.0.0.1:9999", backend="b", metric="m", below=1.0),
    ],
)
def test_gates_that_are_well(check: Check) -> None:
    assert not [finding for finding in ask(rolled(good_plan(), checks=(check,))) if finding.code.startswith("L28")]


def test_a_components_own_rollout_is_told_at_its_place() -> None:
    plan, inventory, recipes = good_plan()
    own = with_component((plan, inventory, recipes), rollout=replace(plan.rollout, checks=()))
    assert only(own, "L280").path == ("components", 0, "rollout", "checks")
    assert "L280" not in codes(with_plan(own, components=plan.components))
