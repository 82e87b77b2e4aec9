"""Every choice but timing: hosts in waves, stages in order, shares in numbers; the same again and again."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.waves import targets
from liftlock.drivers.service import DRIVERS
from liftlock.model.actions import Kind
from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Budget, Check, Rollout, Share, Versions
from liftlock.model.recipe import Item, Recipes
from liftlock.model.schedule import digest
from liftlock.model.survey import HostSurvey, Survey
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

shares = st.one_of(
    st.integers(1, 20).map(lambda n: Share(count=n)),
    st.floats(0.1, 100).map(lambda p: Share(percent=p)),
)
waves = st.lists(shares, min_size=1, max_size=6).map(tuple)


def hosts_of(schedule, component="orders"):
    return [host for stage in schedule.stages if stage.component == component for host in stage.hosts]


@given(size=st.integers(1, 60), domains=st.integers(0, 7), waves=waves, canaries=st.sampled_from(["random", "listed"]))
def test_every_host_is_in_exactly_one_wave_and_domains_do_not_mix(size, domains, waves, canaries):
    plan, inventory, recipes = orders_plan(size, domains=domains, waves=waves, canaries=canaries)
    schedule = schedule_of(plan, inventory, recipes)
    assert sorted(hosts_of(schedule)) == sorted(inventory.groups["app"])
    for stage in schedule.stages:
        blocks = [domain for domain, _ in groupby(inventory.hosts[host].domain for host in stage.hosts)]
        assert len(blocks) == len(set(blocks))


@given(size=st.integers(1, 500), waves=waves)
def test_waves_keep_to_their_shares(size, waves):
    done = targets(waves, size)
    assert done[-1] == size
    assert all(before < after for before, after in pairwise(done))
    at = 0
    for share, ends in zip(waves, done[:-1], strict=False):
        if share.count is not None:
            assert ends == at + share.count
        else:
            assert ends <= max(at + 1, share.of_up(size))
        at = ends


@pytest.mark.parametrize(
    ("waves", "size", "expected"),
    [
        (["1", "10%", "50%", "100%"], 100, (1, 10, 50, 100)),
        (["1", "10%", "50%", "100%"], 4, (1, 2, 3, 4)),
        (["1", "100%"], 1, (1,)),
        (["10%", "100%"], 25, (3, 25)),
        (["2", "2"], 9, (2, 9)),
        (["5"], 3, (3,)),
        ([], 3, (3,)),
        (["1"], 0, ()),
    ],
)
def test_wave_sizes(waves, size, expected):
    assert targets([share(text) for text in waves], size) == expected


def share(text):
    return Share(percent=float(text[:-1])) if text.endswith("%") else Share(count=int(text))


def test_the_schedule_does_not_depend_on_the_order_of_mappings():
    plan, inventory, recipes = orders_plan(20, domains=3)
    backwards = Inventory(dict(reversed(inventory.hosts.items())), {"app": inventory.groups["app"][::-1]})
    drivers = dict(reversed(fake_drivers().items()))
    first = schedule_of(plan, inventory, recipes)
    assert digest(first) == digest(schedule_of(plan, backwards, recipes, drivers=drivers))


@given(size=st.integers(1, 40), domains=st.integers(0, 4), waves=waves, canaries=st.sampled_from(["random", "listed"]))
def test_arranging_again_changes_nothing(size, domains, waves, canaries):
    given_plan = orders_plan(size, domains=domains, waves=waves, canaries=canaries)
    schedule = schedule_of(*given_plan)
    assert schedule_of(*given_plan) == schedule
    assert schedule_of(*given_plan, previous=schedule) == schedule


@given(size=st.integers(2, 40), domains=st.integers(0, 4), gone=st.integers(0, 39), data=st.data())
def test_an_amendment_moves_no_host(size, domains, gone, data):
    plan, inventory, recipes = orders_plan(size, domains=domains)
    before = schedule_of(plan, inventory, recipes)
    names = inventory.groups["app"]
    dead = names[gone % size]
    more = Host("app-99", domain="rack-1")
    amended = Inventory(
        inventory.hosts | {more.name: more}, {"app": (more.name, *(name for name in names if name != dead))}
    )
    after = schedule_of(plan, amended, recipes, previous=before)
    places = {host: stage.id for stage in after.stages for host in stage.hosts}
    for stage in before.stages:
        for host in stage.hosts:
            assert places.get(host) == (None if host == dead else stage.id)
    assert places["app-99"] == after.stages[-1].id
    for stage in after.stages:
        old = next(one for one in before.stages if one.id == stage.id)
        assert [h for h in stage.hosts if h != "app-99"] == [h for h in old.hosts if h != dead]


def test_a_wave_without_hosts_disappears_and_the_next_still_needs_the_one_before():
    plan, inventory, recipes = orders_plan(4)
    before = schedule_of(plan, inventory, recipes)
    second = before.stages[1].hosts
    fewer = Inventory(inventory.hosts, {"app": tuple(h for h in inventory.groups["app"] if h not in second)})
    after = schedule_of(plan, fewer, recipes, previous=before)
    assert [stage.id for stage in after.stages] == ["orders/1/w1", "orders/1/w3"]
    assert after.stages[1].needs == ("orders/1/w1",)


def test_canaries_are_a_sample_of_all_failure_domains():
    plan, inventory, recipes = orders_plan(40, domains=4, waves=(Share(count=4), Share(percent=100)))
    canaries = schedule_of(plan, inventory, recipes).stages[0].hosts
    assert {inventory.hosts[host].domain for host in canaries} == {"rack-1", "rack-2", "rack-3", "rack-4"}
    assert canaries != inventory.groups["app"][:4]


def test_another_upgrade_draws_other_canaries():
    plan, inventory, recipes = orders_plan(40, waves=(Share(count=5), Share(percent=100)))
    other = replace(plan, upgrade="Orders 1.1 → 1.2")
    assert (
        schedule_of(plan, inventory, recipes).stages[0].hosts != schedule_of(other, inventory, recipes).stages[0].hosts
    )


def test_listed_canaries_are_the_first_of_the_inventory():
    plan, inventory, recipes = orders_plan(8, waves=(Share(count=2), Share(percent=100)), canaries="listed")
    assert schedule_of(plan, inventory, recipes).stages[0].hosts == ("app-01", "app-02")


# --- recipes ------------------------------------------------------------------------------------------------


def test_a_recipe_is_numbered_with_precheck_and_fetches_first():
    recipe = schedule_of(*orders_plan()).recipes["orders"]
    assert recipe.names == (
        "00-precheck",
        "01-fetch",
        "02-backup",
        "03-prove",
        "04-drain",
        "05-install",
        "06-restart",
        "07-verify",
        "08-readmit",
    )
    assert [name for name, t in zip(recipe.names, recipe.templates, strict=True) if t.confirm] == ["07-verify"]
    assert recipe.templates[4].at == "lb-1"


def test_what_stands_beside_the_driver_wins():
    plan, inventory, _ = orders_plan()
    items = (
        item("release", "a", timeout_s=900.0, estimate_s=100.0),
        replace(item("verify", way="back", verb="old-version"), at="controller"),
    )
    fetch, install, verify = schedule_of(plan, inventory, Recipes({"orders": items})).recipes["orders"].templates[1:]
    assert (fetch.timeout_s, install.timeout_s) == (900.0, 900.0)
    assert (fetch.estimate_s, install.estimate_s) == (20.0, 80.0)
    assert (verify.verb, verify.way, verify.at, verify.confirm) == ("old-version", "back", "controller", False)


def test_a_verb_given_to_several_steps_keeps_them_apart():
    plan, inventory, _ = orders_plan()
    recipe = schedule_of(plan, inventory, Recipes({"orders": (item("backup", verb="save"),)})).recipes["orders"]
    assert recipe.names == ("00-precheck", "01-save-backup", "02-save-prove")


# --- stages -------------------------------------------------------------------------------------------------


def needs(schedule):
    return {stage.id: stage.needs for stage in schedule.stages}


def tiers(**fields):
    """Four `app` hosts after two `db` hosts, in two waves each."""
    plan, _, _ = orders_plan(waves=(Share(count=1), Share(percent=100)))
    components = (component("orders", "app", after=("db",), **fields), component("db", "db"))
    recipes = Recipes({"orders": orders_items(), "db": orders_items()})
    return replace(plan, components=components), inventory_of({"app": 4, "db": 2}), recipes


def test_a_component_waits_for_what_it_comes_after():
    assert needs(schedule_of(*tiers())) == {
        "db/1/w1": (),
        "db/1/w2": ("db/1/w1",),
        "orders/1/w1": ("db/1/w2",),
        "orders/1/w2": ("orders/1/w1",),
    }


def test_per_wave_pairs_the_waves():
    assert needs(schedule_of(*tiers(per="wave"))) == {
        "db/1/w1": (),
        "orders/1/w1": ("db/1/w1",),
        "db/1/w2": ("db/1/w1",),
        "orders/1/w2": ("orders/1/w1", "db/1/w2"),
    }


def test_once_lanes_stand_before_and_after_the_waves():
    plan, inventory, recipes = tiers(once_before=({"migrate": "expand"},), once_after=({"migrate": "contract"},))
    once = {"orders": (item("migrate", "x"),)}
    schedule = schedule_of(plan, inventory, replace(recipes, before=once, after=once))
    found = needs(schedule)
    assert found["orders/1/before"] == ("db/1/w2",)
    assert found["orders/1/w1"] == ("orders/1/before",)
    assert found["orders/1/after"] == ("orders/1/w2",)
    after = schedule.stages[-1]
    assert (after.id, after.hosts, after.soaks, after.recipe) == ("orders/1/after", ("app-01",), False, "orders/after")


def test_once_at_names_the_host():
    plan, inventory, recipes = tiers(once_before=({"migrate": "expand"},), once_at="db-02")
    schedule = schedule_of(plan, inventory, replace(recipes, before={"orders": (item("migrate"),)}))
    assert next(stage for stage in schedule.stages if stage.wave == "before").hosts == ("db-02",)


def test_what_follows_waits_for_the_last_once_lane_too():
    plan, inventory, recipes = tiers()
    orders, db = plan.components
    plan = replace(plan, components=(orders, replace(db, once_after=({"migrate": "contract"},))))
    schedule = schedule_of(plan, inventory, replace(recipes, after={"db": (item("migrate"),)}))
    assert needs(schedule)["orders/1/w1"] == ("db/1/after",)


def test_a_planned_outage_stops_the_dependents_first():
    schedule = schedule_of(*two_tiers())
    assert [stage.id for stage in schedule.stages] == ["orders/1/stop", "orders-db/1/w1", "orders/1/w1"]
    assert needs(schedule)["orders-db/1/w1"] == ("orders/1/stop",)
    assert schedule.capacities["db"].out_max == 2
    assert schedule.policies["orders-db"].outage
    recipe = schedule.recipes["orders/stop"]
    assert recipe.names == ("00-precheck", "01-stop", "02-start", "03-verify")
    assert [template.way for template in recipe.templates] == ["up", "both", "back", "back"]


def test_stops_go_in_reverse_order_of_dependency_and_wait_for_what_the_outage_waits_for():
    plan, _, recipes = two_tiers()
    db, orders = plan.components
    net = component("net", "net")
    db = replace(db, after=("net",))
    web = replace(orders, name="web", hosts="web", after=("orders",))
    plan = replace(plan, components=(net, db, orders, web))
    items = recipes.items | {"net": orders_items(), "web": recipes.items["orders"]}
    schedule = schedule_of(plan, inventory_of({"app": 2, "db": 1, "web": 2, "net": 1}), Recipes(items))
    found = needs(schedule)
    assert found["web/1/stop"] == ("net/1/w1",)
    assert found["orders/1/stop"] == ("web/1/stop", "net/1/w1")
    assert found["orders-db/1/w1"] == ("orders/1/stop", "net/1/w1")
    assert found["orders/1/w1"] == ("web/1/stop", "orders-db/1/w1")
    assert found["web/1/w1"] == ("orders/1/w1",)


def test_a_dependent_without_an_outage_is_not_stopped():
    plan, inventory, recipes = two_tiers()
    db, orders = plan.components
    plan = replace(plan, components=(db, replace(orders, rollout=Rollout())))
    assert not any(stage.wave == "stop" for stage in schedule_of(plan, inventory, recipes).stages)


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "rollout", "out_max", "back_out_max"),
    [
        (8, {}, 2, 2),
        (12, {}, 3, 3),
        (100, {}, 25, 33),
        (3, {}, 0, 1),
        (3, {"planned_outage": True}, 3, 3),
        (10, {"max_unavailable": Share(count=4), "min_healthy": Share(percent=75)}, 2, 3),
        (10, {"max_unavailable": Share(count=4), "min_healthy": Share(count=10)}, 0, 3),
        (4, {"max_unavailable": Share(count=9)}, 4, 4),
    ],
)
def test_capacity(size, rollout, out_max, back_out_max):
    capacity = schedule_of(*orders_plan(size, **rollout)).capacities["app"]
    assert (capacity.size, capacity.out_max, capacity.back_out_max) == (size, out_max, max(out_max, back_out_max))


def test_components_on_one_group_share_the_stricter_promise():
    plan, inventory, recipes = orders_plan(8)
    second = component("agent", "app", rollout=Rollout(max_unavailable=Share(count=1)))
    plan = replace(plan, components=(*plan.components, second))
    schedule = schedule_of(plan, inventory, replace(recipes, items=recipes.items | {"agent": orders_items()}))
    assert schedule.capacities["app"].out_max == 1
    assert {policy.capacity for policy in schedule.policies.values()} == {"app"}


@pytest.mark.parametrize(
    ("budget", "failures", "wave_failures"),
    [
        (Budget(), 0, 0),
        (Budget(hosts=3), 3, 3),
        (Budget(hosts=3, percent=10), 1, 1),
        (Budget(percent=20, wave_hosts=1), 3, 1),
        (Budget(hosts=1, wave_hosts=5), 1, 1),
    ],
)
def test_failure_budgets(budget, failures, wave_failures):
    policy = schedule_of(*orders_plan(19, failure_budget=budget)).policies["orders"]
    assert (policy.failures_max, policy.wave_failures_max) == (failures, wave_failures)


def test_there_is_no_way_back_to_a_version_known_bad():
    plan, inventory, recipes = orders_plan()
    bad = replace(plan.components[0], version=Versions("1.0", "1.1", known_bad=("1.0",)))
    policy = schedule_of(replace(plan, components=(bad,)), inventory, recipes).policies["orders"]
    assert "1.0" in policy.no_return_because


# --- what it holds of the world -----------------------------------------------------------------------------


def test_only_used_hosts_are_held_with_the_load_balancer_that_steps_run_at():
    plan, inventory, recipes = orders_plan(2)
    inventory = Inventory(inventory.hosts | {"other": Host("other")}, inventory.groups)
    assert sorted(schedule_of(plan, inventory, recipes).hosts) == ["app-01", "app-02", "lb-1"]


def test_a_load_balancer_named_by_a_variable_is_held():
    plan, inventory, _ = orders_plan(2)
    named = Host("app-01", variables={"lb": "lb-1"})
    inventory = Inventory(inventory.hosts | {"app-01": named}, {"app": ("app-01",)})
    assert "lb-1" in schedule_of(plan, inventory, Recipes({"orders": (item("drain", at="{lb}"),)})).hosts


def test_assumes_the_stable_facts_that_were_seen(noon):
    facts = {"os": "debian", "os_version": "13", "disk_free_mb": "9"}
    survey = Survey(noon, {"app-01": HostSurvey("app-01", True, facts), "app-02": HostSurvey("app-02", False, facts)})
    assert schedule_of(*orders_plan(2), survey=survey).assumes == {"app-01": {"os": "debian", "os_version": "13"}}


def test_gates_are_read_by_the_driver_that_answers():
    check = Check("errors", haproxy="lb-1", backend="orders", metric="error_rate", above=0.01)
    schedule = schedule_of(*orders_plan(checks=(check,)))
    (gate,) = schedule.gates["orders"]
    assert (gate.check, gate.template.action.driver, gate.template.action.kind) == (check, "haproxy", Kind.VERIFY)
    assert schedule.drivers == dict.fromkeys(sorted({*schedule.drivers, "haproxy"}), "1")


def test_names_the_drivers_and_artifacts_it_was_made_with():
    schedule = schedule_of(*orders_plan())
    assert set(schedule.drivers) == {"precheck", "release", "backup", "drain", "readmit", "verify", "service"}
    assert schedule.artifacts == {"dist/orders.tar.gz": "6f2c"}


def test_what_is_only_restarted_is_stopped_by_the_same_driver():
    """The service driver's item says `restart`; for the outage it says `stop`."""
    (service,) = DRIVERS
    plan, inventory, recipes = two_tiers()
    restart = Item("service", service.manifest.item(restart="orders"))
    items = recipes.items | {"orders": (item("drain", at="lb-1"), restart, item("verify"), item("readmit", at="lb-1"))}
    drivers = fake_drivers() | {"service": service}
    schedule = schedule_of(plan, inventory, Recipes({**items, "orders-db": (item("verify"),)}), drivers=drivers)
    recipe = schedule.recipes["orders/stop"]
    assert recipe.names == ("00-precheck", "01-drain", "02-stop", "03-restart", "04-verify", "05-readmit")
    assert [template.way for template in recipe.templates] == ["up", "both", "both", "back", "back", "back"]
    assert recipe.templates[2].action.args["unit"] == "orders"
