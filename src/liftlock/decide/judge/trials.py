"""One test of one metric: evidence against the upgrade and for it, each beside the threshold at which it decides.

Counts are judged by e-processes (`rates`), at any look; means by t-tests at doubling looks (`contrast`). A regression
that is established fails; one beyond the promotion margin that is excluded passes, and stays so within its wave.
"""

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.judge import contrast, rates, watch
from liftlock.model.canary import Comparison, Counts, MetricBaseline, Offset, RateState, Sum, Test, Verdict
from liftlock.model.reasons import Reason, because

LOG_MAX = 700.0  # e^700 still is a float
SHOWN_ALPHA = 0.05  # of the intervals that are shown
NOTHING = Counts()


class Stakes(Struct, frozen=True):
    """What a test may do wrong: `fail` a healthy upgrade, `promote` a worse one; margins as ratios."""

    fail: float
    promote: float
    rollback_at: float
    promote_at: float
    ignore_below: float = 0.0


def as_evidence(log_e: float) -> float:
    return math.exp(min(log_e, LOG_MAX))


Range = tuple[float | None, float | None, float | None]  # estimate, low, high
Scale = tuple[float | None, float | None]  # evidence, and where it decides


def undecided(
    test: Test,
    metric: str,
    shown: Range,
    against: Scale,
    clear: Scale,
    canary: Counts = NOTHING,
    control: Counts = NOTHING,
) -> Comparison:
    """The figures of a test. What has no end has none: JSON knows no infinity."""
    estimate, low, high = map(finite, shown)
    why = because("canary-undecided", metric=metric)
    return Comparison(test, Verdict.INCONCLUSIVE, why, estimate, low, high, *against, *clear, canary, control)


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def decided(metric: str, seen: Comparison, *, failed: bool, cleared: bool) -> Comparison:
    """The comparison with its verdict and why."""
    if failed:
        return replace(seen, verdict=Verdict.FAIL, because=regressed(metric, seen))
    if cleared:
        return replace(seen, verdict=Verdict.PASS, because=because("canary-clear", metric=metric))
    return seen


def regressed(metric: str, seen: Comparison) -> Reason:
    """How much worse: counts as they are, means as a change in percent."""
    ours, theirs = seen.canary, seen.control
    if seen.test == "watch":
        return because("canary-alarm", metric=metric, events=round(ours.events), of=round(ours.of))
    if seen.test == "contrast":
        change = f"{100 * ((seen.estimate or 1.0) - 1):+.3g}"
        return because("canary-worse", metric=metric, change=change)
    events, of, control_events, control_of = map(round, (ours.events, ours.of, theirs.events, theirs.of))
    return because(
        "canary-slower" if seen.test == "tail" else "canary-more",
        metric=metric,
        events=events,
        of=of,
        control_events=control_events,
        control_of=control_of,
    )


def no_data(test: Test, metric: str) -> Comparison:
    return Comparison(test, Verdict.NODATA, because("canary-no-data", metric=metric, test=test))


# --- counts -----------------------------------------------------------------------------------------------


def rate_trial(test: Test, metric: str, state: RateState, stakes: Stakes, *, was_clear: bool) -> Comparison:
    """The ratio of the arms' rates. A share of failures that is of no concern neither fails nor needs a comparison."""
    canary, control = state.seen
    if not canary.of:
        return no_data(test, metric)
    offset = Offset(variance=state.variance)
    against = as_evidence(rates.log_e(state, offset, stakes.rollback_at, rates.UP))
    clear = as_evidence(rates.log_e(state, offset, stakes.promote_at, rates.DOWN))
    ways, floor = (2 if stakes.ignore_below else 1), stakes.ignore_below
    if floor:
        clear = max(clear, as_evidence(log_below(canary, floor)))
    shown, limits = rates.interval(state, offset, SHOWN_ALPHA), (1 / stakes.fail, ways / stakes.promote)
    seen = undecided(test, metric, shown, (against, limits[0]), (clear, limits[1]), canary, control)
    failed = against >= limits[0] and canary.events > floor * canary.of
    return decided(metric, seen, failed=failed, cleared=was_clear or clear >= limits[1])


def log_below(seen: Counts, share: float) -> float:
    """ln E for H0: at least this share of requests fails (the binomial mixture of `rates`, one arm)."""
    good, bad = seen.of - seen.events, seen.events
    terms = [
        math.log(weight) + bad * math.log(ratio) + good * math.log((1 - share * ratio) / (1 - share))
        for ratio, weight in rates.DOWN
    ]
    top = max(terms)
    return top + math.log(sum(math.exp(term - top) for term in terms))


def watch_trial(metric: str, alarm: tuple[float, ...], seen: Counts, stakes: Stakes, looks: float) -> Comparison:
    """Has the rate changed since the last wave was through? No pass is earned here: only an alarm."""
    against = as_evidence(watch.log_evidence(alarm))
    limit = watch.threshold(looks, stakes.fail)
    shown = undecided("watch", metric, (None, None, None), (against, limit), (None, None), seen)
    failed = against >= limit and seen.events > stakes.ignore_below * seen.of
    return decided(metric, shown, failed=failed, cleared=True)


# --- means ------------------------------------------------------------------------------------------------


def gain(sums: Mapping[str, Sum], host: str, base: MetricBaseline, sign: float) -> float | None:
    """ln(mean now) − ln(own mean before the upgrade), turned so that more is worse; None without either.

    The logarithm of a mean of few is too low by half its relative variance: without that, a host with more requests
    than the others would seem slower.
    """
    total, weight = sums.get(host, (0.0, 0.0))
    if weight <= 0 or host not in base.mean:
        return None
    now, before = total / weight + base.floor, base.mean[host] + base.floor
    if now <= 0 or before <= 0:
        return None
    too_low = base.noise / 2 * (1 / weight - 1 / base.weight[host])
    return sign * (math.log(now / before) + too_low)


def contrast_of(
    sums: Mapping[str, Mapping[str, Sum]], canary: Mapping[str, Sequence[str]], base: MetricBaseline, sign: float
) -> contrast.Contrast | None:
    """All waves' hosts, each since it came, against the same hosts over the same times.

    A control host's figure is its mean over the waves' times, weighted as the waves' hosts are: what the times have in
    common is counted once.
    """
    own: dict[str, list[float]] = {}
    noise = {"canary": 0.0, "control": 0.0}
    for wave, hosts in canary.items():
        known = {host: each for host in hosts if (each := gain(sums.get(wave, {}), host, base, sign)) is not None}
        own[wave] = list(known.values())
        noise["canary"] += sum(noise_in(sums[wave], host, base) for host in known)
    whole = sum(map(len, own.values()))
    waves = [wave for wave, gains in own.items() if gains]
    if not whole:
        return None
    upgraded = {host for hosts in canary.values() for host in hosts}
    others: list[float] = []
    for host in {host: None for wave in waves for host in sums.get(wave, {}) if host not in upgraded}:
        there = [(gain(sums[wave], host, base, sign), len(own[wave]) / whole) for wave in waves]
        if all(each is not None for each, _ in there):
            others.append(sum(each * share for each, share in there if each is not None))
            noise["control"] += sum(noise_in(sums[wave], host, base) * len(own[wave]) / whole for wave in waves)
    of_both = (noise["canary"] / whole, noise["control"] / max(len(others), 1))
    return contrast.contrast([each for gains in own.values() for each in gains], others, of_both)


def noise_in(sums: Mapping[str, Sum], host: str, base: MetricBaseline) -> float:
    """What of the variance of a host's gain its requests alone explain, now and before."""
    return base.noise * (1 / sums[host][1] + 1 / base.weight[host])


def past_contrast_of(
    sums: Mapping[str, Sum], hosts: Sequence[str], base: MetricBaseline, sign: float
) -> contrast.Contrast | None:
    """Each host against blocks of its own past that are as long, averaged over the tier's few hosts."""
    found = []
    for host in hosts:
        total, intervals = sums.get(host, (0.0, 0.0))
        past = [value + base.floor for value in base.past.get(host, ())]
        after = [total / intervals + base.floor] * round(intervals) if intervals else []
        if after and past and (one := contrast.past_contrast(after, past)):
            found.append(one)
    if not found:
        return None
    error = math.sqrt(sum(one.error**2 for one in found)) / len(found)
    difference = sign * sum(one.difference for one in found) / len(found)
    return contrast.Contrast(difference, error, min(one.freedom for one in found))


def contrast_trial(
    metric: str,
    found: contrast.Contrast | None,
    stakes: Stakes,
    decided_last: Comparison | None,
    *,
    is_due: bool,
    was_clear: bool,
    sign: float,
) -> Comparison:
    """The t-test, at looks that are due; between them the last one stands beside the estimate as it is now.

    `stakes`: of this look alone, the chances being shared over all looks that will be due.
    """
    if found is None:
        return decided_last or no_data("contrast", metric)
    estimate, low, high = contrast.interval(found, SHOWN_ALPHA)
    if sign < 0:
        estimate, low, high = 1 / estimate, 1 / high, 1 / low
    against = clear = None
    if is_due:
        against = 1 / max(contrast.p_above(found, math.log(stakes.rollback_at)), math.exp(-LOG_MAX))
        clear = 1 / max(contrast.p_below(found, math.log(stakes.promote_at)), math.exp(-LOG_MAX))
    elif decided_last is not None:
        against, clear = decided_last.against, decided_last.clear
    limits = (1 / stakes.fail, 1 / stakes.promote)
    seen = undecided("contrast", metric, (estimate, low, high), (against, limits[0]), (clear, limits[1]))
    failed = against is not None and against >= limits[0]
    cleared = was_clear or (clear is not None and clear >= limits[1])
    return decided(metric, seen, failed=failed, cleared=cleared)
