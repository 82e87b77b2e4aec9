"""A copy counts after it was proved; what is wrong in a journal is named."""

import asyncio
import os
import sqlite3
import stat

import pytest

from liftlock.journal.backup import PAGE, backup, restore, verify_store
from liftlock.journal.checkpoint import Signer
from liftlock.journal.memory import MemoryStore
from liftlock.journal.sqlite import DATABASE, open_store
from liftlock.journal.tip import Tip, encode_events
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import StepStarted
from tests.journal.conftest import NOW

STARTED = StepStarted("s", 1)


async def filled(folder):
    store = await open_store(folder)
    for stream in ("run/a", "run/b"):
        await store.append(stream, [STARTED] * 10, NOW, raise_epoch=True)
        await store.checkpoint(stream)
        await store.append(stream, [STARTED] * 10, NOW)
    await store.lock("run/a", ["app-01"])
    await store.put(b"plan")
    return store


def change(folder, statement, *values):
    """Do what nobody should do to the database, and what only the tree notices."""
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute(statement, values)
    database.close()


def named(found):
    return [(item.code, item.where) for item in found]


# --- copies -----------------------------------------------------------------------------------------------


def test_a_journal_in_use_is_copied_and_restored_whole(tmp_path):
    async def test():
        store = await filled(tmp_path / "store")
        writing = [asyncio.create_task(store.append("run/c", [StepStarted("s", n)], NOW)) for n in range(300)]
        await asyncio.sleep(0)
        await backup(tmp_path / "store", tmp_path / "copy")
        await asyncio.gather(*writing)
        heads = [await store.head(stream) for stream in ("run/a", "run/b")]
        note, key = await store.checkpoint("run/a"), await store.verifier()
        await store.close()
        await restore(tmp_path / "copy", tmp_path / "restored")
        again = await open_store(tmp_path / "restored")
        assert [await again.head(stream) for stream in ("run/a", "run/b")] == heads
        assert (await again.checkpoint("run/a"), await again.verifier()) == (note, key)
        assert await again.locked("run/a") == ("app-01",)
        assert await again.get(await again.put(b"plan")) == b"plan"
        await again.append("run/a", [STARTED], NOW, size=20)
        await again.close()

    asyncio.run(test())
    for path in (tmp_path / "copy").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_nothing_is_copied_over_something_or_from_nothing(tmp_path):
    async def test():
        await (await filled(tmp_path / "store")).close()
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "precious").write_text("x")
        with pytest.raises(WorldError) as refused:
            await backup(tmp_path / "store", tmp_path / "there")
        assert refused.value.kind is WorldKind.REFUSED
        with pytest.raises(WorldError) as missing:
            await restore(tmp_path / "nothing", tmp_path / "new")
        assert missing.value.kind is WorldKind.MISSING

    asyncio.run(test())
    assert os.listdir(tmp_path / "there") == ["precious"]
    assert not (tmp_path / "new").exists()


def test_a_copy_of_a_changed_journal_is_refused_and_taken_away(tmp_path):
    async def test():
        await (await filled(tmp_path / "store")).close()
        change(tmp_path / "store", "DELETE FROM entry WHERE stream = 'run/b' AND seq = 7")
        with pytest.raises(WorldError) as corrupt:
            await backup(tmp_path / "store", tmp_path / "copy")
        assert corrupt.value.kind is WorldKind.STORE_CORRUPT

    asyncio.run(test())
    assert not (tmp_path / "copy").exists()


def test_a_copy_that_does_not_fit_is_taken_away(tmp_path, small_disk):
    async def test():
        store = await filled(tmp_path / "store")
        await store.put(os.urandom(3_000_000))
        await store.close()
        with pytest.raises(WorldError) as full:
            await backup(tmp_path / "store", small_disk / "copy")
        assert full.value.kind is WorldKind.STORE_FULL

    asyncio.run(test())
    assert not (small_disk / "copy").exists()


# --- proof ------------------------------------------------------------------------------------------------


EDIT = "UPDATE entry SET body = replace(body, 'attempt\":1', 'attempt\":2') WHERE stream = 'run/b' AND seq = 15"
LOSE = "UPDATE entry SET seq = 99 WHERE stream = 'run/b' AND seq = 19"
MISNAME = "UPDATE checkpoint SET note = replace(note, 'run/b', 'run/c') WHERE stream = 'run/b'"
SWAP = "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE stream = 'run/a') WHERE stream = 'run/b'"


@pytest.mark.parametrize(("statement", "expected"), [(EDIT, "V041"), (LOSE, "V042"), (MISNAME, "V044"), (SWAP, "V044")])
def test_what_was_changed_behind_its_back_is_named(tmp_path, statement, expected):
    async def test():
        store = await filled(tmp_path)
        assert await verify_store(store) == ()
        change(tmp_path, statement)
        assert named(await verify_store(store)) == [(expected, "run/b")]
        await store.close()

    asyncio.run(test())


def test_a_history_rewritten_with_its_head_still_contradicts_its_checkpoint(tmp_path):
    async def test():
        store = await filled(tmp_path)
        forged = Tip("run/a", 0, 1)
        events = [StepStarted("s", 2)] * 20
        _, bodies = forged.extend(events, encode_events(events, NOW), NOW)
        for seq, body in enumerate(bodies):
            change(tmp_path, "UPDATE entry SET body = ? WHERE stream = 'run/a' AND seq = ?", body, seq)
        change(tmp_path, "UPDATE head SET frontier = ? WHERE stream = 'run/a'", b"".join(forged.frontier))
        assert named(await verify_store(store)) == [("V043", "run/a")]
        await store.close()

    asyncio.run(test())


def test_a_long_stream_is_verified_page_by_page():
    async def test():
        store = MemoryStore()
        await store.append("r", [STARTED] * (PAGE + 7), NOW)
        await store.checkpoint("r")
        assert await verify_store(store) == ()
        assert isinstance(store.signer(), Signer)

    asyncio.run(test())
