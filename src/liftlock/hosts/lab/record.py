"""A fleet's record: what `down` goes by. One folder a fleet, written before anything else of the fleet exists."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from liftlock.hosts.lab.names import checked_name
from liftlock.model.errors import WorldError, WorldKind

STATE = "/var/lib/liftlock/lab"
CACHE = "/var/cache/liftlock/lab"
LOCK = "/run/liftlock-lab.lock"  # one a machine, whatever the folders: numbers are the machine's
RECORD = "fleet.json"


class Member(Struct, frozen=True):
    """One host. `uuid`: its machine id."""

    name: str
    index: int
    address: str
    uuid: str


class Fleet(Struct, frozen=True):
    """`layers`: the folders that the hosts' disks lie on, the uppermost first. `folder`: where all of it lies."""

    name: str
    number: int
    folder: str
    layers: tuple[str, ...]
    members: tuple[Member, ...]
    groups: dict[str, tuple[str, ...]]
    sudoers: str
    user: str = "ops"

    @property
    def place(self) -> Path:
        return Path(self.folder)

    @property
    def key(self) -> Path:
        return self.place / "key"

    @property
    def known_hosts(self) -> Path:
        return self.place / "known_hosts"

    @property
    def inventory(self) -> Path:
        return self.place / "hosts.yaml"

    @property
    def packages(self) -> Path:
        """The apt repository that every host sees under /srv/lab-apt."""
        return self.place / "apt"

    def at(self, member: Member) -> Path:
        """A host's own folder."""
        return self.place / "hosts" / member.name

    def root(self, member: Member) -> Path:
        """Where its disk is mounted."""
        return self.at(member) / "root"

    def member(self, name: str) -> Member:
        """Raises WorldError(MISSING)."""
        for each in self.members:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.members)
        message = f"{name} is no host of the fleet {self.name}"
        raise WorldError(WorldKind.MISSING, message, why="lab-host", what=name, fleet=self.name, known=known)


def state_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("LIFTLOCK_LAB") or STATE)


def cache_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("LIFTLOCK_LAB_CACHE") or CACHE)


def write_record(fleet: Fleet) -> None:
    """Whole or not at all, and on the disk."""
    fleet.place.mkdir(mode=0o755, parents=True, exist_ok=True)
    part = fleet.place / f"{RECORD}.part"
    with part.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(fleet)))
        file.flush()
        os.fsync(file.fileno())
    part.rename(fleet.place / RECORD)


def read_record(state: Path, name: str) -> Fleet:
    """Raises WorldError(MISSING)."""
    try:
        text = (state / checked_name(name) / RECORD).read_bytes()
    except FileNotFoundError as error:
        known = ", ".join(fleet_names(state)) or "-"
        raise WorldError(WorldKind.MISSING, f"no fleet {name}", why="lab-fleet", what=name, known=known) from error
    return msgspec.json.decode(text, type=Fleet)


def fleet_names(state: Path) -> list[str]:
    return sorted(path.parent.name for path in state.glob(f"*/{RECORD}"))


def is_begun(state: Path, name: str) -> bool:
    """A folder without a record was left by an `up` that was killed before it had made anything."""
    return (state / name / RECORD).exists()


def forget(fleet: Fleet) -> None:
    """The last act of `down`: the record goes last."""
    for entry in fleet.place.iterdir():
        if entry.name != RECORD:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    shutil.rmtree(fleet.place)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """A lock on this file; whoever dies with it lets go of it."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fleet_lock(state: Path, name: str) -> Path:
    return state / f".{name}.lock"
