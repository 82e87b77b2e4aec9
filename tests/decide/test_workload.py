"""How much is asked of whom, and what is spent when."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.spending import spending
from liftlock.decide.workload import period_of, workload
from liftlock.model.chapters import Absence, Amount, Money, Period, Person
from liftlock.model.dated import Row, Spending, Workload
from liftlock.model.workdays import Workdays

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = Workdays(closed=frozenset({date(2027, 1, 1)}), from_min=9 * 60, to_min=17 * 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def row(begins: str, ends: str, *people: str, days: int | None = None, load: float = 100.0) -> Row:
    return Row("t", at(begins), at(ends), people=people, days=days, loads=dict.fromkeys(people, load))


def of(rows: list[Row], *people: Person, per: str = "week") -> list[tuple[str, float, float, int]]:
    found = workload(rows, people, DAYS, "month" if per == "month" else "week")
    return [(each.person, round(each.asked_days, 3), round(each.has_days, 3), len(each.over)) for each in found]


LI, ZHANG = Person(id="li"), Person(id="zhang", load=50.0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("2026-12-28T09:00", "2026-12-30T17:00", "li", days=3)], [("li", 3, 4, 0)]),
        # over a weekend and a holiday: only working days are asked for
        ([row("2026-12-31T09:00", "2027-01-04T17:00", "li", days=2)], [("li", 1, 4, 0), ("li", 1, 5, 0)]),
        # a night is counted in hours, on the days that it touches
        ([row("2026-12-29T22:00", "2026-12-30T02:00", "li")], [("li", 0.5, 4, 0)]),
        # a watch of whole days asks for at most a day a day, also on closed days
        ([row("2026-12-28T00:00", "2026-12-30T00:00", "li")], [("li", 2, 4, 0)]),
        # half a day of a person who is there for half
        ([row("2026-12-28T09:00", "2026-12-28T17:00", "zhang", days=1, load=50)], [("zhang", 0.5, 2, 0)]),
        ([row("2026-12-28T09:00", "2026-12-28T17:00", "zhang", days=1)], [("zhang", 1, 2, 1)]),
        # a day's work and a night's: more than a day has
        (
            [
                row("2026-12-28T09:00", "2026-12-28T17:00", "li", days=1),
                row("2026-12-28T20:00", "2026-12-28T22:00", "li"),
            ],
            [("li", 1.25, 4, 1)],
        ),
        ([row("2026-12-28T09:00", "2026-12-28T09:00", "li", days=0)], []),
        ([row("2026-12-28T09:00", "2026-12-28T17:00", days=1)], []),
        ([row("2026-12-28T09:00", "2026-12-28T17:00", "guest", "li", days=1)], [("li", 1, 4, 0), ("guest", 1, 4, 0)]),
    ],
)
def test_what_is_asked(rows: list[Row], expected: list[tuple[str, float, float, int]]) -> None:
    assert of(rows, LI, ZHANG) == expected


def test_who_is_absent_is_overbooked() -> None:
    away = Person(id="li", absences=(Absence(from_="2026-12-29", to="2026-12-30"),), cost_per_day=1000.0)
    (found,) = workload([row("2026-12-28T09:00", "2026-12-30T17:00", "li", days=3)], [away], DAYS)
    assert found == Workload(
        "li", date(2026, 12, 28), date(2027, 1, 3), 3.0, 2.0, (date(2026, 12, 29), date(2026, 12, 30)), 3000.0
    )


def test_months_are_whole() -> None:
    assert [period_of(date(2028, 2, day), "month") for day in (1, 29)] == [(date(2028, 2, 1), date(2028, 2, 29))] * 2
    rows = [row("2026-12-31T09:00", "2027-01-04T17:00", "li", days=2)]
    assert of(rows, LI, per="month") == [("li", 1, 23, 0), ("li", 1, 20, 0)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60 * 24 * 60), st.integers(1, 9 * 24 * 60), st.booleans(), st.sampled_from(["a", "b"])
        ),
        max_size=6,
    )
)
def test_weeks_and_months_add_up_to_the_same(jobs: list[tuple[int, int, bool, str]]) -> None:
    first = at("2026-11-30T00:00")
    rows = [
        Row(
            str(i), first + timedelta(minutes=b), first + timedelta(minutes=b + n), people=(who,), days=3 if d else None
        )
        for i, (b, n, d, who) in enumerate(jobs)
    ]
    weeks, months = workload(rows, (), DAYS, "week"), workload(rows, (), DAYS, "month")
    for who in ("a", "b"):
        sums = [sum(each.asked_days for each in found if each.person == who) for found in (weeks, months)]
        assert sums[0] == pytest.approx(sums[1])
        days = [{day for each in found if each.person == who for day in each.over} for found in (weeks, months)]
        assert days[0] == days[1]


# --- money --------------------------------------------------------------------------------------------------

ROWS = [
    Row("uat", at("2026-12-09T09:00"), at("2026-12-10T17:00"), stage="tests"),
    Row("db/1/w2", at("2027-01-05T22:00"), at("2027-01-06T00:00"), stage="waves"),
    Row("db/1/w1", at("2026-12-30T22:00"), at("2026-12-31T00:00"), stage="waves"),
]
AMOUNTS = (
    Amount(what="test machines", planned=500, actual=600, task="uat"),
    Amount(what="vendor at night", planned=2000, task="waves"),
    Amount(what="licence", planned=100, actual=100, on="2027-01-15"),
    Amount(what="coffee", planned=10),
)


def test_amounts_are_spent_in_their_months() -> None:
    assert spending(Money(amounts=AMOUNTS), ROWS) == (
        Spending(date(2026, 12, 1), date(2026, 12, 31), 2500, 600, None, ("test machines", "vendor at night")),
        Spending(date(2027, 1, 1), date(2027, 1, 31), 100, 100, None, ("licence",)),
        Spending(None, None, 10, None, None, ("coffee",)),
    )


def test_the_budgets_own_periods_have_limits() -> None:
    periods = (
        Period(from_="2026-12-01", to="2026-12-20", limit=550),
        Period(from_="2026-12-21", to="2026-12-31", limit=3000),
    )
    first, second, rest = spending(Money(amounts=AMOUNTS, periods=periods), ROWS)
    assert (first.planned, first.actual, first.over_limit, first.over_plan) == (500, 600, True, True)
    assert (second.planned, second.actual, second.over_limit, second.over_plan) == (2000, None, False, False)
    assert rest.amounts == ("licence", "coffee")


def test_a_task_that_began_is_spent_then() -> None:
    began = [Row("uat", at("2026-12-09T09:00"), at("2026-12-10T17:00"), began=at("2026-11-30T09:00"))]
    (found,) = spending(Money(amounts=AMOUNTS[:1]), began)
    assert found.begins == date(2026, 11, 1)
