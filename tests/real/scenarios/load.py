"""Constant load on the orders service, and the account of it: every answer counted, every acknowledged write kept.

`python -m tests.real.scenarios.load URL FILE [CLIENTS] [PER_SECOND]` runs until its standard input ends. FILE gets one
line a request: when it was sent (seconds), POST or GET, the order's id, the status (0: no answer), the seconds that it
took, the version that answered. Nothing is asked twice.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import httpx

DEADLINE_S = 20.0
FRESH_MAX = 50


@dataclass(frozen=True)
class Request:
    at: float
    method: str
    order: str
    status: int
    took_s: float
    version: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Account:
    """What the clients saw."""

    requests: tuple[Request, ...]

    @property
    def sent(self) -> int:
        return len(self.requests)

    @property
    def failed(self) -> tuple[Request, ...]:
        return tuple(each for each in self.requests if not each.good)

    @property
    def acknowledged(self) -> frozenset[str]:
        """The orders that the clients were told are written."""
        return frozenset(each.order for each in self.requests if each.method == "POST" and each.good)

    def lost(self, present: Iterable[str]) -> frozenset[str]:
        return self.acknowledged - frozenset(present)

    @property
    def versions(self) -> Counter[str]:
        return Counter(each.version for each in self.requests if each.version)

    @property
    def slowest_s(self) -> float:
        return max((each.took_s for each in self.requests), default=0.0)


def account(path: Path) -> Account:
    """Of the whole lines of a load's file."""
    lines = path.read_text().splitlines(keepends=True)
    return Account(tuple(request(line) for line in lines if line.endswith("\n")))


def request(line: str) -> Request:
    at, method, order, status, took, version = line.rstrip("\n").split(" ")
    return Request(float(at), method, order, int(status), float(took), version)


class Client:
    """Writes an order, reads one of its own back, at an even pace."""

    def __init__(self, url: str, number: int, file: TextIO) -> None:
        self.url, self.number, self.file = url, number, file
        self.fresh: list[str] = []
        self.http = httpx.AsyncClient(timeout=DEADLINE_S, trust_env=False)

    async def work(self, every_s: float, stop: asyncio.Event) -> None:
        due = time.monotonic() + every_s * self.number / 7 % every_s
        async with self.http:
            count = 0
            while not stop.is_set():
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                due += every_s
                count += 1
                if count % 3 and self.fresh:
                    order = self.fresh[count * 7 % len(self.fresh)]
                    await self.ask("GET", order)
                else:
                    order = f"{self.number}-{time.time_ns()}"
                    if await self.ask("POST", order):
                        self.fresh = [*self.fresh[-FRESH_MAX:], order]

    async def ask(self, method: str, order: str) -> bool:
        at, begun = time.time(), time.monotonic()
        status, version = 0, ""
        try:
            if method == "POST":
                body = {"id": order, "item": f"item-{self.number}", "quantity": 1 + self.number}
                answer = await self.http.post(f"{self.url}/orders", json=body)
            else:
                answer = await self.http.get(f"{self.url}/orders/{order}")
            status, version = answer.status_code, answer.headers.get("x-version", "")
        except httpx.HTTPError:
            pass  # no answer: status 0
        took_s = time.monotonic() - begun
        self.file.write(f"{at:.3f} {method} {order} {status} {took_s:.4f} {version}\n")
        return 200 <= status < 300


async def send(url: str, path: Path, clients: int, per_second: float) -> None:
    stop = asyncio.Event()
    with path.open("w", buffering=1) as file:
        tasks = [asyncio.create_task(Client(url, n, file).work(clients / per_second, stop)) for n in range(clients)]
        await asyncio.to_thread(sys.stdin.read)
        stop.set()
        await asyncio.gather(*tasks)


if __name__ == "__main__":
    words = sys.argv[1:] + ["8", "80"][len(sys.argv) - 3 :]
    asyncio.run(send(words[0], Path(words[1]), int(words[2]), float(words[3])))
