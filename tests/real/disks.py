"""Small disks of their own, so that one can be full or read-only without anybody else noticing."""

import os
import subprocess
from pathlib import Path

import pytest

PIECE = b"\0" * 4096


class Disk:
    """A mounted disk. `ballast` is what fills it."""

    def __init__(self, place: Path, size: str) -> None:
        self.place, self.ballast = place, place / "ballast"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "liftlock-test", str(place)]
        found = subprocess.run(mount, capture_output=True, text=True, check=False)
        if found.returncode != 0:
            raise PermissionError(found.stderr)

    def fill(self) -> None:
        try:
            with self.ballast.open("ab", buffering=0) as file:
                while True:
                    file.write(PIECE)
        except OSError:
            return

    def free(self) -> None:
        self.ballast.unlink()

    def protect(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(self.place)], check=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


def mounted(place: Path, size: str = "2m") -> Disk:
    """Skipped where nobody may mount; never where everything must be tried."""
    try:
        return Disk(place, size)
    except (PermissionError, FileNotFoundError) as error:
        if os.environ.get("LIFTLOCK_REAL") == "required":
            raise
        pytest.skip(f"a disk cannot be mounted here (needs root): {error}")
