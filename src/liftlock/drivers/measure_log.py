"""An access log of nginx or HAProxy as readings: on each host, or at the load balancer, whose log tells the server.

Rules: what has come since the last look, by the bytes of the log, nothing twice and nothing left out, through rotation
(`sh/access-log.sh`); the place travels in the evidence, so that a look whose answer was lost is simply made again. The
first look begins at the end of the log. Lines that say nothing are counted and told; if none says anything, the format
is not the log's.
errors: answers with 5xx; of HAProxy also answers that the server broke off. latency: nginx's request_time; HAProxy's
Tw + Tc + Tr, from when a request was complete to the response's headers. Buckets at fixed bounds from 1 ms to 60 s.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from liftlock.drivers.measuring import ALL, BOUNDS, Measuring, evidence, look, manifest_of, until
from liftlock.drivers.technology import body, read_script
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Outcome, Script
from liftlock.model.canary import Reading
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import Source

NAME = "measure.access_log"
MOST_BYTES = 128 * 2**20  # read in one look; the rest waits for the next one
ANY = "*"
KINDS = {"moving": FailureKind.TRANSIENT, "missing": FailureKind.TRANSIENT}
WORDS = {
    "missing": ("There is no log {path}", "没有日志 {path}"),
    "moving": (
        "{path} was rotated again and again while it was read; the next look reads on",
        "{path} 在读取期间反复轮转；下次查看将继续读取",
    ),
    "format": (
        "None of {lines} lines of {path} is one of {format}'s access log: see the how-to for the formats",
        "{path} 的 {lines} 行均不是 {format} 的访问日志：格式见操作指南",
    ),
    "untimed": (
        "{path} tells no durations: add rt=$request_time to nginx's log_format",
        "{path} 中没有请求耗时：请在 nginx 的 log_format 中加入 rt=$request_time",
    ),
    "unnamed": (
        "{path} names no server: add upstream=$upstream_addr to nginx's log_format",
        "{path} 中没有后端服务器：请在 nginx 的 log_format 中加入 upstream=$upstream_addr",
    ),
    "many": (
        "{path} names more servers than one look can tell ({servers} came whole): set the metric's `backend`",
        "{path} 中的服务器过多，一次查看无法全部返回（只完整读到 {servers} 台）：请设置指标的 `backend`",
    ),
}


class Sums(Struct):
    """What the log says of one server. `inside`: by bucket, those that came to lie in it."""

    requests: int = 0
    failed: int = 0
    timed: int = 0
    total: float = 0.0
    squares: float = 0.0
    inside: dict[int, int] = {}

    def add(self, requests: str, failed: str, timed: str, total: str, squares: str, *pairs: str) -> None:
        self.requests += int(requests)
        self.failed += int(failed)
        self.timed += int(timed)
        self.total += float(total)
        self.squares += float(squares)
        for pair in pairs:
            place, _, found = pair.partition(":")
            self.inside[int(place)] = self.inside.get(int(place), 0) + int(found)


class Told(Struct):
    """What one look read. `malformed`: lines that say nothing; `nobody`: requests that no server got."""

    lines: int = 0
    malformed: int = 0
    nobody: int = 0
    servers: int = 0
    by_server: dict[str, Sums] = {}


class MeasureLog(Measuring):
    manifest = manifest_of(
        NAME,
        {"en": "Reads on in an access log of nginx or HAProxy", "zh": "续读 nginx 或 HAProxy 的访问日志"},
        WORDS,
    )

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        """At a load balancer HAProxy's log names the server, nginx's has its address."""
        form = metric.format or ("haproxy" if metric.at else "nginx")
        if not metric.access_log or metric.kind == "saturation":
            return None
        args = {"path": metric.access_log, "kind": metric.kind, "format": form, "backend": metric.backend}
        whole = bool(metric.at)
        key = (metric.server or ("{address}" if form == "nginx" else "{host}")) if whole else ""
        return Source(look(NAME, args | {"whole": whole}, at=metric.at), whole=whole, key=key)

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        told = {name: str(args[name]) for name in ("path", "format", "backend")}
        told |= {"timed": yes(args["kind"] == "latency"), "keyed": yes(args["whole"])}
        cursor = context.span.cursor if context.span else ""
        told |= {"cursor": cursor, "most": str(MOST_BYTES), "bounds": " ".join(BOUNDS), "state": context.state}
        return Script(body("access-log-count", "access-log"), told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        found = read_script(NAME, outcome, KINDS)
        if isinstance(found, Failure):
            return found
        args, facts = action.args, found.facts
        told = tell(found.output.splitlines())
        if wrong := wrong_of(args, told, int(facts.get("servers", "0"))):
            fields = {name: args[name] for name in ("path", "format")}
            told_of: dict[str, Any] = {"lines": told.lines, "servers": len(told.by_server)}
            return Failure(FailureKind.REFUSED, f"{NAME}.{wrong}", fields | told_of)
        seen = {"lines": told.lines, "malformed": told.malformed, "nobody": told.nobody}
        seen |= {"behind": int(facts.get("behind", "0")), "lost": facts.get("lost", "no")}
        begun = facts.get("begun") == "yes"
        readings = {} if begun else readings_of(args["kind"], told, until(context), whole=args["whole"])
        return evidence(readings, seen, facts["cursor"])


def yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def tell(lines: Iterable[str]) -> Told:
    """The sums of each part of the log that was read, added up."""
    told = Told()
    for words in map(str.split, lines):
        match words:
            case [_, count, malformed, nobody]:
                told.lines += int(count)
                told.malformed += int(malformed)
                told.nobody += int(nobody)
            case [server, requests, failed, timed, total, squares, *pairs]:
                told.servers += 1
                told.by_server.setdefault(server, Sums()).add(requests, failed, timed, total, squares, *pairs)
    return told


def wrong_of(args: Mapping[str, Any], told: Told, servers: int) -> str:
    """Why what was read is no figure; empty if it is one."""
    if told.servers != servers:
        return "many"
    if told.lines and told.malformed == told.lines:
        return "format"
    if args["whole"] and args["format"] == "nginx" and told.nobody and not told.by_server:
        return "unnamed"
    if args["kind"] == "latency" and untimed(told.by_server.values()):
        return "untimed"
    return ""


def untimed(found: Iterable[Sums]) -> bool:
    every = list(found)
    return bool(every) and not any(sums.timed for sums in every) and all(sums.failed < sums.requests for sums in every)


def readings_of(kind: str, told: Told, at: float, *, whole: bool) -> dict[str, list[Reading]]:
    """A host that was read and got nothing says so; of a server that the load balancer's log does not name nothing is
    known."""
    found = told.by_server if whole else {"": told.by_server.get(ANY, Sums())}
    return {server: [reading(kind, sums, at)] for server, sums in found.items()}


def reading(kind: str, sums: Sums, at: float) -> Reading:
    if kind == "errors":
        return Reading(at, events=float(sums.failed), of=float(sums.requests))
    buckets, so_far = {}, 0
    for place, bound in enumerate((*BOUNDS, ALL), 1):
        so_far += sums.inside.get(place, 0)
        buckets[bound] = float(so_far)
    return Reading(at, of=float(sums.timed), total=sums.total, squares=sums.squares, buckets=buckets)


DRIVERS: tuple[Driver, ...] = (MeasureLog(),)
