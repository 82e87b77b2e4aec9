"""What every `Store` promises: one suite, on the simulated thing and on the real one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock.journal import merkle
from liftlock.journal.checkpoint import Checkpoint, read_checkpoint
from liftlock.journal.memory import MemoryStore
from liftlock.journal.sqlite import open_store
from liftlock.model.actions import Evidence, Failure, FailureKind
from liftlock.model.errors import StaleError, WorldError, WorldKind
from liftlock.model.events import (
    HoldRaised,
    PlanFrozen,
    RunOpened,
    Sample,
    StageObserved,
    StepFailed,
    StepStarted,
    StepSucceeded,
    TimetableKept,
)
from liftlock.model.reasons import because

NOW = datetime(2026, 12, 1, 22, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
STARTED = StepStarted("orders/1/w1/app-01/03-install", 1)

Test = Callable[[Any], Awaitable[None]]


@pytest.fixture(params=["memory", "spooled", "sqlite"])
def on(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Test], None]:
    """Run a coroutine function on a fresh store."""

    async def run(test: Test) -> None:
        if request.param == "sqlite":
            store: Any = await open_store(tmp_path / "store")
        else:
            store = MemoryStore(spool=request.param == "spooled")
        try:
            await test(store)
        finally:
            await store.close()

    return lambda test: asyncio.run(run(test))


def started(number: int) -> StepStarted:
    return StepStarted(f"orders/1/w1/app-01/{number:02d}-install", 1)


# --- appending ------------------------------------------------------------------------------------------


def test_numbers_entries_without_gaps_and_reads_them_back(on):
    async def test(store):
        first = await store.append("run/a", [started(0), started(1)], NOW)
        second = await store.append("run/a", [started(2)], NOW + timedelta(seconds=1))
        assert [entry.seq for entry in first + second] == [0, 1, 2]
        assert await store.entries("run/a") == first + second
        assert await store.entries("run/a", 1) == (first + second)[1:]
        assert await store.entries("run/a", 3) == ()
        assert await store.entries("run/a", 1, limit=1) == (first + second)[1:2]
        assert await store.entries("run/a", limit=0) == ()
        assert await store.entries("run/none") == ()

    on(test)


def test_every_kind_of_content_comes_back_equal(on):
    events = [
        RunOpened("订单", "0" * 64, "li.wei", "host:1", "0.1.0"),
        StepSucceeded("s", 1, Evidence({"a": 1, "b": [1, 2.5, None, True], "c": {"d": "é\n\0"}}, "out\u2028put")),
        StepFailed("s", 2, Failure(FailureKind.TIMEOUT, "x", {"n": 1.5, "s": "t"}, "tail")),
        StageObserved("s", 1.5, (Sample("c", None, ("h",), fails=True), Sample("d", 0.1))),
        HoldRaised("run", because("lost", step="s"), {"known": 1}),
        PlanFrozen("a", "b", "c", "d"),
        TimetableKept("e", "a", NOW, "li.wei"),
    ]

    async def test(store):
        appended = await store.append("u", events, NOW)
        assert await store.entries("u") == appended
        assert [entry.event for entry in appended] == events

    on(test)


def test_size_is_checked(on):
    async def test(store):
        await store.append("r", [STARTED], NOW, size=0)
        with pytest.raises(StaleError) as stale:
            await store.append("r", [STARTED], NOW, size=0)
        assert (stale.value.stream, stale.value.size, stale.value.epoch) == ("r", 1, 0)
        await store.append("r", [STARTED], NOW, size=1)
        assert len(await store.entries("r")) == 2

    on(test)


def test_an_old_epoch_is_refused_and_none_asks_no_question(on):
    async def test(store):
        await store.append("r", [STARTED], NOW, epoch=0)
        (entry,) = await store.append("r", [STARTED], NOW, epoch=0, raise_epoch=True)
        assert entry.epoch == 1
        with pytest.raises(StaleError) as stale:
            await store.append("r", [STARTED, STARTED], NOW, epoch=0)
        assert stale.value.epoch == 1
        await store.append("r", [STARTED], NOW)
        await store.append("r", [STARTED], NOW, epoch=1)
        assert [entry.epoch for entry in await store.entries("r")] == [0, 1, 1, 1]

    on(test)


def test_raising_the_epoch_from_an_old_one_is_refused_too(on):
    async def test(store):
        await store.append("r", [STARTED], NOW, raise_epoch=True)
        with pytest.raises(StaleError):
            await store.append("r", [STARTED], NOW, epoch=0, raise_epoch=True)
        assert (await store.head("r")).epoch == 1

    on(test)


def test_the_epoch_can_be_raised_without_an_event(on):
    async def test(store):
        assert await store.append("r", [], NOW) == ()
        assert await store.head("r") is None
        await store.append("r", [], NOW, raise_epoch=True)
        head = await store.head("r")
        assert (head.size, head.epoch, head.root) == (0, 1, sha256().hexdigest())

    on(test)


def test_a_newer_generation_of_a_share_refuses_the_older(on):
    async def test(store):
        first = await store.claim("r", "w1/0", epoch=0)
        await store.append("r", [STARTED], NOW, claims={"w1/0": first})
        second = await store.claim("r", "w1/0", epoch=0)
        other = await store.claim("r", "w1/1", epoch=0)
        assert (first, second, other) == (1, 2, 1)
        with pytest.raises(StaleError):
            await store.append("r", [STARTED], NOW, claims={"w1/0": first})
        with pytest.raises(StaleError):
            await store.append("r", [STARTED], NOW, claims={"w1/1": other, "w1/0": first})
        await store.append("r", [STARTED], NOW, claims={"w1/0": second, "w1/1": other})
        assert (await store.head("r")).size == 2

    on(test)


def test_a_claim_with_an_old_epoch_is_refused(on):
    async def test(store):
        await store.append("r", [STARTED], NOW, raise_epoch=True)
        with pytest.raises(StaleError):
            await store.claim("r", "w1/0", epoch=0)
        assert await store.claim("r", "w1/0", epoch=1) == 1

    on(test)


def test_an_event_that_cannot_be_written_leaves_nothing(on):
    async def test(store):
        with pytest.raises(TypeError):
            await store.append("r", [STARTED, StepSucceeded("s", 1, Evidence({"bad": object()}))], NOW)
        with pytest.raises(ValueError):
            await store.append("r", [STARTED], NOW.replace(tzinfo=None))
        assert await store.head("r") is None
        await store.append("r", [STARTED], NOW, size=0)

    on(test)


def test_a_stale_writer_does_not_harm_the_others_of_its_batch(on):
    async def test(store):
        await store.append("r", [STARTED], NOW, raise_epoch=True)
        asked = [store.append("r", [started(n)], NOW, epoch=n % 2) for n in range(20)]
        asked += [store.append(f"other/{n}", [STARTED], NOW, size=0) for n in range(5)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, StaleError) for answer in answers[0:20:2])
        assert [answer[0].seq for answer in answers[1:20:2]] == list(range(1, 11))
        assert [answer[0].seq for answer in answers[20:]] == [0] * 5
        assert len(await store.entries("r")) == 11

    on(test)


def test_of_two_writers_with_the_same_size_one_wins(on):
    async def test(store):
        answers = await asyncio.gather(
            *(store.append("r", [started(n), started(n)], NOW, size=0) for n in range(10)), return_exceptions=True
        )
        assert sum(isinstance(answer, StaleError) for answer in answers) == 9
        assert (await store.head("r")).size == 2

    on(test)


def test_many_writers_each_see_their_own_record(on):
    async def test(store):
        async def write(host):
            for number in range(20):
                (entry,) = await store.append("r", [StepStarted(f"{host}", number)], NOW)
                assert entry.event == StepStarted(f"{host}", number)
                seen.append(entry)

        seen = []
        await asyncio.gather(*(write(host) for host in range(25)))
        assert sorted(entry.seq for entry in seen) == list(range(500))
        assert await store.entries("r") == tuple(sorted(seen, key=lambda entry: entry.seq))

    on(test)


# --- the tree -------------------------------------------------------------------------------------------


def test_the_head_is_the_merkle_root_over_the_bytes(on):
    async def test(store):
        assert await store.head("r") is None
        for number in range(9):
            await store.append("r", [started(number)] * (number % 3 + 1), NOW)
            bodies = await store.bodies("r")
            head = await store.head("r")
            assert head.size == len(bodies)
            assert head.root == merkle.tree_root([merkle.leaf_hash(body) for body in bodies]).hex()
        assert await store.bodies("r", 2, 5) == bodies[2:5]

    on(test)


def test_streams_are_found_by_prefix_taken_literally(on):
    async def test(store):
        for name in ("run/b", "run/a", "upgrade/a", "run_x/%", "升级/订单"):
            await store.append(name, [STARTED], NOW)
        assert await store.streams() == ("run/a", "run/b", "run_x/%", "upgrade/a", "升级/订单")
        assert await store.streams("run/") == ("run/a", "run/b")
        assert await store.streams("run_") == ("run_x/%",)
        assert await store.streams("升") == ("升级/订单",)
        assert await store.streams("%") == await store.streams("RUN") == ()

    on(test)


# --- locks ----------------------------------------------------------------------------------------------


def test_locks_are_all_or_none_and_name_the_holder(on):
    async def test(store):
        assert await store.lock("run/a", ["app-01", "app-02", "lb-1/orders"]) == {}
        assert await store.lock("run/b", ["app-03", "app-02", "app-01"]) == {"app-01": "run/a", "app-02": "run/a"}
        assert await store.locked("run/b") == ()
        assert await store.lock("run/b", ["app-03"]) == {}
        assert await store.lock("run/a", ["app-01", "app-04", "app-04"]) == {}
        assert await store.locked("run/a") == ("app-01", "app-02", "app-04", "lb-1/orders")
        await store.unlock("run/a")
        await store.unlock("run/a")
        assert await store.locked("run/a") == ()
        assert await store.lock("run/b", ["app-02"]) == {}
        assert await store.lock("run/c", []) == {}

    on(test)


# --- blobs ----------------------------------------------------------------------------------------------


def test_blobs_are_found_by_their_digest(on):
    async def test(store):
        for data in (b"", b"plan", b"\x00" * 100_000):
            digest = await store.put(data)
            assert digest == sha256(data).hexdigest()
            assert await store.put(data) == digest
            assert await store.get(digest) == data
        for unknown in ("0" * 64, "../../../etc/passwd", ""):
            with pytest.raises(WorldError) as missing:
                await store.get(unknown)
            assert missing.value.kind is WorldKind.MISSING

    on(test)


# --- checkpoints ----------------------------------------------------------------------------------------


def test_a_checkpoint_is_a_signed_note_over_the_head(on):
    async def test(store):
        with pytest.raises(WorldError) as missing:
            await store.checkpoint("run/a b")
        assert missing.value.kind is WorldKind.MISSING
        await store.append("run/a b", [STARTED, STARTED], NOW)
        note = await store.checkpoint("run/a b")
        text = (await store.verifier()).open(note)
        head = await store.head("run/a b")
        assert text.startswith("liftlock/run/a%20b\n2\n")
        assert read_checkpoint(text) == Checkpoint("run/a b", 2, head.root)
        assert await store.checkpoint("run/a b") == note
        await store.append("run/a b", [STARTED], NOW)
        later = await store.checkpoint("run/a b")
        assert await store.checkpoints("run/a b") == (note, later)

    on(test)


# --- both the same --------------------------------------------------------------------------------------

COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(["append", "append", "append", "claim", "lock", "unlock"]),
        st.sampled_from(["run/a", "run/b"]),
        st.integers(0, 3),
        st.one_of(st.none(), st.integers(0, 3)),
        st.one_of(st.none(), st.integers(0, 6)),
        st.booleans(),
        st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 3), max_size=2),
    ),
    max_size=25,
)


async def carry_out(store: Any, command: tuple[Any, ...]) -> Any:
    verb, stream, count, epoch, size, raise_epoch, claims = command
    try:
        match verb:
            case "append":
                events = [started(number) for number in range(count)]
                return await store.append(
                    stream, events, NOW, epoch=epoch, size=size, raise_epoch=raise_epoch, claims=claims
                )
            case "claim":
                return await store.claim(stream, "x" if raise_epoch else "y", epoch=epoch or 0)
            case "lock":
                return await store.lock(stream, [f"app-{number}" for number in range(count, 4)])
            case _:
                return await store.unlock(stream)
    except StaleError as stale:
        return ("stale", stale.stream, stale.size, stale.epoch)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands=COMMANDS)
def test_both_stores_answer_alike_whatever_is_asked(commands, tmp_path_factory):
    async def test():
        real, simulated = await open_store(tmp_path_factory.mktemp("alike")), MemoryStore()
        try:
            for command in commands:
                assert await carry_out(real, command) == await carry_out(simulated, command)
            assert await real.streams() == await simulated.streams()
            for stream in ("run/a", "run/b"):
                assert await real.head(stream) == await simulated.head(stream)
                assert await real.bodies(stream) == await simulated.bodies(stream)
                assert await real.entries(stream) == await simulated.entries(stream)
                assert await real.locked(stream) == await simulated.locked(stream)
        finally:
            await real.close()

    asyncio.run(test())


def test_times_keep_their_instant_to_the_microsecond(on):
    async def test(store):
        times = [NOW, NOW.astimezone(UTC), datetime(1999, 1, 1, tzinfo=UTC)]
        for at in times:
            await store.append("r", [STARTED], at)
        assert [entry.at for entry in await store.entries("r")] == times

    on(test)
