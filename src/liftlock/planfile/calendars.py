"""Working days from a country's public calendar (`holidays`), make-up days included, and a site's own file over it.

Order: the site's file, then our corrections, then the library. A country that publishes each year's calendar anew, as
China's State Council does around the November before, has official days only as far as the library's tables go: later
years are estimated, and named in `unknown_years` until the library, or the site's `official:`, has them.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path as FilePath

from msgspec import Struct

from liftlock.model.chapters import Absence
from liftlock.model.findings import Finding
from liftlock.model.near import near
from liftlock.model.part import Part
from liftlock.model.tasks import WorkCalendar
from liftlock.model.workdays import Workdays
from liftlock.planfile import forms
from liftlock.planfile.codes import complain
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.files import read_document
from liftlock.planfile.nodes import Positions
from liftlock.planfile.yaml import PLAN_LIMITS, read

SOURCE = "calendar"
LANGUAGES = {"en": "en_US", "zh": "zh_CN"}
DAYS_MAX = 4000  # that one range closes
AT: tuple[str, ...] = ("timetable", "calendar")

# 国办发明电〔2019〕3号 amended the Labour Day of 2019: 1 to 4 May are free, 28 April and 5 May are worked; `holidays`
# (0.86) still has the notice of 2018. A site's own file can correct more.
CORRECTED_CLOSED = {"CN": (date(2019, 5, 2), date(2019, 5, 3))}
CORRECTED_OPENED = {"CN": (date(2019, 4, 28), date(2019, 5, 5))}


class CalendarFile(Part, frozen=True):
    """A site's own days. `official`: years that this file lists completely: nothing else is asked for them."""

    closed: tuple[str | Absence, ...] = ()
    opened: tuple[str | Absence, ...] = ()  # make-up days: 调休上班
    official: tuple[int, ...] = ()
    comment: str = ""


class LoadedCalendar(Struct, frozen=True):
    """`file`, `positions`: of the site's own file, where the findings with source `calendar` are."""

    workdays: Workdays
    findings: tuple[Finding, ...] = ()
    file: str = ""
    positions: Positions = Positions(None)


def read_workdays(
    calendar: WorkCalendar,
    folder: FilePath,
    years: Sequence[int],
    closed: Sequence[Absence] = (),
    *,
    language: str = "en",
) -> LoadedCalendar:
    """The days of these years. Whatever is wrong is among the findings, and what can be read is read. `closed`: days
    that the plan itself closes, written as dates that exist. `language`: of the holidays' names, where it has them."""
    own, findings, file, positions = read_own(calendar, folder)
    public, wrong = public_days(calendar, [year for year in years if year not in own.official], language)
    shut, open_ = set(days_of(own.closed)), set(days_of(own.opened))
    names = {**public.names, **named(own.closed), **named(closed)}
    hours, untimely = hours_of(calendar)
    workdays = Workdays(
        closed=((public.closed | shut) - open_) | set(days_of(closed)),
        opened=((public.opened - shut) | open_) - set(days_of(closed)),
        weekend=public.weekend,
        from_min=hours[0],
        to_min=hours[1],
        unknown_years=public.unknown_years,
        country=calendar.country,
        names=names,
    )
    return LoadedCalendar(workdays, (*wrong, *untimely, *findings), file, positions)


# --- the country's ------------------------------------------------------------------------------------------


def public_days(calendar: WorkCalendar, years: Sequence[int], language: str) -> tuple[Workdays, tuple[Finding, ...]]:
    """The library is read only where a plan has a timetable."""
    import holidays

    known = holidays.list_supported_countries()
    if calendar.country not in known:
        fields = {"given": calendar.country, "suggestion": near(calendar.country.upper(), known) or "CN"}
        return Workdays(), (complain("L480", (*AT, "country"), **fields),)
    if calendar.subdivision and calendar.subdivision not in known[calendar.country]:
        fields = {"given": calendar.subdivision, "allowed": ", ".join(known[calendar.country]) or "-"}
        return Workdays(), (complain("L481", (*AT, "subdivision"), **fields),)
    found = holidays.country_holidays(
        calendar.country, subdiv=calendar.subdivision or None, years=years, language=LANGUAGES.get(language)
    )
    inside = set(years)
    opened = {day for day in found.weekend_workdays if day.year in inside}
    opened |= {day for day in CORRECTED_OPENED.get(calendar.country, ()) if day.year in inside}
    closed = set(found) | {day for day in CORRECTED_CLOSED.get(calendar.country, ()) if day.year in inside}
    return Workdays(
        closed=frozenset(closed - opened),
        opened=frozenset(opened),
        weekend=frozenset(found.weekend),
        unknown_years=tuple(year for year in years if year > published_to(calendar.country, year)),
        names={day: found[day] for day in sorted(found)},
    ), ()


def published_to(country: str, year: int) -> int:
    """The last year whose days are official; of most countries every year's are."""
    if country != "CN":
        return year
    from holidays.countries.china import ChinaStaticHolidays

    return max(ChinaStaticHolidays.special_public_holidays)


# --- the site's own file ------------------------------------------------------------------------------------


def read_own(calendar: WorkCalendar, folder: FilePath) -> tuple[CalendarFile, tuple[Finding, ...], str, Positions]:
    nothing = CalendarFile()
    if not calendar.override:
        return nothing, (), "", Positions(None)
    file = folder / calendar.override
    text = read_document(file, PLAN_LIMITS.size_bytes, (*AT, "override"))
    if isinstance(text, Finding):
        return nothing, (text,), "", Positions(None)
    document = read(text, PLAN_LIMITS, SOURCE)
    if document.root is None:
        return nothing, document.findings, str(file), Positions(None)
    converter = Converter(SOURCE)
    own = converter.convert(document.root, CalendarFile)
    findings = [*document.findings, *converter.findings]
    if own is FAILED:
        return nothing, tuple(findings), str(file), Positions(document.root)
    faults = list(faults_of(own))
    kept = nothing if faults else own
    return kept, (*findings, *faults), str(file), Positions(document.root)


def faults_of(own: CalendarFile) -> Iterator[Finding]:
    """Dates that do not exist, ranges that end before they begin, days that are both closed and worked."""
    bad = False
    for key, entries in (("closed", own.closed), ("opened", own.opened)):
        for index, entry in enumerate(entries):
            for beside, given in written(entry):
                if not forms.is_date(given):
                    bad = True
                    yield complain("L051", (key, index, *beside), SOURCE, given=given)
    if bad:
        return
    for key, entries in (("closed", own.closed), ("opened", own.opened)):
        for index, entry in enumerate(entries):
            if not isinstance(entry, str) and not 0 <= span_days(entry) < DAYS_MAX:
                yield complain("L482", (key, index), SOURCE, since=entry.from_, until=entry.to)
                return
    if both := sorted(set(days_of(own.closed)) & set(days_of(own.opened))):
        yield complain("L483", ("opened",), SOURCE, day=both[0].isoformat(), more=len(both) - 1)


def written(entry: str | Absence) -> tuple[tuple[tuple[str, ...], str], ...]:
    if isinstance(entry, str):
        return (((), entry),)
    return ((("from",), entry.from_), (("to",), entry.to))


def span_days(entry: Absence) -> int:
    return (date.fromisoformat(entry.to) - date.fromisoformat(entry.from_)).days


def days_of(entries: Sequence[str | Absence]) -> Iterator[date]:
    """Every day of these; a range includes its last day. What is no date is none: it has a finding."""
    for entry in entries:
        texts = [given for _, given in written(entry)]
        if all(map(forms.is_date, texts)):
            first, last = date.fromisoformat(texts[0]), date.fromisoformat(texts[-1])
            yield from (first + timedelta(number) for number in range(min((last - first).days + 1, DAYS_MAX)))


def named(entries: Sequence[str | Absence]) -> dict[date, str]:
    return {
        day: entry.because
        for entry in entries
        if not isinstance(entry, str) and entry.because
        for day in days_of((entry,))
    }


def hours_of(calendar: WorkCalendar) -> tuple[tuple[int, int], tuple[Finding, ...]]:
    """Minutes after midnight at which a working day begins and ends."""
    usual = (9 * 60, 18 * 60)
    wrong = [
        complain("L050", (*AT, key), given=given)
        for key, given in (("from", calendar.from_), ("to", calendar.to))
        if not forms.CLOCK_TIME.fullmatch(given)
    ]
    if wrong:
        return usual, tuple(wrong)
    begins, ends = minute_of(calendar.from_), minute_of(calendar.to)
    if begins >= ends:
        return usual, (complain("L484", AT, since=calendar.from_, until=calendar.to),)
    return (begins, ends), ()


def minute_of(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
