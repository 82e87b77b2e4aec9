"""A controller process that can be told to kill itself with SIGKILL at a chosen commit, or to stop there (SIGSTOP).

    python -m tests.real.controller FOLDER [--at N] [--when before|after] [--signal KILL|STOP]

Prints the run's result, or nothing if it did not live to see it. Exit status 7: taken over by another controller.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from liftlock.drivers import command, precheck
from liftlock.execute.loop import drive
from liftlock.execute.opening import open_run
from liftlock.execute.world import TakenOver, World
from liftlock.hosts.reach import Reach
from liftlock.journal.sqlite import open_store
from tests.real.fleet import read_schedule

STREAM = "u-counted/r1"


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()

    async def sleep(self, for_s: float) -> None:
        await asyncio.sleep(for_s)


class Silent:
    async def tell(self, occasion: Any, event: Any) -> None:
        """Nobody."""


class Doomed:
    """A store whose owner dies, or falls asleep, at its n-th append."""

    def __init__(self, store: Any, at: int, when: str, how: int) -> None:
        self.store, self.left, self.when, self.how = store, at, when, how

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def append(self, stream: str, events: Sequence[Any], at: datetime, **asked: Any) -> Any:
        self.left -= 1
        if self.left == 0 and self.when == "before":
            os.kill(os.getpid(), self.how)
        entries = await self.store.append(stream, events, at, **asked)
        if self.left == 0 and self.when == "after":
            os.kill(os.getpid(), self.how)
        return entries


async def live(folder: Path, at: int, when: str, how: int) -> str:
    schedule = read_schedule(folder)
    store: Any = await open_store(folder / "journal")
    clock = SystemClock()
    hosts = Reach(schedule.hosts, clock)
    doomed = Doomed(store, at, when, how) if at else store
    drivers = {driver.manifest.name: driver for driver in (*command.DRIVERS, *precheck.DRIVERS)}
    nobody: Any = Silent()
    world = World(doomed, hosts, clock, drivers, nobody, nobody, poll_s=0.2)
    try:
        if await store.head(STREAM) is None:
            quiet = World(store, hosts, clock, drivers, nobody, nobody)
            await open_run(quiet, STREAM, "u-counted", schedule, by="test", controller="first")
        name = f"controller-{os.getpid()}"
        run = await drive(world, STREAM, controller=name, watch=lambda *_: None, until=asyncio.Event())
        return run.result.value if run.result else f"held: {run.holds}"
    finally:
        await hosts.close()
        await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--when", choices=("before", "after"), default="after")
    parser.add_argument("--signal", choices=("KILL", "STOP"), default="KILL")
    asked = parser.parse_args()
    try:
        print(asyncio.run(live(asked.folder, asked.at, asked.when, getattr(signal, f"SIG{asked.signal}"))))
    except TakenOver:
        sys.exit(7)


if __name__ == "__main__":
    main()
