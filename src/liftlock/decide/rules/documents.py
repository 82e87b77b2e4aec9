"""What a plan must say to people: goals that are measured, risks with an answer, backups, the rollback, acceptance."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, going_up, info, warning
from liftlock.decide.recipes import is_stateful
from liftlock.model.actions import Irreversible
from liftlock.model.findings import Finding


def goals_are_measured(case: Case) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, goal in enumerate(case.plan.goals):
        path = ("goals", index)
        if goal.id in seen:
            yield error("L251", (*path, "id"), goal=goal.id)
        seen.add(goal.id)
        if goal.measure is None:
            yield warning("L250", path, goal=goal.id)
        elif not goal.measure.below and not goal.measure.above:
            yield warning("L252", (*path, "measure"), goal=goal.id)


def risks_have_an_answer(case: Case) -> Iterator[Finding]:
    for index, risk in enumerate(case.plan.risks):
        missing = [key for key in ("prevention", "response") if not getattr(risk, key)]
        if risk.likelihood == risk.impact == "high" and missing:
            yield error("L253", ("risks", index), risk=risk.risk, missing=", ".join(missing))
        if not risk.owner:
            yield warning("L254", ("risks", index), risk=risk.risk)


def state_has_a_backup_strategy(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        if is_stateful(component) and not case.plan.backup:
            yield warning("L255", place, component=component.name)


def no_return_is_in_the_rollback_plan(case: Case) -> Iterator[Finding]:
    if case.plan.rollback is not None and case.plan.rollback.point_of_no_return:
        return
    for _, _, steps, _ in case.lanes():
        for one in going_up(steps):
            if isinstance(one.template.action.traits.reversal, Irreversible):
                yield warning("L256", one.path, step=one.template.verb)


def acceptance_is_said(case: Case) -> Iterator[Finding]:
    if not case.plan.acceptance:
        yield info("L257", ("acceptance",))


def somebody_is_notified(case: Case) -> Iterator[Finding]:
    if not case.plan.notify:
        yield info("L258", ("notify",))
    for index, notify in enumerate(case.plan.notify):
        given = [key for key in ("command", "webhook", "apprise") if getattr(notify, key)]
        if len(given) != 1:
            yield error("L259", ("notify", index), given=", ".join(given))


def drivers_are_content(case: Case) -> Iterator[Finding]:
    """What a driver finds wrong with its own item; the words are in its manifest."""
    for laying, _, _, items in case.lanes():
        for item in items:
            if (driver := case.drivers.get(item.driver)) is not None:
                for code, fields in driver.complain(item.args, laying.setting):
                    say = warning if code in driver.manifest.advice else error
                    yield say(code, item.path, **fields)


RULES: tuple[Rule, ...] = (
    goals_are_measured,
    risks_have_an_answer,
    state_has_a_backup_strategy,
    no_return_is_in_the_rollback_plan,
    acceptance_is_said,
    somebody_is_notified,
    drivers_are_content,
)
