"""The files that a plan's timetable names, read: the site's calendar, others' changes, recorded traffic."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from msgspec import Struct

from liftlock.decide.bounds import AROUND, REACH
from liftlock.decide.rules.timetable_days import is_day, is_when
from liftlock.model.calendars import NO_CALENDARS, Calendars
from liftlock.model.findings import Finding
from liftlock.model.load import Sample
from liftlock.model.plan import Plan
from liftlock.model.tasks import Timetable
from liftlock.planfile.calendars import LoadedCalendar, read_workdays
from liftlock.planfile.changes import LoadedChanges, read_changes
from liftlock.planfile.files import read_document
from liftlock.planfile.loads import SOURCE as LOAD
from liftlock.planfile.loads import read_traffic
from liftlock.planfile.nodes import Positions
from liftlock.planfile.yaml import PLAN_LIMITS
from liftlock.publish.words import zone_of

Place = tuple[str, Positions]


class ReadCalendars(Struct, frozen=True):
    """`places`: a finding's source -> its file and positions."""

    calendars: Calendars = NO_CALENDARS
    findings: tuple[Finding, ...] = ()
    places: dict[str, Place] = {}


def read_calendars(plan: Plan, folder: Path) -> ReadCalendars:
    """Whatever is wrong is among the findings. A plan without a timetable has a plain week."""
    table = plan.timetable
    if table is None or not is_day(table.starts):
        return ReadCalendars()
    days = read_workdays(table.calendar, folder, tuple(years_of(table)), table.closed, language=plan.language or "en")
    zone = zone_of(plan.timezone)
    changes = read_changes(table.changes_from, folder, zone) if table.changes_from else LoadedChanges()
    file, samples, wrong = recorded(plan, table, folder)
    return ReadCalendars(
        Calendars(days.workdays, changes.changes, samples),
        (*days.findings, *changes.findings, *wrong),
        places_of(days, changes) | ({LOAD: (file, Positions(None))} if file else {}),
    )


def places_of(days: LoadedCalendar, changes: LoadedChanges) -> dict[str, Place]:
    found = {"calendar": (days.file, days.positions), "changes": (changes.file, changes.positions)}
    return {source: place for source, place in found.items() if place[0]}


def years_of(table: Timetable) -> Iterator[int]:
    """From some weeks before the timetable starts to some weeks after its end."""
    starts = date.fromisoformat(table.starts)
    ends = date.fromisoformat(table.ends[:10]) if is_when(table.ends) else starts + REACH
    yield from range((starts - AROUND).year, (min(max(ends, starts), starts + 5 * REACH) + AROUND).year + 1)


def recorded(plan: Plan, table: Timetable, folder: Path) -> tuple[str, tuple[Sample, ...], tuple[Finding, ...]]:
    """The traffic of a file; what Prometheus has is asked for by the commands that show it."""
    if table.load is None or not table.load.file:
        return "", (), ()
    file = folder / table.load.file
    data = read_document(file, PLAN_LIMITS.size_bytes, ("timetable", "load", "file"))
    if isinstance(data, Finding):
        return "", (), (data,)
    found = read_traffic(data, zone_of(plan.timezone))
    return str(file), tuple(found.samples), tuple(found.findings)
