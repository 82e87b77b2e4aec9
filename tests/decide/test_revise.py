"""A revision says which requirements changed, what hangs on them, and what changed otherwise; nothing more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.revise import complaints, revise, touched_by
from liftlock.drivers import builtin
from liftlock.model.chapters import PlannedTest, Requirement, Risk, Team
from liftlock.model.plan import Plan
from liftlock.model.revision import Edit, RevisedEntry
from liftlock.model.tasks import Task, Timetable
from liftlock.planfile.load import load_plan
from liftlock.planfile.templates import render

DRIVERS = {driver.manifest.name: driver for driver in builtin}


def normal() -> Plan:
    plan = load_plan(render("normal"), DRIVERS).plan
    assert plan is not None
    return plan


NORMAL = normal()
R1 = Requirement("R1", "orders in several currencies", goals=("G1",), changes=("orders",), tests=("T1",))


def plan_with(*requirements: Requirement) -> Plan:
    return replace(NORMAL, requirements=requirements)


def changed(**keys: object) -> Requirement:
    return replace(R1, **keys)


# --- requirements -----------------------------------------------------------------------------------------


def test_equal_plans_have_nothing_revised() -> None:
    found = revise(NORMAL, normal())
    assert (found.requirements, found.entries) == ((), ())
    assert list(complaints(NORMAL, normal())) == []


def test_new_gone_and_changed_requirements_are_told_apart() -> None:
    two = replace(R1, id="R2", revision=3)
    found = revise(
        plan_with(R1, two), plan_with(changed(statement="orders in euros", revision=2), replace(R1, id="R3"))
    )
    assert [(each.id, each.what, each.before, each.after) for each in found.requirements] == [
        ("R1", "changed", 1, 2),
        ("R2", "gone", 3, 0),
        ("R3", "new", 0, 1),
    ]
    assert found.requirements[0].edits == (
        Edit("statement", "orders in several currencies", "orders in euros"),
        Edit("revision", "1", "2"),
    )
    assert found.entries == ()


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        ({"statement": "another"}, ["L690"]),
        ({"urgency": "high"}, ["L690"]),
        ({"from_": "the warehouse"}, ["L690"]),
        ({"statement": "another", "revision": 2}, ["L691"]),
        ({"statement": "another", "revision": 2, "because": "asked for by sales"}, []),
        ({"revision": 2}, ["L691"]),
        ({"tests": ("T1", "T2")}, []),  # a trace is no part of what it says
        ({"owner": "zhao.lei", "confirmed_by": ("wang.fang",)}, []),
    ],
)
def test_a_changed_requirement_wants_the_next_revision_with_a_reason(keys: dict[str, object], codes: list[str]) -> None:
    found = list(complaints(plan_with(R1), plan_with(changed(**keys))))
    assert [each.code for each in found] == codes
    assert all(each.path[:2] == ("requirements", 0) for each in found)


def test_a_revision_that_goes_back_is_told() -> None:
    (found,) = complaints(plan_with(changed(revision=3)), plan_with(changed(revision=2, because="taken back")))
    assert (found.code, found.path, found.fields["before"]) == ("L692", ("requirements", 0, "revision"), 3)


def test_what_was_confirmed_is_confirmed_again_only_if_it_says_something_else() -> None:
    confirmed = changed(confirmed_by=("zhang.min",))
    (traced,) = revise(plan_with(confirmed), plan_with(replace(confirmed, tests=("T2",)))).requirements
    (other,) = revise(plan_with(confirmed), plan_with(replace(confirmed, statement="another"))).requirements
    assert (traced.again, other.again) == ((), ("zhang.min",))


# --- traces -----------------------------------------------------------------------------------------------


def test_a_requirement_touches_what_is_traced_to_it_from_either_side_and_by_refinement() -> None:
    tests = (PlannedTest("T1"), PlannedTest("T2", requirements=("R1",)), PlannedTest("T3", kind="rehearsal"))
    fine = Requirement("R1.1", "a rate", level="software", refines=("R1",), tests=("T3",), goals=("G2",))
    tasks = (Task("build-it", stage="build", days=1), Task("try", stage="tests", days=1))
    more = (Task("rehearse", stage="rehearsal", days=1), Task("train", stage="training", days=1))
    plan = replace(plan_with(R1, fine), tests=tests, timetable=Timetable("2026-12-01", tasks=(*tasks, *more)))
    found = touched_by(plan, "R1")
    assert (found.requirements, found.goals, found.components) == (("R1.1",), ("G1", "G2"), ("orders",))
    assert (found.tests, found.tasks) == (("T1", "T2", "T3"), ("build-it", "try", "rehearse", "waves"))
    alone = touched_by(plan, "R1.1")
    assert (alone.components, alone.tests, alone.tasks) == ((), ("T3",), ("rehearse",))


def test_refinements_in_a_circle_end() -> None:
    one, other = replace(R1, id="A", refines=("B",)), replace(R1, id="B", refines=("A",))
    assert touched_by(plan_with(one, other), "A").requirements == ("B",)


def test_what_only_the_older_plan_traced_is_touched_as_well() -> None:
    (found,) = revise(plan_with(R1), plan_with(changed(tests=("T2",), goals=("G2",)))).requirements
    assert (found.touched.tests, found.touched.goals) == (("T1", "T2"), ("G1", "G2"))


# --- other chapters ---------------------------------------------------------------------------------------


def test_another_chapters_entry_is_named_with_the_fields_that_differ() -> None:
    assert NORMAL.timetable is not None
    tasks = tuple(replace(each, days=9) if each.id == "built" else each for each in NORMAL.timetable.tasks)
    new = replace(
        NORMAL,
        timetable=replace(NORMAL.timetable, tasks=tasks),
        risks=(replace(NORMAL.risks[0], likelihood="high"), Risk("rain")),
        benefit="",
    )
    found = {(each.chapter, each.name, each.what): each.edits for each in revise(NORMAL, new).entries}
    assert found == {
        ("benefit", "", "gone"): (),
        ("risks", NORMAL.risks[0].risk, "changed"): (Edit("likelihood", "medium", "high"),),
        ("risks", NORMAL.risks[1].risk, "gone"): (),
        ("risks", "rain", "new"): (),
        ("timetable", "tasks built", "changed"): (Edit("days", "10", "9"),),
    }


def test_a_whole_chapter_that_comes_or_goes_is_one_entry() -> None:
    without = replace(NORMAL, team=None, tests=())
    assert revise(NORMAL, without).entries == (RevisedEntry("team", "", "gone"), RevisedEntry("tests", "", "gone"))
    assert [each.what for each in revise(without, NORMAL).entries] == ["new", "new"]
    assert revise(replace(NORMAL, team=Team()), NORMAL).entries != ()


def test_entries_of_one_name_are_told_apart() -> None:
    new = replace(NORMAL, risks=(Risk("rain"), Risk("rain", owner="li.wei")))
    old = replace(NORMAL, risks=(Risk("rain"), Risk("rain", owner="zhao.lei")))
    assert revise(old, new).entries == (
        RevisedEntry("risks", "rain #2", "changed", (Edit("owner", "zhao.lei", "li.wei"),)),
    )


CHAPTERS = ("goals", "choices", "risks", "acceptance", "team", "communication", "tests", "training", "notices")
MORE = ("resources", "budget", "emergency", "backup", "rollback", "timetable", "background", "model", "owner")


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(CHAPTERS + MORE), max_size=6))
def test_just_the_chapters_that_differ_are_named(emptied: set[str]) -> None:
    blank = Plan(NORMAL.upgrade, NORMAL.components)
    new = replace(NORMAL, **{name: getattr(blank, name) for name in emptied})
    assert {each.chapter for each in revise(NORMAL, new).entries} == emptied


def test_what_the_schedule_shows_is_not_repeated() -> None:
    component = replace(NORMAL.components[0], recipe=({"wait": "1s"},), rollout=NORMAL.rollout)
    new = replace(NORMAL, components=(component,), windows=(), approvals=(), reserve_s=1.0)
    assert revise(NORMAL, new).entries == ()
    renamed = replace(NORMAL.components[0], departments=("purchase",))
    (found,) = revise(NORMAL, replace(NORMAL, components=(renamed,))).entries
    assert (found.chapter, found.name, found.edits[0].field) == ("components", "orders", "departments")
