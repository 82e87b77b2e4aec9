"""The budget over time: what is spent when, planned against actual.

An amount is spent on the day on which its task begins, else on its own day. Periods are the budget's; where it names
none, months. What has no day, or lies in no period, is told apart and never lost.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from liftlock.decide.workload import period_of
from liftlock.model.chapters import Amount, Money
from liftlock.model.dated import Row, Spending

Span = tuple[date, date]


def spending(money: Money, rows: Sequence[Row]) -> tuple[Spending, ...]:
    """By period, in order; what lies in none comes last."""
    dated = [(amount, day_of(amount, rows)) for amount in money.amounts]
    limits = {span_of(each.from_, each.to): each.limit for each in money.periods}
    spans = limits or dict.fromkeys(sorted(period_of(day, "month") for _, day in dated if day is not None))
    found = [
        spent(span, limit, [amount for amount, day in dated if day is not None and span[0] <= day <= span[1]])
        for span, limit in sorted(spans.items(), key=lambda pair: pair[0])
    ]
    rest = [amount for amount, day in dated if day is None or not any(low <= day <= high for low, high in spans)]
    return (*found, *([spent(None, None, rest)] if rest else []))


def span_of(begins: str, ends: str) -> Span:
    return date.fromisoformat(begins), date.fromisoformat(ends)


def day_of(amount: Amount, rows: Iterable[Row]) -> date | None:
    """Of the task, or of the first of a stage's tasks; else its own day."""
    begins = [row.began or row.begins for row in rows if amount.task and amount.task in (row.id, row.stage)]
    if begins:
        return min(begins).date()
    return date.fromisoformat(amount.on[:10]) if is_day(amount.on) else None


def is_day(text: str) -> bool:
    """Whether a date is written there; the check of the plan says what is wrong with others."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def spent(span: Span | None, limit: float | None, amounts: Sequence[Amount]) -> Spending:
    """`actual` is None while nothing was spent."""
    paid = [amount.actual for amount in amounts if amount.actual is not None]
    return Spending(
        begins=span[0] if span else None,
        ends=span[1] if span else None,
        planned=sum(amount.planned for amount in amounts),
        actual=sum(paid) if paid else None,
        limit=limit,
        amounts=tuple(amount.what for amount in amounts),
    )
