"""What reaching a fleet costs: N hosts x six changing steps over real sshd, asyncssh bare beside `Reach`.

    python -m bench.fleet_transport --hosts 500 --rounds 3

One sshd on loopback plays all hosts (127.x.y.z). The ways are measured in turns, so that a slow minute hits all of
them; medians and their ratios are printed. Both sides share this machine's processors, which a real fleet does not.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import uvloop
from tests.sshd import Sshd, start_sshd

from liftlock.hosts.limits import Limits
from liftlock.hosts.reach import Reach
from liftlock.model.actions import Exited, Script
from liftlock.model.inventory import Host

STEPS = 6
TOGETHER = 50
STEP = 'mkdir -p "{folder}/{host}/{step}" && echo done >"{folder}/{host}/{step}/state"'


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, for_s: float) -> None:
        await asyncio.sleep(for_s)


@dataclass
class Field:
    """The sshd, its hosts, and the folder that a turn's steps change."""

    sshd: Sshd
    hosts: dict[str, Host]
    folder: Path
    turn: int = 0

    def step(self, host: str, step: int) -> str:
        return STEP.format(folder=self.folder / f"turn{self.turn}", host=host, step=step)


class OneShell(asyncssh.SSHClientSession[bytes]):
    """A shell that answers each command with a line."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if not self.answer.done():
            self.answer.set_result(data)


def login(host: Host) -> dict[str, object]:
    """The cheap choices that Reach makes as well."""
    return {
        "host": host.address,
        "port": host.port,
        "username": host.user,
        "client_keys": KEYS.setdefault(host.key, asyncssh.read_private_key(host.key)),
        "known_hosts": KNOWN.setdefault(host.known_hosts, asyncssh.read_known_hosts(host.known_hosts)),
        "config": [],
        "agent_path": None,
        "gss_host": None,
        "x509_trusted_certs": None,
        "kex_algs": "^curve25519-sha256",
        "encryption_algs": "^aes128-gcm@openssh.com",
        "compression_algs": "none",
    }


KEYS: dict[str, asyncssh.SSHKey] = {}
KNOWN: dict[str, asyncssh.SSHKnownHosts] = {}


async def connect_only(field: Field, name: str) -> None:
    async with asyncssh.connect(**login(field.hosts[name])):
        pass


async def one_shell(field: Field, name: str) -> None:
    async with asyncssh.connect(**login(field.hosts[name])) as connection:
        channel, session = await connection.create_session(OneShell, "exec sh", encoding=None)
        for step in range(STEPS):
            session.answer = asyncio.get_running_loop().create_future()
            channel.write(f"{field.step(name, step)}; echo $?\n".encode())
            assert await session.answer == b"0\n"
        channel.write_eof()


async def six_requests(field: Field, name: str) -> None:
    async with asyncssh.connect(**login(field.hosts[name])) as connection:
        for step in range(STEPS):
            done = await connection.run(field.step(name, step))
            assert done.exit_status == 0


async def each(field: Field, way: Callable[[Field, str], Awaitable[None]]) -> None:
    places = asyncio.Semaphore(TOGETHER)

    async def one(name: str) -> None:
        async with places:
            await way(field, name)

    await asyncio.gather(*(one(name) for name in field.hosts))


async def reach(field: Field) -> None:
    hosts = Reach(field.hosts, WallClock(), limits=Limits(logins=TOGETHER))

    async def one(name: str) -> None:
        greeting = await hosts.greet(name)
        for step in range(STEPS):
            script = Script(field.step(name, step))
            mark = f"turn{field.turn}.{name}-{step}.1"
            done = await hosts.perform(name, mark, script, timeout_s=300, boot=greeting.boot, env={})
            assert done == Exited(0), done

    await asyncio.gather(*(one(name) for name in field.hosts))
    await hosts.close()


WAYS: dict[str, Callable[[Field], Awaitable[None]]] = {
    "connect only": lambda field: each(field, connect_only),
    "one shell, six commands": lambda field: each(field, one_shell),
    "six exec requests": lambda field: each(field, six_requests),
    "Reach, six performs": reach,
}


def measure(field: Field, rounds: int, ways: list[str]) -> dict[str, list[tuple[float, float]]]:
    """Per way and round: wall seconds, and the controller's CPU in ms a host."""
    figures: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            field.turn += 1
            (field.folder / f"turn{field.turn}").mkdir()
            wall, cpu = time.perf_counter(), time.process_time()
            uvloop.run(WAYS[way](field))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            figures[way].append((wall, cpu * 1000 / len(field.hosts)))
            print(f"  {way:26} {wall:7.2f} s  {cpu * 1000 / len(field.hosts):6.2f} ms a host", file=sys.stderr)
    return figures


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hosts", type=int, default=50)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--ways", default="", help="comma-separated beginnings of names; all if not given")
    asked = options.parse_args()
    wanted = tuple(part for part in asked.ways.split(",") if part)
    ways = [way for way in WAYS if not wanted or way.startswith(wanted)]
    with laid(asked.hosts) as field:
        figures = measure(field, asked.rounds, ways)
    report(figures, asked.hosts)


@contextmanager
def laid(count: int) -> Iterator[Field]:
    """A field with so many hosts. It lies in memory where that can be: one disk is not to stand for all their disks."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fleet-", dir=memory) as folder:
        sshd = start_sshd(Path(folder) / "sshd", listen="0.0.0.0")
        try:
            names = [(f"h{n:04}", f"127.{n // 60_000 + 1}.{n // 250 % 240}.{n % 250 + 1}") for n in range(count)]
            hosts = {name: sshd.host(name, address, state=f"{folder}/state-{name}") for name, address in names}
            yield Field(sshd, hosts, Path(folder))
        finally:
            sshd.stop()


def report(figures: dict[str, list[tuple[float, float]]], hosts: int) -> None:
    walls = {way: statistics.median(wall for wall, _ in rows) for way, rows in figures.items()}
    yardstick = walls.get("one shell, six commands")
    print(f"| way, {hosts} hosts | wall s | of one shell | controller CPU, ms a host |")
    print("| --- | --- | --- | --- |")
    for way, rows in figures.items():
        ratio = f"{walls[way] / yardstick:.2f}" if yardstick else ""
        print(f"| {way} | {walls[way]:.2f} | {ratio} | {statistics.median(cpu for _, cpu in rows):.2f} |")


if __name__ == "__main__":
    main()
