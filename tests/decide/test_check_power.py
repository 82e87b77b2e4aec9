"""What the checker says of a canary before the fact: what it sees, and where that is too little."""

from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.model.findings import Finding, Severity
from liftlock.model.plan import Canary, Share
from tests.decide.asking import ask
from tests.decide.test_check_canary import CANARY, LATENCY, MEMORY, judged

HOURS = {"soak_s": 3600.0, "longest_soak_s": 7800.0}  # two hours after a warm-up of ten minutes


def said(canary: Canary = CANARY, size: int = 11, **rollout: Any) -> list[Finding]:
    given = {"waves": (Share(count=1), Share(percent=100)), **HOURS} | rollout
    return [one for one in ask(judged(canary, size, **given)) if "L391" <= one.code <= "L397"]


def only(found: list[Finding], code: str) -> Finding:
    (one,) = (each for each in found if each.code == code)
    return one


def test_one_against_ten_is_told_in_figures() -> None:
    found = only(said(replace(CANARY, metrics=(LATENCY,), traffic=33.0)), "L391")
    assert found.severity is Severity.INFO
    fields = found.fields
    assert (fields["canaries"], fields["controls"], fields["percent"], fields["within_s"]) == (1, 10, "10", 7200.0)
    assert 5 < int(fields["power"]) < 50
    assert 12 < float(fields["smallest"]) < 20


def test_without_the_traffic_hosts_alone_are_spoken_of() -> None:
    found = said()
    assert (only(found, "L392").fields["metrics"], only(found, "L391").fields["metrics"]) == ("latency", "memory")
    known = only(said(replace(CANARY, metrics=(LATENCY,), traffic=0.5)), "L391")
    assert int(known.fields["power"]) < int(only(found, "L392").fields["power"])


def test_metrics_of_which_the_same_is_said_are_told_together() -> None:
    found = only(said(replace(CANARY, metrics=(MEMORY, replace(MEMORY, name="cpu")))), "L391")
    assert found.fields["metrics"] == "memory, cpu"


def test_each_wave_that_leaves_hosts_is_told_of() -> None:
    waves = (Share(count=1), Share(percent=50), Share(percent=100))
    found = [one for one in said(replace(CANARY, metrics=(MEMORY,)), 40, waves=waves) if one.code == "L391"]
    assert [one.fields["wave"] for one in found] == ["w1", "w2"]
    assert int(found[0].fields["power"]) < int(found[1].fields["power"])


def test_a_first_wave_that_sees_too_little_is_warned_of() -> None:
    fine = replace(MEMORY, promote_within=0.07)
    canary = replace(CANARY, metrics=(fine, replace(LATENCY, promote_within=0.07), replace(fine, name="cpu")))
    short: dict[str, Any] = {"soak_s": 400.0, "longest_soak_s": 400.0, "size": 20}
    found = only(said(canary, **short), "L393")
    assert found.severity is Severity.WARNING
    assert found.path == ("rollout", "waves", 0)
    assert (found.fields["metrics"], found.fields["percent"]) == ("memory, latency, cpu", "14")
    enough = (Share(count=int(found.fields["needed"])), Share(percent=100))
    fewer = (Share(count=int(found.fields["needed"]) - 1), Share(percent=100))
    assert "L393" not in {one.code for one in said(canary, waves=enough, **short)}
    assert "L393" in {one.code for one in said(canary, waves=fewer, **short)}


def test_where_no_number_of_hosts_is_enough_it_says_so() -> None:
    narrow = replace(CANARY, metrics=(replace(MEMORY, rollback_beyond=0.01, promote_within=0.01),))
    assert only(said(narrow, soak_s=600.0, longest_soak_s=700.0), "L393").fields["needed"] == "-"


def test_errors_are_told_in_events_and_with_the_traffic_in_shares() -> None:
    events = only(said(), "L395").fields["events"]
    found = only(said(replace(CANARY, traffic=11.0)), "L394").fields
    assert found["events"] == events
    assert float(found["share"]) == pytest.approx(100 * int(events) / (11 * 7200), rel=0.05)
    assert only(said(replace(CANARY, traffic=1e-3)), "L394").fields["share"] == "100"


@pytest.mark.parametrize(
    ("size", "first", "code", "fields"),
    [
        (11, 1, "", {}),
        (12, 4, "L396", {"controls": 8, "most": 2}),
        (10, 1, "L397", {"controls": 9, "size": 10}),
        (2, 1, "L397", {"controls": 1, "size": 2}),
    ],
)
def test_fewer_than_ten_to_compare_with_is_the_weaker_judgement(
    size: int, first: int, code: str, fields: dict[str, int]
) -> None:
    found = [
        one for one in said(size=size, waves=(Share(count=first), Share(percent=100))) if one.code in ("L396", "L397")
    ]
    assert [one.code for one in found] == ([code] if code else [])
    for one in found:
        assert one.fields == {"component": "orders", "wave": "w1", **fields}


def test_an_outage_sees_nothing_and_large_tiers_are_sampled() -> None:
    assert [one.code for one in said(planned_outage=True)] == []
    waves = (Share(count=1), Share(percent=50), Share(percent=100))
    found = [
        one for one in said(replace(CANARY, metrics=(MEMORY,), hosts_max=50), 400, waves=waves) if one.code == "L391"
    ]
    assert (found[0].fields["canaries"], found[0].fields["controls"]) == (1, 49)
    assert 15 < int(found[1].fields["canaries"]) < 35
    assert int(found[1].fields["canaries"]) + int(found[1].fields["controls"]) == 50
