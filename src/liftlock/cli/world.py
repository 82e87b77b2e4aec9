"""The ports, put together for one schedule."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import Found
from liftlock.cli.screen import Screen
from liftlock.cli.secrets import LocalSecrets
from liftlock.execute.notify import ChannelNotifier
from liftlock.execute.world import Occasion, World
from liftlock.hosts.reach import Reach
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.errors import WorldError
from liftlock.model.events import Entry, RunEvents
from liftlock.model.ports import Secrets
from liftlock.model.schedule import Schedule

HERE = "controller"  # beside the journal: the marks of steps that run at the controller


@asynccontextmanager
async def world_of(
    screen: Screen, store: SqliteStore, clock: SystemClock, found: Found, schedule: Schedule, folder: Path
) -> AsyncIterator[World]:
    """`folder`: where relative paths of secrets begin. Connections are closed at the end."""
    words = screen.words

    def heard(host: str, error: WorldError | None) -> None:
        if error is None:
            screen.warn(words.say("ui.host_back", host=host))
        else:
            screen.warn(words.say("ui.host_silent", host=host, problem=words.world(error)))

    secrets = LocalSecrets(os.environ, folder)
    here = str(store.folder.resolve() / HERE)
    reach = Reach(schedule.hosts, clock, seed=os.getpid(), heard=heard, here=here)
    try:
        yield World(
            store=store,
            hosts=reach,
            clock=clock,
            drivers=found.drivers,
            secrets=secrets,
            notifier=notifier(screen, clock, schedule, secrets),
        )
    finally:
        await reach.close()


def notifier(screen: Screen, clock: SystemClock, schedule: Schedule, secrets: Secrets) -> ChannelNotifier:
    words = screen.words

    def say(occasion: Occasion, event: RunEvents) -> str:
        return f"{schedule.title}: {words.event(Entry(0, clock.now(), 0, event))}"

    def report(channel: str, problem: str) -> None:
        screen.warn(words.say("ui.notice_failed", channel=channel, problem=problem))

    return ChannelNotifier(schedule.notify, say, report, secrets)
