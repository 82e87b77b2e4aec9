"""A chart's time: two levels of ticks in the zone's calendar, and the calendar's shades."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from liftlock.model.dated import Shade
from liftlock.publish.scales import Axis
from liftlock.publish.words import Words

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST_W = 1.5  # pixels: what is thinner is joined with its neighbours, or left out
DAY_S = 86400
STEPS_MIN = (5, 10, 15, 30, 60, 120, 180, 240, 360)
TICKS_MAX = 14


class Tick(Struct, frozen=True):
    """`at`: seconds since 1970. `major`: where the larger unit begins."""

    at: float
    label: str
    major: bool = False


Step = Callable[[datetime], datetime]


def ticks(low: float, high: float, words: Words) -> list[Tick]:
    """The smaller unit is minutes, hours, days, weeks or months, as long as it may be read; the larger stands above."""
    days = (high - low) / DAY_S
    for limit, major, minor in (
        (2.5, days_from(words), hours_from(words, days)),
        (24, months_from(words), days_from(words, weekdays=days <= 15)),
        (200, months_from(words), weeks_from(words)),
        (1100, years_from(words), months_from(words, short=True)),
    ):
        if days <= limit:
            return [*mark(low, high, major, major=True), *mark(low, high, minor, major=False)]
    return mark(low, high, years_from(words), major=True)


class Unit(Struct, frozen=True):
    """`floor`: where the unit that holds a moment begins; `after`: where the next one does."""

    zone: tzinfo
    floor: Step
    after: Step
    form: Callable[[datetime], str]


def mark(low: float, high: float, unit: Unit, *, major: bool) -> list[Tick]:
    """Every begin of the unit within the span; of the larger one also that in which the span begins."""
    at = unit.floor(datetime.fromtimestamp(low, unit.zone))
    found: list[Tick] = []
    while at.timestamp() < high:
        if at.timestamp() >= low or (major and not found):
            found.append(Tick(max(at.timestamp(), low), unit.form(at), major))
        at = unit.after(at)
    return found


def hours_from(words: Words, days: float) -> Unit:
    """Or parts of an hour."""
    step = next(minutes for minutes in STEPS_MIN if days * 24 * 60 / minutes <= TICKS_MAX or minutes == STEPS_MIN[-1])

    def floor(at: datetime) -> datetime:
        minute = (at.hour * 60 + at.minute) // step * step
        return at.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)

    def after(at: datetime) -> datetime:
        return datetime.fromtimestamp(at.timestamp() + step * 60, words.zone)

    return Unit(words.zone, floor, after, lambda at: at.strftime("%H:%M"))


def midnight(at: datetime, day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=at.tzinfo)


def days_from(words: Words, *, weekdays: bool = True) -> Unit:
    def form(at: datetime) -> str:
        return f"{at:%d} {words.word('Day', DAYS[at.weekday()])}" if weekdays else f"{at:%d}"

    return Unit(words.zone, lambda at: midnight(at, at.date()), lambda at: midnight(at, next_day(at)), form)


def next_day(at: datetime, days: int = 1) -> date:
    return at.date() + timedelta(days=days)


def weeks_from(words: Words) -> Unit:
    return Unit(
        words.zone,
        lambda at: midnight(at, next_day(at, -at.weekday())),
        lambda at: midnight(at, next_day(at, 7)),
        lambda at: f"{at:%d}",
    )


def months_from(words: Words, *, short: bool = False) -> Unit:
    return Unit(
        words.zone,
        lambda at: midnight(at, at.date().replace(day=1)),
        lambda at: midnight(at, (at.date().replace(day=28) + timedelta(days=4)).replace(day=1)),
        lambda at: f"{at:%m}" if short else f"{at:%Y-%m}",
    )


def years_from(words: Words) -> Unit:
    return Unit(
        words.zone,
        lambda at: midnight(at, at.date().replace(month=1, day=1)),
        lambda at: midnight(at, date(at.year + 1, 1, 1)),
        lambda at: f"{at:%Y}",
    )


# --- shades -------------------------------------------------------------------------------------------------


class Band(Struct, frozen=True):
    """A shade in pixels."""

    begins: float
    ends: float
    name: str = ""


def bands(shades: Iterable[Shade], kind: str, x: Axis) -> Iterator[Band]:
    """Shades of a kind as the chart can show them: what touches is joined, and so is what no eye would tell apart."""
    open_band: Band | None = None
    for begins, ends, name in sorted(placed(shades, kind, x)):
        if open_band is not None and begins <= open_band.ends + LEAST_W:
            joined = open_band.name if open_band.name == name else open_band.name or name
            open_band = Band(open_band.begins, max(open_band.ends, ends), joined)
            continue
        if open_band is not None:
            yield open_band
        open_band = Band(begins, ends, name)
    if open_band is not None:
        yield open_band


def placed(shades: Iterable[Shade], kind: str, x: Axis) -> Iterator[tuple[float, float, str]]:
    for shade in shades:
        low, high = shade.begins.timestamp(), shade.ends.timestamp()
        if shade.kind == kind and high > x.low and low < x.high:
            yield x.at(low), x.at(high), shade.name
