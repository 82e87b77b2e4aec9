"""Asking `check` about a changed plan: what is said only because of the change."""

from typing import Any

from msgspec.structs import replace

from liftlock.decide.check import check
from liftlock.decide.rules.codes import CODES
from liftlock.model.chapters import BackupStrategy
from liftlock.model.findings import Finding, Severity
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Approval, Check, Notify, Plan, Share
from liftlock.model.recipe import Item, Recipes
from tests.decide.fakes import fake_drivers, orders_plan

Given = tuple[Plan, Inventory, Recipes]
ERRORS = Check("errors", haproxy="lb-1", backend="orders", metric="error_rate", above=0.01)


def good_plan(size: int = 8, **rollout: Any) -> Given:
    """A plan of which nothing is to be said."""
    given = {"waves": (Share(count=1), Share(percent=100)), "checks": (ERRORS,)} | rollout
    plan, inventory, recipes = orders_plan(size, **given)
    return (
        replace(
            plan,
            approvals=(Approval("business", {"any of": ("zhang.min", "wang.fang")}), Approval("risk", "chen.jie")),
            backup=(BackupStrategy("/etc/orders"),),
            acceptance=("checkout works",),
            notify=(Notify(command="mail"),),
        ),
        inventory,
        recipes,
    )


def with_items(given: Given, *items: Item) -> Given:
    plan, inventory, _ = given
    placed = tuple(replace(one, path=("components", 0, "recipe", index)) for index, one in enumerate(items))
    return plan, inventory, Recipes({"orders": placed})


def with_component(given: Given, **fields: Any) -> Given:
    plan, inventory, recipes = given
    return replace(plan, components=(replace(plan.components[0], **fields),)), inventory, recipes


def with_plan(given: Given, **fields: Any) -> Given:
    plan, inventory, recipes = given
    return replace(plan, **fields), inventory, recipes


def ask(given: Given, **more: Any) -> tuple[Finding, ...]:
    plan, inventory, recipes = given
    drivers = more.pop("drivers", None) or fake_drivers()
    found = check(plan, inventory, recipes, drivers, **({"artifacts": {}, "texts": {}} | more))
    for finding in found:
        if finding.code in CODES:
            assert set(finding.fields) == set(CODES[finding.code]), finding
    return found


def codes(given: Given, **more: Any) -> list[str]:
    return [finding.code for finding in ask(given, **more)]


def only(given: Given, code: str, **more: Any) -> Finding:
    """The one finding with this code."""
    (found,) = [finding for finding in ask(given, **more) if finding.code == code]
    return found


def errors(given: Given, **more: Any) -> list[str]:
    return [finding.code for finding in ask(given, **more) if finding.severity is Severity.ERROR]


def rolled(given: Given, **fields: Any) -> Given:
    plan, inventory, recipes = given
    return replace(plan, rollout=replace(plan.rollout, **fields)), inventory, recipes
