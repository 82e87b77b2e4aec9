"""Requirements: where they come from, who answers for them, and the traces in both directions (追溯表)."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, info, warning
from liftlock.decide.circles import circle_from
from liftlock.decide.trace import trace
from liftlock.model.chapters import Requirement
from liftlock.model.findings import Finding, Path

NO_TRACE_NEEDED = ("rehearsal",)  # a rehearsal tests the plan, not what it brings


def requirements(case: Case) -> Iterator[tuple[Path, Requirement]]:
    for index, requirement in enumerate(case.plan.requirements):
        yield ("requirements", index), requirement


def requirements_have_source_and_owner(case: Case) -> Iterator[Finding]:
    for path, each in requirements(case):
        missing = [] if each.source or each.from_ else ["source"]
        missing += [] if each.owner else ["owner"]
        if missing:
            yield warning("L513", path, requirement=each.id, missing=", ".join(missing))


def requirements_lead_somewhere(case: Case) -> Iterator[Finding]:
    """To a component's change and a test; to a goal where the plan has goals."""
    rows = {row.requirement: row for row in trace(case.plan).rows}
    for path, each in requirements(case):
        row = rows[each.id]
        if not row.components:
            yield warning("L514", path, requirement=each.id)
        if not row.tests:
            yield warning("L515", path, requirement=each.id)
        if not row.goals and case.plan.goals:
            yield warning("L516", path, requirement=each.id)


def everything_is_required(case: Case) -> Iterator[Finding]:
    """The other way: components, tests and goals that no requirement names."""
    if not case.plan.requirements:
        return
    found = trace(case.plan)
    for index, component in enumerate(case.plan.components):
        if not found.components[component.name]:
            yield warning("L517", ("components", index), component=component.name)
    for index, test in enumerate(case.plan.tests):
        if not found.tests[test.id] and test.kind not in NO_TRACE_NEEDED:
            yield warning("L518", ("tests", index), test=test.id)
    for index, goal in enumerate(case.plan.goals):
        if not found.goals[goal.id]:
            yield warning("L519", ("goals", index), goal=goal.id)


def levels_refine_downwards(case: Case) -> Iterator[Finding]:
    for path, each in requirements(case):
        if each.level == "software" and not each.refines:
            yield warning("L520", path, requirement=each.id)
        if each.level == "system" and each.refines:
            yield error("L521", (*path, "refines"), requirement=each.id, given=", ".join(each.refines))


def refinements_do_not_run_in_circles(case: Case) -> Iterator[Finding]:
    links = {each.id: each.refines for each in case.plan.requirements}
    told: set[str] = set()
    for path, each in requirements(case):
        circle = circle_from(each.id, lambda name: links.get(name, ()))
        if circle and not told & set(circle):
            told.update(circle)
            yield error("L522", (*path, "refines"), circle=" → ".join(circle))


def changed_requirements_say_why(case: Case) -> Iterator[Finding]:
    for path, each in requirements(case):
        if each.revision > 1 and not each.because:
            yield warning("L523", path, requirement=each.id, revision=each.revision)


def system_requirements_are_confirmed(case: Case) -> Iterator[Finding]:
    say = warning if case.plan.model is not None else info
    for path, each in requirements(case):
        if each.level == "system" and not each.confirmed_by:
            yield say("L524", path, requirement=each.id)


RULES: tuple[Rule, ...] = (
    requirements_have_source_and_owner,
    requirements_lead_somewhere,
    everything_is_required,
    levels_refine_downwards,
    refinements_do_not_run_in_circles,
    changed_requirements_say_why,
    system_requirements_are_confirmed,
)
