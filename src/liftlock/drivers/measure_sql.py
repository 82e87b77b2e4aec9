"""What a query tells of each host, as readings: PostgreSQL, asked on its own host, in transactions that only read.

Rules: the columns' names say what they are: `host`, and `events`, `of`, `total`, `squares`, `level`, or `"le=0.1"` for
a bucket (`figures.py`). A query that names `:since` (and `:until`: seconds since the epoch) tells of this interval;
else its counts are counters, which only grow. A row without a figure says nothing of its host.
The server: as the inventory's variables of its host say (pg_cluster, pg_socket, pg_port, pg_as, pg_user, pg_bin).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.drivers import postgres
from liftlock.drivers.figures import Unread, counts, number
from liftlock.drivers.measuring import Measuring, evidence, look, manifest_of, of_kind, until
from liftlock.drivers.postgres import Server, postgres_script, server_args
from liftlock.drivers.technology import read_script
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Outcome, Script
from liftlock.model.canary import Reading
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import Source

NAME = "measure.sql"
SERVER = ("cluster", "socket", "port", "user", "bin")
BETWEEN = "\x1f"  # the unit separator: in no name and no number
INTERVAL = re.compile(r":['\"]?since\b")
WORDS = {name: text for name, text in postgres.WORDS.items() if name not in ("server", "password")} | {
    "columns": (
        "The query has the columns {columns}: one must be host, the others figures; see the how-to",
        "查询的列为 {columns}：须有一列 host，其余为指标；见操作指南",
    ),
    "unread": ("{line} for {host} is no figure", "{host} 的 {line} 不是指标"),
    "other": ("What the query tells is no figure of the kind {kind}", "查询结果不是 {kind} 类指标"),
    "twice": ("The query has two rows for {host}", "查询结果中 {host} 出现两次"),
    "cut": ("The query has more rows than are kept", "查询结果的行数超出保留上限"),
}


class MeasureSql(Measuring):
    manifest = manifest_of(
        NAME,
        {"en": "Reads what a PostgreSQL query tells of each host", "zh": "读取 PostgreSQL 查询给出的每台主机指标"},
        WORDS,
    )

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        if not metric.sql or not metric.at:
            return None
        args = {"sql": metric.sql, "database": metric.database or "postgres", "kind": metric.kind}
        server = server_args(server_of(setting.hosts.get(metric.at, {})))
        template = look(NAME, args | server, at=metric.at, literal=("sql",))
        return Source(template, whole=True, key=metric.server or "{host}")

    def operate(self, action: Action, context: Context) -> Script:
        span = context.span
        told = {"since": f"{span.since:.3f}", "until": f"{span.until:.3f}"} if span else {"since": "0", "until": "0"}
        told |= {"database": action.args["database"], "text": ended(action.args["sql"])}
        return postgres_script(action, context, ("postgres-measure",), told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        result = read_script(NAME, outcome, postgres.KINDS)
        if isinstance(result, Failure):
            return result
        names, *rows = [line.split(BETWEEN) for line in result.output.splitlines() if line] or [[]]
        if "host" not in names or len(set(names)) < len(names):
            return failed("columns", columns=", ".join(names)[:200] or "-")
        if any(len(row) != len(names) for row in rows):
            return failed("cut")
        return told([dict(zip(names, row, strict=True)) for row in rows], action, until(context))


def told(rows: Sequence[Mapping[str, str]], action: Action, at: float) -> Evidence | Failure:
    kind, cumulative = action.args["kind"], not INTERVAL.search(action.args["sql"])
    found: dict[str, list[Reading]] = {}
    for cells in rows:
        host, reading = cells["host"], reading_of(cells, at, cumulative=cumulative)
        if isinstance(reading, Unread):
            return failed("unread", host=host, line=reading.line[:200])
        if host in found:
            return failed("twice", host=host)
        if reading is None:
            continue
        if (kept := of_kind(kind, reading)) is None:
            return failed("other", kind=kind)
        found[host] = [kept]
    return evidence(found, {})


def failed(what: str, **fields: Any) -> Failure:
    return Failure(FailureKind.REFUSED, f"{NAME}.{what}", fields)


def server_of(variables: Mapping[str, str]) -> Server:
    """The server as the host's variables describe it."""
    cluster, socket, port, user, folder = (variables.get(f"pg_{name}", "") for name in SERVER)
    return Server(cluster=cluster, socket=socket, port=port, user=user, bin=folder, as_=variables.get("pg_as"))


def ended(sql: str) -> str:
    return sql if sql.rstrip().endswith(";") else f"{sql}\n;"


def reading_of(cells: Mapping[str, str], at: float, *, cumulative: bool) -> Reading | Unread | None:
    """One row's figures; None if all are empty."""
    named: dict[str, float] = {}
    for name, text in cells.items():
        if name == "host" or not text:
            continue
        value = number(text)
        if value is None:
            return Unread(f"{name} {text}")
        named[name] = value
    if not named:
        return None
    if "level" in named:
        return Reading(at, level=named["level"]) if len(named) == 1 else Unread(first_beside(named))
    return counts(named, at, cumulative=cumulative)


def first_beside(named: Mapping[str, float]) -> str:
    """A column that cannot stand beside a level."""
    beside: Sequence[str] = [name for name in named if name != "level"]
    return f"{beside[0]} {named[beside[0]]:g}"


DRIVERS: tuple[Driver, ...] = (MeasureSql(),)
