"""The budget in sums: by kind, by period, against limits. An amount counts for a period by its day, if one is known.

The forecast is what was spent, and what is planned where nothing was spent yet. The reserve comes on top.
"""

from collections.abc import Callable, Iterable, Mapping

from liftlock.model.appraisal import BudgetSums, Spent
from liftlock.model.chapters import Amount, Money
from liftlock.model.plan import Plan

DAY = len("2026-12-20")


def budget_sums(plan: Plan) -> BudgetSums | None:
    """None: the plan has no budget."""
    if plan.budget is None:
        return None
    money, days = plan.budget, days_of(plan)
    total = spent("", money.amounts)
    kinds = dict.fromkeys(each.kind for each in money.amounts)
    return BudgetSums(
        currency=money.currency,
        total=total,
        allowed=cents(total.planned * (1 + money.reserve / 100)),
        kinds=tuple(spent(kind, (each for each in money.amounts if each.kind == kind)) for kind in kinds),
        periods=periods(money, lambda amount: day_of(amount, days)),
        undated=cents(sum(each.planned for each in money.amounts if not day_of(each, days))),
    )


def periods(money: Money, day: Callable[[Amount], str]) -> tuple[Spent, ...]:
    found = []
    for period in money.periods:
        within = [each for each in money.amounts if period.from_ <= day(each) <= period.to]
        sums = spent(period.from_, within)
        found.append(Spent(sums.head, sums.planned, sums.actual, sums.forecast, period.limit, period.to))
    return tuple(found)


def spent(head: str, amounts: Iterable[Amount]) -> Spent:
    given = list(amounts)
    return Spent(
        head=head,
        planned=cents(sum(each.planned for each in given)),
        actual=cents(sum(each.actual or 0.0 for each in given)),
        forecast=cents(sum(each.planned if each.actual is None else each.actual for each in given)),
    )


def day_of(amount: Amount, days: Mapping[str, str]) -> str:
    """The day on which it is spent, as far as it is known before the timetable is made."""
    return amount.on or days.get(amount.task, "")


def days_of(plan: Plan) -> dict[str, str]:
    """Task, or stage of tasks -> the day on which it began."""
    tasks = plan.timetable.tasks if plan.timetable is not None else ()
    begun = sorted((task.began[:DAY], task.id, task.stage) for task in tasks if task.began)
    stages: dict[str, str] = {stage: day for day, _, stage in reversed(begun)}
    return {**stages, **{name: day for day, name, _ in begun}}


def cents(sum_of_floats: float) -> float:
    return round(sum_of_floats, 2)
