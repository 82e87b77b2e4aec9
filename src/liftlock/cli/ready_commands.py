"""What must be ready before the start: hosts against the plan, as they were last seen, and the checklist."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins
from msgspec.structs import replace

from liftlock.cli.exits import Exit
from liftlock.cli.naming import upgrade_stream
from liftlock.cli.opening import complete, opened, prove
from liftlock.cli.options import Because, Json, Lang, Me, PlanFile, StoreAt, command, commands
from liftlock.cli.plan_commands import speak_plan
from liftlock.cli.prepare import Prepared, as_planned, prepare
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for
from liftlock.cli.settings import person, store_folder
from liftlock.cli.surveys import kept_survey
from liftlock.cli.trouble import refuse
from liftlock.execute.checklist import Answered, lacking, standing, statement
from liftlock.execute.checklist import refuse as refusal_of
from liftlock.model.events import Entry, ItemAnswered
from liftlock.model.findings import Severity
from liftlock.model.plan import Plan
from liftlock.model.readiness import ChecklistItem, Readiness
from liftlock.model.survey import Survey
from liftlock.publish.findings import findings_json
from liftlock.publish.plain import WIDEST, table

app = commands()
COLUMNS = ("item", "state", "area", "text", "person", "time", "note")

ItemId = Annotated[str, typer.Argument(help="The item's id, as the plan has it.", show_default=False)]
Not = Annotated[bool, typer.Option("--not-ready", help="It is not so; say why with --reason.")]
Key = Annotated[Path | None, typer.Option(help="Sign with this private key (OpenSSH's format).", show_default=False)]
Agent = Annotated[bool, typer.Option("--agent", help="Sign through the OpenSSH agent.")]


@command(app, "liftlock ready plan.yaml", "liftlock ready plan.yaml --json")
def ready(plan: PlanFile, store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Show what must be ready: hosts as they were last seen, and who answered which item. Status 1 if any is not."""
    screen = open_screen(lang, as_json)
    prepared, readable = read(screen, plan, store)

    async def work() -> None:
        async with opened(store_folder(store, os.environ, plan), make=True) as journal:
            entries = await journal.entries(upgrade_stream(prepared.upgrade))
        show(screen, prepared, readable, entries, kept_survey(store_folder(store, os.environ, plan), prepared.upgrade))

    complete(work())


def read(screen: Screen, path: Path, store: str) -> tuple[Prepared, Plan]:
    """The plan, in its own language from here on. What keeps it from being read is shown, and ends the command."""
    prepared = prepare(path, drivers_for(screen), survey_of=partial(kept_survey, store_folder(store, os.environ, path)))
    speak_plan(screen, prepared)
    if prepared.plan is None:
        screen.findings(prepared.findings, prepared.sources)
        raise typer.Exit(Exit.FINDINGS)
    return prepared, prepared.plan


def items_of(plan: Plan) -> tuple[ChecklistItem, ...]:
    return (plan.readiness or Readiness()).items


def show(screen: Screen, prepared: Prepared, plan: Plan, entries: tuple[Entry, ...], seen: Survey | None) -> None:
    answered = standing(plan.upgrade, items_of(plan), entries)
    found = as_planned(prepared, seen) if seen is not None else ()
    unseen = seen is None and bool((plan.readiness or Readiness()).expected)
    if screen.as_json:
        told = {"surveyed": seen.at if seen is not None else None, "hosts": findings_json(found, screen.words)}
        screen.data(to_builtins(told | {"checklist": [to_builtins(each) for each in answered]}))
    else:
        screen.say("ui.ready.hosts", at=screen.words.moment(seen.at)) if seen else None
        if unseen:
            screen.warn(screen.words.say("ui.ready.unseen", file=str(prepared.documents.path)))
        screen.findings(found, prepared.sources)
        screen.lines(checklist(screen, answered))
    blocked = any(each.finding.severity is Severity.ERROR for each in found)
    raise typer.Exit(Exit.FINDINGS if blocked or unseen or lacking(answered) else Exit.OK)


def checklist(screen: Screen, answered: list[Answered]) -> list[str]:
    words = screen.words
    rows = [[words.say(f"ui.column.{key}") for key in COLUMNS]]
    for each in answered:
        answer, item = each.answer, each.item
        said = words.reason(each.because) if each.because else (answer.note if answer else "")
        by, at = (answer.by, words.moment(answer.at)) if answer else (", ".join(item.by), "")
        state = words.word("Readiness", each.state)
        rows.append([item.id, state, words.word("ItemArea", item.area), item.item, by, at, said])
    return table(rows, WIDEST) if answered else []


@command(
    app,
    "liftlock tick plan.yaml C1 --as chen.jie",
    "liftlock tick plan.yaml C2 --as chen.jie --key ~/.ssh/id_ed25519",
    "liftlock tick plan.yaml C3 --not-ready -m 'the second power line is not connected'",
)
def tick(
    plan: PlanFile,
    item: ItemId,
    not_ready: Not = False,
    reason: Because = "",
    key: Key = None,
    agent: Agent = False,
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Answer an item of the checklist in your name: it is so, or it is not. The run begins when all are."""
    screen = open_screen(lang, as_json)
    if key and agent:
        raise typer.BadParameter("say one of --key, --agent")
    if not_ready and not reason:
        raise typer.BadParameter("say why with --reason", param_hint="--not-ready")
    by = person(me, os.environ)
    prepared, readable = read(screen, plan, store)
    wanted = next((each for each in items_of(readable) if each.id == item), None)
    if wanted is None:
        raise refuse("no-such-item", item=item, known=", ".join(each.id for each in items_of(readable)) or "-")
    private = key.expanduser() if key else None

    async def work() -> None:
        clock, stream = speak_plan(screen, prepared), upgrade_stream(prepared.upgrade)
        at = clock.now().replace(microsecond=0)
        answer = ItemAnswered(wanted.id, wanted.item, by, "not-ready" if not_ready else "ready", at, reason)
        text = statement(readable.upgrade, wanted, person=by, readiness=answer.readiness, note=reason, at=at)
        answer = replace(answer, signature=await signature_of(text, wanted, by, private, agent=agent))
        if (why := refusal_of(readable.upgrade, wanted, answer, at=at)) is not None:
            raise refuse(why.code, **why.fields)
        async with opened(store_folder(store, os.environ, plan), make=True) as journal:
            await prove(journal, stream)
            await journal.append(stream, [answer], clock.now())
        if screen.as_json:
            screen.data(to_builtins(answer))
        else:
            screen.say("ui.ticked", item=wanted.id, state=screen.words.word("Readiness", answer.readiness), by=by)

    complete(work())


async def signature_of(text: str, item: ChecklistItem, by: str, key: Path | None, *, agent: bool) -> str:
    from liftlock.cli.signing import sign_with_agent, sign_with_file

    if key:
        return sign_with_file(key, text)
    return await sign_with_agent(text, item.keys, by) if agent else ""
