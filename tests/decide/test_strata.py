"""Strata: every beginning of the order in which hosts are upgraded stands for all kinds of hosts."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.waves import domain_of, draw, interleaved
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Canary, Metric, Share
from liftlock.model.schedule import digest
from tests.decide.fakes import inventory_of, orders_plan, schedule_of


def of_kinds(size, domains, kinds):
    """Hosts over failure domains in turn, and kinds of hardware by the seven."""
    inventory = inventory_of({"app": size}, domains=domains)
    names = inventory.groups["app"]
    hosts = {
        name: replace(inventory.hosts[name], variables={"hardware": kinds[index // 7 % len(kinds)]})
        for index, name in enumerate(names)
    }
    return Inventory(inventory.hosts | hosts, inventory.groups), names


@given(
    size=st.integers(1, 80),
    domains=st.integers(0, 5),
    kinds=st.sampled_from(["a", "ab", "aab", "abcd"]),
    seed=st.text(max_size=3),
)
def test_every_beginning_has_the_fair_share_of_each_kind_and_of_its_domains(size, domains, kinds, seed):
    inventory, hosts = of_kinds(size, domains, kinds)
    drawn = draw(hosts, inventory, seed, ("hardware",))
    assert sorted(drawn) == sorted(hosts)
    assert drawn == draw(tuple(reversed(hosts)), inventory, seed, ("hardware",))
    kind = {host: inventory.hosts[host].variables["hardware"] for host in hosts}
    for count in range(size + 1):
        for each in set(kind.values()):
            members = [host for host in hosts if kind[host] == each]
            taken = [host for host in drawn[:count] if kind[host] == each]
            assert abs(len(taken) - count * len(members) / size) <= len(set(kind.values())) / 2 + 1e-9
            for domain in {domain_of(inventory, host) for host in members}:
                of_it = [domain_of(inventory, host) == domain for host in members]
                taken_of_it = [domain_of(inventory, host) == domain for host in taken]
                share = len(taken) * sum(of_it) / len(members)
                assert abs(sum(taken_of_it) - share) <= max(1, domains) / 2 + 1e-9


@given(size=st.integers(1, 60), domains=st.integers(0, 7), seed=st.text(max_size=3))
def test_without_strata_the_failure_domains_alone_decide(size, domains, seed):
    inventory, hosts = of_kinds(size, domains, "ab")
    lots = {host: sha256(f"{seed}\0{host}".encode()).digest() for host in hosts}
    first = sorted(hosts, key=lots.__getitem__)
    by_domain = interleaved(first, lots, {host: domain_of(inventory, host) for host in hosts})
    assert draw(hosts, inventory, seed) == tuple(by_domain)


def test_strata_of_the_plan_are_part_of_what_is_approved():
    plan, _, recipes = orders_plan(28, waves=(Share(count=4), Share(percent=100)))
    kinds, _ = of_kinds(28, 0, "abcd")
    canary = Canary((Metric("m", "saturation", command="free"),), strata=("hardware",))
    drawn = schedule_of(replace(plan, rollout=replace(plan.rollout, canary=canary)), kinds, recipes)
    first = drawn.stages[0].hosts
    assert sorted(kinds.hosts[host].variables["hardware"] for host in first) == ["a", "b", "c", "d"]
    without = replace(canary, strata=())
    plain = schedule_of(replace(plan, rollout=replace(plan.rollout, canary=without)), kinds, recipes)
    assert plain.stages == schedule_of(plan, kinds, recipes).stages
    assert digest(drawn) != digest(plain)
