"""Prometheus's HTTP API: one query a look answers for all hosts, and one before the first wave for the whole past.

Counters must tile time: what one look counted the next one does not. So an increment is the last value in the look's
interval less the last value before it, and both ignore staleness marks (`last_over_time`): a failed scrape delays
requests to the next look, and loses none. A counter that fell was reset: what it had grown by till then counts, and all
that it shows since. A series that was not there before is counted whole if its host was known, since processes make a
series at its first event; on a host that was not known, or after a value that is no number, only what it grew by in the
interval. `increase()` alone would lose the first error after every restart, and extrapolates.

A plain selector is turned into such a query; a whole expression with `$interval` is asked as it is, and must answer
with one value a host. https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import DecodeError, json

from liftlock.drivers.measuring import ALL, Measuring, evidence, look, manifest_of
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, HttpCall, Outcome, Replied
from liftlock.model.canary import Reading, Span
from liftlock.model.plan import Canary, Metric, Prometheus
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import CONTROLLER, Source
from liftlock.model.secret import SecretRef

NAME = "measure.prometheus"
INTERVAL = "$interval"
LOOKBACK_S = 600  # a counter's value before the interval is looked for so far back
MOST_BYTES = 32 * 1024 * 1024
ASKED_S = 30.0
PART = "liftlock"  # the label by which a query's parts are told apart
SELECTOR = re.compile(
    r"""\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(\{(?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\})?\s*"""
)
WORDS = {
    "answered": (
        "Prometheus at {url} answered with status {status}: {said}",
        "位于 {url} 的 Prometheus 返回状态 {status}：{said}",
    ),
    "error": ("Prometheus refused the query ({type}): {said}", "Prometheus 拒绝了查询（{type}）：{said}"),
    "no_json": (
        "{url} does not answer as Prometheus does: is it its address, or a proxy's login page?",
        "{url} 的应答不是 Prometheus 的格式：地址是否正确，是否为代理登录页？",
    ),
    "cut": (
        "Prometheus's answer is longer than {most} bytes: narrow the selector, or use a recording rule",
        "Prometheus 的应答超过 {most} 字节：请收窄选择器，或使用记录规则",
    ),
    "shape": (
        "the expression answers with a {found}, and must answer with one value a host (a vector)",
        "该表达式的结果为 {found}，须为每台主机一个值（vector）",
    ),
    "several": (
        "the expression answers with several values for {host}: take the sum or the average `by ({label})`",
        "该表达式对 {host} 给出了多个值：请用 `by ({label})` 求和或取平均",
    ),
    "no_label": (
        "the answer's {series} series have no label {label}, by which hosts are told apart: see `host_label`",
        "应答中的 {series} 条序列没有标识主机的标签 {label}：请检查 `host_label`",
    ),
}


class MeasurePrometheus(Measuring):
    manifest = manifest_of(
        NAME,
        {"en": "Asks Prometheus for each host's figures", "zh": "向 Prometheus 查询各主机的指标"},
        WORDS,
        common=False,
    )

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        server = canary.prometheus if isinstance(canary.prometheus, Prometheus) else Prometheus(canary.prometheus)
        if not metric.prometheus or not server.url:
            return None
        parts = queries(metric, canary.host_label)
        args: dict[str, Any] = {"url": server.url.rstrip("/"), "label": canary.host_label, "parts": parts}
        args["kind"] = metric.kind
        if server.authorization is not None:
            args["authorization"] = {"secret": server.authorization.secret}
        if server.ca:
            args["ca"] = server.ca
        template = look(NAME, args, at=CONTROLLER, literal=("url", "label", "parts", "kind", "ca"))
        return Source(template, whole=True, key=canary.host_value, history=True)

    def operate(self, action: Action, context: Context) -> HttpCall:
        args, span = action.args, context.span or Span(0.0, 0.0, 60.0)
        past = span.until - span.since > 1.5 * span.step_s
        since_s = span.until - span.step_s if past else span.since
        query = whole_query(args["parts"], round(span.until * 1000) - round(since_s * 1000))
        asked = {"query": query, "timeout": f"{ASKED_S:g}s"}
        when = {"time": span.until}
        if past:  # half a step more, so that rounding cannot cost the last one
            when = {"start": span.since + span.step_s, "end": span.until + span.step_s / 2, "step": span.step_s}
        secret = args.get("authorization", {}).get("secret")
        secrets = {"authorization": SecretRef(secret)} if secret else {}
        return HttpCall(
            f"{args['url']}/api/v1/{'query_range' if past else 'query'}",
            method="POST",
            headers={"content-type": "application/x-www-form-urlencoded"},
            secrets=secrets,
            body=urlencode(asked | {name: f"{value:.3f}" for name, value in when.items()}),
            timeout_s=ASKED_S,
            ca=args.get("ca", ""),
            most_bytes=MOST_BYTES,
        )

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        assert isinstance(outcome, Replied)
        args = action.args
        if len(outcome.body.encode()) >= MOST_BYTES:
            return failed("cut", most=MOST_BYTES)
        try:
            answer = json.decode(outcome.body)
        except DecodeError:
            said = outcome.body[:200].strip() or "-"
            wrong = 200 <= outcome.status < 300
            return failed("no_json", url=args["url"]) if wrong else failed("answered", outcome, args, said=said)
        if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
            return failed("no_json", url=args["url"])
        if answer["status"] == "error":
            return failed("error", type=str(answer.get("errorType", "-")), said=str(answer.get("error", "-")))
        data = answer.get("data") or {}
        if data.get("resultType") not in ("vector", "matrix"):
            return failed("shape", found=str(data.get("resultType")))
        return read_series(args, data.get("result") or [], answer.get("warnings") or [])


def failed(what: str, outcome: Replied | None = None, args: Mapping[str, Any] | None = None, **fields: Any) -> Failure:
    known = {"url": args["url"]} if args else {}
    status = {"status": outcome.status} if outcome else {}
    kind = FailureKind.TRANSIENT if outcome and outcome.status >= 500 else FailureKind.REFUSED
    return Failure(kind, f"{NAME}.{what}", {**known, **status, **fields})


# --- questions --------------------------------------------------------------------------------------------


def is_selector(text: str) -> bool:
    """`name`, `{…}` or `name{…}`, and nothing else."""
    found = SELECTOR.fullmatch(text)
    return found is not None and bool(found[1] or found[2])


def queries(metric: Metric, label: str) -> dict[str, str]:
    """The query's parts, with `$interval` in place of the seconds: `events`, `of`, `buckets`, `total`, `level`."""
    text = metric.prometheus
    if metric.kind == "errors":
        known = metric.of or text
        return {"events": counted(text, label, known), "of": counted(known, label, known)}
    if not is_selector(text):
        return {"level": text}
    if metric.kind == "saturation":
        return {"level": f"avg by ({label}) (avg_over_time({text}[{INTERVAL}]))"}
    found = SELECTOR.fullmatch(text)
    name, matchers = (found[1] or "", found[2] or "") if found else ("", "")
    name = name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
    count = f"{name}_count{matchers}"
    return {
        "buckets": counted(f"{name}_bucket{matchers}", f"{label}, le", count, label),
        "of": counted(count, label, count),
        "total": counted(f"{name}_sum{matchers}", label, count),
    }


def counted(text: str, by: str, known: str, label: str = "") -> str:
    """What the interval added to the counters of a selector, by host; an expression stays as it is."""
    if not is_selector(text):
        return text
    now = f"last_over_time({text}[{INTERVAL}])"
    before = f"last_over_time({text}[{LOOKBACK_S}s] offset {INTERVAL})"
    host = label or by
    seen = (
        f"group by ({host}) (last_over_time({known}[{LOOKBACK_S}s] offset {INTERVAL}))" if is_selector(known) else now
    )
    most = f"max_over_time({text}[{INTERVAL}])"
    reset = f"(({now} < {before}) + clamp_min({most} - {before}, 0))"
    born = f"(({now} unless {before}) and on ({host}) {seen})"
    found = f"(({most} - min_over_time({text}[{INTERVAL}])) >= 0)"
    grown = f"(({now} - {before}) >= 0) or {reset} or {born} or {found}"
    return f"sum by ({by}) ({grown})"


def whole_query(parts: Mapping[str, str], interval_ms: int) -> str:
    """All parts in one answer, told apart by a label."""
    asked = {part: text.replace(INTERVAL, duration(interval_ms)) for part, text in parts.items()}
    return " or ".join(f'label_replace({text}, "{PART}", "{part}", "", "")' for part, text in asked.items())


def duration(of_ms: int) -> str:
    """To the millisecond, as times are given: two looks' intervals must neither overlap nor leave a gap."""
    return f"{of_ms // 1000}s" if of_ms % 1000 == 0 else f"{max(of_ms, 1)}ms"


# --- answers ----------------------------------------------------------------------------------------------


def read_series(args: Mapping[str, Any], result: Iterable[Any], warnings: Iterable[Any]) -> Evidence | Failure:
    found: dict[str, dict[float, dict[str, Any]]] = {}
    unnamed = series = 0
    for one in result:
        labels, series = one.get("metric", {}), series + 1
        host = labels.get(args["label"], "")
        unnamed += not host
        for at, text in one.get("values") or [one.get("value", (0.0, "NaN"))]:
            value = float(text)
            if not host or not math.isfinite(value):
                continue
            if not take(found.setdefault(host, {}).setdefault(float(at), {}), labels, value):
                return failed("several", host=host, label=args["label"])
    if series and unnamed == series:
        return failed("no_label", series=series, label=args["label"])
    readings = {
        host: [reading for at, parts in sorted(moments.items()) if (reading := reading_of(args["kind"], at, parts))]
        for host, moments in found.items()
    }
    facts: dict[str, Any] = {"series": series}
    if told := [str(warning)[:200] for warning in warnings][:5]:
        facts["warnings"] = told
    return evidence({host: each for host, each in readings.items() if each}, facts)


def take(parts: dict[str, Any], labels: Mapping[str, str], value: float) -> bool:
    """One series' value at one moment; False if there is another one already: which of them is right, nobody knows."""
    part = labels.get(PART, "level")
    if part == "buckets":
        bounds, bound = parts.setdefault("buckets", {}), bound_of(labels.get("le", ""))
        bounds[bound] = bounds.get(bound, 0.0) + value  # the same bound, as two versions of a library write it
        return True
    if part in parts:
        return False
    parts[part] = value
    return True


def bound_of(le: str) -> str:
    """One spelling for a bucket's bound, whatever wrote it: 0.5, 1, +Inf."""
    try:
        value = float(le)
    except ValueError:
        return le
    return ALL if math.isinf(value) else f"{value:g}"


def reading_of(kind: str, at: float, parts: Mapping[str, Any]) -> Reading | None:
    """None where what makes a reading of this kind is missing: no data is not zero. Without any error series, though,
    there were no errors; and a host without requests is heard all the same."""
    if "level" in parts:
        return Reading(at, level=parts["level"])
    if "of" not in parts:
        return None
    if kind == "errors":
        return Reading(at, events=parts.get("events", 0.0), of=parts["of"])
    buckets = dict(parts.get("buckets", {}))
    return Reading(
        at, of=parts["of"], total=parts.get("total"), buckets=buckets | {ALL: parts["of"]} if buckets else {}
    )


DRIVERS: tuple[Driver, ...] = (MeasurePrometheus(),)
