"""A plan beside an older one: what the schedules do otherwise, what was revised, and which approvals fall.

The older one is a plan file, what `plan --json` printed, or a digest that was planned: its plan's text is on record.
"""

from pathlib import Path
from typing import Any

import typer
from msgspec import DecodeError, Struct, convert, json

from liftlock.cli.exits import Exit
from liftlock.cli.freezing import digest_of_plan, find_frozen, schedule_by_digest
from liftlock.cli.naming import upgrade_stream
from liftlock.cli.prepare import Prepared, locate
from liftlock.cli.screen import Screen
from liftlock.cli.session import read_bounded
from liftlock.cli.trouble import refuse
from liftlock.decide.compare import compare
from liftlock.decide.revise import complaints, revise
from liftlock.execute.fallen import Bound, words_beside
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.errors import WorldError
from liftlock.model.events import Entry
from liftlock.model.findings import Located
from liftlock.model.plan import Plan
from liftlock.model.ports import Drivers, Store
from liftlock.model.revision import Revision, Word
from liftlock.model.schedule import Schedule, digest
from liftlock.planfile.load import load_plan
from liftlock.publish.comparison import Change, changes_json, changes_text
from liftlock.publish.findings import findings_json
from liftlock.publish.revision import revision_json, revision_text, words_text
from liftlock.publish.words import Words


class Older(Struct, frozen=True):
    """`plan` is None where its text is not on record any more."""

    plan: Plan | None
    bound: Bound


class Compared(Struct, frozen=True):
    """Everything that is said of the two. `revision` is None where the older plan's text is not there."""

    older: Older
    changes: list[Change]
    revision: Revision | None
    given: tuple[Word, ...]
    found: tuple[Located, ...]


async def show_revision(
    screen: Screen, store: SqliteStore, prepared: Prepared, against: str, other: Prepared | None
) -> None:
    """`other`: the file that `against` names, if it names a plan."""
    entries = await store.entries(upgrade_stream(prepared.upgrade))
    if other is not None:
        older = await of_file(screen, store, other, digest_of_plan(entries, other.documents.loaded.sha256))
    else:
        older = await of_record(store, prepared, against)
    compared = compared_with(older, prepared, entries)
    if screen.as_json:
        screen.data(as_data(compared, prepared, screen.words))
    else:
        show(screen, compared, prepared)


def compared_with(older: Older, prepared: Prepared, entries: tuple[Entry, ...]) -> Compared:
    plan, schedule = prepared.plan, prepared.schedule
    assert plan is not None
    assert schedule is not None
    return Compared(
        older,
        changes_between(older.bound.schedule, schedule),
        None if older.plan is None else revise(older.plan, plan),
        words_beside(older.bound, Bound(schedule, prepared.digest, plan.owner), entries),
        () if older.plan is None else locate(prepared.documents, tuple(complaints(older.plan, plan))),
    )


def as_data(compared: Compared, prepared: Prepared, words: Words) -> dict[str, Any]:
    return {
        "digest": prepared.digest,
        "against": compared.older.bound.digest,
        "changes": changes_json(compared.changes),
        **revision_json(compared.revision, compared.given),
        **findings_json(compared.found, words),
    }


def show(screen: Screen, compared: Compared, prepared: Prepared) -> None:
    words, width, paint = screen.words, screen.width, screen.paint
    screen.text(changes_text(compared.changes, words, width=width, paint=paint))
    if compared.revision is None:
        screen.say("ui.revision.no_plan")
    else:
        screen.text(revision_text(compared.revision, words, width=width, paint=paint))
    same = compared.older.bound.digest == prepared.digest
    screen.text(words_text(compared.given, words, same=same, paint=paint))
    if compared.found:
        screen.findings(compared.found, prepared.sources)


# --- the older one ----------------------------------------------------------------------------------------


async def of_file(screen: Screen, store: Store, other: Prepared, planned: str) -> Older:
    """`planned`: the digest under which just this file was planned, if it was: what was approved is that schedule, also
    where its windows are over or its files have gone since. Else it must check; if it does not, the command ends."""
    schedule = await schedule_by_digest(store, planned) if planned else other.schedule
    if other.plan is None or schedule is None:
        screen.findings(other.findings, other.sources)
        raise typer.Exit(Exit.FINDINGS)
    return Older(other.plan, Bound(schedule, planned or other.digest, other.plan.owner))


async def of_record(store: Store, prepared: Prepared, against: str) -> Older:
    """What `plan --json` printed, or a digest by its beginning."""
    schedule = printed(Path(against))
    if schedule is not None:
        name = digest(schedule)
    else:
        name = (await find_frozen(store, prepared.upgrade, against)).schedule
        schedule = await schedule_by_digest(store, name)
    plan = await plan_on_record(store, schedule.plan, prepared.found.drivers)
    return Older(plan, Bound(schedule, name, plan.owner if plan is not None else ""))


async def plan_on_record(store: Store, sha256: str, drivers: Drivers) -> Plan | None:
    """From the text that was kept when it was planned. What a later version cannot read any more is not guessed at."""
    try:
        return load_plan(await store.get(sha256), drivers).plan
    except WorldError:
        return None


def printed(path: Path) -> Schedule | None:
    """From what `plan --json` printed; None if there is no such file."""
    if not path.is_file():
        return None
    try:
        data: Any = json.decode(read_bounded(path))
        inner = data.get("schedule", data) if isinstance(data, dict) else data
        return json.decode(json.encode(inner), type=Schedule)
    except DecodeError as error:
        raise refuse("no-schedule-in-file", file=str(path), why=str(error)) from error


# --- the schedules ----------------------------------------------------------------------------------------


def differences(screen: Screen, before: Schedule, after: Schedule) -> str:
    return changes_text(changes_between(before, after), screen.words, width=screen.width, paint=screen.paint)


def changes_between(before: Schedule, after: Schedule) -> list[Change]:
    return [convert(each, Change, from_attributes=True) for each in compare(before, after)]
