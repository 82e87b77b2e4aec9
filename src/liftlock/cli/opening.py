"""Opening the record, and running what is asynchronous."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from liftlock.journal.sqlite import DATABASE, SqliteStore, open_store
from liftlock.model.errors import WorldError, WorldKind

T = TypeVar("T")


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def opened(place: str, *, make: bool = False) -> AsyncIterator[SqliteStore]:
    """The store at `place`, closed at the end. Without `make`, one that is not there is an error, not a new one."""
    folder = folder_of(place)
    if not make and not (folder / DATABASE).exists():
        raise WorldError(WorldKind.MISSING, f"{folder}: no record here", what=str(folder), about="record")
    store = await open_store(folder)
    try:
        yield store
    finally:
        await store.close()


def folder_of(place: str) -> Path:
    """Where the record lies on this machine. Raises WorldError(REFUSED) for any other place."""
    folder = Path(place)
    parts = () if "://" in place else (folder, *folder.parents)
    if not parts or any(part.exists() and not part.is_dir() for part in parts):
        raise WorldError(WorldKind.REFUSED, f"{place}: only a folder can hold the record", what=place, about="record")
    return folder
