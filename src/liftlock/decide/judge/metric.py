"""One metric in one look: its arms' figures are added to what the looks before left, and its tests are asked.

Errors have one test, of the ratio of rates; a latency from a histogram has two, of its tail and of its mean, with half
of the metric's chance of a false rollback each; a gauge has one, of the mean. A metric passes when all its tests do.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct, json
from msgspec.structs import replace

from liftlock.decide.judge import contrast, means, offsets, rates, watch
from liftlock.decide.judge.arms import Arms, Course
from liftlock.decide.judge.bands import quantile_band
from liftlock.decide.judge.readings import in_sum, mean_part, moments, parts, requests_of
from liftlock.decide.judge.trials import (
    SHOWN_ALPHA,
    Stakes,
    contrast_of,
    contrast_trial,
    no_data,
    past_contrast_of,
    rate_trial,
    watch_trial,
)
from liftlock.model.canary import (
    Band,
    Comparison,
    Counts,
    MetricBaseline,
    MetricLook,
    MetricState,
    Moments,
    RateBaseline,
    RateState,
    Reading,
    Sum,
    Test,
    Verdict,
)
from liftlock.model.reasons import Reason, because
from liftlock.model.schedule import Measured, Watching


class Judged(Struct, frozen=True):
    state: MetricState
    look: MetricLook


def spec_of(measured: Measured) -> str:
    """A digest of what is tested and at what stakes: if that changes under way, evidence begins anew."""
    return sha256(json.encode(measured, order="deterministic")).hexdigest()[:12]


def judge_metric(
    watching: Watching,
    measured: Measured,
    course: Course,
    arms: Arms,
    base: MetricBaseline | None,
    state: MetricState,
    found: Mapping[str, Sequence[Reading]],
    trouble: Reason | None,
    *,
    watched: bool,
) -> Judged:
    metric = measured.metric
    now = {host: one for host, readings in found.items() if (one := in_sum(readings)) is not None}
    silent = tuple(host for host in arms.expected if host not in now)
    unheard = len(silent) == len(arms.expected) > 0  # what was seen before is no answer to how they are now
    if base is None or trouble is not None or unheard:
        why = because("canary-no-data" if trouble is None else "canary-source-failed", metric=metric.name)
        return Judged(state, MetricLook(metric.name, Verdict.NODATA, why, metric.required, (), None, silent, trouble))
    tests: list[Comparison] = []
    state = replace(state, served=state.served + served_by(arms.canary.get(course.stage, ()), now))
    if base.rate is not None:
        state = replace(state, rate=count(course, arms, base.rate, state.rate, parts(now)))
        tests.append(rate_test("rate", watching, measured, course, state, split=1))
        if watched:
            state = guard(arms, base.rate, state, parts(now), measured)
            stakes = watch_stakes(watching, measured)
            tests.append(watch_trial(metric.name, state.alarm, state.watched, stakes, looks(watching)))
    split = 2 if base.tail is not None and base.mean else 1
    if base.tail is not None:
        slow = parts(now, base.tail.limit)
        state = replace(state, tail=count(course, arms, base.tail, state.tail, slow), slow=histograms(arms, state, now))
        tests.append(rate_test("tail", watching, measured, course, state, split=split))
    if base.mean:
        before, state = state.intervals, add_means(course, arms, state, now)
        test, state = mean_test(
            watching, measured, course, arms, base, state, split=split, is_new=state.intervals > before
        )
        tests.append(test)
    return conclude(measured, course, state, tests, silent)


def conclude(
    measured: Measured, course: Course, state: MetricState, tests: Sequence[Comparison], silent: tuple[str, ...]
) -> Judged:
    """One failure fails; what has passed against untouched hosts need not be earned again against fewer."""
    cleared = tuple(test.test for test in tests if test.verdict is Verdict.PASS and test.test != "watch")
    state = replace(state, cleared=tuple(dict.fromkeys((*state.cleared, *cleared))))
    metric, order = measured.metric, (Verdict.FAIL, Verdict.NODATA, Verdict.INCONCLUSIVE)
    worst = next((test for verdict in order for test in tests if test.verdict is verdict), None)
    if not tests:
        verdict, why = Verdict.NODATA, because("canary-no-data", metric=metric.name)
    elif worst is None:
        verdict, why = Verdict.PASS, because("canary-clear", metric=metric.name)
        state = replace(state, passed=state.passed or course.reference == "untouched")
    elif worst.verdict is Verdict.INCONCLUSIVE and state.passed and course.reference != "untouched":
        verdict, why = Verdict.PASS, because("canary-carried", metric=metric.name)
    else:
        verdict, why = worst.verdict, worst.because
    bands = (band(state.slow[0]), band(state.slow[1])) if state.slow[0] else None
    return Judged(state, MetricLook(metric.name, verdict, why, metric.required, tuple(tests), bands, silent))


# --- counts -----------------------------------------------------------------------------------------------


def count(
    course: Course, arms: Arms, base: RateBaseline, state: RateState | None, now: Mapping[str, Sum]
) -> RateState | None:
    """The interval's events of both arms, or of one against its own past."""
    canary = {host: now[host] for host in arms.canaries if host in now}
    control = {host: now[host] for host in arms.control if host in now}
    if not canary or (not control and course.reference != "past"):
        return state
    state = state or RateState()
    ours, theirs = summed(canary.values()), summed(control.values())
    exposure = {host: of for host, (_, of) in (*canary.items(), *control.items())}
    unknown = 0.0
    if course.reference == "past":
        expected = sum(base.own.get(host, base.common) * of for host, (_, of) in canary.items())
        after = rates.add_alone(state, ours.events / base.dispersion, expected / base.dispersion)
        theirs = Counts(expected, ours.of)
        unknown = offsets.past_variance(base)
    else:
        share = offsets.expected_share(base, of_each(canary), of_each(control))
        after = rates.add(state, ours.events / base.dispersion, theirs.events / base.dispersion, share)
    variance = offsets.offset_of(base, list(canary), list(control), exposure).variance + unknown
    seen = (plus(state.seen[0], ours), plus(state.seen[1], theirs))
    return replace(after, variance=max(state.variance, variance), seen=seen)


def served_by(hosts: Iterable[str], now: Mapping[str, Reading]) -> float:
    return sum(requests_of(now[host]) for host in hosts if host in now)


def histograms(arms: Arms, state: MetricState, now: Mapping[str, Reading]) -> tuple[dict[str, float], dict[str, float]]:
    """Both arms' cumulative histograms, with this interval's."""
    found = tuple(dict(kept) for kept in state.slow)
    for kept, hosts in zip(found, (arms.canaries, arms.control), strict=True):
        for host in hosts:
            for bound, count in now[host].buckets.items() if host in now else ():
                kept[bound] = kept.get(bound, 0.0) + count
    return found[0], found[1]


def band(histogram: Mapping[str, float]) -> Band:
    estimate, low, high = quantile_band(histogram, 0.99, SHOWN_ALPHA)
    return Band(estimate, low, None if math.isinf(high) else high)


def of_each(now: Mapping[str, Sum]) -> dict[str, float]:
    return {host: of for host, (_, of) in now.items()}


def summed(counts: Iterable[Sum]) -> Counts:
    each = list(counts)
    return Counts(sum(events for events, _ in each), sum(of for _, of in each))


def plus(one: Counts, other: Counts) -> Counts:
    return Counts(one.events + other.events, one.of + other.of)


def rate_test(
    test: Test, watching: Watching, measured: Measured, course: Course, state: MetricState, *, split: int
) -> Comparison:
    kept = state.rate if test == "rate" else state.tail
    if kept is None or not state.served:
        return no_data(test, measured.metric.name)
    tail = test == "tail"
    stakes = Stakes(
        measured.alpha * course.rate_share / split,
        watching.alpha_promote,
        measured.tail_rollback if tail else measured.rollback,
        measured.tail_promote if tail else measured.promote,
        0.0 if tail else measured.ignore_below,
    )
    return rate_trial(test, measured.metric.name, kept, stakes, was_clear=test in state.cleared)


# --- the watch after the last wave --------------------------------------------------------------------------


def guard(
    arms: Arms, base: RateBaseline, state: MetricState, now: Mapping[str, Sum], measured: Measured
) -> MetricState:
    """One step of the change detector over all upgraded hosts, against their own rates before the upgrade."""
    there = {host: now[host] for host in (*arms.canaries, *arms.control) if host in now}
    seen = summed(there.values())
    if not seen.of:
        return state
    rate = sum(base.own.get(host, base.common) * of for host, (_, of) in there.items()) / seen.of
    scale = base.dispersion
    alarm = watch.alarm(state.alarm, seen.events / scale, seen.of / scale, rate, measured.rollback)
    return replace(state, alarm=alarm, watched=plus(state.watched, seen))


def watch_stakes(watching: Watching, measured: Measured) -> Stakes:
    whole = sum(each.metric.weight for each in watching.measured)
    fail = watching.alpha_watch * measured.metric.weight / whole
    return Stakes(fail, 1.0, measured.rollback, measured.promote, measured.ignore_below)


def looks(watching: Watching) -> float:
    return max(1.0, watching.watch_s / watching.every_s)


# --- means ------------------------------------------------------------------------------------------------


def add_means(course: Course, arms: Arms, state: MetricState, now: Mapping[str, Reading]) -> MetricState:
    """Each wave's sums grow by its own hosts and by those that they are compared with, in intervals that have both."""
    sums, both = dict(state.sums), False
    for wave, hosts in arms.canary.items():
        own = [host for host in hosts if host in now]
        others = [host for host in arms.control if host in now]
        if not own or not (others or course.reference == "past"):
            continue
        grown = dict(sums.get(wave, {}))
        for host in (*own, *others):
            if (part := mean_part(now[host])) is not None:
                value = (part[0] / part[1], 1.0) if course.reference == "past" else part
                total, weight = grown.get(host, (0.0, 0.0))
                grown[host] = (total + value[0], weight + value[1])
        sums[wave], both = grown, True
    seen = moments(now[host] for host in arms.canaries if host in now)
    whole = plus_moments(state.moments, seen) if seen else state.moments
    return replace(state, sums=sums, intervals=state.intervals + both, moments=whole)


def plus_moments(one: Moments, other: Moments) -> Moments:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def of_requests(test: Comparison, after: Moments, before: Moments) -> Comparison:
    """A small tier's change with an interval that holds at all looks, from its requests: shown, and nothing more."""
    found = means.interval(sample_of(after), sample_of(before), SHOWN_ALPHA / 2)
    return test if found is None else replace(test, estimate=found[0], low=found[1], high=found[2])


def sample_of(seen: Moments) -> means.Sample:
    n, total, squares = seen
    return means.Sample(n, total / n, max(0.0, squares / n - (total / n) ** 2)) if n else means.Sample(0.0, 0.0, 0.0)


def mean_test(
    watching: Watching,
    measured: Measured,
    course: Course,
    arms: Arms,
    base: MetricBaseline,
    state: MetricState,
    *,
    split: int,
    is_new: bool,
) -> tuple[Comparison, MetricState]:
    """`is_new`: the look brought an interval. No test is made twice of the same, nor beyond the looks with a share."""
    sign = -1.0 if measured.metric.worse == "lower" else 1.0
    canary = {wave: hosts for wave, hosts in arms.canary.items() if wave in state.sums}
    if course.reference == "past":
        one = past_contrast_of(state.sums.get(course.stage, {}), canary.get(course.stage, ()), base, sign)
    else:
        one = contrast_of(state.sums, canary, base, sign)
    longest = max(watching.looks_max, round(looks(watching)) if course.is_last else 0)
    looks_k = contrast.looks_in(longest)
    due = is_new and state.intervals <= longest and contrast.is_due(state.intervals, state.intervals == longest)
    stakes = Stakes(
        measured.alpha * course.share / split / looks_k,
        watching.alpha_promote / looks_k,
        measured.rollback,
        measured.promote,
    )
    name, was = measured.metric.name, "contrast" in state.cleared
    test = contrast_trial(name, one, stakes, state.decided, is_due=due, was_clear=was, sign=sign)
    if course.reference == "past" and base.moments is not None:
        test = of_requests(test, state.moments, base.moments)
    return test, replace(state, decided=test) if due and one is not None else state
