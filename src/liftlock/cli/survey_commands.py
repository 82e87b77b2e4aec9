"""Look at a plan's hosts: what they are, and whether they are ready."""

import os

import typer
from msgspec import to_builtins

from liftlock.cli.exits import Exit
from liftlock.cli.opening import complete
from liftlock.cli.options import Json, Lang, PlanFile, StoreAt, command, commands
from liftlock.cli.plan_commands import schedule_or_exit, speak_plan
from liftlock.cli.prepare import Prepared, expectations_of, inquiries_of, prepare, ready
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.secrets import LocalSecrets
from liftlock.cli.session import drivers_for
from liftlock.cli.settings import store_folder
from liftlock.cli.surveys import keep_survey
from liftlock.execute.questions import questions_of
from liftlock.execute.survey import survey as ask_all
from liftlock.hosts.reach import Reach
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.findings import Located, Severity
from liftlock.model.ports import Clock, Hosts, Secrets
from liftlock.model.schedule import Schedule
from liftlock.model.survey import HostSurvey, Survey
from liftlock.publish.findings import findings_json
from liftlock.publish.plain import WIDEST, cells, table, wrap
from liftlock.publish.words import Words

app = commands()
COLUMNS = ("os", "kernel", "cpus", "memory_mb", "disk_free_mb", "zone")
PROGRESS_FROM = 20  # hosts: fewer are looked at before anybody wonders


@command(app, "liftlock survey plan.yaml", "liftlock survey plan.yaml --json > survey.json")
def survey(plan: PlanFile, store: StoreAt = "", lang: Lang = "", as_json: Json = False) -> None:
    """Look at the plan's hosts in parallel, changing nothing. What is seen is what the next plan assumes.

    Status 1 if a host is not ready.
    """
    screen = open_screen(lang, as_json)
    prepared = prepare(plan, drivers_for(screen))
    schedule = schedule_or_exit(screen, prepared)
    clock = speak_plan(screen, prepared)
    secrets = LocalSecrets(os.environ, plan.resolve().parent)
    seen = complete(look_once(screen, prepared, schedule, secrets, clock))
    keep_survey(store_folder(store, os.environ, plan), prepared.upgrade, seen)
    found = ready(prepared, seen)
    show(screen, seen, found, prepared.sources)
    blocked = any(each.finding.severity is Severity.ERROR for each in found)
    raise typer.Exit(Exit.FINDINGS if blocked else Exit.OK)


async def look_once(screen: Screen, prepared: Prepared, schedule: Schedule, secrets: Secrets, clock: Clock) -> Survey:
    reach = Reach(schedule.hosts, clock, seed=os.getpid())
    try:
        return await look(screen, reach, prepared, schedule, secrets, clock)
    finally:
        await reach.close()


async def look(
    screen: Screen, hosts: Hosts, prepared: Prepared, schedule: Schedule, secrets: Secrets, clock: Clock
) -> Survey:
    """Ask every host what the schedule and the plan make worth asking."""

    def progress(answer: HostSurvey, done: int, total: int) -> None:
        if total >= PROGRESS_FROM and (done == total or done % max(1, total // 10) == 0):
            screen.warn(screen.words.say("ui.survey.progress", done=done, total=total))

    questions = questions_of(schedule, inquiries_of(prepared), expectations_of(prepared))
    return await ask_all(hosts, questions, prepared.found.drivers, secrets, at=clock.now(), progress=progress)


# --- what is shown -----------------------------------------------------------------------------------------


def show(screen: Screen, seen: Survey, found: tuple[Located, ...], sources: dict[str, str]) -> None:
    if screen.as_json:
        screen.data({**to_builtins(seen), "readiness": findings_json(found, screen.words)})
        return
    words = screen.words
    head = [words.say(f"ui.survey.{name}") for name in ("host", *COLUMNS, "skew", "rest")]
    rows = [row(screen, each) for each in seen.hosts.values()]
    top, *body = rows_of(head, rows, screen.width)
    screen.lines([screen.paint("dim", top), *body])
    screen.findings(found, sources)


def rows_of(head: list[str], rows: list[list[str]], width: int) -> list[str]:
    """Nothing that a host said is cut: what does not fit beside the columns stands below them, columns too."""
    beside = table([head, *rows], WIDEST)
    if max(map(cells, beside)) <= width:
        return beside
    last = len(head) - 1
    kept = next((n for n in range(last, 2, -1) if is_within([head, *rows], n, width)), 2)
    lines = table([each[:kept] for each in [head, *rows]], WIDEST)
    told = [lines[0]]
    for line, each in zip(lines[1:], rows, strict=True):
        more = [f"{head[i]} {each[i]}" for i in range(kept, last) if each[i] != "-"]
        below = "  ".join(filter(None, [*more, each[-1]]))
        told += [line, *(wrap(f"  {below}", width, "  ") if below else ())]
    return told


def is_within(rows: list[list[str]], columns: int, width: int) -> bool:
    return max(map(cells, table([each[:columns] for each in rows], WIDEST))) <= width


def row(screen: Screen, seen: HostSurvey) -> list[str]:
    """One host; what it said beyond the columns comes last."""
    words = screen.words
    if not seen.reachable:
        error = WorldError(WorldKind(seen.kind or WorldKind.UNREACHABLE.value), seen.problem, **seen.fields)
        problem = words.world(error)
        return [seen.host, *["-"] * (len(COLUMNS) + 1), words.say("ui.survey.unreachable", why=problem)]
    system = " ".join(filter(None, (seen.facts.get("os", ""), seen.facts.get("os_version", ""))))
    facts = {**seen.facts, "os": system}
    rest = [f"{key}={value}" for key, value in sorted(seen.facts.items()) if is_told(key)]
    cells = [shown(words, name, facts.get(name, "")) for name in COLUMNS]
    return [
        seen.host,
        *cells,
        words.value("skew_s", seen.clock_skew_s),
        words.value("", ", ".join(rest) or seen.problem),
    ]


def is_told(key: str) -> bool:
    """What a plan made worth asking: services, ports, versions, and what a component is on the host."""
    return ":" in key or "." in key


def shown(words: Words, name: str, text: str) -> str:
    """Sizes as a person reads them."""
    number = name.endswith("_mb") and text.isdigit()
    return words.value(name, int(text)) if number else words.value("", text or "-")
