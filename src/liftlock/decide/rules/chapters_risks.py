"""Risks that remain: answered and accepted by somebody, no graver than the risk was, prevented in time."""

from collections.abc import Iterator

from liftlock.decide.begins import first_day
from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.levels import rank
from liftlock.decide.risks import level_of
from liftlock.model.chapters import Risk
from liftlock.model.findings import Finding, Path


def risks(case: Case) -> Iterator[tuple[Path, Risk]]:
    for index, risk in enumerate(case.plan.risks):
        yield ("risks", index), risk


def what_remains_is_answered(case: Case) -> Iterator[Finding]:
    for path, risk in risks(case):
        missing = [key for key in ("prevention", "response") if not getattr(risk, key)]
        likely_and_grave = risk.likelihood == risk.impact == "high"  # says rules.documents
        if risk.residual == "high" and missing and not likely_and_grave:
            yield error("L534", path, risk=risk.risk, missing=", ".join(missing))


def what_remains_is_accepted(case: Case) -> Iterator[Finding]:
    for path, risk in risks(case):
        if risk.accepted_by or risk.residual == "low":
            continue
        if risk.residual == "high":
            yield error("L535", path, risk=risk.risk)
        else:
            yield warning("L536", path, risk=risk.risk)


def no_more_remains_than_there_was(case: Case) -> Iterator[Finding]:
    for path, risk in risks(case):
        if rank(risk.residual) > rank(level_of(risk)):
            yield warning("L537", (*path, "residual"), risk=risk.risk, residual=risk.residual, level=level_of(risk))


def prevention_is_in_time(case: Case) -> Iterator[Finding]:
    begins = first_day(case.plan)
    for path, risk in risks(case):
        if begins and risk.due[: len(begins)] > begins:
            yield warning("L538", (*path, "due"), risk=risk.risk, due=risk.due, begins=begins)


def risks_are_placed_and_dated(case: Case) -> Iterator[Finding]:
    """Only of a normal change, which is complete: an area, and a date for the prevention of what is not low."""
    for path, risk in risks(case) if case.plan.model == "normal" else ():
        missing = [] if risk.area else ["area"]
        missing += ["due"] if risk.prevention and not risk.due and level_of(risk) != "low" else []
        if missing:
            yield warning("L539", path, risk=risk.risk, missing=", ".join(missing))


RULES: tuple[Rule, ...] = (
    what_remains_is_answered,
    what_remains_is_accepted,
    no_more_remains_than_there_was,
    prevention_is_in_time,
    risks_are_placed_and_dated,
)
