"""What is said of a plan's canary: a table of changes, each with the one finding that it earns."""

from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.model.inventory import Inventory
from liftlock.model.plan import Canary, Check, Metric, Share
from tests.decide.asking import ERRORS, Given, ask, good_plan
from tests.decide.fakes import FakeDriver, fake_drivers, unknown

ERROR_RATE = Metric("error-rate", "errors", prometheus='r{code=~"5.."}', of="r")
LATENCY = Metric("latency", "latency", prometheus="request_seconds")
MEMORY = Metric("memory", "saturation", command="free")
CANARY = Canary((ERROR_RATE, LATENCY, MEMORY), prometheus="http://prom:9090")


def judged(canary: Canary = CANARY, size: int = 16, **rollout: Any) -> Given:
    given = {"soak_s": 3600.0, "waves": (Share(count=4), Share(percent=100))} | rollout
    return good_plan(size, canary=canary, **given)


def told(given: Given, **more: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Findings about the canary's rules, with the last parts of their place."""
    found = ask(given, **more)
    return [(one.code, one.path[1:]) for one in found if "L360" <= one.code <= "L390"]


def test_nothing_is_said_of_a_canary_that_is_well() -> None:
    assert told(judged()) == []


FIRST = ("canary", "metrics", 0)
PLAIN = Metric("errors-2", "errors", access_log="/var/log/access.log")


@pytest.mark.parametrize(
    ("metric", "code", "key"),
    [
        (replace(PLAIN, name="latency"), "L360", None),
        (replace(PLAIN, name="errors"), "L361", "name"),
        (replace(PLAIN, access_log=""), "L363", ""),
        (replace(PLAIN, command="x"), "L364", ""),
        (replace(PLAIN, of="x"), "L365", "of"),
        (replace(LATENCY, name="l", of="x"), "L365", "of"),
        (replace(PLAIN, database="x"), "L365", "database"),
        (replace(MEMORY, name="m", at="lb-1"), "L365", "at"),
        (replace(MEMORY, name="m", ignore_below=0.1), "L365", "ignore_below"),
        (replace(ERROR_RATE, name="e", of=""), "L366", ""),
        (replace(PLAIN, access_log="", haproxy="lb-1"), "L366", ""),
        (replace(PLAIN, access_log="", sql="select 1"), "L366", ""),
        (replace(PLAIN, access_log="", haproxy="lb-9", backend="b"), "L368", "haproxy"),
        (replace(PLAIN, at="lb-9"), "L368", "at"),
        (replace(PLAIN, kind="saturation", access_log="", check="none"), "L369", "check"),
        (replace(PLAIN, access_log="", haproxy="lb-1", backend="b"), "L371", ""),
        (replace(PLAIN, rollback_beyond="much"), "L373", "rollback_beyond"),
        (replace(PLAIN, promote_within="2x"), "L373", "promote_within"),
        (replace(PLAIN, rollback_beyond=0.0), "L374", "rollback_beyond"),
        (replace(PLAIN, ignore_below=-0.1), "L374", "ignore_below"),
        (replace(PLAIN, ignore_below=1.0), "L374", "ignore_below"),
        (replace(PLAIN, promote_within=25.0), "L375", "promote_within"),
        (replace(PLAIN, rollback_beyond=1.5), "L376", "rollback_beyond"),
        (replace(PLAIN, promote_within=0.2), "L376", "promote_within"),
        (replace(LATENCY, name="l", rollback_beyond=0.2), "L376", "rollback_beyond"),
    ],
)
def test_metrics(metric: Metric, code: str, key: str | None) -> None:
    found = told(judged(replace(CANARY, metrics=(metric, ERROR_RATE, LATENCY))))
    if key is None:  # the second of the two is told of
        assert found == [(code, ("canary", "metrics", 2, "name"))]
    else:
        expected = FIRST + ((key,) if key else ())
        # a place that does not exist is nobody's to read either
        assert [one for one in found if one[0] != "L371" or code == "L371"] == [(code, expected)]


def test_a_margin_of_equal_ends_is_in_order() -> None:
    assert told(judged(replace(CANARY, metrics=(replace(LATENCY, rollback_beyond=0.2, promote_within=0.2),)))) == []


@pytest.mark.parametrize(
    ("check", "kind", "expected"),
    [
        (ERRORS, "errors", []),
        (ERRORS, "saturation", []),
        (replace(ERRORS, metric="queue"), "errors", [("L367", (*FIRST, "kind"))]),
        (replace(ERRORS, metric="queue"), "saturation", []),
        (Check("errors", http="http://{host}", value="n", above=1), "errors", [("L367", (*FIRST, "kind"))]),
    ],
)
def test_metrics_of_health_checks(check: Check, kind: Any, expected: list[Any]) -> None:
    metric = Metric("of-check", kind, check="errors")
    assert told(judged(Canary((metric,)), checks=(check,))) == expected


def test_a_server_is_wanted_once() -> None:
    assert told(judged(replace(CANARY, prometheus=""))) == [("L370", ("canary",))]


def test_something_must_pass() -> None:
    metrics = tuple(replace(metric, required=False) for metric in CANARY.metrics)
    assert told(judged(replace(CANARY, metrics=metrics))) == [("L362", ("canary", "metrics"))]
    assert told(judged(Canary(()))) == [("L362", ("canary", "metrics"))]


def test_two_drivers_that_read_one_metric() -> None:
    drivers = {**fake_drivers(), "again": FakeDriver("again", unknown, measures="command")}
    assert told(judged(), drivers=drivers) == [("L372", ("canary", "metrics", 2))]


@pytest.mark.parametrize(
    ("canary", "rollout", "code", "place"),
    [
        ({"every_s": 0.0}, {}, "L377", ("canary", "every")),
        ({"every_s": 7200.0}, {}, "L378", ("canary", "every")),
        ({"watch_s": 30.0}, {}, "L379", ("canary", "watch")),
        ({"grace_s": 30.0}, {}, "L380", ("canary", "grace")),
        ({"before_s": 540.0}, {}, "L381", ("canary", "before")),
        ({"before_s": 600.0}, {}, "L382", ("canary", "before")),
        ({"warm_up_s": 3600.0}, {}, "L383", ("canary", "warm_up")),
        ({"warm_up_s": 3599.0}, {"longest_soak_s": 3600.0}, "L384", ("longest_soak",)),
        ({"warm_up_s": 3300.0}, {"longest_soak_s": 3600.0}, "L385", ("longest_soak",)),
        ({}, {"planned_outage": True}, "L386", ("canary",)),
        ({}, {"waves": (Share(percent=100),)}, "L387", ("waves",)),
    ],
)
def test_time_and_company(canary: dict[str, Any], rollout: dict[str, Any], code: str, place: tuple[Any, ...]) -> None:
    assert told(judged(replace(CANARY, **canary), **rollout)) == [(code, place)]


@pytest.mark.parametrize(("having", "code"), [(0, "L388"), (7, "L389"), (16, None)])
def test_strata_are_variables_of_the_hosts(having: int, code: str | None) -> None:
    plan, inventory, recipes = judged(replace(CANARY, strata=("hardware",)))
    hosts = dict(inventory.hosts)
    for name in inventory.groups["app"][:having]:
        hosts[name] = replace(hosts[name], variables={"hardware": "g9"})
    found = told((plan, Inventory(hosts, inventory.groups), recipes))
    assert found == ([(code, ("canary", "strata", 0))] if code else [])


def test_strata_of_a_list_are_none() -> None:
    plan, inventory, recipes = judged(replace(CANARY, strata=("hardware",)), canaries="listed")
    hosts = {name: replace(host, variables={"hardware": "g9"}) for name, host in inventory.hosts.items()}
    assert told((plan, Inventory(hosts, inventory.groups), recipes)) == [("L390", ("canary", "strata"))]
