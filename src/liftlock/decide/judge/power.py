"""What a choice of hosts, time and traffic can detect, before anything is done.

Means (the t-test of `contrast`): a host's figure is its mean after over its mean before. What makes it scatter is the
host's own drift (3 %, forgotten within some ten minutes, as hosts of one tier have been seen to) and, for latencies,
the requests (log-normal, σ = 0.6). The mean of a drift with correlation time τ over a time T has the variance
σ²·(2τ/T)·(1 − (τ/T)·(1 − e^(−T/τ))). The power is that of the last due look: P(T' > t), with T' Student's noncentral t,
approximated as normal (Johnson & Welch 1940). It is a lower bound: the looks before add 1 to 16 points (simulated, one
to ten hosts against ten to twenty: 72 % promised, 84 % had; 49 and 65; 96 and 99).

Counts (the e-process of `rates`): under a ratio R each alternative's ln E is a sum over two Poisson arms, about normal;
the power is that of the best alternative when the time is over. Hosts whose rates differ lower it.
"""

import math

from msgspec import Struct

from liftlock.decide.judge.contrast import BOTH_FROM
from liftlock.decide.judge.rates import UP
from liftlock.decide.judge.students import normal_tail, student_beyond

DRIFT, FORGETS_S = 0.03, 570.0  # an AR(1) of 0.9 a minute
REQUEST_SPREAD = math.expm1(0.6**2)  # variance over squared mean of a latency
WANTED = 0.8
RATIO_MAX, EVENTS_MAX = 20.0, 1e7
HALVINGS = 60


class Arms(Struct, frozen=True):
    """Hosts of both arms; seconds after the warm-up and before the upgrade; requests a second at each host, 0 if that
    is unknown or does not matter."""

    canaries: int
    controls: int
    after_s: float
    before_s: float
    requests: float = 0.0


# --- means ------------------------------------------------------------------------------------------------


def mean_power(arms: Arms, ratio: float, margin: float, alpha: float) -> float:
    """The chance that a mean worse by `ratio` is found to be beyond `margin`, in a look that may err with `alpha`."""
    error = math.sqrt(host_variance(arms) * (1 / arms.canaries + 1 / arms.controls))
    freedom = freedom_of(arms)
    shift, limit = (math.log(ratio) - math.log(margin)) / error, student_beyond(alpha, freedom)
    return normal_tail((limit * (1 - 1 / (4 * freedom)) - shift) / math.sqrt(1 + limit**2 / (2 * freedom)))


def smallest_mean(arms: Arms, margin: float, alpha: float) -> float | None:
    """The least ratio that is found with a chance of 80 %; None: not even one of 20."""
    if mean_power(arms, RATIO_MAX, margin, alpha) < WANTED:
        return None
    low, high = margin, RATIO_MAX
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if mean_power(arms, middle, margin, alpha) >= WANTED else (middle, high)
    return high


def host_variance(arms: Arms) -> float:
    drift = drift_variance(arms.after_s) + drift_variance(arms.before_s)
    if not arms.requests:
        return drift
    return drift + REQUEST_SPREAD / arms.requests * (1 / arms.after_s + 1 / arms.before_s)


def drift_variance(seconds: float) -> float:
    share = FORGETS_S / seconds
    return DRIFT**2 * 2 * share * (1 + share * math.expm1(-1 / share))


def freedom_of(arms: Arms) -> float:
    """As `contrast` has it for arms that scatter alike."""
    if arms.canaries < BOTH_FROM:
        return arms.controls - 1
    ours, theirs = 1 / arms.canaries, 1 / arms.controls
    return (ours + theirs) ** 2 / (ours**2 / (arms.canaries - 1) + theirs**2 / (arms.controls - 1))


# --- counts -----------------------------------------------------------------------------------------------


def rate_power(events: float, share: float, ratio: float, margin: float, alpha: float) -> float:
    """The chance that a rate that is `ratio` times as high is found to be beyond `margin`. `events`: expected of both
    arms without a change; `share`: the canary's part of them."""
    ours, theirs = events * share * ratio, events * (1 - share)
    best = 0.0
    for times, weight in UP:
        here, there = gains(share, margin, times)
        mean, variance = ours * here + theirs * there, ours * here**2 + theirs * there**2
        needed = -math.log(alpha) - math.log(weight)
        if variance > 0:
            best = max(best, normal_tail((needed - mean) / math.sqrt(variance)))
    return best


def gains(share: float, margin: float, times: float) -> tuple[float, float]:
    """What an event of the canary, and one of the others, adds to ln E of one alternative."""
    null, other = (r * share / (r * share + 1 - share) for r in (margin, margin * times))
    return math.log(other / null), math.log((1 - other) / (1 - null))


def events_needed(share: float, ratio: float, margin: float, alpha: float) -> float | None:
    """So many events of both arms find a rate of `ratio` with a chance of 80 %; None: no number of them does."""
    if rate_power(EVENTS_MAX, share, ratio, margin, alpha) < WANTED:
        return None
    low, high = 1.0, EVENTS_MAX
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if rate_power(middle, share, ratio, margin, alpha) >= WANTED else (middle, high)
    return high
