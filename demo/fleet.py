"""Eight hosts on this machine: each its own folder, address and processes, and orders 1.0 running on it."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from demo import releases

NAMES = tuple(f"app-{number:02d}" for number in range(1, 9))
BASE = "srv/orders"  # below a host's own folder


@dataclass(frozen=True)
class SandboxHost:
    name: str
    root: Path
    address: str
    port: int

    @property
    def base(self) -> Path:
        return self.root / BASE

    def last_record(self) -> str:
        """Its newest entry, without the time; empty if there is none."""
        history = self.history()
        return history[-1].partition(" ")[2] if history else ""

    def history(self) -> list[str]:
        """What the release's own scripts wrote, in order."""
        with contextlib.suppress(FileNotFoundError):
            return (self.base / "log/history.log").read_text().splitlines()
        return []


def lay_out(folder: Path) -> list[SandboxHost]:
    """Choose addresses and ports: 127.0.1.x with one port where they can be bound, else one address, eight ports."""
    roots = [folder / name for name in NAMES]
    addresses = [f"127.0.1.{number}" for number in range(1, len(NAMES) + 1)]
    if all(can_bind(address) for address in addresses):
        ports = [free_port(*addresses)] * len(NAMES)
    else:
        addresses = ["127.0.0.1"] * len(NAMES)
        ports = free_ports(len(NAMES))
    return [SandboxHost(*each) for each in zip(NAMES, roots, addresses, ports, strict=True)]


def can_bind(address: str, port: int = 0) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind((address, port))
        return True
    return False


def free_port(*addresses: str) -> int:
    """A port that is free on all the addresses."""
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind((addresses[0], 0))
            port: int = probe.getsockname()[1]
        if all(can_bind(address, port) for address in addresses):
            return port
    raise SystemExit(f"no port is free on all of {', '.join(addresses)}")


def free_ports(count: int) -> list[int]:
    """Different ones: all are held until the last is found."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def found(host: SandboxHost, archive: Path, version: str, config: str) -> None:
    """Set a host up as if it had been running `version` for years, and start it."""
    releases.unpack(archive, host.base / "releases" / version)
    (host.base / "current").symlink_to(Path("releases") / version)
    for name in ("etc", "run", "log", "data"):
        (host.base / name).mkdir()
    (host.base / "etc/orders.env").write_text(f"PYTHON='{sys.executable}'\n")
    (host.base / "etc/orders.conf").write_text(config)
    start(host)


def start(host: SandboxHost) -> None:
    """Raises CalledProcessError if it does not come up."""
    subprocess.run([host.base / "current/bin/start"], check=True, capture_output=True, text=True)


def records(hosts: Iterable[SandboxHost], what: str) -> dict[str, int]:
    """How often each host's own history says this (`install 1.3 begun`)."""
    return {host.name: sum(what in line for line in host.history()) for host in hosts}
