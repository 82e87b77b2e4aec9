"""A change detector for after the promotion: CUSUM of e-values (Shin, Ramdas & Rinaldo, e-detectors).

The rate before the upgrade is taken for known. If 120 events told it, a day's watch of a healthy fleet raises a false
alarm in 0.1 % at a margin of 1.25, but in 15 % without one: the measured rate is itself off by more than that forgives.
"""

import math

from liftlock.decide.judge.rates import UP


def alarm(log_m: tuple[float, ...], events: float, of: float, rate: float, ratio: float) -> tuple[float, ...]:
    """One step: ln M of every alternative, against a rate of at most `rate`·`ratio`."""
    null = min(max(rate * ratio, 1e-12), 0.99)
    before = log_m or (0.0,) * len(UP)
    return tuple(
        max(was, 0.0) + events * math.log(worse / null) + (of - events) * math.log((1 - worse) / (1 - null))
        for was, worse in zip(before, (min(null * times, 0.999) for times, _ in UP), strict=True)
    )


def log_evidence(log_m: tuple[float, ...]) -> float:
    if not log_m:
        return 0.0
    top = max(log_m)
    return top + math.log(sum(weight * math.exp(value - top) for value, (_, weight) in zip(log_m, UP, strict=True)))


def threshold(looks: float, alpha: float) -> float:
    """1/α alone would promise an average run of 1/α looks, and no more: 44 to 63 % false alarms in 120 looks, measured.

    An e-detector is at any time, however chosen, at most the number of looks so far on average (Markov's inequality).
    """
    return looks / alpha
