"""What the loop acts on: the ports, handed in together by the composition root."""

from typing import Literal, Protocol

from msgspec import Struct

from liftlock.model.events import RunEvents
from liftlock.model.ports import Clock, Drivers, Hosts, Secrets, Store

Occasion = Literal["hold", "failure", "rollback", "end", "start"]


class Notifier(Protocol):
    async def tell(self, occasion: Occasion, event: RunEvents) -> None:
        """Tell the people that the plan names. Never raises: a notice that cannot be sent stops no upgrade."""


class World(Struct, frozen=True):
    store: Store
    hosts: Hosts
    clock: Clock
    drivers: Drivers
    secrets: Secrets
    notifier: Notifier
    poll_s: float = 0.5  # how often other people's commands are looked for


class TakenOver(Exception):
    """Another controller drives this run now: stop, and touch nothing more."""
