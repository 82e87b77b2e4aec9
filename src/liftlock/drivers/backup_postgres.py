"""Backups of a PostgreSQL server, which count only after they were restored on trial and compared.

Rules: `logical` dumps each database from one exported snapshot, and compares in that same snapshot; `physical` copies
the whole server with its WAL, and compares what was the same before and after the copy. The trial restore has a server
of its own: a scratch folder, a socket in it, no TCP. A restore keeps the old data aside, for people to remove later.
"""

import re
from hashlib import sha256
from typing import Annotated, Any, Literal

from msgspec import Meta

from liftlock.drivers.postgres import KINDS, Server, postgres_script, server_args, server_complaints
from liftlock.drivers.postgres import WORDS as SERVER_WORDS
from liftlock.drivers.postgres_facts import facts_script, inquiry
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
    Script,
    Traits,
)
from liftlock.model.part import Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "backup.postgres"
FAILURES = KINDS | {
    "write": FailureKind.TRANSIENT,
    "scratch": FailureKind.TRANSIENT,
    "start": FailureKind.UNHEALTHY,
    "replica": FailureKind.UNHEALTHY,
}
FOLDER = re.compile(r"/[A-Za-z0-9_./-]*", re.ASCII)
RATE = re.compile(r"[0-9]+[kM]?", re.ASCII)
WORDS = {
    **SERVER_WORDS,
    "to": (
        "{path}: a folder for backups is an absolute path of letters, digits, . _ - and /",
        "{path}：备份目录须为绝对路径，只含字母、数字、. _ - 与 /",
    ),
    "all": (
        "A physical backup holds the whole server: say `postgres: all`",
        "物理备份包含整个服务器：请写 `postgres: all`",
    ),
    "rate": (
        "`max_rate` {rate}: a number with k or M a second, and for physical backups only",
        "`max_rate` {rate}：每秒数量（可带 k 或 M），且仅用于物理备份",
    ),
    "jobs": ("`jobs` is for logical backups", "`jobs` 仅用于逻辑备份"),
    "folder": ("The folder cannot be used: {path}", "目录不可用：{path}"),
    "long": ("{path} is too long for a socket; say a shorter `to`", "{path} 作为套接字路径过长；请写较短的 `to`"),
    "space": (
        "Too little space at {path}: {need_kb} KiB are needed, {free_kb} KiB are free",
        "{path} 空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "missing": ("Not all of these databases are there: {databases}", "以下数据库不全在：{databases}"),
    "write": (
        "{program} did not complete the backup in {path}; what it wrote is removed. Its words are in the output",
        "{program} 未能在 {path} 完成备份；已写内容已删除。详见输出",
    ),
    "tablespaces": (
        "The server has tablespaces of its own: a physical backup is not made of them here; take a logical one",
        "服务器有自定义表空间：此处不做其物理备份；请用逻辑备份",
    ),
    "not_done": ("It was not completed, and is done again", "尚未完成，将重新执行"),
    "none": ("There is no backup to read", "没有可读取的备份"),
    "damaged": ("The backup is damaged: {path}", "备份已损坏：{path}"),
    "scratch": (
        "The server for the trial restore did not start; its log is in the output",
        "试恢复用的服务器未能启动；日志见输出",
    ),
    "unpack": ("The dump of {database} cannot be restored", "{database} 的转储无法恢复"),
    "differs": (
        "What was restored of {database} is not what was backed up; the differences are in the output",
        "{database} 恢复的内容与备份时不一致；差异见输出",
    ),
    "moving": (
        "Every table was written to while the copy was made, so that none can be compared; take a logical backup too",
        "复制期间所有表都有写入，无法比对；请另做逻辑备份",
    ),
    "where": (
        "Where the server keeps its data is not known; say `cluster`, or `data`",
        "不知道服务器的数据目录；请写 `cluster` 或 `data`",
    ),
    "mounted": (
        "A file system is mounted at {path}, so that the data cannot be put aside; nothing was stopped. "
        "Put the backup back by hand, into what is mounted there",
        "{path} 是挂载点，旧数据无法移到旁边；未停止任何服务。请手工将备份恢复到该挂载点内",
    ),
    "aside": (
        "{path} could not be put aside; the server was started again on its old data. See the output",
        "{path} 无法移到旁边；服务器已用原数据重新启动。详见输出",
    ),
    "stop": ("{unit} could not be stopped; nothing was changed", "{unit} 无法停止；未做改动"),
    "start": (
        "{unit} did not start on the restored data; the old data are beside them, see the output",
        "{unit} 未能在恢复的数据上启动；旧数据保留在旁边，见输出",
    ),
    "replica": (
        "The restored server is in recovery instead of taking writes",
        "恢复后的服务器处于恢复状态，不接受写入",
    ),
}


class BackupPostgres(Server, frozen=True):
    postgres: Text | tuple[Text, ...]
    form: Literal["logical", "physical"] = "logical"
    to: str = ""
    keep: Annotated[int, Meta(ge=0)] = 0
    jobs: Annotated[int, Meta(ge=1, le=64)] = 1
    max_rate: str = ""
    check_rows: Annotated[int, Meta(ge=1000)] = 1_000_000
    data: str = ""
    unit: str = ""


class BackupPostgresDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=BackupPostgres,
        summary={
            "en": "Backs PostgreSQL databases up, and proves it by a trial restore that is compared table by table",
            "zh": "备份 PostgreSQL 数据库，并以逐表比对的试恢复证明其可用",
        },
        words=words(NAME, WORDS),
        example="- backup: {postgres: [orders, billing], cluster: 15/main, keep: 3}",
    )

    def expand(self, item: BackupPostgres, setting: Setting) -> tuple[Template, ...]:
        names = [item.postgres] if isinstance(item.postgres, str) else list(item.postgres)
        args = {
            **server_args(item),
            "databases": [pinned(name) for name in names],
            "form": item.form,
            "to": pinned(item.to.rstrip("/")),
            "keep": item.keep,
            "jobs": item.jobs,
            "rate": item.max_rate,
            "check_rows": item.check_rows,
            "data": item.data.rstrip("/"),
            "unit": item.unit or unit_of(item.cluster),
        }
        return (
            Template(
                "backup",
                Action(Kind.BACKUP, NAME, args),
                Action(Kind.RESTORE, NAME, args, Traits(writes=True)),
                timeout_s=3000.0,
                estimate_s=60.0,
            ),
            Template("prove", Action(Kind.PROVE, NAME, args), timeout_s=3000.0, estimate_s=60.0),
        )

    def complain(self, item: BackupPostgres, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        for path in (item.to, item.data):
            if path and "{" not in path and not FOLDER.fullmatch(path):
                found += ((f"{NAME}.to", {"path": path}),)
        physical = item.form == "physical"
        if physical and item.postgres != "all":
            found += ((f"{NAME}.all", {}),)
        if item.max_rate and not (physical and RATE.fullmatch(item.max_rate)):
            found += ((f"{NAME}.rate", {"rate": item.max_rate}),)
        if physical and item.jobs > 1:
            found += ((f"{NAME}.jobs", {}),)
        return found

    def inquire(self, item: BackupPostgres, setting: Setting) -> Template | None:
        names = [item.postgres] if isinstance(item.postgres, str) else list(item.postgres)
        return inquiry(NAME, item, "postgres" if names[0] == "all" else pinned(names[0]))

    def operate(self, action: Action, context: Context) -> Script:
        if action.kind is Kind.PRECHECK:
            return facts_script(action, context)
        told = told_of(action, context)
        match action.kind, action.args["form"]:
            case Kind.BACKUP, _:
                parts: tuple[str, ...] = ("postgres-rows", "postgres-checks", "postgres-backup-take")
            case Kind.PROVE, _:
                parts = ("postgres-rows", "postgres-backup-prove")
            case _, "logical":
                parts = ("postgres-rows", "postgres-restore-logical")
            case _:
                parts = ("postgres-restore-physical",)
        parts = ("postgres-scratch", *parts)
        return postgres_script(action, context, parts, told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(NAME, outcome, FAILURES)

    def probe(self, action: Action, context: Context) -> Script | None:
        """A backup is there or not; a trial leaves nothing, and is made again; a restore is for a person to look at."""
        if action.kind not in (Kind.BACKUP, Kind.PROVE):
            return None
        parts = ("postgres-scratch", "postgres-backup-look")
        return postgres_script(action, context, parts, told_of(action, context))

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if action.kind is Kind.BACKUP and facts["path"]:
            return Evidence(facts | {"form": action.args["form"], "looked_at": "yes"})
        return Failure(FailureKind.INTERRUPTED, f"{NAME}.not_done")


def unit_of(cluster: str) -> str:
    """Debian's unit of a cluster; empty: its data folder says how it is stopped."""
    return f"postgresql@{cluster.replace('/', '-')}" if cluster else ""


def told_of(action: Action, context: Context) -> dict[str, str]:
    args, before = action.args, context.forward
    told = {name: str(args[name]) for name in ("form", "to", "keep", "jobs", "rate", "check_rows", "data", "unit")}
    told |= {"databases": "\n".join(args["databases"]), "set": set_of(action, context)}
    told |= {name: str(before.get(name, "")) for name in ("path", "sha256", "source_kb")}
    # a lane may go up and back more than once: what was put aside on the way back before is not this way back's
    told["tag"] = sha256(f"{context.run} {context.step} {told['path']}".encode()).hexdigest()[:10]
    return told


def set_of(action: Action, context: Context) -> str:
    """A name for the backups of these databases of this host: readable, safe, the same in every run."""
    known: Any = (context.host, context.component, action.args["databases"], action.args["form"], action.args["server"])
    readable = re.sub(r"[^A-Za-z0-9-]", "_", f"{context.component}-{context.host}")[:30]
    return f"{readable}-{sha256(repr(known).encode()).hexdigest()[:8]}"


DRIVERS: tuple[Driver, ...] = (BackupPostgresDriver(),)
