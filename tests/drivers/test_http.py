"""verify.http and gauges over HTTP, as tables: an answer in, evidence, a failure so far, or a figure out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from liftlock.drivers.command import Secret
from liftlock.drivers.expecting import MISSING, at_path, decode, same, shown
from liftlock.drivers.http import DRIVERS, VerifyHttp
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Failure,
    FailureKind,
    HttpCall,
    Kind,
    Replied,
)
from liftlock.model.plan import Check
from liftlock.model.ports import Setting
from liftlock.model.schedule import Template
from liftlock.model.secret import SecretRef

DRIVER = DRIVERS[0]
CONTEXT = Context("r", "orders/1/w1/h1/05-verify", "h1", "10.0.0.1", "orders", "1.1", "1.0", "1.1")
BODY = json.dumps({"version": "1.1", "ready": True, "n": 1, "db": {"hosts": [{"ok": True}], "a.b": {"c": None}}})


def look(reply: Replied, **item: Any) -> Evidence | Failure | Again:
    template = DRIVER.expand(VerifyHttp(**{"http": "http://x/", **item}), SETTING)[0]
    return DRIVER.read(template.action, CONTEXT, reply)


SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        ({"version": "1.1", "ready": True, "n": 1.0}, ""),
        ({"db.hosts.0.ok": True, "db.a.b.c": None}, ""),
        ({"db": {"hosts": [{"ok": True}], "a.b": {"c": None}}}, ""),
        ({"version": "1.0"}, "json"),
        ({"version": 1.1}, "json"),
        ({"ready": 1}, "json"),
        ({"ready": "true"}, "json"),
        ({"n": True}, "json"),
        ({"n": "1"}, "json"),
        ({"missing": None}, "json"),
        ({"db.hosts.1.ok": True}, "json"),
        ({"db.hosts.-1.ok": True}, "json"),
        ({"version.x": "1"}, "json"),
    ],
)
def test_expectations_are_strict_about_types(expected: dict[str, Any], code: str) -> None:
    result = look(Replied(200, BODY), json=expected)
    if not code:
        assert isinstance(result, Evidence), result
        return
    assert isinstance(result, Again)
    assert result.so_far is not None
    assert (result.so_far.kind, result.so_far.code) == (FailureKind.UNHEALTHY, f"verify.http.{code}")
    for language in ("en", "zh"):
        DRIVER.manifest.words[language][result.so_far.code].format(**result.so_far.fields)


@pytest.mark.parametrize(
    ("reply", "item", "code"),
    [
        (Replied(503, "{}"), {}, "status"),
        (Replied(200, "<html>"), {"json": {"a": 1}}, "no_json"),
        (Replied(200, "[" * 100_000), {"json": {"a": 1}}, "no_json"),
        (Replied(200, ""), {"json": {"a": 1}}, "no_json"),
        (Replied(200, "welcome"), {"contains": "hello"}, "contains"),
        (Replied(204, "hello"), {"contains": "hello", "status": 204}, ""),
    ],
)
def test_what_else_can_be_wrong(reply: Replied, item: dict[str, Any], code: str) -> None:
    result = look(reply, **item)
    if not code:
        assert isinstance(result, Evidence)
    else:
        assert isinstance(result, Again)
        assert result.so_far is not None
        assert result.so_far.code == f"verify.http.{code}"


def test_evidence_holds_what_was_read() -> None:
    result = look(Replied(200, BODY), json={"version": "1.1", "ready": True})
    assert result == Evidence({"status": 200, "read": {"version": "1.1", "ready": True}})
    assert "boot" not in Evidence({"status": 200}).facts


def test_expands_filled_with_the_version_of_the_way(fill: Callable[[Template, Context], Template]) -> None:
    item = VerifyHttp(
        http="http://{address}:80/",
        json={"version": "{version}", "ready": True},
        headers={"Host": "{host}", "T": Secret("env:X")},
    )
    template = DRIVER.expand(item, SETTING)[0]
    assert (template.at, template.confirm, template.timeout_s, template.action.kind) == (
        "controller",
        True,
        30,
        Kind.VERIFY,
    )
    assert not template.action.traits.writes
    action = fill(template, CONTEXT).action
    call = DRIVER.operate(action, CONTEXT)
    assert call == HttpCall("http://10.0.0.1:80/", headers={"Host": "h1"}, secrets={"T": SecretRef("env:X")})
    assert action.args["json"] == {"version": "1.1", "ready": True}
    assert DRIVER.expand(VerifyHttp(http="http://x", from_="host"), SETTING)[0].at == ""


@pytest.mark.parametrize(
    ("check", "reply", "value"),
    [
        ({}, Replied(200, ""), 0.0),
        ({}, Replied(500, ""), 1.0),
        ({"json": {"ready": True}}, Replied(200, '{"ready": false}'), 1.0),
        ({"json": {"ready": True}}, Replied(200, "no json"), 1.0),
        ({"value": "p99"}, Replied(200, '{"p99": 12}'), 12.0),
        ({"value": "p99"}, Replied(200, '{"p99": "12"}'), None),
        ({"value": "p99"}, Replied(200, '{"p99": true}'), None),
        ({"value": "p99"}, Replied(200, "{}"), None),
        ({"value": "p99"}, Replied(500, '{"p99": 12}'), None),
        ({"value": "p99", "json": {"ok": True}}, Replied(200, '{"p99": 12}'), None),
    ],
)
def test_gauge(check: dict[str, Any], reply: Replied, value: float | None) -> None:
    template = DRIVER.gauge(Check("c", http="http://{host}/", **check), SETTING)
    assert template is not None
    assert template.at == "controller"
    result = DRIVER.read(template.action, CONTEXT, reply)
    if value is None:
        assert isinstance(result, Failure)  # no data is never a figure
    else:
        assert result == Evidence({"value": value})


def test_shown_to_people_and_complaints() -> None:
    action: Action = DRIVER.expand(VerifyHttp(http="http://x", json={"version": "1.1", "a": 1}), SETTING)[0].action
    shown_now = DRIVER.show(action, CONTEXT, Replied(200, '{"version": "1.0"}'))
    assert (shown_now.changes, shown_now.text) == (False, '200, version: "1.0", a: -')
    assert DRIVER.complain(VerifyHttp(http="x:80/"), SETTING) == (("verify.http.url", {"url": "x:80/"}),)


def test_paths_and_values() -> None:
    assert at_path({"a": {"b": 1}, "a.b": 2}, "a.b") == 2
    assert at_path([[1]], "0.0") == 1
    assert at_path(5, "a") is MISSING
    assert decode("{") is MISSING
    assert same([1, {"a": False}], [1.0, {"a": False}])
    assert not same([1], [True])
    assert shown("x" * 1000).endswith("…")
