"""What all drivers of PostgreSQL share: how a plan names a server, and the words for what psql refuses.

Rules: a server is asked on its own host, as the system's user `postgres` through its socket, or with a password
that comes from a reference and stays in the environment. SQL goes in through standard input; what the server refuses is
known by its SQLSTATE, whatever language it speaks.
"""

import re
from typing import Any

from msgspec import field

from liftlock.drivers.command import Secret
from liftlock.drivers.technology import Complaints, body, places
from liftlock.model.actions import Action, Context, FailureKind, Script
from liftlock.model.part import Part
from liftlock.model.secret import SecretRef

CLUSTER = re.compile(r"[0-9]+(\.[0-9]+)?/[A-Za-z0-9_.-]+", re.ASCII)
KINDS = {
    "locked": FailureKind.TRANSIENT,
    "conflict": FailureKind.TRANSIENT,
    "resources": FailureKind.TRANSIENT,
    "connection": FailureKind.TRANSIENT,
    "slow": FailureKind.TIMEOUT,
    "read_only": FailureKind.DEVIATED,
}
WORDS = {
    "server": (
        "{name}: {value} cannot be used; see the PostgreSQL how-to for its form",
        "{name}：{value} 不可用；形式见 PostgreSQL 操作指南",
    ),
    "password": (
        "A password is used as the login user: leave out `as`, or the password",
        "使用口令时以登录用户连接：`as` 与 `password` 只能写一个",
    ),
    "cluster": (
        "The host has no cluster {cluster}; pg_lsclusters lists what it has",
        "主机上没有集群 {cluster}；可用 pg_lsclusters 查看",
    ),
    "connection": (
        "The database did not answer, or the connection was lost: {message}",
        "数据库没有应答，或连接中断：{message}",
    ),
    "denied": (
        "The database refuses the user ({sqlstate}): {message}. Look at pg_hba.conf and the role's rights",
        "数据库拒绝该用户（{sqlstate}）：{message}。请检查 pg_hba.conf 和角色权限",
    ),
    "read_only": (
        "The server takes no writes: it is a replica, or set read-only. Look where the primary is",
        "服务器不接受写入：它是备库，或被设为只读。请确认主库在哪里",
    ),
    "locked": (
        "A lock could not be had in time, line {line}: {message}. Another session holds it: look at pg_stat_activity",
        "未能及时取得锁，第 {line} 行：{message}。有其他会话持有：请查看 pg_stat_activity",
    ),
    "slow": (
        "A statement ran longer than `statement_timeout` and was stopped, line {line}: {message}",
        "语句超过 `statement_timeout`，已中止，第 {line} 行：{message}",
    ),
    "conflict": (
        "The database undid it because of a deadlock or a concurrent change ({sqlstate}), line {line}: {message}",
        "因死锁或并发修改，数据库已撤销（{sqlstate}），第 {line} 行：{message}",
    ),
    "full": (
        "The database's disk is full: {message}. Make room, then try again",
        "数据库磁盘已满：{message}。请腾出空间后重试",
    ),
    "resources": (
        "The database lacks a resource ({sqlstate}): {message}",
        "数据库资源不足（{sqlstate}）：{message}",
    ),
    "sql": (
        "The database refuses it ({sqlstate}), line {line}: {message}",
        "数据库拒绝执行（{sqlstate}），第 {line} 行：{message}",
    ),
}


class Server(Part, frozen=True, kw_only=True):
    """Which server, and how it is asked; all have defaults that fit a Debian host with one cluster."""

    cluster: str = ""  # Debian's name of it: 15/main
    socket: str = ""  # the socket's folder, or a host's name
    port: int | str = ""
    as_: str | None = field(default=None, name="as")  # None: postgres, or with a password the login user
    user: str = ""  # the role; empty: the user's own name
    password: Secret | None = None
    bin: str = ""  # the folder of psql, pg_dump …


def server_args(item: Server) -> dict[str, Any]:
    """The server as arguments of an action, under the key `server` (and its password, as a reference)."""
    as_ = item.as_ if item.as_ is not None else ("" if item.password else "postgres")
    told = {
        "pg_cluster": item.cluster,
        "pg_bin": item.bin.rstrip("/"),
        "pg_socket": item.socket,
        "pg_port": str(item.port),
        "pg_as": as_,
        "pg_user": item.user,
    }
    return {"server": told} | ({"password": {"secret": item.password.secret}} if item.password else {})


def server_complaints(name: str, item: Server) -> Complaints:
    """What is wrong with how an item names its server; `name` is the driver's."""
    found: Complaints = ()
    if item.cluster and not CLUSTER.fullmatch(item.cluster) and "{" not in item.cluster:
        found += ((f"{name}.server", {"name": "cluster", "value": item.cluster}),)
    if item.bin and not item.bin.startswith(("/", "{")):
        found += ((f"{name}.server", {"name": "bin", "value": item.bin}),)
    port = str(item.port)
    if port and "{" not in port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        found += ((f"{name}.server", {"name": "port", "value": port}),)
    if item.as_ and item.password:
        found += ((f"{name}.password", {}),)
    return found


def postgres_script(action: Action, context: Context, scripts: tuple[str, ...], told: dict[str, str]) -> Script:
    """A script that speaks with the action's server: `postgres-common`, then its own parts."""
    known = places(context) | action.args["server"] | told
    return Script(body("postgres-common", *scripts), known, secrets_of(action))


def secrets_of(action: Action) -> dict[str, SecretRef]:
    password = action.args.get("password")
    return {"PGPASSWORD": SecretRef(password["secret"])} if password else {}
