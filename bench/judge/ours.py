"""The product's judge, look by look, as a run drives it: the same functions, the same state from look to look."""

from dataclasses import dataclass
from typing import Any

from bench.judge.worlds import Seen, World
from liftlock.decide.judge.before import baseline_of
from liftlock.decide.judge.canary import look_at
from liftlock.model.actions import Action, Kind
from liftlock.model.canary import CanaryLook, Heard, JudgeState, Reading, Row, Standing, Verdict
from liftlock.model.plan import Metric
from liftlock.model.run import CanaryView
from liftlock.model.schedule import Measured, Source, Template, Watching

SOURCE = Source(Template("look", Action(Kind.VERIFY, "bench")))


@dataclass(frozen=True)
class Verdicts:
    """At which look it failed, and at which it passed first (before failing), if it did."""

    failed: int | None
    passed: int | None
    last: CanaryLook | None = None


def watching_of(world: World, *, alpha: float, rollback: float, promote: float, only: str = "") -> Watching:
    """One metric that has the whole chance `alpha`; `only`: "tail" or "mean", of a latency."""
    kind: Any = world.kind
    tails = {"tail_rollback": rollback, "tail_promote": promote} if only == "tail" else {}
    measured = Measured(Metric(name="metric", kind=kind), SOURCE, alpha, rollback, promote, **tails)
    looks = world.looks // len(begins_of(world))
    return Watching((measured,), 60.0, 60.0 * world.before, 60.0 * world.warm_up, 1e9, 0.0, looks)


def judge(world: World, seen: Seen, watching: Watching, *, only: str = "", stop: bool = True) -> Verdicts:
    hosts = [f"app-{number:02d}" for number in range(world.hosts)]
    rows: list[Row] = [{"metric": row(hosts, each, only)} for each in seen.readings[: world.before]]
    begun = 60.0 * world.before
    view = CanaryView(JudgeState(number=world.before, at=begun), baseline=baseline_of(watching, rows, begun, begun))
    begins = begins_of(world)
    waves = waves_of(world, hosts)
    passed = None
    for look in range(1, world.looks + 1):
        minute = world.before + look - 1
        reached = sum(begin < look for begin in begins)
        said = Heard({host: (one,) for host, one in row(hosts, seen.readings[minute], only).items()})
        standings = standings_of(waves, begins, reached, begun)
        stage = waves[reached - 1][0]
        looked = look_at(watching, waves, view, stage, standings, {"metric": said}, 60.0 * (minute + 1))
        view.state = looked.state
        if looked.look.verdict is Verdict.FAIL:
            return Verdicts(look, passed, looked.look)
        if looked.look.verdict is Verdict.PASS and passed is None:
            passed = look
            if stop:
                return Verdicts(None, passed, looked.look)
    return Verdicts(None, passed, looked.look)


def begins_of(world: World) -> list[int]:
    """The looks before which the waves' hosts are upgraded."""
    return [look for _, look in world.waves] or [0]


def waves_of(world: World, hosts: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The canaries' waves, and a last one of all others, which no look reaches."""
    found, first = [], 0
    for number, (size, _) in enumerate(world.waves or ((world.canaries, 0),), 1):
        found.append((f"app/1/w{number}", tuple(hosts[first : first + size])))
        first += size
    return [*found, (f"app/1/w{len(found) + 1}", tuple(hosts[first:]))]


def standings_of(
    waves: list[tuple[str, tuple[str, ...]]], begins: list[int], reached: int, begun: float
) -> dict[str, Standing]:
    found = {}
    for number, (wave, hosts) in enumerate(waves):
        for host in hosts:
            upgraded = number < reached
            since = begun + 60.0 * begins[number] if upgraded else 0.0
            found[host] = Standing("upgraded" if upgraded else "untouched", since, wave)
    return found


def row(hosts: list[str], readings: list[Reading | None], only: str) -> dict[str, Reading]:
    """`only`: the mean's or the tail's part of a latency, so that one test has the whole chance."""
    found = {host: one for host, one in zip(hosts, readings, strict=True) if one is not None}
    if only == "mean":
        return {host: Reading(one.at, one.level, of=one.of, total=one.total) for host, one in found.items()}
    if only == "tail":
        return {host: Reading(one.at, of=one.of, buckets=one.buckets) for host, one in found.items()}
    return found
