"""Virtual time: an event loop that, where it would wait, moves its clock on instead."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

T = TypeVar("T")
EPOCH = datetime(2026, 3, 2, 22, 0)  # a Monday evening


class Deadlock(Exception):
    """Everybody waits for somebody, and no time will come that wakes them."""


class JumpingSelector(selectors.DefaultSelector):
    """Looks at the files without waiting; the time that would have been waited is added to `now_s`."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise Deadlock
        if not ready and timeout is not None and timeout > 0:
            self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now_s


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time, starting at 0."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


class VirtualClock:
    """The port `Clock` on the running loop's time. `jump_s` moves the wall clock only, as an operator's `date` does."""

    def __init__(self, zone: tzinfo, begins: datetime = EPOCH) -> None:
        self.begins = begins.replace(tzinfo=zone)
        self.jump_s = 0.0

    def now(self) -> datetime:
        return self.begins + timedelta(seconds=self.monotonic() + self.jump_s)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, for_s: float) -> None:
        await asyncio.sleep(for_s)
