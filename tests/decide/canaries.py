"""Fleets whose canaries are judged, look by look, as a run does it: figures made from a seed, or told exactly."""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import json

from liftlock.decide.judge.canary import look_at, look_before
from liftlock.model.actions import Action, Kind
from liftlock.model.canary import CanaryLook, Heard, JudgeState, Reading, Standing
from liftlock.model.plan import Metric
from liftlock.model.run import CanaryView
from liftlock.model.schedule import Measured, Source, Template, Watching

EVERY_S = 60.0
SOURCE = Source(Template("look", Action(Kind.VERIFY, "fake")))
ERRORS = Measured(Metric(name="errors", kind="errors"), SOURCE, 0.025, 1.25, 2.0)
MEMORY = Measured(Metric(name="memory", kind="saturation"), SOURCE, 0.025, 1.05, 1.10)
LATENCY = Measured(Metric(name="latency", kind="latency"), SOURCE, 0.025, 1.05, 1.10)
BOUNDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
Says = Callable[[str, float], Reading | None]  # host, time: what its source says


class Fleet:
    """Hosts in waves, with a source a metric; `view` is what the run's fold keeps."""

    def __init__(self, sizes: Sequence[int], measured: Sequence[Measured], *, seed: int = 1, **terms: float) -> None:
        self.rng = np.random.default_rng(seed)
        self.at = 1_800_000_000.0
        self.waves = tuple(
            (f"app/1/w{n}", tuple(f"app-{n}{i:02d}" for i in range(size))) for n, size in enumerate(sizes, 1)
        )
        self.hosts = [host for _, hosts in self.waves for host in hosts]
        told = {"before_s": 600.0, "warm_up_s": 0.0, "grace_s": 300.0, "watch_s": 0.0} | terms
        self.watching = Watching(tuple(measured), EVERY_S, looks_max=120, **told)
        self.says: dict[str, Says] = {}
        self.view = CanaryView()
        self.upgraded: dict[str, float] = {}
        self.looks: list[CanaryLook] = []

    def upgrade(self, wave: int, hosts: int | None = None) -> None:
        for host in self.waves[wave - 1][1][:hosts]:
            self.upgraded[host] = self.at

    def heard(self) -> dict[str, Heard]:
        found = {}
        for measured in self.watching.measured:
            says = self.says[measured.metric.name]
            readings = {host: (one,) for host in self.hosts if (one := says(host, self.at)) is not None}
            found[measured.metric.name] = Heard(readings)
        return found

    def before(self) -> CanaryLook:
        """Looks until the baseline is known."""
        for _ in range(100):
            self.at += EVERY_S
            looked = look_before(self.watching, self.view, self.hosts, self.heard(), self.at)
            self.keep(looked.state, looked.look)
            self.view.before += [looked.row] if looked.row else []
            self.view.baseline = looked.baseline
            if looked.baseline is not None:
                break
        return looked.look

    def look(self, wave: int, times: int = 1) -> CanaryLook:
        for _ in range(times):
            self.at += EVERY_S
            stage = self.waves[wave - 1][0]
            since = max(self.upgraded.values()) if self.watching.watch_s and wave == len(self.waves) else 0.0
            looked = look_at(
                self.watching, self.waves, self.view, stage, self.standings(), self.heard(), self.at, since
            )
            self.keep(looked.state, looked.look)
        return self.looks[-1]

    def keep(self, state: JudgeState, look: CanaryLook) -> None:
        """Through the journal and back."""
        self.view.state = json.decode(json.encode(state), type=JudgeState)
        self.view.look = json.decode(json.encode(look), type=CanaryLook)
        assert (self.view.state, self.view.look) == (state, look)
        self.looks.append(look)

    def standings(self) -> dict[str, Standing]:
        return {
            host: Standing("upgraded", self.upgraded[host], stage)
            if host in self.upgraded
            else Standing("untouched", wave=stage)
            for stage, hosts in self.waves
            for host in hosts
        }

    # --- what sources say ----------------------------------------------------------------------------------

    def errors(self, mean: float, *, of: float = 200.0, times: float = 1.0) -> Says:
        """Failed requests an interval; `times` as many on upgraded hosts."""

        def says(host: str, at: float) -> Reading:
            events = self.rng.poisson(mean * (times if host in self.upgraded else 1.0))
            return Reading(at, events=float(events), of=of)

        return says

    def level(self, mean: float, *, spread: float = 0.02, times: float = 1.0) -> Says:
        own = {host: mean * float(np.exp(0.1 * self.rng.normal())) for host in self.hosts}

        def says(host: str, at: float) -> Reading:
            worse = times if host in self.upgraded else 1.0
            return Reading(at, level=own[host] * worse * float(np.exp(spread * self.rng.normal())))

        return says

    def latency(self, *, requests: int = 200, times: float = 1.0, tail: float = 0.0) -> Says:
        """Log-normal durations; on upgraded hosts `times` as long, and a share `tail` of them three times so."""

        def says(host: str, at: float) -> Reading:
            took = 0.1 * np.exp(0.6 * self.rng.normal(size=requests))
            if host in self.upgraded:
                took *= times * np.where(self.rng.random(requests) < tail, 3.0, 1.0)
            buckets = {f"{bound:g}": float((took <= bound).sum()) for bound in BOUNDS} | {"+Inf": float(requests)}
            return Reading(at, of=float(requests), total=float(took.sum()), buckets=buckets)

        return says
