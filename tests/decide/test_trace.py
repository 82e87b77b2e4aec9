"""The traceability table in both directions, with refinements; and money in sums."""

from msgspec.structs import replace

from liftlock.decide.money import budget_sums
from liftlock.decide.trace import trace
from liftlock.model.appraisal import Spent
from liftlock.model.chapters import Amount, Goal, Money, Period, PlannedTest, Requirement
from liftlock.model.plan import Plan
from tests.decide.chapters import whole
from tests.decide.fakes import component

PLAN = Plan(
    "x",
    (component("orders", "app"), component("search", "app")),
    goals=(Goal("G1", "fast"), Goal("G2", "safe")),
    requirements=(
        Requirement("R1", "a", goals=("G1",)),
        Requirement("S1", "b", level="software", refines=("R1",), changes=("orders", "gone"), tests=("T1",)),
        Requirement("S2", "c", level="software", refines=("S1",), changes=("orders",)),
        Requirement("R2", "d", tests=("T2", "T9")),
    ),
    tests=(PlannedTest("T1"), PlannedTest("T2", requirements=("R2", "S2")), PlannedTest("T3", requirements=("R9",))),
)


def test_each_requirement_leads_to_all_that_answers_it() -> None:
    rows = {row.requirement: row for row in trace(PLAN).rows}
    shown = {name: (row.goals, row.components, row.tests) for name, row in rows.items()}
    assert shown == {
        "R1": (("G1",), ("orders",), ("T1", "T2")),  # through S1, which S2 refines
        "S1": (("G1",), ("orders",), ("T1", "T2")),
        "S2": (("G1",), ("orders",), ("T2",)),
        "R2": ((), (), ("T2",)),
    }
    assert (rows["S1"].refines, rows["S1"].refined_by) == (("R1",), ("S2",))


def test_and_back() -> None:
    found = trace(PLAN)
    assert found.goals == {"G1": ("R1",), "G2": ()}
    assert found.components == {"orders": ("S1", "S2"), "search": ()}
    assert found.tests == {"T1": ("S1",), "T2": ("S2", "R2"), "T3": ()}


def test_orphans_of_every_kind() -> None:
    assert trace(PLAN).orphans == {
        "changes": ("R2",),
        "tests": (),
        "of_components": ("search",),
        "of_tests": ("T3",),
        "of_goals": ("G2",),
    }
    plan, *_ = whole()
    assert set(trace(plan).orphans.values()) == {()}


def test_a_circle_ends() -> None:
    one, other = (Requirement(a, a, level="software", refines=(b,)) for a, b in (("A", "B"), ("B", "A")))
    rows = trace(replace(PLAN, requirements=(one, replace(other, changes=("orders",))))).rows
    assert [row.components for row in rows] == [("orders",), ("orders",)]


def test_written_from_both_sides_it_is_one_trace() -> None:
    twice = replace(PLAN.requirements[1], tests=("T1", "T1"))
    plan = replace(PLAN, requirements=(twice,), tests=(PlannedTest("T1", requirements=("S1", "S1")),))
    assert trace(plan).tests == {"T1": ("S1",)}


def test_money_in_sums() -> None:
    amounts = (
        Amount("a", "people", 100.1, 90, on="2026-12-01"),
        Amount("b", "people", 50.2, on="2026-12-31"),
        Amount("c", "tools", 0, 30, on="2027-01-01"),
        Amount("d", "tools", 7, task="later"),
    )
    budget = Money(
        "CNY", amounts, (Period("2026-12-01", "2026-12-31", 200), Period("2027-01-01", "2027-01-31", 10)), 10
    )
    found = budget_sums(replace(PLAN, budget=budget))
    assert found is not None
    assert found.total == Spent("", 157.3, 120, 177.2)
    assert found.allowed == 173.03
    assert found.is_over
    assert found.kinds == (Spent("people", 150.3, 90, 140.2), Spent("tools", 7, 30, 37))
    assert found.periods == (
        Spent("2026-12-01", 150.3, 90, 140.2, 200, "2026-12-31"),
        Spent("2027-01-01", 0, 30, 30, 10, "2027-01-31"),
    )
    assert found.undated == 7
    assert budget_sums(PLAN) is None
