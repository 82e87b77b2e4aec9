"""What every job stands on: the origin, the working days and the openings, in minutes.

The origin is 00:00 of the day on which the timetable starts, or of an earlier one on which something began. Nothing
that has not begun is placed before now, nor before the timetable's start.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from liftlock.decide.timetable.back import minute_of, moment_of
from liftlock.decide.windows import moment, openings
from liftlock.decide.workdays import DAY, at_minute, is_open, midnight
from liftlock.model.chapters import Absence, Period
from liftlock.model.plan import Freeze, Plan, Window
from liftlock.model.tasks import Timetable
from liftlock.model.timetable import Span
from liftlock.model.workdays import Workdays

REACH = timedelta(days=400)


class Ground(Struct, frozen=True):
    """`earliest`: nothing new begins before. `days`: the working hours of each working day. `midnights`: of every day,
    with its number among working days: how many there are before it. `openings`: windows without freezes."""

    plan: Plan
    table: Timetable
    now: datetime
    origin: datetime
    horizon: int
    earliest: int
    days: tuple[Span, ...]
    midnights: tuple[tuple[int, int], ...]
    openings: tuple[Span, ...]
    windows: tuple[Window, ...]

    def minute(self, text: str, *, end: bool = False) -> int:
        """Of a date or a moment as the plan writes it."""
        return minute_of(self.origin, moment(text, self.origin, end=end))

    def days_of(self, span: Absence | Period) -> tuple[date, date]:
        """Its first and last day, as far as the problem goes."""
        first, last = date.fromisoformat(span.from_), date.fromisoformat(span.to)
        return max(first, self.origin.date()), min(last, moment_of(self.origin, self.horizon).date())

    def openings_without(self, cuts: Sequence[Freeze]) -> tuple[Span, ...]:
        """The openings with more cut out of them."""
        return tuple(opened(self.plan, self.windows, self.origin, self.earliest, self.horizon, cuts))


def ground_of(
    plan: Plan, workdays: Workdays, now: datetime, windows: Sequence[Window], begun: Sequence[datetime]
) -> Ground:
    """`now`: aware, in the plan's zone. `windows`: where forward work may be. `begun`: what began before today."""
    table = plan.timetable or Timetable(starts=now.date().isoformat())
    starts = date.fromisoformat(table.starts)
    past = [each.astimezone(now.tzinfo).date() for each in begun]
    past += [moment(task.began, now).date() for task in table.tasks if task.began]
    origin = midnight(min((starts, *past)), now)
    until = moment(table.ends, now, end=True) if table.ends else midnight(max(starts, now.date()), now) + REACH
    earliest = max(0, minute_of(origin, midnight(starts, now)), minute_of(origin, now, up=True))
    horizon = minute_of(origin, until)
    return Ground(
        plan=plan,
        table=table,
        now=now,
        origin=origin,
        horizon=horizon,
        earliest=earliest,
        days=tuple(working(workdays, origin, horizon)),
        midnights=tuple(counted(workdays, origin, horizon)),
        openings=tuple(opened(plan, windows, origin, earliest, horizon, ())),
        windows=tuple(windows),
    )


def working(workdays: Workdays, origin: datetime, horizon: int) -> Iterator[Span]:
    for day in days_within(origin, horizon):
        if is_open(workdays, day):
            begins, ends = (at_minute(day, each, origin) for each in (workdays.from_min, workdays.to_min))
            yield Span(minute_of(origin, begins), minute_of(origin, ends))


def counted(workdays: Workdays, origin: datetime, horizon: int) -> Iterator[tuple[int, int]]:
    before = 0
    for day in days_within(origin, horizon):
        yield minute_of(origin, midnight(day, origin)), before
        before += is_open(workdays, day)


def days_within(origin: datetime, horizon: int) -> Iterator[date]:
    day = origin.date()
    while minute_of(origin, midnight(day, origin)) <= horizon:
        yield day
        day += DAY


def opened(
    plan: Plan, windows: Sequence[Window], origin: datetime, earliest: int, horizon: int, cuts: Sequence[Freeze]
) -> Iterator[Span]:
    """From `earliest` to the horizon; looked for over as long as openings are known, piece by piece."""
    at = moment_of(origin, earliest)
    for begins, ends in openings(windows, (*plan.freezes, *cuts), at):
        span = Span(max(minute_of(origin, begins, up=True), earliest), min(minute_of(origin, ends), horizon))
        if span.begins >= horizon:
            return
        if span.begins < span.ends:
            yield span
