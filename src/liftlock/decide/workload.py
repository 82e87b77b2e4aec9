"""How much is asked of whom, and when: working days by person and week or month.

A job that is counted in working days asks for its part of each working day that it touches; one that is counted in time
(a wave at night, a watch) for its hours as a part of a working day, at most a whole one a day. More than a person has
on a day is overbooked, also where every hour by itself would fit. Moments are in the plan's zone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from liftlock.decide.workdays import hours_of, is_open, midnight, minutes_between
from liftlock.model.chapters import Person
from liftlock.model.dated import Row, Workload
from liftlock.model.workdays import Workdays

Per = Literal["week", "month"]
DAY = timedelta(days=1)
TOLERATED = 1e-6


def workload(
    rows: Sequence[Row], people: Sequence[Person], workdays: Workdays, per: Per = "week"
) -> tuple[Workload, ...]:
    """By person, in the team's order and then by name; a period in which nothing is asked is left out."""
    known = {person.id: person for person in people}
    asked = asked_of(rows, workdays)
    names = [*(name for name in known if name in asked), *sorted(asked.keys() - known.keys())]
    found = []
    for name in names:
        person = known.get(name) or Person(id=name)
        for begins, ends in periods(asked[name], per):
            found.append(share(person, begins, ends, asked[name], workdays))
    return tuple(found)


def asked_of(rows: Iterable[Row], workdays: Workdays) -> dict[str, dict[date, float]]:
    """Parts of a working day, by person and day."""
    found: dict[str, dict[date, float]] = {}
    for row in rows:
        if not row.people or row.milestone:
            continue
        parts = list(parts_of(row, workdays))
        for name in row.people:
            of_person, load = found.setdefault(name, {}), row.loads.get(name, 100.0) / 100
            for day, part in parts:
                of_person[day] = of_person.get(day, 0.0) + part * load
    return found


def parts_of(row: Row, workdays: Workdays) -> Iterator[tuple[date, float]]:
    """Each day with the part of a working day that the job takes of it."""
    day, whole = row.begins.date(), max(1, workdays.to_min - workdays.from_min)
    while midnight(day, row.begins) < row.ends:
        if row.days is None:
            span: tuple[datetime, datetime] | None = midnight(day, row.begins), midnight(day + DAY, row.begins)
        else:
            span = hours_of(workdays, day, row.begins)
        if span is not None:
            minutes = minutes_between(max(row.begins, span[0]), min(row.ends, span[1]))
            if minutes > 0:
                yield day, min(1.0, minutes / whole)
        day += DAY


def periods(days: Iterable[date], per: Per) -> list[tuple[date, date]]:
    """First and last day of every week or month that has one of the days."""
    return sorted({period_of(day, per) for day in days})


def period_of(day: date, per: Per) -> tuple[date, date]:
    if per == "week":
        first = day - DAY * day.weekday()
        return first, first + DAY * 6
    first = day.replace(day=1)
    return first, (first + DAY * 31).replace(day=1) - DAY


def share(person: Person, begins: date, ends: date, asked: Mapping[date, float], workdays: Workdays) -> Workload:
    inside = {day: part for day, part in asked.items() if begins <= day <= ends}
    all_days = [begins + DAY * number for number in range((ends - begins).days + 1)]
    has = sum(part_there(person, day) for day in all_days if is_open(workdays, day))
    over = tuple(day for day, part in sorted(inside.items()) if part > part_there(person, day) + TOLERATED)
    days = sum(inside.values())
    return Workload(person.id, begins, ends, days, has, over, days * person.cost_per_day)


def part_there(person: Person, day: date) -> float:
    """How much of a day the upgrade may have of the person, who may work at a weekend; nothing while absent."""
    text = day.isoformat()
    if any(absence.from_ <= text <= absence.to for absence in person.absences):
        return 0.0
    return person.load / 100
