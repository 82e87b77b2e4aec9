"""A timetable becomes a fact: kept in the upgrade's stream, with the problem that it answers beside it."""

from datetime import datetime

from msgspec import Struct, json

from liftlock.cli.naming import upgrade_stream
from liftlock.decide.timetable.back import moment_of
from liftlock.model.events import Entry, TimetableKept
from liftlock.model.ports import Store
from liftlock.model.timetable import Problem, Solution


class Kept(Struct, frozen=True):
    """A problem and its answer, as they lie beside the record."""

    problem: Problem
    solution: Solution


class LastKept(Struct, frozen=True):
    """`number`: how many timetables were kept of this upgrade, this one included."""

    event: TimetableKept
    at: datetime
    kept: Kept
    number: int


async def keep_timetable(store: Store, upgrade: str, schedule: str, kept: Kept, by: str, now: datetime) -> bool:
    """Record it, unless it is the last one recorded already. Answers whether it is new."""
    stream = upgrade_stream(upgrade)
    blob = await store.put(json.encode(kept, order="deterministic"))
    last = last_event(await store.entries(stream))
    if last is not None and (last.event.timetable, last.event.schedule) == (blob, schedule):
        return False
    ends = moment_of(kept.problem.origin, kept.solution.ends)
    await store.append(stream, [TimetableKept(blob, schedule, ends, by)], now)
    return True


async def last_timetable(store: Store, upgrade: str) -> LastKept | None:
    """What was kept last, whatever schedule it was of."""
    entries = await store.entries(upgrade_stream(upgrade))
    last = last_event(entries)
    if last is None:
        return None
    number = sum(isinstance(entry.event, TimetableKept) for entry in entries)
    kept = json.decode(await store.get(last.event.timetable), type=Kept)
    return LastKept(last.event, last.at, kept, number)


class Found(Struct, frozen=True):
    event: TimetableKept
    at: datetime


def last_event(entries: tuple[Entry, ...]) -> Found | None:
    for entry in reversed(entries):
        if isinstance(entry.event, TimetableKept):
            return Found(entry.event, entry.at)
    return None
