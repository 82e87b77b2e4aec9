"""Tests and acceptance: what lets a test begin and end, abnormal cases, the kinds a core system wants, both sides."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, warning
from liftlock.decide.models import is_wanted
from liftlock.model.chapters import AcceptanceCriterion, PlannedTest, TestKind
from liftlock.model.findings import Finding, Path

NEEDED = ("environment", "cases", "entry", "exit", "owner")
CORE_KINDS: tuple[TestKind, ...] = ("functional", "performance", "security", "acceptance")
SIDES = ("business", "technical")


def tests(case: Case) -> Iterator[tuple[Path, PlannedTest]]:
    for index, test in enumerate(case.plan.tests):
        yield ("tests", index), test


def tests_are_complete(case: Case) -> Iterator[Finding]:
    for path, test in tests(case):
        missing = [key for key in NEEDED if not getattr(test, key)]
        if missing:
            yield warning("L548", path, test=test.id, missing=", ".join(missing))


def functional_tests_have_abnormal_cases(case: Case) -> Iterator[Finding]:
    for path, test in tests(case):
        if test.kind == "functional" and test.cases and not any(each.abnormal for each in test.cases):
            yield warning("L549", path, test=test.id)


def cases_expect_something(case: Case) -> Iterator[Finding]:
    for path, test in tests(case):
        for index, each in enumerate(test.cases):
            if not each.expects:
                yield warning("L550", (*path, "cases", index), test=test.id, case=each.id)


def core_systems_are_tested_on_all_sides(case: Case) -> Iterator[Finding]:
    """One finding for a kind: at the first core component, where tests are planned or the model wants them."""
    core = next(((place, one) for place, one, _ in case.components() if one.class_ == "core"), None)
    if core is None or not (case.plan.tests or is_wanted(case.plan, "tests")):
        return
    planned = {test.kind for test in case.plan.tests}
    for kind in CORE_KINDS:
        if kind not in planned:
            yield warning("L551", core[0], component=core[1].name, test_kind=kind)


def both_sides_accept(case: Case) -> Iterator[Finding]:
    """Only of criteria that say whose they are."""
    typed = criteria(case)
    for side in SIDES:
        if typed and side not in {each.side for each in typed}:
            yield warning("L556", ("acceptance",), side=side)


def goals_are_accepted(case: Case) -> Iterator[Finding]:
    """Where acceptance criteria name goals at all, every goal is decided by one."""
    named = {each.goal for each in criteria(case) if each.goal}
    for index, goal in enumerate(case.plan.goals):
        if named and goal.id not in named:
            yield warning("L557", ("goals", index), goal=goal.id)


def criteria(case: Case) -> list[AcceptanceCriterion]:
    return [each for each in case.plan.acceptance if not isinstance(each, str)]


RULES: tuple[Rule, ...] = (
    tests_are_complete,
    functional_tests_have_abnormal_cases,
    cases_expect_something,
    core_systems_are_tested_on_all_sides,
    both_sides_accept,
    goals_are_accepted,
)
