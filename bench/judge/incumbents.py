"""What others do with the same figures: Mann-Whitney, once or at every look, and Kayenta's NetflixACAJudge.

Kayenta (spinnaker/kayenta: kayenta-mannwhitney, MannWhitney; kayenta-judge, IQRDetector, MannWhitneyClassifier,
WeightedSumScorer, ThresholdScoreClassifier; written anew after what they do): values beyond three interquartile ranges
are dropped unless they lie within the 1st and 99th percentile; the confidence interval of the shift comes from
Wilcoxon's rank sums with continuity correction, at 98 %; a metric is `High` if its lower end is above a quarter of the
estimated shift and the ratio of the means is at least the allowed increase (1 unless set). The tolerance is thus
relative to the shift itself, not to the baseline. A group scores the share of its metrics that pass, and 100 without
data, unless half of all metrics have none.

Peeked, it judges the window so far at each look, and fails at the first `High`, as a canary stage with intervals does.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Values = NDArray[np.float64]
TOLERANCE, CONFIDENCE, FACTOR, INCREASE, DECREASE = 0.25, 0.98, 3.0, 1.0, 1.0
LOOKS_MIN = 4  # values an arm
NOISE = 1e-5  # relative, where both arms are constant
NODATA_MAX = 0.5  # of the metrics


def mann_whitney_once(canary: Values, control: Values, alpha: float) -> int | None:
    """The look at which it fires, or None."""
    p = stats.mannwhitneyu(canary, control, alternative="greater").pvalue
    return len(canary) if p < alpha else None


def mann_whitney_peeked(canary: Values, control: Values, alpha: float) -> int | None:
    """Asymptotic, with continuity correction."""
    beyond = quantile(alpha)
    for look in range(LOOKS_MIN, len(canary) + 1):
        apart, sigma = rank_sum(canary[:look], np.sort(control[:look]), 0.0)
        if sigma > 0 and (apart - 0.5) / sigma > beyond:
            return look
    return None


# --- Kayenta: one metric ------------------------------------------------------------------------------------


def kayenta_once(canary: Values, control: Values) -> int | None:
    return len(canary) if kayenta(canary, control) == "High" else None


def kayenta_peeked(canary: Values, control: Values) -> int | None:
    looks = range(LOOKS_MIN, len(canary) + 1)
    return next((look for look in looks if kayenta(canary[:look], control[:look]) == "High"), None)


def kayenta(
    canary: Sequence[float] | Values,
    control: Sequence[float] | Values,
    *,
    tolerance: float = TOLERANCE,
    confidence: float = CONFIDENCE,
    outliers: bool = True,
) -> str:
    """`High`, `Low`, `Pass`, `Nodata` or `Error`; outliers are dropped before a metric is classified."""
    x, y = (cleaned(arm) if outliers else np.asarray(arm, float) for arm in (canary, control))
    if not x.size or not y.size:
        return "Nodata"
    if x.size == y.size and (np.sort(x) == np.sort(y)).all():
        return "Pass"
    if x.min() == x.max() and y.min() == y.max():
        if x[0] == y[0]:
            return "Pass"
        x, y = shaken(x), shaken(y)
    ratio = float(x.mean() / y.mean()) if y.mean() else 1.0
    if not might_differ(x, y, confidence):
        return "Pass"
    found = shift(x, y, confidence)
    if found is None:
        return "Error"
    low, high, estimate = found
    bound = tolerance * abs(estimate)
    return "High" if low > bound and ratio >= INCREASE else "Low" if high < -bound and ratio <= DECREASE else "Pass"


def cleaned(values: Sequence[float] | Values) -> Values:
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    return known[~outliers_in(known, FACTOR, wide=True)]


def outliers_in(values: Values, factor: float, *, wide: bool = False) -> NDArray[np.bool_]:
    """`wide`: nothing between the 1st and the 99th percentile is an outlier."""
    if not values.size:
        return np.zeros(0, bool)
    ordered = np.sort(values)
    lower, upper = percentile(ordered, 25), percentile(ordered, 75)
    low, high = lower - factor * (upper - lower), upper + factor * (upper - lower)
    if wide:
        low, high = min(low, percentile(ordered, 1)), max(high, percentile(ordered, 99))
    return (values < low) | (values > high)


def percentile(ordered: Values, at: float) -> float:
    """Commons Math's own estimate: the position is at·(n+1)/100."""
    position = at * (ordered.size + 1) / 100
    below = math.floor(position)
    if below < 1:
        return float(ordered[0])
    if below >= ordered.size:
        return float(ordered[-1])
    return float(ordered[below - 1] + (position - below) * (ordered[below] - ordered[below - 1]))


def shaken(values: Values) -> Values:
    """Two constants have no rank sum: Kayenta adds noise; ours has a seed."""
    noise: Values = np.random.default_rng(1).normal(size=values.size)
    return values * (1 + NOISE * noise)


def might_differ(x: Values, y: Values, confidence: float) -> bool:
    """An interval that has 0 inside is never beyond the tolerance: most looks end here, without a search for roots."""
    apart, sigma = rank_sum(x, np.sort(y), 0.0)
    return sigma == 0 or abs(apart) - 0.5 > quantile((1 - confidence) / 2) * sigma * (1 - 1e-9)


def shift(x: Values, y: Values, confidence: float) -> tuple[float, float, float] | None:
    """(low, high, estimate) of x − y, as R's wilcox.test has them for large samples; None if all values are tied."""
    least, most = float(x.min() - y.max()), float(x.max() - y.min())
    z, ordered = quantile((1 - confidence) / 2), np.sort(y)
    if rank_sum(x, ordered, least)[1] == 0 or rank_sum(x, ordered, most)[1] == 0:
        return None

    def beyond(mu: float, at: float) -> float:
        apart, sigma = rank_sum(x, ordered, mu)
        return float((apart - 0.5 * np.sign(apart)) / sigma - at)

    def root(at: float) -> float:
        if beyond(least, at) <= 0:
            return least
        if beyond(most, at) >= 0:
            return most
        return float(optimize.brentq(beyond, least, most, args=(at,), xtol=1e-7))

    return root(z), root(-z), root(0.0)


@cache
def quantile(beyond: float) -> float:
    return float(stats.norm.isf(beyond))


def rank_sum(x: Values, ordered: Values, mu: float) -> tuple[float, float]:
    """(U − its mean, its standard deviation with ties) of x−mu against `ordered`."""
    moved = np.sort(x - mu)
    below, upto = np.searchsorted(ordered, moved, "left"), np.searchsorted(ordered, moved, "right")
    apart = float((below + upto).sum()) / 2 - x.size * ordered.size / 2
    both = np.sort(np.concatenate([moved, ordered]))
    ends = np.flatnonzero(np.concatenate([both[1:] != both[:-1], [True]]))
    ties = np.diff(ends, prepend=-1).astype(float)
    whole = both.size
    spread = whole + 1 - float((ties**3 - ties).sum()) / (whole * (whole - 1))
    return apart, math.sqrt(max(x.size * ordered.size / 12 * spread, 0.0))


# --- Kayenta: the score -------------------------------------------------------------------------------------


def score(metrics: Sequence[tuple[str, str]], weights: Mapping[str, float]) -> float:
    """0 … 100 of metrics as (group, classification); groups without a weight share what is left of 100."""
    if sum(label == "Nodata" for _, label in metrics) >= NODATA_MAX * len(metrics):
        return 0.0
    groups: dict[str, list[str]] = {}
    for group, label in metrics:
        groups.setdefault(group, []).append(label)
    free = [group for group in groups if group not in weights]
    each = (100 - sum(weights.values())) / len(free) if free else 0.0
    whole = sum(group_score(labels) * weights.get(group, each) / 100 for group, labels in groups.items())
    return round(whole, 2)


def group_score(labels: Sequence[str]) -> float:
    counted = [label for label in labels if label in ("High", "Low", "Pass")]
    return 100 * counted.count("Pass") / len(counted) if counted else 100.0


def verdict(points: float, passes: float = 95.0, marginal: float = 75.0) -> str:
    return "Pass" if points >= passes else "Marginal" if points >= marginal else "Fail"
