"""Recorded series as a table: a row is what one host told at one time of one metric.

Rules: columns are known by their English or Chinese names, in any order: time, host, metric, arm, and what was told: a
level (`value`), failed requests (`events` of `of`), or durations in seconds (`total` of `of` requests). Counts are of
the interval that ends at the row's time. Rows may be in any order; two for one host, metric and time are an error. A
time is ISO 8601 or seconds since 1970; without an offset it is in the zone that is given. The first row names columns.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct, field

from liftlock.model.canary import Reading
from liftlock.model.findings import Field, Finding, Located, Severity
from liftlock.planfile.codes import FINDINGS_MAX, SHOWN_MAX
from liftlock.planfile.table import Unreadable, csv_rows

COLUMNS = {
    "time": "time timestamp at date datetime 时间 时刻 时间戳 采集时间",
    "host": "host hostname instance server node 主机 主机名 服务器 节点 实例",
    "metric": "metric name 指标 指标名 指标名称",
    "arm": "arm group side 组 分组 组别",
    "value": "value level 值 数值 取值",
    "events": "events errors failed failures 错误 错误数 失败 失败数 失败次数",
    "of": "of requests count 请求 请求数 总数 总次数",
    "total": "total sum 总时长 总耗时 耗时合计",
}
MEANINGS = {word: name for name, words in COLUMNS.items() for word in words.split()}
FIGURES = ("value", "events", "of", "total")
ARMS = {
    "canary": "canary upgraded new 灰度 金丝雀 已升级 新版",
    "control": "control untouched old baseline 对照 未升级 旧版 基线",
}
SIDES = {word: arm for arm, words in ARMS.items() for word in words.split()}
EPOCH_MAX_S = 253402300799.0  # the year 9999


class Recorded(Struct):
    """What the table has: by metric and host readings in order of time, and each host's arm where it says one."""

    series: dict[str, dict[str, list[Reading]]] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)
    findings: list[Located] = field(default_factory=list)

    @property
    def hosts(self) -> list[str]:
        return sorted({host for hosts in self.series.values() for host in hosts})

    @property
    def times(self) -> list[float]:
        return sorted({one.at for hosts in self.series.values() for seen in hosts.values() for one in seen})


class Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, column: str, given: str) -> None:
        super().__init__(column)
        self.column, self.given = column, given


def read_recorded(data: bytes, file: str, zone: tzinfo) -> Recorded:
    """Any bytes have an answer; every finding has its line."""
    reader = Reader(file, zone)
    try:
        for number, cells in csv_rows(data):
            reader.row(number, [cell.strip() for cell in cells])
    except Unreadable as error:
        reader.note(error.code, 0, **error.said)
    found = reader.found
    if not found.series and not found.findings:
        reader.note("L464", 0)
    for hosts in found.series.values():
        for seen in hosts.values():
            seen.sort(key=lambda reading: reading.at)
    return found


class Reader:
    def __init__(self, file: str, zone: tzinfo) -> None:
        self.file, self.zone = file, zone
        self.columns: dict[str, int] = {}
        self.found = Recorded()
        self.lines: dict[tuple[str, str, float], int] = {}

    def note(self, code: str, line: int, /, **fields: Field) -> None:
        if len(self.found.findings) < FINDINGS_MAX:
            finding = Finding(code, Severity.ERROR, (), fields, "series")
            self.found.findings.append(Located(finding, self.file, line, 1 if line else 0))

    def row(self, number: int, cells: Sequence[str]) -> None:
        if not any(cells):
            return
        if not self.columns:
            self.head(number, cells)
            return
        told = {name: cells[index] if index < len(cells) else "" for name, index in self.columns.items()}
        try:
            self.keep(number, told, reading_of(told, self.zone))
        except Wrong as wrong:
            self.note("L461", number, column=wrong.column, given=wrong.given[:SHOWN_MAX])

    def head(self, number: int, cells: Sequence[str]) -> None:
        for index, cell in enumerate(cells):
            name = MEANINGS.get(cell.lower().replace(" ", "_"))
            if name is not None:
                self.columns.setdefault(name, index)
        missing = [name for name in ("time", "host", "metric") if name not in self.columns]
        if not any(name in self.columns for name in ("value", "events", "total")):
            missing.append("value")
        if missing:
            self.note("L460", number, missing=", ".join(missing), given=", ".join(cells)[:SHOWN_MAX])
            raise Unreadable("L464")

    def keep(self, number: int, told: Mapping[str, str], reading: Reading) -> None:
        host, metric = told["host"], told["metric"]
        first = self.lines.setdefault((metric, host, reading.at), number)
        if first != number:
            self.note("L462", number, host=host, metric=metric, first=first)
            return
        if arm := told.get("arm", ""):
            if (side := SIDES.get(arm.lower())) is None:
                raise Wrong("arm", arm)
            if self.found.arms.setdefault(host, side) != side:
                self.note("L463", number, host=host)
        self.found.series.setdefault(metric, {}).setdefault(host, []).append(reading)


def reading_of(told: Mapping[str, str], zone: tzinfo) -> Reading:
    """Raises Wrong."""
    for name in ("host", "metric"):
        if not told[name]:
            raise Wrong(name, "")
    at = moment(told["time"], zone)
    figures = {name: number(name, told[name]) for name in FIGURES if told.get(name)}
    if "value" in figures:
        return Reading(at, level=figures["value"])
    if "of" in figures and figures.keys() & {"events", "total"}:
        if figures.get("events", 0.0) > figures["of"]:
            raise Wrong("events", told["events"])
        return Reading(at, events=figures.get("events"), of=figures["of"], total=figures.get("total"))
    raise Wrong("of" if figures else "value", told.get("of", ""))


def number(name: str, text: str) -> float:
    """Finite; counts are not negative. Raises Wrong."""
    try:
        value = float(text)
    except ValueError as error:
        raise Wrong(name, text) from error
    if not math.isfinite(value) or (name != "value" and value < 0):
        raise Wrong(name, text)
    return value


def moment(text: str, zone: tzinfo) -> float:
    """Seconds since 1970. Raises Wrong."""
    try:
        at = float(text)
    except ValueError:
        try:
            told = datetime.fromisoformat(text)
            return (told if told.tzinfo else told.replace(tzinfo=zone)).timestamp()
        except (ValueError, OverflowError, OSError) as error:
            raise Wrong("time", text) from error
    if not 0 <= at <= EPOCH_MAX_S:
        raise Wrong("time", text)
    return at
