"""A dump of MariaDB or MySQL databases, which counts only after it was restored on trial into a server of its own.

Rules: one snapshot holds the whole dump, or there is none (tables of other engines only behind locks, if the plan says
so); the proof compares the form of everything, and the rows and checksum of every table that nobody wrote to while the
dump was made; restoring drops the databases, puts the dump back, and compares again. `inquire` tells what a server is.
"""

import re
from hashlib import sha256
from typing import Annotated, Any

from msgspec import Meta

from liftlock.drivers import mariadb
from liftlock.drivers.mariadb import Server, mariadb_script, server_args, server_complaints
from liftlock.drivers.technology import VERSION, Complaints, Technology, read_script, split_facts, words
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
from liftlock.model.part import Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "backup.mariadb"
SYSTEM = ("mysql", "information_schema", "performance_schema", "sys")
TAKEN = ("path", "sha256", "list", "cases")
KINDS = mariadb.KINDS | {"altered": FailureKind.TRANSIENT, "scratch": FailureKind.TRANSIENT}
WORDS = mariadb.WORDS | {
    "name": ("{name} cannot be backed up as a database", "{name} 不能作为数据库备份"),
    "to": ("`to` must be an absolute path, not {path}", "`to` 必须是绝对路径，而不是 {path}"),
    "missing": ("There is no database {database}", "没有数据库 {database}"),
    "mixed": (
        "No snapshot holds these tables, they are of another engine than InnoDB: {tables}. Convert them, or let the "
        "plan say `locks: true`: then nobody writes while the dump is made",
        "以下表不是 InnoDB 引擎，无法用快照保证一致：{tables}。请转换引擎，"
        "或在计划中写 `locks: true`：备份期间将禁止写入",
    ),
    "space": (
        "Too little space: {need_kb} KiB are needed, {free_kb} KiB are free",
        "空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "write": (
        "The dump could not be written whole: {path}; there is no backup",
        "转储未能完整写入：{path}；未形成备份",
    ),
    "altered": (
        "Somebody changed tables or routines while the dump was made; there is no backup",
        "转储期间有人修改了表或例程；未形成备份",
    ),
    "none": ("There is no backup to read", "没有可读取的备份"),
    "damaged": (
        "{path} is damaged: SHA-256 {found} instead of {expected}",
        "{path} 已损坏：SHA-256 为 {found}，应为 {expected}",
    ),
    "unpack": ("The backup cannot be unpacked", "备份无法解包"),
    "scratch": ("The scratch server for the trial restore did not start", "用于试恢复的临时服务器未能启动"),
    "refused": ("The scratch server refuses the dump: {message}", "临时服务器拒绝该转储：{message}"),
    "differs": ("What was restored is not what was backed up", "恢复的内容与备份时不一致"),
}


class BackupMariadb(Server, frozen=True, kw_only=True):
    mariadb: Text | tuple[Text, ...]
    to: str = ""
    keep: Annotated[int, Meta(ge=0)] = 0
    locks: bool = False


class MariadbBackupDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=BackupMariadb,
        summary={
            "en": "Dumps MariaDB or MySQL databases, and proves the dump by a trial restore",
            "zh": "转储 MariaDB 或 MySQL 数据库，并以试恢复证明其可用",
        },
        words=words(NAME, WORDS),
        example="- backup: {mariadb: orders, keep: 5}",
    )

    def expand(self, item: BackupMariadb, setting: Setting) -> tuple[Template, ...]:
        args = args_of(item)
        restore = Action(Kind.RESTORE, NAME, args, Traits(writes=True))
        backup, prove = Action(Kind.BACKUP, NAME, args), Action(Kind.PROVE, NAME, args)
        return (
            Template("backup", backup, restore, timeout_s=3600.0, estimate_s=60.0),
            Template("prove", prove, timeout_s=3600.0, estimate_s=120.0),
        )

    def complain(self, item: BackupMariadb, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        for name in names_of(item):
            if name in SYSTEM or "\n" in name or "\t" in name:
                found += ((f"{NAME}.name", {"name": name}),)
        if item.to and not item.to.startswith(("/", "{")):
            found += ((f"{NAME}.to", {"path": item.to}),)
        return found

    def inquire(self, item: BackupMariadb, setting: Setting) -> Template | None:
        return Template("look", Action(Kind.PRECHECK, NAME, args_of(item)), timeout_s=60.0)

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        if action.kind is Kind.PRECHECK:
            return mariadb_script(action, context, ("mariadb-facts",), {})
        told = {"databases": "\n".join(args["databases"])}
        if action.kind is Kind.BACKUP:
            told |= {"to": args["to"], "locks": "yes" if args["locks"] else "no"}
            told["set"] = set_of(action, context)
            return mariadb_script(action, context, ("mariadb-list", "mariadb-dump"), told)
        told |= {name: str(context.forward.get(name, "")) for name in TAKEN}
        if action.kind is Kind.PROVE:
            told |= {"keep": str(args["keep"])}
            return mariadb_script(action, context, ("mariadb-list", "older", "mariadb-prove"), told)
        return mariadb_script(action, context, ("mariadb-list", "mariadb-restore"), told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(NAME, outcome, KINDS)

    def preview(self, action: Action, context: Context) -> Script:
        return mariadb_script(action, context, ("mariadb-facts",), {})

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=action.kind is Kind.RESTORE)
        facts = split_facts(outcome.output)[0]
        known = ("version", "role", "size_mb", "not_transactional", "long_transactions")
        text = ", ".join(f"{name} {facts[name]}" for name in known if name in facts)
        return Preview(action.kind is Kind.RESTORE, f"{', '.join(action.args['databases'])}: {text}")


def names_of(item: BackupMariadb) -> tuple[str, ...]:
    return (item.mariadb,) if isinstance(item.mariadb, str) else item.mariadb


def args_of(item: BackupMariadb) -> dict[str, Any]:
    told = {"databases": list(names_of(item)), "to": item.to, "keep": item.keep, "locks": item.locks}
    return told | server_args(item)


def set_of(action: Action, context: Context) -> str:
    """A name for the backups of these databases of this host: readable, safe, the same in every run."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", f"{context.component}-{context.host}")[:80]
    whose = (context.host, context.component, action.args["databases"], action.args["server"])
    return f"{readable}-{sha256(repr(whose).encode()).hexdigest()[:12]}"


DRIVERS: tuple[Driver, ...] = (MariadbBackupDriver(),)
