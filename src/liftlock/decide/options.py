"""Options on weighted criteria: their scores, the best, and how far a criterion's weight may move until another wins.

One criterion's share t of all weight is moved from 0 to 1 while the others keep their proportions. An option's score is
then t·s + (1-t)·r, with s its score there and r its score on the others: the difference of two options is a line in t,
and the shares at which the decision is among the best are one interval. It is computed in fractions of the figures as
written: exact, no search. (One-at-a-time weight sensitivity of additive models: Triantaphyllou & Sánchez 1997.)
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from liftlock.model.appraisal import Sensitivity, Weighing
from liftlock.model.chapters import Choice

Scores = Mapping[str, Fraction]  # option -> score
ONE, NONE = Fraction(1), Fraction(0)


def weigh(choice: Choice) -> Weighing | None:
    """The options' weighted scores and the decision's sensitivity; None while scores are missing or out of bounds."""
    if not is_complete(choice):
        return None
    shares = shares_of(choice)
    totals = {option.name: total(option.scores, shares) for option in choice.options}
    best = max(totals.values())
    ranked = sorted(totals, key=lambda name: -totals[name])
    return Weighing(
        question=choice.question,
        decision=choice.decision,
        shares={name: float(share) for name, share in shares.items()},
        scores={name: float(totals[name]) for name in ranked},
        best=tuple(name for name in ranked if totals[name] == best),
        sensitivity=tuple(sensitivity(choice, name, shares) for name in shares) if len(shares) > 1 else (),
    )


def is_complete(choice: Choice) -> bool:
    """Every option is scored on every criterion within bounds, names are unique, and the decision is an option."""
    names, criteria = [each.name for each in choice.options], [each.name for each in choice.criteria]
    if not criteria or choice.decision not in names:
        return False
    if len(set(names)) < len(names) or len(set(criteria)) < len(criteria):
        return False
    return all(is_score(option.scores.get(name)) for option in choice.options for name in criteria)


def is_score(score: float | None) -> bool:
    return score is not None and 0 <= score <= 10


def shares_of(choice: Choice) -> dict[str, Fraction]:
    """Criterion -> its share of all weight."""
    weights = {each.name: exact(each.weight) for each in choice.criteria}
    whole = sum(weights.values(), NONE)
    return {name: weight / whole for name, weight in weights.items()}


def exact(figure: float) -> Fraction:
    """The figure as it is written, 0.1 and not what a float makes of it."""
    return Fraction(repr(figure))


def total(scores: Mapping[str, float], shares: Mapping[str, Fraction]) -> Fraction:
    return sum((share * exact(scores[name]) for name, share in shares.items()), NONE)


def sensitivity(choice: Choice, criterion: str, shares: Mapping[str, Fraction]) -> Sensitivity:
    """Within which shares of the criterion the decision is among the best."""
    rest = ONE - shares[criterion]
    others = {name: share / rest for name, share in shares.items() if name != criterion}
    there = {option.name: exact(option.scores[criterion]) for option in choice.options}
    elsewhere = {option.name: total(option.scores, others) for option in choice.options}
    low, high = stays_best(choice.decision, there, elsewhere)
    now = float(shares[criterion])
    return Sensitivity(criterion, now) if low > high else Sensitivity(criterion, now, float(low), float(high))


def stays_best(decision: str, there: Scores, elsewhere: Scores) -> tuple[Fraction, Fraction]:
    """[low, high] of t in [0, 1] with t·there + (1-t)·elsewhere of the decision at least that of every other."""
    low, high = NONE, ONE
    for name in there:
        at_one, at_none = there[decision] - there[name], elsewhere[decision] - elsewhere[name]
        slope = at_one - at_none
        if slope > 0:
            low = max(low, -at_none / slope)
        elif slope < 0:
            high = min(high, -at_none / slope)
        elif at_none < 0:
            return ONE, NONE
    return low, high


def ranges_of(found: Sequence[Sensitivity]) -> str:
    """What must hold of single shares, in signs: `cost ≤ 60 %, 10 % ≤ risk ≤ 45 %`."""
    return ", ".join(range_of(each) for each in found if not each.is_free and each.low is not None)


def range_of(each: Sensitivity) -> str:
    low, high = each.percents or (0.0, 100.0)
    if low > 0 and high < 100:
        return f"{low:g} % ≤ {each.criterion} ≤ {high:g} %"
    return f"{each.criterion} ≤ {high:g} %" if low <= 0 else f"{each.criterion} ≥ {low:g} %"
