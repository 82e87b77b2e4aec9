"""HAProxy's runtime API: what is said on its socket, and how its answers are read.

Rule: a server that Liftlock drains is marked in HAProxy's own memory, in the same line that drains it, so that nobody
else's drain is ever taken for ours, whatever was lost in between. The mark is a process variable (HAProxy 2.4 or later;
setting one needs its experimental mode): `None` where HAProxy cannot tell, empty where there is none.
Commands and columns: https://docs.haproxy.org/2.6/management.html, 9.1 and 9.3.
"""

import csv
import re
from hashlib import sha256
from typing import Any

from msgspec import Struct

from liftlock.model.actions import Action, Said, SocketCall
from liftlock.model.ports import Setting
from liftlock.model.schedule import CONTROLLER

FOREIGN = re.compile(r"[^A-Za-z0-9_.:-]")  # no name in HAProxy's configuration has such a character
PORT = re.compile(r".+:[0-9]{1,5}")
VARIABLE = re.compile(r"proc\.(liftlock_\w+): type=\w+ value=<(.*)>")
NO_VARIABLE = "Variable not found."
EXPERIMENTAL = "experimental-mode on"
NOW = "liftlock_now"
DRAINING, MAINTENANCE = "DRAIN", "MAINT"  # also `MAINT (via …)`: it follows another server that is in maintenance
UP = ("UP", "no check")

Row = dict[str, str]


class Balancer(Struct, frozen=True):
    """Where a load balancer's socket is, and from where it is dialled."""

    name: str
    address: str
    at: str


class Heard(Struct, frozen=True):
    """An answer: the tables' rows of all servers, what HAProxy said beside them, and variables by name."""

    rows: tuple[Row, ...]
    said: str
    variables: dict[str, str]
    knows_variables: bool

    def variable(self, name: str) -> str | None:
        return self.variables.get(name, "" if self.knows_variables else None)


def names_of(haproxy: str | tuple[str, ...]) -> tuple[str, ...]:
    return (haproxy,) if isinstance(haproxy, str) else haproxy


def is_address(name: str) -> bool:
    """A socket's path, `host:port`, or something that is filled for each host."""
    return name.startswith("/") or "{" in name or PORT.fullmatch(name) is not None


def balancer(name: str, setting: Setting) -> Balancer:
    """A host of the inventory whose variable `haproxy` tells the address, or the address itself."""
    known = setting.hosts.get(name)
    if known is None:
        return Balancer(name, name if is_address(name) else "", CONTROLLER)
    return Balancer(name, known.get("haproxy", ""), name if known.get("haproxy_via") == "host" else CONTROLLER)


def faulty(names: tuple[str, ...], setting: Setting) -> tuple[tuple[str, dict[str, str | int | float]], ...]:
    """Load balancers that cannot be asked, as complaints without their driver's name."""
    found: tuple[tuple[str, dict[str, str | int | float]], ...] = ()
    for name in names:
        if not is_address(name) and name not in setting.hosts:
            found += (("host", {"haproxy": name}),)
        elif not balancer(name, setting).address:
            found += (("address", {"haproxy": name}),)
    return found


def target(action: Action) -> str:
    """`backend/server`, with nothing in it that HAProxy could read as more than a name."""
    return "/".join(FOREIGN.sub("?", str(action.args[name])) for name in ("backend", "server"))


def variable_of(action: Action, what: str = "out") -> str:
    """The name of the variable in which HAProxy remembers something of ours about this server."""
    return f"liftlock_{what}_{sha256(target(action).encode()).hexdigest()[:16]}"


def call(action: Action, *commands: str) -> SocketCall:
    return SocketCall(action.args["address"], f"{';'.join(commands)}\n")


def shown(action: Action) -> str:
    return f"show stat {target(action).partition('/')[0]} 4 -1"


def asked(name: str) -> str:
    return f"get var proc.{name}"


def noted(name: str, expression: str) -> tuple[str, str]:
    return EXPERIMENTAL, f"set var proc.{name} {expression}"


def hear(outcome: Said) -> Heard:
    """Read an answer. What comes before the first table can only be about variables, if there is a table."""
    said: list[str] = []
    rows: list[Row] = []
    variables: dict[str, str] = {}
    columns: list[str] = []
    for line in filter(str.strip, outcome.text.splitlines()):
        cells = next(csv.reader([line]))
        if found := VARIABLE.fullmatch(line):
            variables[found[1]] = found[2]
        elif line.startswith("# pxname,"):
            said = said if columns else []
            columns = ["pxname", *cells[1:]]
        elif columns and len(cells) >= len(columns) - 1:
            rows.append({name: value for name, value in zip(columns, cells, strict=False) if name})
        elif line.strip() != NO_VARIABLE:
            said.append(line.strip())
    knows = bool(variables) or NO_VARIABLE in outcome.text
    return Heard(tuple(rows), " ".join(said if columns else said[-1:]), variables, knows)


def rows_of(heard: Heard, action: Action) -> list[Row]:
    """The server's lines of the statistics, in the order in which they were asked for."""
    wanted = target(action).split("/")
    return [row for row in heard.rows if [row["pxname"], row["svname"]] == wanted]


def count(row: Row, name: str) -> int:
    value = row.get(name, "")
    return int(value) if value.isdigit() else 0


def facts_of(row: Row) -> dict[str, Any]:
    check = row.get("last_chk") or row.get("check_status") or "-"
    return {"status": row["status"], "sessions": count(row, "scur"), "check": check}


def is_out(row: Row) -> bool:
    return row["status"].startswith((DRAINING, MAINTENANCE))


def named(action: Action) -> dict[str, str | int | float]:
    return {name: action.args[name] for name in ("backend", "server")}
