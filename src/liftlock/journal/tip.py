"""The end of a stream, where appends are checked and entries take their place.

Rule: check first, then change. Both stores go through here, so that they refuse and number alike. An entry's bytes,
which are stored and hashed, are the JSON of `Entry`; they are made here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec import Struct, field, json

from liftlock.journal.merkle import push, root_of
from liftlock.model.errors import StaleError
from liftlock.model.events import Entry, Event
from liftlock.model.ports import Head

ENCODER = json.Encoder()
DECODER = json.Decoder(Entry)
UNREADABLE = (ValueError, RecursionError)  # what a decoder raises, whatever the bytes


class Tip(Struct):
    """A stream's size, epoch, Merkle frontier and the generation of each claimed share."""

    stream: str
    size: int = 0
    epoch: int = 0
    frontier: list[bytes] = field(default_factory=list)
    generations: dict[str, int] = field(default_factory=dict)

    def head(self) -> Head:
        return Head(self.stream, self.size, self.epoch, root_of(self.frontier).hex())

    def check(self, epoch: int | None, size: int | None, claims: Mapping[str, int] | None) -> None:
        """Raises StaleError if the writer does not know the stream as it is."""
        if (
            (epoch is not None and self.epoch > epoch)
            or (size is not None and self.size != size)
            or (claims and any(self.generations.get(share, 0) > held for share, held in claims.items()))
        ):
            raise StaleError(self.stream, self.size, self.epoch)

    def claim(self, share: str) -> int:
        generation = self.generations.get(share, 0) + 1
        self.generations[share] = generation
        return generation

    def extend(
        self, events: Sequence[Event], encoded: Sequence[bytes], at: datetime
    ) -> tuple[list[Entry], list[bytes]]:
        """Number the events and grow the tree: their entries, and the bytes that are stored and hashed."""
        size, epoch, frontier = self.size, self.epoch, self.frontier
        written_at = ENCODER.encode(at)
        entries, bodies = [], []
        for event, data in zip(events, encoded, strict=True):
            body = b'{"seq":%d,"at":%b,"epoch":%d,"event":%b}' % (size, written_at, epoch, data)
            push(frontier, size, sha256(b"\x00" + body).digest())  # merkle.leaf_hash, without a call
            entries.append(Entry(size, at, epoch, event))
            bodies.append(body)
            size += 1
        self.size = size
        return entries, bodies


class Append(Struct, frozen=True, gc=False):
    """What one writer wants recorded, all or none, and what it takes for granted. `encoded`: each event's JSON."""

    stream: str
    events: Sequence[Event]
    encoded: Sequence[bytes]
    at: datetime
    epoch: int | None
    size: int | None
    raise_epoch: bool
    claims: Mapping[str, int] | None


def encode_events(events: Sequence[Event], at: datetime) -> list[bytes]:
    """Each event's JSON. What cannot be encoded, and a time without a zone, is the caller's bug and raised here."""
    if at.tzinfo is None:
        raise ValueError("an entry's time must be aware")
    return list(map(ENCODER.encode, events))
