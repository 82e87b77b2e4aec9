"""Group commit without a window: what arrives while one flush is under way makes the next.

Rule: a writer is answered after the commit that holds its work, or with the error that kept it out; nobody waits for
a timer. One thread writes; the event loop never touches the disk.

Whoever was answered runs first, and what they ask next goes along: so the two threads take turns instead of fighting
for the interpreter (measured: a fifth less CPU an event than starting the next flush at once).
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from liftlock.journal.batch import Batch
from liftlock.journal.tip import Append
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
        self._busy = False  # a flush is under way, or about to begin
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
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin, loop)
        return future

    async def drain(self) -> None:
        """Until nothing is under way."""
        while self._busy:
            await (asyncio.wait([self._flying]) if self._flying else asyncio.sleep(0))

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting = [item for item in self._pending if not item[1].cancelled()]
        batch, self._pending = waiting[:BATCH_MAX], waiting[BATCH_MAX:]
        self._busy = bool(batch)
        if batch:
            self._flying = loop.run_in_executor(self._thread, self._flush, [act for act, _ in batch])
            self._flying.add_done_callback(partial(self._deliver, loop, [future for _, future in batch]))

    def _deliver(
        self,
        loop: asyncio.AbstractEventLoop,
        futures: Sequence["asyncio.Future[Any]"],
        flown: "asyncio.Future[list[Result]]",
    ) -> None:
        self._flying = None
        error = flown.exception()
        results = [error] * len(futures) if error else flown.result()
        for future, result in zip(futures, results, strict=True):
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
        loop.call_soon(self._begin, loop)
