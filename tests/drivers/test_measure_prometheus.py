"""Prometheus's answers as readings, as data; and what is asked of it."""

from urllib.parse import parse_qs

import pytest
from msgspec import json

from liftlock.drivers.measure_prometheus import DRIVERS, is_selector
from liftlock.model.actions import Context, Evidence, Failure, Replied
from liftlock.model.canary import Span
from liftlock.model.plan import Canary, Metric, Prometheus
from liftlock.model.ports import Setting
from liftlock.model.secret import SecretRef

(DRIVER,) = DRIVERS
NOW = Span(940.0, 1000.0, 60.0)
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})
ERRORS = Metric(name="errors", kind="errors", prometheus='http_total{code=~"5.."}', of="http_total")
LATENCY = Metric(name="latency", kind="latency", prometheus='http_seconds{job="orders"}')
MEMORY = Metric(name="memory", kind="saturation", prometheus="process_resident_memory_bytes")


def action_of(metric=ERRORS, **server):
    canary = Canary((metric,), prometheus=Prometheus("http://prom:9090/", **server) if server else "http://prom:9090/")
    return DRIVER.measure(metric, canary, SETTING).template.action


def context(span=NOW):
    return Context("r", "look", "app-1", "", "orders", "1.1", "1.0", "1.1", span=span)


def asked(metric=ERRORS, span=NOW, **server):
    call = DRIVER.operate(action_of(metric, **server), context(span))
    return call, {name: found[0] for name, found in parse_qs(call.body).items()}


def series(value, at=1000.0, **labels):
    return {"metric": labels, "value": [at, str(value)]}


def read(result, metric=ERRORS, kind="vector", **more):
    body = json.encode({"status": "success", "data": {"resultType": kind, "result": result}, **more}).decode()
    return DRIVER.read(action_of(metric), context(), Replied(200, body))


# --- what is asked ------------------------------------------------------------------------------------------


def test_a_metric_without_a_server_or_another_source_is_not_its():
    assert DRIVER.measure(ERRORS, Canary((ERRORS,)), SETTING) is None
    other = Metric(name="errors", kind="errors", haproxy="lb")
    assert DRIVER.measure(other, Canary((other,), prometheus="http://p:9090"), SETTING) is None


def test_one_query_answers_for_all_hosts_and_for_the_past():
    source = DRIVER.measure(ERRORS, Canary((ERRORS,), prometheus="http://p:9090", host_value="{address}:9100"), SETTING)
    assert (source.whole, source.history, source.key) == (True, True, "{address}:9100")


def test_a_look_asks_at_its_end_and_the_past_in_steps():
    call, now = asked()
    assert call.url == "http://prom:9090/api/v1/query"
    assert now["time"] == "1000.000"
    call, past = asked(span=Span(400.0, 1000.0, 60.0))
    assert call.url == "http://prom:9090/api/v1/query_range"
    assert (past["start"], past["end"], past["step"]) == ("460.000", "1030.000", "60.000")


def test_a_selector_becomes_a_query_of_what_the_interval_added():
    _, now = asked()
    assert now["query"].count("label_replace(") == 2
    assert 'last_over_time(http_total{code=~"5.."}[60s])' in now["query"]
    assert "offset 60s" in now["query"]
    assert "$interval" not in now["query"]


def test_an_expression_is_asked_as_it_is():
    own = Metric(name="m", kind="saturation", prometheus="max by (instance) (rate(cpu_seconds_total[$interval]))")
    _, now = asked(own)
    assert (
        now["query"] == 'label_replace(max by (instance) (rate(cpu_seconds_total[60s])), "liftlock", "level", "", "")'
    )


@pytest.mark.parametrize("name", ["http_seconds", "http_seconds_bucket", "http_seconds_count"])
def test_a_histogram_is_named_as_one_likes(name):
    _, now = asked(Metric(name="latency", kind="latency", prometheus=f'{name}{{job="orders"}}'))
    for part in ("bucket", "count", "sum"):
        assert f'http_seconds_{part}{{job="orders"}}' in now["query"]


def test_a_secret_is_a_header_and_no_part_of_what_is_asked():
    call, _ = asked(authorization=SecretRef("file:prom.token"))
    assert call.secrets == {"authorization": SecretRef("file:prom.token")}
    assert "prom.token" not in call.body + call.url


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("http_total", True),
        ('http_total{code=~"5..",path!="/{x}"}', True),
        ('{__name__="a"}', True),
        ("rate(http_total[5m])", False),
        ("http_total[5m]", False),
        ("a / b", False),
        ("", False),
    ],
)
def test_what_a_plain_selector_is(text, plain):
    assert is_selector(text) is plain


# --- what is answered ---------------------------------------------------------------------------------------


def test_events_and_requests_of_each_host():
    seen = read([series(3, instance="a:1", liftlock="events"), series(200, instance="a:1", liftlock="of"),
                 series(180, instance="b:1", liftlock="of")])  # fmt: skip
    assert isinstance(seen, Evidence)
    assert seen.facts["readings"] == {
        "a:1": [{"at": 1000.0, "events": 3.0, "of": 200.0}],
        "b:1": [{"at": 1000.0, "events": 0.0, "of": 180.0}],
    }


def test_a_histogram_with_its_sum():
    parts = [series(7, instance="a", liftlock="of"), series(0.9, instance="a", liftlock="total")]
    buckets = [
        series(4, instance="a", liftlock="buckets", le="0.10"),
        series(7, instance="a", liftlock="buckets", le="+Inf"),
    ]
    (reading,) = read(parts + buckets, LATENCY).facts["readings"]["a"]
    assert reading == {"at": 1000.0, "of": 7.0, "total": 0.9, "buckets": {"0.1": 4.0, "+Inf": 7.0}}


def test_a_bound_that_is_written_in_two_ways_is_one():
    """A client library that writes 1 where the old version wrote 1.0, in the interval of the restart."""
    buckets = [series(n, instance="a", liftlock="buckets", le=le) for n, le in ((4, "1.0"), (3, "1"))]
    (reading,) = read([*buckets, series(7, instance="a", liftlock="of")], LATENCY).facts["readings"]["a"]
    assert reading["buckets"] == {"1": 7.0, "+Inf": 7.0}


def test_two_values_of_one_host_are_no_answer():
    found = read([series(1, instance="a", code="500"), series(2, instance="a", code="503")], MEMORY)
    assert isinstance(found, Failure)
    assert (found.code, found.fields) == ("measure.prometheus.several", {"host": "a", "label": "instance"})


def test_the_past_is_in_order_of_time():
    values = {"metric": {"instance": "a"}, "values": [[120.0, "2"], [60.0, "1"], [180.0, "NaN"]]}
    readings = read([values], MEMORY, "matrix").facts["readings"]["a"]
    assert [(one["at"], one["level"]) for one in readings] == [(60.0, 1.0), (120.0, 2.0)]


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_no_number_is_no_data(value):
    assert read([series(value, instance="a")], MEMORY).facts["readings"] == {}


def test_a_host_without_requests_is_heard_all_the_same():
    """It is not silent; it has nothing to compare, and never passes."""
    (reading,) = read([series(0, instance="a", liftlock="of")]).facts["readings"]["a"]
    assert reading == {"at": 1000.0, "events": 0.0, "of": 0.0}


def test_what_is_partial_is_said():
    seen = read([series(1, instance="a")], MEMORY, warnings=["one store did not answer"])
    assert seen.facts["warnings"] == ["one store did not answer"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Replied(400, '{"status":"error","errorType":"bad_data","error":"parse error"}'), "error"),
        (Replied(503, "Service Unavailable"), "answered"),
        (Replied(200, "<html>log in</html>"), "no_json"),
        (Replied(200, '{"a": 1}'), "no_json"),
        (Replied(200, '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'), "shape"),
        (Replied(200, '{"status":"success","data":{"resultType":"vector","result":'
                 '[{"metric":{"job":"x"},"value":[1,"2"]}]}}'), "no_label"),
    ],
)  # fmt: skip
def test_what_went_wrong_is_told(answer, code):
    found = DRIVER.read(action_of(), context(), answer)
    assert isinstance(found, Failure)
    assert found.code == f"measure.prometheus.{code}"
