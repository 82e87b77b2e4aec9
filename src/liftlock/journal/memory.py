"""The record in memory: for the simulator and for tests. Everything that the store on disk promises but durability.

Rule: nothing waits. An append is complete when it is called, so that it works under a clock that is not real.
Entries are kept as their encoded bytes, which are a third of the objects' size, and prove that they can be read back.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from liftlock.journal.checkpoint import Signer, Verifier
from liftlock.journal.spool import Spool
from liftlock.journal.tip import DECODER, Tip, encode_events
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import Entry, Event
from liftlock.model.ports import Head

Hook = Callable[[str, Sequence[Event]], None]

# Known to everybody: a simulated record proves nothing to anybody, and is the same for the same seed.
SIMULATED_SEED = sha256(b"liftlock: a simulated journal").digest()


def nothing(stream: str, events: Sequence[Event]) -> None:
    """The hook that does nothing."""


class MemoryStore:
    """The port `Store` without a disk. What a hook raises is a crash before, or right after, the commit.

    `spool`: the entries lie in an unnamed temporary file, for histories that are too long for memory.
    """

    def __init__(self, *, before_commit: Hook = nothing, after_commit: Hook = nothing, spool: bool = False) -> None:
        self.before_commit = before_commit
        self.after_commit = after_commit
        self._spool = spool
        self._tips: dict[str, Tip] = {}
        self._bodies: dict[str, list[bytes] | Spool] = {}
        self._locks: dict[str, str] = {}
        self._blobs: dict[str, bytes] = {}
        self._checkpoints: dict[str, dict[int, str]] = {}
        self._signer: Signer | None = None

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
        tip = self._tips.get(stream) or Tip(stream)
        tip.check(epoch, size, claims)
        self.before_commit(stream, events)
        if not events and not raise_epoch:
            return ()
        tip.epoch += raise_epoch
        entries, bodies = tip.extend(events, encoded, at)
        self._tips[stream] = tip
        if stream not in self._bodies:
            self._bodies[stream] = Spool() if self._spool else []
        self._bodies[stream].extend(bodies)
        self.after_commit(stream, events)
        return tuple(entries)

    async def claim(self, stream: str, share: str, *, epoch: int) -> int:
        tip = self._tips.get(stream) or Tip(stream)
        tip.check(epoch, None, None)
        self._tips[stream] = tip
        return tip.claim(share)

    async def entries(self, stream: str, since: int = 0, limit: int | None = None) -> tuple[Entry, ...]:
        until = None if limit is None else since + limit
        return tuple(map(DECODER.decode, self._bodies.get(stream, [])[since:until]))

    async def bodies(self, stream: str, since: int = 0, until: int | None = None) -> tuple[bytes, ...]:
        """The bytes of entries `since` up to, not including, `until`, exactly as they were hashed."""
        return tuple(self._bodies.get(stream, [])[since:until])

    async def head(self, stream: str) -> Head | None:
        tip = self._tips.get(stream)
        return tip.head() if tip else None

    async def streams(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(sorted(name for name in self._tips if name.startswith(prefix)))

    async def lock(self, stream: str, names: Sequence[str]) -> dict[str, str]:
        taken = {name: self._locks[name] for name in names if self._locks.get(name, stream) != stream}
        if not taken:
            self._locks.update(dict.fromkeys(names, stream))
        return taken

    async def unlock(self, stream: str) -> None:
        self._locks = {name: holder for name, holder in self._locks.items() if holder != stream}

    async def locked(self, stream: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, holder in self._locks.items() if holder == stream))

    async def put(self, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        self._blobs[digest] = data
        return digest

    async def get(self, sha256: str) -> bytes:
        if sha256 not in self._blobs:
            raise WorldError(WorldKind.MISSING, f"no blob {sha256} in the journal", sha256=sha256)
        return self._blobs[sha256]

    async def checkpoint(self, stream: str) -> str:
        head = await self.head(stream)
        if head is None:
            raise WorldError(WorldKind.MISSING, f"no stream {stream} in the journal", stream=stream)
        note = self.signer().checkpoint(head)
        self._checkpoints.setdefault(stream, {})[head.size] = note
        return note

    async def checkpoints(self, stream: str) -> tuple[str, ...]:
        return tuple(self._checkpoints.get(stream, {}).values())

    async def sign(self, text: str) -> str:
        return self.signer().sign(text)

    async def verifier(self) -> Verifier:
        return self.signer().verifier

    def signer(self) -> Signer:
        if self._signer is None:
            self._signer = Signer(Ed25519PrivateKey.from_private_bytes(SIMULATED_SEED))
        return self._signer

    async def close(self) -> None:
        pass
