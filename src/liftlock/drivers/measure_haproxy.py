"""What HAProxy counts of each server, as readings: one `show stat` answers for all servers of a backend.

errors: counters since HAProxy's start. `of` = stot - wretr: requests (connections, in TCP mode) that were given to the
server, each once however often it was tried. `events` = hrsp_5xx + econ + eresp + wredis: the server answered 5xx,
took no connection, gave no good response, or took no connection and another server answered instead (with `option
redispatch` this is all that is seen of a server that is dead). A reload begins at zero. HAProxy counts a connection
that the server reset before its response twice in eresp.
latency: rtime (in TCP mode, ttime), HAProxy's own mean in milliseconds over about the last 1,024 requests: it follows
late, and stands still when there are none; a server that had no request in the interval has no reading.
saturation: scur + qcur, requests at the server and waiting for it now; a server that is out of service has no reading.
Columns: https://docs.haproxy.org/2.6/management.html, 9.1.
"""

from liftlock.drivers import haproxy_runtime as runtime
from liftlock.drivers.haproxy_runtime import Row, count
from liftlock.drivers.measuring import Measuring, evidence, look, manifest_of, until
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Outcome, Said, SocketCall
from liftlock.model.canary import Reading
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import Source

NAME = "measure.haproxy"
FAILED = ("hrsp_5xx", "econ", "eresp", "wredis")
NOT_SERVING = ("DOWN", "NOLB", runtime.DRAINING, runtime.MAINTENANCE)
END = "\n\n"  # HAProxy ends an answer with an empty line
WORDS = {
    "unknown": (
        "HAProxy at {address} knows no backend {backend} with servers: {said}",
        "位于 {address} 的 HAProxy 中没有含服务器的后端 {backend}：{said}",
    ),
    "refused": ("HAProxy at {address} refused: {said}", "位于 {address} 的 HAProxy 拒绝：{said}"),
    "cut": (
        "HAProxy's answer about {backend} is longer than is read ({servers} servers came whole): use another source",
        "HAProxy 关于 {backend} 的应答超出读取上限（只完整读到 {servers} 台服务器）：请改用其他来源",
    ),
}


class MeasureHaproxy(Measuring):
    manifest = manifest_of(
        NAME,
        {"en": "Reads what HAProxy counts of each server", "zh": "读取 HAProxy 对每台服务器的统计"},
        WORDS,
        common=False,
    )

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        """An address that is filled for each host is a HAProxy beside it, which answers for that host alone."""
        if not metric.haproxy or not metric.backend:
            return None
        one, server = runtime.balancer(metric.haproxy, setting), metric.server or "{host}"
        if not one.address:
            return None
        args = {"address": one.address, "backend": metric.backend, "server": server, "kind": metric.kind}
        whole = "{" not in one.address
        return Source(look(NAME, args | {"whole": whole}, at=one.at), whole=whole, key=server if whole else "")

    def operate(self, action: Action, context: Context) -> SocketCall:
        return runtime.call(action, runtime.shown(action))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        assert isinstance(outcome, Said)
        backend, server = runtime.target(action).split("/")
        heard = runtime.hear(outcome)
        rows = [row for row in heard.rows if row["pxname"] == backend]
        if not rows:
            return failed(action, "unknown" if "No such" in heard.said or not heard.said else "refused", heard.said)
        if not outcome.text.endswith(END):
            return failed(action, "cut", "", servers=len(rows))
        readings = {row["svname"]: read_row(action.args["kind"], row, context) for row in rows}
        known = {name: [reading] for name, reading in readings.items() if reading is not None}
        return evidence(known if action.args["whole"] else {"": known.get(server, [])}, {})


def failed(action: Action, what: str, said: str, **more: int) -> Failure:
    known = {"address": action.args["address"], "backend": action.args["backend"], "said": said or "-"}
    return Failure(FailureKind.REFUSED, f"{NAME}.{what}", known | more)


def read_row(kind: str, row: Row, context: Context) -> Reading | None:
    at = until(context)
    match kind:
        case "errors":
            events = float(sum(count(row, name) for name in FAILED))
            return Reading(at, events=events, of=float(count(row, "stot") - count(row, "wretr")), cumulative=True)
        case "latency":
            mean_ms = count(row, "ttime" if row.get("mode") == "tcp" else "rtime")
            return None if is_idle(row, context) else Reading(at, level=mean_ms / 1000)
    if row["status"].startswith(NOT_SERVING):
        return None
    return Reading(at, level=float(count(row, "scur") + count(row, "qcur")))


def is_idle(row: Row, context: Context) -> bool:
    """Has the server had no session since the interval began? Then its means are old ones."""
    if not count(row, "stot"):
        return True
    return context.span is not None and count(row, "lastsess") > context.span.step_s


DRIVERS: tuple[Driver, ...] = (MeasureHaproxy(),)
