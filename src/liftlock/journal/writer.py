"""Group commit without a window: what arrives while one flush is under way makes the next.

Rule: a writer is answered after the commit that holds its work, or with the error that kept it out; nobody waits for
a timer. One thread writes; the event loop never touches the disk.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from liftlock.journal.batch import Batch
from liftlock.journal.tip import Append
from liftlock.model.errors import StaleError
from liftlock.model.events import Entry

T = TypeVar("T")
Act = Append | Callable[[Batch], Any]  # an append, or anything rarer
Result = Any  # what the act answers, or the StaleError that refused it
BATCH_MAX = 4_096


class Writer:
    """Collects acts on the event loop; `flush` carries a batch of them out in `thread`, in one transaction."""

    def __init__(self, thread: ThreadPoolExecutor, flush: Callable[[Sequence[Act]], list[Result]]) -> None:
        self._thread = thread
        self._flush = flush
        self._pending: list[tuple[Act, asyncio.Future[Any]]] = []
        self._flying: asyncio.Future[list[Result]] | None = None

    def append(self, ask: Append) -> "asyncio.Future[tuple[Entry, ...]]":
        return self._submit(ask)

    def carry_out(self, act: Callable[[Batch], T]) -> "asyncio.Future[T]":
        return self._submit(act)

    def _submit(self, act: Act) -> "asyncio.Future[Any]":
        """The future of the act's durable result. Cancelling it after its flush has begun takes nothing back."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._pending.append((act, future))
        if self._flying is None:
            self._begin(loop)
        return future

    async def drain(self) -> None:
        """Until nothing is under way."""
        while self._flying is not None:
            await asyncio.wait([self._flying])
            await asyncio.sleep(0)  # its callbacks come first

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._pending = self._pending[:BATCH_MAX], self._pending[BATCH_MAX:]
        batch = [item for item in batch if not item[1].cancelled()]
        if not batch:
            self._flying = None
            return
        self._flying = loop.run_in_executor(self._thread, self._flush, [act for act, _ in batch])
        self._flying.add_done_callback(partial(self._deliver, loop, [future for _, future in batch]))

    def _deliver(
        self,
        loop: asyncio.AbstractEventLoop,
        futures: Sequence["asyncio.Future[Any]"],
        flown: "asyncio.Future[list[Result]]",
    ) -> None:
        self._begin(loop)  # the next is on its way to the disk while these wake
        error = flown.exception()
        if error is not None:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in zip(futures, flown.result(), strict=True):
            if future.done():
                continue
            if type(result) is StaleError:
                future.set_exception(result)
            else:
                future.set_result(result)
