"""The record on disk: SQLite in WAL mode, every commit synced (synchronous=FULL), blobs as files beside it.

Rule: an append that returned survives a power cut; one that raised left nothing. Several processes may share the file:
each batch takes the database's write lock first, then looks at the heads.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, func, select

from liftlock.journal import schema
from liftlock.journal.batch import Batch, read_tip
from liftlock.journal.blobs import get_blob, put_blob
from liftlock.journal.checkpoint import Signer, Verifier
from liftlock.journal.codes import Discrepancy
from liftlock.journal.faults import corrupt, faults_of
from liftlock.journal.keys import load_signer
from liftlock.journal.tables import CHECKPOINT, HEAD, LOCK
from liftlock.journal.tip import DECODER, UNREADABLE, Append, encode_events
from liftlock.journal.writer import Act, Result, Writer
from liftlock.model.errors import StaleError, WorldError, WorldKind
from liftlock.model.events import Entry, Event
from liftlock.model.ports import Head

T = TypeVar("T")
DATABASE = "journal.db"
BLOBS = "blobs"
KEY = "signing.key"
BUSY_S = 10.0
READ_BODIES = "SELECT CAST(body AS BLOB) FROM entry WHERE stream = ? AND seq >= ? AND seq < ? ORDER BY seq"
END = 2**62


async def open_store(folder: Path, *, busy_s: float = BUSY_S) -> "SqliteStore":
    """Open the journal in `folder`, made if it is not there (0700), migrated if it is older.

    `busy_s`: how long another process's write is waited for. Raises WorldError: STORE_NEWER (and nothing was
    touched), STORE_CORRUPT, STORE_LOCKED, STORE_FULL.
    """
    store = SqliteStore(folder, busy_s)
    try:
        await store.begin()
    except BaseException:
        await store.close()
        raise
    return store


class SqliteStore:
    """The port `Store` on a folder of this machine, used from one event loop. Made by `open_store`."""

    def __init__(self, folder: Path, busy_s: float) -> None:
        self.folder = folder
        self.path = folder / DATABASE
        self._busy_s = busy_s
        self._engine = engine_for(self.path, busy_s)
        self._write_thread = ThreadPoolExecutor(1, "journal-write")
        self._read_thread = ThreadPoolExecutor(1, "journal-read")
        self._writer = Writer(self._write_thread, self._flush)
        self._write_connection: Connection | None = None
        self._read_connection: Connection | None = None
        self._signer: Signer | None = None

    # --- appending --------------------------------------------------------------------------------------

    async def append(
        self,
        stream: str,
        events: Sequence[Event],
        at: datetime,
        *,
        epoch: int | None = None,
        size: int | None = None,
        raise_epoch: bool = False,
        claims: Mapping[str, int] | None = None,
    ) -> tuple[Entry, ...]:
        encoded = encode_events(events, at)
        return await self._writer.append(Append(stream, events, encoded, at, epoch, size, raise_epoch, claims))

    async def claim(self, stream: str, share: str, *, epoch: int) -> int:
        return await self._writer.carry_out(lambda batch: batch.claim(stream, share, epoch))

    async def lock(self, stream: str, names: Sequence[str]) -> dict[str, str]:
        return await self._writer.carry_out(lambda batch: batch.lock(stream, names))

    async def unlock(self, stream: str) -> None:
        await self._writer.carry_out(lambda batch: batch.unlock(stream))

    # --- reading ----------------------------------------------------------------------------------------

    async def entries(self, stream: str, since: int = 0, limit: int | None = None) -> tuple[Entry, ...]:
        until = END if limit is None else since + limit
        return await self._read(lambda connection: self._decode(stream, read_bodies(connection, stream, since, until)))

    async def bodies(self, stream: str, since: int = 0, until: int | None = None) -> tuple[bytes, ...]:
        """The bytes of entries `since` up to, not including, `until`, exactly as they were hashed."""
        return await self._read(
            lambda connection: read_bodies(connection, stream, since, END if until is None else until)
        )

    async def head(self, stream: str) -> Head | None:
        tip = await self._read(lambda connection: read_tip(connection, stream))
        return tip.head() if tip else None

    async def streams(self, prefix: str = "") -> tuple[str, ...]:
        query = select(HEAD.c.stream).where(func.substr(HEAD.c.stream, 1, len(prefix)) == prefix)
        return tuple(sorted(await self._read(lambda connection: connection.execute(query).scalars().all())))

    async def locked(self, stream: str) -> tuple[str, ...]:
        query = select(LOCK.c.name).where(LOCK.c.stream == stream)
        return tuple(sorted(await self._read(lambda connection: connection.execute(query).scalars().all())))

    # --- blobs ------------------------------------------------------------------------------------------

    async def put(self, data: bytes) -> str:
        return await asyncio.to_thread(put_blob, self.folder / BLOBS, data)

    async def get(self, sha256: str) -> bytes:
        return await asyncio.to_thread(get_blob, self.folder / BLOBS, sha256)

    # --- signing ----------------------------------------------------------------------------------------

    async def checkpoint(self, stream: str) -> str:
        signer, head = await self._signing(), await self.head(stream)
        if head is None:
            raise WorldError(WorldKind.MISSING, f"no stream {stream} in the journal", stream=stream)
        note = signer.checkpoint(head)
        await self._writer.carry_out(lambda batch: batch.keep_checkpoint(stream, head.size, note))
        return note

    async def checkpoints(self, stream: str) -> tuple[str, ...]:
        query = select(CHECKPOINT.c.note).where(CHECKPOINT.c.stream == stream).order_by(CHECKPOINT.c.size)
        return tuple(await self._read(lambda connection: connection.execute(query).scalars().all()))

    async def sign(self, text: str) -> str:
        """A signed note over `text`, which ends in a newline."""
        return (await self._signing()).sign(text)

    async def verifier(self) -> Verifier:
        """The public key; its `str` is the verifier key that others keep."""
        return (await self._signing()).verifier

    async def _signing(self) -> Signer:
        if self._signer is None:
            self._signer = await asyncio.to_thread(load_signer, self.folder / KEY)
        return self._signer

    async def check_file(self) -> tuple[Discrepancy, ...]:
        """SQLite's own check of its pages and indexes."""
        rows = await self._read(lambda connection: connection.exec_driver_sql("PRAGMA quick_check(20)").scalars().all())
        return tuple(Discrepancy("V045", str(self.path), {"detail": row}) for row in rows if row != "ok")

    # --- life -------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Connect, and migrate if need be."""
        await asyncio.get_running_loop().run_in_executor(self._write_thread, self._open)

    async def close(self) -> None:
        """Wait for what is under way, then let go of the file."""
        await self._writer.drain()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._read_thread, self._close_reader)
        await loop.run_in_executor(self._write_thread, self._close_writer)
        self._read_thread.shutdown(wait=False)
        self._write_thread.shutdown(wait=False)

    # --- in the writer's thread ---------------------------------------------------------------------------

    def _open(self) -> None:
        with faults_of(self.path):
            make_private(self.path)
            self._write_connection = connection = self._engine.connect()
            schema.bring_up(connection, self.path)
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.exec_driver_sql("PRAGMA journal_size_limit=67108864")

    def _flush(self, acts: Sequence[Act]) -> list[Result]:
        connection = self._write_connection
        assert connection is not None
        with faults_of(self.path):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                batch = Batch(connection)
                results = [attempt(act, batch) for act in acts]
                batch.write()
                connection.exec_driver_sql("COMMIT")
            finally:
                if in_transaction(connection):
                    connection.exec_driver_sql("ROLLBACK")
        return results

    def _close_writer(self) -> None:
        if self._write_connection is not None:
            self._write_connection.close()
        self._engine.dispose()

    # --- in the reader's thread ---------------------------------------------------------------------------

    async def _read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, self._query, query)

    def _query(self, query: Callable[[Connection], T]) -> T:
        with faults_of(self.path):
            if self._read_connection is None:
                self._read_connection = self._engine.connect()
                self._read_connection.exec_driver_sql("PRAGMA query_only=ON")
            return query(self._read_connection)

    def _decode(self, stream: str, bodies: Sequence[bytes]) -> tuple[Entry, ...]:
        try:
            return tuple(map(DECODER.decode, bodies))
        except UNREADABLE as error:
            raise corrupt(self.path, f"{stream}: {error}") from error

    def _close_reader(self) -> None:
        if self._read_connection is not None:
            self._read_connection.close()


def engine_for(path: Path, busy_s: float) -> Engine:
    """Transactions are begun and ended by hand: SQLite's write lock is to be taken first."""
    return create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": busy_s, "check_same_thread": False},
    )


def make_private(path: Path) -> None:
    """Folder and file exist; if made here, they are their owner's only. SQLite gives its other files the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


def attempt(act: Act, batch: Batch) -> Result:
    try:
        return batch.append(act) if isinstance(act, Append) else act(batch)
    except StaleError as refused:
        return refused


def in_transaction(connection: Connection) -> bool:
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.in_transaction)


def read_bodies(connection: Connection, stream: str, since: int, until: int) -> tuple[bytes, ...]:
    return tuple(row[0] for row in connection.exec_driver_sql(READ_BODIES, (stream, since, until)))
