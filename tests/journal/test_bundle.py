"""An archive proves itself: the same record makes the same bytes, and whatever is changed is found and named."""

import asyncio
import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from liftlock.journal import archive
from liftlock.journal.archive import ArchiveWriter, is_safe
from liftlock.journal.bundle import write_bundle
from liftlock.journal.checkpoint import Signer
from liftlock.journal.codes import CODES
from liftlock.journal.memory import MemoryStore
from liftlock.journal.sqlite import open_store
from liftlock.journal.verify import Verification, verify_bundle
from liftlock.model.actions import Evidence
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import (
    ApprovalGiven,
    Approved,
    PlanFrozen,
    RunBegan,
    RunOpened,
    StepStarted,
    StepSucceeded,
    TimetableKept,
)
from liftlock.model.ports import Head
from liftlock.model.schedule import Schedule, digest
from tests.journal.conftest import NOW

SCHEDULE = Schedule("orders", "Orders 1.0 → 1.1", "p", "UTC", "0.1.0", *({} for _ in range(5)), (), {}, {}, {})
DOCUMENTS = {"report.md": "# 升级报告\n".encode(), "evidence/outputs.txt": b"ok\n" * 500, "empty.txt": b""}


async def fill(store) -> list[str]:
    """An upgrade and its run, with a checkpoint in the middle; answers the blobs."""
    schedule = await store.put(json.encode(SCHEDULE, order="deterministic"))
    plan, inventory = await store.put(b"upgrade: Orders"), await store.put(b"hosts: []")
    approved = Approved(schedule, "chen.jie", "risk", NOW)
    upgrade = [PlanFrozen(schedule, plan, inventory, "li.wei"), ApprovalGiven(approved), RunBegan("a", schedule, "li")]
    timetable = await store.put(b'{"problem": {}, "solution": {}}')
    upgrade.append(TimetableKept(timetable, schedule, NOW, "li.wei"))
    await store.append("upgrade/orders", upgrade, NOW)
    await store.append("run/a", [RunOpened("orders", schedule, "li.wei", "here", "0.1.0")], NOW)
    for number in range(40):
        step = f"orders/1/w1/app-{number:02d}/03-install"
        done = StepSucceeded(step, 1, Evidence({"version": "1.1"}, f"installed {number}\n"))
        await store.append("run/a", [StepStarted(step, 1), done], NOW, raise_epoch=number == 20)
        if number == 25:
            await store.checkpoint("run/a")
    return [schedule, plan, inventory]


async def write(path: Path) -> None:
    store = MemoryStore()
    blobs = await fill(store)
    extra = await store.put(os.urandom(0) + b"an attachment")
    await write_bundle(store, ["upgrade/orders", "run/a"], [*blobs, extra], DOCUMENTS, path, program="0.1.0")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("bundle") / "orders.zip"
    asyncio.run(write(path))
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changed") / "changed.zip"


def check(data: bytes, place: Path, key: str | None = None) -> Verification:
    place.write_bytes(data)
    verification = verify_bundle(place, key=key)
    assert {item.code for item in verification.discrepancies} <= CODES.keys()
    return verification


def codes(verification: Verification) -> set[str]:
    return {item.code for item in verification.discrepancies}


def contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def repacked(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = ArchiveWriter(out)
    for name, data in files.items():
        writer.add(name, data)
    writer.finish()
    return out.getvalue()


# --- whole ------------------------------------------------------------------------------------------------


def test_what_was_written_verifies(whole, place):
    verification = check(whole, place)
    assert verification.discrepancies == ()
    assert verification.ok
    assert [(stated.stream, stated.size) for stated in verification.streams] == [("upgrade/orders", 4), ("run/a", 81)]
    assert verification.files == len(contents(whole))


def test_with_the_key_that_others_keep(whole, place):
    key = check(whole, place).key
    assert check(whole, place, key).ok
    other = str(Signer(Ed25519PrivateKey.from_private_bytes(b"o" * 32)).verifier)
    assert codes(check(whole, place, other)) == {"V012", "V013", "V021"}
    assert "V013" in codes(check(whole, place, "nonsense"))


def test_the_same_record_makes_the_same_bytes(whole, tmp_path):
    asyncio.run(write(tmp_path / "again.zip"))
    assert (tmp_path / "again.zip").read_bytes() == whole
    assert os.listdir(tmp_path) == ["again.zip"]


def test_any_zip_tool_opens_it(whole):
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        assert file.testzip() is None
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    files = contents(whole)
    assert files["documents/report.md"] == DOCUMENTS["report.md"]
    lines = files["streams/001-run-a.jsonl"].splitlines()
    assert json.decode(lines[80])["seq"] == 80
    assert {"checkpoints/001-run-a-53.note", "checkpoints/001-run-a-81.note"} <= files.keys()


def test_from_the_disk_while_it_is_being_written_to(tmp_path):
    async def test():
        store = await open_store(tmp_path / "store")
        await fill(store)
        writing = [asyncio.create_task(store.append("run/a", [StepStarted("s", n)], NOW)) for n in range(200)]
        await write_bundle(store, ["run/a"], [], {}, tmp_path / "orders.zip")
        await asyncio.gather(*writing)
        verification = verify_bundle(tmp_path / "orders.zip", key=str(await store.verifier()))
        assert verification.discrepancies == ()
        assert 81 <= verification.streams[0].size <= 281
        await store.close()

    asyncio.run(test())


def test_a_blob_that_is_asked_for_must_be_there_and_nothing_is_left_behind(tmp_path):
    async def test():
        store = MemoryStore()
        await fill(store)
        with pytest.raises(WorldError) as missing:
            await write_bundle(store, ["run/a"], ["0" * 64], {}, tmp_path / "x.zip")
        assert missing.value.kind is WorldKind.MISSING
        with pytest.raises(ValueError, match="no name"):
            await write_bundle(store, ["run/a"], [], {"../report.md": b""}, tmp_path / "x.zip")
        assert os.listdir(tmp_path) == []

    asyncio.run(test())


def test_too_large_is_refused_before_it_is_written(tmp_path, monkeypatch):
    async def test():
        store = MemoryStore()
        await fill(store)
        monkeypatch.setattr(archive, "FILES_MAX", 5)
        with pytest.raises(WorldError) as refused:
            await write_bundle(store, ["run/a"], [], DOCUMENTS, tmp_path / "x.zip")
        assert refused.value.kind is WorldKind.REFUSED
        assert os.listdir(tmp_path) == []

    asyncio.run(test())


# --- changed ----------------------------------------------------------------------------------------------


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found_and_named(whole, place, data):
    at = data.draw(st.integers(0, len(whole) - 1))
    by = data.draw(st.integers(1, 255))
    verification = check(whole[:at] + bytes([whole[at] ^ by]) + whole[at + 1 :], place)
    assert not verification.ok


def test_a_changed_bit_in_each_seventh_byte_is_found(whole, place):
    def passes(at: int) -> bool:
        return check(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :], place).ok

    assert [at for at in range(0, len(whole), 7) if passes(at)] == []


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_an_archive_cut_short_is_found(whole, place, data):
    assert not check(whole[: data.draw(st.integers(0, len(whole) - 1))], place).ok


@settings(max_examples=50, deadline=None)
@given(extra=st.binary(min_size=1, max_size=50), at=st.data())
def test_bytes_that_were_added_are_found(whole, place, extra, at):
    assert codes(check(whole + extra, place)) == {"V004"}
    where = at.draw(st.integers(0, len(whole)))
    assert not check(whole[:where] + extra + whole[where:], place).ok


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=300))
def test_noise_is_no_archive_and_no_crash(place, noise):
    assert not check(noise, place).ok
    assert not check(b"PK\x03\x04" + noise, place).ok


def test_a_missing_file_is_the_worlds_fault(tmp_path):
    with pytest.raises(WorldError) as missing:
        verify_bundle(tmp_path / "none.zip")
    assert missing.value.kind is WorldKind.MISSING


# --- forged: repacked by somebody who knows the format, without the key --------------------------------------


def forged(whole: bytes, place: Path, change) -> set[str]:
    files = contents(whole)
    change(files)
    return codes(check(repacked(files), place))


def test_a_changed_document_is_named(whole, place):
    files = contents(whole) | {"documents/report.md": b"# all went well\n"}
    verification = check(repacked(files), place)
    assert [(item.code, item.where) for item in verification.discrepancies] == [("V015", "documents/report.md")]


def test_an_added_and_a_removed_file_are_named(whole, place):
    assert forged(whole, place, lambda files: files.update({"documents/more.txt": b"x"})) == {"V017"}
    assert forged(whole, place, lambda files: files.pop("documents/report.md")) == {"V016"}
    assert forged(whole, place, lambda files: files.pop("manifest.json")) == {"V011"}
    assert forged(whole, place, lambda files: files.pop("manifest.note")) == {"V012"}
    assert forged(whole, place, lambda files: files.pop("key.txt")) >= {"V012", "V014", "V016"}


def test_an_entry_that_was_left_out_changed_or_moved_is_named(whole, place):
    name = "streams/001-run-a.jsonl"
    lines = contents(whole)[name].splitlines(keepends=True)

    def with_lines(changed):
        return forged(whole, place, lambda files: files.update({name: b"".join(changed)}))

    assert with_lines(lines[:-1]) == {"V015", "V022"}
    assert with_lines(lines[:10] + lines[11:]) == {"V015", "V022", "V023", "V024"}
    assert with_lines([lines[0], lines[2], lines[1], *lines[3:]]) == {"V015", "V023", "V024"}
    assert with_lines([*lines, lines[-1]]) == {"V015", "V022", "V024"}
    changed = [*lines[:20], lines[20].replace(b"installed 9", b"installed 8"), *lines[21:]]
    assert with_lines(changed) == {"V015", "V023"}
    assert with_lines([*lines[:20], b'{"seq":20}\n', *lines[21:]]) == {"V015", "V023", "V025"}
    assert with_lines([*lines[:50], lines[50].replace(b'"epoch":1', b'"epoch":0'), *lines[51:]]) == {
        "V015",
        "V023",
        "V026",
    }


def test_a_signer_cannot_leave_out_what_events_name_or_give_a_wrong_schedule(place):
    def signed(schedule_bytes: bytes | None, digest_named: str) -> set[str]:
        async def make():
            store = MemoryStore()
            if schedule_bytes is not None:
                await store.put(schedule_bytes)
            await store.append("run/a", [RunOpened("o", digest_named, "li.wei", "here", "0.1.0")], NOW)
            await write_bundle(store, ["run/a"], [], {}, place)

        asyncio.run(make())
        return codes(verify_bundle(place))

    pretty = json.format(json.encode(SCHEDULE, order="deterministic"))
    assert signed(None, digest(SCHEDULE)) == {"V031"}
    assert signed(b"{}", sha256(b"{}").hexdigest()) == {"V033"}
    assert signed(pretty, sha256(pretty).hexdigest()) == {"V034"}
    assert signed(json.encode(SCHEDULE, order="deterministic"), digest(SCHEDULE)) == set()


def test_a_checkpoint_of_another_stream_or_key_is_named(whole, place):
    other = Signer(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    name, first = "checkpoints/001-run-a-81.note", "checkpoints/000-upgrade-orders-4.note"
    note = other.checkpoint(Head("run/a", 81, 0, "0" * 64)).encode()
    assert "V021" in forged(whole, place, lambda files: files.update({name: note}))
    assert "V021" in forged(whole, place, lambda files: files.update({name: files[first]}))


# --- hostile containers -----------------------------------------------------------------------------------


BAD_NAMES = ["../x", "/etc/passwd", "a/../b", "a//b", "a/", ".", "C:x", "a\\b", "nul\0", "a\nb", "dot.", "sp ", " sp"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_elsewhere_are_refused_both_ways(place, name):
    with pytest.raises(ValueError, match="no name"):
        ArchiveWriter(io.BytesIO()).add(name, b"")
    stand_in = "é" * (len(name) // 2) + "Q" * (len(name) % 2)
    data = repacked({stand_in: b"x"}).replace(stand_in.encode(), name.encode())
    assert codes(check(data, place)) == {"V005"}


def test_a_name_must_be_there_and_fit():
    assert not is_safe("")
    assert not is_safe("x" * 600)


def test_names_of_peoples_documents_are_fine():
    assert all(map(is_safe, ("documents/实施方案 v1.1 (终稿).docx", "documents/.hidden", "a-b_c+d,e/f.tar.gz")))


def test_a_bomb_does_not_unfold(place):
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packed.compress(b"\0" * 50_000_000) + packed.flush()
    out = io.BytesIO()
    member = archive.Member("documents/bomb", 0, len(bomb), 10, 0, archive.LOCAL.size + 14)
    out.write(archive.local_header(member) + bomb)
    out.write(archive.directory([member], out.tell()))
    place.write_bytes(out.getvalue())
    with place.open("rb") as file:
        (found,) = archive.read_frame(file, len(out.getvalue())).values()
        pieces = archive.unpacked_chunks(file, found)
        with pytest.raises(archive.Damaged):
            assert sum(map(len, pieces)) <= 10
    assert not check(out.getvalue(), place).ok


def test_the_same_name_twice_is_refused(place):
    data = repacked({"documents/a": b"1", "documents/b": b"2"}).replace(b"documents/b", b"documents/a")
    assert codes(check(data, place)) == {"V005"}


def test_every_code_has_a_meaning():
    assert all(len(code) == 4 and meaning for code, meaning in CODES.items())
