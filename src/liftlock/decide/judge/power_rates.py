"""What counts can show before the fact.

Under a ratio R each alternative's ln E (`rates`) is a sum over two Poisson arms, about normal; the power is that of the
best alternative when the time is over. Hosts whose rates differ lower it.
"""

import math

from liftlock.decide.judge.rates import UP
from liftlock.decide.judge.students import normal_tail

WANTED = 0.8
EVENTS_MAX = 1e7
HALVINGS = 60


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
