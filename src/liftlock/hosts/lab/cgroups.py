"""A host's control groups: what belongs to it is exactly what is in them.

Without groups of their own the hosts' inits would share one tree, and stop each other's services.
"""

import errno
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from liftlock.model.errors import WorldError, WorldKind

END_S = 15.0


def hierarchies(mounts: str) -> list[str]:
    """The trees in which systemd keeps services, of the text of /proc/self/mountinfo. Pure."""
    found = []
    for line in mounts.splitlines():
        own, _, rest = line.partition(" - ")
        kind, _, options = rest.partition(" ")
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split()[-1].split(",")):
            found.append(own.split()[4])
    return found


def groups_of(name: str) -> list[Path]:
    """`name`: `llab7/app-1`, or `llab7` for a whole fleet."""
    return [Path(tree) / name for tree in hierarchies(Path("/proc/self/mountinfo").read_text())]


def make(name: str) -> list[Path]:
    groups = groups_of(name)
    for group in groups:
        for part in ("keep", "host"):
            (group / part).mkdir(parents=True, exist_ok=True)
    return groups


def processes(name: str) -> set[int]:
    """Groups come and go while they are walked: those that went have no processes."""
    inside = [Path(folder) for group in groups_of(name) for folder, _, _ in os.walk(group)]
    return {pid for group in inside for pid in pids_in(group / "cgroup.procs")}


def pids_in(file: Path) -> list[int]:
    with suppress(OSError):  # it went in the meantime
        return [int(line) for line in file.read_text().split()]
    return []


def end(name: str) -> None:
    """Kill what is in them until nothing is, as a power cut does; then they go too. Raises WorldError(TIMEOUT)."""
    before = time.monotonic() + END_S
    while (found := processes(name)) or not all(removed(group) for group in groups_of(name)):
        if time.monotonic() > before:
            pids = ", ".join(map(str, sorted(found))) or "-"
            raise WorldError(WorldKind.TIMEOUT, f"still running: {pids}", why="lab-end", what=name, pids=pids)
        for pid in found:
            kill(pid, name)
        time.sleep(0.01)


def kill(pid: int, name: str) -> None:
    """Held by a descriptor and looked at again: a number that was given to another process is left alone."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            if belongs(pid, name):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)


def belongs(pid: int, name: str) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        paths = {line.split(":", 2)[2] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()}
        return any(path == f"/{name}" or path.startswith(f"/{name}/") for path in paths)
    return False


def removed(group: Path) -> bool:
    """False while the kernel still keeps one of them for a process that is just ending."""
    try:
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.ENOENT):
            raise
        return False
    return True
