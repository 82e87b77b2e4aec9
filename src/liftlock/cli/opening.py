"""Opening the record, and running what is asynchronous."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from liftlock.journal.backup import verify_stream
from liftlock.journal.faults import faults_of
from liftlock.journal.sqlite import BLOBS, DATABASE, SqliteStore, open_store
from liftlock.model.errors import WorldError, WorldKind

T = TypeVar("T")


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def opened(place: str, *, make: bool = False) -> AsyncIterator[SqliteStore]:
    """The store at `place`, closed at the end. Without `make`, one that is not there is an error, not a new one."""
    folder = folder_of(place)
    with faults_of(folder / DATABASE):
        refuse_emptied(folder)
        if not make and not (folder / DATABASE).exists():
            raise WorldError(WorldKind.MISSING, f"{folder}: no record here", what=str(folder), why="record")
    store = await open_store(folder)
    try:
        yield store
    finally:
        await store.close()


def refuse_emptied(folder: Path) -> None:
    """Where blobs lie, there was a journal: no new one is begun in its place. Raises WorldError(STORE_CORRUPT)."""
    database = folder / DATABASE
    is_empty = not database.exists() or database.stat().st_size == 0
    if is_empty and (folder / BLOBS).is_dir() and any((folder / BLOBS).iterdir()):
        message = f"the journal {database} is empty, and blobs lie beside it"
        raise WorldError(WorldKind.STORE_CORRUPT, message, path=str(database), why="emptied")


async def prove(store: SqliteStore, stream: str) -> None:
    """A stream's entries are those whose tree its head and its checkpoints state. Raises WorldError(STORE_CORRUPT)."""
    if await store.head(stream) is not None and await verify_stream(store, stream):
        message = f"the journal {store.path}: the entries of {stream} are not those that were recorded"
        raise WorldError(WorldKind.STORE_CORRUPT, message, path=str(store.path), why="changed", stream=stream)


def folder_of(place: str) -> Path:
    """Where the record lies on this machine. Raises WorldError(REFUSED) for any other place."""
    folder = Path(place)
    parts = () if "://" in place else (folder, *folder.parents)
    if not parts or any(part.exists() and not part.is_dir() for part in parts):
        raise WorldError(WorldKind.REFUSED, f"{place}: only a folder can hold the record", what=place, why="record")
    return folder
