"""What the lab needs of the machine that it runs on, and how it asks its tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from liftlock.model.errors import WorldError, WorldKind

TOOLS = {  # command -> Debian package that brings it
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "ssh": "openssh-client",
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LONGEST_S = 60.0
SAID_MAX = 2000
WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
WATCHES_A_HOST, WATCHES_ELSE, WATCHES_USUAL = 10, 50, 1024


def require() -> None:
    """Raises WorldError that says what is missing, and which package brings it."""
    if not sys.platform.startswith("linux"):
        raise WorldError(WorldKind.REFUSED, f"not on {sys.platform}", why="lab-linux", what=sys.platform)
    if os.geteuid() != 0:
        raise WorldError(WorldKind.REFUSED, "only root can do this", why="lab-root")
    if absent := missing(TOOLS):
        packages = " ".join(sorted({TOOLS[tool] for tool in absent}))
        message = f"not installed: {', '.join(absent)}"
        raise WorldError(WorldKind.MISSING, message, why="lab-tools", what=", ".join(absent), packages=packages)


def missing(tools: Sequence[str] | dict[str, str]) -> list[str]:
    return [tool for tool in tools if shutil.which(tool, path=PATH) is None]


def ask(argv: Sequence[str], *, text: str = "", within_s: float = LONGEST_S) -> str:
    """What a tool prints. Raises WorldError(REFUSED) with what it said where it failed."""
    try:
        done = subprocess.run(
            argv, input=text, capture_output=True, text=True, timeout=within_s, check=False, env=environment()
        )
    except subprocess.TimeoutExpired as error:
        raise failed(argv, f"no answer within {within_s:g} s") from error
    if done.returncode != 0:
        raise failed(argv, (done.stderr or done.stdout).strip()[-SAID_MAX:] or f"status {done.returncode}")
    return done.stdout


def failed(argv: Sequence[str], said: str) -> WorldError:
    return WorldError(WorldKind.REFUSED, f"{' '.join(argv[:4])}: {said}", why="lab-tool", what=argv[0], said=said)


def environment() -> dict[str, str]:
    """Of a tool: nothing of ours but the way to it."""
    return {"PATH": PATH, "LC_ALL": "C.UTF-8"}


def allow_watches(hosts: int) -> None:
    """Each host's init and services watch files, and the kernel allows root 128 watchers by default, on all hosts
    together: some 18 hosts. Raised where that is too few, until the machine's restart."""
    wanted = WATCHES_A_HOST * hosts + WATCHES_ELSE
    if int(WATCHES.read_text()) < wanted:
        WATCHES.write_text(f"{max(wanted, WATCHES_USUAL)}\n")


@contextmanager
def disk_faults() -> Iterator[None]:
    """A full or read-only disk is the world's fault, not ours."""
    try:
        yield
    except OSError as error:
        message = f"{error.filename or ''}: {error.strerror}"
        raise WorldError(WorldKind.REFUSED, message, why="lab-disk", what=str(error.filename or "")) from error
