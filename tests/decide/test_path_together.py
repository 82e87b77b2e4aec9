"""Several parts at once: every state of the rolling upgrade is allowed, held against a search over all orders."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.path import search
from liftlock.decide.path.find import find_together
from liftlock.decide.path.follow import Going, skewed_between, skewed_within
from liftlock.model.path import NoWay, Way
from liftlock.model.product import Edge, Product, ProductPart, Release, Skew
from liftlock.planfile.products import shipped

LOADED = shipped("kubernetes")
assert LOADED is not None
assert LOADED.product is not None
KUBERNETES = LOADED.product
CONTROL = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager")


def moves(found: Way | NoWay) -> list[tuple[str, str]]:
    assert isinstance(found, Way), found
    return [(move.part, move.to) for move in found.moves]


def test_the_control_plane_goes_minor_by_minor_and_the_kubelet_as_it_may() -> None:
    found = find_together(
        KUBERNETES,
        {"kube-apiserver": "1.29.2", "kubelet": "1.27.3"},
        {"kube-apiserver": "1.31.1", "kubelet": "1.31.1"},
        {},
    )
    assert moves(found) == [
        ("kube-apiserver", "1.30.14"),
        ("kubelet", "1.30.14"),
        ("kube-apiserver", "1.31.1"),
        ("kubelet", "1.31.1"),
    ]
    assert isinstance(found, Way)
    assert len(found.states) == 1 + 2 * 4
    assert found.states[1].versions == {"kube-apiserver": ("1.29.2", "1.30.14"), "kubelet": ("1.27.3",)}


def test_everything_of_a_control_plane_goes_together() -> None:
    parts = [part.name for part in KUBERNETES.parts]
    found = moves(find_together(KUBERNETES, dict.fromkeys(parts, "1.28.1"), dict.fromkeys(parts, "1.30.2"), {}))
    for part in CONTROL:
        assert [to for name, to in found if name == part] == ["1.29.14", "1.30.2"]
    for part in ("kubelet", "kube-proxy"):
        assert [to for name, to in found if name == part] == ["1.30.2"]
    order = [name for name, to in found if to == "1.30.2"]
    assert order.index("kube-apiserver") < min(order.index(part) for part in CONTROL[1:])
    assert max(order.index(part) for part in CONTROL) < order.index("kubelet")


@pytest.mark.parametrize(
    ("apiserver", "kubelet", "allowed"),
    [
        ("1.28.0", "1.25.0", True),
        ("1.28.0", "1.24.0", False),
        ("1.27.0", "1.25.0", True),
        ("1.27.0", "1.24.0", False),
        ("1.27.0", "1.27.9", True),
        ("1.27.9", "1.28.0", False),
    ],
)
def test_the_kubelets_distance(apiserver: str, kubelet: str, allowed: bool) -> None:
    at = {"kube-apiserver": apiserver, "kubelet": kubelet}
    assert isinstance(find_together(KUBERNETES, at, at, {}), Way) == allowed


def test_a_state_that_is_not_allowed_is_told_exactly() -> None:
    found = find_together(
        KUBERNETES,
        {"kube-apiserver": "1.28.0", "kubelet": "1.27.3"},
        {"kube-apiserver": "1.31.1", "kubelet": "1.27.3"},
        {},
    )
    assert isinstance(found, NoWay)
    ((obstacle,),) = found.behind
    assert obstacle.clash is not None
    assert obstacle.skew is not None
    clash = obstacle.clash
    assert (clash.of, clash.of_version, clash.with_, clash.with_version) == (
        "kubelet",
        "1.27.3",
        "kube-apiserver",
        "1.31.1",
    )
    assert (obstacle.skew.behind_max, obstacle.skew.ahead_max) == (3, 0)
    assert found.reached == {"kube-apiserver": "1.30.14", "kubelet": "1.27.3"}


def test_old_and_new_meet_unless_everything_is_stopped() -> None:
    edge = Edge("*", "*")
    product = Product("p", edges=(edge,), skews=(Skew("p", "p", "major", behind_max=0),))
    assert isinstance(find_together(product, {"p": "1"}, {"p": "2"}, {}), NoWay)
    assert [clash.of_version for clash in skewed_within(product, "", ("1", "2"))] == ["1"]
    stopped = replace(product, edges=(replace(edge, stopped=True),))
    assert isinstance(find_together(stopped, {"p": "1"}, {"p": "2"}, {}), Way)
    assert list(skewed_within(stopped, "", ("1", "2"))) == []


def test_components_meet_by_the_plans_order() -> None:
    product = replace(KUBERNETES, skews=tuple(skew for skew in KUBERNETES.skews if skew.of == "kubelet"))
    control = Going("control", "kube-apiserver", ("1.29.0", "1.30.0", "1.31.0"))
    nodes = Going("nodes", "kubelet", ("1.29.0", "1.31.0"), frozenset({"control"}))
    assert list(skewed_between(product, (control, nodes))) == []
    early = replace(nodes, before=frozenset())  # no order: the kubelet may be newer than the server
    assert {(clash.of_version, clash.with_version) for _, clash in skewed_between(product, (control, early))} == {
        ("1.31.0", "1.29.0"),
        ("1.31.0", "1.30.0"),
    }
    old = replace(nodes, versions=("1.27.0", "1.31.0"))  # four behind before it begins
    assert {
        (one.name, clash.of_version, clash.with_version) for one, clash in skewed_between(product, (control, old))
    } == {("nodes", "1.27.0", "1.31.0")}


# --- against a search over all orders ----------------------------------------------------------------------------

BOUND = st.none() | st.integers(0, 2)
RULES = st.lists(st.tuples(st.sampled_from(("a", "b")), st.sampled_from(("a", "b")), BOUND, BOUND), max_size=4)


def allowed(rules, together: dict[str, set[int]]) -> bool:
    return all(
        (behind is None or other - one <= behind) and (ahead is None or one - other <= ahead)
        for of, beside, behind, ahead in rules
        for one in together[of]
        for other in together[beside]
    )


def fewest_hops(rules, steps: dict[str, int], start: tuple[int, int], end: int, ordered: bool) -> int | None:
    """Breadth first, over plain numbers."""
    names = ("a", "b")
    if not allowed(rules, {"a": {start[0]}, "b": {start[1]}}):
        return None
    seen, queue = {start}, deque([(start, 0)])
    while queue:
        state, hops = queue.popleft()
        if state == (end, end):
            return hops
        for index, name in enumerate(names):
            for to in range(state[index] + 1, min(end, state[index] + steps[name]) + 1):
                after = (to, state[1]) if index == 0 else (state[0], to)
                if ordered and name == "b" and to > state[0]:
                    continue
                mixed = {names[0]: {state[0]}, names[1]: {state[1]}}
                mixed[name] |= {to}
                if after in seen or not allowed(rules, mixed):
                    continue
                if allowed(rules, {"a": {after[0]}, "b": {after[1]}}):
                    seen.add(after)
                    queue.append((after, hops + 1))
    return None


@settings(max_examples=200, deadline=None)
@given(RULES, st.integers(1, 4), st.integers(1, 4), st.tuples(st.integers(0, 4), st.integers(0, 4)), st.booleans())
def test_a_joint_way_is_found_exactly_where_there_is_one(rules, step_a, step_b, start, ordered) -> None:
    product = Product(
        "p",
        releases=tuple(Release(f"1.{n}") for n in range(5)),
        parts=(ProductPart("a"), ProductPart("b", ("a",) if ordered else ())),
        edges=tuple(
            Edge(f"1.{n}", f">1.{n}, <=1.{n + step}", parts=(name,))
            for name, step in (("a", step_a), ("b", step_b))
            for n in range(5)
        ),
        skews=tuple(Skew(of, beside, "minor", behind, ahead) for of, beside, behind, ahead in rules),
    )
    found = find_together(product, {"a": f"1.{start[0]}", "b": f"1.{start[1]}"}, {"a": "1.4", "b": "1.4"}, {})
    expected = fewest_hops(rules, {"a": step_a, "b": step_b}, start, 4, ordered)
    assert (len(found.moves) if isinstance(found, Way) else None) == expected
    if isinstance(found, Way):
        for state in found.states:
            together = {part: {int(text[2:]) for text in versions} for part, versions in state.versions.items()}
            assert allowed(rules, together)


def test_a_search_that_is_too_large_is_given_up_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "STATES_MAX", 5)
    parts = [part.name for part in KUBERNETES.parts]
    found = find_together(KUBERNETES, dict.fromkeys(parts, "1.28.1"), dict.fromkeys(parts, "1.30.2"), {})
    assert isinstance(found, NoWay)
    assert found.given_up
    assert found.behind == ()
