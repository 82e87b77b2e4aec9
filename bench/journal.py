"""Durable step events a second on SQLite: `python -m bench.journal [--tasks 500] [--steps 100] [--rounds 3]`.

Each task is one host's lane: it appends the intent, waits until it is durable, folds it into its run, appends the end,
and so on. Encoding, the Merkle tree, the sync of every commit and the fold are included. With it, what bounds it: the
disk's own sync, and the same loop on the store in memory.
"""

import argparse
import asyncio
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liftlock.journal.memory import MemoryStore
from liftlock.journal.sqlite import open_store
from liftlock.model.actions import Evidence
from liftlock.model.events import RunOpened, StageOpened, StepStarted, StepSucceeded
from liftlock.model.fold import advance
from liftlock.model.ports import Store
from liftlock.model.run import Run

NOW = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
EVIDENCE = Evidence({"version": "1.1", "path": "/srv/orders/releases/1.1", "changed": True}, "switched\n")


async def lane(store: Store, stream: str, run: Run, waits: list[float], host: int, steps: int) -> None:
    for number in range(steps):
        step = f"orders/1/w1/app-{host:04d}/{number:02d}-install"
        for event in (StepStarted(step, 1), StepSucceeded(step, 1, EVIDENCE)):
            began = time.perf_counter()
            entries = await store.append(stream, [event], datetime.now(UTC), epoch=0)
            waits.append(time.perf_counter() - began)
            for entry in entries:
                advance(run, entry)


async def measure(store: Store, stream: str, tasks: int, steps: int) -> str:
    run, waits = Run(), list[float]()
    opening = [RunOpened("orders", "0" * 64, "li.wei", "here", "0.1.0"), StageOpened("orders/1/w1")]
    for entry in await store.append(stream, opening, NOW, size=0):
        advance(run, entry)
    began, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*(lane(store, stream, run, waits, host, steps) for host in range(tasks)))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - busy
    count = tasks * steps * 2
    head = await store.head(stream)
    assert head is not None
    assert head.size == run.size == count + 2
    waits.sort()
    median_ms, p99_ms = waits[count // 2] * 1e3, waits[count * 99 // 100] * 1e3
    return (
        f"{count / wall_s:9,.0f} events/s   wait ms: median {median_ms:.2f}, p99 {p99_ms:.2f}   "
        f"CPU us/event {cpu_s / count * 1e6:.1f}"
    )


def sync_ms(folder: Path) -> float:
    """What one write and sync cost on this disk."""
    handle, rounds = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY, 0o600), 100
    began = time.perf_counter()
    for _ in range(rounds):
        os.write(handle, b"x" * 4096)
        os.fdatasync(handle)
    os.close(handle)
    return (time.perf_counter() - began) / rounds * 1e3


async def bench(folder: Path, tasks: int, steps: int, rounds: int) -> None:
    print(f"{tasks} tasks, {steps} steps each, one append an event; one sync of 4 KiB: {sync_ms(folder):.2f} ms")
    store = await open_store(folder / "store")
    for number in range(rounds):
        print("sqlite", await measure(store, f"run/{number}", tasks, steps))
    await store.close()
    began = time.perf_counter()
    store = await open_store(folder / "store")
    print(f"opening it again: {(time.perf_counter() - began) * 1e3:.1f} ms")
    await store.close()
    print("memory", await measure(MemoryStore(), "run/0", tasks, steps))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def loop_of_choice(main: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to put the database; its disk is what is measured")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="liftlock-bench-", dir=options.folder))
    try:
        loop_of_choice(bench(place, options.tasks, options.steps, options.rounds))
    finally:
        shutil.rmtree(place)
