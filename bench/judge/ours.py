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
STAGE = "app/1/w1"


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
    return Watching((measured,), 60.0, 60.0 * world.before, 60.0 * world.warm_up, 1e9, 0.0, world.looks)


def judge(world: World, seen: Seen, watching: Watching, *, only: str = "", stop: bool = True) -> Verdicts:
    hosts = [f"app-{number:02d}" for number in range(world.hosts)]
    canaries, controls = tuple(hosts[: world.canaries]), tuple(hosts[world.canaries :])
    rows: list[Row] = [{"metric": row(hosts, each, only)} for each in seen.readings[: world.before]]
    begun = 60.0 * world.before
    view = CanaryView(JudgeState(number=world.before, at=begun), baseline=baseline_of(watching, rows, begun, begun))
    waves = ((STAGE, canaries), ("app/1/w2", controls))
    standings = {host: Standing("upgraded", begun, STAGE) for host in canaries}
    standings |= {host: Standing("untouched", wave="app/1/w2") for host in controls}
    passed = None
    for look in range(1, world.looks + 1):
        minute = world.before + look - 1
        said = Heard({host: (one,) for host, one in row(hosts, seen.readings[minute], only).items()})
        looked = look_at(watching, waves, view, STAGE, standings, {"metric": said}, 60.0 * (minute + 1))
        view.state = looked.state
        if looked.look.verdict is Verdict.FAIL:
            return Verdicts(look, passed, looked.look)
        if looked.look.verdict is Verdict.PASS and passed is None:
            passed = look
            if stop:
                return Verdicts(None, passed, looked.look)
    return Verdicts(None, passed, looked.look)


def row(hosts: list[str], readings: list[Reading | None], only: str) -> dict[str, Reading]:
    """`only`: the mean's or the tail's part of a latency, so that one test has the whole chance."""
    found = {host: one for host, one in zip(hosts, readings, strict=True) if one is not None}
    if only == "mean":
        return {host: Reading(one.at, one.level, of=one.of, total=one.total) for host, one in found.items()}
    if only == "tail":
        return {host: Reading(one.at, of=one.of, buckets=one.buckets) for host, one in found.items()}
    return found
