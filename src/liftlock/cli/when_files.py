"""What `liftlock when` writes: a chart, calendars, tables. What is replaced is said to be."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from liftlock.cli.screen import Screen
from liftlock.cli.session import refuse_without_folder
from liftlock.cli.timing import Timing
from liftlock.cli.trouble import refuse
from liftlock.journal.faults import faults_of
from liftlock.model.dated import Dated, Spending, Workload
from liftlock.publish.gantt import gantt
from liftlock.publish.ical import files_of, ical, people_in
from liftlock.publish.sheets import budget_table, csv_text, has_excel, timetable_table, workbook, workload_table
from liftlock.publish.words import Words


class Wanted(Struct, frozen=True):
    """Where to write what; None: not."""

    svg: Path | None = None
    ics: Path | None = None
    csv: Path | None = None
    xlsx: Path | None = None


class Means(Struct, frozen=True):
    """What the timetable asks for."""

    loads: tuple[Workload, ...] = ()
    spent: tuple[Spending, ...] = ()
    currency: str = ""


def refuse_unwritable(wanted: Wanted) -> None:
    """Before anything is solved: what cannot be written is refused."""
    if wanted.xlsx is not None and not has_excel():
        raise refuse("no-excel", file=str(wanted.xlsx))
    for file in (wanted.svg, wanted.csv, wanted.xlsx, wanted.ics):
        if file is not None:
            refuse_without_folder(file)


def write_files(screen: Screen, wanted: Wanted, timing: Timing, dated: Dated, means: Means) -> list[str]:
    """Every file, written; answers their names."""
    words, written = screen.words, []
    for path, data in contents(wanted, timing, dated, means, words):
        written.append(str(path))
        replaced = path.exists()
        with faults_of(path):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        screen.say("ui.when.replaced" if replaced else "ui.when.written", file=str(path), size_bytes=len(data))
    return written


def contents(wanted: Wanted, timing: Timing, dated: Dated, means: Means, words: Words) -> Iterator[tuple[Path, bytes]]:
    if wanted.svg is not None:
        yield wanted.svg, gantt(dated, words, timing.now).encode()
    if wanted.csv is not None:
        yield wanted.csv, csv_text(timetable_table(dated, words)).encode()
    if wanted.xlsx is not None:
        tables = (
            ("timetable", timetable_table(dated, words)),
            ("workload", workload_table(means.loads, dated, words)),
            ("budget", budget_table(means.spent, words)),
        )
        sheets = [(words.say(f"ui.sheet.{name}"), table) for name, table in tables]
        yield wanted.xlsx, workbook(sheets, timing.now)
    if wanted.ics is not None:
        yield from calendars(wanted.ics, timing, dated, words)


def calendars(place: Path, timing: Timing, dated: Dated, words: Words) -> Iterator[tuple[Path, bytes]]:
    """One file, or a folder with `all.ics` and one for each person."""
    people = timing.plan.team.people if timing.plan.team else ()
    mails = {person.id: person.contact.mail for person in people if person.contact.mail}
    revision = timing.last.number if timing.last else 0
    stamp, owner = timing.now, timing.plan.owner
    whole = ical(dated, words, stamp, revision=revision, mails=mails, organizer=owner)
    if place.suffix == ".ics":
        yield place, whole
        return
    yield place / "all.ics", whole
    for person, name in files_of(dated, people_in(dated)).items():
        theirs = ical(dated, words, stamp, person=person, revision=revision, mails=mails, organizer=owner)
        yield place / name, theirs
