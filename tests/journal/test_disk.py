"""The record on disk when the world is unkind: full, locked, damaged, foreign, newer, read-only."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from liftlock.journal.backup import verify_store
from liftlock.journal.sqlite import DATABASE, open_store
from liftlock.model.actions import Evidence
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import StepStarted, StepSucceeded
from tests.journal.conftest import NOW

STARTED = StepStarted("orders/1/w1/app-01/03-install", 1)
BIG = StepSucceeded("orders/1/w1/app-01/03-install", 1, Evidence(output="x" * 20_000))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


async def refused(awaitable, kind: WorldKind) -> WorldError:
    with pytest.raises(WorldError) as error:
        await awaitable
    assert error.value.kind is kind, error.value.message
    return error.value


# --- opening --------------------------------------------------------------------------------------------


def test_what_it_makes_is_its_owners_only(tmp_path):
    async def test():
        folder = tmp_path / "升船机 ?#%" / "store"
        store = await open_store(folder)
        await store.append("r", [STARTED], NOW)
        digest = await store.put(b"plan")
        await store.checkpoint("r")
        files = {path.relative_to(folder).as_posix(): mode_of(path) for path in folder.rglob("*") if path.is_file()}
        folders = [mode_of(path) for path in (folder, folder / "blobs", folder / "blobs" / digest[:2])]
        await store.close()
        assert set(files) >= {"journal.db", "journal.db-wal", "signing.key", f"blobs/{digest[:2]}/{digest}"}
        assert set(files.values()) == {0o600}
        assert folders == [0o700] * 3

    before = os.umask(0)
    try:
        asyncio.run(test())
    finally:
        os.umask(before)


def test_every_commit_is_synced(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        pragma = store._write_connection.exec_driver_sql
        assert pragma("PRAGMA synchronous").scalar() == 2
        assert pragma("PRAGMA journal_mode").scalar() == "wal"
        await store.close()

    asyncio.run(test())


def test_a_journal_is_found_again_as_it_was_left(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        entries = await store.append("r", [STARTED, STARTED], NOW, raise_epoch=True)
        assert await store.claim("r", "s", epoch=1) == 1
        await store.lock("r", ["app-01"])
        head, note = await store.head("r"), await store.checkpoint("r")
        verifier = await store.verifier()
        await store.close()
        store = await open_store(tmp_path)
        assert await store.entries("r") == entries
        assert (await store.head("r"), await store.checkpoint("r")) == (head, note)
        assert await store.verifier() == verifier
        assert await store.claim("r", "s", epoch=1) == 2
        assert await store.locked("r") == ("app-01",)
        await store.close()

    asyncio.run(test())


def test_opening_a_current_journal_does_not_import_alembic(tmp_path):
    program = (
        "import asyncio, sys, pathlib; from liftlock.journal.sqlite import open_store\n"
        "async def main():\n    store = await open_store(pathlib.Path(sys.argv[1])); await store.close()\n"
        "asyncio.run(main()); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]


def test_a_newer_journal_is_left_untouched(tmp_path):
    async def test():
        await (await open_store(tmp_path)).close()
        with sqlite3.connect(tmp_path / DATABASE) as database:
            database.execute("UPDATE alembic_version SET version_num = '0999'")
        database.close()
        before = (tmp_path / DATABASE).read_bytes()
        error = await refused(open_store(tmp_path), WorldKind.STORE_NEWER)
        assert error.fields["revision"] == "0999"
        assert (tmp_path / DATABASE).read_bytes() == before

    asyncio.run(test())


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be looked at" * 40, b"SQLite format 3\0" * 80]
)
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / DATABASE).write_bytes(content)
    error = asyncio.run(refused(open_store(tmp_path), WorldKind.STORE_CORRUPT))
    assert "restore" in error.message
    assert (tmp_path / DATABASE).read_bytes() == content


def test_another_programs_database_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute("CREATE TABLE mail (text)")
    database.close()
    before = (tmp_path / DATABASE).read_bytes()
    asyncio.run(refused(open_store(tmp_path), WorldKind.STORE_CORRUPT))
    assert (tmp_path / DATABASE).read_bytes() == before


def test_a_damaged_journal_says_so_and_is_not_changed_further(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        for number in range(50):
            await store.append("r", [BIG, StepStarted("s", number)], NOW)
        await store.close()
        path = tmp_path / DATABASE
        damaged = bytearray(path.read_bytes())
        damaged[4096 * 8 :] = b"\xff" * (len(damaged) - 4096 * 8)
        path.write_bytes(damaged)
        store = await open_store(tmp_path)
        error = await refused(store.entries("r"), WorldKind.STORE_CORRUPT)
        assert "restore" in error.message
        await store.close()

    asyncio.run(test())


def test_a_place_where_nothing_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    error = asyncio.run(refused(open_store(tmp_path / "file" / "store"), WorldKind.MISSING))
    assert str(tmp_path) in error.message


def test_a_damaged_blob_and_a_damaged_key_are_refused(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        digest = await store.put(b"plan")
        (tmp_path / "blobs" / digest[:2] / digest).write_bytes(b"plam")
        await refused(store.get(digest), WorldKind.STORE_CORRUPT)
        (tmp_path / "signing.key").write_text("secret")
        error = await refused(store.sign("x\n"), WorldKind.STORE_CORRUPT)
        assert "secret" not in error.message
        await store.close()

    asyncio.run(test())


# --- locked, full, read-only ------------------------------------------------------------------------------


def test_a_journal_that_stays_locked_is_reported_and_works_again_afterwards(tmp_path):
    async def test():
        store = await open_store(tmp_path, busy_s=0.1)
        other = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await refused(store.append("r", [STARTED], NOW), WorldKind.STORE_LOCKED)
        assert await store.head("r") is None  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        await store.append("r", [STARTED], NOW, size=0)
        await store.close()

    asyncio.run(test())


def test_a_database_that_may_not_grow_refuses_whole_appends(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        pages = store._write_connection.exec_driver_sql("PRAGMA page_count").scalar()
        store._write_connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 20}")
        written = 0
        full = None
        while full is None and written < 200:
            try:
                await store.append("r", [STARTED, BIG], NOW, size=written)
                written += 2
            except WorldError as error:
                full = error
        assert full.kind is WorldKind.STORE_FULL
        assert written > 0
        assert (await store.head("r")).size == len(await store.entries("r")) == written
        store._write_connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        await store.append("r", [BIG], NOW, size=written)
        assert await verify_store(store) == ()
        await store.close()

    asyncio.run(test())


def test_a_full_disk_refuses_and_space_heals(tmp_path, small_disk):
    async def test():
        store = await open_store(small_disk / "store")
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"\0" * 600_000)
        written, full = 0, None
        while full is None:
            try:
                await store.append("r", [STARTED, BIG], NOW, size=written)
                written += 2
            except WorldError as error:
                full = error
        assert full.kind is WorldKind.STORE_FULL
        assert written > 0
        await refused(store.append("r", [BIG] * 5, NOW), WorldKind.STORE_FULL)
        await refused(store.put(os.urandom(900_000)), WorldKind.STORE_FULL)
        assert not list((small_disk / "store" / "blobs").rglob("*.part"))
        ballast.unlink()
        await store.append("r", [STARTED, BIG], NOW, size=written)
        assert len(await store.entries("r")) == written + 2
        assert await verify_store(store) == ()
        await store.close()

    asyncio.run(test())


def test_a_full_disk_at_the_beginning_leaves_a_folder_that_can_be_opened_later(small_disk):
    async def test():
        (small_disk / "ballast").write_bytes(b"\0" * (2 * 1024 * 1024 - 8192))
        await refused(open_store(small_disk / "store"), WorldKind.STORE_FULL)
        (small_disk / "ballast").unlink()
        store = await open_store(small_disk / "store")
        await store.append("r", [STARTED], NOW, size=0)
        await store.close()

    asyncio.run(test())


def test_a_read_only_disk_is_reported(small_disk):
    async def test():
        store = await open_store(small_disk / "store")
        await store.append("r", [STARTED], NOW)
        await store.close()
        remount(small_disk, "ro")
        error = await refused(append_once(small_disk / "store"), WorldKind.STORE_FULL)
        assert error.fields["why"] == "read-only"
        remount(small_disk, "rw")
        store = await open_store(small_disk / "store")
        await store.append("r", [STARTED], NOW, size=1)
        await store.close()

    async def append_once(folder):
        store = await open_store(folder)
        try:
            await store.append("r", [STARTED], NOW)
        finally:
            await store.close()

    asyncio.run(test())


# --- the writer -------------------------------------------------------------------------------------------


def test_closing_waits_for_what_is_under_way(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        asked = [asyncio.create_task(store.append("r", [StepStarted("s", n)], NOW)) for n in range(50)]
        await asyncio.sleep(0)
        await store.close()
        assert sorted(entry.seq for (entry,) in await asyncio.gather(*asked)) == list(range(50))

    asyncio.run(test())


def test_a_writer_that_gives_up_does_not_disturb_the_others(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        asked = [asyncio.create_task(store.append("r", [StepStarted("s", n)], NOW)) for n in range(30)]
        await asyncio.sleep(0)
        for task in asked[::3]:
            task.cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::3])
        kept = {entry.event.attempt for entry in await store.entries("r")}
        assert kept >= {n for n in range(30) if n % 3}
        assert await verify_store(store) == ()
        await store.close()

    asyncio.run(test())


def test_large_batches_of_every_size_are_written_whole(tmp_path):
    async def test():
        store = await open_store(tmp_path)
        total = 0
        for count in (1, 15, 16, 17, 127, 128, 129, 300, 5_000):
            await store.append("r", [STARTED] * count, NOW, size=total)
            total += count
        assert [entry.seq for entry in await store.entries("r")] == list(range(total))
        assert await verify_store(store) == ()
        await store.close()

    asyncio.run(test())
