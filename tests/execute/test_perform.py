"""A step whose secret cannot be fetched was not started: nobody has to be asked what became of it."""

import asyncio
from typing import Any

import pytest

from liftlock.execute.perform import Job, Performer
from liftlock.execute.world import World
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.actions import Action, Context, Kind, Script
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.schedule import Step
from liftlock.model.secret import SecretRef
from tests.hosts.grounds import WallClock

STEP = "orders/1/w1/app-01/01-command"
ACTION = Action(Kind.COMMAND, "command")


class Closed:
    """Secrets that cannot be opened, as with a wrong password."""

    def __init__(self, kind: WorldKind) -> None:
        self.kind = kind

    def resolve(self, ref: SecretRef) -> str:
        raise WorldError(self.kind, f"{ref.secret}: cannot be opened")


class Untouched:
    """Hosts that nothing may be sent to."""

    def rights(self, at: str, script: Script) -> dict[str, SecretRef]:
        return {}


class Migrates:
    def operate(self, action: Action, context: Context) -> Script:
        return Script("migrate", secrets={"PASSWORD": SecretRef("vault:secrets.yml#password")})


@pytest.mark.parametrize("kind", [WorldKind.MISSING, WorldKind.REFUSED, WorldKind.TIMEOUT])
def test_without_its_secret_a_step_is_not_started(kind: WorldKind) -> None:
    nothing: Any = None
    hosts: Any = Untouched()
    driver: Any = Migrates()
    world = World(MemoryStore(), hosts, WallClock(), nothing, Closed(kind), nothing)
    step = Step(STEP, "orders/1/w1/app-01", "01-command", "app-01", "app-01", ACTION, 60.0)
    job = Job(step, 1, "", Context("r", STEP, "app-01", "10.0.0.1", "orders", "2", "1", "2"), "mark")
    ended = asyncio.run(Performer(world, lambda _: (), free).perform(job, driver))
    assert isinstance(ended, ev.StepNotStarted)
    assert "vault:secrets.yml#password" in str(ended.failure.fields)


async def free() -> None:
    return None
