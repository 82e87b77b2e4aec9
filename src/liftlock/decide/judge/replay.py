"""Recorded series, judged after the fact as a run would have judged them: look by look, knowing nothing of what comes.

Hosts that were upgraded are one wave, all others the next one. The baseline is read at once, as from a source with a
history; then there is a look each interval until one fails, where a run would turn back, or the record ends. The one
wave that is judged has the whole chance of a false rollback.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from liftlock.decide.judge.arms import course_of
from liftlock.decide.judge.canary import Looked, look_at, look_before
from liftlock.model.canary import CanaryLook, Heard, Reading, Standing, Verdict
from liftlock.model.run import CanaryView
from liftlock.model.schedule import Watching

Series = Mapping[str, Mapping[str, Sequence[Reading]]]  # metric -> host -> readings in order of time
WAVE, REST = "replay/1/w1", "replay/1/w2"


def replay(watching: Watching, series: Series, upgraded: Mapping[str, float], end: float) -> tuple[CanaryLook, ...]:
    """`upgraded`: since when, by host. The first look is the baseline's; it is the only one if that is too poor."""
    hosts = sorted({host for seen in series.values() for host in seen})
    waves = ((WAVE, tuple(h for h in hosts if h in upgraded)), (REST, tuple(h for h in hosts if h not in upgraded)))
    share = course_of(waves, WAVE).share
    watching = replace(watching, measured=tuple(replace(m, alpha=m.alpha / share) for m in watching.measured))
    begins = min(upgraded.values())
    view = CanaryView()
    before = look_before(watching, view, hosts, heard(watching, series, begins - watching.before_s, begins), begins)
    looks = [keep(view, before)]
    view.baseline = before.baseline
    now = begins + watching.every_s
    while view.baseline is not None and now <= end + 1e-6 and looks[-1].verdict is not Verdict.FAIL:
        said = heard(watching, series, view.state.at, now)
        looks.append(keep(view, look_at(watching, waves, view, WAVE, standings(waves, upgraded, now), said, now)))
        now += watching.every_s
    return tuple(looks)


def keep(view: CanaryView, looked: Looked) -> CanaryLook:
    """As the run's fold does."""
    view.state, view.look = looked.state, looked.look
    return looked.look


def heard(watching: Watching, series: Series, since: float, until: float) -> dict[str, Heard]:
    """What each metric's source would have said of `(since, until]`."""
    return {
        measured.metric.name: Heard(
            {
                host: tuple(found)
                for host, seen in series[measured.metric.name].items()
                if (found := between(seen, since, until))
            }
        )
        for measured in watching.measured
    }


def between(seen: Sequence[Reading], since: float, until: float) -> Sequence[Reading]:
    first, last = (bisect_right(seen, at, key=lambda reading: reading.at) for at in (since, until))
    return seen[first:last]


def standings(
    waves: Sequence[tuple[str, Sequence[str]]], upgraded: Mapping[str, float], now: float
) -> dict[str, Standing]:
    return {
        host: Standing("upgraded", upgraded[host], stage)
        if upgraded.get(host, now) < now
        else Standing("untouched", wave=stage)
        for stage, hosts in waves
        for host in hosts
    }
