"""The clients: a steady stream of orders through the load balancer, each one counted, none retried.

`python -m demo.traffic URL FILE` writes one JSON line a second to FILE (what was asked in that second, what came back
by status and by version) and ends when its standard input closes. A connection that the other side closed *between*
two requests is opened anew, as HTTP lets every client do; whatever happens to a request that was sent is its result.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from demo import lifeline

CLIENTS = 12
REQUESTS_PER_S = 160
ITEMS = 40
DEADLINE_S = 5.0
SAMPLES_MAX = 5  # failures that are written out in full, each second


@dataclass
class Second:
    """What was asked in one second, and what came of it."""

    at: int
    sent: int = 0
    results: Counter[str] = field(default_factory=Counter)  # "200", "500", "timeout", "connection lost" …
    versions: Counter[str] = field(default_factory=Counter)
    failed_by: Counter[str] = field(default_factory=Counter)  # version -> failures
    samples: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0

    @property
    def settled(self) -> bool:
        return self.sent == self.results.total()

    def count(self, result: str, version: str, took_s: float) -> None:
        self.results[result] += 1
        self.versions[version] += bool(version)
        self.slowest_ms = max(self.slowest_ms, round(took_s * 1000, 1))
        if result == "200":
            return
        self.failed_by[version] += 1
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(f"{time.strftime('%H:%M:%S')} {result} {version}".rstrip())

    def line(self) -> str:
        return json.dumps(
            {"at": self.at, "sent": self.sent, "results": self.results, "versions": self.versions}
            | {"failed_by": self.failed_by, "slowest_ms": self.slowest_ms, "samples": self.samples}
        )


class Client:
    """One customer with one connection that is kept alive."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str) -> tuple[str, str]:
        """The result, and the version that answered."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self.connect()
                return await self.exchange(path)
        except TimeoutError:
            self.drop()
            return "timeout", ""
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.drop()
            return ("refused" if isinstance(error, ConnectionRefusedError) else "connection lost"), ""

    async def connect(self) -> None:
        if self.reader is None or self.reader.at_eof():
            self.drop()
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def exchange(self, path: str) -> tuple[str, str]:
        assert self.reader is not None
        assert self.writer is not None
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        await self.reader.readexactly(int(headers["content-length"]) if "content-length" in headers else 0)
        if headers.get("connection", "").lower() == "close" or "content-length" not in headers:
            self.drop()
        return head[0].split()[1], headers.get("x-version", "")

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Counts:
    """The seconds that are still open, and the file of those that are settled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.open: dict[int, Second] = {}

    def begin(self) -> Second:
        now = int(time.time())
        second = self.open.setdefault(now, Second(now))
        second.sent += 1
        return second

    def write(self, *, everything: bool = False) -> None:
        """Append the settled seconds that are over, in order."""
        now = int(time.time())
        lines = []
        for at in sorted(self.open):
            if not everything and (at >= now or not self.open[at].settled):
                break
            lines.append(self.open.pop(at).line() + "\n")
        if lines:
            with self.path.open("a") as file:
                file.writelines(lines)


async def order(client: Client, counts: Counts, number: int, start_s: float, stop: asyncio.Event) -> None:
    """One client's orders, at an even pace."""
    pace_s = CLIENTS / REQUESTS_PER_S
    due = start_s + number * pace_s / CLIENTS
    item = number
    while not stop.is_set():
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due = max(due + pace_s, time.monotonic() - pace_s)
        item = (item + 7) % ITEMS
        second, begun = counts.begin(), time.monotonic()
        result, version = await client.ask(f"/order?item={item}")
        second.count(result, version, time.monotonic() - begun)
    client.drop()


async def send(url: str, path: Path, stop: asyncio.Event) -> None:
    """Ask until `stop`, and write the counts each second."""
    parts = urlsplit(url)
    counts = Counts(path)
    start_s = time.monotonic()
    clients = [Client(parts.hostname or "127.0.0.1", parts.port or 80) for _ in range(CLIENTS)]
    tasks = [asyncio.create_task(order(c, counts, n, start_s, stop)) for n, c in enumerate(clients)]
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)
        counts.write()
    await asyncio.gather(*tasks)
    counts.write(everything=True)


async def main(url: str, path: Path) -> None:
    stop = asyncio.Event()
    lifeline.at_end_of_input(asyncio.get_running_loop(), stop)
    await send(url, path, stop)


# --- reading the counts ---------------------------------------------------------------------------------


@dataclass
class Tally:
    """The sum of some seconds."""

    sent: int = 0
    results: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    failed_by: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0

    @property
    def failed(self) -> int:
        return self.sent - self.results["200"]


def tally(lines: Iterable[str], since: float = 0.0, until: float = float("inf")) -> Tally:
    """Add up the seconds that began in `[since, until]` (Unix time)."""
    total = Tally()
    for line in lines:
        second: dict[str, Any] = json.loads(line)
        if int(since) <= second["at"] <= until:
            total.sent += second["sent"]
            total.results.update(second["results"])
            total.versions.update(second["versions"])
            total.failed_by.update(second["failed_by"])
            total.samples.extend(second["samples"])
            total.slowest_ms = max(total.slowest_ms, second["slowest_ms"])
    return total


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
