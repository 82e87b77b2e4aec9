"""Carry a schedule out. Asked again, the same command goes on where an earlier one stopped."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from liftlock.cli.beginning import ApprovedPlan, approved_plan, be_ready, begin
from liftlock.cli.choosing import Chosen, causes_of, choose_run, choose_upgrade, load_run, open_run_of, plan_in
from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import Found
from liftlock.cli.exits import Exit, of_run
from liftlock.cli.live import Watcher
from liftlock.cli.opening import opened
from liftlock.cli.options import Json, Lang, Me, StoreAt, Which, command, commands
from liftlock.cli.prepare import arranged_after, prepare, with_assumptions
from liftlock.cli.presence import controller_name
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for, speak
from liftlock.cli.settings import person, store_folder
from liftlock.cli.signals import Interrupts
from liftlock.cli.trouble import refuse
from liftlock.cli.world import world_of
from liftlock.decide.expand import lay_out
from liftlock.execute.loop import collect_rarely, drive
from liftlock.execute.outlook import outlook_of, waiting_for
from liftlock.execute.world import TakenOver, World
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.decisions import Wait
from liftlock.model.events import Entry, RunAmended
from liftlock.model.fold import advance
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from liftlock.publish.status import status_text

app = commands()

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Begin without asking; a terminal is asked otherwise.")]


class Driver(Struct, frozen=True):
    """Who drives, with what."""

    screen: Screen
    store: SqliteStore
    found: Found
    path: Path | None
    by: str
    controller: str

    @property
    def folder(self) -> Path:
        return Path.cwd() if self.path is None else self.path.resolve().parent


@command(app, "liftlock run plan.yaml", "liftlock run plan.yaml --as li.wei --yes | tee run.txt")
def run(
    which: Which = "", yes: Yes = False, me: Me = "", store: StoreAt = "", lang: Lang = "", as_json: Json = False
) -> None:
    """Carry the approved schedule out, or go on with a run that was left.

    Ctrl-C pauses: begun hosts finish. A second one leaves at once: steps go on at their hosts, and are found again.
    Status: 0 upgraded, 3 rolled back, 4 held or paused, 5 aborted, 1 refused or not all upgraded.
    """
    screen = open_screen(lang, as_json)
    path = plan_in(which)
    by = person(me, os.environ)
    controller = controller_name(by)
    place = store_folder(store, os.environ, path)
    is_terminal = sys.stdin.isatty() and not as_json

    async def work() -> Exit:
        async with opened(place, make=path is not None) as journal:
            driver = Driver(screen, journal, drivers_for(screen), path, by, controller)
            return await carry_out(driver, which, ask=not yes and is_terminal)

    raise typer.Exit(complete_fast(work()))


async def carry_out(driver: Driver, which: str, *, ask: bool) -> Exit:
    """Go on with the upgrade's open run, or begin one."""
    title = readable_title(driver, driver.path) if driver.path else ""
    chosen = await open_run_of(driver.store, await choose_upgrade(driver.store, which, title))
    if chosen is not None:
        mention_changes(driver, chosen)
        return await go_on(driver, chosen)
    approved = await approved_plan(driver.screen, driver.store, driver.found, await plan_of(driver, which), driver.by)
    if ask and not confirmed(driver.screen, approved.schedule):
        return Exit.FINDINGS
    return await start(driver, approved)


async def start(driver: Driver, approved: ApprovedPlan) -> Exit:
    """A new run, if its hosts are ready and nobody else has them."""
    clock, schedule = approved.clock, approved.schedule
    async with world_of(driver.screen, driver.store, clock, driver.found, schedule, driver.folder) as world:
        await be_ready(driver.screen, world, approved)
        chosen = await begin(world, driver.store, approved, driver.by, driver.controller)
        run, amended = await drive_once(driver, chosen, world, clock)
    return await go_on(driver, await load_run(driver.store, chosen.stream)) if amended else of_run(run)


async def go_on(driver: Driver, chosen: Chosen) -> Exit:
    """Drive an open run. After an amendment once more, with the new schedule's hosts."""
    while True:
        schedule = chosen.schedule
        refuse_without_drivers(driver, schedule)
        clock = speak(driver.screen, schedule.language, schedule.zone, driver.found)
        async with world_of(driver.screen, driver.store, clock, driver.found, schedule, driver.folder) as world:
            run, amended = await drive_once(driver, chosen, world, clock)
        if not amended:
            return of_run(run)
        chosen = await load_run(driver.store, chosen.stream)


def refuse_without_drivers(driver: Driver, schedule: Schedule) -> None:
    """Another machine, or another installation: what the schedule was arranged with must be here as well."""
    here = driver.found.manifests
    for name, version in schedule.drivers.items():
        if name not in here:
            raise refuse("driver-missing", driver=name, version=version)
        if here[name].version != version:
            fields = {"driver": name, "planned": version, "here": here[name].version}
            driver.screen.warn(driver.screen.words.say("ui.run.other_driver", **fields))


def readable_title(driver: Driver, path: Path) -> str:
    """The upgrade's name; a plan that cannot be read ends the command with its findings."""
    prepared = prepare(path, driver.found)
    if prepared.plan is None:
        driver.screen.findings(prepared.findings, prepared.sources)
        raise typer.Exit(Exit.FINDINGS)
    return prepared.plan.upgrade


async def plan_of(driver: Driver, which: str) -> Path:
    """The plan that begins a run. Refused where only a closed run was named."""
    if driver.path is not None:
        return driver.path
    closed = await choose_run(driver.store, which)  # refused as well where nothing has run yet
    raise refuse("run-is-closed", run=closed.name, result=closed.run.result.value if closed.run.result else "-")


def mention_changes(driver: Driver, chosen: Chosen) -> None:
    """The open run follows its own schedule, whatever the plan says by now."""
    if driver.path is None:
        return
    prepared = arranged_after(prepare(driver.path, driver.found), chosen.schedule)
    prepared = with_assumptions(prepared, chosen.schedule)
    if prepared.digest != chosen.run.schedule:
        driver.screen.warn(driver.screen.words.say("ui.run.other_plan", run=chosen.name, file=str(driver.path)))


def confirmed(screen: Screen, schedule: Schedule) -> bool:
    hosts = len({host for stage in schedule.stages for host in stage.hosts})
    return typer.confirm(screen.words.say("ui.run.ask", title=schedule.title, hosts=hosts))


async def drive_once(driver: Driver, chosen: Chosen, world: World, clock: SystemClock) -> tuple[Run, bool]:
    """Until the run ends, waits for people, is amended, or is left. Answers the run, and whether it was amended."""
    until, amended = asyncio.Event(), asyncio.Event()
    watcher = Watcher(driver.screen, chosen.schedule, chosen.name, clock)

    def watch(run: Run, entries: Sequence[Entry], waiting: Wait | None) -> None:
        watcher.drive(run, entries, waiting)
        if any(isinstance(entry.event, RunAmended) for entry in entries):
            amended.set()
            until.set()

    interrupts = Interrupts(world.store, chosen.stream, clock, driver.by, watcher.remark, watcher.words, until)
    try:
        with watcher, interrupts:
            begun = len(chosen.entries) == 1
            if not begun:
                watcher.greet(chosen.run)
            watcher.see(chosen.run, chosen.entries if begun else (), None)
            run = await drive(world, chosen.stream, controller=driver.controller, watch=watch, until=until)
    except TakenOver as other:
        raise refuse("taken-over", run=chosen.name, controller=str(other) or "-") from other
    if amended.is_set() and not interrupts.left:
        return run, True
    await interrupts.settled()
    for entry in await driver.store.entries(chosen.stream, run.size):
        advance(run, entry)
    causes = await causes_of(driver.store, chosen.stream, run)
    show_end(driver.screen, chosen, run, causes, clock, left=interrupts.left)
    return run, False


def show_end(
    screen: Screen, chosen: Chosen, run: Run, causes: dict[str, Entry], clock: SystemClock, *, left: bool
) -> None:
    if screen.as_json:
        return
    now, schedule = clock.now(), chosen.schedule
    screen.text(
        status_text(
            schedule,
            run,
            now,
            screen.words,
            name=chosen.name,
            waiting=None if left else waiting_for(lay_out(schedule), run, now),
            outlook=outlook_of(schedule, run, now),
            causes=causes,
            width=screen.width,
            paint=screen.paint,
        )
    )
    if run.result is None:
        screen.say(what_next(run, left=left), run=chosen.name)


def what_next(run: Run, *, left: bool) -> str:
    """The words that say how an open run goes on."""
    if run.holds and not left:
        return "ui.run.waits"
    if run.paused is not None:
        return "ui.run.left_paused" if left else "ui.run.paused"
    return "ui.run.left" if left else "ui.run.waits"


def complete_fast(work: Coroutine[object, object, Exit]) -> Exit:
    """On uvloop where it is installed: a fleet's many connections cost less there."""
    collect_rarely()
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)
