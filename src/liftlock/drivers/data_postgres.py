"""Data scripts: initial data and corrections, by statements whose numbers of rows were asserted, and an inverse.

Rules: each statement that writes says how many rows it means (`-- expect: 1200` or `1200..1300` before it, or `rows` in
the plan); another number rolls everything back. The script, its counts and its mark are one transaction. Nothing is
imported from a raw file.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from liftlock.drivers.command import reversal_of_words
from liftlock.drivers.migration_words import WORDS as MIGRATION_WORDS
from liftlock.drivers.migrations import Migration, alone_of, base, structure
from liftlock.drivers.postgres import Server, server_args, server_complaints
from liftlock.drivers.postgres_facts import inquiry
from liftlock.drivers.postgres_marked import LITERAL, MarkedDriver, milliseconds
from liftlock.drivers.sql import Statement, Unreadable, statements
from liftlock.drivers.technology import VERSION, Complaints, pinned, words
from liftlock.model.actions import Action, Kind, Traits
from liftlock.model.part import Duration, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "data.postgres"
EXPECT = re.compile(r"--\s*expect:\s*([0-9]+)(?:\.\.([0-9]+))?\s*")
RANGE = re.compile(r"([0-9]+)(?:\.\.([0-9]+))?")
WRITES = re.compile(r"(?:WITH .*?\) )?(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO) (?:ONLY )?(\S+(?: \. \S+)*)")
TABLE = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?", re.ASCII)
WORDS = {
    **{
        code: MIGRATION_WORDS[code]
        for code in MIGRATION_WORDS
        if not code.startswith(("risk_", "expand_")) and code not in ("one_of", "bound", "class", "many", "nothing")
    },
    "way_back": (
        "Say one of undo, irreversible and restorable",
        "undo、irreversible、restorable 须写且只写一个",
    ),
    "unasserted": (
        "{file}, line {line}: say how many rows it writes, `-- expect: 1200` or `-- expect: 1200..1300` before it",
        "{file} 第 {line} 行：请在语句前写明影响行数，如 `-- expect: 1200` 或 `-- expect: 1200..1300`",
    ),
    "unused": (
        "`rows` names `{statement}`, which is not in the script, or is no count like 1200 or 1200..1300",
        "`rows` 中的 `{statement}` 不在脚本中，或数量不是 1200 或 1200..1300 的形式",
    ),
    "table": ("`tables`: {table} is no plain name of a table", "`tables`:{table} 不是普通的表名"),
    "rows": (
        "Line {line}: {found} rows instead of {least} to {most}; everything was rolled back",
        "第 {line} 行：影响 {found} 行，应为 {least} 至 {most} 行；已全部回滚",
    ),
}


class Data(Server, frozen=True):
    postgres: Text
    script: Text
    undo: str = ""
    irreversible: str = ""
    restorable: bool = False
    rows: dict[str, int | str] = {}
    tables: tuple[Text, ...] = ()
    role: str = ""
    lock_timeout_s: Duration = field(default=5.0, name="lock_timeout")
    statement_timeout_s: Duration = field(default=600.0, name="statement_timeout")


class Expected(Struct, frozen=True):
    """How many rows a statement may write."""

    least: int
    most: int


class DataDriver(MarkedDriver):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=Data,
        summary={
            "en": "Runs a reviewed data script in one transaction, with asserted numbers of rows and an inverse script",
            "zh": "在一个事务中执行经审核的数据脚本：断言影响行数，并有逆向脚本",
        },
        texts=("script", "undo"),
        words=words(NAME, WORDS),
        example="- data: {postgres: orders, script: db/fix.sql, undo: db/fix-back.sql, "
        "rows: {update orders: 1200..1300}, tables: [orders]}",
    )

    def expand(self, item: Data, setting: Setting) -> tuple[Template, ...]:
        text = setting.texts.get(item.script, "")
        traits = Traits(writes=True, stateful=True, reversal=reversal_of_words(item.irreversible, item.restorable))
        undo = None
        if item.undo:
            args = args_of(item, text, setting.texts.get(item.undo, ""), {}, "down")
            undo = Action(Kind.MIGRATE, NAME, args, Traits(writes=True), LITERAL)
        action = Action(Kind.MIGRATE, NAME, args_of(item, text, text, item.rows, "up"), traits, LITERAL)
        return (Template("data", action, undo, timeout_s=1800.0, estimate_s=10.0),)

    def inquire(self, item: Data, setting: Setting) -> Template | None:
        return inquiry(NAME, item, pinned(item.postgres))

    def complain(self, item: Data, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        if sum(map(bool, (item.undo, item.irreversible, item.restorable))) != 1:
            found += ((f"{NAME}.way_back", {}),)
        found += tuple((f"{NAME}.table", {"table": name}) for name in item.tables if not TABLE.fullmatch(name))
        for name, rows in ((item.script, item.rows), (item.undo, {})):
            text = setting.texts.get(name, "")
            found += tuple((f"{NAME}.{code}", fields) for code, fields in wrong(base(name), text, rows))
        return found


def args_of(item: Data, original: str, text: str, rows: Mapping[str, int | str], way: str) -> dict[str, Any]:
    """As of a migration; its mark has the digest of the script as it was written."""
    return {
        **server_args(item),
        "database": pinned(item.postgres),
        "name": base(item.script),
        "text": composed(text, rows, item.tables),
        "checksum": Migration("", original).checksum,
        "class": "data",
        "way": way,
        "version": "",
        "flyway": "",
        "repeatable": False,
        "role": item.role,
        "lock": milliseconds(item.lock_timeout_s),
        "statement": milliseconds(item.statement_timeout_s),
        "attempts": 10,
        "pause": 10,
    }


def wrong(name: str, text: str, rows: Mapping[str, int | str]) -> Complaints:
    try:
        found = list(structure(name, text))
        every = statements(text)
    except Unreadable as error:
        return (("unreadable", {"file": name, "line": error.line}),)
    for one in every:
        if alone_of(one) is not None:
            found.append(("alone_other", {"file": name, "line": one.line}))
        if WRITES.match(one.plain) and expected(one, rows) is None:
            found.append(("unasserted", {"file": name, "line": one.line}))
    named = {written(one) for one in every}
    for key, value in rows.items():
        if key.lower() not in named or not RANGE.fullmatch(str(value)):
            found.append(("unused", {"statement": key}))
    return tuple(found)


def written(one: Statement) -> str:
    """`update orders`: what a statement writes, as `rows` of the plan names it."""
    if (found := WRITES.match(one.plain)) is None:
        return ""
    return f"{found[1].split()[0]} {found[2].replace(' ', '')}".lower()


def expected(one: Statement, rows: Mapping[str, int | str]) -> Expected | None:
    """The comment before the statement, else the plan."""
    for comment in one.comments:
        if found := EXPECT.fullmatch(comment):
            return Expected(int(found[1]), int(found[2] or found[1]))
    for key, value in rows.items():
        if key.lower() == written(one) and (found := RANGE.fullmatch(str(value))):
            return Expected(int(found[1]), int(found[2] or found[1]))
    return None


def composed(text: str, rows: Mapping[str, int | str], tables: tuple[str, ...]) -> str:
    """The script with a look at the number of rows behind each statement, and at the tables before and after all."""
    try:
        every = statements(text)
    except Unreadable:
        return text
    parts = [*looks("before", tables)]
    for number, one in enumerate(every, 1):
        parts += [f"\\warn liftlock: at line {one.line}", f"{one.text}\n;"]
        if (wanted := expected(one, rows)) is not None:
            parts += checked(number, one.line, wanted)
    return "\n".join([*parts, *looks("after", tables)])


def checked(number: int, line: int, wanted: Expected) -> Iterator[str]:
    yield "\\set ll_rows :ROW_COUNT"
    yield f"\\echo liftlock: rows_{number}=:ll_rows"
    yield f"SELECT :ll_rows BETWEEN {wanted.least} AND {wanted.most} AS ll_fits \\gset"
    yield "\\if :ll_fits\n\\else"
    yield f"\\echo liftlock: wrong {line} {wanted.least} {wanted.most} :ll_rows"
    yield "ROLLBACK;\n\\quit\n\\endif"


def looks(when: str, tables: tuple[str, ...]) -> Iterator[str]:
    """A table's rows, counted and summed up by their hashes."""
    for number, table in enumerate(tables, 1):
        yield "SELECT count(*) AS ll_count, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) AS ll_sum"
        yield f"FROM {table} t \\gset"
        yield f"\\echo liftlock: {when}_{number}={table} :ll_count :ll_sum"


DRIVERS: tuple[Driver, ...] = (DataDriver(),)
