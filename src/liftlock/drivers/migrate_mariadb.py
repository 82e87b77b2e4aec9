"""Migrations of a MariaDB or MySQL database: one step a file, and within it a mark for each statement.

Rules: a statement that changes rows commits together with its mark; one that changes the schema commits by itself, so
that its mark says `begun` with a digest of the schema before it: what was interrupted is known by whether the schema is
still that. What ran does not run again, also after half a file. A file's class decides its way back, as in PostgreSQL.
"""

import re
from hashlib import sha256
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from liftlock.drivers import mariadb
from liftlock.drivers.mariadb import Server, mariadb_script, server_args, server_complaints
from liftlock.drivers.migrate_postgres import NO_RETURN, SAFE, STEPS_MAX, reversal_of, twice, verb_of
from liftlock.drivers.migration_words import RISKS
from liftlock.drivers.migration_words import WORDS as POSTGRES_WORDS
from liftlock.drivers.migrations import (
    CLASSES,
    DECLARED,
    PLAIN,
    Declared,
    Migration,
    between,
    followed,
    from_files,
    from_folder,
    judged,
)
from liftlock.drivers.sql import Statement, Unreadable
from liftlock.drivers.sql_mariadb import effects, is_rows, statements, tokens
from liftlock.drivers.technology import VERSION, Complaints, Technology, pinned, read_script, split_facts, words
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Outcome,
    Preview,
    Script,
    Traits,
)
from liftlock.model.part import Duration, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "migrate.mariadb"
LITERAL = ("text", "files")
STATEMENTS_MAX = 500
NOT_ITS_OWN = re.compile(
    r"(BEGIN\b(?! NOT)|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|LOCK TABLES?|UNLOCK|XA|USE|SET .*AUTOCOMMIT)\b"
)
IMPORTS = re.compile(r"LOAD (DATA|XML)\b")
KINDS = mariadb.KINDS | {"busy": FailureKind.TRANSIENT, "unmarked": FailureKind.UNHEALTHY}
SHARED = (
    *("class", "name", "twice", "bound", "nothing", "many", "unreadable", "copies", "undeclared", "expand_breaks"),
    *("expand_overwrites", "no_down", "reversible_loses", "no_because", "not_done"),
)
WORDS = {
    **mariadb.WORDS,
    **{code: POSTGRES_WORDS[code] for code in (*SHARED, *(f"risk_{risk}" for risk in RISKS))},
    "one_of": ("Say exactly one of files and folder", "files、folder 须写且只写一个"),
    "client": (
        "{file}, line {line}: the client's own commands and version comments cannot be used: {text}",
        "{file} 第 {line} 行：不能使用客户端命令或版本注释：{text}",
    ),
    "transaction": (
        "{file}, line {line}: leave transactions, LOCK TABLES and USE out; each statement is committed with its mark",
        "{file} 第 {line} 行：请去掉事务语句、LOCK TABLES 与 USE；每条语句与其标记一同提交",
    ),
    "risk_index_blocks": (
        "{file}, line {line}: creates an index; on a large table say `ALGORITHM=INPLACE LOCK=NONE`, so that it is "
        "refused rather than that writers wait",
        "{file} 第 {line} 行：建索引；大表请写明 `ALGORITHM=INPLACE LOCK=NONE`，无法在线执行时会被拒绝而不是阻塞写入",
    ),
    "busy": (
        "An earlier attempt is still at work in the database: look at the lock {lock} and SHOW PROCESSLIST",
        "之前的尝试仍在数据库中执行：请查看锁 {lock} 和 SHOW PROCESSLIST",
    ),
    "changed": (
        "{file}: statement {place} was applied before with another text; write a new migration instead",
        "{file}：第 {place} 条语句此前以其他内容执行过；请另写新的迁移",
    ),
    "unmarked": (
        "The statements ran, but their marks do not say so; look at liftlock_migrations",
        "语句已执行，但标记不符；请查看 liftlock_migrations",
    ),
}


class Migrate(Server, frozen=True, kw_only=True):
    mariadb: Text
    files: tuple[Text, ...] = ()
    folder: str = ""
    after: str = ""
    until: str = ""
    only: Literal["", "expand", "contract"] = ""
    classes: dict[str, str] = {}
    lock_timeout_s: Annotated[float, Meta(ge=1, extra={"form": "duration"})] = field(default=5.0, name="lock_timeout")
    lock_attempts: Annotated[int, Meta(ge=1, le=1000)] = 10
    lock_pause_s: Duration = field(default=10.0, name="lock_pause")
    statement_timeout_s: Duration = field(default=600.0, name="statement_timeout")


class MigrateDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=Migrate,
        summary={
            "en": "Applies SQL migrations to a MariaDB or MySQL database, each statement once, with its mark",
            "zh": "对 MariaDB 或 MySQL 数据库执行 SQL 迁移：每条语句只执行一次，并留下标记",
        },
        texts=("files",),
        folders=("folder",),
        words=words(NAME, WORDS),
        advice=tuple(f"{NAME}.{code}" for code in (*(f"risk_{risk}" for risk in RISKS), "expand_overwrites")),
        example="- migrate: {mariadb: orders, folder: db/migration, after: 003-items.sql, only: expand}",
    )

    def expand(self, item: Migrate, setting: Setting) -> tuple[Template, ...]:
        return tuple(template_of(item, one) for one in chosen(item, setting))

    def complain(self, item: Migrate, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        if sum(map(bool, (item.files, item.folder))) != 1:
            found += ((f"{NAME}.one_of", {}),)
        every, wanted = every_file(item, setting), chosen(item, setting)
        names = [one.name for one in every]
        bounds = [name for name in (item.after, item.until) if name and name not in names]
        found += tuple((f"{NAME}.bound", {"name": name}) for name in bounds)
        wrong = [name for name, said in item.classes.items() if name not in names or not PLAIN.fullmatch(said)]
        found += tuple((f"{NAME}.class", {"file": name}) for name in wrong)
        found += tuple((f"{NAME}.name", {"file": name}) for name in names if not SAFE.fullmatch(name))
        found += tuple((f"{NAME}.twice", {"file": name}) for name in twice(names))
        if not wanted and setting.texts:
            found += ((f"{NAME}.nothing", {}),)
        if len(wanted) > STEPS_MAX:
            found += ((f"{NAME}.many", {"files": len(wanted), "limit": STEPS_MAX}),)
        return found + tuple((f"{NAME}.{code}", fields) for one in wanted for code, fields in faults(one, item.classes))

    def operate(self, action: Action, context: Context) -> Script:
        if action.args["way"] == "keep":
            return look(action, context)
        told = marked(action, context)
        told |= {name: str(action.args[name]) for name in ("way", "wait", "statement", "attempts", "pause")}
        told["forward"] = str(context.forward.get("statements", ""))
        for place, one in enumerate(read_statements(action.args["text"])):
            told[f"text_{place}"], told[f"sum_{place}"] = one.text, sum_of(one)
            told[f"rows_{place}"] = "yes" if is_rows(one) else "no"
        return mariadb_script(action, context, ("mariadb-marks", "mariadb-migrate"), told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        found = read_script(NAME, outcome, KINDS)
        if isinstance(found, Evidence) and action.args["way"] == "keep":
            return Evidence({"kept": found.facts["done"], "name": action.args["name"]}, found.output)
        return found

    def probe(self, action: Action, context: Context) -> Script:
        return look(action, context)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts, args = split_facts(outcome.output)[0], action.args
        if facts["running"] == "yes":
            return None
        wanted = {"up": len(read_statements(args["text"])), "down": 0}.get(args["way"])
        if wanted is not None and int(facts["done"]) != wanted:
            return Failure(FailureKind.INTERRUPTED, f"{NAME}.not_done", {"file": args["name"]})
        return Evidence({"name": args["name"], "statements": facts["done"], "looked_at": "yes"})

    def preview(self, action: Action, context: Context) -> Script:
        return look(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts, args = split_facts(outcome.output)[0], action.args
        every = len(read_statements(args["text"]))
        text = f"{args['name']} ({args['class']}): {facts['done']} of {every} statements applied"
        return Preview(int(facts["done"]) != every, text)


# --- from the plan to steps --------------------------------------------------------------------------------


def every_file(item: Migrate, setting: Setting) -> tuple[Migration, ...]:
    return from_folder(item.folder, setting.texts) if item.folder else from_files(item.files, setting.texts)


def chosen(item: Migrate, setting: Setting) -> tuple[Migration, ...]:
    """The files between `after` and `until`, of the phase that is asked for."""
    found = between(every_file(item, setting), item.after, item.until)
    if not item.only:
        return found
    return tuple(one for one in found if (class_of(one, item.classes).class_ in NO_RETURN) == (item.only == "contract"))


def class_of(one: Migration, classes: dict[str, str]) -> Declared:
    """What the plan says of the file, else what its own comments say, else what follows from its effects."""
    if one.name in classes:
        said = PLAIN.fullmatch(classes[one.name])
        return Declared(CLASSES[said[1]], said[2]) if said else Declared()
    try:
        for token in tokens(one.text):
            if token.kind == "comment" and (found := DECLARED.fullmatch(token.text)):
                return Declared(CLASSES[found[1]], found[2])
        return followed(one, effects(statements(one.text)))
    except Unreadable:
        return Declared()


def faults(one: Migration, classes: dict[str, str]) -> Complaints:
    """What is wrong with a file, as (code, fields); the driver's name comes before the code."""
    try:
        done = effects(statements(one.text))
        found = [*structure(one.name, one.text), *structure(one.name, one.down or "")]
    except Unreadable as error:
        return (("unreadable", {"file": one.name, "line": error.line}),)
    found += judged(one, class_of(one, classes), done)
    found += [(f"risk_{each.code}", {"file": one.name, "line": each.line}) for each in done if each.risky]
    return tuple(found)


def structure(name: str, text: str) -> Complaints:
    """What a file may not hold, since each of its statements is committed with its mark, by the plan's session."""
    every = statements(text)
    found: Complaints = tuple(
        ("client", {"file": name, "line": one.line, "text": token.text[:40]})
        for one in every
        for token in one.tokens
        if token.kind == "psql"
    )
    for code, pattern in (("transaction", NOT_ITS_OWN), ("copies", IMPORTS)):
        found += tuple((code, {"file": name, "line": one.line}) for one in every if pattern.match(one.plain))
    if len(every) > STATEMENTS_MAX:
        found += (("many", {"files": len(every), "limit": STATEMENTS_MAX}),)
    return found


def template_of(item: Migrate, one: Migration) -> Template:
    said = class_of(one, item.classes)
    args = args_of(item, one, one.text) | {"class": said.class_, "way": "up"}
    traits = Traits(writes=True, stateful=True, reversal=reversal_of(said))
    waits_s = item.lock_attempts * (item.lock_timeout_s + item.lock_pause_s)
    undo = None
    if said.class_ == "reversible":
        down = args_of(item, one, one.down or "") | {"class": said.class_, "way": "down"}
        undo = Action(Kind.MIGRATE, NAME, down, Traits(writes=True), LITERAL)
    elif said.class_ == "expand":
        keep = args_of(item, one, one.text) | {"class": said.class_, "way": "keep"}
        undo = Action(Kind.MIGRATE, NAME, keep, Traits(), LITERAL)
    action = Action(Kind.MIGRATE, NAME, args, traits, LITERAL)
    return Template(f"migrate-{verb_of(one.name)}", action, undo, timeout_s=1800.0 + waits_s, estimate_s=10.0)


def args_of(item: Migrate, one: Migration, text: str) -> dict[str, Any]:
    return {
        **server_args(item),
        "database": pinned(item.mariadb),
        "name": one.name,
        "text": text,
        "wait": max(1, round(item.lock_timeout_s)),
        "statement": round(item.statement_timeout_s),
        "attempts": item.lock_attempts,
        "pause": max(1, round(item.lock_pause_s)),
    }


# --- from a step to its script -----------------------------------------------------------------------------


def read_statements(text: str) -> tuple[Statement, ...]:
    """What was checked before can be read; what cannot holds nothing that would be run."""
    try:
        return statements(text)
    except Unreadable:
        return ()


def sum_of(one: Statement) -> str:
    return sha256(one.text.encode()).hexdigest()


def marked(action: Action, context: Context) -> dict[str, str]:
    count = len(read_statements(action.args["text"]))
    told = {"database": action.args["database"], "component": context.component, "name": action.args["name"]}
    return told | {"count": str(count)}


def look(action: Action, context: Context) -> Script:
    return mariadb_script(action, context, ("mariadb-marks", "mariadb-migrate-look"), marked(action, context))


DRIVERS: tuple[Driver, ...] = (MigrateDriver(),)
