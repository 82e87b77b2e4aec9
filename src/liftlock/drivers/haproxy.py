"""Taking a server out of HAProxy and bringing it back, by its runtime API on a socket.

Rules: draining is over when HAProxy counts no session on the server, or its deadline is a hold (or ends the sessions,
where the plan says so); readmitting is over when HAProxy itself sees the server up. It is looked at before anything is
said. What somebody else took out stays out: a server in maintenance is held for a person, one that was draining before
us is left draining. Asking twice is asking once.
"""

from typing import Any, Literal

from msgspec import field

from liftlock.drivers import haproxy_runtime as runtime
from liftlock.drivers.haproxy_runtime import Heard, Row
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
from liftlock.model.part import Duration, Part, Text
from liftlock.model.plan import Check
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

ASK_AGAIN_S = 0.2
CUTTING_S = 10.0  # for sessions that were ended to be gone
DRAIN, READMIT = "drain.haproxy", "readmit.haproxy"
CUT = "cut:"  # what the mark says once sessions were ended
RESPONSES = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")
METRICS = {"sessions": "scur", "queue": "qcur"}
WORDS = {
    "host": ("The load balancer {haproxy} is no host of the inventory", "负载均衡 {haproxy} 不是清单中的主机"),
    "address": (
        "The host {haproxy} has no variable `haproxy` with the address of its runtime socket",
        "主机 {haproxy} 没有变量 `haproxy`（运行时套接字地址）",
    ),
    "unknown": (
        "HAProxy at {address} knows no {backend}/{server}: {said}",
        "位于 {address} 的 HAProxy 中没有 {backend}/{server}：{said}",
    ),
    "refused": ("HAProxy at {address} refused: {said}", "位于 {address} 的 HAProxy 拒绝：{said}"),
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
        "有人已将 {backend}/{server} 置于维护状态（{status}）；保持原样",
    ),
    "drained": (
        "{backend}/{server} is draining ({status}), and nothing says that this was us; it is left as it is",
        "{backend}/{server} 正在排空（{status}），无法确认是否由本系统所为；保持原样",
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
    on_deadline: Literal["hold", "shutdown sessions"] = "hold"


class ReadmitHaproxy(Part, frozen=True):
    haproxy: Text | tuple[Text, ...]
    backend: Text
    server: Text = "{host}"
    deadline_s: Duration = field(default=60.0, name="deadline")
    wait: bool = True


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
        found = [runtime.balancer(name, setting) for name in runtime.names_of(item.haproxy)]
        cutting_s = CUTTING_S if cuts(item) else 0.0
        return tuple(
            Template(
                verb if len(found) == 1 else f"{verb}-{index if runtime.is_address(one.name) else one.name}",
                action_of(self.manifest.name, item, one),
                action_of(READMIT if self.manifest.name == DRAIN else DRAIN, item, one),
                at=one.at,
                timeout_s=max(item.deadline_s, 1.0) + cutting_s,
                estimate_s=min(item.deadline_s, 5.0),
            )
            for index, one in enumerate(found, 1)
        )

    def complain(self, item: DrainHaproxy | ReadmitHaproxy, setting: Setting) -> Complaints:
        found = runtime.faulty(runtime.names_of(item.haproxy), setting)
        return tuple((self.code(what), fields) for what, fields in found)

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        if not check.haproxy or self.manifest.name != DRAIN:
            return None
        one = runtime.balancer(check.haproxy, setting)
        args = {"address": one.address, "backend": check.backend, "server": "{host}"}
        action = Action(Kind.VERIFY, DRAIN, {**args, "metric": check.metric or "error_rate"})
        return Template("look", action, at=one.at, timeout_s=10.0, estimate_s=1.0)

    def operate(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        """An answer with one row is a look, one with two is what was before and after something was said."""
        heard, rows = self.heard(action, outcome)
        if isinstance(rows, Failure):
            return rows
        if action.kind is Kind.VERIFY:
            return self.figure(action, rows[-1])
        if foreign := next((row["status"] for row in rows if row["status"].startswith(runtime.MAINTENANCE)), ""):
            return self.failed(action, rows[-1], FailureKind.DEVIATED, "maintenance", status=foreign)
        if action.kind is Kind.DRAIN:
            return self.drained(action, heard, rows)
        return self.readmitted(action, context, heard, rows)

    def drained(self, action: Action, heard: Heard, rows: list[Row]) -> Evidence | Failure | Again:
        row, mark = rows[-1], heard.variable(runtime.variable_of(action))
        so_far = self.failed(action, row, FailureKind.TIMEOUT, "sessions")
        if len(rows) == 1 and not is_so(action, row):
            return Again(0.0, so_far, order(action, mark))
        if len(rows) > 1 and is_so(action, rows[0]) and mark == "":
            return Again(0.0, so_far, unmark(action))  # somebody drained it between our look and our word
        ours = {None: "unknown", "": "no"}.get(mark, "yes") if len(rows) == 1 or mark is None else "yes"
        if arrived(action, row):
            cut = {"cut": int(mark.removeprefix(CUT))} if mark and mark.startswith(CUT) else {}
            return Evidence(runtime.facts_of(row) | {"ours": ours} | cut)
        if ours == "yes" and is_over(action, heard, mark or ""):
            return Again(0.0, so_far, cut_off(action, row))
        return Again(ASK_AGAIN_S, so_far, watch(action))

    def readmitted(self, action: Action, context: Context, heard: Heard, rows: list[Row]) -> Evidence | Failure | Again:
        """Only what the drain before it changed is changed back."""
        row, mark = rows[-1], heard.variable(runtime.variable_of(action))
        said, ours = len(rows) > 1, context.forward.get("ours", "")
        if not said and not mark:
            if ours == "no":
                return Evidence(runtime.facts_of(row) | {"left": "yes"})
            if mark == "" and not ours and runtime.is_out(row):
                return self.failed(action, row, FailureKind.DEVIATED, "drained")
        if arrived(action, row) and (said or (is_so(action, row) and not mark)):
            return Evidence(runtime.facts_of(row))
        so_far = self.failed(action, row, FailureKind.UNHEALTHY, "down")
        if said or (is_so(action, row) and not mark):
            return Again(ASK_AGAIN_S, so_far, look(action))
        return Again(0.0, so_far, order(action, mark))

    def probe(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        _, rows = self.heard(action, outcome)
        if isinstance(rows, Failure):
            return None
        row = rows[-1]
        if arrived(action, row) and (is_so(action, row) if action.kind is Kind.DRAIN else not runtime.is_out(row)):
            return Evidence(runtime.facts_of(row))
        return self.failed(action, row, FailureKind.INTERRUPTED, "other")

    def preview(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        _, rows = self.heard(action, outcome)
        if isinstance(rows, Failure):
            return Preview(changes=True, text=str(rows.fields.get("said", "")))
        row = rows[-1]
        there = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not there, f"{runtime.target(action)}: {row['status']}, {row['scur'] or 0} sessions")

    def code(self, what: str) -> str:
        return f"{self.manifest.name}.{what}"

    def failed(self, action: Action, row: Row, kind: FailureKind, what: str, **more: str) -> Failure:
        fields = runtime.named(action) | runtime.facts_of(row) | {"deadline": action.args["deadline_s"]} | more
        return Failure(kind, self.code(what), fields)

    def heard(self, action: Action, outcome: Outcome) -> tuple[Heard, list[Row] | Failure]:
        """What HAProxy said, and the server's rows, in order; or that there are none."""
        assert isinstance(outcome, Said)
        heard = runtime.hear(outcome)
        rows = runtime.rows_of(heard, action)
        if not heard.said and rows:
            return heard, rows
        said = heard.said
        fields = runtime.named(action) | {"said": said or "-", "address": action.args["address"]}
        known = said and not said.startswith("No such") and not said.startswith("Can't find")
        return heard, Failure(FailureKind.REFUSED, self.code("refused" if known else "unknown"), fields)

    def figure(self, action: Action, row: Row) -> Evidence | Failure:
        """What a health gate compares: a number now, or counters since HAProxy's start."""
        metric = action.args["metric"]
        if metric == "error_rate":
            refused = runtime.count(row, "econ") + runtime.count(row, "eresp")
            answered = sum(runtime.count(row, name) for name in RESPONSES)
            is_http = any(row.get(name) for name in RESPONSES)
            seen = answered if is_http else max(runtime.count(row, "stot") - refused, 0)
            return Evidence(
                {"requests": seen + refused, "errors": runtime.count(row, "hrsp_5xx") + refused, "value": None}
            )
        if metric in METRICS:
            return Evidence({"value": float(runtime.count(row, METRICS[metric]))})
        return Failure(FailureKind.REFUSED, self.code("metric"), runtime.named(action) | {"metric": metric})


def cuts(item: DrainHaproxy | ReadmitHaproxy) -> bool:
    return isinstance(item, DrainHaproxy) and item.on_deadline != "hold"


def action_of(driver: str, item: DrainHaproxy | ReadmitHaproxy, one: runtime.Balancer) -> Action:
    kind = Kind.DRAIN if driver == DRAIN else Kind.READMIT
    args: dict[str, Any] = {
        "address": one.address,
        "backend": item.backend,
        "server": item.server,
        "wait": item.wait,
        "deadline_s": item.deadline_s,
    }
    if kind is Kind.DRAIN and cuts(item):
        args["cut"] = True
    return Action(kind, driver, args, Traits(lowers_capacity=kind is Kind.DRAIN))


def look(action: Action) -> SocketCall:
    if action.kind is Kind.VERIFY:
        return runtime.call(action, runtime.shown(action))
    return runtime.call(action, runtime.asked(runtime.variable_of(action)), runtime.shown(action))


def watch(action: Action) -> SocketCall:
    """A look that has HAProxy's own clock with it, where the deadline ends sessions."""
    if not action.args.get("cut"):
        return look(action)
    clock = (*runtime.noted(runtime.NOW, "date()"), runtime.asked(runtime.NOW))
    return runtime.call(action, runtime.asked(runtime.variable_of(action)), *clock, runtime.shown(action))


def order(action: Action, mark: str | None) -> SocketCall:
    """Say the wanted state, and whose it is, between two looks."""
    drains = action.kind is Kind.DRAIN
    name, state = runtime.variable_of(action), "drain" if drains else "ready"
    note = runtime.noted(name, "date()" if drains else "str()") if mark is not None and (drains or mark) else ()
    said = f"set server {runtime.target(action)} state {state}"
    steps = (*note, said) if drains else (said, *note)  # lost in between: ours, and said again
    return runtime.call(action, runtime.asked(name), runtime.shown(action), *steps, runtime.shown(action))


def unmark(action: Action) -> SocketCall:
    name = runtime.variable_of(action)
    return runtime.call(action, *runtime.noted(name, "str()"), runtime.asked(name), runtime.shown(action))


def cut_off(action: Action, row: Row) -> SocketCall:
    """End the sessions that are left, and remember how many they were."""
    name = runtime.variable_of(action)
    note = runtime.noted(name, f"str({CUT}{runtime.count(row, 'scur')})")
    said = f"shutdown sessions server {runtime.target(action)}"
    return runtime.call(action, *note, said, runtime.asked(name), runtime.shown(action))


def is_over(action: Action, heard: Heard, mark: str) -> bool:
    """Has the deadline passed by HAProxy's own clock, since it was told to drain? Then sessions are ended, once."""
    now = heard.variable(runtime.NOW) or ""
    late = mark.isdigit() and now.isdigit() and int(now) - int(mark) >= action.args["deadline_s"]
    return bool(action.args.get("cut")) and late


def arrived(action: Action, row: Row) -> bool:
    if action.kind is Kind.DRAIN:
        return not action.args["wait"] or runtime.count(row, "scur") == 0
    return not action.args["wait"] or row["status"] in runtime.UP


def is_so(action: Action, row: Row) -> bool:
    """Does HAProxy show the wanted state itself? A server that is down shows neither."""
    return row["status"].startswith(runtime.DRAINING) if action.kind is Kind.DRAIN else row["status"] in runtime.UP


DRIVERS: tuple[Driver, ...] = (
    HaproxyDriver(
        DRAIN,
        DrainHaproxy,
        {
            "en": "Takes a server out of HAProxy and waits for its sessions to end",
            "zh": "从 HAProxy 摘除服务器，并等待会话结束",
        },
        '- drain: {haproxy: lb-1, backend: orders, server: "{host}", deadline: 60s}',
    ),
    HaproxyDriver(
        READMIT,
        ReadmitHaproxy,
        {
            "en": "Brings a server back into HAProxy and waits until it is up",
            "zh": "把服务器重新加入 HAProxy，并等待其恢复可用",
        },
        '- readmit: {haproxy: lb-1, backend: orders, server: "{host}"}',
    ),
)
