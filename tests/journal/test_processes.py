"""Several processes on one journal, and processes that are killed in the middle."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from liftlock.journal.backup import verify_store
from liftlock.journal.sqlite import open_store
from liftlock.model.errors import StaleError
from liftlock.model.events import StepStarted
from tests.journal.conftest import NOW

WRITER = Path(__file__).with_name("writer_process.py")


@contextmanager
def writer(folder: Path, name: str, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as file:
        process = subprocess.Popen([sys.executable, WRITER, folder, name], stdout=file, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_lines(output: Path, count: int) -> None:
    """Until a writer has printed so many lines."""
    for _ in range(3_000):
        if output.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.01)
    raise AssertionError(f"fewer than {count} appends")


def acknowledged(output: Path) -> list[tuple[str, int, int]]:
    """What a writer said before it was killed; a line without its end was not said."""
    lines = output.read_text().rpartition("\n")[0].splitlines()[1:]
    return [(name, int(number), int(seq)) for name, number, seq in (line.split() for line in lines)]


@pytest.mark.parametrize("kill_after", [1, 300, 1_500])
def test_what_was_acknowledged_survives_kill_9_and_nothing_is_half_there(tmp_path, kill_after):
    said = tmp_path / "said"
    with writer(tmp_path / "store", "a", said) as process:
        wait_for_lines(said, kill_after + 1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    acks = acknowledged(said)
    assert len(acks) >= kill_after

    async def test():
        store = await open_store(tmp_path / "store")
        entries = await store.entries("run/a")
        for name, number, seq in acks:
            assert {entries[seq + n].event for n in range(3)} == {StepStarted(name, number)}
        assert len(entries) % 3 == 0  # three at a time, all or none
        assert [entry.seq for entry in entries] == list(range((await store.head("run/a")).size))
        assert await verify_store(store) == ()
        await store.append("run/a", [StepStarted("after", 1)], NOW, size=len(entries))
        await store.close()

    asyncio.run(test())


def test_two_processes_write_side_by_side(tmp_path):
    said = {name: tmp_path / name for name in "ab"}
    with writer(tmp_path / "store", "a", said["a"]), writer(tmp_path / "store", "b", said["b"]):
        for output in said.values():
            wait_for_lines(output, 100)

    async def test():
        store = await open_store(tmp_path / "store")
        entries = await store.entries("run/a")
        for output in said.values():
            for name, number, seq in acknowledged(output):
                assert entries[seq].event == entries[seq + 2].event == StepStarted(name, number)
        assert all(before.epoch <= after.epoch for before, after in pairwise(entries))
        assert await verify_store(store) == ()
        await store.close()

    asyncio.run(test())


def test_a_controller_that_another_took_over_from_is_refused(tmp_path):
    async def test():
        mine, other = await open_store(tmp_path), await open_store(tmp_path)
        await mine.append("run/a", [StepStarted("s", 1)], NOW, epoch=0)
        (taken,) = await other.append("run/a", [StepStarted("s", 2)], NOW, raise_epoch=True)
        with pytest.raises(StaleError) as stale:
            await mine.append("run/a", [StepStarted("s", 3)], NOW, epoch=0)
        assert (stale.value.size, stale.value.epoch) == (2, taken.epoch)
        assert (await mine.head("run/a")) == (await other.head("run/a"))
        await mine.close()
        await other.append("run/a", [StepStarted("s", 3)], NOW, epoch=1, size=2)
        await other.close()

    asyncio.run(test())


def test_of_two_stores_that_race_for_a_size_or_a_lock_one_wins(tmp_path):
    async def test():
        stores = [await open_store(tmp_path), await open_store(tmp_path)]
        for size in range(20):
            answers = await asyncio.gather(
                *(store.append("run/a", [StepStarted("s", 1)], NOW, size=size) for store in stores),
                return_exceptions=True,
            )
            assert sum(isinstance(answer, StaleError) for answer in answers) == 1
            holders = await asyncio.gather(
                *(store.lock(f"run/{n}", ["app-01", f"app-{size}"]) for n, store in enumerate(stores))
            )
            assert sorted(map(len, holders)) == [0, 2]
            await asyncio.gather(*(store.unlock(f"run/{n}") for n, store in enumerate(stores)))
        for store in stores:
            await store.close()

    asyncio.run(test())


def test_processes_that_open_a_new_journal_at_once_all_get_it(tmp_path):
    async def test():
        stores = await asyncio.gather(*(open_store(tmp_path / "store") for _ in range(5)))
        keys = await asyncio.gather(*(store.verifier() for store in stores))
        assert len(set(map(str, keys))) == 1
        for number, store in enumerate(stores):
            await store.append("r", [StepStarted("s", 1)], NOW, size=number)
        for store in stores:
            await store.close()

    asyncio.run(test())
