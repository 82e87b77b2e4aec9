"""The promises of the port `Hosts`, on every kind of host: a step happens once, and its outcome is found.

A ground (tests/hosts/grounds.py) is all that this suite knows; a simulated fleet joins by providing one.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.model.actions import Exited, TimedOut, Vanished
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Absent, Hosts
from tests.hosts.grounds import WAYS, Ground, lay, missing, run, until

MARK = "r1.step-1.1"


@pytest.fixture(params=WAYS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    if reason := missing(request.param):
        pytest.skip(reason)
    laid = lay(request.param, tmp_path)
    yield laid
    laid.down()


async def perform(
    hosts: Hosts, ground: Ground, for_s: float = 0.0, mark: str = MARK, boot: str = "", timeout_s: float = 20.0
):
    return await hosts.perform(ground.host, mark, ground.work(for_s), timeout_s=timeout_s, boot=boot, env={})


def test_a_script_runs_and_its_end_is_told(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        assert isinstance(await perform(hosts, ground), Exited)
        await hosts.close()

    run(story())
    assert ground.traces() == 1


def test_the_same_mark_again_answers_what_happened_and_runs_nothing(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        first = await perform(hosts, ground)
        assert await perform(hosts, ground) == first
        assert await hosts.attach(ground.host, MARK, timeout_s=5) == first
        await hosts.close()

    run(story())
    assert ground.traces() == 1


def test_another_mark_is_another_attempt(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        await perform(hosts, ground, mark="r1.step-1.1")
        await perform(hosts, ground, mark="r1.step-1.2")
        await hosts.close()

    run(story())
    assert ground.traces() == 2


def test_performed_at_once_by_one_controller_it_runs_once(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        ends = await asyncio.gather(*(perform(hosts, ground, 0.2) for _ in range(5)))
        assert ends == [ends[0]] * 5
        await hosts.close()

    run(story())
    assert ground.traces() == 1


def test_performed_at_once_by_several_controllers_it_runs_once(ground: Ground) -> None:
    async def story() -> None:
        several = [ground.hosts() for _ in range(3)]
        ends = await asyncio.gather(*(perform(hosts, ground, 0.2) for hosts in several))
        assert ends == [ends[0]] * 3
        await asyncio.gather(*(hosts.close() for hosts in several))

    run(story())
    assert ground.traces() == 1


def test_what_never_started_is_buried_and_a_late_packet_finds_the_tombstone(ground: Ground) -> None:
    async def story() -> None:
        hosts, late = ground.hosts(), ground.hosts()
        assert await hosts.attach(ground.host, MARK, timeout_s=5) == Absent()
        with pytest.raises(WorldError) as refused:
            await perform(late, ground)
        assert refused.value.kind is WorldKind.REFUSED
        assert await hosts.attach(ground.host, MARK, timeout_s=5) == Absent()
        await asyncio.gather(hosts.close(), late.close())

    run(story())
    assert ground.traces() == 0


def test_burying_and_performing_at_once_agree_on_what_happened(ground: Ground) -> None:
    """Whoever wins, both tell the same story."""

    async def story(mark: str) -> tuple[bool, bool]:
        hosts, other = ground.hosts(), ground.hosts()
        await asyncio.gather(hosts.greet(ground.host), other.greet(ground.host))
        done, found = await asyncio.gather(
            perform(hosts, ground, mark=mark), other.attach(ground.host, mark, timeout_s=10), return_exceptions=True
        )
        await asyncio.gather(hosts.close(), other.close())
        return isinstance(done, Exited), isinstance(found, Exited)

    ran = 0
    for number in range(6):
        performed, attached = run(story(f"r1.race-{number}.1"))
        assert performed == attached
        ran += performed
    assert ground.traces() == ran


def test_it_goes_on_through_a_cut_connection(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        work = asyncio.create_task(perform(hosts, ground, 0.8))
        await asyncio.sleep(0.4)
        ground.cut()
        assert isinstance(await work, Exited)
        await hosts.close()

    run(story())
    assert ground.traces() == 1


def test_a_new_controller_finds_what_a_vanished_one_began(ground: Ground) -> None:
    async def begin() -> None:
        hosts = ground.hosts()
        work = asyncio.create_task(perform(hosts, ground, 0.8))
        await asyncio.sleep(0.4)
        work.cancel()
        await hosts.close()

    async def find() -> None:
        hosts = ground.hosts()
        assert isinstance(await hosts.attach(ground.host, MARK, timeout_s=10), Exited)
        await hosts.close()

    run(begin())
    run(find())
    assert ground.traces() == 1


def test_a_deadline_ends_it(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        assert isinstance(await perform(hosts, ground, 20, timeout_s=0.4), TimedOut)
        assert isinstance(await hosts.attach(ground.host, MARK, timeout_s=5), TimedOut)
        await hosts.close()

    run(story())
    assert ground.traces() == 0


def test_cancelling_ends_it_and_its_outcome_is_unknown(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        work = asyncio.create_task(perform(hosts, ground, 20))
        await asyncio.sleep(0.4)
        await hosts.cancel(ground.host, MARK)
        assert isinstance(await work, Vanished)
        await hosts.close()

    run(story())
    assert ground.traces() == 0


def test_cancelling_what_has_ended_changes_nothing(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        first = await perform(hosts, ground)
        await hosts.cancel(ground.host, MARK)
        await hosts.cancel(ground.host, "r1.never.1")
        assert await hosts.attach(ground.host, MARK, timeout_s=5) == first
        await hosts.close()

    run(story())


def test_a_boot_that_is_not_the_intended_one_starts_nothing(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        boot = (await hosts.greet(ground.host)).boot
        with pytest.raises(WorldError) as refused:
            await perform(hosts, ground, boot="another")
        assert refused.value.kind is WorldKind.REBOOTED
        assert isinstance(await perform(hosts, ground, boot=boot), Exited)
        await hosts.close()

    run(story())
    assert ground.traces() == 1


def test_two_steps_run_side_by_side(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        slow = asyncio.create_task(perform(hosts, ground, 0.8, mark="r1.slow.1"))
        await perform(hosts, ground, mark="r1.quick.1")
        assert not slow.done()
        await slow
        await hosts.close()

    run(story())
    assert ground.traces() == 2


def test_after_sweeping_nothing_of_the_run_starts_any_more(ground: Ground) -> None:
    async def story() -> None:
        hosts = ground.hosts()
        await perform(hosts, ground, mark="r1.step-1.1")
        await hosts.sweep(ground.host, "r1")
        for mark in ("r1.step-1.1", "r1.step-2.1"):
            with pytest.raises(WorldError) as refused:
                await perform(hosts, ground, mark=mark)
            assert refused.value.kind is WorldKind.REFUSED
        await perform(hosts, ground, mark="r10.step-1.1")
        await hosts.sweep(ground.host, "r1")
        await hosts.close()

    run(story())
    assert ground.traces() == 2


def test_waiting_until_helps(ground: Ground) -> None:
    """The suite's own waiting sees what a script did."""

    async def story() -> None:
        hosts = ground.hosts()
        work = asyncio.create_task(perform(hosts, ground, 0.2))
        await until(lambda: ground.traces() == 1)
        await work
        await hosts.close()

    run(story())
