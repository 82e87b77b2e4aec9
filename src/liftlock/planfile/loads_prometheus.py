"""Recorded traffic as Prometheus answers it: a range query's matrix, all its series added up.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

import math
from datetime import datetime, timedelta, tzinfo
from typing import Literal
from urllib.parse import urlencode

from msgspec import DecodeError, Struct, json

from liftlock.model.load import Sample
from liftlock.planfile.recorded import EPOCH_MAX_S

WEEKS = 4
STEP = timedelta(minutes=15)
SAID_MAX = 200


class Answered(Struct, frozen=True):
    """`problem`: why it is no traffic; empty if it is."""

    samples: tuple[Sample, ...] = ()
    problem: str = ""


class Series(Struct):
    values: list[tuple[float, str]]


class Matrix(Struct):
    resultType: Literal["matrix"]
    result: list[Series]


class Answer(Struct):
    status: str
    data: Matrix | None = None
    error: str = ""


def range_url(server: str, query: str, now: datetime) -> str:
    """The last weeks until the last whole quarter of an hour, in steps of one."""
    end = int(now.timestamp() // STEP.total_seconds() * STEP.total_seconds())
    start = end - int(timedelta(weeks=WEEKS).total_seconds())
    asked = {"query": query, "start": start, "end": end, "step": int(STEP.total_seconds())}
    return f"{server.rstrip('/')}/api/v1/query_range?{urlencode(asked)}"


def read_range(body: str, zone: tzinfo) -> Answered:
    """Any text has an answer. A value that is no number is no data."""
    try:
        answer = json.decode(body, type=Answer)
    except DecodeError as error:
        return Answered(problem=str(error))
    if answer.data is None:
        return Answered(problem=answer.error[:SAID_MAX] or answer.status)
    sums: dict[float, float] = {}
    for series in answer.data.result:
        for at, text in series.values:
            value = number(text)
            if math.isfinite(value) and abs(at) < EPOCH_MAX_S:
                sums[at] = sums.get(at, 0.0) + value
    if not sums:
        return Answered(problem="no series")
    return Answered(tuple(Sample(datetime.fromtimestamp(at, zone), sums[at]) for at in sorted(sums)))


def number(text: str) -> float:
    """NaN is no data, as Prometheus itself writes it."""
    try:
        return float(text)
    except ValueError:
        return math.nan
