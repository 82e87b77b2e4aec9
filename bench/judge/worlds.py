"""The worlds: what hosts say before an upgrade and after it, a replicate at a time.

Unless a world says otherwise: 120 one-minute looks, 60 minutes before, 200 requests an arm a minute, log-normal latency
with σ = 0.6, ten hosts an arm. Times are minutes; the first `before` of them come before the upgrade.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftlock.model.canary import Reading

Values = NDArray[np.float64]
SIGMA = 0.6
BOUNDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # 4 is near the p99 of the latency: one request in a hundred is slower


NAMES = tuple(f"{bound:g}" for bound in BOUNDS)


@dataclass(frozen=True)
class World:
    """Who there is, and what is done to the canary. `kind`: of the metric."""

    name: str
    kind: str = "latency"  # latency | errors | saturation
    canaries: int = 10
    controls: int = 10
    looks: int = 120
    before: int = 60
    times: float = 1.0  # the canary's latency, errors or gauge, as a multiple
    tail: float = 0.0  # share of the canary's requests that are three times slower
    host_sd: float = 0.0
    drift_sd: float = 0.0  # AR(1) with φ = 0.9, per host
    wave: float = 0.0  # amplitude of a shared daily wave
    errors: float = 1.0  # a minute an arm
    per_host: bool = False  # errors a minute a host instead
    burst: bool = False  # geometric bursts of mean 3
    ramp: float = 1.0  # traffic at the end, as a multiple of the beginning
    share: float = 0.5  # of the traffic that is the canary's, where it differs from half
    missing: float = 0.0  # of the scrapes
    cold: float = 0.0  # latency of a host whose caches are cold, beyond the usual, decaying over ten minutes
    leak: float = 0.0  # growth of the canary's gauge an hour
    noise: float = 0.01  # of a gauge
    p99_only: bool = False  # each host gives nothing but its p99 of an interval
    warm_up: int = 0  # minutes that are not compared
    waves: tuple[tuple[int, int], ...] = ()  # (hosts, the look before which they are upgraded); none: all at once

    @property
    def hosts(self) -> int:
        return self.canaries + self.controls

    @property
    def minutes(self) -> int:
        return self.before + self.looks


@dataclass(frozen=True)
class Seen:
    """One replicate. `readings[minute][host]` is None where the scrape failed; `arms`: a figure an arm a minute."""

    readings: list[list[Reading | None]]
    arms: tuple[Values, Values]


def play(world: World, seed: int) -> Seen:
    rng = np.random.default_rng([seed, *world.name.encode()])
    make: Callable[[World, np.random.Generator], Seen] = {
        "latency": latencies,
        "errors": errors,
        "saturation": gauges,
    }[world.kind]
    return make(world, rng)


def levels(world: World, rng: np.random.Generator) -> Values:
    """What multiplies a host's figures each minute: its own level, its drift, and the day. Shape (hosts, minutes)."""
    drift = np.zeros((world.hosts, world.minutes))
    drift[:, 0] = world.drift_sd * rng.normal(size=world.hosts)
    kick = world.drift_sd * np.sqrt(1 - 0.81) * rng.normal(size=drift.shape)
    for minute in range(1, world.minutes):
        drift[:, minute] = 0.9 * drift[:, minute - 1] + kick[:, minute]
    own = world.host_sd * rng.normal(size=world.hosts)
    day = world.wave * np.sin(2 * np.pi * (np.arange(world.minutes) + rng.uniform(0, 1440)) / 1440)
    return np.exp(own[:, None] + drift + day)


def traffic(world: World) -> Values:
    """Requests a host a minute; shape (hosts, minutes)."""
    growth = np.linspace(1.0, world.ramp, world.minutes)
    arms = np.array([400 * world.share] * world.canaries + [400 * (1 - world.share)] * world.controls)
    sizes = np.array([world.canaries] * world.canaries + [world.controls] * world.controls)
    return np.maximum(1, np.round((arms / sizes)[:, None] * growth))


def after(world: World) -> Values:
    """1 for the canary's minutes after the upgrade; shape (hosts, minutes)."""
    found, first = np.zeros((world.hosts, world.minutes)), 0
    for hosts, look in world.waves or ((world.canaries, 0),):
        found[first : first + hosts, world.before + look :] = 1.0
        first += hosts
    return found


def latencies(world: World, rng: np.random.Generator) -> Seen:
    level, counts, upgraded = levels(world, rng), traffic(world).astype(np.int64), after(world)
    level = level * np.where(upgraded > 0, world.times, 1.0)
    if world.cold:
        age = np.clip(np.arange(world.minutes) - world.before, 0, None)
        level = level * (1 + upgraded * world.cold * np.maximum(0.0, 1 - age / 10))
    gone = rng.random((world.hosts, world.minutes)) < world.missing
    sums = np.zeros((world.hosts, world.minutes))
    columns = []
    for host in range(world.hosts):
        took = requests(world, rng, level[host], counts[host], upgraded[host])
        sums[host] = np.nansum(took, axis=1)
        columns.append(latency_readings(world, took, sums[host], counts[host], gone[host]))
    arms = tuple(
        sums[side].sum(axis=0) / counts[side].sum(axis=0)
        for side in (slice(0, world.canaries), slice(world.canaries, None))
    )
    return Seen([list(row) for row in zip(*columns, strict=True)], (arms[0], arms[1]))


def requests(world: World, rng: np.random.Generator, level: Values, counts: NDArray[np.int64], on: Values) -> Values:
    """One host's durations; shape (minutes, most requests a minute), NaN where there are fewer."""
    shape = (world.minutes, int(counts.max()))
    took = level[:, None] * np.exp(SIGMA * rng.normal(size=shape))
    if world.tail:
        slow = (rng.random(shape) < world.tail) & (on[:, None] > 0)
        took = np.where(slow, 3.0 * took, took)
    return np.where(np.arange(shape[1]) < counts[:, None], took, np.nan)


def latency_readings(
    world: World, took: Values, sums: Values, counts: NDArray[np.int64], gone: NDArray[np.bool_]
) -> list[Reading | None]:
    if world.p99_only:
        p99 = np.nanquantile(took, 0.99, axis=1)
        return [None if gone[m] else Reading(60.0 * (m + 1), level=float(p99[m])) for m in range(world.minutes)]
    within = np.stack([(took <= bound).sum(axis=1) for bound in BOUNDS], axis=1).astype(float)
    found: list[Reading | None] = []
    for minute in range(world.minutes):
        buckets = dict(zip(NAMES, within[minute].tolist(), strict=True)) | {"+Inf": float(counts[minute])}
        one = Reading(60.0 * (minute + 1), of=float(counts[minute]), total=float(sums[minute]), buckets=buckets)
        found.append(None if gone[minute] else one)
    return found


def errors(world: World, rng: np.random.Generator) -> Seen:
    asked = traffic(world)
    sizes = np.array([world.canaries] * world.canaries + [world.controls] * world.controls)
    usual = np.full(world.hosts, world.errors) if world.per_host else world.errors / sizes
    own = np.exp(world.host_sd * rng.normal(size=world.hosts))
    share = asked / (asked[:, :1] if world.per_host else (200 / sizes)[:, None])
    mean = (usual * own)[:, None] * share * np.where(after(world) > 0, world.times, 1.0)
    counts = rng.poisson(mean / 3 if world.burst else mean)
    if world.burst:
        more = rng.negative_binomial(np.maximum(counts, 1), 1 / 3)
        counts = counts + np.where(counts > 0, more, 0)
    readings: list[list[Reading | None]] = [
        [
            Reading(60.0 * (minute + 1), events=float(counts[host, minute]), of=float(asked[host, minute]))
            for host in range(world.hosts)
        ]
        for minute in range(world.minutes)
    ]
    arms = [
        200 * counts[side].sum(axis=0) / asked[side].sum(axis=0)  # a rate: arms may differ in size
        for side in (slice(0, world.canaries), slice(world.canaries, None))
    ]
    return Seen(readings, (arms[0], arms[1]))


def gauges(world: World, rng: np.random.Generator) -> Seen:
    hours = np.clip(np.arange(world.minutes) - world.before, 0, None) / 60
    value = levels(world, rng) * (1 + after(world) * world.leak * hours) * np.where(after(world) > 0, world.times, 1.0)
    value = value * np.exp(world.noise * rng.normal(size=value.shape))
    readings: list[list[Reading | None]] = [
        [Reading(60.0 * (minute + 1), level=float(value[host, minute])) for host in range(world.hosts)]
        for minute in range(world.minutes)
    ]
    return Seen(readings, (value[: world.canaries].mean(axis=0), value[world.canaries :].mean(axis=0)))
