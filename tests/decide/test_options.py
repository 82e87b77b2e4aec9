"""How options weigh: the shares at which a decision stays the best, against trying them out."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.options import range_of, stays_best, weigh
from liftlock.model.appraisal import Sensitivity
from liftlock.model.chapters import Choice, Criterion, Option

CRITERIA = ("cost", "risk", "time", "people")


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    names = CRITERIA[: draw(st.integers(2, 4))]
    criteria = tuple(Criterion(name, draw(st.integers(1, 20)) / 4) for name in names)
    score = st.integers(0, 20).map(lambda half: half / 2)
    options = tuple(Option(f"O{i}", {name: draw(score) for name in names}) for i in range(draw(st.integers(2, 4))))
    return Choice("q", criteria, options, draw(st.sampled_from([option.name for option in options])))


def is_best(choice: Choice, criterion: str, share: Fraction) -> bool:
    """With that share for the criterion, the rest in proportion: by adding up, in fractions."""
    others = sum(Fraction(each.weight) for each in choice.criteria if each.name != criterion)
    shares = {each.name: (1 - share) * Fraction(each.weight) / others for each in choice.criteria}
    shares[criterion] = share
    totals = {o.name: sum(shares[name] * Fraction(o.scores[name]) for name in shares) for o in choice.options}
    return totals[choice.decision] == max(totals.values())


@settings(max_examples=60, deadline=None)
@given(choices())
def test_the_range_is_where_the_decision_is_the_best(choice: Choice) -> None:
    weighing = weigh(choice)
    assert weighing is not None
    for found in weighing.sensitivity:
        for step in range(81):
            share = Fraction(step, 80)
            within = found.low is not None and found.high is not None and found.low <= share <= found.high
            on_the_edge = min(abs(float(share) - edge) for edge in (found.low or 0, found.high or 0)) < 1e-12
            assert on_the_edge or within == is_best(choice, found.criterion, share), (found, share)


@settings(max_examples=60, deadline=None)
@given(choices())
def test_beyond_its_edges_it_is_not(choice: Choice) -> None:
    """The range is no smaller and no larger: at an edge inside (0, 1) the decision is the best, just outside not."""
    weighing = weigh(choice)
    assert weighing is not None
    for found in weighing.sensitivity:
        if found.low is None or found.high is None:
            continue
        for edge, outside in ((found.low, -1), (found.high, 1)):
            if 0 < edge < 1:
                exact = Fraction(edge).limit_denominator(10**6)
                assert is_best(choice, found.criterion, exact)
                assert not is_best(choice, found.criterion, exact + outside * Fraction(1, 10**9))


@settings(max_examples=40, deadline=None)
@given(choices())
def test_at_the_weights_as_given_the_range_agrees_with_the_scores(choice: Choice) -> None:
    weighing = weigh(choice)
    assert weighing is not None
    assert list(weighing.scores.values()) == sorted(weighing.scores.values(), reverse=True)
    assert sum(weighing.shares.values()) == pytest.approx(1)
    for found in weighing.sensitivity:
        within = found.low is not None and found.high is not None
        within = within and found.low - 1e-12 <= found.share <= found.high + 1e-12  # type: ignore[operator]
        assert within == weighing.is_best


def test_b_wins_unless_cost_weighs_more_than_sixty_percent() -> None:
    options = (Option("A", {"cost": 8, "risk": 2}), Option("B", {"cost": 4, "risk": 8}))
    weighing = weigh(Choice("q", (Criterion("cost", 1), Criterion("risk", 1)), options, "B"))
    assert weighing is not None
    assert weighing.best == ("B",)
    assert [(each.criterion, each.low, each.high) for each in weighing.sensitivity] == [
        ("cost", 0.0, 0.6),
        ("risk", 0.4, 1.0),
    ]
    assert [range_of(each) for each in weighing.sensitivity] == ["cost ≤ 60 %", "risk ≥ 40 %"]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.0, 1 / 3, "x ≤ 33.3 %"),
        (1 / 3, 1.0, "x ≥ 33.4 %"),
        (1 / 3, 2 / 3, "33.4 % ≤ x ≤ 66.6 %"),
        (0.3, 0.7, "30 % ≤ x ≤ 70 %"),
    ],
)
def test_ranges_are_rounded_inwards(low: float, high: float, text: str) -> None:
    assert range_of(Sensitivity("x", 0.5, low, high)) == text


def test_figures_count_as_they_are_written() -> None:
    """0.1 + 0.2 and 0.3 are a tie; floats would not see it."""
    criteria = (Criterion("a", 0.1), Criterion("b", 0.2), Criterion("c", 0.3))
    options = (Option("x", {"a": 10, "b": 10, "c": 0}), Option("y", {"a": 0, "b": 0, "c": 10}))
    weighing = weigh(Choice("q", criteria, options, "x"))
    assert weighing is not None
    assert weighing.best == ("x", "y")


def test_one_that_is_never_the_best_has_no_range() -> None:
    zero, one = Fraction(0), Fraction(1)
    assert stays_best("a", {"a": zero, "b": one}, {"a": zero, "b": one}) == (1, 0)
    weighing = weigh(Choice("q", (Criterion("s"), Criterion("t")), (Option("a", {"s": 1, "t": 1}), BETTER), "a"))
    assert weighing is not None
    assert [each.low for each in weighing.sensitivity] == [None, None]


BETTER = Option("b", {"s": 2, "t": 2})


@pytest.mark.parametrize(
    "choice",
    [
        Choice("q", (), (Option("a"),), "a"),
        Choice("q", (Criterion("s"),), (Option("a"),), "a"),
        Choice("q", (Criterion("s"),), (Option("a", {"s": 11}),), "a"),
        Choice("q", (Criterion("s"),), (Option("a", {"s": float("nan")}),), "a"),
        Choice("q", (Criterion("s"),), (Option("a", {"s": 1}),), "b"),
        Choice("q", (Criterion("s"),), (Option("a", {"s": 1}), Option("a", {"s": 2})), "a"),
        Choice("q", (Criterion("s"), Criterion("s")), (Option("a", {"s": 1}),), "a"),
    ],
)
def test_what_cannot_be_weighed_is_not(choice: Choice) -> None:
    assert weigh(choice) is None
