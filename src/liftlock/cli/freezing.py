"""A schedule becomes a fact: kept with its plan and inventory in the upgrade's stream, found again by its digest."""

from datetime import datetime

from msgspec import json

from liftlock.cli.naming import upgrade_stream
from liftlock.cli.prepare import Prepared
from liftlock.cli.trouble import refuse
from liftlock.model.events import Entry, PlanFrozen
from liftlock.model.ports import Store
from liftlock.model.schedule import Schedule

SHORTEST_PREFIX = 6


async def freeze(store: Store, prepared: Prepared, by: str, now: datetime) -> bool:
    """Record the prepared schedule, unless it is the last one recorded already. Answers whether it is new."""
    assert prepared.schedule is not None
    stream = upgrade_stream(prepared.upgrade)
    last = last_frozen(await store.entries(stream))
    if last is not None and last.schedule == prepared.digest:
        return False
    plan = await store.put(prepared.documents.text)
    inventory = await store.put(prepared.documents.inventory_text)
    schedule = await store.put(json.encode(prepared.schedule, order="deterministic"))
    await store.append(stream, [PlanFrozen(schedule, plan, inventory, by)], now)
    return True


def last_frozen(entries: tuple[Entry, ...]) -> PlanFrozen | None:
    return next(reversed(all_frozen(entries)), None)


async def last_schedule(store: Store, upgrade: str) -> Schedule | None:
    """The schedule that was planned last for this upgrade."""
    frozen = last_frozen(await store.entries(upgrade_stream(upgrade)))
    return None if frozen is None else await schedule_by_digest(store, frozen.schedule)


async def schedule_by_digest(store: Store, digest: str) -> Schedule:
    return json.decode(await store.get(digest), type=Schedule)


async def find_frozen(store: Store, upgrade: str, prefix: str) -> PlanFrozen:
    """By the beginning of its digest. Refused if none or several were planned under it."""
    frozen = {each.schedule: each for each in all_frozen(await store.entries(upgrade_stream(upgrade)))}
    found = sorted(each for each in frozen if each.startswith(prefix.lower()))
    if len(prefix) < SHORTEST_PREFIX:
        raise refuse("digest-too-short", digest=prefix, wanted=SHORTEST_PREFIX)
    if len(found) != 1:
        known = ", ".join(each[:12] for each in found or sorted(frozen)) or "-"
        raise refuse("several-schedules" if found else "no-such-schedule", digest=prefix, known=known)
    return frozen[found[0]]


def all_frozen(entries: tuple[Entry, ...]) -> tuple[PlanFrozen, ...]:
    return tuple(entry.event for entry in entries if isinstance(entry.event, PlanFrozen))


def digest_of_plan(entries: tuple[Entry, ...], plan: str) -> str:
    """The schedule that was planned last from a plan of these bytes; empty if none was."""
    return next((each.schedule for each in reversed(all_frozen(entries)) if each.plan == plan), "")
