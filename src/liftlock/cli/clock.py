"""The real clock: the only place where the program asks for the time."""

import asyncio
import time
from datetime import datetime, tzinfo


class SystemClock:
    """`Clock` of the model, in the given zone."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def now(self) -> datetime:
        return datetime.now(self.zone)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, for_s: float) -> None:
        await asyncio.sleep(for_s)
