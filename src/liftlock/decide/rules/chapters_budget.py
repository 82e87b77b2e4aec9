"""The budget: within its periods' limits as planned, and not overspent beyond the reserve without somebody's leave.

A single amount may be over what was planned with a reason; the whole may be over, reserve included, with an approval.
`over: stop` blocks until there is one.
"""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.money import budget_sums, day_of, days_of
from liftlock.model.findings import Finding


def periods_hold_what_is_planned(case: Case) -> Iterator[Finding]:
    sums = budget_sums(case.plan)
    for index, period in enumerate(sums.periods if sums is not None else ()):
        if sums is not None and period.limit is not None and period.planned > period.limit:
            yield error(
                "L558",
                ("budget", "periods", index),
                since=period.head,
                until=period.until,
                planned=period.planned,
                limit=period.limit,
                currency=sums.currency,
            )


def overspent_amounts_have_a_reason(case: Case) -> Iterator[Finding]:
    for index, amount in enumerate(case.plan.budget.amounts if case.plan.budget is not None else ()):
        if amount.actual is not None and amount.actual > amount.planned and not amount.because:
            yield warning(
                "L559",
                ("budget", "amounts", index),
                amount=amount.what,
                planned=amount.planned,
                actual=amount.actual,
            )


def overspending_is_approved(case: Case) -> Iterator[Finding]:
    budget, sums = case.plan.budget, budget_sums(case.plan)
    if budget is None or sums is None or not sums.is_over or budget.approved_by:
        return
    forecast, allowed, currency = sums.total.forecast, sums.allowed, sums.currency
    if budget.over == "stop":
        yield error("L560", ("budget",), forecast=forecast, allowed=allowed, currency=currency)
    else:
        yield warning("L561", ("budget",), forecast=forecast, allowed=allowed, currency=currency)


def amounts_have_a_day(case: Case) -> Iterator[Finding]:
    """Where periods have limits: a day, or a task whose day the timetable finds."""
    budget, days = case.plan.budget, days_of(case.plan)
    for index, amount in enumerate(budget.amounts if budget is not None and budget.periods else ()):
        if not amount.task and not day_of(amount, days):
            yield warning("L562", ("budget", "amounts", index), amount=amount.what)


RULES: tuple[Rule, ...] = (
    periods_hold_what_is_planned,
    overspent_amounts_have_a_reason,
    overspending_is_approved,
    amounts_have_a_day,
)
