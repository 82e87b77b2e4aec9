"""Redis: its facts, a proved backup, and the primary's role handed over before its host is upgraded, and back after.

Rules: a backup is what BGSAVE wrote, and counts only after redis-check-rdb and a scratch server read it and hold what
was seen before and after; it is restored by replication from a scratch server, so that an append-only file comes along.
The role is handed over with FAILOVER (6.2 or later), in which at no time two servers take writes, and is written into
the configuration files at once: a server that restarts must not come up as a second primary.
"""

import re
from hashlib import sha256
from typing import Annotated, Any

from msgspec import Meta, field

from liftlock.drivers.command import Secret
from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
    places,
    read_script,
    split_facts,
    words,
)
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
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template
from liftlock.model.secret import SecretRef

BACKUP, DRAIN, READMIT = "backup.redis", "drain.redis", "readmit.redis"
ADDRESS = re.compile(r"/[^\n]+|[^/\s]+:[0-9]{1,5}")
TAKEN = ("path", "sha256", "list", "keys", "exact")
KINDS = {
    "silent": FailureKind.TRANSIENT,
    "save": FailureKind.TRANSIENT,
    "scratch": FailureKind.TRANSIENT,
    "behind": FailureKind.TIMEOUT,
    "late": FailureKind.TIMEOUT,
    "two_writers": FailureKind.DEVIATED,
}
ANY_WORDS = {
    "address": (
        "{redis} is neither `host:port` nor the path of a socket",
        "{redis} 既不是 `主机:端口`，也不是套接字路径",
    ),
    "silent": ("Redis at {redis} does not answer: {said}", "{redis} 的 Redis 没有应答：{said}"),
    "refused": ("Redis at {redis} refuses {command}: {said}", "{redis} 的 Redis 拒绝 {command}：{said}"),
}
BACKUP_WORDS = ANY_WORDS | {
    "to": ("`to` must be an absolute path, not {path}", "`to` 必须是绝对路径，而不是 {path}"),
    "save": ("Redis could not save: {said}", "Redis 未能保存：{said}"),
    "unread": ("The saved file cannot be read: {path}", "无法读取保存的文件：{path}"),
    "space": (
        "Too little space: {need_kb} KiB are needed, {free_kb} KiB are free",
        "空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "none": ("There is no backup to read", "没有可读取的备份"),
    "damaged": (
        "{path} is damaged: SHA-256 {found} instead of {expected}",
        "{path} 已损坏：SHA-256 为 {found}，应为 {expected}",
    ),
    "broken": ("redis-check-rdb finds the saved file broken", "redis-check-rdb 发现保存的文件已损坏"),
    "scratch": ("The scratch server for the trial restore did not start", "用于试恢复的临时服务器未能启动"),
    "differs": (
        "What was restored is not what was backed up: {found} keys instead of {expected}",
        "恢复的内容与备份时不一致：有 {found} 个键，应为 {expected} 个",
    ),
    "replica": (
        "This server is a replica of {source}: a backup is put back into the primary",
        "该服务器是 {source} 的副本：备份应恢复到主服务器",
    ),
    "late": ("The backup was not taken over in {within} s", "{within} 秒内未能载入备份"),
}
ROLE_WORDS = ANY_WORDS | {
    "alone": (
        "This primary has no replica that is online: nobody can take its role",
        "该主服务器没有在线的副本：无法移交角色",
    ),
    "rewrite": (
        "{redis} cannot write its configuration file, and would forget its role when it restarts: {said}",
        "{redis} 无法写入配置文件，重启后会丢失角色：{said}",
    ),
    "late": (
        "The role was not handed over in {within} s; {redis} goes on as it was ({role})",
        "{within} 秒内未能移交角色；{redis} 保持原状（{role}）",
    ),
    "behind": (
        "The replica is not level with its primary {source} after {within} s: link {link}, {bytes} bytes behind",
        "{within} 秒后副本仍未追上主服务器 {source}：连接 {link}，落后 {bytes} 字节",
    ),
    "two_writers": (
        "{redis} and {source} both take writes: stop one of them before anything else is done",
        "{redis} 与 {source} 同时接受写入：请先停止其中之一",
    ),
    "unseen": (
        "The primary {source} does not list this server among its replicas",
        "主服务器 {source} 的副本列表中没有该服务器",
    ),
    "other": ("Its role is {role}", "其角色为 {role}"),
}


class Server(Part, frozen=True, kw_only=True):
    redis: Text
    user: str = ""
    password: Secret | None = None
    bin: str = ""


class BackupRedis(Server, frozen=True, kw_only=True):
    to: str = ""
    keep: Annotated[int, Meta(ge=0)] = 0
    as_: str = field(default="redis", name="as")  # who may read the file that Redis saves
    within_s: Duration = field(default=600.0, name="within")


class RoleRedis(Server, frozen=True, kw_only=True):
    deadline_s: Duration = field(default=60.0, name="deadline")


class RedisDriver(Technology):
    """What asking a server, and its facts, need."""

    name: str

    def complain(self, item: Server, setting: Setting) -> Complaints:
        wrong = "{" not in item.redis and not ADDRESS.fullmatch(item.redis)
        return ((f"{self.name}.address", {"redis": item.redis}),) if wrong else ()

    def inquire(self, item: Server, setting: Setting) -> Template | None:
        return Template("look", Action(Kind.PRECHECK, self.name, server_args(item)), timeout_s=30.0)

    def script(self, action: Action, context: Context, names: tuple[str, ...], told: dict[str, str]) -> Script:
        args = action.args
        known = {"redis": args["redis"], "redis_user": args["user"], "redis_bin": args["bin"]}
        secrets = {"REDISCLI_AUTH": SecretRef(args["password"]["secret"])} if "password" in args else {}
        return Script(body("redis-common", *names), places(context) | known | told, secrets)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(self.name, outcome, KINDS)

    def preview(self, action: Action, context: Context) -> Script:
        return self.script(action, context, ("redis-facts",), {})

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts = split_facts(outcome.output)[0]
        text = ", ".join(f"{name} {facts[name]}" for name in ("version", "role", "keys", "replicas") if name in facts)
        return Preview(self.changes(action, facts), f"{action.args['redis']}: {text}")

    def changes(self, action: Action, facts: dict[str, Any]) -> bool:
        return action.kind is Kind.RESTORE


class RedisBackupDriver(RedisDriver):
    name = BACKUP
    manifest = Manifest(
        name=BACKUP,
        version=VERSION,
        item=BackupRedis,
        summary={
            "en": "Saves a Redis and proves the saved file in a scratch server",
            "zh": "保存 Redis 数据，并在临时服务器中验证保存的文件",
        },
        words=words(BACKUP, BACKUP_WORDS),
        example='- backup: {redis: "127.0.0.1:6379", keep: 5}',
    )

    def expand(self, item: BackupRedis, setting: Setting) -> tuple[Template, ...]:
        args = server_args(item) | {"to": item.to, "keep": item.keep, "as": item.as_, "within_s": item.within_s}
        timeout_s = item.within_s + 600.0
        return (
            Template(
                "backup",
                Action(Kind.BACKUP, BACKUP, args),
                Action(Kind.RESTORE, BACKUP, args, Traits(writes=True)),
                timeout_s=timeout_s,
                estimate_s=20.0,
            ),
            Template("prove", Action(Kind.PROVE, BACKUP, args), timeout_s=timeout_s, estimate_s=20.0),
        )

    def complain(self, item: Server, setting: Setting) -> Complaints:
        to = getattr(item, "to", "")
        wrong: Complaints = ((f"{BACKUP}.to", {"path": to}),) if to and not to.startswith(("/", "{")) else ()
        return (*super().complain(item, setting), *wrong)

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        if action.kind is Kind.PRECHECK:
            return self.script(action, context, ("redis-facts",), {})
        told = {"within": f"{args['within_s']:g}"}
        if action.kind is Kind.BACKUP:
            told |= {"to": args["to"], "as": args["as"], "set": set_of(action, context)}
            return self.script(action, context, ("redis-list", "redis-save"), told)
        told |= {name: str(context.forward.get(name, "")) for name in TAKEN}
        if action.kind is Kind.PROVE:
            told |= {"keep": str(args["keep"])}
            return self.script(action, context, ("redis-list", "redis-scratch", "older", "redis-prove"), told)
        return self.script(action, context, ("redis-list", "redis-scratch", "redis-restore"), told)


class RedisRoleDriver(RedisDriver):
    """`drain`: another server takes the primary's role. `readmit`: level again, and primary again if it was."""

    def __init__(self, name: str, summary: dict[str, str]) -> None:
        self.name = name
        self.manifest = Manifest(
            name=name,
            version=VERSION,
            item=RoleRedis,
            summary=summary,
            words=words(name, ROLE_WORDS),
            example=f'- {name.partition(".")[0]}: {{redis: "127.0.0.1:6379"}}',
        )

    def expand(self, item: RoleRedis, setting: Setting) -> tuple[Template, ...]:
        args = server_args(item) | {"deadline_s": item.deadline_s}
        drain = Action(Kind.DRAIN, DRAIN, args, Traits(lowers_capacity=True))
        readmit = Action(Kind.READMIT, READMIT, args)
        action, undo = (drain, readmit) if self.name == DRAIN else (readmit, drain)
        return (Template(action.kind.value, action, undo, timeout_s=2 * item.deadline_s + 60.0, estimate_s=5.0),)

    def operate(self, action: Action, context: Context) -> Script:
        if action.kind is Kind.PRECHECK:
            return self.script(action, context, ("redis-facts",), {})
        told = {"within": f"{action.args['deadline_s']:g}", "found": str(context.forward.get("found", ""))}
        verb = "drain" if action.kind is Kind.DRAIN else "readmit"
        return self.script(action, context, ("redis-role", f"redis-{verb}"), told)

    def probe(self, action: Action, context: Context) -> Script:
        return self.preview(action, context)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """The role is what it should be; what the step found is in a file that it left, if it got so far."""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        primary = action.kind is Kind.READMIT and context.forward.get("found") == "primary"
        level = facts.get("link", "up") == "up"
        if facts["role"] == ("primary" if primary else "replica") and level:
            return Evidence(facts)
        return Failure(FailureKind.INTERRUPTED, f"{self.name}.other", {"role": facts["role"]})

    def changes(self, action: Action, facts: dict[str, Any]) -> bool:
        return action.kind is Kind.DRAIN and facts.get("role") == "primary"


def server_args(item: Server) -> dict[str, Any]:
    told: dict[str, Any] = {"redis": item.redis, "user": item.user, "bin": item.bin.rstrip("/")}
    return told | ({"password": {"secret": item.password.secret}} if item.password else {})


def set_of(action: Action, context: Context) -> str:
    """A name for the backups of this server: readable, safe, the same in every run."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", f"{context.component}-{context.host}")[:80]
    whose = (context.host, context.component, action.args["redis"])
    return f"{readable}-{sha256(repr(whose).encode()).hexdigest()[:12]}"


DRIVERS: tuple[Driver, ...] = (
    RedisBackupDriver(),
    RedisRoleDriver(
        DRAIN,
        {
            "en": "Hands the role of a Redis primary over to a replica; of a replica it asks nothing",
            "zh": "把 Redis 主服务器的角色移交给副本；对副本不做任何操作",
        },
    ),
    RedisRoleDriver(
        READMIT,
        {
            "en": "Waits until a Redis is level with its primary, and gives it back the role that it had",
            "zh": "等待 Redis 追上主服务器，并归还其原有角色",
        },
    ),
)
