"""Runs lock their hosts against each other; a controller that died before its run's first entry leaves no lock."""

import asyncio
import random
from zoneinfo import ZoneInfo

import pytest

from liftlock.execute.opening import Refused, names_to_lock, open_run
from liftlock.model.events import RunClosed, RunResult
from liftlock.model.reasons import because
from liftlock.simulate.clock import EPOCH
from liftlock.simulate.faults import CALM
from liftlock.simulate.story import Teller, Wakefulness
from tests.simulate.scenarios import drawn_schedule


def teller_of(seed=1):
    return Teller(drawn_schedule(random.Random(seed)), seed, CALM, ZoneInfo("UTC"), EPOCH)


async def open_as(teller, run):
    world = teller.world(Wakefulness(teller.clock))
    await open_run(world, run, "u-x", teller.schedule, by="li.wei", controller="c")


def test_a_second_run_on_the_same_hosts_is_refused_with_the_holder():
    async def play():
        teller = teller_of()
        await open_as(teller, "u-x/r1")
        with pytest.raises(Refused) as refused:
            await open_as(teller, "u-y/r1")
        assert refused.value.reason.code == "locked-by-another-run"
        assert refused.value.reason.fields["run"] == "u-x/r1"
        assert await teller.store.head("u-y/r1") is None

    asyncio.run(play())


def test_of_two_that_chose_the_same_run_name_the_second_is_refused_and_takes_nothing():
    async def play():
        teller = teller_of()
        await open_as(teller, "u-x/r1")
        before = await teller.store.entries("u-x/r1")
        with pytest.raises(Refused) as refused:
            await open_as(teller, "u-x/r1")
        assert refused.value.reason == because("opened-by-another", run="u-x/r1")
        assert await teller.store.entries("u-x/r1") == before
        assert await teller.store.locked("u-x/r1")

    asyncio.run(play())


def test_a_lock_whose_run_has_no_record_is_let_go():
    async def play():
        teller = teller_of()
        await teller.store.lock("u-ghost/r1", sorted(set(names_to_lock(teller.schedule))))
        await open_as(teller, "u-x/r1")
        assert await teller.store.locked("u-ghost/r1") == ()
        assert await teller.store.locked("u-x/r1")

    asyncio.run(play())


def test_a_run_that_ended_without_giving_its_locks_back_lets_go():
    """Its controller was killed between the last entry and the unlocking: nobody would ever unlock."""

    async def play():
        teller = teller_of()
        await open_as(teller, "u-x/r1")
        await teller.store.append("u-x/r1", [RunClosed(RunResult.ROLLED_BACK, because("asked"))], teller.clock.now())
        await open_as(teller, "u-x/r2")
        assert await teller.store.locked("u-x/r1") == ()
        assert await teller.store.locked("u-x/r2")

    asyncio.run(play())
