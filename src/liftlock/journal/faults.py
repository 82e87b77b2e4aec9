"""What the disk and the database say, as the one `WorldError`, with what to do about it.

Rule: only faults of the world are translated. Any other error of the database is our own bug, and goes through.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from liftlock.model.errors import WorldError, WorldKind

FULL = "no space left: free some; nothing was lost, and what was being recorded was refused as a whole"
READ_ONLY = "it cannot be written (read-only, or not permitted): check the folder's owner, mode and mount"
LOCKED = "another process has kept it locked: see which one writes, then try again"
CORRUPT = (
    "it is damaged or not a journal: do not delete it; restore the last backup into an empty folder, and verify it"
)
BROKEN = "the disk failed while reading or writing: check it, and restore the last backup elsewhere if it is damaged"

BY_SQLITE = {
    sqlite3.SQLITE_FULL: (WorldKind.STORE_FULL, "full", FULL),
    sqlite3.SQLITE_BUSY: (WorldKind.STORE_LOCKED, "locked", LOCKED),
    sqlite3.SQLITE_LOCKED: (WorldKind.STORE_LOCKED, "locked", LOCKED),
    sqlite3.SQLITE_CORRUPT: (WorldKind.STORE_CORRUPT, "corrupt", CORRUPT),
    sqlite3.SQLITE_NOTADB: (WorldKind.STORE_CORRUPT, "not-a-journal", CORRUPT),
    sqlite3.SQLITE_FORMAT: (WorldKind.STORE_CORRUPT, "not-a-journal", CORRUPT),
    sqlite3.SQLITE_READONLY: (WorldKind.STORE_FULL, "read-only", READ_ONLY),
    sqlite3.SQLITE_PERM: (WorldKind.STORE_FULL, "read-only", READ_ONLY),
    sqlite3.SQLITE_CANTOPEN: (WorldKind.STORE_FULL, "read-only", READ_ONLY),
    sqlite3.SQLITE_IOERR: (WorldKind.STORE_CORRUPT, "disk", BROKEN),
}
# Growing the shared-memory file on a full disk is an I/O error to SQLite.
FULL_CODES = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMMAP}

BY_ERRNO = {
    errno.ENOSPC: (WorldKind.STORE_FULL, "full", FULL),
    errno.EDQUOT: (WorldKind.STORE_FULL, "full", FULL),
    errno.EFBIG: (WorldKind.STORE_FULL, "full", FULL),
    errno.EROFS: (WorldKind.STORE_FULL, "read-only", READ_ONLY),
    errno.EACCES: (WorldKind.STORE_FULL, "read-only", READ_ONLY),
    errno.EPERM: (WorldKind.STORE_FULL, "read-only", READ_ONLY),
    errno.EIO: (WorldKind.STORE_CORRUPT, "disk", BROKEN),
    errno.ENOENT: (WorldKind.MISSING, "missing", "it is not there"),
    errno.ENOTDIR: (WorldKind.MISSING, "missing", "its folder is not there"),
}


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Raise `WorldError` for what the world does to the journal at `path`."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error) and (fault := fault_of_sqlite(error.orig, path)):
            raise fault from error
        raise
    except sqlite3.Error as error:
        if fault := fault_of_sqlite(error, path):
            raise fault from error
        raise
    except OSError as error:
        if error.errno not in BY_ERRNO:
            raise
        kind, why, advice = BY_ERRNO[error.errno]
        raise world_error(kind, path, why, advice) from error


def fault_of_sqlite(error: sqlite3.Error, path: Path) -> WorldError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code in FULL_CODES:
        return world_error(WorldKind.STORE_FULL, path, "full", FULL)
    known = BY_SQLITE.get(code & 0xFF)
    return world_error(known[0], path, known[1], known[2]) if known else None


def world_error(kind: WorldKind, path: Path, why: str, advice: str) -> WorldError:
    return WorldError(kind, f"the journal {path}: {advice}", path=str(path), why=why)


def corrupt(path: Path, detail: str) -> WorldError:
    return WorldError(WorldKind.STORE_CORRUPT, f"the journal {path}: {CORRUPT} ({detail})", path=str(path), why=detail)
