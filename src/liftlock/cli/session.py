"""What a command about an upgrade or a run has at hand: the open store, what was chosen, the time, the words."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from liftlock.cli.choosing import Chosen, choose_run, plan_in
from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import Found, find_drivers
from liftlock.cli.opening import opened
from liftlock.cli.screen import Screen
from liftlock.cli.settings import store_folder
from liftlock.cli.trouble import refuse
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Drivers
from liftlock.planfile.load import load_plan
from liftlock.publish.words import merge_words, zone_of

PLAN_MAX_BYTES = 8 * 1024 * 1024


class Session(Struct, frozen=True):
    screen: Screen
    store: SqliteStore
    found: Found
    chosen: Chosen
    clock: SystemClock

    @property
    def now(self) -> datetime:
        return self.clock.now()


@asynccontextmanager
async def session(screen: Screen, which: str, store: str) -> AsyncIterator[Session]:
    """Opens the store, finds the run, and speaks as its schedule says."""
    found = drivers_for(screen)
    plan = plan_in(which)
    place = store_folder(store, os.environ, plan)
    title = title_of(plan, found.drivers) if plan else ""
    async with opened(place) as journal:
        chosen = await choose_run(journal, which, title)
        yield Session(
            screen, journal, found, chosen, speak(screen, chosen.schedule.language, chosen.schedule.zone, found)
        )


def speak(screen: Screen, language: str, zone: str, found: Found) -> SystemClock:
    """The plan's language and zone for the screen; answers a clock in that zone."""
    extra = merge_words(manifest.words for manifest in found.manifests.values())
    screen.speak(language=language, zone=zone, extra=extra)
    return SystemClock(zone_of(zone))


def drivers_for(screen: Screen) -> Found:
    """All drivers; those that are broken are reported beside the result."""
    found = find_drivers()
    for broken in found.broken:
        fields = {"name": broken.name, "package": broken.package, "why": broken.why}
        screen.warn(screen.words.say("ui.driver_broken", **fields))
    return found


def title_of(path: Path, drivers: Drivers) -> str:
    """The upgrade's name as the plan has it. Refused if the plan cannot be read."""
    loaded = load_plan(read_bounded(path), drivers, name=str(path))
    if loaded.plan is None:
        raise refuse("plan-unreadable", file=str(path))
    return loaded.plan.upgrade


def read_bounded(path: Path) -> bytes:
    """The file's bytes, at most a little more than a plan may have. Raises WorldError(MISSING)."""
    try:
        with path.open("rb") as file:
            return file.read(PLAN_MAX_BYTES)
    except OSError as error:
        raise WorldError(WorldKind.MISSING, f"{path}: {error.strerror}", what=str(path)) from error


def refuse_without_folder(path: Path) -> None:
    """Raises WorldError(MISSING) where a file is to be written into a folder that is not there."""
    if not path.parent.is_dir():
        raise WorldError(WorldKind.MISSING, f"{path.parent}: no folder", what=str(path.parent), why="folder")


def write_text(path: Path, text: str) -> None:
    """Raises WorldError."""
    refuse_without_folder(path)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorldError(WorldKind.REFUSED, f"{path}: {error.strerror}", what=str(path)) from error
