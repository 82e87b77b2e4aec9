"""Estimates: rounds by capacity and failure domain, soak on top, the way back as the lane would go it."""

import pytest
from msgspec.structs import replace

from liftlock.decide.estimate import back_s, estimate, lane_back_s, lane_forward_s, rounds, stage_forward_s
from liftlock.model.plan import Share
from liftlock.model.recipe import Recipes
from tests.decide.fakes import component, item, orders_items, orders_plan, schedule_of, two_tiers


def test_a_lane_is_the_sum_of_its_steps_on_each_way() -> None:
    recipe = schedule_of(*orders_plan()).recipes["orders"]
    assert lane_forward_s(recipe) == 1 + 5 + 5 + 5 + 5 + 20 + 5 + 5 + 5
    # drain, the restore if need be, the install undone, restart, verify, readmit
    assert lane_back_s(recipe) == 5 + 5 + 20 + 5 + 5 + 5


@pytest.mark.parametrize(
    ("size", "domains", "left", "expected"),
    [
        (8, 0, 4, 56 * 2 + 65),  # two side by side
        (8, 0, 3, 56 * 2 + 65),
        (8, 0, 1, 56 + 65),
        (8, 0, 0, 65),
        (8, 8, 4, 56 * 4 + 65),  # every host in a domain of its own: one after the other
    ],
)
def test_a_stage_takes_rounds_and_a_soak(size: int, domains: int, left: int, expected: float) -> None:
    schedule = schedule_of(*orders_plan(size, domains=domains, waves=(Share(percent=100),), soak_s=60.0))
    assert stage_forward_s(schedule, schedule.stages[0], left) == expected


def test_what_was_measured_wins_over_the_estimate() -> None:
    schedule = schedule_of(*orders_plan(8, waves=(Share(percent=100),), soak_s=60.0))
    assert stage_forward_s(schedule, schedule.stages[0], 4, lane_s=10.0) == 2 * 10 + 65


def test_domains_are_counted_in_runs() -> None:
    schedule = schedule_of(*orders_plan(6, domains=2))
    assert rounds(schedule, ["app-01", "app-03", "app-05", "app-02"], 2) == 3
    assert rounds(schedule, [], 2) == 0
    assert rounds(schedule, ["app-01", "app-03"], 0) == 2


def test_back_goes_with_the_rollbacks_own_capacity() -> None:
    schedule = schedule_of(*orders_plan(100))
    lane_s = lane_back_s(schedule.recipes["orders"])
    assert back_s(schedule, "orders", 33) == lane_s
    assert back_s(schedule, "orders", 34) == 2 * lane_s
    assert back_s(schedule, "nothing", 34) == 0


def test_the_total_is_the_longest_way_through_the_needs() -> None:
    plan, inventory, recipes = two_tiers()
    whole = estimate(schedule_of(plan, inventory, recipes))
    assert whole.total_s == sum(stage.forward_s for stage in whole.stages)
    free = replace(plan, components=tuple(replace(one, after=()) for one in plan.components))
    apart = estimate(schedule_of(free, inventory, recipes))
    assert apart.total_s == max(stage.forward_s for stage in apart.stages)
    assert [stage.begins_s for stage in apart.stages] == [0.0, 0.0]


def test_points_of_no_return_are_named() -> None:
    plan, inventory, _ = orders_plan(2)
    once = component("orders", "app", once_after=({"command": "drop"},))
    after = {"orders": (item("command", "drop column", because="the column is gone"),)}
    found = estimate(
        schedule_of(replace(plan, components=(once,)), inventory, Recipes({"orders": orders_items()}, {}, after))
    )
    assert [(one.stage, one.name, one.because) for one in found.no_return] == [
        ("orders/1/after", "01-command", "the column is gone")
    ]
