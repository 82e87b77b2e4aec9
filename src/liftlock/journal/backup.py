"""Copies of the whole journal, and the proof that one is whole.

Rule: a copy counts only after every tree in it was computed anew and equals its head and all checkpoints signed before.
A copy holds the signing key too: keep it as private as the journal.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from liftlock.journal import merkle
from liftlock.journal.blobs import all_blobs, get_blob, put_blob, sync_file, write_whole
from liftlock.journal.checkpoint import BadNote, Verifier, read_checkpoint
from liftlock.journal.codes import Discrepancy
from liftlock.journal.faults import faults_of
from liftlock.journal.sqlite import BLOBS, DATABASE, KEY, make_private, open_store
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Store

PAGE = 10_000


class Journal(Store, Protocol):
    """A store that can show the bytes that were hashed, and what it signed."""

    async def bodies(self, stream: str, since: int = 0, until: int | None = None) -> tuple[bytes, ...]: ...

    async def checkpoints(self, stream: str) -> tuple[str, ...]: ...

    async def sign(self, text: str) -> str: ...

    async def verifier(self) -> Verifier: ...


# --- copies ---------------------------------------------------------------------------------------------


async def backup(folder: Path, into: Path) -> None:
    """Copy the journal in `folder`, which may be in use, into a folder that is empty or not there yet, and verify it.

    Raises WorldError: REFUSED if `into` is not empty, MISSING if there is no journal, STORE_FULL, STORE_CORRUPT; what
    was copied so far is then taken away.
    """
    await asyncio.to_thread(check_places, folder, into)
    with emptied_on_failure(into):
        await asyncio.to_thread(copy, folder, into)
        await prove_copy(into)


async def restore(copy: Path, folder: Path) -> None:
    """Put a copy back in an empty place, and verify it. The same as `backup`, the other way round."""
    await backup(copy, folder)


def check_places(folder: Path, into: Path) -> None:
    with faults_of(into):
        if into.exists() and (not into.is_dir() or any(into.iterdir())):
            raise WorldError(WorldKind.REFUSED, f"{into} is not an empty folder", path=str(into))
    if not (folder / DATABASE).is_file():
        raise WorldError(WorldKind.MISSING, f"no journal in {folder}", path=str(folder))


def copy(folder: Path, into: Path) -> None:
    """The database first: every blob that its events name was there before them."""
    with faults_of(into):
        make_private(into / DATABASE)
        copy_database(folder / DATABASE, into / DATABASE)
        for place in all_blobs(folder / BLOBS):
            put_blob(into / BLOBS, get_blob(folder / BLOBS, place.name))
        if (folder / KEY).is_file():
            write_whole(into / KEY, (folder / KEY).read_bytes())


def copy_database(source: Path, target: Path) -> None:
    """In one read transaction: writers go on meanwhile, and the copy is of one instant."""
    uri = f"{source.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    sync_file(target)


async def prove_copy(folder: Path) -> None:
    store = await open_store(folder)
    try:
        wrong = (*await store.check_file(), *await verify_store(store))
    finally:
        await store.close()
    if wrong:
        first = wrong[0]
        message = f"the copy in {folder} does not verify: {len(wrong)} deviations, the first {first.code} {first.where}"
        raise WorldError(WorldKind.STORE_CORRUPT, message, path=str(folder), count=len(wrong), code=first.code)


@contextmanager
def emptied_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


# --- proof ----------------------------------------------------------------------------------------------


async def verify_store(store: Journal) -> tuple[Discrepancy, ...]:
    """Compute every stream's tree anew, and compare it with its head and with every checkpoint kept."""
    found: list[Discrepancy] = []
    for stream in await store.streams():
        found += await verify_stream(store, stream)
    return tuple(found)


async def verify_stream(store: Journal, stream: str) -> list[Discrepancy]:
    head = await store.head(stream)
    assert head is not None
    signed, found = await signed_roots(store, stream)
    frontier: list[bytes] = []
    size = 0
    while size < head.size:
        page = await store.bodies(stream, size, min(size + PAGE, head.size))
        for body in page:
            merkle.push(frontier, size, merkle.leaf_hash(body))
            size += 1
            if size in signed and signed[size] != (root := merkle.root_of(frontier).hex()):
                found.append(
                    Discrepancy("V043", stream, {"size": size, "expected": signed[size], "found": root}),
                )
        if not page:
            found.append(Discrepancy("V042", stream, {"expected": head.size, "found": size}))
            return found
    root = merkle.root_of(frontier).hex()
    if root != head.root:
        found.append(Discrepancy("V041", stream, {"expected": head.root, "found": root}))
    return found


async def signed_roots(store: Journal, stream: str) -> tuple[dict[int, str], list[Discrepancy]]:
    """What the kept checkpoints say: size -> root."""
    notes = await store.checkpoints(stream)
    signed: dict[int, str] = {}
    found = []
    for note in notes:
        try:
            checkpoint = read_checkpoint((await store.verifier()).open(note))
        except BadNote as bad:
            found.append(Discrepancy("V044", stream, {"detail": str(bad)}))
            continue
        if checkpoint.stream != stream:
            found.append(Discrepancy("V044", stream, {"detail": f"is of {checkpoint.stream}"}))
            continue
        signed[checkpoint.size] = checkpoint.root
    return signed, found
