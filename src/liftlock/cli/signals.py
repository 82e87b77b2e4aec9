"""Signals to whoever drives a run: the first SIGINT pauses, the second leaves; SIGTERM and SIGHUP leave.

Leaving loses nothing: steps go on at their hosts, and the next controller finds them.
"""

import asyncio
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self

from liftlock.execute import commands
from liftlock.execute.opening import Refused
from liftlock.model.errors import WorldError
from liftlock.model.ports import Clock, Store
from liftlock.publish.words import Words

HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """A context manager around driving. `left`: somebody asked to leave at once."""

    def __init__(
        self,
        store: Store,
        stream: str,
        clock: Clock,
        by: str,
        remark: Callable[[str], None],
        words: Words,
        until: asyncio.Event,
    ) -> None:
        self.store, self.stream, self.clock, self.by = store, stream, clock, by
        self.remark, self.words, self.until = remark, words, until
        self.pausing: asyncio.Task[None] | None = None
        self.left = False

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.interrupt)
        loop.add_signal_handler(signal.SIGTERM, self.leave)
        loop.add_signal_handler(signal.SIGHUP, self.leave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in HEARD:
            asyncio.get_running_loop().remove_signal_handler(number)

    def interrupt(self) -> None:
        if self.pausing is not None:
            self.leave()
            return
        self.remark(self.words.say("ui.run.pausing"))
        self.pausing = asyncio.get_running_loop().create_task(self.pause())

    def leave(self) -> None:
        self.remark(self.words.say("ui.run.leaving"))
        self.left = True
        self.until.set()

    async def pause(self) -> None:
        try:
            await commands.pause(self.store, self.stream, self.clock.now(), self.by, "Ctrl-C")
        except Refused as refused:
            self.remark(self.words.reason(refused.reason))
        except WorldError as error:
            self.remark(self.words.world(error))

    async def settled(self) -> None:
        """Until the pause, if one was asked for, is recorded or refused."""
        if self.pausing is not None:
            await self.pausing
