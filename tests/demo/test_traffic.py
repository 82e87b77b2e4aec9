"""The clients count every request, and an orderly restart behind either load balancer loses none."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from demo.balancer import Balancer
from demo.fleet import SandboxHost

from demo import CHECKOUT, traffic

Children = list[subprocess.Popen[bytes]]


def send(children: Children, url: str, counts: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "demo.traffic", url, str(counts)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=CHECKOUT, start_new_session=True)
    children.append(process)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=10) == 0


def total(counts: Path) -> traffic.Tally:
    return traffic.tally(counts.read_text().splitlines())


def wait_for_orders(counts: Path, number: int) -> None:
    deadline = time.monotonic() + 20
    while not counts.exists() or total(counts).sent < number:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_drained_restart_loses_no_request(
    lb: Balancer, say: Callable[[str], str], hosts: list[SandboxHost], children: Children, tmp_path: Path
) -> None:
    say("set server orders/app-01 state maint")  # the bad release stays out
    counts = tmp_path / "traffic.jsonl"
    clients = send(children, lb.url, counts)
    wait_for_orders(counts, 50)
    host = hosts[1]
    say(f"set server orders/{host.name} state drain")
    subprocess.run([host.base / "current/bin/stop"], check=True, capture_output=True)
    subprocess.run([host.base / "current/bin/start"], check=True, capture_output=True)
    say(f"set server orders/{host.name} state ready")
    wait_for_orders(counts, 300)
    stop(clients)
    say("set server orders/app-01 state ready")
    sums = total(counts)
    assert sums.failed == 0, sums.samples
    assert sums.results == {"200": sums.sent}
    assert sums.versions == {"1.0": sums.sent}


def test_failed_orders_are_counted_not_retried(
    lb: Balancer, say: Callable[[str], str], children: Children, tmp_path: Path
) -> None:
    for name in ("app-02", "app-03"):
        say(f"set server orders/{name} state maint")
    counts = tmp_path / "traffic.jsonl"
    clients = send(children, lb.url, counts)
    wait_for_orders(counts, 400)
    stop(clients)
    for name in ("app-02", "app-03"):
        say(f"set server orders/{name} state ready")
    sums = total(counts)
    assert sums.failed == sums.results["500"]
    assert 0.1 < sums.failed / sums.sent < 0.4
    assert sums.results.total() == sums.sent


async def answer_badly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Half an answer, then the end of the connection."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    writer.close()


def test_a_broken_answer_is_a_failure() -> None:
    async def ask() -> tuple[str, str]:
        server = await asyncio.start_server(answer_badly, "127.0.0.1", 0)
        async with server:
            return await traffic.Client("127.0.0.1", server.sockets[0].getsockname()[1]).ask("/order")

    assert asyncio.run(ask()) == ("connection lost", "")


def test_nobody_there_is_a_failure() -> None:
    assert asyncio.run(traffic.Client("127.0.0.1", 1).ask("/order")) == ("refused", "")


def test_tally_takes_whole_seconds() -> None:
    seconds = [traffic.Second(at) for at in (100, 101, 102)]
    for second in seconds:
        second.sent = 2
        second.count("200", "1.0", 0.01)
        second.count("500", "1.2", 0.02)
    lines = [second.line() for second in seconds]
    sums = traffic.tally(lines, since=101.4, until=101.9)
    assert (sums.sent, sums.failed, sums.versions["1.2"]) == (2, 1, 1)
    assert traffic.tally(lines).sent == 6
