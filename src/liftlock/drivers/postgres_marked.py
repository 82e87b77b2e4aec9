"""Steps that run a person's SQL once in a PostgreSQL database: up, down, or kept as it is; whatever calls them so.

Rule: the mark of a step lies in the database, in the transaction that did its work. The probe waits until nothing of
the step is at work there any more, then reads it.
"""

from typing import Any

from liftlock.drivers.migrations import alone
from liftlock.drivers.postgres import KINDS, postgres_script
from liftlock.drivers.postgres_facts import facts_script, read_facts
from liftlock.drivers.sql import Unreadable
from liftlock.drivers.technology import Technology, read_script, split_facts
from liftlock.model.actions import Action, Context, Evidence, Exited, Failure, FailureKind, Outcome, Preview, Script

LITERAL = ("text", "files")
PARTS = ("postgres-mark", "postgres-index", "postgres-attempt")
FAILURES = KINDS | {"busy": FailureKind.TRANSIENT, "unmarked": FailureKind.UNHEALTHY, "state": FailureKind.TRANSIENT}


class MarkedDriver(Technology):
    """`way` of an action: up, down, keep; without one it reads the server's facts."""

    def operate(self, action: Action, context: Context) -> Script:
        if "facts" in action.args:
            return facts_script(action, context)
        match action.args["way"]:
            case "down":
                parts: tuple[str, ...] = (*PARTS, "postgres-migrate-undo")
            case "keep":
                return look(action, context, wait_s=0)
            case _:
                parts = (*PARTS, "postgres-migrate")
        return postgres_script(action, context, parts, known(action, context))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        if "facts" in action.args:
            return read_facts(self.manifest.name, action, outcome, FAILURES)
        found = read_script(self.manifest.name, outcome, FAILURES)
        if isinstance(found, Evidence) and action.args.get("way") == "keep":
            return Evidence({"kept": found.facts["mark"], "name": action.args["name"]}, found.output)
        return found

    def probe(self, action: Action, context: Context) -> Script | None:
        return look(action, context, wait_s=60) if "way" in action.args else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if "running" in facts:
            return None
        ours, name = facts["ours"] == "yes", action.args["name"]
        match action.args["way"]:
            case "keep":
                return Evidence({"kept": facts["mark"], "name": name})
            case "down":
                done = not ours
            case _:
                made = facts["mark"] == "done" or (facts["mark"] == "begun" and seen(action, facts))
                done = made and facts["checksum"] == action.args["checksum"]
        if not done:
            return Failure(FailureKind.INTERRUPTED, f"{self.manifest.name}.not_done", {"file": name})
        return Evidence({"name": name, "applied": facts["ours"], "looked_at": "yes"})

    def preview(self, action: Action, context: Context) -> Script | None:
        return facts_script(action, context) if "facts" in action.args else look(action, context, wait_s=0)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if "facts" in action.args:
            return shown_facts(read_facts(self.manifest.name, action, outcome, FAILURES))
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts, name = split_facts(outcome.output)[0], action.args["name"]
        done = facts["mark"] == "done" and facts["checksum"] == action.args["checksum"]
        state = "applied" if done else "changed since it was applied" if facts["mark"] == "done" else "to be applied"
        return Preview(not done, f"{name} ({action.args['class']}): {state}")


def known(action: Action, context: Context) -> dict[str, str]:
    args = action.args
    told = {name: str(args[name]) for name in ("text", "class", "checksum", "role", "lock", "statement", "version")}
    told |= {"attempts": str(args["attempts"]), "pause": str(args["pause"]), "crc": args["flyway"]}
    told["repeatable"] = "true" if args["repeatable"] else "false"
    told["title"] = args["name"].partition("__")[2].removesuffix(".sql").replace("_", " ")
    return told | marked(action, context) | special(args["text"])


def marked(action: Action, context: Context) -> dict[str, str]:
    return {"database": action.args["database"], "component": context.component, "name": action.args["name"]}


def special(text: str) -> dict[str, str]:
    """What a script must know of SQL that cannot run in a transaction; empty for all other."""
    try:
        found = alone(text)
    except Unreadable:
        found = None
    if found is None:
        return {"what": "", "index": "", "table": ""}
    return {"what": found.what, "index": found.index, "table": found.table}


def seen(action: Action, facts: dict[str, Any]) -> bool:
    """Is the effect there of what could not be marked in the same transaction?"""
    wanted = {"create": "valid", "drop": "none"}.get(special(action.args["text"])["what"], "")
    return bool(wanted) and wanted == facts["index"]


def look(action: Action, context: Context, *, wait_s: int) -> Script:
    told = marked(action, context) | special(action.args["text"]) | {"wait": str(wait_s)}
    return postgres_script(action, context, ("postgres-mark", "postgres-index", "postgres-migrate-look"), told)


def shown_facts(found: Evidence | Failure) -> Preview:
    if isinstance(found, Failure):
        return Preview(False, f"not ready: {found.code} {found.fields}")
    return Preview(False, "\n".join(f"{name}: {value}" for name, value in sorted(found.facts.items())))


def milliseconds(duration_s: float) -> str:
    return f"{round(duration_s * 1000)}ms"
