"""Taking a server out of HAProxy and bringing it back, by its runtime API on a socket.

Rules: draining is over when HAProxy counts no session on the server, or its deadline is a hold; readmitting is over
when HAProxy itself sees the server up. It is looked at before anything is said: a server in maintenance is somebody
else's (Liftlock sets none there), and is held for a person, never taken out of it. Asking twice is asking once.
Commands and columns: https://docs.haproxy.org/2.6/management.html, 9.1 and 9.3.
"""

import csv
import re
from typing import Any

from msgspec import Struct, field

from liftlock.drivers.technology import VERSION, Complaints, Technology, words
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Failure,
    FailureKind,
    Kind,
    Outcome,
    Preview,
    Said,
    SocketCall,
    Traits,
)
from liftlock.model.plan import Check, Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import CONTROLLER, Template

ASK_AGAIN_S = 0.2
DRAIN, READMIT = "drain.haproxy", "readmit.haproxy"
FOREIGN = re.compile(r"[^A-Za-z0-9_.:-]")  # no name in HAProxy's configuration has such a character
PORT = re.compile(r".+:[0-9]{1,5}")
UP = ("UP", "no check")
MAINTENANCE = "MAINT"  # also `MAINT (via …)`: it follows another server that is in maintenance
RESPONSES = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")
METRICS = {"sessions": "scur", "queue": "qcur"}
WORDS = {
    "host": ("The load balancer {haproxy} is no host of the inventory", "负载均衡 {haproxy} 不是清单中的主机"),
    "address": (
        "The host {haproxy} has no variable `haproxy` with the address of its runtime socket",
        "主机 {haproxy} 没有变量 `haproxy`(运行时套接字地址)",
    ),
    "unknown": (
        "HAProxy at {address} knows no {backend}/{server}: {said}",
        "位于 {address} 的 HAProxy 中没有 {backend}/{server}:{said}",
    ),
    "refused": ("HAProxy at {address} refused: {said}", "位于 {address} 的 HAProxy 拒绝:{said}"),
    "sessions": (
        "{backend}/{server} still has {sessions} sessions after {deadline} s",
        "{deadline} 秒后 {backend}/{server} 仍有 {sessions} 个会话",
    ),
    "down": (
        "HAProxy sees {backend}/{server} as {status} after {deadline} s ({check})",
        "{deadline} 秒后 HAProxy 仍认为 {backend}/{server} 为 {status}({check})",
    ),
    "maintenance": (
        "Somebody has put {backend}/{server} into maintenance ({status}); it is left as it is",
        "有人已将 {backend}/{server} 置于维护状态({status});保持原样",
    ),
    "other": ("{backend}/{server} is {status}", "{backend}/{server} 的状态为 {status}"),
    "metric": (
        "HAProxy has no figure {metric} for {backend}/{server}",
        "HAProxy 没有 {backend}/{server} 的指标 {metric}",
    ),
}


class DrainHaproxy(Part, frozen=True):
    haproxy: Text | tuple[Text, ...]
    backend: Text
    server: Text = "{host}"
    deadline_s: Duration = field(default=60.0, name="deadline")
    wait: bool = True


class ReadmitHaproxy(Part, frozen=True):
    haproxy: Text | tuple[Text, ...]
    backend: Text
    server: Text = "{host}"
    deadline_s: Duration = field(default=60.0, name="deadline")
    wait: bool = True


class Balancer(Struct, frozen=True):
    """Where a load balancer's socket is, and from where it is dialled."""

    name: str
    address: str
    at: str


class HaproxyDriver(Technology):
    """Both directions: each is the other's undo."""

    def __init__(self, name: str, item: type, summary: dict[str, str], example: str) -> None:
        self.manifest = Manifest(
            name=name,
            version=VERSION,
            item=item,
            summary=summary,
            words=words(name, WORDS, common=False),
            example=example,
        )

    def expand(self, item: DrainHaproxy | ReadmitHaproxy, setting: Setting) -> tuple[Template, ...]:
        verb = self.manifest.name.partition(".")[0]
        found = [balancer(name, setting) for name in names_of(item.haproxy)]
        return tuple(
            Template(
                verb if len(found) == 1 else f"{verb}-{index if is_address(one.name) else one.name}",
                action_of(self.manifest.name, item, one),
                action_of(READMIT if self.manifest.name == DRAIN else DRAIN, item, one),
                at=one.at,
                timeout_s=max(item.deadline_s, 1.0),
                estimate_s=min(item.deadline_s, 5.0),
            )
            for index, one in enumerate(found, 1)
        )

    def complain(self, item: DrainHaproxy | ReadmitHaproxy, setting: Setting) -> Complaints:
        found: Complaints = ()
        for name in names_of(item.haproxy):
            if not is_address(name) and name not in setting.hosts:
                found += ((f"{self.manifest.name}.host", {"haproxy": name}),)
            elif not balancer(name, setting).address:
                found += ((f"{self.manifest.name}.address", {"haproxy": name}),)
        return found

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        if not check.haproxy or self.manifest.name != DRAIN:
            return None
        one = balancer(check.haproxy, setting)
        args = {"address": one.address, "backend": check.backend, "server": "{host}"}
        action = Action(Kind.VERIFY, DRAIN, {**args, "metric": check.metric or "error_rate"})
        return Template("look", action, at=one.at, timeout_s=10.0, estimate_s=1.0)

    def operate(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        """An answer with one row is a look, one with two is what was before and after the wanted state was said."""
        rows = self.rows(action, outcome)
        if isinstance(rows, Failure):
            return rows
        row = rows[-1]
        if action.kind is Kind.VERIFY:
            return self.figure(action, row)
        facts = facts_of(row)
        fields = named(action) | facts | {"deadline": action.args["deadline_s"]}
        if maintained := next((row["status"] for row in rows if row["status"].startswith(MAINTENANCE)), ""):
            return Failure(FailureKind.DEVIATED, self.code("maintenance"), fields | {"status": maintained})
        said = len(rows) > 1
        if arrived(action, row) and (said or is_so(action, row)):
            return Evidence(facts)
        so_far = Failure(FailureKind.UNHEALTHY, self.code("down"), fields)
        if action.kind is Kind.DRAIN:
            so_far = Failure(FailureKind.TIMEOUT, self.code("sessions"), fields)
        if said or is_so(action, row):
            return Again(ASK_AGAIN_S, so_far, look(action))
        return Again(0.0, so_far, order(action))

    def probe(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        rows = self.rows(action, outcome)
        if isinstance(rows, Failure):
            return None
        facts = facts_of(rows[-1])
        out = rows[-1]["status"].startswith(("DRAIN", MAINTENANCE))
        if arrived(action, rows[-1]) and (is_so(action, rows[-1]) if action.kind is Kind.DRAIN else not out):
            return Evidence(facts)
        return Failure(FailureKind.INTERRUPTED, self.code("other"), named(action) | facts)

    def preview(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        rows = self.rows(action, outcome)
        if isinstance(rows, Failure):
            return Preview(changes=True, text=str(rows.fields.get("said", "")))
        row = rows[-1]
        there = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not there, f"{target(action)}: {row['status']}, {row['scur'] or 0} sessions")

    def code(self, what: str) -> str:
        return f"{self.manifest.name}.{what}"

    def rows(self, action: Action, outcome: Outcome) -> list[dict[str, str]] | Failure:
        """The server's lines of the statistics, in order, or what HAProxy said instead."""
        assert isinstance(outcome, Said)
        said, rows = parse(outcome.text)
        wanted = target(action).split("/")
        found = [row for row in rows if [row["pxname"], row["svname"]] == wanted]
        fields = named(action) | {"said": said or "-", "address": action.args["address"]}
        if not said and found:
            return found
        known = said and not said.startswith("No such") and not said.startswith("Can't find")
        return Failure(FailureKind.REFUSED, self.code("refused" if known else "unknown"), fields)

    def figure(self, action: Action, row: dict[str, str]) -> Evidence | Failure:
        """What a health gate compares: a number now, or counters since HAProxy's start."""
        metric = action.args["metric"]
        if metric == "error_rate":
            refused = count(row, "econ") + count(row, "eresp")
            answered = sum(count(row, name) for name in RESPONSES)
            is_http = any(row.get(name) for name in RESPONSES)
            seen = answered if is_http else max(count(row, "stot") - refused, 0)
            return Evidence({"requests": seen + refused, "errors": count(row, "hrsp_5xx") + refused, "value": None})
        if metric in METRICS:
            return Evidence({"value": float(count(row, METRICS[metric]))})
        return Failure(FailureKind.REFUSED, self.code("metric"), named(action) | {"metric": metric})


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


def action_of(driver: str, item: DrainHaproxy | ReadmitHaproxy, one: Balancer) -> Action:
    kind = Kind.DRAIN if driver == DRAIN else Kind.READMIT
    args: dict[str, Any] = {
        "address": one.address,
        "backend": item.backend,
        "server": item.server,
        "wait": item.wait,
        "deadline_s": item.deadline_s,
    }
    return Action(kind, driver, args, Traits(lowers_capacity=kind is Kind.DRAIN))


def named(action: Action) -> dict[str, str | int | float]:
    return {name: action.args[name] for name in ("backend", "server")}


def target(action: Action) -> str:
    """`backend/server`, with nothing in it that HAProxy could read as more than a name."""
    return "/".join(FOREIGN.sub("?", str(action.args[name])) for name in ("backend", "server"))


def look(action: Action) -> SocketCall:
    return SocketCall(action.args["address"], f"{shown(action)}\n")


def order(action: Action) -> SocketCall:
    """Say the wanted state, between two looks."""
    state = "drain" if action.kind is Kind.DRAIN else "ready"
    text = f"{shown(action)};set server {target(action)} state {state};{shown(action)}\n"
    return SocketCall(action.args["address"], text)


def shown(action: Action) -> str:
    return f"show stat {target(action).partition('/')[0]} 4 -1"


def parse(text: str) -> tuple[str, list[dict[str, str]]]:
    """What HAProxy said in words, and the rows of its tables."""
    said, rows, columns = [], [], []
    for line in filter(str.strip, text.splitlines()):
        cells = next(csv.reader([line]))
        if line.startswith("# pxname,"):
            columns = ["pxname", *cells[1:]]
        elif columns and len(cells) >= len(columns) - 1:
            rows.append({name: value for name, value in zip(columns, cells, strict=False) if name})
        else:
            said.append(line.strip())
    return " ".join(said), rows


def count(row: dict[str, str], name: str) -> int:
    value = row.get(name, "")
    return int(value) if value.isdigit() else 0


def facts_of(row: dict[str, str]) -> dict[str, Any]:
    check = row.get("last_chk") or row.get("check_status") or "-"
    return {"status": row["status"], "sessions": count(row, "scur"), "check": check}


def arrived(action: Action, row: dict[str, str]) -> bool:
    if action.kind is Kind.DRAIN:
        return not action.args["wait"] or count(row, "scur") == 0
    return not action.args["wait"] or row["status"] in UP


def is_so(action: Action, row: dict[str, str]) -> bool:
    """Does HAProxy show the wanted state itself? A server that is down shows neither."""
    return row["status"].startswith("DRAIN") if action.kind is Kind.DRAIN else row["status"] in UP


DRIVERS: tuple[Driver, ...] = (
    HaproxyDriver(
        DRAIN,
        DrainHaproxy,
        {
            "en": "Takes a server out of HAProxy and waits for its sessions to end",
            "zh": "从 HAProxy 摘除服务器,并等待会话结束",
        },
        '- drain: {haproxy: lb-1, backend: orders, server: "{host}", deadline: 60s}',
    ),
    HaproxyDriver(
        READMIT,
        ReadmitHaproxy,
        {
            "en": "Brings a server back into HAProxy and waits until it is up",
            "zh": "把服务器重新加入 HAProxy,并等待其恢复可用",
        },
        '- readmit: {haproxy: lb-1, backend: orders, server: "{host}"}',
    ),
)
