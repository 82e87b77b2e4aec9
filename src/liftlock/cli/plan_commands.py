"""Check a plan, and show the schedule that follows from it."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import to_builtins

from liftlock.cli.choosing import listed, open_run_of
from liftlock.cli.clock import SystemClock
from liftlock.cli.exits import Exit
from liftlock.cli.freezing import freeze
from liftlock.cli.opening import complete, opened
from liftlock.cli.options import Json, Lang, Me, PlanFile, StoreAt, command, commands
from liftlock.cli.prepare import Prepared, arranged_after, prepare
from liftlock.cli.revision import show_revision
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.secrets import LocalSecrets
from liftlock.cli.session import drivers_for, speak
from liftlock.cli.settings import person, store_folder
from liftlock.cli.surveys import kept_survey
from liftlock.cli.trouble import refuse
from liftlock.decide.amend import lanes_begun
from liftlock.decide.estimate import estimate
from liftlock.execute.preview import Shown, preview
from liftlock.hosts.reach import Reach
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.schedule import Schedule
from liftlock.publish.comparison import diff_text
from liftlock.publish.plan_view import Estimates, plan_json, plan_text

app = commands()

Against = Annotated[str, typer.Option(help="Show the difference to a plan file, or to a digest that was planned.")]
DiffHost = Annotated[str, typer.Option(help="Show what would change on this host, without changing it.")]


@command(app, "liftlock check plan.yaml", "liftlock check plan.yaml --json")
def check(plan: PlanFile, store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Find everything that is wrong or risky with a plan, at once. Status 1 if something blocks."""
    screen = open_screen(lang, as_json)
    prepared = read(screen, plan, store)
    screen.findings(prepared.findings, prepared.sources)
    raise typer.Exit(Exit.FINDINGS if prepared.blocked else Exit.OK)


def read(screen: Screen, path: Path, store: str) -> Prepared:
    """Prepare a plan with the survey that was kept, and speak its language from here on."""
    found = drivers_for(screen)
    place = store_folder(store, os.environ, path)
    prepared = prepare(path, found, survey_of=partial(kept_survey, place))
    speak_plan(screen, prepared)
    return prepared


def speak_plan(screen: Screen, prepared: Prepared) -> SystemClock:
    language, zone = ("", "UTC") if prepared.plan is None else (prepared.plan.language, prepared.plan.timezone)
    return speak(screen, language, zone, prepared.found)


def schedule_or_exit(screen: Screen, prepared: Prepared) -> Schedule:
    """The schedule; if findings block, they are shown and the command ends."""
    if prepared.schedule is None:
        screen.findings(prepared.findings, prepared.sources)
        raise typer.Exit(Exit.FINDINGS)
    return prepared.schedule


@command(
    app,
    "liftlock plan plan.yaml",
    "liftlock plan plan.yaml --against 6f2c91",
    "liftlock plan plan.yaml --diff-host app-03",
)
def plan(
    plan: PlanFile,
    against: Against = "",
    diff_host: DiffHost = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Show the schedule: waves, hosts, steps with their undo, limits, times. It is recorded under its digest."""
    screen = open_screen(lang, as_json)
    by = person(me, os.environ)
    drafted = read(screen, plan, store)
    schedule_or_exit(screen, drafted)

    async def work() -> None:
        async with opened(store_folder(store, os.environ, plan), make=True) as journal:
            prepared = await as_amendment(journal, drafted)
            schedule, clock = schedule_or_exit(screen, prepared), speak_plan(screen, prepared)
            if diff_host:
                await show_host(screen, prepared, schedule, diff_host, clock)
                return
            if against:
                await show_revision(screen, journal, prepared, against, other_plan(prepared, Path(against)))
            else:
                show_schedule(screen, prepared, schedule)
            if await freeze(journal, prepared, by, clock.now()):
                screen.say("ui.frozen", digest=prepared.digest)

    complete(work())


async def as_amendment(store: SqliteStore, prepared: Prepared) -> Prepared:
    """While a run of the upgrade is open, a plan is a change to it: hosts keep the waves that they have there."""
    running = await open_run_of(store, prepared.upgrade)
    if running is None:
        return prepared
    return arranged_after(prepared, running.schedule, lanes_begun(running.run))


def show_schedule(screen: Screen, prepared: Prepared, schedule: Schedule) -> None:
    times = estimates_of(schedule)
    if screen.as_json:
        screen.data(plan_json(schedule, prepared.digest, times))
        return
    if prepared.findings:
        screen.findings(prepared.findings, prepared.sources)
    words, width, paint = screen.words, screen.width, screen.paint
    screen.text(plan_text(schedule, prepared.digest, words, estimates=times, width=width, paint=paint))


def estimates_of(schedule: Schedule) -> Estimates:
    found = estimate(schedule)
    return Estimates({one.stage: one.forward_s for one in found.stages}, found.total_s, found.back_s)


def other_plan(prepared: Prepared, path: Path) -> Prepared | None:
    """Another plan file, arranged as far as it checks; None if it is none."""
    return prepare(path, prepared.found) if path.is_file() and path.suffix != ".json" else None


# --- one host ----------------------------------------------------------------------------------------------


async def show_host(screen: Screen, prepared: Prepared, schedule: Schedule, host: str, clock: SystemClock) -> None:
    if host not in (names := [name for stage in schedule.stages for name in stage.hosts]):
        raise refuse("no-such-host", host=host, known=listed(sorted(set(names))))
    secrets = LocalSecrets(os.environ, prepared.documents.path.resolve().parent)
    reach = Reach(schedule.hosts, clock)
    try:
        shown = [each async for each in preview(schedule, host, reach, prepared.found.drivers, secrets)]
    finally:
        await reach.close()
    if screen.as_json:
        screen.data({"host": host, "steps": [step_json(each) for each in shown]})
        return
    for each in shown:
        screen.text(step_text(screen, each))


def step_json(shown: Shown) -> dict[str, Any]:
    return {"step": shown.step.id, "preview": to_builtins(shown.preview), "problem": shown.problem}


def step_text(screen: Screen, shown: Shown) -> str:
    words, name = screen.words, screen.paint("title", shown.step.name)
    if shown.problem:
        return f"{name}: {screen.paint('bad', words.value('', shown.problem))}"
    if shown.preview is None:
        return f"{name}: {screen.paint('dim', words.say('ui.preview.none'))}"
    text = diff_text(shown.preview.text, screen.paint) if shown.preview.text else ""
    said = words.say("ui.preview.changes") if shown.preview.changes else words.say("ui.preview.unchanged")
    return "\n".join([f"{name}: {said}", *(f"    {line}" for line in text.splitlines())])
