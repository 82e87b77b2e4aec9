"""A PostgreSQL primary hands its work over to a replica, and takes it back: never two writers.

Rules: on a host that is no primary nothing happens. The primary becomes a standby and is stopped before the replica is
promoted, so that whatever starts it again, it does not write. Four steps, each the mirror of another, so that the way
back is the same way: ready - fence - promote - follow there, wait - fence - promote - follow back. What nobody can know
(a server that does not answer, and may write) is refused, and a person is asked.
"""

import re
from typing import Any

from msgspec import field

from liftlock.drivers.backup_postgres import unit_of
from liftlock.drivers.postgres import KINDS, Server, postgres_script, server_args, server_complaints
from liftlock.drivers.postgres import WORDS as SERVER_WORDS
from liftlock.drivers.technology import VERSION, Complaints, Technology, body, read_script, words
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Kind, Outcome, Script, Traits
from liftlock.model.part import Duration, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "switchover.postgres"
SLOT = re.compile(r"[a-z0-9_]{1,63}", re.ASCII)
STEPS = (  # its verb, where it runs, how it is taken back
    ("ready", "there", "follow"),
    ("fence", "here", "unfence"),
    ("promote", "there", "fence"),
    ("follow", "here", "ready"),
)
FAILURES = KINDS | {
    "behind": FailureKind.TRANSIENT,
    "no_stream": FailureKind.TRANSIENT,
    "missing": FailureKind.UNHEALTHY,
    "not_promoted": FailureKind.UNHEALTHY,
    "not_started": FailureKind.UNHEALTHY,
    "still_writes": FailureKind.UNHEALTHY,
    "unclear": FailureKind.DEVIATED,
    "not_replica": FailureKind.DEVIATED,
    "peer_up": FailureKind.DEVIATED,
    "peer_promoted": FailureKind.DEVIATED,
    "peer_silent": FailureKind.DEVIATED,
}
WORDS = {
    **SERVER_WORDS,
    "target": ("{host} is not in the inventory", "{host} 不在主机清单中"),
    "slot": ("`slot` {slot}: lower-case letters, digits and _ only", "`slot` {slot}：只能含小写字母、数字和 _"),
    "conninfo": (
        "`conninfo` names how the other server is reached as a replica does, without host or password: user=replicator",
        "`conninfo` 写明如何以复制身份连接对方，不含主机与口令：user=replicator",
    ),
    "where": (
        "Where the server keeps its data is not known, or cannot be written; say `cluster`, or `data`",
        "不知道数据目录或不可写；请写 `cluster` 或 `data`",
    ),
    "behind": (
        "The replica did not catch up within {within} s: {found}. Nothing was stopped",
        "备库未在 {within} 秒内追平：{found}。尚未停止任何服务",
    ),
    "not_stopped": (
        "The server did not stop cleanly within {within} s ({found}); the replica was not promoted",
        "服务器未在 {within} 秒内正常停止（{found}）；备库未提升",
    ),
    "not_running": (
        "The server does not run, and was not stopped by this step: look why before anybody writes",
        "服务器未运行，且并非由本步骤停止：请先查明原因",
    ),
    "not_replica": ("The server is no replica: it writes already", "该服务器不是备库：它已可写入"),
    "peer_up": (
        "The other server, {peer}, still answers: two would write. Nothing was promoted; look at it",
        "另一台服务器 {peer} 仍有应答：会出现双写。未提升；请检查",
    ),
    "peer_promoted": (
        "{peer} has been promoted since: what was written there is not here. Make this one its replica, or decide",
        "{peer} 此后已被提升：那里的写入这里没有。请将本机设为其备库，或由人决定",
    ),
    "peer_silent": (
        "{peer} does not answer: whether it writes cannot be known. Make sure that it is stopped, then settle the step",
        "{peer} 无应答：无法得知其是否在写入。请确认它已停止，再裁定该步骤",
    ),
    "missing": (
        "The replica lacks what the primary wrote last (has {found}); it is not promoted",
        "备库缺少主库最后的写入（现有 {found}）；未提升",
    ),
    "not_promoted": ("The server is still in recovery", "服务器仍处于恢复状态"),
    "not_started": (
        "The server did not start on {data}; its log says why",
        "服务器未能在 {data} 上启动；原因见其日志",
    ),
    "still_writes": (
        "The server takes writes instead of following: two would write. Look at it",
        "服务器仍接受写入而非跟随：会出现双写。请检查",
    ),
    "no_stream": (
        "The replica does not stream from {peer} ({found}) after {within} s: look at its log, conninfo and pg_hba.conf",
        "{within} 秒后备库仍未从 {peer} 流式复制（{found}）：请检查日志、conninfo 与 pg_hba.conf",
    ),
    "unclear": (
        "What the old primary was when it was stopped is not recorded: make sure that it does not write, then decide",
        "未记录旧主库停止时的状态：请确认其不再写入后再裁定",
    ),
    "again": ("What was done is not known; doing it once more does no harm", "结果不明；再执行一次无害"),
}


class SwitchoverPostgres(Server, frozen=True):
    postgres: Text  # the host that takes over
    conninfo: Text
    slot: str = "liftlock"
    within_s: Duration = field(default=60.0, name="within")
    data: str = ""
    unit: str = ""


class SwitchoverPostgresDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=SwitchoverPostgres,
        summary={
            "en": "On a PostgreSQL primary: hands its work over to a replica, without two writers and without a loss",
            "zh": "在 PostgreSQL 主库上：将工作移交给备库，绝不双写，绝不丢失",
        },
        words=words(NAME, WORDS),
        example='- switchover: {postgres: db-2, cluster: 15/main, conninfo: "user=replicator port=5432"}',
    )

    def expand(self, item: SwitchoverPostgres, setting: Setting) -> tuple[Template, ...]:
        common = {
            **server_args(item),
            "to": item.postgres,
            "to_address": setting.hosts.get(item.postgres, {}).get("address") or item.postgres,
            "conninfo": item.conninfo,
            "slot": item.slot,
            "within_s": item.within_s,
            "data": item.data.rstrip("/"),
            "unit": item.unit or unit_of(item.cluster),
        }
        return tuple(step(common, *each) for each in STEPS)

    def complain(self, item: SwitchoverPostgres, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        if "{" not in item.postgres and item.postgres not in setting.hosts:
            found += ((f"{NAME}.target", {"host": item.postgres}),)
        if not SLOT.fullmatch(item.slot):
            found += ((f"{NAME}.slot", {"slot": item.slot}),)
        if "host" in item.conninfo or "password" in item.conninfo:
            found += ((f"{NAME}.conninfo", {}),)
        return found

    def inquire(self, item: SwitchoverPostgres, setting: Setting) -> Template:
        args = self.expand(item, setting)[0].action.args | {"verb": "role", "there": False}
        return Template("role", Action(Kind.PRECHECK, NAME, args), timeout_s=60.0, estimate_s=1.0)

    def operate(self, action: Action, context: Context) -> Script:
        return postgres_script(action, context, ("postgres-switchover",), told_of(action, context))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(NAME, outcome, FAILURES)

    def probe(self, action: Action, context: Context) -> Script | None:
        """Nothing has to be known of an attempt that vanished: each step finds what was done, and does the rest."""
        return Script(body())

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        return Failure(FailureKind.INTERRUPTED, f"{NAME}.again")


def step(common: dict[str, Any], verb: str, where: str, back: str) -> Template:
    """`there`: at the host that takes over, which is spoken of from the other one's lane."""
    args, there = common | {"there": where == "there"}, where == "there"
    traits = Traits(writes=verb != "ready", lowers_capacity=verb == "fence")
    timeout_s = 4 * common["within_s"] + 60.0
    return Template(
        verb,
        Action(Kind.COMMAND, NAME, args | {"verb": verb}, traits),
        Action(Kind.COMMAND, NAME, args | {"verb": back}, Traits(writes=True)),
        at=common["to"] if there else "",
        timeout_s=timeout_s,
        estimate_s=5.0,
    )


def told_of(action: Action, context: Context) -> dict[str, str]:
    """`was`: what this lane's host was when it was fenced; what is done there depends on it. The host that takes over
    has nobody to hand its work to: in its own lane nothing happens."""
    args = action.args
    told = {name: str(args[name]) for name in ("verb", "conninfo", "slot", "data", "unit")}
    told |= {"within": str(round(args["within_s"])), "peer": context.address if args["there"] else args["to_address"]}
    was = str(context.forward.get("was", "")) if args["verb"] not in ("ready", "role") or context.back else ""
    if context.host == args["to"] and args["verb"] != "role":
        return told | {"verb": "ready", "was": "target", "lsn": ""}
    return told | {"was": was, "lsn": str(context.forward.get("lsn", ""))}


DRIVERS: tuple[Driver, ...] = (SwitchoverPostgresDriver(),)
