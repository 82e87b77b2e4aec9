"""When does what happen? The timetable of a plan: solved, proved, shown, explained, written, kept."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct

from liftlock.cli.choosing import existing
from liftlock.cli.clock import SystemClock
from liftlock.cli.exits import Exit
from liftlock.cli.freezing import freeze
from liftlock.cli.opening import complete
from liftlock.cli.options import Json, Lang, Me, PlanFile, StoreAt, command, commands
from liftlock.cli.plan_commands import read, schedule_or_exit, speak_plan
from liftlock.cli.prepare import Prepared
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.settings import person, store_folder
from liftlock.cli.timetables import Kept, keep_timetable
from liftlock.cli.timing import quiet_of, record_if_any, timing_of
from liftlock.cli.traffic import traffic_of
from liftlock.cli.when_answers import Answer, answer, conflict_lines, conflicts_json, explain, moved, status_of
from liftlock.cli.when_files import Wanted, refuse_unwritable, write_files
from liftlock.journal.sqlite import SqliteStore
from liftlock.planfile import forms
from liftlock.publish.explained import quiet_json, quiet_text
from liftlock.publish.timetable import compared_lines, heading, timetable_json, timetable_text
from liftlock.publish.timetable_means import budget_lines, means_json, workload_lines

app = commands()

LIMIT_MAX_S = 3600.0

Explain = Annotated[
    list[str] | None, typer.Option("--explain", metavar="TASK", help="Why this task begins when it does (repeatable).")
]
Move = Annotated[
    tuple[str, str] | None,
    typer.Option("--move", metavar="TASK DATE", help="What it does to put a task there; only --keep records it."),
]
Conflicts = Annotated[bool, typer.Option("--conflicts", help="Only what stands in the way of what.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only the quiet hours of a week, from recorded traffic.")]
OnlyMoved = Annotated[bool, typer.Option("--moved", help="Only what differs from the timetable that was kept.")]
Svg = Annotated[Path | None, typer.Option("--svg", help="Draw a Gantt chart into this file.", show_default=False)]
Ics = Annotated[
    Path | None,
    typer.Option("--ics", help="Calendars: one .ics file, or a folder with one a person.", show_default=False),
]
Csv = Annotated[Path | None, typer.Option("--csv", help="The table for spreadsheets.", show_default=False)]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", help="An Excel workbook.", show_default=False)]
Limit = Annotated[str, typer.Option("--limit", help="How long to look for a better one, like 10s.")]
Keep = Annotated[bool, typer.Option("--keep", help="Record the timetable; later ones move as little as they can.")]


class Asked(Struct, frozen=True):
    """What is wanted of the timetable."""

    explain: tuple[str, ...] = ()
    move: tuple[str, str] | None = None
    conflicts: bool = False
    moved: bool = False
    keep: bool = False
    limit_s: float = 10.0
    wanted: Wanted = Wanted()

    @property
    def table(self) -> bool:
        """Nothing else is asked for: the whole of it."""
        return not (self.explain or self.move or self.conflicts or self.moved or self.wanted != Wanted())


@command(
    app,
    "liftlock when plan.yaml",
    "liftlock when plan.yaml --explain uat",
    "liftlock when plan.yaml --move uat 2026-12-10",
    "liftlock when plan.yaml --svg plan.svg --ics calendars/ --xlsx plan.xlsx",
    "liftlock when plan.yaml --keep",
)
def when(
    plan: PlanFile,
    explain: Explain = None,
    move: Move = None,
    conflicts: Conflicts = False,
    quiet: Quiet = False,
    moved: OnlyMoved = False,
    svg: Svg = None,
    ics: Ics = None,
    csv: Csv = None,
    xlsx: Xlsx = None,
    limit: Limit = "10s",
    keep: Keep = False,
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """The timetable: when what begins, with whom, what is critical, how much slack there is, what it asks for.

    Every timetable is proved by an independent checker, whoever placed it. Status 1: there is none, or a conflict
    blocks.
    """
    screen = open_screen(lang, as_json)
    wanted = Wanted(svg, ics, csv, xlsx)
    asked = Asked(tuple(explain or ()), move, conflicts, moved, keep, limit_of(limit), wanted)
    refuse_unwritable(wanted)
    prepared = read(screen, existing(plan), store)
    schedule_or_exit(screen, prepared)
    clock = speak_plan(screen, prepared)
    if quiet:
        complete(show_quiet(screen, prepared, clock))
        return
    by, place = person(me, os.environ), store_folder(store, os.environ, plan)

    async def work() -> Exit:
        async with record_if_any(place, make=keep) as journal:
            return await told(screen, prepared, journal, clock, by, asked)

    raise typer.Exit(complete(work()))


def limit_of(text: str) -> float:
    found = forms.duration_s(text)
    if found is None or not 0 < found <= LIMIT_MAX_S:
        raise typer.BadParameter(f"{text}: a time like 10s, at most 1h", param_hint="--limit")
    return found


async def told(
    screen: Screen, prepared: Prepared, journal: SqliteStore | None, clock: SystemClock, by: str, asked: Asked
) -> Exit:
    """Solve, show, write and keep, as was asked for."""
    timing = await timing_of(prepared, journal, clock.now())
    if asked.table:
        show_findings(screen, prepared)
    found = answer(screen, timing, timing.problem, timing.previous, asked.limit_s)
    data: dict[str, Any] = {}
    if asked.explain:
        data["explained"] = explain(screen, found, asked.explain)
    if asked.move:
        found, data["move"] = moved(screen, found, *asked.move, asked.limit_s)
    if not screen.as_json:
        show(screen, found, asked)
    data["files"] = write_files(screen, asked.wanted, timing, found.dated, found.means)
    if asked.keep and journal is not None:
        data["kept"] = await keep(screen, prepared, journal, clock, by, found)
    if screen.as_json:
        means = means_json(found.means.loads, found.means.spent, found.means.currency)
        screen.data({**timetable_json(found.dated), **means, "conflicts": conflicts_json(screen, found), **data})
    return status_of(found)


async def keep(
    screen: Screen, prepared: Prepared, journal: SqliteStore, clock: SystemClock, by: str, found: Answer
) -> bool:
    """Record the schedule, if it is not yet, and its timetable."""
    await freeze(journal, prepared, by, clock.now())
    kept = Kept(found.problem, found.solution)
    new = await keep_timetable(journal, prepared.upgrade, prepared.digest, kept, by, clock.now())
    screen.say("ui.when.kept" if new else "ui.when.kept_already")
    return new


# --- what is shown ------------------------------------------------------------------------------------------


def show_findings(screen: Screen, prepared: Prepared) -> None:
    """What the plan's check says of its timetable."""
    about = [each for each in prepared.findings if each.finding.path[:1] == ("timetable",)]
    if about and not screen.as_json:
        screen.findings(about, prepared.sources)


def show(screen: Screen, found: Answer, asked: Asked) -> None:
    words, width, paint = screen.words, screen.width, screen.paint
    if asked.conflicts:
        screen.lines(conflict_lines(screen, found))
    if asked.moved:
        lines = compared_lines(found.dated, words, width, paint)
        screen.lines(lines or [words.say("ui.when.nothing_differs")])
    if asked.wanted != Wanted():
        screen.lines(heading(found.dated, words, width, paint))
    if asked.table:
        show_all(screen, found)


def show_all(screen: Screen, found: Answer) -> None:
    words, width, paint = screen.words, screen.width, screen.paint
    parts = [
        timetable_text(found.dated, words, width=width, paint=paint),
        workload_lines(found.means.loads, words, width=width, paint=paint, names=found.dated.names),
        budget_lines(found.means.spent, found.means.currency, words, width=width, paint=paint),
        conflict_lines(screen, found) if found.conflicts else [],
        [] if found.timing.windows == found.timing.plan.windows else [words.say("ui.when.in_quiet_hours")],
    ]
    shown = [part for part in parts if part]
    for index, part in enumerate(shown):
        screen.lines([*([""] if index else []), *part])


async def show_quiet(screen: Screen, prepared: Prepared, clock: SystemClock) -> None:
    """From the traffic that the plan's timetable names."""
    samples = await traffic_of(prepared, clock.now())
    assert prepared.plan is not None
    found = quiet_of(prepared.plan, samples)
    if screen.as_json:
        screen.data({"quiet": quiet_json(found)})
    else:
        screen.lines(quiet_text(found, screen.words, paint=screen.paint))
