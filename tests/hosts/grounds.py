"""Hosts to try the port on: each ground is one host behind one kind of connection, with a folder for its traces.

A ground answers what the contract suite needs: an implementation of `Hosts`, a script that leaves a trace each time it
runs, how often it ran, and a way to cut the connection. A simulated fleet can be one as well.
"""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from liftlock.hosts.limits import Limits
from liftlock.hosts.quote import word
from liftlock.hosts.reach import Reach
from liftlock.model.actions import Script
from liftlock.model.inventory import Host
from liftlock.model.ports import Hosts
from tests.sshd import SSHD, Sshd, processes, start_sshd

Answer = TypeVar("Answer")
QUICK = Limits(backoff_s=0.02, backoff_max_s=0.2, grace_s=1, guard_after_s=0.1, reply_s=10.0, login_timeout_s=10.0)
SHELLS = {"dash": "dash", "busybox": "busybox sh", "bash": "bash"}


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, for_s: float) -> None:
        await asyncio.sleep(for_s)


class Ground(Protocol):
    """`host` is the name to use; `mark(n)` a fresh mark of run `r1`."""

    host: str

    def hosts(self) -> Hosts:
        """A new controller's view."""

    def work(self, for_s: float = 0.0) -> Script:
        """Leaves one trace, after `for_s`; exits 0."""

    def traces(self) -> int:
        """How often work was done."""

    def cut(self) -> None:
        """The connections of all controllers are lost; what runs goes on."""

    def down(self) -> None: ...


class RealGround:
    """A real shell on this machine, in a folder of its own."""

    host = "h1"

    def __init__(self, folder: Path, entry: Host, shell: str, sshd: Sshd | None = None) -> None:
        self.folder = folder
        self.entry = entry
        self.shell = shell
        self.sshd = sshd
        self.state = Path(entry.state or f"{entry.root}/state")

    def hosts(self, limits: Limits = QUICK) -> Reach:
        return Reach({self.host: self.entry}, WallClock(), limits=limits, shell=self.shell)

    def work(self, for_s: float = 0.0) -> Script:
        pause = f"sleep {for_s}; " if for_s else ""
        return Script(f"{pause}echo done >>{word(str(self.folder / 'traces'))}")

    def traces(self) -> int:
        file = self.folder / "traces"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def shells(self) -> list[int]:
        """The long-lived shells of controllers in this process (ssh: the sessions)."""
        if self.sshd is not None:
            return self.sshd.sessions()
        return [pid for pid, parent in processes() if parent == os.getpid() and is_shell(pid, self.shell)]

    def cut(self) -> None:
        """ssh: kill the connection's process. Else the shell itself: the hardest cut that there is."""
        for pid in self.shells():
            os.kill(pid, signal.SIGKILL)

    def down(self) -> None:
        """End whatever a test left running here, and nothing else: it carries the folder in its environment or name."""
        for pid, _ in processes():
            if belongs(pid, self.folder):
                with_no_fear(pid)
        if self.sshd is not None:
            self.sshd.stop()


def is_shell(pid: int, shell: str) -> bool:
    return command(pid) == shell.split()


def command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode("utf-8", "replace").split("\0")
    except OSError:
        return []


def belongs(pid: int, folder: Path) -> bool:
    if pid == os.getpid():
        return False
    try:
        directory = os.readlink(f"/proc/{pid}/cwd")
        output = os.readlink(f"/proc/{pid}/fd/1")
    except OSError:
        return False
    return any(place.startswith(f"{folder}/") for place in (directory, output))


def with_no_fear(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


WAYS = ("local-dash", "local-busybox", "local-bash", "sandbox", "ssh")


def lay(way: str, folder: Path) -> RealGround:
    """A ground of this kind, in this folder."""
    kind, _, shell = way.partition("-")
    if kind == "ssh":
        sshd = start_sshd(folder / "sshd")
        return RealGround(folder, sshd.host("h1", state=str(folder / "state")), "sh", sshd)
    if kind == "sandbox":
        (folder / "root").mkdir()
        return RealGround(folder, Host("h1", connection="sandbox", root=str(folder / "root")), "sh")
    return RealGround(folder, Host("h1", connection="local", state=str(folder / "state")), SHELLS[shell])


def missing(way: str) -> str:
    """Why this kind cannot be tried here; empty if it can."""
    needed = {"local-dash": "dash", "local-busybox": "busybox", "local-bash": "bash", "ssh": SSHD or "sshd"}.get(
        way, "sh"
    )
    return "" if shutil.which(needed) else f"{needed} is not installed"


def run(work: Coroutine[Any, Any, Answer], within_s: float = 30.0) -> Answer:
    async def bounded() -> Answer:
        return await asyncio.wait_for(work, within_s)

    return asyncio.run(bounded())


async def until(condition: Any, within_s: float = 10.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        await asyncio.sleep(0.02)


def marks() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"r1.step-{number}.1"
