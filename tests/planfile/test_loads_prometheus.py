"""Traffic as Prometheus answers it: real shapes, and any text at all."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from liftlock.planfile.loads_prometheus import range_url, read_range

ZONE = ZoneInfo("Asia/Shanghai")


def answer(*series: list[tuple[float, str]]) -> str:
    result = [{"metric": {"job": str(n)}, "values": values} for n, values in enumerate(series)]
    return json.encode({"status": "success", "data": {"resultType": "matrix", "result": result}}).decode()


def test_the_series_of_a_query_are_added_up() -> None:
    found = read_range(answer([(0, "1"), (900, "2.5")], [(900, "4"), (1800, "NaN")]), ZONE)
    assert [(each.at.timestamp(), each.requests) for each in found.samples] == [(0, 1), (900, 6.5)]
    assert found.samples[0].at.tzinfo == ZONE


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"status":"error","errorType":"bad_data","error":"parse error"}', "parse error"),
        ('{"status":"success","data":{"resultType":"vector","result":[]}}', "resultType"),
        (answer(), "no series"),
        (answer([(0, "NaN"), (900, "+Inf"), (1800, "x"), (1e300, "1")]), "no series"),
        ("<html>login</html>", "malformed"),
        ("[]", "Expected `object`"),
    ],
)
def test_what_is_no_traffic_says_why(body: str, problem: str) -> None:
    found = read_range(body, ZONE)
    assert problem in found.problem
    assert found.samples == ()


def test_four_weeks_in_quarters_of_an_hour_are_asked_for() -> None:
    now = datetime(2026, 11, 25, 10, 7, 31, tzinfo=ZONE)
    url = urlsplit(range_url("http://p:9090/", 'sum(rate(x{a="b"}[15m]))', now))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path == "/api/v1/query_range"
    assert asked["query"] == 'sum(rate(x{a="b"}[15m]))'
    assert int(asked["end"]) == datetime(2026, 11, 25, 10, 0, tzinfo=ZONE).timestamp()
    assert int(asked["end"]) - int(asked["start"]) == timedelta(weeks=4).total_seconds()
    assert int(asked["step"]) == 900


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=6))
def test_any_answer_has_an_answer(result: object) -> None:
    body = json.encode({"status": "success", "data": {"resultType": "matrix", "result": result}}).decode()
    assert read_range(body, ZONE).problem
