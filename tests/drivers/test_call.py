"""call: what is asked, what an answer means, and what may be asked again. As data."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from liftlock.drivers.call import DRIVERS, Asked, Call, Expect, Look
from liftlock.drivers.command import Secret
from liftlock.hosts.calls import filled
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Failure,
    FailureKind,
    HttpCall,
    Preview,
    Replied,
)
from liftlock.model.ports import Setting
from liftlock.model.schedule import CONTROLLER
from liftlock.model.secret import SecretRef

from .conftest import Machine

DRIVER = DRIVERS[0]
URL = "https://x/api"
KEYED = {"idempotency_key": "Idempotency-Key"}


def context(step: str = "orders/1/w1/h1/03-call", **fields: Any) -> Context:
    made: Context = Machine.context.__get__(type("M", (), {"state": Path("/s")})())(step, **fields)
    return made


def action(**item: Any) -> Action:
    setting = Setting("orders", "1.0", "1.1", False, {}, {}, {"ca.pem": "PEM"})
    return DRIVER.expand(Call(**{"url": URL, **item}), setting)[0].action


def asked(of: Action, where: Context | None = None) -> HttpCall:
    call = DRIVER.operate(of, where or context())
    assert isinstance(call, HttpCall)
    return call


def test_what_is_asked() -> None:
    call = asked(action(json={"a": [1, True]}, headers={"X-A": "b", "Auth": Secret("env:T")}, ca="ca.pem", **KEYED))
    assert (call.url, call.method, call.body, call.ca) == (URL, "POST", '{"a":[1,true]}', "PEM")
    assert call.secrets == {"Auth": SecretRef("env:T")}
    assert (call.headers["Content-Type"], call.headers["X-A"]) == ("application/json", "b")
    assert asked(action(body="plain")).headers == {}


def test_secrets_in_json_are_marks_until_it_is_sent() -> None:
    call = asked(action(json={"deep": [{"token": {"secret": "env:T"}}], "host": "{host}"}))
    ((name, ref),) = call.secrets.items()
    assert ref == SecretRef("env:T")
    headers, body = filled(call, {name: 'q"uo\\te\né'})
    assert msgspec.json.decode(body)["deep"] == [{"token": 'q"uo\\te\né'}]
    assert name not in headers


def test_the_key_is_the_steps_own_and_stays_the_same() -> None:
    one = asked(action(**KEYED)).headers["Idempotency-Key"]
    assert one == asked(action(**KEYED)).headers["Idempotency-Key"]
    others = (context("orders/1/w1/h2/03-call"), context("orders/1/w1/h1/u03-call"), context(run="r2"))
    assert len({one, *(asked(action(**KEYED), other).headers["Idempotency-Key"] for other in others)}) == 4
    assert len(one) == 36


@pytest.mark.parametrize(
    ("item", "repeatable"),
    [({}, False), ({"method": "PATCH"}, False), ({"method": "PUT"}, True), ({"method": "DELETE"}, True), (KEYED, True)],
)
def test_only_what_is_safe_is_asked_again(item: dict[str, Any], repeatable: bool) -> None:
    assert asked(action(**item)).repeatable is repeatable
    answer = DRIVER.read(action(**item), context(), Replied(503, "busy"))
    assert isinstance(answer, Again if repeatable else Failure)
    refused = answer.so_far if isinstance(answer, Again) else answer
    assert isinstance(refused, Failure)
    assert refused.kind is (FailureKind.TRANSIENT if repeatable else FailureKind.REFUSED)
    assert isinstance(DRIVER.read(action(**item), context(), Replied(404)), Failure)


@pytest.mark.parametrize(
    ("told", "expected"),
    [("7", (7.0, False)), ("", (1.0, True)), ("Fri, 31 Dec", (1.0, True)), ("99999", (3600.0, False))],
)
def test_it_waits_as_it_is_told(told: str, expected: tuple[float, bool]) -> None:
    again = DRIVER.read(action(method="PUT", retries=3), context(), Replied(429, "", told))
    assert isinstance(again, Again)
    assert ((again.after_s, again.grows), again.times) == (expected, 3)
    assert isinstance(DRIVER.read(action(method="PUT", retries=0), context(), Replied(429, "", told)), Failure)


@pytest.mark.parametrize(
    ("expect", "answer", "code"),
    [
        (Expect(), Replied(204), ""),
        (Expect(), Replied(302), "status"),
        (Expect(status=(200, 409)), Replied(409), ""),
        (Expect(status=201), Replied(200), "status"),
        (Expect(json={"a.b": 1}), Replied(200, '{"a": {"b": 1}}'), ""),
        (Expect(json={"a.b": 1}), Replied(200, '{"a": {"b": "1"}}'), "json"),
        (Expect(json={"a": 1}), Replied(200, "no"), "no_json"),
        (Expect(contains="ok"), Replied(200, "it is ok"), ""),
        (Expect(contains="ok"), Replied(200, "no"), "contains"),
    ],
)
def test_what_an_answer_must_be(expect: Expect, answer: Replied, code: str) -> None:
    result = DRIVER.read(action(expect=expect), context(), answer)
    assert isinstance(result, Failure) is bool(code)
    if isinstance(result, Failure):
        assert (result.code, result.kind) == (f"call.{code}", FailureKind.REFUSED)
        for words in DRIVER.manifest.words.values():
            words[result.code].format(**result.fields)


def test_the_undo_knows_what_the_answer_said() -> None:
    item = Call(URL, keep={"silence": "id", "n": "n", "x": "none"}, undo=Asked("https://x/{silence}/{n}", "DELETE"))
    template = DRIVER.expand(item, Setting("orders", "1.0", "1.1", False, {}, {}, {}))[0]
    done = DRIVER.read(template.action, context(), Replied(201, '{"id": "s-7", "n": 4}'))
    assert isinstance(done, Evidence)
    assert done.facts == {"status": 201, "kept": {"silence": "s-7", "n": 4}}
    assert template.undo is not None
    call = asked(template.undo, context("orders/1/w1/h1/u03-call", forward=done.facts))
    assert (call.url, call.method, call.repeatable) == ("https://x/s-7/4", "DELETE", True)
    assert template.at == CONTROLLER


def test_a_look_tells_what_became_of_it() -> None:
    of = action(done_when=Look("https://x/look", {"A": Secret("env:T")}, Expect(json={"done": True})))
    look = DRIVER.probe(of, context())
    assert isinstance(look, HttpCall)
    assert (look.method, look.url, look.secrets) == ("GET", "https://x/look", {"A": SecretRef("env:T")})
    assert isinstance(DRIVER.settle(of, context(), Replied(200, '{"done": true}')), Evidence)
    missing = DRIVER.settle(of, context(), Replied(404))
    assert isinstance(missing, Failure)
    assert missing.kind is FailureKind.INTERRUPTED
    assert DRIVER.settle(of, context(), Replied(503)) is None
    assert DRIVER.settle(of, context(), Replied(401)) is None
    assert DRIVER.show(of, context(), Replied(404)) == Preview(True, f"POST {URL}")
    assert DRIVER.probe(action(), context()) is None


def test_complains(setting: Setting) -> None:
    def codes(**item: Any) -> list[str]:
        return [code for code, _ in DRIVER.complain(Call(**{"url": URL, **item}), setting)]

    assert codes() == codes(url="{base}/x") == []
    assert codes(url="x/y") == ["call.url"]
    assert codes(url="https://me:pw@x/y") == ["call.credentials"]
    assert codes(json={}, body="x") == ["call.two_bodies"]
    assert codes(headers={"a b": "c"}) == ["call.header"]
    assert codes(undo=Asked("x"), restorable=True) == ["call.url", "call.both"]
