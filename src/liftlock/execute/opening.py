"""A run begins: its schedule is kept, its hosts are locked against other runs, the first event says who and what."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import json

from liftlock.decide.expand import fill, variables
from liftlock.execute.world import World
from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.errors import StaleError
from liftlock.model.fold import fold
from liftlock.model.ports import Store
from liftlock.model.reasons import Reason, because
from liftlock.model.schedule import Schedule, Stage, Template

NOTHING: Mapping[str, datetime] = {}
FREE = frozenset({"deadline", "deadline_s", "wait", "timeout", "server", "cut"})  # arguments that do not name the entry


class Refused(Exception):
    """A person's command that the run's state does not allow, with the reason for it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"{reason.code} {reason.fields}")
        self.reason = reason


async def open_run(
    world: World,
    stream: str,
    upgrade_stream: str,
    schedule: Schedule,
    *,
    by: str,
    controller: str,
    approvals: Sequence[ev.Approved] = (),
    since: Mapping[str, datetime] = NOTHING,
) -> None:
    """Open a run of this schedule. `since`: when the journal took in what lead rules count from. Raises Refused if
    another run holds one of its hosts, or if somebody else opened this very run since its name was chosen: nothing is
    left behind."""
    digest = await world.store.put(json.encode(schedule, order="deterministic"))
    if taken := await lock_all(world, stream, sorted(set(names_to_lock(schedule)))):
        name, holder = next(iter(sorted(taken.items())))
        raise Refused(because("locked-by-another-run", name=name, run=holder, more=len(taken) - 1))
    now = world.clock.now()
    opened = ev.RunOpened(schedule.upgrade, digest, by, controller, schedule.program, tuple(approvals), dict(since))
    try:
        await world.store.append(stream, [opened], now, size=0)
    except StaleError:
        raise Refused(because("opened-by-another", run=stream)) from None
    await world.store.append(upgrade_stream, [ev.RunBegan(stream, digest, by)], now)


async def lock_all(world: World, stream: str, names: Sequence[str]) -> dict[str, str]:
    """Lock for this run. A holder that touches no host any more lets go."""
    taken = await world.store.lock(stream, names)
    ghosts = [holder for holder in set(taken.values()) if await is_ghost(world.store, holder)]
    for holder in ghosts:
        await world.store.unlock(holder)
    return await world.store.lock(stream, names) if ghosts else taken


async def is_ghost(store: Store, holder: str) -> bool:
    """A run whose controller died before its first entry, so that it began nothing; or between its last entry and
    giving its locks back."""
    return await store.head(holder) is None or fold(await store.entries(holder)).result is not None


def names_to_lock(schedule: Schedule) -> Iterator[str]:
    """Hosts of lanes, and the load-balancer entries that are drained."""
    for stage in schedule.stages:
        drains = [
            template for template in schedule.recipes[stage.recipe].templates if template.action.kind is Kind.DRAIN
        ]
        for host in stage.hosts:
            yield f"host:{host}"
            for template in drains:
                yield entry_name(schedule, stage, host, template)


def entry_name(schedule: Schedule, stage: Stage, host: str, template: Template) -> str:
    known = variables(schedule, stage.component, host, back=False)
    args = {key: fill(value, known) for key, value in sorted(template.action.args.items()) if key not in FREE}
    server = fill(template.action.args.get("server", host), known)
    return f"entry:{json.encode([template.action.driver, args, server]).decode()}"
