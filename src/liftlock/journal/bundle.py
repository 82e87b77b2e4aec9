"""Write one upgrade's record as one archive that proves itself, without the store, for as long as anybody keeps it.

Rule: a stream goes in as the exact bytes that were hashed, one entry a line; checkpoints pin its root; the manifest
holds the digest of every file, as it reads and as it lies packed; a signed note holds the manifest's digest.
`verify.py` reads what is written here.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct, json

from liftlock.journal.archive import MANIFEST, MANIFEST_NOTE, ArchiveWriter, TooLarge
from liftlock.journal.backup import Journal
from liftlock.journal.blobs import sync_folder
from liftlock.journal.checkpoint import Verifier, read_checkpoint
from liftlock.journal.faults import faults_of
from liftlock.journal.tip import DECODER
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import Event, PlanFrozen, RunAmended, RunBegan, RunOpened, TimetableKept

KEY_FILE = "key.txt"
FORMAT = 1
STATEMENT = "liftlock/archive"


class FileRow(Struct, frozen=True):
    """A file's size and SHA-256 as it reads, and the SHA-256 of its packed bytes."""

    size_bytes: int
    sha256: str
    packed_sha256: str


class StreamRow(Struct, frozen=True):
    """Where a stream's entries and its checkpoints are; the last checkpoint is over the whole of it."""

    stream: str
    entries: str
    checkpoints: tuple[str, ...]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    program: str
    streams: tuple[StreamRow, ...]
    files: dict[str, FileRow]


def statement(manifest: bytes) -> str:
    """What is signed to vouch for a manifest."""
    return f"{STATEMENT}\n{sha256(manifest).hexdigest()}\n"


async def write_bundle(
    store: Journal,
    streams: Sequence[str],
    blobs: Sequence[str],
    documents: Mapping[str, bytes],
    path: Path,
    *,
    program: str = "",
) -> None:
    """Write the archive to `path`, whole or not at all: the same record makes the same bytes.

    `blobs` must be there (WorldError MISSING); those that events name are added where they are. `documents`: relative
    name -> content. `program`: who wrote it. Raises WorldError REFUSED when it would be too large, STORE_FULL.
    """
    taken = [await take_stream(store, stream, number) for number, stream in enumerate(streams)]
    wanted = dict.fromkeys(blobs)
    named = {digest for part in taken for digest in part.names}
    files = {KEY_FILE: f"{await store.verifier()}\n".encode()}
    for part in taken:
        files |= {part.row.entries: part.lines} | part.notes
    for digest in [*wanted, *sorted(named - set(wanted))]:
        try:
            files[f"blobs/{digest}"] = await store.get(digest)
        except WorldError as error:
            if digest in wanted or error.kind is not WorldKind.MISSING:
                raise
    files |= {f"documents/{name}": data for name, data in documents.items()}
    outline = Manifest(FORMAT, program, tuple(part.row for part in taken), {})
    with faults_of(path):
        unsigned = await asyncio.to_thread(Draft.begin, path, files, outline)
        try:
            note = await store.sign(statement(unsigned.manifest))
            await asyncio.to_thread(unsigned.finish, note)
        except BaseException:
            unsigned.discard()
            raise


# --- what a stream brings ---------------------------------------------------------------------------------


class Taken(Struct, frozen=True):
    """A stream as it goes in: its row, its lines, its checkpoints by file name, the digests that its events name."""

    row: StreamRow
    lines: bytes
    notes: dict[str, bytes]
    names: tuple[str, ...]


async def take_stream(store: Journal, stream: str, number: int) -> Taken:
    """The checkpoint first: what is appended meanwhile is not part of the archive."""
    last = await store.checkpoint(stream)
    verifier = await store.verifier()
    size = size_of(verifier, last)
    bodies = await store.bodies(stream, 0, size)
    earlier = [note for note in await store.checkpoints(stream) if size_of(verifier, note) < size]
    base = f"{number:03d}-{re.sub('[^A-Za-z0-9_-]+', '-', stream)[:60]}"
    notes = {f"checkpoints/{base}-{size_of(verifier, note)}.note": note.encode() for note in [*earlier, last]}
    row = StreamRow(stream, f"streams/{base}.jsonl", tuple(notes))
    names = dict.fromkeys(digest for body in bodies for _, digest in references(DECODER.decode(body).event))
    return Taken(row, b"".join(body + b"\n" for body in bodies), notes, tuple(names))


def size_of(verifier: Verifier, note: str) -> int:
    return read_checkpoint(verifier.open(note)).size


def references(event: Event) -> Iterator[tuple[str, str]]:
    """The blobs that an event names: (`schedule` or `file`, SHA-256)."""
    match event:
        case RunOpened() | RunAmended() | RunBegan():
            yield "schedule", event.schedule
        case PlanFrozen():
            yield "schedule", event.schedule
            yield "file", event.plan
            yield "file", event.inventory
        case TimetableKept():
            yield "schedule", event.schedule
            yield "file", event.timetable


# --- on the disk ------------------------------------------------------------------------------------------


class Draft:
    """An archive beside its place, complete but for its signature."""

    def __init__(self, path: Path) -> None:
        self._path = path
        handle, self._temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        self._out = os.fdopen(handle, "wb")
        self._archive = ArchiveWriter(self._out)
        self.manifest = b""

    @classmethod
    def begin(cls, path: Path, files: Mapping[str, bytes], outline: Manifest) -> "Draft":
        draft = cls(path)
        try:
            rows = {}
            for name, data in files.items():
                packed = draft._archive.add(name, data)
                rows[name] = FileRow(len(data), sha256(data).hexdigest(), sha256(packed).hexdigest())
            manifest = Manifest(outline.format, outline.program, outline.streams, rows)
            draft.manifest = json.format(json.encode(manifest), indent=1) + b"\n"
            draft._archive.add(MANIFEST, draft.manifest)
        except TooLarge as error:
            draft.discard()
            raise WorldError(WorldKind.REFUSED, f"{path}: {error}", path=str(path)) from None
        except BaseException:
            draft.discard()
            raise
        return draft

    def finish(self, note: str) -> None:
        self._archive.add(MANIFEST_NOTE, note.encode())
        self._archive.finish()
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        os.replace(self._temporary, self._path)
        sync_folder(self._path.parent)

    def discard(self) -> None:
        self._out.close()
        Path(self._temporary).unlink(missing_ok=True)
