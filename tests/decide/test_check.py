"""Checking as tables: a plan, and what is said of it. A plan that is well is left in peace."""

import inspect
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide import readiness, revise
from liftlock.decide.check import RULES, SCHEDULE_RULES, check
from liftlock.decide.rules.codes import CODES
from liftlock.decide.rules.order import circle_through
from liftlock.model.chapters import BackupStrategy, Goal, Measure, Risk, RollbackPlan
from liftlock.model.findings import Severity
from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Approval, Budget, Notify, Rollout, Share, Versions
from liftlock.model.recipe import Recipes
from tests.decide.asking import (
    ERRORS,
    Given,
    ask,
    codes,
    errors,
    good_plan,
    only,
    rolled,
    with_component,
    with_items,
    with_plan,
)
from tests.decide.fakes import (
    component,
    fake_drivers,
    inventory_of,
    item,
    orders_items,
    orders_plan,
    schedule_of,
    two_tiers,
)


def test_nothing_is_said_of_a_plan_that_is_well() -> None:
    assert [finding for finding in ask(good_plan(), artifacts={}) if finding.code != "L234"] == []


def test_the_example_of_the_design_has_no_error() -> None:
    """Four tiers of hosts, a database of one with its planned outage: what the design shows must pass."""
    plan, *_ = good_plan(waves=tuple(map(share, ("1", "10%", "50%", "100%"))), failure_budget=Budget(hosts=1))
    orders = replace(plan.components[0], class_="core", after=("orders-db",))
    out = replace(plan.rollout, planned_outage=True, failure_budget=Budget(), checks=())
    database = component("orders-db", "db", class_="database", rollout=out)
    assert errors((
        replace(plan, components=(database, orders)),
        inventory_of({"app": 8, "db": 1}),
        Recipes({"orders": orders_items(), "orders-db": orders_items()}),
    )) == []  # fmt: skip


def share(text: str) -> Share:
    return Share(percent=float(text[:-1])) if text.endswith("%") else Share(count=int(text))


def test_what_blocks_comes_first_and_all_is_said_at_once() -> None:
    found = ask(with_component(orders_plan(8), version=Versions("1.0", "1.0", known_bad=("1.0",)), hosts="nowhere"))
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {"L101", "L111", "L112", "L113", "L230", "L258", "L280"} <= {finding.code for finding in found}


def test_every_code_is_used_and_every_used_code_is_listed() -> None:
    text = "".join(open_rules())
    for code in CODES:
        assert f'"{code}"' in text, f"{code} is never said"


def open_rules() -> list[str]:
    return [inspect.getsource(sys.modules[rule.__module__]) for rule in (*RULES, *SCHEDULE_RULES)] + [
        inspect.getsource(module) for module in (readiness, revise)
    ]


counts = st.integers(0, 9).map(lambda n: Share(count=n))
percentages = st.integers(0, 120).map(lambda p: Share(percent=float(p)))


@settings(max_examples=60)
@given(
    size=st.integers(0, 40),
    waves=st.lists(st.one_of(counts, percentages), max_size=4),
    out=st.integers(0, 120),
    healthy=st.none() | st.integers(0, 120),
    failures=st.none() | st.integers(0, 50),
)
def test_checking_never_fails_and_what_passes_can_be_upgraded(
    size: int, waves: list[Share], out: int, healthy: int | None, failures: int | None
) -> None:
    given_plan = rolled(
        good_plan(size),
        waves=tuple(waves),
        max_unavailable=Share(percent=float(out)),
        min_healthy=None if healthy is None else Share(percent=float(healthy)),
        failure_budget=Budget(hosts=failures),
    )
    if not errors(given_plan):
        schedule = schedule_of(*given_plan)
        assert 0 < schedule.capacities["app"].out_max <= size
        assert schedule.policies["orders"].failures_max < size or size == 1


# --- names, groups, versions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"hosts": "nowhere"}, "L101", ("components", 0, "hosts")),
        ({"after": ("nothing",)}, "L103", ("components", 0, "after", 0)),
        ({"after": ("orders",)}, "L105", ("components", 0, "after", 0)),
        ({"once_at": "nowhere"}, "L109", ("components", 0, "once_at")),
        ({"once_at": "app-01"}, "L110", ("components", 0, "once_at")),
        ({"version": Versions("1.1", "1.1")}, "L111", ("components", 0, "version", "to")),
        ({"version": Versions("1.0", "1.1", ("1.1",))}, "L112", ("components", 0, "version", "to")),
        ({"version": Versions("1.0", "1.1", ("1.0",))}, "L113", ("components", 0, "version", "from")),
        ({"version": Versions("1.10", "1.9")}, "L114", ("components", 0, "version", "to")),
    ],
)
def test_components(fields: dict[str, Any], code: str, path: tuple[str | int, ...]) -> None:
    assert only(with_component(good_plan(), **fields), code).path == path


@pytest.mark.parametrize(("before", "after"), [("1.9", "1.10"), ("r7a-x", "r6b_y"), ("1.0rc1", "1.0"), ("2024a", "b")])
def test_versions_that_go_up_or_cannot_be_compared(before: str, after: str) -> None:
    assert "L114" not in codes(with_component(good_plan(), version=Versions(before, after)))


def test_names_that_ids_cannot_hold() -> None:
    plan, inventory, recipes = good_plan()
    renamed = replace(plan.components[0], name="a/b")
    assert only((replace(plan, components=(renamed,)), inventory, Recipes({"a/b": orders_items()})), "L106")
    odd = Inventory(inventory.hosts | {"a b": Host("a b")}, {"app": (*inventory.groups["app"], "a b")})
    assert only((plan, odd, recipes), "L106").fields == {"given": "a b"}
    assert only(with_items(good_plan(), *orders_items(), item("command", "x", verb="a/b")), "L106")


def test_an_empty_group_and_a_name_twice() -> None:
    plan, inventory, recipes = good_plan()
    assert only((plan, Inventory(inventory.hosts, {"app": ()}), recipes), "L102")
    twice = only((replace(plan, components=plan.components * 2), inventory, recipes), "L100")
    assert twice.path == ("components", 1, "name")


def test_an_unknown_driver() -> None:
    found = only(with_items(good_plan(), *orders_items(), item("telepathy", "x")), "L168")
    assert found.fields == {"driver": "telepathy"}


# --- order --------------------------------------------------------------------------------------------------


def chain(**after: tuple[str, ...]) -> Given:
    plan, _, _ = good_plan()
    components = tuple(component(name, f"g-{name}", after=ups) for name, ups in after.items())
    recipes = Recipes({name: orders_items() for name in after})
    return replace(plan, components=components), inventory_of({f"g-{name}": 8 for name in after}), recipes


def test_a_circle_is_named() -> None:
    assert only(chain(a=("c",), b=("a",), c=("b",)), "L104").fields == {"circle": "a → c → b → a"}
    assert "L104" not in codes(chain(a=(), b=("a",), c=("a", "b")))
    assert codes(chain(a=("b",), b=("a",), c=("b",))).count("L104") == 1


@given(edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_a_circle_is_found_exactly_where_one_is(edges: list[tuple[int, int]]) -> None:
    after = {f"n{i}": tuple(f"n{b}" for a, b in edges if a == i) for i in range(6)}
    laid = {name: _Up(ups) for name, ups in after.items()}
    for name in after:
        seen, ways = set(), list(after[name])
        while ways:
            one = ways.pop()
            if one not in seen:
                seen.add(one)
                ways += after[one]
        assert bool(circle_through(laid, name)) == (name in seen)


class _Up:
    def __init__(self, after: tuple[str, ...]) -> None:
        self.component = component("x", "app", after=after)


def test_components_that_share_hosts() -> None:
    plan, inventory, recipes = good_plan()
    both = replace(recipes, items=recipes.items | {"agent": orders_items()})
    agent = component("agent", "app")
    found = only((replace(plan, components=(*plan.components, agent)), inventory, both), "L107")
    assert (found.fields["components"], found.fields["count"]) == ("orders, agent", 8)
    ordered = replace(agent, after=("orders",))
    assert "L107" not in codes((replace(plan, components=(*plan.components, ordered)), inventory, both))
    one = replace(agent, hosts="app-01", rollout=Rollout(planned_outage=True))
    assert (
        only((replace(plan, components=(*plan.components, one)), inventory, both), "L108").fields["hosts"] == "app-01"
    )


def test_components_that_promise_differently() -> None:
    plan, inventory, recipes = good_plan()
    agent = component("agent", "app", after=("orders",), rollout=Rollout(max_unavailable=Share(count=1)))
    both = replace(recipes, items=recipes.items | {"agent": orders_items()})
    found = only((replace(plan, components=(*plan.components, agent)), inventory, both), "L138")
    assert found.fields == {"group": "app", "components": "agent (1), orders (2)"}


# --- waves and capacity -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "rollout", "code", "fields"),
    [
        (8, {"max_unavailable": Share(percent=100)}, "L120", {"out_max": 8}),
        (3, {}, "L121", {"share": "25%", "needed": 33.4}),
        (8, {"max_unavailable": Share(count=0)}, "L121", {"share": "0"}),
        (8, {"min_healthy": Share(percent=99)}, "L122", {"share": "99%", "out_max": 2}),
        (1, {}, "L123", {"group": "app"}),
        (1, {"max_unavailable": Share(count=1)}, "L124", {"share": "1"}),
        (8, {"waves": (Share(count=0), Share(percent=100))}, "L125", {"wave": 1}),
        (8, {"waves": (Share(count=1), Share(percent=110))}, "L126", {"wave": 2, "share": "110%"}),
        (8, {"waves": (share("1"), share("50%"), share("20%"), share("100%"))}, "L127", {"before": "50%"}),
        (8, {"waves": (share("1"), share("50%"))}, "L128", {"reached": 4, "size": 8}),
        (8, {"waves": (share("1"), share("3"))}, "L128", {"reached": 4}),
        (8, {"waves": (share("100%"),)}, "L129", {"size": 8}),
        (8, {"waves": (share("50%"), share("100%"))}, "L130", {"wave_hosts": 4, "out_max": 2}),
        (8, {"waves": ()}, "L131", {}),
        (8, {"waves": (share("1"), share("10%"), share("100%"))}, "L132", {"wave": 2, "share": "10%"}),
        (8, {"failure_budget": Budget(hosts=8)}, "L133", {"failures": 8}),
        (8, {"failure_budget": Budget(percent=5)}, "L134", {"percent": 5}),
        (8, {"failure_budget": Budget(hosts=1, wave_hosts=2)}, "L135", {"wave_hosts": 2, "failures": 1}),
    ],
)
def test_waves_and_capacity(size: int, rollout: dict[str, Any], code: str, fields: dict[str, Any]) -> None:
    found = only(good_plan(size, **rollout), code).fields
    assert {name: found[name] for name in fields} == fields


def test_what_is_needed_is_enough() -> None:
    for size in range(2, 200):
        found = [one for one in ask(good_plan(size, max_unavailable=Share(percent=0.1))) if one.code == "L121"]
        for one in found:
            assert Share(percent=float(one.fields["needed"])).of(size) >= 1


@pytest.mark.parametrize(
    "rollout",
    [
        {"planned_outage": True, "waves": (share("100%"),)},
        {"waves": tuple(map(share, ("1", "10%", "50%", "100%")))},
        {"waves": (share("1"), share("2"), share("5"))},
        {"failure_budget": Budget(hosts=1, wave_hosts=1)},
        {"min_healthy": share("75%")},
    ],
)
def test_rollouts_that_are_well(rollout: dict[str, Any]) -> None:
    assert errors(good_plan(8, **rollout)) == []
    assert not {code for code in codes(good_plan(8, **rollout)) if "L120" <= code <= "L131" or code > "L132"} - {"L234"}


def test_a_planned_outage_stops_its_dependents_or_says_that_it_does_not() -> None:
    plan, inventory, recipes = two_tiers()
    assert not {"L136", "L137"} & set(codes((plan, inventory, recipes)))
    db, orders = plan.components
    still_up = replace(plan, components=(db, replace(orders, rollout=Rollout())))
    fields = {"component": "orders-db", "dependent": "orders"}
    assert only((still_up, inventory, recipes), "L136").fields == fields
    nothing_stops = replace(recipes, items=recipes.items | {"orders": (item("release", "x"), item("verify"))})
    assert only((plan, inventory, nothing_stops), "L137").fields == {"component": "orders"}


# --- approvals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approvals", "code", "fields"),
    [
        ((), "L230", {}),
        ((Approval("risk", "li.wei"),), "L231", {"person": "li.wei", "role": "risk"}),
        ((Approval("risk", {"any of": ("chen.jie", "li.wei")}),), "L231", {"person": "li.wei"}),
        ((Approval("risk", {"any of": ("chen.jie",)}),), "L232", {"role": "risk"}),
        ((Approval("risk", {"any of": ()}),), "L233", {"role": "risk"}),
        ((Approval("risk", {"one of": ("chen.jie", "b")}),), "L233", {"given": "one of"}),
        ((Approval("risk", "a"), Approval("risk", "b")), "L236", {"role": "risk"}),
        ((Approval("risk", "a"), Approval("business", "a")), "L235", {"person": "a", "roles": "risk, business"}),
    ],
)
def test_approvals(approvals: tuple[Approval, ...], code: str, fields: dict[str, Any]) -> None:
    found = only(with_plan(good_plan(), approvals=approvals), code).fields
    assert {name: found[name] for name in fields} == fields


def test_signatures_need_keys() -> None:
    unsigned = with_plan(good_plan(), unsigned_approvals=False)
    assert codes(unsigned).count("L234") == 2
    keys = tuple(replace(one, keys=("* ssh-ed25519 AAAA",)) for one in unsigned[0].approvals)
    assert "L234" not in codes(with_plan(unsigned, approvals=keys))
    assert only(with_plan(good_plan(), owner=""), "L260")


# --- documents ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "severity"),
    [
        ({"goals": (Goal("G1", "faster"),)}, "L250", "warning"),
        ({"goals": (Goal("G1", "a", Measure("m", below="1")),) * 2}, "L251", "error"),
        ({"goals": (Goal("G1", "faster", Measure("latency")),)}, "L252", "warning"),
        ({"risks": (Risk("loss", likelihood="high", impact="high", owner="a"),)}, "L253", "error"),
        ({"risks": (Risk("loss"),)}, "L254", "warning"),
        ({"acceptance": ()}, "L257", "info"),
        ({"notify": ()}, "L258", "info"),
        ({"notify": (Notify(),)}, "L259", "error"),
        ({"notify": (Notify(command="a", webhook="b"),)}, "L259", "error"),
    ],
)
def test_documents(fields: dict[str, Any], code: str, severity: str) -> None:
    assert only(with_plan(good_plan(), **fields), code).severity.value == severity


def test_risks_that_are_answered() -> None:
    risk = Risk("loss", likelihood="high", impact="high", prevention="a", response="b", owner="c")
    assert not {"L253", "L254"} & set(codes(with_plan(good_plan(), risks=(risk, replace(risk, impact="low")))))


def test_a_stateful_component_wants_a_backup_strategy() -> None:
    stateful = with_component(good_plan(), stateful=True)
    assert "L255" not in codes(stateful)
    assert only(with_plan(stateful, backup=()), "L255").severity is Severity.WARNING
    assert BackupStrategy("a") != stateful[0].backup[0]


def test_what_cannot_be_undone_is_in_the_rollback_plan() -> None:
    given_plan = with_items(good_plan(), *orders_items(), item("command", "x", because="gone"))
    assert only(given_plan, "L256").path == ("components", 0, "recipe", 6)
    said = with_plan(given_plan, rollback=RollbackPlan(point_of_no_return="the last step"))
    assert "L256" not in codes(said)


def test_drivers_complain_in_their_own_words() -> None:
    found = only(with_items(good_plan(), *orders_items(), item("command", "complain")), "fake-complaint")
    assert (found.severity, found.path) == (Severity.ERROR, ("components", 0, "recipe", 6))
    advice = only(with_items(good_plan(), *orders_items(), item("command", "advise")), "fake-advice")
    assert advice.severity is Severity.WARNING


def test_checks_are_asked_at_any_size() -> None:
    plan, inventory, recipes = good_plan(20_000)
    found = check(plan, inventory, recipes, fake_drivers(), artifacts={}, texts={})
    assert not [finding for finding in found if finding.severity is Severity.ERROR]
    assert ERRORS in plan.rollout.checks
