"""One transaction: what several writers asked for, checked one by one, written together.

Rule: a writer that is refused has changed nothing, and the others of the batch go on. A stream's head row is read once
and written once, however many appended to it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import json
from sqlalchemy import Connection, delete, select

from liftlock.journal import merkle
from liftlock.journal.tables import LOCK
from liftlock.journal.tip import Append, Tip
from liftlock.model.events import Entry

READ_HEAD = "SELECT size, epoch, frontier, generations FROM head WHERE stream = ?"
WRITE_HEAD = (
    "INSERT INTO head (stream, size, epoch, frontier, generations) VALUES (?, ?, ?, ?, ?) ON CONFLICT (stream) "
    "DO UPDATE SET size = excluded.size, epoch = excluded.epoch, frontier = excluded.frontier, "
    "generations = excluded.generations"
)
WRITE_CHECKPOINT = "INSERT INTO checkpoint (stream, size, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
# Several rows a statement: the database's lock on the interpreter is let go once a statement, not once a row.
ROWS_A_STATEMENT = (128, 16, 1)
WRITE_ENTRIES = {
    count: "INSERT INTO entry (stream, seq, at_us, epoch, body) VALUES " + ", ".join(["(?, ?, ?, ?, ?)"] * count)
    for count in ROWS_A_STATEMENT
}
COLUMNS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
GENERATIONS = json.Decoder(dict[str, int])


class Batch:
    """The writers' view of the database between BEGIN and COMMIT. Raises StaleError to a writer; DBAPIError to all."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._tips: dict[str, Tip] = {}
        self._changed: dict[str, Tip] = {}
        self._values: list[str | int | bytes] = []

    def tip(self, stream: str) -> Tip:
        tip = self._tips.get(stream)
        if tip is None:
            tip = self._tips[stream] = read_tip(self.connection, stream) or Tip(stream)
        return tip

    def append(self, ask: Append) -> tuple[Entry, ...]:
        tip = self.tip(ask.stream)
        tip.check(ask.epoch, ask.size, ask.claims)
        if not ask.events and not ask.raise_epoch:
            return ()
        tip.epoch += ask.raise_epoch
        seq, at_us = tip.size, (ask.at - EPOCH) // MICROSECOND
        entries, bodies = tip.extend(ask.events, ask.encoded, ask.at)
        for body in bodies:
            self._values += (ask.stream, seq, at_us, tip.epoch, body)
            seq += 1
        self._changed[ask.stream] = tip
        return tuple(entries)

    def claim(self, stream: str, share: str, epoch: int) -> int:
        tip = self.tip(stream)
        tip.check(epoch, None, None)
        self._changed[stream] = tip
        return tip.claim(share)

    def lock(self, stream: str, names: Sequence[str]) -> dict[str, str]:
        holders = {name: holder for name in names if (holder := self._holder(name)) is not None}
        taken = {name: holder for name, holder in holders.items() if holder != stream}
        if not taken:
            free = [{"name": name, "stream": stream} for name in dict.fromkeys(names) if name not in holders]
            if free:
                self.connection.execute(LOCK.insert(), free)
        return taken

    def _holder(self, name: str) -> str | None:
        return self.connection.execute(select(LOCK.c.stream).where(LOCK.c.name == name)).scalar()

    def unlock(self, stream: str) -> None:
        self.connection.execute(delete(LOCK).where(LOCK.c.stream == stream))

    def keep_checkpoint(self, stream: str, size: int, note: str) -> None:
        self.connection.exec_driver_sql(WRITE_CHECKPOINT, (stream, size, note))

    def write(self) -> None:
        """Send everything to the database; the caller commits."""
        values, at = self._values, 0
        for count in ROWS_A_STATEMENT:
            width = count * COLUMNS
            while len(values) - at >= width:
                self.connection.exec_driver_sql(WRITE_ENTRIES[count], tuple(values[at : at + width]))
                at += width
        for tip in self._changed.values():
            generations = json.encode(tip.generations, order="sorted").decode()
            row = (tip.stream, tip.size, tip.epoch, merkle.pack(tip.frontier), generations)
            self.connection.exec_driver_sql(WRITE_HEAD, row)


def read_tip(connection: Connection, stream: str) -> Tip | None:
    row = connection.exec_driver_sql(READ_HEAD, (stream,)).one_or_none()
    if row is None:
        return None
    return Tip(stream, row[0], row[1], merkle.unpack(row[2]), GENERATIONS.decode(row[3]))
