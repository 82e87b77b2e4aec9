"""A secret's file must be the user's own and closed to everybody else."""

import os
import stat
from pathlib import Path

from liftlock.model.errors import WorldError, WorldKind

LONGEST_BYTES = 64 * 1024


def read_private(path: Path, name: str) -> str:
    """The text of a private file, without the line end that editors add."""
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if stat.S_IMODE(about.st_mode) & 0o077 or about.st_uid not in (os.geteuid(), 0):
                raise WorldError(WorldKind.REFUSED, f"{path}: others can read it; chmod 600 it", secret=name)
            data = file.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise WorldError(WorldKind.MISSING, f"{path}: {error.strerror}", secret=name) from error
    if len(data) > LONGEST_BYTES:
        raise WorldError(WorldKind.REFUSED, f"{path}: too long for a secret", secret=name)
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise WorldError(WorldKind.REFUSED, f"{path}: not UTF-8", secret=name) from error
