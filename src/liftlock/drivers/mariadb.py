"""What all drivers of MariaDB and MySQL share: how a plan names a server, and the words for what it refuses.

Rules: a server is asked on its own host, by the user of the host that it knows through its socket (`root`, unless the
plan says so), or with a password that comes from a reference and lies in a file of mode 0600 as long as the step runs.
SQL goes in through standard input; a refusal is known by its number, whatever language the server speaks.
"""

import re
from typing import Any

from msgspec import field

from liftlock.drivers.command import Secret
from liftlock.drivers.technology import Complaints, body, places
from liftlock.model.actions import Action, Context, FailureKind, Script
from liftlock.model.part import Part
from liftlock.model.secret import SecretRef

OPTION = re.compile(r"[^\x00-\x1f\x7f\"]*")  # what can stand in a line of an option file
KINDS = {
    "locked": FailureKind.TRANSIENT,
    "conflict": FailureKind.TRANSIENT,
    "connection": FailureKind.TRANSIENT,
    "slow": FailureKind.TIMEOUT,
    "read_only": FailureKind.DEVIATED,
}
WORDS = {
    "server": (
        "{name}: {value} cannot be used; see the MariaDB how-to for its form",
        "{name}：{value} 不可用；形式见 MariaDB 操作指南",
    ),
    "password": (
        "A password is used as the login user: leave out `as`, or the password",
        "使用口令时以登录用户连接：`as` 与 `password` 只能写一个",
    ),
    "program": ("The host has no program {program}", "主机上没有程序 {program}"),
    "connection": (
        "The server did not answer, or the connection was lost ({number}): {message}",
        "服务器没有应答，或连接中断（{number}）：{message}",
    ),
    "denied": (
        "The server refuses the user ({number}): {message}. Look at the account and its rights",
        "服务器拒绝该用户（{number}）：{message}。请检查账号和权限",
    ),
    "database": ("There is no such database: {message}", "没有该数据库：{message}"),
    "read_only": (
        "The server takes no writes ({number}): {message}. Look where the primary is",
        "服务器不接受写入（{number}）：{message}。请确认主库在哪里",
    ),
    "locked": (
        "A lock could not be had in time, line {line}: {message}. Look at information_schema.innodb_trx for its holder",
        "未能及时取得锁，第 {line} 行：{message}。请在 information_schema.innodb_trx 中查看持有者",
    ),
    "slow": (
        "A statement ran longer than it may and was stopped, line {line}: {message}",
        "语句超过允许时间，已中止，第 {line} 行：{message}",
    ),
    "conflict": (
        "The server undid it because of a deadlock ({number}), line {line}: {message}",
        "因死锁，服务器已撤销（{number}），第 {line} 行：{message}",
    ),
    "full": (
        "The server's disk or table is full ({number}): {message}. Make room, then try again",
        "服务器磁盘或表空间已满（{number}）：{message}。请腾出空间后重试",
    ),
    "sql": (
        "The server refuses it ({number}), line {line}: {message}",
        "服务器拒绝执行（{number}），第 {line} 行：{message}",
    ),
}


class Server(Part, frozen=True, kw_only=True):
    """Which server, and how it is asked; the defaults fit a Debian host."""

    socket: str = ""
    address: str = ""  # instead of a socket
    port: int | str = ""
    as_: str | None = field(default=None, name="as")  # None: root, or with a password the login user
    user: str = ""  # the account; empty: the user's own name
    password: Secret | None = None
    bin: str = ""  # the folder of mariadb, mariadb-dump …


def server_args(item: Server) -> dict[str, Any]:
    as_ = item.as_ if item.as_ is not None else ("" if item.password else "root")
    told = {"socket": item.socket, "address": item.address, "port": str(item.port), "as": as_}
    told |= {"user": item.user, "bin": item.bin.rstrip("/")}
    server = {f"my_{name}": value for name, value in told.items()}
    return {"server": server} | ({"password": {"secret": item.password.secret}} if item.password else {})


def server_complaints(name: str, item: Server) -> Complaints:
    """What is wrong with how an item names its server; `name` is the driver's."""
    wrong = {
        each: value for each in ("socket", "address", "user") if not OPTION.fullmatch(value := getattr(item, each))
    }
    wrong |= {
        each: value for each in ("socket", "bin") if (value := getattr(item, each)) and not value.startswith(("/", "{"))
    }
    port = str(item.port)
    if port and "{" not in port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        wrong["port"] = port
    found: Complaints = tuple((f"{name}.server", {"name": each, "value": value}) for each, value in wrong.items())
    return (*found, (f"{name}.password", {})) if item.as_ and item.password else found


def mariadb_script(action: Action, context: Context, scripts: tuple[str, ...], told: dict[str, str]) -> Script:
    """A script that speaks with the action's server: `mariadb-common`, then its own parts."""
    password = action.args.get("password")
    secrets = {"MARIADB_PASSWORD": SecretRef(password["secret"])} if password else {}
    known = places(context) | action.args["server"] | told
    return Script(body("mariadb-common", *scripts), known, secrets)
