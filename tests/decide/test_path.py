"""The best way up, held against a search that tries every way; and what stands in the way of any."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.path.conditions import Holding, alike, asked, holding
from liftlock.decide.path.find import find, weight_of
from liftlock.decide.path.follow import follow
from liftlock.model.path import NoWay, Way
from liftlock.model.product import Block, Condition, Edge, Product, Release, Stop

ALWAYS = (Condition(always=True),)
CLOUD = (Condition(fact="cloud", is_="azure"), Condition(expression="group(x)"))


def hops(found: Way | NoWay) -> list[str]:
    assert isinstance(found, Way), found
    return [move.to for move in found.moves]


# --- conditions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "facts", "hosts", "unknown"),
    [
        (ALWAYS, {}, ("",), ()),
        (CLOUD, {}, ("",), ("cloud",)),
        (CLOUD, {"a": {"cloud": "aws"}, "b": {"cloud": "azure"}, "c": {}}, ("b", "c"), ("cloud",)),
        (CLOUD, {"a": {"cloud": "aws"}}, (), ()),
        ((Condition(expression="x"), Condition(always=True)), {"a": {}}, ("a",), ()),
        ((Condition(fact="os", in_=("el8", "el9"), not_="el9"),), {"a": {"os": "el8"}, "b": {"os": "el9"}}, ("a",), ()),
        ((Condition(fact="k", range=">=5.4, <6"),), {"a": {"k": "5.10"}, "b": {"k": "6.1"}}, ("a",), ()),
        ((Condition(fact="k", range=">=5"),), {"a": {"k": "no version"}}, ("a",), ("k",)),
        ((), {"a": {}}, ("a",), ()),
        ((Condition(),), {"a": {}}, ("a",), ()),
    ],
)
def test_where_a_rule_holds(conditions, facts, hosts, unknown) -> None:
    assert holding(conditions, alike(facts, asked(conditions)), "natural") == Holding(hosts, unknown)


def test_hosts_that_are_alike_are_taken_together() -> None:
    facts = {"a": {"cloud": "aws", "rack": "1"}, "b": {"cloud": "aws", "rack": "2"}, "c": {"rack": "1"}}
    assert alike(facts, ("cloud", "cloud")) == (({"cloud": "aws"}, ("a", "b")), ({}, ("c",)))


# --- tables --------------------------------------------------------------------------------------------------

LINE = Product(
    "line",
    releases=tuple(Release(f"{major}.{minor}") for major in (1, 2, 3) for minor in (0, 1, 2)),
    edges=(Edge("*", "*", reach="minor"), Edge("1.2", "2.*", risk="medium"), Edge("2.2", "3.*", risk="medium")),
)


def test_the_fewest_hops_through_the_newest_releases() -> None:
    assert hops(find(LINE, "1.0", "3.0", {})) == ["1.1", "1.2", "2.2", "3.0"]  # not by 2.0 or 2.1
    assert hops(find(LINE, "2.2", "3.2", {})) == ["3.2"]
    assert hops(find(LINE, "1.0", "1.0", {})) == []


def test_less_risk_comes_before_less_downtime_and_that_before_fewer_hops() -> None:
    edges = (
        Edge("1", "4", risk="high"),
        Edge("1", "2", downtime_s=60),
        Edge("2", "4", downtime_s=60),
        Edge("1", "2", downtime_s=30, risk="medium"),
        Edge("1", "3", downtime_s=100),
        Edge("3", "3.5", downtime_s=10),
        Edge("3.5", "4", downtime_s=5),
    )
    product = Product("p", releases=(Release("2"), Release("3"), Release("3.5")), edges=edges)
    assert hops(find(product, "1", "4", {})) == ["3", "3.5", "4"]


def test_no_hop_crosses_a_stop_whatever_the_edges_say() -> None:
    product = Product(
        "p", edges=(Edge("*", "*"),), stops=(Stop("2.5.*", "tables"),), releases=(Release("2.5.7"), Release("2.9"))
    )
    assert hops(find(product, "2.0", "3.0", {})) == ["2.5.7", "3.0"]
    assert hops(find(product, "2.5.1", "3.0", {})) == ["3.0"]
    assert hops(find(product, "2.6", "3.0", {})) == ["3.0"]
    assert [stop.because for move in find(product, "2.0", "3.0", {}).moves for stop in move.stops] == ["tables"]


def test_a_stop_without_a_release_that_is_known_stands_in_the_way_by_name() -> None:
    found = find(Product("p", edges=(Edge("*", "*"),), stops=(Stop("2.5.*"),)), "2.0", "3.0", {})
    assert isinstance(found, NoWay)
    assert [[each.name for each in together] for together in found.behind] == [["2.5.*"]]


def test_a_conditional_stop_holds_until_every_host_is_known_not_to_need_it() -> None:
    stop = Stop("2", when=(Condition(fact="large", is_="yes"),))
    product = Product("p", edges=(Edge("*", "*"),), stops=(stop,), releases=(Release("2"),))
    assert hops(find(product, "1", "3", {})) == ["2", "3"]
    assert hops(find(product, "1", "3", {"a": {"large": "no"}, "b": {}})) == ["2", "3"]
    assert hops(find(product, "1", "3", {"a": {"large": "no"}})) == ["3"]


BLOCKED = Product(
    "p",
    edges=(Edge("*", "*"),),
    blocks=(Block("Fire", to="3", from_="<3", when=CLOUD, message="it burns"),),
    releases=(Release("2"), Release("3.1")),
)


def test_a_block_holds_where_nobody_knows_better_and_names_the_hosts() -> None:
    found = find(BLOCKED, "1", "3", {"a": {"cloud": "aws"}, "b": {}})
    assert isinstance(found, NoWay)
    ((obstacle,),) = found.behind
    assert (obstacle.kind, obstacle.name, obstacle.hosts, obstacle.unknown) == ("block", "Fire", ("b",), ("cloud",))
    assert found.reached == {"p": "2"}
    assert hops(find(BLOCKED, "1", "3", {"a": {"cloud": "aws"}})) == ["3"]


def test_an_override_is_recorded_where_it_is_used_and_avoided_where_it_can_be() -> None:
    found = find(BLOCKED, "1", "3", {}, accepted={"Fire"})
    assert isinstance(found, Way)
    assert found.accepted == ("Fire",)
    around = find(BLOCKED, "1", "3.1", {}, accepted={"Fire"})
    assert isinstance(around, Way)
    assert around.accepted == ()


def test_withdrawn_and_known_bad_releases_are_left_and_never_reached_and_dead_ends_are_not_left() -> None:
    product = Product(
        "p", edges=(Edge("*", "*", reach="major"),), releases=(Release("2", withdrawn=True), Release("2.1"))
    )
    assert hops(find(product, "1", "3", {})) == ["2.1", "3"]
    assert hops(find(product, "2", "3", {})) == ["3"]
    bad = find(product, "1", "3", {}, known_bad=("2.1",))
    assert isinstance(bad, NoWay)
    assert {each.kind for together in bad.behind for each in together} == {"withdrawn", "known bad"}
    ends = replace(product, releases=(Release("2", dead_end="ext4"),))
    assert hops(find(ends, "1", "2", {})) == ["2"]
    stuck = find(ends, "1", "3", {})
    assert isinstance(stuck, NoWay)
    assert [each.because for each in stuck.behind[0]] == ["ext4"]


def test_where_there_is_no_edge_at_all_nothing_is_in_the_way() -> None:
    found = find(
        Product("p", edges=(Edge("1", "2"), Edge("3", "4")), releases=(Release("2"), Release("3"))), "1", "4", {}
    )
    assert found == NoWay("p", (), {"p": "2"}, ("3",))
    assert find(LINE, "3.0", "1.0", {}) == NoWay("line", downward=True)


def test_a_channel_keeps_its_own_releases() -> None:
    releases = (Release("2", channels=("fast",)), Release("2.1", channels=("stable",)))
    product = Product("p", edges=(Edge("*", "*", reach="major"),), releases=releases)
    assert hops(find(product, "1", "3", {}, channel="fast")) == ["2", "3"]
    assert hops(find(product, "1", "3", {}, channel="stable")) == ["2.1", "3"]


def test_following_a_written_way() -> None:
    assert follow(LINE, "", ("1.0", "1.1", "1.2", "2.0"), {}).wrong == ()
    (wrong,) = follow(LINE, "", ("1.0", "1.1", "2.0"), {}).wrong
    assert (wrong.from_, wrong.to, wrong.has_edge) == ("1.1", "2.0", False)
    (blocked,) = follow(BLOCKED, "", ("1", "3"), {}).wrong
    assert blocked.has_edge
    assert [each.name for each in blocked.obstacles] == ["Fire"]
    assert [move.accepted for move in follow(BLOCKED, "", ("1", "3"), {}, accepted=("Fire",)).moves] == [("Fire",)]


# --- against a search that tries everything ------------------------------------------------------------------

NODES = range(1, 7)
PAIRS = [(a, b) for a in NODES for b in NODES if a < b]


class Toy:
    """A graph in plain numbers, and the same as a product."""

    def __init__(self, edges, stops, blocks, withdrawn, dead) -> None:
        self.edges, self.stops, self.blocks, self.withdrawn, self.dead = edges, stops, blocks, withdrawn, dead

    def product(self) -> Product:
        return Product(
            "toy",
            releases=tuple(
                Release(str(n), dead_end="dead" if n in self.dead else "", withdrawn=n in self.withdrawn) for n in NODES
            ),
            edges=tuple(Edge(str(a), str(b), risk, down) for (a, b), (risk, down) in self.edges.items()),
            stops=tuple(Stop(str(stop)) for stop in self.stops),
            blocks=tuple(Block(name, to=str(b), from_=f"<={a}") for name, (a, b) in self.blocks.items()),
        )

    def met(self, a: int, b: int) -> set[str]:
        found = {f"stop {stop}" for stop in self.stops if a < stop < b}
        found |= {name for name, (last, to) in self.blocks.items() if a <= last and b == to}
        found |= {f"withdrawn {b}"} if b in self.withdrawn else set()
        return found | ({f"dead {a}"} if a in self.dead - self.withdrawn else set())

    def ways(self, at: int, end: int) -> Iterator[tuple[int, ...]]:
        if at == end:
            yield (at,)
        for b in NODES:
            if (at, b) in self.edges and b <= end:
                yield from ((at, *rest) for rest in self.ways(b, end))

    def cost(self, way: tuple[int, ...], accepted: frozenset[str]) -> tuple:
        legs = list(pairwise(way))
        risks = [self.edges[leg][0] for leg in legs]
        taken = sum(len(self.met(*leg) & accepted) for leg in legs)
        return taken, risks.count("high"), risks.count("medium"), sum(self.edges[leg][1] for leg in legs), len(legs)


TOYS = st.builds(
    Toy,
    st.dictionaries(
        st.sampled_from(PAIRS),
        st.tuples(st.sampled_from(("low", "medium", "high")), st.sampled_from((0.0, 30.0, 90.0))),
        max_size=15,
    ),
    st.sets(st.integers(2, 5), max_size=2),
    st.dictionaries(st.sampled_from(("A", "B", "C")), st.sampled_from(PAIRS), max_size=3),
    st.sets(st.sampled_from((2, 3)), max_size=1),
    st.sets(st.sampled_from((3, 4)), max_size=1),
)


@settings(max_examples=250, deadline=None)
@given(TOYS, st.sets(st.sampled_from(("A", "B", "C"))))
def test_the_way_is_the_best_of_all_ways(toy: Toy, names: set[str]) -> None:
    accepted = frozenset(names)
    product = toy.product()
    found = find(product, "1", "6", {}, accepted=accepted)
    ways = list(toy.ways(1, 6))
    open_ways = [way for way in ways if all(toy.met(*leg) <= accepted for leg in pairwise(way))]
    if isinstance(found, Way):
        taken = (1, *(int(move.to) for move in found.moves))
        assert taken in open_ways
        best = min(toy.cost(way, accepted) for way in open_ways)
        assert toy.cost(taken, accepted) == best == weight_of(found.moves)
        assert follow(product, "", [str(n) for n in taken], {}, accepted=accepted).moves == found.moves
    else:
        assert open_ways == []
        assert found.behind == () or isinstance(found.behind[0], tuple)
        check_behind(toy, found, ways, accepted)


def check_behind(toy: Toy, found: NoWay, ways: list[tuple[int, ...]], accepted: frozenset[str]) -> None:
    """The sets are the smallest there are, all of them."""
    needed = [set().union(*(toy.met(*leg) for leg in pairwise(way))) - accepted for way in ways]
    names = sorted(set().union(*needed)) if needed else []
    for size in range(1, 4):
        smallest = {frozenset(each) for each in combinations(names, size) if any(need <= set(each) for need in needed)}
        if smallest:
            said = {frozenset(spelt(each.kind, each.name) for each in together) for together in found.behind}
            assert said == smallest if len(smallest) < 8 else said <= smallest
            return
    assert found.behind == ()


def spelt(kind: str, name: str) -> str:
    return {"stop": f"stop {name}", "withdrawn": f"withdrawn {name}", "dead end": f"dead {name}"}.get(kind, name)
