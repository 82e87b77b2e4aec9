"""Everything that the acts play on: the folder, the fleet, the load balancer, the clients, and their end."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import CHECKOUT, balancer, fleet, lifeline, people, plans, releases, traffic

MARK = "made-by-liftlock-demo"
FIRST_ORDERS = 50
WARM_UP_S = 15.0


class StageError(Exception):
    """The demo cannot begin: the key of its words, with fields."""

    def __init__(self, key: str, **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields


@dataclass(frozen=True)
class Stage:
    """A running fleet with live traffic."""

    folder: Path
    hosts: list[fleet.SandboxHost]
    lb: balancer.Balancer
    approvers: list[people.Approver]
    line: lifeline.Lifeline
    counts: Path
    language: str

    def tally(self, since: float, until: float) -> traffic.Tally:
        """What the clients counted; waits until the last of these seconds is written."""
        time.sleep(max(0.0, until + 2.0 - time.time()))
        return traffic.tally(self.counts.read_text().splitlines(), since, until)

    def plan(self, old: str, new: str) -> Path:
        return plans.write_plan(self.folder, old, new, self.lb.admin, people.approvals(self.approvers), self.language)


@contextmanager
def opened(folder: Path, *, standin: bool, language: str = "en") -> Iterator[Stage]:
    """Build it all up; at the end, however it comes, take it all down."""
    with ExitStack() as stack:
        lock = claim(folder)
        stack.callback(os.close, lock)
        line = lifeline.Lifeline(folder / "hosts", lock)
        stack.callback(line.cut)
        hosts = found_fleet(folder)
        lb = balancer.start(folder / "lb", fleet.free_port("127.0.0.1"), hosts, standin=standin)
        line.watch(lb.process.pid)
        stack.callback(line.forget, lb.process.pid)
        stack.callback(lb.stop)
        clients = start_clients(lb.url, folder / "traffic.jsonl")
        line.watch(clients.pid)
        stack.callback(line.forget, clients.pid)
        stack.callback(stop_clients, clients)
        wait_for_orders(folder / "traffic.jsonl")
        yield Stage(folder, hosts, lb, people.make(folder / "keys"), line, folder / "traffic.jsonl", language)


def claim(folder: Path) -> int:
    """An empty folder of our own, and a lock that says that it is in use."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise StageError("foreign", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / MARK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StageError("busy", folder=folder) from None
    for old in folder.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name != MARK:
            old.unlink()
    return lock


def found_fleet(folder: Path) -> list[fleet.SandboxHost]:
    (folder / "files").mkdir()
    archives = {version: releases.pack(version, folder / "files") for version in releases.VERSIONS}
    hosts = fleet.lay_out(folder / "hosts")
    plans.write_inventory(folder, hosts)
    plans.write_template(folder)
    for host in hosts:
        fleet.found(host, archives["1.0"], "1.0", plans.first_config(host))
    return hosts


def start_clients(url: str, counts: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "demo.traffic", url, str(counts)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=CHECKOUT, start_new_session=True)


def stop_clients(clients: subprocess.Popen[bytes]) -> None:
    assert clients.stdin is not None
    clients.stdin.close()
    clients.wait(timeout=traffic.DEADLINE_S + 5)


def wait_for_orders(counts: Path) -> None:
    """Until the clients are served."""
    deadline = time.monotonic() + WARM_UP_S
    while not counts.exists() or traffic.tally(counts.read_text().splitlines()).results["200"] < FIRST_ORDERS:
        if time.monotonic() > deadline:
            raise SystemExit("no order is answered; see lb/lb.log and hosts/*/srv/orders/log")
        time.sleep(0.1)
