"""What is bounded and what is refused before anything runs: logins, pace, a state folder that others could change."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from liftlock.hosts.limits import Limits
from liftlock.hosts.link import Gangway, Link
from liftlock.model.errors import WorldError, WorldKind
from tests.hosts.grounds import RealGround, run


class TickingClock:
    """Time passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now(self):
        raise AssertionError("nobody asks for the date")

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, for_s: float) -> None:
        self.now_s += for_s
        await asyncio.sleep(0)


class Door:
    """Lets nobody in, and counts who stands before it."""

    def __init__(self, clock: TickingClock) -> None:
        self.clock, self.standing, self.most, self.knocks = clock, 0, 0, []

    async def open(self, nonce: str):
        self.standing += 1
        self.most = max(self.most, self.standing)
        self.knocks.append(self.clock.monotonic())
        for _ in range(5):
            await asyncio.sleep(0)
        self.standing -= 1
        raise WorldError(WorldKind.UNREACHABLE, "too many")


def test_a_fleet_that_starts_at_once_logs_in_a_few_at_a_time_and_at_a_pace():
    async def play():
        clock = TickingClock()
        door, limits = Door(clock), Limits(logins=7, starts_per_s=20.0, attempts=3)
        gangway = Gangway(clock, limits)
        links = [Link(f"h{n}", door.open, gangway, clock, limits, random.Random(n)) for n in range(100)]
        answers = await asyncio.gather(*(link.connection() for link in links), return_exceptions=True)
        assert all(isinstance(answer, WorldError) and answer.kind is WorldKind.UNREACHABLE for answer in answers)
        assert len(door.knocks) == 300  # each host's own attempts, no more
        assert door.most <= 7
        for first, last in zip(door.knocks, door.knocks[40:], strict=False):
            assert last - first >= 40 / 20.0 - 1e-6 - 7 / 20.0

    asyncio.run(play())


def linked(state: Path) -> None:
    elsewhere = state.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    state.symlink_to(elsewhere)


def open_to_all(state: Path) -> None:
    state.mkdir()
    state.chmod(0o777)


def somebody_elses(state: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving a folder away needs root")
    state.mkdir(mode=0o700)
    os.chown(state, 65534, 65534)


def dangling(state: Path) -> None:
    state.symlink_to(state.with_name("not-there-yet"))


@pytest.mark.parametrize("made", [linked, open_to_all, somebody_elses, dangling])
def test_a_state_folder_that_others_could_change_is_refused(sandbox: RealGround, made) -> None:
    """Whoever can write there could forge what a step left, or have it written elsewhere."""
    made(sandbox.state)

    async def play():
        hosts = sandbox.hosts()
        try:
            with pytest.raises(WorldError) as refused:
                await hosts.perform("h1", "r1.step.1", sandbox.work(), timeout_s=10, boot="", env={})
            assert refused.value.kind is WorldKind.REFUSED
        finally:
            await hosts.close()

    run(play())
    assert sandbox.traces() == 0
    assert not sandbox.state.with_name("not-there-yet").exists()
    assert not list(sandbox.state.with_name("elsewhere").glob("*"))
