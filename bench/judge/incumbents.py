"""What others do with the same figures: Mann-Whitney, once or at every look, and Kayenta's classification.

Kayenta (kayenta-judge, MannWhitneyClassifier and NetflixACAJudge; kayenta-mannwhitney, MannWhitney): the confidence
interval of the shift by Wilcoxon's rank sums with continuity correction, at 98 %, and the metric is `High` if its lower
end is above a quarter of the estimated shift. The tolerance is thus relative to the shift itself, not to the baseline.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Values = NDArray[np.float64]
FRACTION, CONFIDENCE = 0.25, 0.98
LOOKS_MIN = 4  # values an arm


def mann_whitney_once(canary: Values, control: Values, alpha: float) -> int | None:
    """The look at which it fires, or None."""
    p = stats.mannwhitneyu(canary, control, alternative="greater").pvalue
    return len(canary) if p < alpha else None


def mann_whitney_peeked(canary: Values, control: Values, alpha: float) -> int | None:
    for look in range(LOOKS_MIN, len(canary) + 1):
        if stats.mannwhitneyu(canary[:look], control[:look], alternative="greater", method="asymptotic").pvalue < alpha:
            return look
    return None


def kayenta(canary: Sequence[float], control: Sequence[float]) -> str:
    """`High`, `Low`, `Pass` or `Nodata`."""
    x, y = np.asarray(canary, float), np.asarray(control, float)
    if not x.size or not y.size:
        return "Nodata"
    if x.size == y.size and (x == y).all():
        return "Pass"
    low, high, estimate = shift(x, y, CONFIDENCE)
    bound = FRACTION * abs(estimate)
    return "High" if low > bound else "Low" if high < -bound else "Pass"


def shift(x: Values, y: Values, confidence: float) -> tuple[float, float, float]:
    """(low, high, estimate) of x − y, as R's wilcox.test has them for large samples."""
    least, most = float(x.min() - y.max()), float(x.max() - y.min())
    z = stats.norm.isf((1 - confidence) / 2)

    def apart(mu: float, quantile: float) -> float:
        both = np.concatenate([x - mu, y])
        ranks = stats.rankdata(both)
        d = ranks[: x.size].sum() - x.size * (x.size + 1) / 2 - x.size * y.size / 2
        _, ties = np.unique(ranks, return_counts=True)
        whole = x.size + y.size
        spread = (whole + 1) - (ties**3 - ties).sum() / (whole * (whole - 1))
        sigma = np.sqrt(x.size * y.size / 12 * spread)
        if sigma == 0:
            return 0.0
        return float((d - 0.5 * np.sign(d)) / sigma - quantile)

    def root(quantile: float) -> float:
        if apart(least, quantile) <= 0:
            return least
        if apart(most, quantile) >= 0:
            return most
        return float(optimize.brentq(apart, least, most, args=(quantile,), xtol=1e-4 * max(1.0, abs(most))))

    return root(z), root(-z), root(0.0)
