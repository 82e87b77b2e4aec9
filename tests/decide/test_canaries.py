"""What canaries are judged by is arranged: defaults become numbers, large tiers are sampled, and begun is begun."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, json
from msgspec.structs import replace

from liftlock.decide.amend import amendable
from liftlock.decide.canaries import READ_MIN, sample_of
from liftlock.decide.compare import compare, touched_ids
from liftlock.execute.redact import secrets_of
from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Canary, Check, Metric, Plan, Share
from liftlock.model.recipe import Recipes
from liftlock.model.schedule import Schedule, Watching, digest
from liftlock.model.secret import SecretRef
from tests.decide.fakes import orders_plan, schedule_of

ERRORS = Metric("errors", "errors", prometheus='requests_total{code=~"5.."}', of="requests_total")
LATENCY = Metric("latency", "latency", prometheus="request_seconds", weight=2)
MEMORY = Metric("memory", "saturation", command="free", required=False)
CANARY = Canary((ERRORS, LATENCY, MEMORY), prometheus="http://prom:9090")
Given = tuple[Plan, Inventory, Recipes]


def judged(canary: Canary | None = CANARY, size: int = 12, **rollout: Any) -> Given:
    return orders_plan(size, canary=canary, **({"soak_s": 600.0} | rollout))


def watching(given: Given, **more: Any) -> Watching:
    schedule = schedule_of(*given, **more)
    assert schedule.canaries is not UNSET
    return schedule.canaries["orders"]


def begun(schedule: Schedule, stage: int = 0) -> list[str]:
    return [f"{schedule.stages[stage].id}/{host}" for host in schedule.stages[stage].hosts]


# --- numbers ------------------------------------------------------------------------------------------------


def test_a_schedule_without_canaries_is_written_as_it_always_was() -> None:
    assert b"canaries" not in json.encode(schedule_of(*judged(None)))
    assert b"canaries" in json.encode(schedule_of(*judged()))


def test_defaults_become_numbers() -> None:
    found = watching(judged())
    assert (found.every_s, found.before_s, found.warm_up_s, found.grace_s) == (60.0, 3600.0, 150.0, 300.0)
    assert (found.looks_max, found.watch_s, found.sample) == (50, 0.0, ())  # 4 soaks and 10 minutes
    assert [each.metric.name for each in found.measured] == ["errors", "latency", "memory"]


@pytest.mark.parametrize(
    ("rollout", "canary", "expected"),
    [
        ({"soak_s": 7200.0}, {}, 600.0),
        ({"soak_s": 40.0}, {}, 10.0),
        ({"soak_s": 40.0}, {"warm_up_s": 0.0}, 0.0),
    ],
)
def test_warm_up_is_a_quarter_of_the_soak(rollout: dict[str, Any], canary: dict[str, Any], expected: float) -> None:
    assert watching(judged(replace(CANARY, **canary), **rollout)).warm_up_s == expected


def test_what_is_given_stays() -> None:
    canary = replace(CANARY, every_s=10.0, before_s=120.0, grace_s=20.0, watch_s=3600.0)
    found = watching(judged(canary, longest_soak_s=1205.0))
    assert (found.before_s, found.grace_s, found.watch_s, found.looks_max) == (120.0, 20.0, 3600.0, 121)


def test_one_budget_is_shared_by_weight() -> None:
    assert [each.alpha for each in watching(judged()).measured] == pytest.approx([0.0125, 0.025, 0.0125])


@pytest.mark.parametrize(
    ("metric", "mean", "tail"),
    [
        (ERRORS, (1.25, 2.0), (1.25, 2.0)),
        (LATENCY, (1.05, 1.1), (1.25, 2.0)),
        (replace(LATENCY, rollback_beyond=0.2, promote_within=0.5), (1.2, 1.5), (1.2, 1.5)),
        (replace(MEMORY, promote_within=0.3), (1.05, 1.3), (1.25, 1.3)),
    ],
)
def test_margins_are_ratios(metric: Metric, mean: tuple[float, float], tail: tuple[float, float]) -> None:
    (found,) = watching(judged(replace(CANARY, metrics=(metric,)))).measured
    assert (found.rollback, found.promote) == mean
    assert (found.tail_rollback, found.tail_promote) == tail


def test_few_errors_concern_nobody() -> None:
    metrics = (ERRORS, replace(ERRORS, name="own", ignore_below=0.02), LATENCY)
    found = watching(judged(replace(CANARY, metrics=metrics))).measured
    assert [each.ignore_below for each in found] == [0.001, 0.02, 0.0]


def test_a_health_check_is_read_as_the_check_is() -> None:
    check = Check("queue", haproxy="lb-1", backend="orders", metric="queue", above=10)
    metric = Metric("queued", "saturation", check="queue")
    given = judged(Canary((metric, replace(metric, name="lost", check="none"))), checks=(check,))
    (found,) = watching(given).measured
    schedule = schedule_of(*given)
    assert found.source.template == schedule.gates["orders"][0].template
    assert not found.source.whole


# --- hosts --------------------------------------------------------------------------------------------------


def test_hosts_and_drivers_of_the_sources_are_used() -> None:
    log = Metric("slow", "latency", access_log="/var/log/nginx/access.log", at="log-1")
    plan, inventory, recipes = judged(Canary((log,)), size=4)
    more = Inventory(inventory.hosts | {"log-1": Host("log-1"), "log-2": Host("log-2")}, inventory.groups)
    schedule = schedule_of(plan, more, recipes)
    assert schedule.drivers["access_log"] == "1"
    assert "log-1" in schedule.hosts
    assert "log-2" not in schedule.hosts


def test_a_secret_of_the_source_is_found() -> None:
    canary = replace(CANARY, prometheus={"url": "http://prom:9090", "token": {"secret": "env:PROM_TOKEN"}})
    assert SecretRef("env:PROM_TOKEN") in set(secrets_of(schedule_of(*judged(canary))))
    assert set(secrets_of(schedule_of(*judged()))) == set()


WAVES = {"w1": ("a1",), "w2": tuple(f"b{n}" for n in range(30)), "w3": tuple(f"c{n}" for n in range(300))}


@given(st.integers(4, 400), st.text(max_size=3))
def test_a_sample_has_whole_first_waves_and_some_of_each(hosts_max: int, seed: str) -> None:
    sample = sample_of(WAVES, hosts_max, seed)
    if hosts_max >= 331:
        assert sample == ()
        return
    assert len(sample) <= max(hosts_max, 1 + 2 * READ_MIN)
    assert "a1" in sample
    for wave, hosts in WAVES.items():
        read = [host for host in hosts if host in sample]
        assert len(read) >= min(READ_MIN, len(hosts)), wave
    if hosts_max >= 62:
        assert set(WAVES["w2"]) <= set(sample)
    assert sample == sample_of(WAVES, hosts_max, seed)


def test_another_seed_reads_others() -> None:
    assert sample_of(WAVES, 100, "one") != sample_of(WAVES, 100, "other")


# --- what changed -------------------------------------------------------------------------------------------


def changed(**fields: Any) -> tuple[Schedule, Schedule]:
    """The usual schedule, and one whose canary differs, amended after the first wave began."""
    old = schedule_of(*judged())
    new = schedule_of(*judged(replace(CANARY, **fields)), previous=old, begun=begun(old))
    return old, new


def test_a_difference_is_told_by_metric_and_field() -> None:
    old, new = changed(metrics=(replace(ERRORS, rollback_beyond=0.5), LATENCY, MEMORY), every_s=30.0)
    told = {(change.area, change.name, change.before, change.after) for change in compare(old, new)}
    assert ("canary", "orders/1/errors.rollback", "1.25", "1.5") in told
    assert ("canary", "orders.every_s", "60.0", "30.0") in told
    assert touched_ids(old, new) == {stage.id for stage in old.stages}
    assert digest(old) != digest(new)


def test_metrics_in_another_order_are_a_difference() -> None:
    assert compare(*changed(metrics=(LATENCY, ERRORS, MEMORY)))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"metrics": (replace(ERRORS, rollback_beyond=0.5), LATENCY, MEMORY)}, "errors"),
        ({"metrics": (replace(ERRORS, required=False), LATENCY, MEMORY)}, "errors"),
        ({"metrics": (ERRORS, LATENCY)}, "errors, latency, memory"),  # weights too are relative
        ({"every_s": 30.0, "before_s": 3600.0}, "every"),
        ({"warm_up_s": 1.0}, "warm_up"),
    ],
)
def test_what_canaries_are_judged_by_freezes_when_a_wave_begins(fields: dict[str, Any], what: str) -> None:
    old, new = changed(**fields)
    (reason,) = amendable(old, new, begun(old))
    assert reason.code == "amend-changes-canary"
    assert reason.fields == {"component": "orders", "what": what}
    assert amendable(old, new, []) == ()


def test_a_source_may_be_corrected_and_a_soak_made_longer() -> None:
    old = schedule_of(*judged())
    moved = replace(CANARY, metrics=(ERRORS, LATENCY, replace(MEMORY, command="free -b")), grace_s=600.0)
    new = schedule_of(*judged(moved, longest_soak_s=86400.0), previous=old, begun=begun(old))
    assert amendable(old, new, begun(old)) == ()
    assert new.canaries is not UNSET
    assert new.canaries["orders"].looks_max == 50  # among so many the chances were shared


@pytest.mark.parametrize(
    ("before", "after", "code"), [(None, CANARY, "amend-adds-canary"), (CANARY, None, "amend-drops-canary")]
)
def test_a_judgement_neither_comes_nor_goes_under_a_run(before: Canary, after: Canary, code: str) -> None:
    old, new = schedule_of(*judged(before)), schedule_of(*judged(after))
    assert [reason.code for reason in amendable(old, new, begun(old))] == [code]
    assert amendable(old, new, []) == ()


def test_hosts_that_are_read_go_on_being_read() -> None:
    plan, inventory, recipes = judged(
        replace(CANARY, hosts_max=20), size=60, waves=(Share(count=1), Share(percent=100))
    )
    old = schedule_of(plan, inventory, recipes)
    sample = watching((plan, inventory, recipes)).sample
    assert len(sample) == 20
    fewer = Inventory(inventory.hosts, {"app": tuple(h for h in inventory.groups["app"] if h != sample[5])})
    after = watching((plan, fewer, recipes), previous=old, begun=begun(old))
    assert after.sample == tuple(host for host in sample if host != sample[5])
