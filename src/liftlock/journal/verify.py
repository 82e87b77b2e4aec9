"""Prove an archive offline: every byte, every digest, every tree, every signature, every reference.

Rule: whatever a file holds, the answer is a `Verification`; every deviation in it is named as data. Only what the disk
does (no such file, no permission) is a WorldError. Memory and work are bounded by the container's limits.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, json

from liftlock.journal import merkle
from liftlock.journal.archive import (
    MANIFEST,
    MANIFEST_NOTE,
    Damaged,
    Member,
    packed_chunks,
    read_frame,
    unpacked_chunks,
)
from liftlock.journal.bundle import FORMAT, KEY_FILE, FileRow, Manifest, StreamRow, references, statement
from liftlock.journal.checkpoint import BadNote, Checkpoint, Verifier, parse_verifier, read_checkpoint
from liftlock.journal.codes import Discrepancy
from liftlock.journal.faults import faults_of
from liftlock.journal.tip import DECODER, UNREADABLE
from liftlock.model.events import Entry
from liftlock.model.schedule import Schedule, digest

SMALL_MAX_BYTES = 64 * 1024**2
SCHEDULE_MAX_BYTES = 512 * 1024**2
LINE_MAX_BYTES = 64 * 1024**2
NAMED_A_STREAM = 50  # a thousandth deviation of the same stream says nothing new


class Verification(Struct, frozen=True):
    """What an archive proves. `streams`: what its checkpoints state. `key`: the verifier key that signed it."""

    discrepancies: tuple[Discrepancy, ...]
    streams: tuple[Checkpoint, ...] = ()
    files: int = 0
    key: str = ""

    @property
    def ok(self) -> bool:
        return not self.discrepancies


def verify_bundle(path: Path, *, key: str | None = None) -> Verification:
    """Check everything that can be checked without the journal. `key`: the verifier key that must have signed it.

    Without `key` the archive is proved to be whole, and signed by whoever holds the key that it names.
    """
    with faults_of(path), path.open("rb") as file:
        try:
            members = read_frame(file, path.stat().st_size)
        except Damaged as damaged:
            return Verification((damaged.discrepancy,))
        return Check(file, members).all(key)


class Check:
    """One archive under examination; `found` collects."""

    def __init__(self, file: BinaryIO, members: dict[str, Member]) -> None:
        self._file = file
        self._members = members
        self._found: list[Discrepancy] = []
        self._named: dict[str, str] = {}  # blob -> the first event that names it
        self._schedules: dict[str, None] = {}

    def note(self, code: str, where: str, **fields: str | int | float) -> None:
        self._found.append(Discrepancy(code, where, fields))

    def all(self, key: str | None) -> Verification:
        verifier = self._key(key)
        manifest = self._manifest(verifier)
        if manifest is None:
            return Verification(tuple(self._found), (), len(self._members), str(verifier or ""))
        self._files(manifest)
        stated = [self._stream(row, verifier) for row in manifest.streams]
        self._references()
        streams = tuple(statement for statement in stated if statement is not None)
        return Verification(tuple(self._found), streams, len(self._members), str(verifier or ""))

    # --- who says so ------------------------------------------------------------------------------------

    def _key(self, expected: str | None) -> Verifier | None:
        found = self._try_key()
        if expected is None:
            return found
        try:
            wanted = parse_verifier(expected)
        except BadNote:
            self.note("V013", KEY_FILE, expected=expected, found=str(found or ""))
            return found
        if found != wanted:
            self.note("V013", KEY_FILE, expected=str(wanted), found=str(found or ""))
        return wanted

    def _try_key(self) -> Verifier | None:
        text = self._small(KEY_FILE)
        try:
            if text is not None:
                return parse_verifier(text.decode("ascii"))
        except (BadNote, UnicodeDecodeError):
            pass
        self.note("V014", KEY_FILE)
        return None

    def _manifest(self, verifier: Verifier | None) -> Manifest | None:
        data, note = self._small(MANIFEST), self._small(MANIFEST_NOTE)
        if data is None:
            self.note("V011", MANIFEST)
            return None
        try:
            if note is None or verifier is None:
                raise BadNote("no note" if note is None else "no key")
            if verifier.open(note.decode()) != statement(data):
                raise BadNote("signed for another manifest")
        except (BadNote, UnicodeDecodeError) as bad:
            self.note("V012", MANIFEST_NOTE, detail=str(bad))
        try:
            manifest = json.decode(data, type=Manifest)
        except UNREADABLE as error:
            self.note("V011", MANIFEST, detail=str(error)[:200])
            return None
        if manifest.format != FORMAT:
            self.note("V011", MANIFEST, detail=f"format {manifest.format}")
            return None
        return manifest

    # --- every file -------------------------------------------------------------------------------------

    def _files(self, manifest: Manifest) -> None:
        for name in manifest.files.keys() - self._members.keys():
            self.note("V016", name)
        for name, member in self._members.items():
            if name in (MANIFEST, MANIFEST_NOTE):
                continue
            if name not in manifest.files:
                self.note("V017", name)
                continue
            try:
                self._digests(member, manifest.files[name])
            except Damaged as damaged:
                self._found.append(damaged.discrepancy)

    def _digests(self, member: Member, row: FileRow) -> None:
        packed, content = sha256(), sha256()
        for chunk in packed_chunks(self._file, member):
            packed.update(chunk)
        for chunk in unpacked_chunks(self._file, member):
            content.update(chunk)
        found = content.hexdigest()
        if packed.hexdigest() != row.packed_sha256:
            self.note("V015", member.name, expected=row.packed_sha256, found=packed.hexdigest())
        elif (found, member.size_bytes) != (row.sha256, row.size_bytes):
            self.note("V015", member.name, expected=row.sha256, found=found)
        if member.name.startswith("blobs/") and member.name != f"blobs/{found}":
            self.note("V032", member.name, expected=member.name.removeprefix("blobs/"), found=found)

    # --- streams ----------------------------------------------------------------------------------------

    def _stream(self, row: StreamRow, verifier: Verifier | None) -> Checkpoint | None:
        signed = [found for name in row.checkpoints if (found := self._checkpoint(name, row.stream, verifier))]
        if not signed:
            self.note("V021", row.stream, detail="no checkpoint")
        roots = {checkpoint.size: checkpoint.root for checkpoint in signed}
        frontier: list[bytes] = []
        size = epoch = 0
        already = len(self._found)
        self._root(row.stream, 0, frontier, roots)
        try:
            for line in self._lines(row.entries):
                merkle.push(frontier, size, merkle.leaf_hash(line))
                if len(self._found) < already + NAMED_A_STREAM:
                    epoch = self._entry(row.stream, line, size, epoch)
                size += 1
                self._root(row.stream, size, frontier, roots)
        except Damaged as damaged:
            self._found.append(damaged.discrepancy)
        for checkpoint in signed:
            if checkpoint.size > size or (checkpoint is signed[-1] and checkpoint.size != size):
                self.note("V022", row.stream, expected=checkpoint.size, found=size)
        return signed[-1] if signed else None

    def _root(self, stream: str, size: int, frontier: list[bytes], roots: dict[int, str]) -> None:
        if size in roots and (found := merkle.root_of(frontier).hex()) != roots[size]:
            self.note("V023", stream, size=size, expected=roots[size], found=found)

    def _checkpoint(self, name: str, stream: str, verifier: Verifier | None) -> Checkpoint | None:
        note = self._small(name)
        try:
            if note is None or verifier is None:
                raise BadNote("not there" if note is None else "no key")
            checkpoint = read_checkpoint(verifier.open(note.decode()))
            if checkpoint.stream != stream:
                raise BadNote(f"is of {checkpoint.stream}")
        except (BadNote, UnicodeDecodeError) as bad:
            self.note("V021", name, detail=str(bad))
            return None
        return checkpoint

    def _entry(self, stream: str, line: bytes, seq: int, epoch: int) -> int:
        """Check one entry; its epoch."""
        try:
            entry: Entry = DECODER.decode(line)
        except UNREADABLE as error:
            self.note("V025", stream, line=seq + 1, detail=str(error)[:200])
            return epoch
        if entry.seq != seq:
            self.note("V024", stream, line=seq + 1, expected=seq, found=entry.seq)
        if entry.epoch < epoch:
            self.note("V026", stream, line=seq + 1, before=epoch, found=entry.epoch)
        for what, named in references(entry.event):
            self._named.setdefault(named, f"{stream} #{seq} {type(entry.event).__name__}")
            if what == "schedule":
                self._schedules[named] = None
        return max(epoch, entry.epoch)

    # --- what events name -------------------------------------------------------------------------------

    def _references(self) -> None:
        for named, event in self._named.items():
            if f"blobs/{named}" not in self._members:
                self.note("V031", f"blobs/{named}", event=event, sha256=named)
            elif named in self._schedules:
                self._schedule(named)

    def _schedule(self, named: str) -> None:
        name = f"blobs/{named}"
        data = self._small(name, SCHEDULE_MAX_BYTES)
        if data is None:
            return  # named as damaged already
        try:
            found = digest(json.decode(data, type=Schedule))
        except UNREADABLE as error:
            self.note("V033", name, detail=str(error)[:200])
            return
        if found != named:
            self.note("V034", name, expected=named, found=found)

    # --- reading ----------------------------------------------------------------------------------------

    def _small(self, name: str, limit_bytes: int = SMALL_MAX_BYTES) -> bytes | None:
        """A file that fits into memory; None if it is not there or damaged."""
        member = self._members.get(name)
        if member is None:
            return None
        if member.size_bytes > limit_bytes:
            self.note("V006", name, limit=limit_bytes)
            return None
        try:
            return b"".join(unpacked_chunks(self._file, member))
        except Damaged as damaged:
            if damaged.discrepancy not in self._found:
                self._found.append(damaged.discrepancy)
            return None

    def _lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file without their ends; what has no end is a line too. Raises Damaged."""
        member = self._members.get(name)
        if member is None:
            return
        rest = b""
        for chunk in unpacked_chunks(self._file, member):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > LINE_MAX_BYTES:
                raise Damaged("V006", name, limit=LINE_MAX_BYTES)
        if rest:
            yield rest
