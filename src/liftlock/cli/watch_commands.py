"""Where a run stands, read from the record alone: from any terminal, and after the controller is gone."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import typer

from liftlock.cli.choosing import Chosen, causes_of, load_run
from liftlock.cli.exits import Exit, of_run
from liftlock.cli.live import Watcher
from liftlock.cli.opening import complete
from liftlock.cli.options import Json, Lang, StoreAt, Which, command, commands
from liftlock.cli.presence import is_gone
from liftlock.cli.screen import open_screen
from liftlock.cli.session import Session, session
from liftlock.decide.expand import expand, lay_out
from liftlock.execute.outlook import outlook_of, waiting_for
from liftlock.model.events import Entry, RunAmended
from liftlock.model.fold import advance
from liftlock.model.reasons import Reason
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from liftlock.publish.outline import manual_steps
from liftlock.publish.standing import NO_OUTLOOK
from liftlock.publish.status import status_json, status_text

app = commands()
EVERY_S = 0.5


@command(app, "liftlock status", "liftlock status orders-1-1-3f9a2c/r1 --json")
def status(which: Which = "", store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Where a run stands: waves, hosts, what is in hand, what holds it. Ends with the run's exit status."""
    screen = open_screen(lang, as_json)

    async def work() -> Exit:
        async with session(screen, which, store) as at:
            left = goes_on(at.chosen.run) and is_gone(at.chosen.run.controller)
            show(at, await causes_of(at.store, at.chosen.stream, at.chosen.run), left=left)
            return Exit.OK if goes_on(at.chosen.run) and not left else of_run(at.chosen.run)

    raise typer.Exit(complete(work()))


def goes_on(run: Run) -> bool:
    """Open, and nobody is asked for anything."""
    return run.result is None and not run.holds and run.paused is None


def show(at: Session, causes: dict[str, Entry], *, left: bool) -> None:
    """`left`: nobody drives the run any more; what it would do next is then no outlook."""
    screen, chosen = at.screen, at.chosen
    layout = lay_out(chosen.schedule)
    outlook = NO_OUTLOOK if left else outlook_of(chosen.schedule, chosen.run, at.now)
    if screen.as_json:
        words, name = screen.words, chosen.name
        data = status_json(chosen.schedule, chosen.run, at.now, words, name=name, outlook=outlook, causes=causes)
        screen.data(data | {"controller_gone": left})
        return
    screen.text(
        status_text(
            chosen.schedule,
            chosen.run,
            at.now,
            screen.words,
            name=chosen.name,
            waiting=None if left else waiting_for(layout, chosen.run, at.now),
            left=left,
            outlook=outlook,
            causes=causes,
            asked={step: expand(layout, step).action for step, _ in manual_steps(chosen.schedule, chosen.run)},
            width=screen.width,
            paint=screen.paint,
        )
    )


@command(app, "liftlock watch", "liftlock watch plan.yaml | tee watch.txt")
def watch(which: Which = "", store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Follow a run until it ends. Leaving (Ctrl-C) changes nothing about it."""
    screen = open_screen(lang, as_json)

    async def work() -> Exit:
        async with session(screen, which, store) as at:
            with Watcher(screen, at.chosen.schedule, at.chosen.name, at.clock) as watcher:
                return of_run((await follow(at, watcher)).run)

    try:
        raise typer.Exit(complete(work()))
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None


class Follower(Protocol):
    """What is shown a run: what has arrived, and another schedule after an amendment."""

    def see(self, run: Run, entries: Sequence[Entry], waiting: Reason | None) -> None: ...

    def follow(self, schedule: Schedule) -> None: ...


async def follow(at: Session, watcher: Follower) -> Chosen:
    """Show what is there and what arrives."""
    chosen, layout = at.chosen, lay_out(at.chosen.schedule)
    news: tuple[Entry, ...] = chosen.entries
    while True:
        watcher.see(chosen.run, news, waiting_for(layout, chosen.run, at.now))
        if chosen.run.result is not None:
            return chosen
        await asyncio.sleep(EVERY_S)
        news = await at.store.entries(chosen.stream, chosen.run.size)
        for entry in news:
            advance(chosen.run, entry)
        if any(isinstance(entry.event, RunAmended) for entry in news):
            chosen = await load_run(at.store, chosen.stream)
            layout = lay_out(chosen.schedule)
            watcher.follow(chosen.schedule)
