"""Large things beside the database: one file each, named by its SHA-256, `blobs/ab/abcd…`.

Rule: a file that has its name is whole. It is written beside its place, synced, and renamed; 0600 in folders of 0700.
"""

import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from liftlock.journal.faults import corrupt, faults_of
from liftlock.model.errors import WorldError, WorldKind


def put_blob(folder: Path, data: bytes) -> str:
    digest = sha256(data).hexdigest()
    place = place_of(folder, digest)
    with faults_of(place):
        if not (place.exists() and place.stat().st_size == len(data)):
            folder.mkdir(mode=0o700, exist_ok=True)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            write_whole(place, data)
    return digest


def get_blob(folder: Path, digest: str) -> bytes:
    """Raises WorldError MISSING, or STORE_CORRUPT if the content is not what its name says."""
    place = place_of(folder, digest)
    try:
        with faults_of(place):
            data = place.read_bytes()
    except WorldError as error:
        if error.kind is not WorldKind.MISSING:
            raise
        raise WorldError(WorldKind.MISSING, f"no blob {digest} in the journal", sha256=digest) from None
    if sha256(data).hexdigest() != digest:
        raise corrupt(place, "the content has another digest")
    return data


def all_blobs(folder: Path) -> Iterator[Path]:
    return (place for place in sorted(folder.glob("??/*")) if is_digest(place.name))


def place_of(folder: Path, digest: str) -> Path:
    if not is_digest(digest):
        raise WorldError(WorldKind.MISSING, f"{digest!r} is not a SHA-256", sha256=digest)
    return folder / digest[:2] / digest


def is_digest(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)


def write_whole(place: Path, data: bytes) -> None:
    """Atomically and durably, mode 0600; a failure leaves nothing."""
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".part")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, place)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    sync_file(folder)


def sync_file(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
