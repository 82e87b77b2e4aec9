"""The record itself: copies that are proved, and the key that signs it."""

import os
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from liftlock.cli.exits import Exit
from liftlock.cli.opening import complete, folder_of, opened
from liftlock.cli.options import Json, Lang, StoreAt, command, commands
from liftlock.cli.record_commands import show_discrepancies
from liftlock.cli.screen import open_screen
from liftlock.cli.settings import store_folder
from liftlock.journal import backup as copies
from liftlock.journal.codes import Discrepancy
from liftlock.model.errors import WorldError, WorldKind

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
journal = commands()
app.add_typer(
    journal,
    name="journal",
    help="Back up, restore and verify the record; show its public key.",
    epilog="\b\nExample:\n  liftlock journal backup /mnt/backup/liftlock-2026-12-20",
)

Folder = Annotated[Path, typer.Argument(help="A folder.", show_default=False)]


@command(journal, "liftlock journal backup /mnt/backup/liftlock-2026-12-20")
def backup(into: Folder, store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Copy the record, which may be in use, into an empty folder, and prove the copy."""
    screen = open_screen(lang, as_json)
    place = folder_of(store_folder(store, os.environ, None))
    refuse_unless_empty(into)
    complete(copies.backup(place, into))
    if as_json:
        screen.data({"copied": str(place), "into": str(into)})
    else:
        screen.say("ui.journal.copied", source=str(place), into=str(into))


def refuse_unless_empty(folder: Path) -> None:
    """A copy never mixes with what is there. Raises WorldError(REFUSED)."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise WorldError(WorldKind.REFUSED, f"{folder} is not an empty folder", what=str(folder), why="copy")


@command(journal, "liftlock journal restore /mnt/backup/liftlock-2026-12-20 --store /srv/liftlock")
def restore(source: Folder, store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Put a copy back where no record is, and prove it."""
    screen = open_screen(lang, as_json)
    place = folder_of(store_folder(store, os.environ, None))
    refuse_unless_empty(place)
    complete(copies.restore(source, place))
    if as_json:
        screen.data({"copied": str(source), "into": str(place)})
    else:
        screen.say("ui.journal.copied", source=str(source), into=str(place))


@command(journal, "liftlock journal verify", "liftlock journal verify --store /srv/liftlock --json")
def verify(store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Compute every tree anew and compare it with heads and signed checkpoints. Status 1 if anything differs."""
    screen = open_screen(lang, as_json)

    async def work() -> tuple[tuple[Discrepancy, ...], int]:
        async with opened(store_folder(store, os.environ, None)) as record:
            streams = await record.streams()
            return (*await record.check_file(), *await copies.verify_store(record)), len(streams)

    found, streams = complete(work())
    if as_json:
        screen.data({"ok": not found, "streams": streams, "discrepancies": to_builtins(found)})
    else:
        show_discrepancies(screen, found)
        screen.say("ui.journal.differs" if found else "ui.journal.whole", streams=streams, found=len(found))
    raise typer.Exit(Exit.FINDINGS if found else Exit.OK)


@command(journal, "liftlock journal key")
def key(store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """The public key that signs checkpoints and archives: keep it elsewhere, and give it to `liftlock verify --key`."""
    screen = open_screen(lang, as_json)

    async def work() -> str:
        async with opened(store_folder(store, os.environ, None), make=True) as record:
            return str(await record.verifier())

    found = complete(work())
    if as_json:
        screen.data({"key": found})
    else:
        screen.text(found)
