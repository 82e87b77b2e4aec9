"""The timetable's days: dates that exist and are in order, a calendar that is known, holidays, others' changes."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from liftlock.decide.case import Case, Rule, error, info, some, warning
from liftlock.decide.changes import names_of, touched
from liftlock.decide.rules.time import REFERENCE, is_date, is_moment
from liftlock.decide.windows import moment
from liftlock.decide.workdays import is_open, nth_open
from liftlock.model.findings import Finding, Path
from liftlock.model.tasks import Timetable

WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?", re.ASCII)
YEARS = range(1990, 2200)  # what can be planned with: other years are slips of the keyboard
LONG_HOLIDAY = 5  # days without work, weekends among them
SOON = timedelta(days=90)  # how far a timetable without an end is looked at


def is_day(text: str) -> bool:
    """A date that exists and can be planned with: 2026-12-20."""
    return is_date(text) and is_when(text) and len(text) == 10


def is_when(text: str) -> bool:
    """The same, or with a time of day: 2026-12-20T18:00, in the plan's zone."""
    return WRITTEN.fullmatch(text) is not None and is_moment(text) and int(text[:4]) in YEARS


def dates_exist(case: Case) -> Iterator[Finding]:
    for path, given in written_dates(case):
        whole = path[-1] == "starts" or "closed" in path
        if given and not (is_day(given) if whole else is_when(given)):
            yield error("L605", path, given=given)


def written_dates(case: Case) -> Iterator[tuple[Path, str]]:
    """Every date and moment of the timetable."""
    table = case.plan.timetable
    if table is None:
        return
    for key in ("starts", "ends"):
        yield ("timetable", key), getattr(table, key)
    for index, task in enumerate(table.tasks):
        for key in ("earliest", "deadline", "began", "ended"):
            yield ("timetable", "tasks", index, key), getattr(task, key)
    for place, begins, ends in spans(table):
        yield (*place, "from"), begins
        yield (*place, "to"), ends


def spans(table: Timetable) -> Iterator[tuple[Path, str, str]]:
    """The timetable's own; those of people, resources and the budget are looked at where no timetable is, too."""
    for index, closed in enumerate(table.closed):
        yield ("timetable", "closed", index), closed.from_, closed.to
    for index, change in enumerate(table.changes):
        yield ("timetable", "changes", index), change.from_, change.to


def spans_are_in_order(case: Case) -> Iterator[Finding]:
    table = case.plan.timetable
    if table is None:
        return
    whole = [(("timetable", "ends"), table.starts, table.ends)] if table.ends else []
    for path, begins, ends in (*whole, *spans(table)):
        if is_when(begins) and is_when(ends) and at(begins) >= at(ends, end=True):
            yield error("L606", path, since=begins, until=ends)


def at(text: str, *, end: bool = False) -> datetime:
    return moment(text, REFERENCE, end=end)


def what_happened_is_in_order(case: Case) -> Iterator[Finding]:
    for index, task in enumerate(case.plan.timetable.tasks if case.plan.timetable else ()):
        path = ("timetable", "tasks", index)
        if task.ended and (
            not task.began or (both(task.began, task.ended) and at(task.began) > at(task.ended, end=True))
        ):
            yield error("L607", (*path, "ended"), task=task.id)
        for key, given in (("began", task.began), ("ended", task.ended)):
            if case.now is not None and given and is_when(given) and moment(given, case.now) > case.now:
                yield warning("L608", (*path, key), task=task.id, given=given)


def both(one: str, other: str) -> bool:
    return is_when(one) and is_when(other)


def deadlines_are_after_the_begin(case: Case) -> Iterator[Finding]:
    table = case.plan.timetable
    if table is None or not is_day(table.starts):
        return
    for index, task in enumerate(table.tasks):
        earliest = task.earliest if is_when(task.earliest) else table.starts
        if not task.began and task.deadline and is_when(task.deadline) and at(task.deadline, end=True) <= at(earliest):
            path = ("timetable", "tasks", index, "deadline")
            yield error("L609", path, task=task.id, deadline=task.deadline, earliest=earliest)
    if is_when(case.plan.deadline) and at(case.plan.deadline, end=True) <= at(table.starts):
        yield error("L643", ("timetable", "starts"), starts=table.starts, deadline=case.plan.deadline)


# --- the calendar -----------------------------------------------------------------------------------------------


def looked_at(case: Case) -> tuple[date, date] | None:
    """From the timetable's start to its end, or the plan's deadline, or some weeks on."""
    table = case.plan.timetable
    if table is None or not is_day(table.starts):
        return None
    starts = date.fromisoformat(table.starts)
    ends = [at(text).date() for text in (table.ends, case.plan.deadline) if is_when(text)]
    return starts, max(starts, min(ends, default=starts + SOON))


def the_calendar_is_known(case: Case) -> Iterator[Finding]:
    span, workdays = looked_at(case), case.calendars.workdays
    if span is None:
        return
    years = [year for year in workdays.unknown_years if span[0].year <= year <= span[1].year]
    if years:
        yield warning("L640", ("timetable", "calendar"), years=", ".join(map(str, years)))
    if nth_open(workdays, span[0], 1) is None:
        yield error("L644", ("timetable", "calendar"))


def the_years_end_is_thought_of(case: Case) -> Iterator[Finding]:
    """年终决算: waves that may fall on 31 December or 1 January, where no freeze keeps them off."""
    span = looked_at(case)
    for year in range(span[0].year, span[1].year) if span else ():
        turn = (datetime(year, 12, 31, tzinfo=REFERENCE.tzinfo), datetime(year + 1, 1, 2, tzinfo=REFERENCE.tzinfo))
        frozen = [
            each
            for each in case.plan.freezes
            if both(each.from_, each.to) and at(each.from_) < turn[1] and at(each.to, end=True) > turn[0]
        ]
        if not frozen:
            place = ("freezes",) if case.plan.freezes else ("timetable", "starts")
            yield warning("L641", place, year=str(year))


def long_holidays_are_named(case: Case) -> Iterator[Finding]:
    span, workdays = looked_at(case), case.calendars.workdays
    day = span[0] if span else date.max
    while span and day <= span[1]:
        ends = day
        while not is_open(workdays, ends) and ends <= span[1]:
            ends += timedelta(days=1)
        if (days := (ends - day).days) >= LONG_HOLIDAY:
            name = next((workdays.names[each] for each in sorted(workdays.names) if day <= each < ends), "-")
            last = (ends - timedelta(days=1)).isoformat()
            yield info("L642", ("timetable",), name=name, since=day.isoformat(), until=last, days=days)
        day = max(ends, day + timedelta(days=1))


# --- others' changes --------------------------------------------------------------------------------------------


def changes_touch_something(case: Case) -> Iterator[Finding]:
    """What a change closes is said; one that touches nothing of ours may have been misspelt."""
    table, seen = case.plan.timetable, set[str]()
    names = names_of(case.plan, {name: laying.hosts for name, laying in case.laid.items()}, case.inventory.groups)
    related = {name for each in (table.relations if table else ()) for name in (each.item, *each.parents)}
    for index, change in enumerate(table.changes if table else ()):
        path = ("timetable", "changes", index)
        if change.id in seen:
            yield error("L650", (*path, "id"), change=change.id)
        seen.add(change.id)
        hosts = touched(change, names)
        if hosts:
            span = {"since": change.from_, "until": change.to}
            yield info("L652", path, change=change.id, **span, hosts=some(sorted(hosts)), count=len(hosts))
        elif not related.intersection(change.items) and not people(case).intersection(change.people):
            yield warning("L651", path, change=change.id)


def people(case: Case) -> frozenset[str]:
    """Everybody of ours whom a change may keep busy, and every team."""
    plan, tasks = case.plan, case.plan.timetable.tasks if case.plan.timetable else ()
    listed = plan.team.people if plan.team else ()
    teams = {each.id for each in plan.resources} | {team for person in listed for team in person.teams}
    named = {name for task in tasks for name in (*task.people, task.owner)}
    return frozenset({plan.owner, *(person.id for person in listed), *teams, *named})


RULES: tuple[Rule, ...] = (
    dates_exist,
    spans_are_in_order,
    what_happened_is_in_order,
    deadlines_are_after_the_begin,
    the_calendar_is_known,
    the_years_end_is_thought_of,
    long_holidays_are_named,
    changes_touch_something,
)
