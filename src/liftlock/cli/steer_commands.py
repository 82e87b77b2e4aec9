"""What people tell a run while it is under way, from any terminal: recorded, and obeyed by whoever drives it."""

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Literal

import typer

from liftlock.cli.opening import complete
from liftlock.cli.options import Because, Json, Lang, Me, StoreAt, Which, command, commands
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import Session, session
from liftlock.cli.settings import person
from liftlock.cli.trouble import refuse
from liftlock.execute import commands as told
from liftlock.model.events import Entry, Scope
from liftlock.publish.log import log_json, run_lines

app = commands()

Answer = Literal["done", "not-done", "retry", "skip"]
Subject = Annotated[str, typer.Argument(help="A step, a lane or a stage, as status shows it.", show_default=False)]
Run = Annotated[str, typer.Option("--run", help="A plan file, an upgrade or a run; else the last run.")]
Hosts = Annotated[list[str] | None, typer.Option("--host", help="This host (repeatable).", show_default=False)]


def steer(screen: Screen, which: str, store: str, tell: Callable[[Session], Awaitable[Sequence[Entry]]]) -> None:
    """Tell the run, and print what was recorded."""

    async def work() -> None:
        async with session(screen, which, store) as at:
            lines = list(run_lines(await tell(at), screen.words))
            if screen.as_json:
                screen.data({"run": at.chosen.name, "recorded": list(log_json(lines))})
            else:
                screen.lines(f"{at.chosen.name}: {line.what}" for line in lines)

    complete(work())


@command(app, 'liftlock pause -m "the network team needs five minutes"', "liftlock pause --now")
def pause(
    which: Which = "",
    at_once: Annotated[bool, typer.Option("--now", help="Steps in flight end, then everything stops.")] = False,
    because: Because = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Begin nothing new; hosts that have begun finish."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)
    steer(screen, which, store, lambda at: told.pause(at.store, at.chosen.stream, at.now, by, because, at_once))


@command(app, "liftlock resume", "liftlock resume orders-1-1-3f9a2c/r1 --as li.wei")
def resume(
    which: Which = "", because: Because = "", me: Me = "", store: StoreAt = "", lang: Lang = "", as_json: Json = False
) -> None:
    """Go on after a pause or an abort. `liftlock run` drives on if no controller is left."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)
    steer(screen, which, store, lambda at: told.resume(at.store, at.chosen.stream, at.now, by, because))


@command(app, 'liftlock abort -m "the wrong artifact was approved"')
def abort(
    which: Which = "", because: Because = "", me: Me = "", store: StoreAt = "", lang: Lang = "", as_json: Json = False
) -> None:
    """Stop: hosts that have begun finish, then the run holds and waits for a person."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)
    steer(screen, which, store, lambda at: told.abort(at.store, at.chosen.stream, at.now, by, because))


@command(
    app,
    'liftlock rollback --all -m "orders time out"',
    "liftlock rollback --host app-03 --host app-04",
    "liftlock rollback --wave orders/1/w2",
)
def rollback(
    which: Which = "",
    host: Hosts = None,
    wave: Annotated[list[str] | None, typer.Option("--wave", help="This stage (repeatable).")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that this run changed.")] = False,
    because: Because = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Bring hosts, a wave or everything back to the old version; recorded now, done by whoever drives the run."""
    screen = open_screen(lang, as_json)
    scope, names = scope_of(host or [], wave or [], everything)
    by = person(me, os.environ)

    async def tell(at: Session) -> Sequence[Entry]:
        return await told.rollback(at.store, at.chosen.stream, at.now, by, because, scope, names)

    steer(screen, which, store, tell)


def scope_of(hosts: list[str], waves: list[str], everything: bool) -> tuple[Scope, list[str]]:
    """Exactly one of the three was asked for."""
    if bool(hosts) + bool(waves) + everything != 1:
        raise typer.BadParameter("say one of --host, --wave, --all")
    if hosts:
        return "hosts", hosts
    return ("stage", waves) if waves else ("all", [])


@command(app, "liftlock retry --host app-03 -m 'disk was full, is not any more'", "liftlock retry")
def retry(
    which: Which = "",
    host: Hosts = None,
    because: Because = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Try hosts once more that failed, were brought back or left out; all of them, or those that are named."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)
    steer(screen, which, store, lambda at: told.retry(at.store, at.chosen.stream, at.now, by, host or [], because))


@command(
    app, 'liftlock skip orders/1/w2/app-07 -m "scrapped last week"', 'liftlock skip app-07 -m "scrapped last week"'
)
def skip(
    subject: Subject,
    because: Because = "",
    run: Run = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Leave out a host that has not begun, or a step; with a reason."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)

    async def tell(at: Session) -> Sequence[Entry]:
        return await told.skip(at.store, at.chosen.stream, at.now, by, full_name(at, subject), because)

    steer(screen, run, store, tell)


def full_name(at: Session, subject: str) -> str:
    """A host's name alone means its lane, where it has just one."""
    if "/" in subject:
        return subject
    lanes = [f"{stage.id}/{subject}" for stage in at.chosen.schedule.stages if subject in stage.hosts]
    if len(lanes) > 1:
        raise refuse("several-lanes", host=subject, lanes=", ".join(lanes))
    return lanes[0] if lanes else subject


@command(
    app,
    'liftlock settle orders/1/w1/app-01/03-install done -m "looked: the link is switched"',
    'liftlock settle run retry -m "the window was extended"',
)
def settle(
    subject: Subject,
    answer: Annotated[Answer, typer.Argument(help="done, not-done, retry or skip.", show_default=False)],
    because: Because = "",
    run: Run = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Answer what holds the run; with a reason."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)
    steer(screen, run, store, lambda at: told.settle(at.store, at.chosen.stream, at.now, by, subject, answer, because))


@command(app, 'liftlock confirm orders/1/w1/app-01/05-manual --as wang.fang -m "cable is plugged"')
def confirm(
    subject: Subject,
    because: Because = "",
    run: Run = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Confirm that a manual step is done; where two people are asked for, each in their own name."""
    by = person(me, os.environ)
    screen = open_screen(lang, as_json)
    steer(screen, run, store, lambda at: told.confirm(at.store, at.chosen.stream, at.now, by, subject, because))
