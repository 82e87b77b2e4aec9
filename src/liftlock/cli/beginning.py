"""A new run begins: its schedule is approved, its hosts are ready, and nobody else has them."""

from datetime import datetime
from pathlib import Path

import typer
from msgspec import Struct

from liftlock.cli.approve_commands import show_standing
from liftlock.cli.choosing import Chosen, load_run, next_run
from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import Found
from liftlock.cli.exits import Exit
from liftlock.cli.freezing import freeze, last_frozen, schedule_by_digest
from liftlock.cli.naming import is_run, runs_of, upgrade_stream
from liftlock.cli.opening import prove
from liftlock.cli.plan_commands import schedule_or_exit, speak_plan
from liftlock.cli.prepare import Prepared, arranged_after, prepare, ready, with_assumptions
from liftlock.cli.revision import differences
from liftlock.cli.screen import Screen
from liftlock.cli.survey_commands import look
from liftlock.cli.trouble import refuse
from liftlock.decide.amend import lanes_begun
from liftlock.decide.binding import held_at_first
from liftlock.execute.approve import Standing, counting, missing, since_of, standing
from liftlock.execute.checklist import lacking
from liftlock.execute.checklist import standing as items_standing
from liftlock.execute.opening import Refused, is_ghost, names_to_lock, open_run
from liftlock.execute.world import World
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.events import ApprovalGiven, Approved, Entry, RunOpened, RunResult
from liftlock.model.findings import Severity
from liftlock.model.ports import Store
from liftlock.model.schedule import Schedule


class ApprovedPlan(Struct, frozen=True):
    """A schedule that may run now, and the words that stand behind it."""

    prepared: Prepared
    run: str  # the name chosen before the upgrade's runs were looked at: one begun since then has taken it
    schedule: Schedule
    approvals: tuple[Approved, ...]
    clock: SystemClock
    since: dict[str, datetime] = {}  # what lead rules count from


async def approved_plan(
    screen: Screen, store: SqliteStore, found: Found, path: Path, by: str, *, amends: Chosen | None = None
) -> ApprovedPlan:
    """Refused if findings block, if an approval is missing (with what changed since one was given), or if a lead rule
    does not let it begin yet.

    `amends`: the run that is to be amended; its hosts keep their waves.
    """
    prepared = prepare(path, found)
    clock = speak_plan(screen, prepared)
    schedule_or_exit(screen, prepared)
    previous, begun = (None, ()) if amends is None else (amends.schedule, lanes_begun(amends.run))
    prepared = prepared if previous is None else arranged_after(prepared, previous, begun)
    await prove(store, upgrade_stream(prepared.upgrade))
    entries = await store.entries(upgrade_stream(prepared.upgrade))
    frozen = last_frozen(entries)
    if frozen is not None:
        prepared = with_assumptions(prepared, await schedule_by_digest(store, frozen.schedule), previous, begun)
    schedule = schedule_or_exit(screen, prepared)
    words = standing(schedule, prepared.digest, entries, owner=prepared.plan.owner if prepared.plan else "")
    if lacking := missing(words):
        await show_lack(screen, store, schedule, entries, words)
        roles = ", ".join(each.role for each in lacking)
        raise refuse("not-approved", roles=roles, digest=prepared.digest[:12], file=str(path))
    if not begun:
        refuse_if_unready(prepared, entries)
    run = await next_run(store, prepared.upgrade)
    await refuse_if_done(store, prepared)
    await freeze(store, prepared, by, clock.now())
    since = since_of(words, prepared.digest, entries)
    if amends is None and (held := held_at_first(schedule, since, clock.now())):
        raise Refused(held.because)
    return ApprovedPlan(prepared, run, schedule, counting(words), clock, since)


def refuse_if_unready(prepared: Prepared, entries: tuple[Entry, ...]) -> None:
    """Every item of the checklist is answered, by somebody who may, and the answer is yes. It is asked before something
    begins: what has begun can be amended whatever has come of the items since."""
    if prepared.plan is None or prepared.plan.readiness is None:
        return
    found = lacking(items_standing(prepared.plan.upgrade, prepared.plan.readiness.items, entries))
    if found:
        items = ", ".join(each.item.id for each in found)
        raise refuse("items-not-ready", items=items, file=str(prepared.documents.path))


async def refuse_if_done(store: SqliteStore, prepared: Prepared) -> None:
    """What this very schedule has upgraded is not upgraded once more."""
    runs = runs_of(prepared.upgrade, await store.streams(upgrade_stream(prepared.upgrade)))
    if not runs:
        return
    last = await load_run(store, runs[-1])
    if last.run.result is RunResult.UPGRADED and last.run.schedule == prepared.digest:
        raise refuse("run-is-closed", run=last.name, result=last.run.result.value)


async def show_lack(
    screen: Screen, store: Store, schedule: Schedule, entries: tuple[Entry, ...], words: list[Standing]
) -> None:
    """Which words are missing; and if others were given for another schedule, what changed since."""
    if screen.as_json:
        return
    show_standing(screen, words)
    given = [entry.event.approved.digest for entry in entries if isinstance(entry.event, ApprovalGiven)]
    if given and any(each.state == "void" for each in words):
        screen.say("ui.changed_since_approval")
        screen.text(differences(screen, await schedule_by_digest(store, given[-1]), schedule))


async def refuse_if_locked(store: Store, schedule: Schedule) -> None:
    """Another run has one of the hosts: said before anybody is asked anything. Opening the run locks them."""
    wanted = set(names_to_lock(schedule))
    for stream in await store.streams("u-"):
        held = wanted.intersection(await store.locked(stream)) if is_run(stream) else set()
        if held and not await is_ghost(store, stream):
            raise refuse("locked-by-another-run", name=min(held), run=stream, more=len(held) - 1)


async def be_ready(screen: Screen, world: World, approved: ApprovedPlan) -> None:
    """The hosts are looked at once more immediately before the start; what blocks is shown, and ends the command."""
    await refuse_if_locked(world.store, approved.schedule)
    seen = await look(screen, world.hosts, approved.prepared, approved.schedule, world.secrets, world.clock)
    found = ready(approved.prepared, seen)
    if any(each.finding.severity is Severity.ERROR for each in found):
        screen.findings(found, approved.prepared.sources)
        raise typer.Exit(Exit.FINDINGS)


async def begin(world: World, store: SqliteStore, approved: ApprovedPlan, by: str, controller: str) -> Chosen:
    """Open the run. Refused if another run holds one of its hosts, or began since this one was prepared."""
    upgrade = upgrade_stream(approved.prepared.upgrade)
    await open_run(
        world,
        approved.run,
        upgrade,
        approved.schedule,
        by=by,
        controller=controller,
        approvals=approved.approvals,
        since=approved.since,
    )
    chosen = await load_run(store, approved.run)
    opened = chosen.entries[0].event
    if isinstance(opened, RunOpened):
        await world.notifier.tell("start", opened)
    return chosen
