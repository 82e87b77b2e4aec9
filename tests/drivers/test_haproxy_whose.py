"""Whose drain is it? What somebody else took out stays out, whatever was lost; and gradual shifts of weight."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.haproxy import DRIVERS
from liftlock.drivers.haproxy_shift import DRIVERS as SHIFTS
from liftlock.drivers.haproxy_shift import ShiftHaproxy
from liftlock.model.actions import Action, Again, Evidence, Failure, FailureKind, Kind, Said, SocketCall
from tests.drivers.test_haproxy import CONTEXT, Haproxy, ask, drain, finish, readmit, say, setting, status, until

DRAIN, READMIT = DRIVERS
(SHIFT,) = SHIFTS


@pytest.fixture(scope="module")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Haproxy]:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    with contextlib.closing(Haproxy(tmp_path_factory.mktemp("ha"))) as made:
        yield made


@pytest.fixture(autouse=True)
def _in_service(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "haproxy" in request.fixturenames:
        made: Haproxy = request.getfixturevalue("haproxy")
        say(made, "set server orders/s1 state ready")
        finish(readmit(made.unix))
        until(lambda: status(made) == "UP")


def back(haproxy: Haproxy, **forward: Any) -> Evidence | Failure:
    """Readmit with this evidence of the drain."""
    action, context = readmit(haproxy.unix), replace(CONTEXT, forward=forward)
    call = READMIT.operate(action, context)
    while True:
        assert isinstance(call, SocketCall)
        answer = READMIT.read(action, context, Said(ask(call)))
        if not isinstance(answer, Again):
            assert isinstance(answer, Evidence | Failure)
            return answer
        call = answer.then or call


def out(haproxy: Haproxy) -> dict[str, Any]:
    evidence = finish(drain(haproxy.unix))
    assert isinstance(evidence, Evidence), evidence
    return evidence.facts


def test_our_own_drain_is_undone_with_and_without_its_evidence(haproxy: Haproxy) -> None:
    assert out(haproxy)["ours"] == "yes"
    assert isinstance(back(haproxy, ours="yes"), Evidence)
    assert status(haproxy) == "UP"
    assert out(haproxy)["ours"] == "yes"
    assert isinstance(back(haproxy), Evidence)  # the evidence was lost: HAProxy itself remembers
    assert status(haproxy) == "UP"


def test_a_drain_whose_end_was_lost_is_still_ours_when_it_is_asked_again(haproxy: Haproxy) -> None:
    action = drain(haproxy.unix)
    look = DRAIN.operate(action, CONTEXT)
    assert isinstance(look, SocketCall)
    first = DRAIN.read(action, CONTEXT, Said(ask(look)))
    assert isinstance(first, Again)
    assert isinstance(first.then, SocketCall)
    ask(first.then)  # said, and the controller died
    assert out(haproxy)["ours"] == "yes"
    assert isinstance(back(haproxy, ours="yes"), Evidence)
    assert status(haproxy) == "UP"


def test_a_server_that_drained_before_us_is_left_draining(haproxy: Haproxy) -> None:
    say(haproxy, "set server orders/s1 state drain")
    facts = out(haproxy)
    assert (facts["ours"], facts["status"]) == ("no", "DRAIN")
    assert out(haproxy)["ours"] == "no"  # also the second time, and on the way back
    left = back(haproxy, **facts)
    assert isinstance(left, Evidence)
    assert left.facts["left"] == "yes"
    assert status(haproxy) == "DRAIN"


def test_without_evidence_a_foreign_drain_is_held_for_a_person(haproxy: Haproxy) -> None:
    say(haproxy, "set server orders/s1 state drain")
    held = back(haproxy)
    assert isinstance(held, Failure)
    assert (held.kind, held.code) == (FailureKind.DEVIATED, "readmit.haproxy.drained")
    assert status(haproxy) == "DRAIN"


def test_evidence_that_it_was_us_is_enough_where_a_reload_lost_the_mark(haproxy: Haproxy) -> None:
    say(haproxy, "set server orders/s1 state drain")  # as a reload with a state file leaves it
    assert isinstance(back(haproxy, ours="yes"), Evidence)
    assert status(haproxy) == "UP"


def test_a_foreign_drain_after_ours_was_taken_back_is_foreign(haproxy: Haproxy) -> None:
    out(haproxy)
    back(haproxy, ours="yes")
    say(haproxy, "set server orders/s1 state drain")
    assert out(haproxy)["ours"] == "no"


def test_a_drain_of_somebody_else_between_look_and_word_is_not_taken_for_ours(haproxy: Haproxy) -> None:
    action = drain(haproxy.unix)
    look = DRAIN.operate(action, CONTEXT)
    assert isinstance(look, SocketCall)
    first = DRAIN.read(action, CONTEXT, Said(ask(look)))
    assert isinstance(first, Again)
    assert isinstance(first.then, SocketCall)
    say(haproxy, "set server orders/s1 state drain")
    second = DRAIN.read(action, CONTEXT, Said(ask(first.then)))
    assert isinstance(second, Again)
    assert isinstance(second.then, SocketCall)
    third = DRAIN.read(action, CONTEXT, Said(ask(second.then)))
    assert isinstance(third, Evidence)
    assert third.facts["ours"] == "no"
    assert out(haproxy)["ours"] == "no"


OLD = "Unknown command: 'get var'. Please enter one of the following commands only :\n  help : this message\n\n"
TABLE = "# pxname,svname,status,scur,\norders,s1,{status},0,\n\n"


def test_an_old_haproxy_that_knows_no_variables_is_drained_and_readmitted_without_marks() -> None:
    action = drain("/run/x.sock")
    first = DRAIN.read(action, CONTEXT, Said(OLD + TABLE.format(status="UP")))
    assert isinstance(first, Again)
    assert isinstance(first.then, SocketCall)
    assert "set var" not in first.then.text
    said = Said(OLD + TABLE.format(status="UP") + TABLE.format(status="DRAIN"))
    ended = DRAIN.read(action, CONTEXT, said)
    assert isinstance(ended, Evidence)
    assert ended.facts["ours"] == "unknown"
    again = READMIT.read(readmit("/run/x.sock"), CONTEXT, Said(OLD + TABLE.format(status="DRAIN")))
    assert isinstance(again, Again)
    assert isinstance(again.then, SocketCall)
    assert "state ready" in again.then.text


def test_sessions_that_outlast_the_deadline_are_ended_where_the_plan_says_so(haproxy: Haproxy) -> None:
    say(haproxy, "set server orders/s2 state drain")
    failed: list[int] = []
    client = threading.Thread(target=lambda: failed.append(haproxy.get("/slow")))
    client.start()
    try:
        until(lambda: running(haproxy) == 1)
        action = drain(haproxy.unix, deadline_s=0.5, on_deadline="shutdown sessions")
        ended = drained(action)
        assert isinstance(ended, Evidence), ended
        assert (ended.facts["cut"], ended.facts["sessions"], ended.facts["ours"]) == (1, 0, "yes")
        client.join()
        assert failed
        assert failed[0] >= 500
    finally:
        haproxy.backends[0].release()
        client.join()
        say(haproxy, "set server orders/s2 state ready")
        haproxy.backends[0].server.release.clear()  # type: ignore[attr-defined]


def drained(action: Action) -> Evidence | Failure:
    """As the loop does: what an answer says is to be asked from then on."""
    answers: list[Evidence | Failure] = []
    asking = [DRAIN.operate(action, CONTEXT)]

    def answered() -> bool:
        assert isinstance(asking[0], SocketCall)
        answer = DRAIN.read(action, CONTEXT, Said(ask(asking[0])))
        if isinstance(answer, Again):
            asking[0] = answer.then or asking[0]
        else:
            answers.append(answer)
        return bool(answers)

    until(answered)
    return answers[0]


def running(haproxy: Haproxy) -> int:
    rows = [line.split(",") for line in say(haproxy, "show stat orders 4 -1").splitlines() if line]
    return next(int(row[4]) for row in rows if row[1] == "s1")


def test_only_a_deadline_that_ends_sessions_has_time_for_it() -> None:
    from liftlock.drivers.haproxy import DrainHaproxy

    item = DrainHaproxy(haproxy="lb-1", backend="orders", deadline_s=30, on_deadline="shutdown sessions")
    (template,) = DRAIN.expand(item, setting("/x"))
    assert (template.timeout_s, template.action.args["cut"]) == (40.0, True)
    (template,) = DRAIN.expand(DrainHaproxy(haproxy="lb-1", backend="orders", deadline_s=30), setting("/x"))
    assert template.timeout_s == 30.0
    assert "cut" not in template.action.args


# --- weights -------------------------------------------------------------------------------------------


def shift(address: str, to: str, **more: Any) -> Action:
    item = ShiftHaproxy(**{"haproxy": "lb-1", "backend": "orders", "server": "s1", "to": to, **more})
    return SHIFT.expand(item, setting(address))[0].action


def weigh(action: Action, step: str = "03-shift", **forward: Any) -> Evidence | Failure:
    context = replace(CONTEXT, step=f"orders/1/w1/s1/{step}", forward=forward)
    call = SHIFT.operate(action, context)
    for _ in range(3):
        assert isinstance(call, SocketCall)
        answer = SHIFT.read(action, context, Said(ask(call)))
        if isinstance(answer, Evidence | Failure):
            return answer
        call = answer.then or call
    raise AssertionError(answer)


def weight(haproxy: Haproxy, server: str = "s1") -> str:
    return say(haproxy, f"get weight orders/{server}").split()[0]


def facts(answer: Evidence | Failure) -> dict[str, Any]:
    assert isinstance(answer, Evidence), answer
    return answer.facts


def test_a_share_is_raised_step_by_step_and_taken_back(haproxy: Haproxy) -> None:
    say(haproxy, "set weight orders/s1 30")  # somebody's own setting: the way back leads there
    first = facts(weigh(shift(haproxy.unix, "10%")))
    assert (first["weight"], first["former"], first["initial"]) == (8, 30, 80)
    second = facts(weigh(shift(haproxy.unix, "50%"), "05-shift"))
    assert (second["weight"], second["former"], weight(haproxy)) == (40, 8, "40")
    undo = replace(shift(haproxy.unix, "50%"), args={**shift(haproxy.unix, "50%").args, "undo": True})
    assert facts(weigh(undo, "u05-shift", **second))["weight"] == 8
    undo = replace(undo, args={**undo.args, "to": "10%"})
    assert facts(weigh(undo, "u03-shift", **first))["weight"] == 30
    assert weight(haproxy) == "30"
    say(haproxy, "set weight orders/s1 100%")


def test_a_shift_whose_evidence_was_lost_remembers_the_former_weight(haproxy: Haproxy) -> None:
    action = shift(haproxy.unix, "25%")
    weigh(action)
    assert facts(weigh(action))["former"] == 80  # asked again
    undo = replace(action, args={**action.args, "undo": True})
    assert facts(weigh(undo, "u03-shift"))["weight"] == 80
    assert facts(weigh(undo, "u03-shift"))["undone"] == "nothing"
    assert weight(haproxy) == "80"


def test_an_undo_of_what_another_step_did_is_none(haproxy: Haproxy) -> None:
    weigh(shift(haproxy.unix, "25%"))
    undo = shift(haproxy.unix, "25%")
    undo = replace(undo, args={**undo.args, "undo": True})
    assert facts(weigh(undo, "u09-shift"))["undone"] == "nothing"
    assert weight(haproxy) == "20"
    say(haproxy, "set weight orders/s1 100%")


def test_a_share_that_would_be_none_is_refused(haproxy: Haproxy) -> None:
    refused = weigh(shift(haproxy.unix, "10%", server="s2"))
    assert isinstance(refused, Failure)
    assert (refused.code, refused.fields["initial"]) == ("shift.haproxy.coarse", 1)
    assert weight(haproxy, "s2") == "1"


def test_what_haproxy_refuses_is_told_in_its_words(haproxy: Haproxy) -> None:
    unknown = weigh(shift(haproxy.unix, "10%", server="nobody"))
    assert isinstance(unknown, Failure)
    assert (unknown.code, unknown.fields["said"]) == ("shift.haproxy.unknown", "No such server.")
    static = weigh(shift(haproxy.unix, "50%", backend="fixed", server="s1"))
    assert isinstance(static, Failure)
    assert static.code == "shift.haproxy.refused"
    assert "static LB algorithm" in str(static.fields["said"])
    reader = weigh(shift(str(haproxy.folder / "reader.sock"), "50%"))
    assert isinstance(reader, Failure)
    assert reader.code == "shift.haproxy.refused"


def test_a_shift_is_shown(haproxy: Haproxy) -> None:
    action = shift(haproxy.unix, "50%")
    look = SHIFT.preview(action, CONTEXT)
    assert isinstance(look, SocketCall)
    assert "set" not in look.text
    shown = SHIFT.show(action, CONTEXT, Said(ask(look)))
    assert (shown.changes, shown.text) == (True, "orders/s1: weight 80 → 40")


def test_expands_into_steps_with_waits_between_and_an_undo_each() -> None:
    item = ShiftHaproxy(haproxy=("lb-1", "/run/x.sock"), backend="orders", to=("10%", "100%"), every_s=120)
    found = SHIFT.expand(item, setting("/run/ha.sock", via="host"))
    assert [one.verb for one in found] == [
        "shift-10-lb-1",
        "shift-10-2",
        "wait",
        "shift-100-lb-1",
        "shift-100-2",
    ]
    assert (found[0].at, found[1].at, found[2].way) == ("lb-1", "controller", "up")
    assert all(one.undo is not None and one.undo.args["undo"] for one in found if one.verb != "wait")
    assert {one.action.kind for one in found} == {Kind.CALL, Kind.WAIT}


def test_complains_of_what_is_no_weight() -> None:
    def codes(**item: Any) -> list[str]:
        made = ShiftHaproxy(**{"haproxy": "lb-1", "backend": "orders", **item})
        return [code for code, _ in SHIFT.complain(made, setting("/x"))]

    assert codes(to=("0%", "100%", "256", "{weight}")) == []
    assert codes(to=("101%", "257", "half")) == ["shift.haproxy.weight"] * 3
    assert codes(to="10%", haproxy="lb-9") == ["shift.haproxy.host"]
