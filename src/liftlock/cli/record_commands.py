"""What is left of an upgrade: the work log, the report, the archive, and the proof of an archive."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, get_args

import typer
from msgspec import json, to_builtins

from liftlock import __version__
from liftlock.cli.choosing import load_run
from liftlock.cli.exits import Exit
from liftlock.cli.naming import runs_of, upgrade_stream
from liftlock.cli.opening import complete
from liftlock.cli.options import Json, Lang, StoreAt, Which, command, commands
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import Session, refuse_without_folder, session, write_text
from liftlock.cli.timetable_documents import timetable_documents
from liftlock.cli.trouble import refuse
from liftlock.decide.appraise import appraise
from liftlock.journal.bundle import write_bundle
from liftlock.journal.codes import Discrepancy
from liftlock.journal.verify import verify_bundle
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import Event, PlanFrozen
from liftlock.model.plan import Plan
from liftlock.planfile.load import load_plan
from liftlock.publish.log import Filter, Line, log_json, log_text, work_log
from liftlock.publish.plain import pad
from liftlock.publish.report import Record
from liftlock.publish.report import report as report_on
from liftlock.publish.words import LANGUAGES, Words

app = commands()

Many = list[str] | None
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.", show_default=False)]


@command(
    app,
    "liftlock log",
    "liftlock log --host app-03 --problems",
    "liftlock log orders-1-1-3f9a2c/r1 --since 2026-12-20T22:00 --json",
)
def log(
    which: Which = "",
    host: Annotated[Many, typer.Option("--host", help="Of this host (repeatable).")] = None,
    wave: Annotated[Many, typer.Option("--wave", help="Of this component, wave or lane (repeatable).")] = None,
    kind: Annotated[Many, typer.Option("--kind", help="Of this event, such as StepFailed (repeatable).")] = None,
    who: Annotated[Many, typer.Option("--person", help="By this person (repeatable).")] = None,
    since: Annotated[datetime | None, typer.Option(help="Not before, in the plan's zone.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Not after, in the plan's zone.")] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Only what went wrong.")] = False,
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """The work log: who did what when, and what came of it. With --json, one JSON value a line."""
    screen = open_screen(lang, as_json)
    refuse_unknown_kinds(kind or ())

    async def work() -> None:
        async with session(screen, which, store) as at:
            zone = at.clock.zone
            wanted = Filter(
                hosts=tuple(host or ()),
                stages=tuple(wave or ()),
                kinds=tuple(kind or ()),
                people=tuple(who or ()),
                since=since.replace(tzinfo=zone) if since else None,
                until=until.replace(tzinfo=zone) if until else None,
                problems=problems,
            )
            upgrade = await at.store.entries(upgrade_stream(at.chosen.upgrade))
            lines = work_log(at.chosen.entries, screen.words, upgrade)
            show_log(screen, [line for line in lines if wanted.wants(line)])

    complete(work())


def refuse_unknown_kinds(kinds: Iterable[str]) -> None:
    """An event that does not exist was misspelt: an empty log would say that it did not happen."""
    known = sorted(event.__name__ for event in get_args(Event))
    for kind in kinds:
        if kind not in known:
            raise refuse("no-such-event", given=kind, known=", ".join(get_close_matches(kind, known) or known))


def show_log(screen: Screen, lines: list[Line]) -> None:
    if screen.as_json:
        screen.data_lines(log_json(lines))
        return
    width = screen.width if screen.is_terminal else 0
    screen.lines(log_text(lines, screen.words, width=width, paint=screen.paint))
    if not lines:
        screen.warn(screen.words.say("ui.log.nothing"))


# --- report ------------------------------------------------------------------------------------------------


@command(app, "liftlock report > report.md", "liftlock report orders-1-1-3f9a2c/r1 --lang zh -o 报告.md")
def report(which: Which = "", output: Output = None, store: StoreAt = "", lang: Lang = "") -> None:
    """The report in Markdown: what was planned, what happened, for each host and wave, with the evidence."""
    screen = open_screen(lang)

    async def work() -> str:
        async with session(screen, which, store) as at:
            return report_on(await record_of(at), screen.words)

    text = complete(work())
    if output is None:
        screen.text(text)
        return
    write_text(output, text)


async def record_of(at: Session) -> Record:
    upgrade = await at.store.entries(upgrade_stream(at.chosen.upgrade))
    plan = await plan_behind(at, at.chosen.run.schedule)
    return Record(
        schedule=at.chosen.schedule,
        entries=at.chosen.entries,
        run=at.chosen.run,
        upgrade_entries=upgrade,
        name=at.chosen.name,
        plan=plan,
        head=await at.store.head(at.chosen.stream),
        appraisal=appraise(plan) if plan is not None else None,
    )


async def plan_behind(at: Session, digest: str) -> Plan | None:
    """The plan from which the schedule was made, as it was then."""
    for entry in await at.store.entries(upgrade_stream(at.chosen.upgrade)):
        if isinstance(entry.event, PlanFrozen) and entry.event.schedule == digest:
            return load_plan(await at.store.get(entry.event.plan), at.found.drivers).plan
    return None


# --- archive -----------------------------------------------------------------------------------------------


@command(app, "liftlock archive", "liftlock archive orders-1-1-3f9a2c --output orders-1.1.liftlock")
def archive(
    which: Which = "", output: Output = None, store: StoreAt = "", lang: Lang = "", as_json: Json = False
) -> None:
    """Put everything about an upgrade into one signed file: plan, schedules, every event, reports in both languages."""
    screen = open_screen(lang, as_json)

    async def work() -> Path:
        async with session(screen, which, store) as at:
            path = output or Path(f"{at.chosen.upgrade}.liftlock")
            refuse_without_folder(path)
            streams = runs_of(at.chosen.upgrade, await at.store.streams(upgrade_stream(at.chosen.upgrade)))
            blobs = await blobs_of(at)
            documents = await documents_of(at, streams)
            everything = [upgrade_stream(at.chosen.upgrade), *streams]
            await write_bundle(at.store, everything, blobs, documents, path, program=f"liftlock {__version__}")
            return path

    path = complete(work())
    if as_json:
        screen.data({"archive": str(path), "size_bytes": path.stat().st_size})
    else:
        screen.say("ui.archive.written", file=str(path), size_bytes=path.stat().st_size)


async def blobs_of(at: Session) -> list[str]:
    """What planning kept; what the runs' events name is added by the bundle itself."""
    found: dict[str, None] = {}
    for entry in await at.store.entries(upgrade_stream(at.chosen.upgrade)):
        if isinstance(entry.event, PlanFrozen):
            found |= dict.fromkeys((entry.event.plan, entry.event.inventory, entry.event.schedule))
    return list(found)


async def documents_of(at: Session, streams: Iterable[str]) -> dict[str, bytes]:
    """A report on every run in every language, the schedules as one reads them, and the timetable that was kept."""
    documents = await timetable_documents(at.store, at.chosen.upgrade, at.found, at.screen.words.extra)
    for stream in streams:
        chosen = await load_run(at.store, stream)
        record = await record_of(Session(at.screen, at.store, at.found, chosen, at.clock))
        name = chosen.name.rpartition("/")[2]
        for language in LANGUAGES:
            words = Words(language, at.screen.words.extra, chosen.schedule.zone)
            documents[f"{name}-report-{language}.md"] = report_on(record, words).encode()
        documents[f"{name}-schedule.json"] = json.format(json.encode(chosen.schedule), indent=1)
    return documents


# --- verify ------------------------------------------------------------------------------------------------


@command(app, "liftlock verify orders-1.1.liftlock", "liftlock verify orders-1.1.liftlock --key 'liftlock+1f0e…'")
def verify(
    bundle: Annotated[Path, typer.Argument(help="The archive.", show_default=False)],
    key: Annotated[str, typer.Option(help="The public key that must have signed it (liftlock journal key).")] = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Prove an archive without the store: every byte, digest, tree and signature. Status 1 if anything was changed."""
    screen = open_screen(lang, as_json)
    if not bundle.is_file():
        raise WorldError(WorldKind.MISSING, f"{bundle}: no archive here", what=str(bundle), why="archive")
    found = verify_bundle(bundle, key=key or None)
    if as_json:
        screen.data({**to_builtins(found), "ok": found.ok})
    else:
        show_discrepancies(screen, found.discrepancies)
        for stream in found.streams:
            screen.text(f"  {pad(stream.stream, 40)} {stream.size:>8}  {stream.root}")
        code = "ui.verify.whole" if found.ok else "ui.verify.changed"
        screen.say(code, file=str(bundle), files=found.files, found=len(found.discrepancies), key=found.key)
        if found.ok and not key:
            screen.say("ui.verify.unknown_key")
    raise typer.Exit(Exit.OK if found.ok else Exit.FINDINGS)


def show_discrepancies(screen: Screen, found: Iterable[Discrepancy]) -> None:
    for each in found:
        text = screen.words.say(f"discrepancy.{each.code}", where=each.where, **each.fields)
        screen.text(f"{screen.words.value('', each.where) or '-'} {each.code}: {screen.paint('bad', text)}")
