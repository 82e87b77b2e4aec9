"""Bind a person's approval to the digest of exactly what will run."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from liftlock.cli.choosing import choose_upgrade, open_run_of, plan_in
from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import Found
from liftlock.cli.freezing import last_frozen, schedule_by_digest
from liftlock.cli.naming import upgrade_stream
from liftlock.cli.opening import complete, opened, prove
from liftlock.cli.options import Json, Lang, Me, StoreAt, Which, command, commands
from liftlock.cli.prepare import arranged_after, prepare, with_assumptions
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for, speak, title_of
from liftlock.cli.settings import person, store_folder
from liftlock.cli.trouble import refuse
from liftlock.execute.approve import (
    Standing,
    allowed_persons,
    authors,
    may_be_unsigned,
    standing,
    statement,
)
from liftlock.execute.approve import (
    refuse as refusal_of,
)
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.events import ApprovalGiven, Approved, Entry
from liftlock.model.plan import Approval
from liftlock.model.ports import Store
from liftlock.model.schedule import Schedule
from liftlock.publish.paint import Style

app = commands()

Role = Annotated[str, typer.Option(help="The role, where the plan names you in more than one.", show_default=False)]
Key = Annotated[Path | None, typer.Option(help="Sign with this private key (OpenSSH's format).", show_default=False)]
Agent = Annotated[bool, typer.Option("--agent", help="Sign through the OpenSSH agent.")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Without a signature, where the plan allows it.")]


class Planned(Struct, frozen=True):
    """What was planned last for an upgrade, and everything in its stream. `owner`: as far as it is known."""

    upgrade: str
    schedule: Schedule
    digest: str
    owner: str
    entries: tuple[Entry, ...]


@command(
    app,
    "liftlock approve plan.yaml --as zhang.min --role business --key ~/.ssh/id_ed25519",
    "liftlock approve plan.yaml --as chen.jie --agent",
)
def approve(
    which: Which = "",
    role: Role = "",
    key: Key = None,
    agent: Agent = False,
    unsigned: Unsigned = False,
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Approve the schedule that was planned last, in your name and role."""
    screen = open_screen(lang, as_json)
    private = key.expanduser() if key else None
    if bool(key) + agent + unsigned > 1:
        raise typer.BadParameter("say one of --key, --agent, --unsigned")
    by = person(me, os.environ)

    async def work() -> None:
        found = drivers_for(screen)
        place = store_folder(store, os.environ, plan_in(which))
        async with opened(place) as journal:
            planned = await what_was_planned(journal, which, found)
            clock = speak(screen, planned.schedule.language, planned.schedule.zone, found)
            approval = role_of(planned.schedule, by, role)
            approved = await sign(planned, approval, by, clock.now(), key=private, agent=agent, unsigned=unsigned)
            await record(journal, screen, planned, approved, approval, clock)

    complete(work())


async def what_was_planned(store: SqliteStore, which: str, found: Found) -> Planned:
    """Refused if nothing was planned, or if the plan file says something else by now."""
    path = plan_in(which)
    upgrade = await choose_upgrade(store, which, title_of(path, found.drivers) if path else "")
    await prove(store, upgrade_stream(upgrade))
    entries = await store.entries(upgrade_stream(upgrade))
    frozen = last_frozen(entries)
    if frozen is None:
        raise refuse("nothing-planned", upgrade=upgrade)
    schedule, owner = await schedule_by_digest(store, frozen.schedule), ""
    if path is not None:
        running = await open_run_of(store, upgrade)
        prepared = prepare(path, found)
        prepared = prepared if running is None else arranged_after(prepared, running.schedule)
        prepared = with_assumptions(prepared, schedule)
        if prepared.digest != frozen.schedule:
            raise refuse("plan-changed", planned=frozen.schedule[:12], now=prepared.digest[:12] or "-", file=which)
        owner = prepared.plan.owner if prepared.plan is not None else ""
    return Planned(upgrade, schedule, frozen.schedule, owner, entries)


def role_of(schedule: Schedule, by: str, role: str) -> Approval:
    """The role in which this person approves. Refused if the plan names them in none, or in several."""
    mine = [each for each in schedule.approvals if by in allowed_persons(each) and role in ("", each.role)]
    if len(mine) == 1:
        return mine[0]
    roles = ", ".join(each.role if mine else named(each) for each in (mine or schedule.approvals)) or "-"
    raise refuse("several-roles" if mine else "not-an-approver", by=by, roles=roles)


def named(approval: Approval) -> str:
    """A role with who may approve in it: `business (zhang.min)`."""
    return f"{approval.role} ({', '.join(allowed_persons(approval))})"


async def sign(
    planned: Planned, approval: Approval, by: str, at: datetime, *, key: Path | None, agent: bool, unsigned: bool
) -> Approved:
    at = at.replace(microsecond=0)
    text = statement(planned.schedule, planned.digest, role=approval.role, person=by, at=at)
    approved = Approved(planned.digest, by, approval.role, at, text)
    if unsigned or (not key and not agent and may_be_unsigned(planned.schedule, approval)):
        return approved
    from liftlock.cli.signing import sign_with_agent, sign_with_file

    if key:
        return replace(approved, signature=sign_with_file(key, text))
    return replace(approved, signature=await sign_with_agent(text, approval.keys, by))


async def record(
    store: Store, screen: Screen, planned: Planned, approved: Approved, approval: Approval, clock: SystemClock
) -> None:
    """Verified before it is written, so that no word is recorded that would not count."""
    now, makers = clock.now(), authors(planned.entries, planned.digest, planned.owner)
    before = standing(planned.schedule, planned.digest, planned.entries, owner=planned.owner)
    taken = {each.approved.by for each in before if each.approved and each.role != approval.role}
    why = refusal_of(planned.schedule, planned.digest, approval, approved, at=now, makers=makers, taken=taken)
    if why is not None:
        raise refuse(why.code, **why.fields)
    stream = upgrade_stream(planned.upgrade)
    added = await store.append(stream, [ApprovalGiven(approved)], now)
    found = standing(planned.schedule, planned.digest, (*planned.entries, *added), owner=planned.owner)
    if screen.as_json:
        screen.data({"approved": to_builtins(approved), "standing": [to_builtins(each) for each in found]})
        return
    screen.say("ui.approved", by=approved.by, role=approved.role, digest=planned.digest)
    show_standing(screen, found)


def show_standing(screen: Screen, found: list[Standing]) -> None:
    """Each role, and whether somebody's word stands for it."""
    words = screen.words
    for each in found:
        style: Style = "good" if each.state == "approved" else "warn"
        said = words.say("ui.approved_by", by=each.approved.by) if each.approved else ""
        why = words.reason(each.because) if each.because else said
        screen.text(f"  {screen.paint(style, words.word('Standing', each.state))}  {each.role}: {why}")
