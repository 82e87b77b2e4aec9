"""A small fleet of the demo's own, behind one of the two load balancers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from demo import balancer, fleet, lifeline, releases

CONFIG = "[orders]\naddress = {}\nport = {}\ncurrency = CNY\n"


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("archives")
    return {version: releases.pack(version, folder) for version in releases.VERSIONS}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, archives: dict[str, Path]) -> Iterator[list[fleet.SandboxHost]]:
    """Three hosts: one with the bad release, two with 1.0."""
    folder = tmp_path_factory.mktemp("hosts")
    hosts = fleet.lay_out(folder)[:3]
    try:
        for host, version in zip(hosts, ("1.2", "1.0", "1.0"), strict=True):
            fleet.found(host, archives[version], version, CONFIG.format(host.address, host.port))
        yield hosts
    finally:
        lifeline.end_services(folder)


@pytest.fixture(scope="module", params=["haproxy", "stand-in"])
def lb(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, hosts: list[fleet.SandboxHost]
) -> Iterator[balancer.Balancer]:
    if request.param == "haproxy" and balancer.haproxy_path() is None and os.environ.get("LIFTLOCK_REAL") != "required":
        pytest.skip("HAProxy is not installed")
    folder = tmp_path_factory.mktemp("lb")
    running = balancer.start(folder, fleet.free_port("127.0.0.1"), hosts, standin=request.param == "stand-in")
    try:
        assert running.kind == request.param
        yield running
    finally:
        running.stop()


@pytest.fixture
def say(lb: balancer.Balancer) -> Callable[[str], str]:
    """One command on the load balancer's socket, and its answer."""

    def ask(command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(lb.admin))
            connection.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    return ask


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that a test starts: ended whatever happens."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.stdin is not None:
            process.stdin.close()
        process.kill()
        process.wait()


@pytest.fixture
def wait_gone() -> Callable[..., None]:
    """Waits until these processes are gone."""
    return wait_until_gone


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 20
    while not all(gone(pid) for pid in pids):
        assert time.monotonic() < deadline, pids
        time.sleep(0.05)


def gone(pid: int) -> bool:
    """Not there, or dead and not yet collected by its parent."""
    proc = Path(f"/proc/{pid}/stat")
    try:
        return not lifeline.lives(pid) or (proc.exists() and proc.read_text().rpartition(")")[2].split()[0] == "Z")
    except (FileNotFoundError, ProcessLookupError):
        return True
