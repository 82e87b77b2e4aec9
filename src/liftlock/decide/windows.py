"""When may forward work begin? `now` is aware and in the plan's time zone, in which days and times are read."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from liftlock.model.plan import Day, Freeze, Window

Span = tuple[datetime, datetime]

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=400)
ALWAYS = timedelta(days=3650)


def opening(windows: Sequence[Window], freezes: Sequence[Freeze], now: datetime) -> Span | None:
    """The opening that is under way, or else the next one: (begins, ends); None if there is none within 400 days."""
    return next(openings(windows, freezes, now), None)


def openings(windows: Sequence[Window], freezes: Sequence[Freeze], now: datetime) -> Iterator[Span]:
    """Every opening that ends after `now`, in order, with the freezes cut out."""
    frozen, instant = sorted(frozen_span(freeze, now) for freeze in freezes), now.astimezone(UTC)
    for begins, ends in spans(windows, now):
        for piece in without(begins, ends, frozen):
            if piece[1] > instant:
                yield piece


def is_open(windows: Sequence[Window], freezes: Sequence[Freeze], now: datetime) -> bool:
    found = opening(windows, freezes, now)
    return found is not None and found[0] <= now.astimezone(UTC)


def spans(windows: Sequence[Window], now: datetime) -> Iterator[Span]:
    if not windows:
        yield now - timedelta(days=1), now + ALWAYS
        return
    day = now.date() - timedelta(days=1)
    while day <= now.date() + HORIZON:
        yield from sorted(span_on(window, day, now) for window in windows if begins_on(window, day))
        day += timedelta(days=1)


def begins_on(window: Window, day: date) -> bool:
    if window.date:
        return day.isoformat() == window.date
    return not window.days or DAYS[day.weekday()] in window.days


def span_on(window: Window, day: date, now: datetime) -> Span:
    begins = datetime.combine(day, clock_time(window.from_), tzinfo=now.tzinfo)
    ends = datetime.combine(day, clock_time(window.to), tzinfo=now.tzinfo)
    return begins, ends if ends > begins else ends + timedelta(days=1)


def clock_time(text: str) -> time:
    """`22:00`; `24:00` is the end of the day, which is the next midnight. Raises ValueError."""
    return time(0) if text == "24:00" else time.fromisoformat(text)


def frozen_span(freeze: Freeze, now: datetime) -> Span:
    return moment(freeze.from_, now), moment(freeze.to, now, end=True)


def moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """`2026-12-31` or `2026-12-31T18:00`, in the plan's zone; a bare date that ends something includes its day."""
    found = datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
    return found + timedelta(days=1) if end and len(text) <= 10 else found


def without(begins: datetime, ends: datetime, frozen: Sequence[Span]) -> Iterator[Span]:
    for cut_begins, cut_ends in frozen:
        if cut_ends <= begins or cut_begins >= ends:
            continue
        if cut_begins > begins:
            yield begins, cut_begins
        begins = max(begins, cut_ends)
        if begins >= ends:
            return
    if begins < ends:
        yield begins, ends
