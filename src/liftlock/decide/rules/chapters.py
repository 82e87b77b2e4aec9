"""Names in the chapters: each id once, and every reference leads to an entry; people that are named are in the team.

A plan without chapters stays in peace: a rule speaks only of what is there, or of what the plan's `model` wants.
"""

from collections.abc import Iterable, Iterator

from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.decide.people import Naming, namings, parties, team_of
from liftlock.decide.rules import (
    chapters_budget,
    chapters_choices,
    chapters_models,
    chapters_requirements,
    chapters_risks,
    chapters_team,
    chapters_tests,
    chapters_told,
)
from liftlock.decide.timetable.names import WAVES
from liftlock.model.chapters import Absence
from liftlock.model.findings import Finding, Path
from liftlock.model.near import near
from liftlock.model.plan import Plan

Named = tuple[Path, str]
SURE = 0.8  # likeness at which free text is taken for a slip of the pen


def ids_are_unique(case: Case) -> Iterator[Finding]:
    for noun, entries in identified(case.plan):
        seen: set[str] = set()
        for path, name in entries:
            if name in seen:
                yield error("L500", path, noun=noun, given=name)
            seen.add(name)


def identified(plan: Plan) -> Iterator[tuple[str, list[Named]]]:
    """Per noun its entries; goals have a rule of their own."""
    yield "requirement", [(("requirements", i, "id"), each.id) for i, each in enumerate(plan.requirements)]
    yield "test", [(("tests", i, "id"), each.id) for i, each in enumerate(plan.tests)]
    for i, test in enumerate(plan.tests):
        yield "case", [(("tests", i, "cases", j, "id"), each.id) for j, each in enumerate(test.cases)]
    yield "resource", [(("resources", i, "id"), each.id) for i, each in enumerate(plan.resources)]
    if plan.team is not None:
        yield "person", [(("team", "people", i, "id"), each.id) for i, each in enumerate(plan.team.people)]
        yield "task", [(("team", "raci", i, "task"), each.task) for i, each in enumerate(plan.team.raci)]
    for i, choice in enumerate(plan.choices):
        place = ("choices", i)
        yield "criterion", [((*place, "criteria", j, "name"), each.name) for j, each in enumerate(choice.criteria)]
        yield "option", [((*place, "options", j, "name"), each.name) for j, each in enumerate(choice.options)]


def references_resolve(case: Case) -> Iterator[Finding]:
    for noun, path, given, known in references(case.plan):
        if given not in known:
            yield unknown(noun, path, given, known)


def unknown(noun: str, path: Path, given: str, known: Iterable[str]) -> Finding:
    """No such entry, with the near name where there is one."""
    listed = list(dict.fromkeys(known))
    if meant := near(given, listed):
        return error("L501", path, noun=noun, given=given, near=meant)
    return error("L502", path, noun=noun, given=given, known=some(listed) or "-")


def references(plan: Plan) -> Iterator[tuple[str, Path, str, tuple[str, ...]]]:
    """Every name of another entry: its noun, its place, what is written, what exists."""
    goals, tests = tuple(each.id for each in plan.goals), tuple(each.id for each in plan.tests)
    components = tuple(each.name for each in plan.components)
    requirements = tuple(each.id for each in plan.requirements)
    lists = {"goals": ("goal", goals), "changes": ("component", components), "tests": ("test", tests)}
    lists["refines"] = ("requirement", requirements)
    for i, requirement in enumerate(plan.requirements):
        for key, (noun, known) in lists.items():
            for j, name in enumerate(getattr(requirement, key)):
                yield noun, ("requirements", i, key, j), name, known
    for i, test in enumerate(plan.tests):
        for j, name in enumerate(test.requirements):
            yield "requirement", ("tests", i, "requirements", j), name, requirements
    for i, criterion in enumerate(plan.acceptance):
        if not isinstance(criterion, str) and criterion.goal:
            yield "goal", ("acceptance", i, "goal"), criterion.goal, goals
    yield from of_choices(plan)
    yield from of_amounts(plan)


def of_choices(plan: Plan) -> Iterator[tuple[str, Path, str, tuple[str, ...]]]:
    for i, choice in enumerate(plan.choices):
        options, criteria = (tuple(each.name for each in given) for given in (choice.options, choice.criteria))
        yield "option", ("choices", i, "decision"), choice.decision, options
        for j, option in enumerate(choice.options):
            for name in option.scores:
                yield "criterion", ("choices", i, "options", j, "scores", name), name, criteria


def of_amounts(plan: Plan) -> Iterator[tuple[str, Path, str, tuple[str, ...]]]:
    """An amount's task: of the timetable, a stage of its tasks, all waves, a component's, or one (`orders/…`)."""
    tasks = plan.timetable.tasks if plan.timetable is not None else ()
    components = tuple(component.name for component in plan.components)
    known = (*(task.id for task in tasks), *dict.fromkeys(task.stage for task in tasks), WAVES, *components)
    for i, amount in enumerate(plan.budget.amounts if plan.budget is not None else ()):
        component, is_wave, _ = amount.task.partition("/")
        if amount.task and not (is_wave and component in components):
            yield "task", ("budget", "amounts", i, "task"), amount.task, known


def people_are_in_the_team(case: Case) -> Iterator[Finding]:
    """Only where a team is given."""
    people, others = team_of(case.plan), parties(case.plan)
    if not people:
        return
    called = {person.name: person.id for person in people.values() if person.name}
    for naming in namings(case.plan):
        if naming.manner == "free":
            known: Iterable[str] = (*others, *called)
        else:
            known = people if naming.manner == "person" else others
        if naming.name not in known:
            yield from stranger(naming, called, people if naming.manner == "free" else known)


def stranger(naming: Naming, called: dict[str, str], known: Iterable[str]) -> Iterator[Finding]:
    """Somebody who is not in the team; a full name is taken for the person's id."""
    if naming.manner == "free":
        if meant := near(naming.name, known, cutoff=SURE):
            yield warning("L503", naming.path, given=naming.name, near=meant)
    elif meant := called.get(naming.name, ""):
        yield error("L501", naming.path, noun="person", given=naming.name, near=meant)
    else:
        yield unknown("person", naming.path, naming.name, sorted(known))


def spans_end_after_they_begin(case: Case) -> Iterator[Finding]:
    team = case.plan.team.people if case.plan.team is not None else ()
    spans: list[tuple[Path, Absence]] = [
        (("team", "people", i, "absences", j), each) for i, p in enumerate(team) for j, each in enumerate(p.absences)
    ]
    spans += [
        (("resources", i, "absences", j), each)
        for i, resource in enumerate(case.plan.resources)
        for j, each in enumerate(resource.absences)
    ]
    dates: list[tuple[Path, str, str]] = [(path, each.from_, each.to) for path, each in spans]
    if case.plan.budget is not None:
        dates += [(("budget", "periods", i), each.from_, each.to) for i, each in enumerate(case.plan.budget.periods)]
    for path, since, until in dates:
        if until < since:
            yield error("L504", path, since=since, until=until)


RULES: tuple[Rule, ...] = (
    ids_are_unique,
    references_resolve,
    people_are_in_the_team,
    spans_end_after_they_begin,
    *chapters_models.RULES,
    *chapters_requirements.RULES,
    *chapters_choices.RULES,
    *chapters_risks.RULES,
    *chapters_team.RULES,
    *chapters_tests.RULES,
    *chapters_told.RULES,
    *chapters_budget.RULES,
)
