"""The archive's container: a zip file that any tool opens, and of which every single byte is prescribed.

Rule: nothing in the frame is free. Names, sizes and checksums are the only things that vary; times, modes, versions and
order are fixed, there are no comments and no extra fields. So a reader compares the frame with what it must be, and a
changed byte shows, whoever changed it. The files' own bytes are guarded by digests in the manifest, one level up.
"""

import zlib
from collections.abc import Iterable, Iterator
from struct import Struct as Layout
from typing import BinaryIO

from msgspec import Struct

from liftlock.journal.codes import Discrepancy

LOCAL = Layout("<4s5H3L2H")
CENTRAL = Layout("<4s6H3L5H2L")
END = Layout("<4s4H2LH")
LOCAL_MAGIC, CENTRAL_MAGIC, END_MAGIC = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
UNIX_V20, V20, UTF8_NAMES = 0x0314, 20, 0x0800
STORED, DEFLATED = 0, 8
DATE_1980 = 0x0021
REGULAR_0644 = 0o100644 << 16

MANIFEST, MANIFEST_NOTE = "manifest.json", "manifest.note"
# Packing can be undone by more than one sequence of bytes; what guards the others lies as it is.
UNPACKED = frozenset({MANIFEST, MANIFEST_NOTE})

FILES_MAX = 50_000
ARCHIVE_MAX_BYTES = 4 * 1024**3 - 1
FRAME_MAX_BYTES = ARCHIVE_MAX_BYTES - 64 * 1024**2  # leaves room for the directory
FILE_MAX_BYTES = 2 * 1024**3
TOTAL_MAX_BYTES = 16 * 1024**3
NAME_MAX_BYTES = 512
CHUNK_BYTES = 1 << 20


class Member(Struct, frozen=True):
    """A file of the archive: where its packed bytes are, and what they unpack to."""

    name: str
    crc: int
    packed_bytes: int
    size_bytes: int
    header_at: int
    data_at: int


class TooLarge(Exception):
    """More than the container holds; names the limit."""


class Damaged(Exception):
    """The container is not what it must be: as data."""

    def __init__(self, code: str, where: str, **fields: str | int | float) -> None:
        super().__init__(code)
        self.discrepancy = Discrepancy(code, where, fields)


# --- writing --------------------------------------------------------------------------------------------


class ArchiveWriter:
    """Writes files one after the other; the same files make the same bytes."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._members: dict[str, Member] = {}
        self._at = 0

    def add(self, name: str, data: bytes) -> bytes:
        """Add a file, and answer its packed bytes. Raises TooLarge, and ValueError for an unsafe name."""
        if not is_safe(name) or name in self._members:
            raise ValueError(f"{name!r} is no name for another file of an archive")
        packed = pack(name, data)
        member = Member(
            name, zlib.crc32(data), len(packed), len(data), self._at, self._at + LOCAL.size + len(name.encode())
        )
        after = member.data_at + len(packed)
        if len(data) > FILE_MAX_BYTES or after > FRAME_MAX_BYTES or len(self._members) == FILES_MAX:
            raise TooLarge(f"{name}: an archive holds {FILES_MAX} files of {FILE_MAX_BYTES} bytes, 4 GB when packed")
        self._out.write(local_header(member))
        self._out.write(packed)
        self._members[name] = member
        self._at = after
        return packed

    def finish(self) -> None:
        self._out.write(directory(self._members.values(), self._at))


def method_of(name: str) -> int:
    return STORED if name in UNPACKED else DEFLATED


def pack(name: str, data: bytes) -> bytes:
    if method_of(name) == STORED:
        return data
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def local_header(member: Member) -> bytes:
    name = member.name.encode()
    sizes = (member.crc, member.packed_bytes, member.size_bytes)
    fixed = (LOCAL_MAGIC, V20, UTF8_NAMES, method_of(member.name), 0, DATE_1980)
    return LOCAL.pack(*fixed, *sizes, len(name), 0) + name


def directory(members: Iterable[Member], at: int) -> bytes:
    """The central directory, and the end."""
    rows = [central_header(member) for member in members]
    listing = b"".join(rows)
    return listing + END.pack(END_MAGIC, 0, 0, len(rows), len(rows), len(listing), at, 0)


def central_header(member: Member) -> bytes:
    name = member.name.encode()
    sizes = (member.crc, member.packed_bytes, member.size_bytes)
    fixed = (CENTRAL_MAGIC, UNIX_V20, V20, UTF8_NAMES, method_of(member.name), 0, DATE_1980)
    return CENTRAL.pack(*fixed, *sizes, len(name), 0, 0, 0, 0, REGULAR_0644, member.header_at) + name


# --- reading --------------------------------------------------------------------------------------------


def read_frame(file: BinaryIO, length: int) -> dict[str, Member]:
    """Walk the whole frame. Raises Damaged at the first byte that is not what it must be."""
    if length > ARCHIVE_MAX_BYTES:
        raise Damaged("V006", "", limit=ARCHIVE_MAX_BYTES)
    members: dict[str, Member] = {}
    at = total = 0
    while (start := read_at(file, at, LOCAL.size))[:4] == LOCAL_MAGIC:
        member = read_member(file, at, start, length)
        if member.name in members or not is_safe(member.name):
            raise Damaged("V005", "", name=member.name)
        members[member.name] = member
        at = member.data_at + member.packed_bytes
        total += member.size_bytes
        if len(members) > FILES_MAX or total > TOTAL_MAX_BYTES:
            raise Damaged("V006", "", limit=FILES_MAX if len(members) > FILES_MAX else TOTAL_MAX_BYTES)
    if not members:
        raise Damaged("V001", "")
    check_end(file, at, length, directory(members.values(), at))
    return members


def read_member(file: BinaryIO, at: int, start: bytes, length: int) -> Member:
    if len(start) < LOCAL.size:
        raise Damaged("V003", "", offset=length)
    *_, crc, packed_bytes, size_bytes, name_bytes, _ = LOCAL.unpack(start)
    if name_bytes > NAME_MAX_BYTES:
        raise Damaged("V002", "", offset=at + 26)
    raw = read_at(file, at + LOCAL.size, name_bytes)
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise Damaged("V002", "", offset=at + LOCAL.size) from None
    if size_bytes > FILE_MAX_BYTES:
        raise Damaged("V006", name, limit=FILE_MAX_BYTES)
    member = Member(name, crc, packed_bytes, size_bytes, at, at + LOCAL.size + name_bytes)
    if len(raw) < name_bytes or member.data_at + packed_bytes > length:
        raise Damaged("V003", name, offset=length)
    compare(start + raw, local_header(member), at, name)
    return member


def check_end(file: BinaryIO, at: int, length: int, expected: bytes) -> None:
    found = read_at(file, at, len(expected))
    if len(found) == len(expected) or not expected.startswith(found):
        compare(found, expected[: len(found)], at, "")
    if len(found) < len(expected):
        raise Damaged("V003", "", offset=length)
    if length > at + len(expected):
        raise Damaged("V004", "", offset=at + len(expected), extra_bytes=length - at - len(expected))


def compare(found: bytes, expected: bytes, at: int, where: str) -> None:
    if found != expected:
        offset = next(i for i, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other)
        raise Damaged("V002", where, offset=at + offset)


def read_at(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def packed_chunks(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The packed bytes as they lie there."""
    file.seek(member.data_at)
    left = member.packed_bytes
    while left:
        chunk = file.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise Damaged("V003", member.name, offset=member.data_at + member.packed_bytes - left)
        left -= len(chunk)
        yield chunk


def unpacked_chunks(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The content, never more than the header says. Raises Damaged when it is not exactly that."""
    crc, left = 0, member.size_bytes
    for chunk in packed_chunks(file, member) if method_of(member.name) == STORED else inflated(file, member):
        crc, left = zlib.crc32(chunk, crc), left - len(chunk)
        if left < 0:
            break
        yield chunk
    if left or crc != member.crc:
        raise Damaged("V007", member.name)


def inflated(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Piece by piece, each of a limited size. Raises Damaged unless the packed bytes are one stream and no more."""
    unpacker = zlib.decompressobj(-15)
    try:
        for packed in packed_chunks(file, member):
            yield unpacker.decompress(packed, CHUNK_BYTES)
            while unpacker.unconsumed_tail:
                yield unpacker.decompress(unpacker.unconsumed_tail, CHUNK_BYTES)
            if unpacker.unused_data:
                raise Damaged("V007", member.name)
        while not unpacker.eof and (rest := unpacker.decompress(b"", CHUNK_BYTES)):
            yield rest
    except zlib.error:
        raise Damaged("V007", member.name) from None
    if not unpacker.eof:
        raise Damaged("V007", member.name)


# --- names ----------------------------------------------------------------------------------------------


def is_safe(name: str) -> bool:
    """A plain relative path that means the same file on every system, and nothing outside."""
    return (
        name.isprintable()
        and len(name.encode()) <= NAME_MAX_BYTES
        and not any(c in name for c in '\\:*?"<>|')
        and all(part and part == part.strip() and not part.endswith(".") for part in name.split("/"))
    )
