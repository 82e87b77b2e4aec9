"""What the tests of whole runs share: a site of sandbox hosts, or of hosts behind sshd, with the command line as a user
has it; and disks that can be full."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import site
from tests.real.disks import Disk, mounted
from tests.real.far import FarSite

__all__ = ["site"]


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarSite]:
    for name in ("LIFTLOCK_STORE", "LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIFTLOCK_PERSON", "li.wei")
    monkeypatch.chdir(tmp_path)
    made = FarSite(tmp_path)
    yield made
    made.close()


@pytest.fixture
def disk() -> Iterator[Callable[..., Disk]]:
    """Mounts a disk at a place, for the length of the test."""
    disks: list[Disk] = []

    def mount(place: Path, size: str = "2m") -> Disk:
        disks.append(mounted(place, size))
        return disks[-1]

    yield mount
    for each in disks:
        each.close()
