"""Arithmetic of working days.

N full working days lie between two moments if N days that are working days lie wholly between them: neither the day of
the first moment nor that of the second counts. So what was approved on a Monday at any hour, with a lead of three days,
may begin on Friday at 00:00 at the earliest. Moments are aware, and their days are those of their own zone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from liftlock.model.workdays import Workdays

DAY = timedelta(days=1)
LOOKED_MAX = 5000  # calendar days, a closed world included


def is_open(workdays: Workdays, day: date) -> bool:
    if day in workdays.opened:
        return True
    return day not in workdays.closed and day.weekday() not in workdays.weekend


def open_days(workdays: Workdays, since: date) -> Iterator[date]:
    """Working days from `since` on, it included; none beyond some years."""
    return (day for day in all_days(since) if is_open(workdays, day))


def all_days(since: date) -> Iterator[date]:
    for number in range(LOOKED_MAX):
        if since > date.max - DAY * (number + 1):
            return
        yield since + DAY * number


def nth_open(workdays: Workdays, since: date, count: int) -> date | None:
    """The `count`-th working day (from 1) from `since` on, it included; None if there is none within some years."""
    return next((day for number, day in enumerate(open_days(workdays, since), 1) if number == count), None)


def open_between(workdays: Workdays, first: date, last: date) -> int:
    """How many full working days lie between: neither `first` nor `last` counts."""
    return sum(is_open(workdays, first + DAY * number) for number in range(1, (last - first).days))


def earliest_after(workdays: Workdays, ended: datetime, days: int) -> datetime | None:
    """The first moment with so many full working days since `ended`; None if there is none within some years."""
    if days <= 0:
        return ended
    last = nth_open(workdays, ended.date() + DAY, days)
    return None if last is None else midnight(last + DAY, ended)


def midnight(day: date, like: datetime) -> datetime:
    """The day's first moment, in the zone of `like`."""
    return datetime.combine(day, time(0), tzinfo=like.tzinfo)


def at_minute(day: date, minute: int, like: datetime) -> datetime:
    """So many minutes after midnight as clocks show it; 24:00 is the next midnight."""
    if minute >= 24 * 60:
        return midnight(day + DAY, like)
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=like.tzinfo)


def hours_of(workdays: Workdays, day: date, like: datetime) -> tuple[datetime, datetime] | None:
    """The day's working hours; None on a day that is none."""
    if not is_open(workdays, day):
        return None
    return at_minute(day, workdays.from_min, like), at_minute(day, workdays.to_min, like)


def minutes_between(begins: datetime, ends: datetime) -> float:
    """As they pass: a night in which clocks change is longer or shorter."""
    return (ends.astimezone(UTC) - begins.astimezone(UTC)).total_seconds() / 60
