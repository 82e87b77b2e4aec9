"""Recorded traffic as a table (CSV): a row is what was measured over the interval that begins at its time.

Columns are known by their English or Chinese names: time, requests. A time is ISO 8601 or seconds since 1970; without
an offset it is in the plan's zone. Rows may be in any order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct, field

from liftlock.model.findings import Field, Finding
from liftlock.model.load import Sample
from liftlock.planfile.codes import FINDINGS_MAX, complain
from liftlock.planfile.recorded import EPOCH_MAX_S, Wrong, moment, number
from liftlock.planfile.table import Unreadable, csv_rows

COLUMNS = {
    "time": "time timestamp at date datetime 时间 时刻 时间戳 采集时间",
    "requests": "requests value count traffic load tps qps rate 请求数 请求量 业务量 交易量 交易笔数 流量 数值 值",
}
MEANINGS = {word: name for name, words in COLUMNS.items() for word in words.split()}
SOURCE = "load"
WANTED = timedelta(days=14)
DAY = timedelta(days=1)
LAST_S = EPOCH_MAX_S - 7 * 86400.0  # so that a week around it has dates


class LoadedTraffic(Struct):
    """In order of time, in the plan's zone."""

    samples: list[Sample] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_traffic(data: bytes, zone: tzinfo) -> LoadedTraffic:
    """Any bytes have an answer; every finding has its line."""
    found, columns = LoadedTraffic(), dict[str, int]()
    try:
        for line, cells in csv_rows(data):
            if not any(cells):
                continue
            if not columns:
                columns = head(found, line, cells)
                continue
            take(found, line, [cells[at].strip() if at < len(cells) else "" for at in columns.values()], zone)
    except Unreadable as error:
        note(found, error.code, 0, **error.said)
    found.samples.sort()
    if not found.findings:
        judge_length(found)
    return found


def head(found: LoadedTraffic, line: int, cells: Sequence[str]) -> dict[str, int]:
    """The columns, time first. Raises Unreadable."""
    known = {MEANINGS.get(cell.strip().lower().replace(" ", "_"), ""): at for at, cell in enumerate(cells)}
    if missing := [name for name in COLUMNS if name not in known]:
        said = {"missing": ", ".join(missing), "given": ", ".join(cells)}
        note(found, "L490", line, **said)
        raise Unreadable("L492")
    return {name: known[name] for name in COLUMNS}


def take(found: LoadedTraffic, line: int, cells: Sequence[str], zone: tzinfo) -> None:
    try:
        at_s = moment(cells[0], zone)
        if not 0 <= at_s <= LAST_S:
            raise Wrong("time", cells[0])
        at = datetime.fromtimestamp(at_s, zone)
        requests = number("requests", cells[1])
    except Wrong as wrong:
        note(found, "L491", line, column=wrong.column, given=wrong.given)
        return
    found.samples.append(Sample(at, requests))


def judge_length(found: LoadedTraffic) -> None:
    """Two weeks, to tell what is usual from what was so once."""
    if not found.samples:
        note(found, "L492", 0)
    elif (over := found.samples[-1].at - found.samples[0].at) < WANTED - DAY:
        note(found, "L493", 0, days=round(over / DAY, 1), wanted=WANTED.days)


def note(found: LoadedTraffic, code: str, line: int, /, **fields: Field) -> None:
    if len(found.findings) < FINDINGS_MAX:
        found.findings.append(complain(code, (), SOURCE, (line, 1 if line else 0), **fields))
