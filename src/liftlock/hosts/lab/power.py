"""Switching a host on and off, restarting it, and going into it from below, past its network and its sshd."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from liftlock.hosts.lab import cgroups
from liftlock.hosts.lab.disk import mount, seed
from liftlock.hosts.lab.machine import PATH, environment
from liftlock.hosts.lab.names import bridge, namespace
from liftlock.hosts.lab.network import NAMESPACES, connect
from liftlock.hosts.lab.record import Fleet, Member
from liftlock.model.errors import WorldError, WorldKind

BOOT_S = 60.0
SSH_PORT = 22
APT_ON_HOST = "/srv/lab-apt"
POLL_S = 0.05


def group_of(fleet: Fleet, member: Member) -> str:
    return f"{bridge(fleet.number)}/{member.name}"


def is_on(fleet: Fleet, member: Member) -> bool:
    return bool(cgroups.processes(group_of(fleet, member)))


def start(fleet: Fleet, member: Member) -> None:
    """Begin the boot of a host that is off; `wait_for` waits for its end."""
    mount(fleet, member)
    seed(fleet, member)
    connect(fleet, member)
    groups = cgroups.make(group_of(fleet, member))
    switch_off(fleet, member)
    on = fleet.at(member) / f"on.{secrets.token_hex(4)}"
    on.touch()
    script = files("liftlock.hosts.lab").joinpath("supervise.sh").read_text(encoding="utf-8")
    with (fleet.at(member) / "console.log").open("ab") as log:
        subprocess.Popen(
            ["sh", "-c", script, "supervise.sh", str(on), *map(str, groups), "--", *nspawn(fleet, member)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(),
            start_new_session=True,
        )


def nspawn(fleet: Fleet, member: Member) -> list[str]:
    return [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        "--register=no",
        "--keep-unit",
        f"--directory={fleet.root(member)}",
        f"--machine={bridge(fleet.number)}-{member.name}",
        f"--hostname={member.name}",
        f"--uuid={member.uuid}",
        f"--network-namespace-path={NAMESPACES / namespace(fleet.number, member.name)}",
        f"--bind-ro={fleet.packages}:{APT_ON_HOST}",
        "--console=read-only",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
    ]


def kill(fleet: Fleet, member: Member) -> None:
    """The power is cut: nothing is told, nothing is flushed by the host. It stays off."""
    switch_off(fleet, member)
    cgroups.end(group_of(fleet, member))


def switch_off(fleet: Fleet, member: Member) -> None:
    """No supervisor starts it again, not even one that has only just begun."""
    for on in fleet.at(member).glob("on.*"):
        on.unlink()


def reboot(fleet: Fleet, member: Member) -> None:
    """As its own `reboot` does: services are stopped in order. Raises WorldError."""
    before = leader(fleet, member)
    os.kill(before, signal.SIGINT)  # systemd's ctrl-alt-del
    end = time.monotonic() + BOOT_S
    while find_leader(fleet, member) in (before, None):
        if time.monotonic() > end:
            raise silent(member)
        time.sleep(POLL_S)
    wait_for(fleet, [member], end - time.monotonic())


def find_leader(fleet: Fleet, member: Member) -> int | None:
    """The host's first process, by its number on this machine."""
    for pid in sorted(cgroups.processes(group_of(fleet, member))):
        with suppress(OSError, IndexError):
            spaces = Path(f"/proc/{pid}/status").read_text().split("NSpid:")[1].split("\n")[0].split()
            if len(spaces) > 1 and spaces[-1] == "1":
                return pid
    return None


def leader(fleet: Fleet, member: Member) -> int:
    """Raises WorldError(UNREACHABLE) for a host that is off."""
    found = find_leader(fleet, member)
    if found is None:
        raise WorldError(WorldKind.UNREACHABLE, f"{member.name} is off", why="lab-off", what=member.name)
    return found


def inside(fleet: Fleet, member: Member, command: Sequence[str], term: str = "dumb") -> list[str]:
    """The command line that runs a command in the host as root, whether or not its network and its sshd work."""
    enter = ["nsenter", f"--target={leader(fleet, member)}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
    surroundings = ["env", "-i", f"PATH={PATH}", "HOME=/root", "USER=root", "LANG=C.UTF-8", f"TERM={term}"]
    return [*enter, "--root", "--wd", *surroundings, *command]


def wait_for(fleet: Fleet, members: Sequence[Member], within_s: float = BOOT_S) -> None:
    """Until they have booted and answer on SSH. Raises WorldError(TIMEOUT) that names the first that does not.

    sshd answers before the boot is over, and then turns all but root away.
    """
    end = time.monotonic() + within_s
    for member in members:
        while not (answers(member.address) and has_booted(fleet, member)):
            if time.monotonic() > end:
                raise silent(member)
            time.sleep(POLL_S)


def has_booted(fleet: Fleet, member: Member) -> bool:
    """A unit that failed does not stop a boot: `degraded` is for those who look after it."""
    command = inside(fleet, member, ["systemctl", "is-system-running"])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=BOOT_S)
    return done.stdout.strip() in ("running", "degraded")


def answers(address: str) -> bool:
    with suppress(OSError), socket.create_connection((address, SSH_PORT), timeout=1) as connection:
        connection.settimeout(5)
        return connection.recv(4) == b"SSH-"
    return False


def silent(member: Member) -> WorldError:
    message = f"{member.name} did not answer on SSH within {BOOT_S:g} s"
    return WorldError(WorldKind.TIMEOUT, message, why="lab-silent", what=member.name, for_s=BOOT_S)
