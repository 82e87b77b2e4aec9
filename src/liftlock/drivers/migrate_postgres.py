"""Migrations of a PostgreSQL database: one step a file, each applied once, together with its mark.

Rules: a file's class decides its way back: `reversible` has a down script, `expand` stays (the old version works with
it), `contract` and `irreversible` are points of no return, `restore-only` needs the backup. The mark is in the
database, in liftlock.migrations, in the transaction of the file's SQL, so that nobody need guess whether it ran.
"""

import re
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from liftlock.drivers.migration_words import ADVICE, WORDS
from liftlock.drivers.migrations import (
    Declared,
    Migration,
    between,
    class_of,
    faults,
    flyway_checksum,
    from_files,
    from_flyway,
    from_folder,
)
from liftlock.drivers.postgres import Server, postgres_script, server_args, server_complaints
from liftlock.drivers.postgres_facts import inquiry
from liftlock.drivers.postgres_marked import FAILURES, LITERAL, MarkedDriver, milliseconds, special
from liftlock.drivers.technology import VERSION, Complaints, pinned, read_script, words
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Failure,
    Irreversible,
    Kind,
    Outcome,
    Preview,
    Restorable,
    Reversal,
    Reversible,
    Script,
    Traits,
)
from liftlock.model.part import Duration, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "migrate.postgres"
STEPS_MAX = 60
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*", re.ASCII)
NO_RETURN = ("contract", "irreversible")


class Migrate(Server, frozen=True):
    postgres: Text
    files: tuple[Text, ...] = ()
    folder: str = ""
    flyway: str = ""
    after: str = ""
    until: str = ""
    only: Literal["", "expand", "contract"] = ""
    classes: dict[str, str] = {}
    role: str = ""
    lock_timeout_s: Annotated[float, Meta(gt=0, extra={"form": "duration"})] = field(default=5.0, name="lock_timeout")
    lock_attempts: Annotated[int, Meta(ge=1, le=1000)] = 10
    lock_pause_s: Duration = field(default=10.0, name="lock_pause")
    statement_timeout_s: Duration = field(default=600.0, name="statement_timeout")
    dry_run: bool = False
    long_transaction_s: Annotated[float, Meta(gt=0, extra={"form": "duration"})] = field(
        default=300.0, name="long_transaction"
    )


class MigrateDriver(MarkedDriver):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=Migrate,
        summary={
            "en": "Applies SQL migrations to a PostgreSQL database, each once, by class, with its mark in the database",
            "zh": "对 PostgreSQL 数据库执行 SQL 迁移：按类别、每个文件只执行一次，标记写在库内",
        },
        texts=("files",),
        folders=("folder", "flyway"),
        words=words(NAME, WORDS),
        advice=tuple(f"{NAME}.{code}" for code in ADVICE),
        example="- migrate: {postgres: orders, flyway: db/migration, after: '1.0', role: orders_owner, dry_run: true}",
    )

    def expand(self, item: Migrate, setting: Setting) -> tuple[Template, ...]:
        found = chosen(item, setting)
        steps = [template_of(item, one) for one in found]
        if not found:
            return ()
        ready = inquiry(NAME, item, pinned(item.postgres), limit_s=item.long_transaction_s)
        return (ready, dry_run(item, found), *steps) if item.dry_run else (ready, *steps)

    def inquire(self, item: Migrate, setting: Setting) -> Template | None:
        return inquiry(NAME, item, pinned(item.postgres))

    def complain(self, item: Migrate, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        if sum(map(bool, (item.files, item.folder, item.flyway))) != 1:
            found += ((f"{NAME}.one_of", {}),)
        every, wanted = every_file(item, setting), chosen(item, setting)
        known = {name for one in every for name in (one.name, one.version)}
        found += tuple(
            (f"{NAME}.bound", {"name": name}) for name in (item.after, item.until) if name and name not in known
        )
        found += tuple((f"{NAME}.class", {"file": name}) for name in wrong_classes(item, every))
        found += tuple((f"{NAME}.name", {"file": one.name}) for one in every if not SAFE.fullmatch(one.name))
        found += tuple((f"{NAME}.twice", {"file": name}) for name in twice([one.name for one in every]))
        found += tuple((f"{NAME}.twice", {"file": f"V{name}"}) for name in twice([one.version for one in every]))
        if not wanted and setting.texts:
            found += ((f"{NAME}.nothing", {}),)
        if len(wanted) > STEPS_MAX:
            found += ((f"{NAME}.many", {"files": len(wanted), "limit": STEPS_MAX}),)
        wrong = [fault for one in wanted for fault in faults(one, item.classes)]
        return found + tuple((f"{NAME}.{code}", fields) for code, fields in wrong)

    def operate(self, action: Action, context: Context) -> Script:
        return dry_script(action, context) if "files" in action.args else super().operate(action, context)

    def preview(self, action: Action, context: Context) -> Script | None:
        return dry_script(action, context) if "files" in action.args else super().preview(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if "files" in action.args:
            return shown_dry(read_script(NAME, outcome, FAILURES))
        return super().show(action, context, outcome)


# --- from the plan to steps --------------------------------------------------------------------------------


def every_file(item: Migrate, setting: Setting) -> tuple[Migration, ...]:
    if item.flyway:
        return from_flyway(item.flyway, setting.texts)
    return from_folder(item.folder, setting.texts) if item.folder else from_files(item.files, setting.texts)


def chosen(item: Migrate, setting: Setting) -> tuple[Migration, ...]:
    """The files between `after` and `until`, of the phase that is asked for."""
    found = between(every_file(item, setting), item.after, item.until)
    if not item.only:
        return found
    return tuple(one for one in found if (class_of(one, item.classes).class_ in NO_RETURN) == (item.only == "contract"))


def wrong_classes(item: Migrate, every: tuple[Migration, ...]) -> list[str]:
    names = {one.name for one in every}
    return [
        name
        for name in item.classes
        if name not in names or not class_of(Migration(name, ""), {name: item.classes[name]}).class_
    ]


def twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if name and names.count(name) > 1})


def template_of(item: Migrate, one: Migration) -> Template:
    said = class_of(one, item.classes)
    args = args_of(item, one, one.text) | {"class": said.class_, "way": "up"}
    traits = Traits(writes=True, stateful=True, reversal=reversal_of(said))
    waits_s = item.lock_attempts * (item.lock_timeout_s + item.lock_pause_s)
    return Template(
        f"migrate-{verb_of(one.name)}",
        Action(Kind.MIGRATE, NAME, args, traits, LITERAL),
        undo_of(item, one, said),
        timeout_s=1800.0 + waits_s,
        estimate_s=10.0,
    )


def verb_of(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", name.removesuffix(".sql"))[:40].strip("-") or "file"


def reversal_of(said: Declared) -> Reversal:
    match said.class_:
        case "restore-only":
            return Restorable()
        case "contract":
            return Irreversible(said.because or "contract: the old version needs what this takes away")
        case "irreversible":
            return Irreversible(said.because)
    return Reversible()


def undo_of(item: Migrate, one: Migration, said: Declared) -> Action | None:
    if said.class_ == "reversible":
        args = args_of(item, one, one.down or "") | {"class": said.class_, "way": "down"}
        return Action(Kind.MIGRATE, NAME, args, Traits(writes=True), LITERAL)
    if said.class_ == "expand":
        args = args_of(item, one, "") | {"class": said.class_, "way": "keep"}
        return Action(Kind.MIGRATE, NAME, args, Traits(), LITERAL)
    return None


def args_of(item: Migrate, one: Migration, text: str) -> dict[str, Any]:
    return {
        **server_args(item),
        "database": pinned(item.postgres),
        "name": one.name,
        "text": text,
        "checksum": one.checksum,
        "version": one.version,
        "flyway": str(flyway_checksum(one.text)) if item.flyway else "",
        "repeatable": one.repeatable,
        "role": item.role,
        "lock": milliseconds(item.lock_timeout_s),
        "statement": milliseconds(item.statement_timeout_s),
        "attempts": item.lock_attempts,
        "pause": max(1, round(item.lock_pause_s)),
    }


def dry_run(item: Migrate, found: tuple[Migration, ...]) -> Template:
    files = [
        {"name": one.name, "text": one.text, "checksum": one.checksum, "repeatable": one.repeatable} for one in found
    ]
    args = {
        **server_args(item),
        "database": pinned(item.postgres),
        "files": files,
        "role": item.role,
        "lock": milliseconds(min(1.0, item.lock_timeout_s)),
        "statement": milliseconds(item.statement_timeout_s),
    }
    return Template(
        "dry-run", Action(Kind.PRECHECK, NAME, args, literal=LITERAL), timeout_s=1800.0, estimate_s=10.0, way="up"
    )


# --- the dry run ------------------------------------------------------------------------------------------


def dry_script(action: Action, context: Context) -> Script:
    args, told = action.args, {"component": context.component, "name": "-"}
    for place, one in enumerate(args["files"]):
        told |= {f"{name}_{place}": one[name] for name in ("name", "text", "checksum")}
        told |= {f"what_{place}": special(one["text"])["what"]}
        told |= {f"repeatable_{place}": "true" if one["repeatable"] else "false"}
    told |= {name: args[name] for name in ("database", "role", "lock", "statement")} | {
        "count": str(len(args["files"]))
    }
    return postgres_script(action, context, ("postgres-mark", "postgres-dry-run"), told)


def shown_dry(found: Evidence | Failure) -> Preview:
    if isinstance(found, Failure):
        return Preview(
            True, f"the dry run fails: {found.code} {found.fields.get('message', '')}\n{found.output}".strip()
        )
    facts = found.facts
    lines = [f"rolled back after {facts['held_ms']} ms: {facts['pending'] or 'nothing to apply'}"]
    lines += [f"locks held until the end: {facts['locks'].strip()}"] if facts["locks"].strip() else []
    lines += [f"not tried, cannot be rolled back: {facts['not_possible']}"] if facts["not_possible"] else []
    return Preview(bool(facts["pending"] or facts["not_possible"]), "\n".join(lines))


DRIVERS: tuple[Driver, ...] = (MigrateDriver(),)
