"""Days in the plan's chapters that are text to the types, and must be days that exist."""

from collections.abc import Iterator

from liftlock.model.chapters import Absence
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Plan
from liftlock.planfile import forms
from liftlock.planfile.codes import complain


def date_complaints(plan: Plan) -> list[Finding]:
    """What is written where a day belongs, and is none. The timetable's are looked at by its own rules."""
    return [complain("L051", path, given=given) for path, given in days(plan) if given and not forms.is_date(given)]


def days(plan: Plan) -> Iterator[tuple[Path, str]]:
    """Every day in the chapters, with its place; empty where it is not said."""
    for index, goal in enumerate(plan.goals):
        yield ("goals", index, "measure", "by"), goal.measure.by if goal.measure is not None else ""
    for index, choice in enumerate(plan.choices):
        yield ("choices", index, "on"), choice.on
    for index, risk in enumerate(plan.risks):
        yield ("risks", index, "due"), risk.due
    for index, training in enumerate(plan.training):
        yield ("training", index, "by"), training.by
    for index, person in enumerate(plan.team.people if plan.team is not None else ()):
        yield from of_absences(("team", "people", index), person.absences)
    for index, resource in enumerate(plan.resources):
        yield from of_absences(("resources", index), resource.absences)
    if plan.emergency is not None and plan.emergency.drill is not None:
        yield ("emergency", "drill", "on"), plan.emergency.drill.on
    yield from of_budget(plan)


def of_absences(place: Path, absences: tuple[Absence, ...]) -> Iterator[tuple[Path, str]]:
    for index, absence in enumerate(absences):
        yield (*place, "absences", index, "from"), absence.from_
        yield (*place, "absences", index, "to"), absence.to


def of_budget(plan: Plan) -> Iterator[tuple[Path, str]]:
    if plan.budget is None:
        return
    for index, amount in enumerate(plan.budget.amounts):
        yield ("budget", "amounts", index, "on"), amount.on
    for index, period in enumerate(plan.budget.periods):
        yield ("budget", "periods", index, "from"), period.from_
        yield ("budget", "periods", index, "to"), period.to
