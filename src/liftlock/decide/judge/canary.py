"""One look at a component's hosts: what was heard, the state that the looks before left, and the verdict.

Any metric that fails fails the look; all required ones passing pass it; no data never passes. An upgraded host that is
silent while others speak has failed after the grace. The state that is answered goes through the journal: the next look
goes on from there, whoever makes it, and every interval counts once.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.judge.arms import CONTROLS_FULL, Arms, Course, Waves, arms_of, course_of
from liftlock.decide.judge.before import baseline_of, is_enough
from liftlock.decide.judge.metric import judge_metric, spec_of
from liftlock.decide.judge.readings import brought
from liftlock.model.canary import (
    Baseline,
    CanaryLook,
    Counts,
    Heard,
    JudgeState,
    MetricLook,
    MetricState,
    Reading,
    Row,
    Span,
    Standing,
    Verdict,
)
from liftlock.model.reasons import Reason, because
from liftlock.model.run import CanaryView
from liftlock.model.schedule import Measured, Watching

TICK_S = 0.001
OVERDUE = 2.0  # so many times the wanted time without a baseline: a person is asked


class Looked(Struct, frozen=True):
    """What a look comes to: the event's fields."""

    look: CanaryLook
    state: JudgeState
    row: Row = {}
    baseline: Baseline | None = None


def moment_of(view: CanaryView, now: float) -> float:
    """When the look is made: a clock that was set back must not count a second time what was counted already."""
    return max(now, view.state.at + TICK_S)


def spans_of(watching: Watching, view: CanaryView, now: float) -> dict[str, Span]:
    """What each metric's source is asked about in the look at `now`; a metric that is not asked yet is absent.

    Before the upgrade, sources with a history are asked once, when those without have been watched for long enough.
    """
    since = view.state.at if view.state.number else now - watching.every_s
    if view.baseline is not None:
        return {each.metric.name: Span(since, now, now - since) for each in watching.measured}
    ready = is_watched(watching, view.state, now)
    found = {}
    for each in watching.measured:
        if not each.source.history:
            found[each.metric.name] = Span(since, now, now - since)
        elif ready:
            found[each.metric.name] = Span(now - watching.before_s, now, watching.every_s)
    return found


def is_watched(watching: Watching, state: JudgeState, now: float) -> bool:
    """Have all sources been asked about the whole time before?"""
    if all(each.source.history for each in watching.measured):
        return True
    return bool(state.number) and now - state.began >= watching.before_s


# --- before the first wave ----------------------------------------------------------------------------------


def look_before(
    watching: Watching, view: CanaryView, hosts: Sequence[str], heard: Mapping[str, Heard], now: float
) -> Looked:
    state = view.state if view.state.number else replace(view.state, began=now)
    taken = {each.metric.name: take_in(each, state, heard) for each in watching.measured}
    metrics = {name: kept for name, (kept, _) in taken.items()}
    after = replace(state, number=state.number + 1, at=now, metrics=metrics)
    row: Row = {
        each.metric.name: {host: readings[-1] for host, readings in taken[each.metric.name][1].items()}
        for each in watching.measured
        if not each.source.history
    }
    if not is_watched(watching, state, now):
        return Looked(before_look(watching, after, now, heard), after, row)
    rows = [*view.before, row, *histories(watching, taken)]
    poor = next((one.metric.name for one in watching.measured if is_poor(watching, one, rows, hosts)), "")
    if poor:
        return Looked(before_look(watching, after, now, heard, poor), after, row)
    base = baseline_of(watching, rows, now, watching.before_s)
    known, why = len(hosts), because("canary-baseline")
    look = CanaryLook(after.number, now, "", "untouched", Verdict.INCONCLUSIVE, why, complete=True, controls=known)
    return Looked(look, after, {}, base)


def before_look(
    watching: Watching, state: JudgeState, now: float, heard: Mapping[str, Heard], poor: str = ""
) -> CanaryLook:
    """Not complete yet; without data for far too long a person is asked."""
    watched_s = now - state.began
    why = because("canary-before", watched_s=round(watched_s), wanted_s=round(watching.before_s))
    verdict = Verdict.INCONCLUSIVE
    if poor:
        why = because("canary-no-baseline", metric=poor)
        late_s = watching.before_s * OVERDUE if has_memoryless(watching) else 0.0
        verdict = Verdict.NODATA if watched_s > late_s + watching.grace_s else Verdict.INCONCLUSIVE
    metrics = tuple(
        MetricLook(name, Verdict.NODATA, because("canary-source-failed", metric=name), trouble=each.trouble)
        for name, each in heard.items()
        if each.trouble is not None
    )
    return CanaryLook(state.number, now, "", "untouched", verdict, why, metrics=metrics)


def has_memoryless(watching: Watching) -> bool:
    return not all(each.source.history for each in watching.measured)


def is_poor(watching: Watching, measured: Measured, rows: Sequence[Row], hosts: Sequence[str]) -> bool:
    return not is_enough(measured, rows, len(hosts), watching.before_s / watching.every_s)


def histories(
    watching: Watching, taken: Mapping[str, tuple[MetricState, Mapping[str, Sequence[Reading]]]]
) -> list[Row]:
    """The answers of sources with a history, an interval a row."""
    rows: list[Row] = []
    for each in watching.measured:
        if each.source.history:
            for host, readings in taken[each.metric.name][1].items():
                rows += [{each.metric.name: {host: reading}} for reading in readings]
    return rows


def take_in(
    measured: Measured, state: JudgeState, heard: Mapping[str, Heard]
) -> tuple[MetricState, dict[str, list[Reading]]]:
    """What the metric's hosts brought since the last look, and the state with counters and cursors moved on."""
    kept = state.metrics.get(measured.metric.name, MetricState())
    said = heard.get(measured.metric.name, Heard())
    last, found = dict(kept.last), dict[str, list[Reading]]()
    for host, readings in said.readings.items():
        for reading in readings:
            if (new := brought(last.get(host), reading)) is not None:
                found.setdefault(host, []).append(new)
            if reading.cumulative:
                last[host] = reading
    return replace(kept, last=last, cursors={**kept.cursors, **said.cursors}), found


# --- while hosts are upgraded --------------------------------------------------------------------------------


def look_at(
    watching: Watching,
    waves: Waves,
    view: CanaryView,
    stage: str,
    standings: Mapping[str, Standing],
    heard: Mapping[str, Heard],
    now: float,
    watch_since: float = 0.0,
) -> Looked:
    """`waves`: the component's, with the hosts that are read. `watch_since`: when the last wave was through; 0: it is
    not, or it is not watched."""
    assert view.baseline is not None
    course = course_of(waves, stage)
    state = begin_wave(view.state, course)
    arms = arms_of(course, standings, state.at, 0.0)
    warm = arms_of(course, standings, state.at, watching.warm_up_s)
    metrics, looks, spoke = dict[str, MetricState](), list[MetricLook](), set[str]()
    for measured in watching.measured:
        before = state.metrics.get(measured.metric.name, MetricState()).last
        kept, found = take_in(measured, state, heard)
        spoke.update(found)
        warm_up_s = 0.0 if measured.metric.kind == "errors" else watching.warm_up_s
        mixed = [host for host in found if is_mixed(standings.get(host), before.get(host), warm_up_s)]
        if kept.spec != spec_of(measured):
            kept = replace(anew(kept), spec=spec_of(measured), passed=False)
        base = view.baseline.metrics.get(measured.metric.name)
        trouble = heard.get(measured.metric.name, Heard()).trouble
        sides = (arms if measured.metric.kind == "errors" else warm).without(mixed)
        watched = watch_since and watch_since <= state.at
        judged = judge_metric(watching, measured, course, sides, base, kept, found, trouble, watched=bool(watched))
        metrics[measured.metric.name] = judged.state
        looks.append(judged.look)
    silent = silent_now(state, arms, spoke, now)
    after = replace(state, number=state.number + 1, at=now, metrics=metrics, silent=silent)
    verdict, why = verdict_of(looks, [host for host, since in silent.items() if now - since >= watching.grace_s])
    return Looked(
        CanaryLook(
            number=after.number,
            at=now,
            stage=stage,
            reference=course.reference,
            verdict=verdict,
            because=why,
            weaker=course.reference != "untouched" or len(arms.control) < CONTROLS_FULL,
            complete=True,
            canaries=arms.canaries,
            controls=len(arms.control),
            metrics=tuple(looks),
        ),
        after,
    )


def is_mixed(standing: Standing | None, before: Reading | None, warm_up_s: float) -> bool:
    """Does what the counter grew by reach back to before the upgrade? After a missed look it does: nobody's then."""
    if standing is None or standing.side != "upgraded" or before is None:
        return False
    return before.at < standing.since + warm_up_s


def begin_wave(state: JudgeState, course: Course) -> JudgeState:
    """With another wave its tests begin; evidence against untouched hosts is carried on, else all begins anew."""
    if state.stage == course.stage:
        return state
    carried = course.reference == "untouched" == state.reference
    metrics = {}
    for name, kept in state.metrics.items():
        carried_on = replace(kept, intervals=0, served=0.0, decided=None, cleared=(), alarm=(), watched=Counts())
        metrics[name] = carried_on if carried else anew(kept)
    return replace(state, stage=course.stage, reference=course.reference, silent={}, metrics=metrics)


def anew(kept: MetricState) -> MetricState:
    """Without evidence; what stands in counters and logs is where it was, and what has passed has passed."""
    return MetricState(kept.spec, last=kept.last, cursors=kept.cursors, passed=kept.passed)


def silent_now(state: JudgeState, arms: Arms, spoke: Iterable[str], now: float) -> dict[str, float]:
    heard = set(spoke)
    if not heard.intersection(arms.control):
        return {}
    return {host: state.silent.get(host, now) for host in arms.expected if host not in heard}


def verdict_of(looks: Sequence[MetricLook], silent: Sequence[str]) -> tuple[Verdict, Reason]:
    if silent:
        return Verdict.FAIL, because("canary-silent", hosts=", ".join(silent[:8]))
    for look in looks:
        if look.verdict is Verdict.FAIL:
            return Verdict.FAIL, look.because
    for verdict in (Verdict.NODATA, Verdict.INCONCLUSIVE):
        for look in looks:
            if look.required and look.verdict is verdict:
                return verdict, look.because
    return Verdict.PASS, because("canary-passed", metrics=len(looks))
