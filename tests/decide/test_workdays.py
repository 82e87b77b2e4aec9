"""Working days counted quickly are those that a person counts on a calendar."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.workdays import earliest_after, hours_of, is_open, minutes_between, nth_open, open_between
from liftlock.model.workdays import Workdays

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
SPRING = Workdays(  # of 2026: closed from Sunday to the Monday after next, worked on the Saturdays around it
    closed=frozenset(date(2026, 2, 15) + DAY * number for number in range(9)),
    opened=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
)
days = st.dates(date(2026, 1, 20), date(2026, 3, 20))


@pytest.mark.parametrize(
    ("ended", "lead", "begins"),
    [
        (datetime(2026, 1, 5, 0, 0), 3, datetime(2026, 1, 9)),  # a Monday: Tuesday to Thursday lie between
        (datetime(2026, 1, 5, 23, 59), 3, datetime(2026, 1, 9)),
        (datetime(2026, 1, 9, 9, 0), 1, datetime(2026, 1, 13)),  # a Friday: Monday lies between
        (datetime(2026, 1, 10, 9, 0), 1, datetime(2026, 1, 13)),  # so it does for a Saturday
        (datetime(2026, 2, 12, 16, 0), 3, datetime(2026, 2, 25)),  # Friday, the make-up Saturday, then Tuesday the 24th
        (datetime(2026, 1, 5, 15, 0), 0, datetime(2026, 1, 5, 15, 0)),  # no lead: at once
    ],
)
def test_full_working_days_lie_between(ended: datetime, lead: int, begins: datetime) -> None:
    assert earliest_after(SPRING, ended.replace(tzinfo=SHANGHAI), lead) == begins.replace(tzinfo=SHANGHAI)


@given(ended=days, lead=st.integers(1, 12), closed=st.frozensets(days, max_size=20), opened=st.frozensets(days))
@settings(max_examples=60)
def test_the_earliest_begin_is_the_first_that_has_the_days(
    ended: date, lead: int, closed: frozenset[date], opened: frozenset[date]
) -> None:
    workdays = Workdays(closed=closed, opened=opened)
    begins = earliest_after(workdays, datetime(ended.year, ended.month, ended.day, 17, tzinfo=SHANGHAI), lead)
    assert begins is not None
    day, count = ended + DAY, 0
    while count < lead:  # turn the calendar's pages one by one
        count += day in opened or (day not in closed and day.weekday() < 5)
        day += DAY
    assert begins.date() == day
    assert open_between(workdays, ended, begins.date()) == lead
    assert open_between(workdays, ended, begins.date() - DAY) == lead - 1


@given(since=days, count=st.integers(1, 15), closed=st.frozensets(days, max_size=30))
@settings(max_examples=40)
def test_the_nth_working_day_has_so_many_up_to_it(since: date, count: int, closed: frozenset[date]) -> None:
    workdays = Workdays(closed=closed)
    found = nth_open(workdays, since, count)
    assert found is not None
    assert is_open(workdays, found)
    assert sum(is_open(workdays, since + DAY * number) for number in range((found - since).days + 1)) == count


def test_a_world_that_never_works_has_no_next_day() -> None:
    never = Workdays(weekend=frozenset(range(7)))
    assert nth_open(never, date(2026, 1, 1), 1) is None
    assert earliest_after(never, datetime(2026, 1, 1, tzinfo=SHANGHAI), 1) is None


def test_hours_are_the_zones_and_minutes_pass_through_a_change_of_clocks() -> None:
    morning, evening = hours_of(SPRING, date(2026, 2, 14), datetime(2026, 1, 1, tzinfo=SHANGHAI)) or (None, None)
    assert (morning, evening) == (
        datetime(2026, 2, 14, 9, tzinfo=SHANGHAI),
        datetime(2026, 2, 14, 18, tzinfo=SHANGHAI),
    )
    assert hours_of(SPRING, date(2026, 2, 16), datetime(2026, 1, 1, tzinfo=SHANGHAI)) is None
    shorter = minutes_between(datetime(2026, 3, 28, 22, tzinfo=BERLIN), datetime(2026, 3, 29, 6, tzinfo=BERLIN))
    assert shorter == 7 * 60
