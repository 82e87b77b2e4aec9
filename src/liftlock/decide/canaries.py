"""How a component's canaries are judged: every default becomes a number here, and nothing of it changes afterwards.

Margins are ratios of worse to better: for errors and tails, which are noisy, 1.25 rolls back and 2 must be excluded
before a wave is promoted; for means and gauges 1.05 and 1.10. A margin that the plan gives holds for both halves of a
latency, the mean and the tail. The chance of a false rollback is one budget, shared out by the metrics' weights.

Of a large tier a sample is read: whole waves from the first on, as long as half of the places stay for the others, and
of the others hosts drawn by digest, some of each wave.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import ceil

from msgspec.structs import replace

from liftlock.decide.capacities import longest_soak_s
from liftlock.decide.outage import rollout_of
from liftlock.decide.recipes import Laying
from liftlock.model.plan import Canary, Metric, Plan, Rollout
from liftlock.model.ports import Drivers
from liftlock.model.schedule import Measured, Source, Template, Watching

ALPHA_ROLLBACK, ALPHA_PROMOTE, ALPHA_WATCH = 0.05, 0.05, 0.05
RATES, MEANS = (1.25, 2.0), (1.05, 1.10)  # margins: beyond the first roll back, within the second promote
IGNORE_BELOW = 0.001  # a share of failed requests that concerns nobody, if the plan does not say
BEFORE_LOOKS, GRACE_LOOKS = 60, 5
WARM_UP_MAX_S, WARM_UP_SHARE = 600.0, 0.25
READ_MIN = 3  # hosts of each wave that are read at least: fewer have no variance

Waves = Mapping[str, Sequence[str]]


def watching_from(
    plan: Plan, laying: Laying, drivers: Drivers, waves: Waves, previous: Watching | None = None, *, begun: bool = False
) -> Watching | None:
    """None: the component's canaries are not judged. `previous`: what the approved schedule says; once waves have
    `begun`, the number of looks among which chances are shared stays, and hosts that were read go on being read."""
    rollout = rollout_of(plan, laying)
    if (canary := rollout.canary) is None:
        return None
    found = Watching(
        measured=measured_of(rollout, canary, laying, drivers),
        every_s=canary.every_s,
        before_s=before_s(canary),
        warm_up_s=warm_up_s(rollout, canary),
        grace_s=grace_s(canary),
        watch_s=canary.watch_s,
        looks_max=looks_max(rollout, canary),
        sample=sample_of(waves, canary.hosts_max, f"{plan.upgrade}\0{laying.component.name}\0read"),
        alpha_promote=ALPHA_PROMOTE,
        alpha_watch=ALPHA_WATCH,
    )
    if previous is None or not begun:
        return found
    return replace(found, looks_max=previous.looks_max, sample=kept(previous.sample, waves))


def before_s(canary: Canary) -> float:
    return BEFORE_LOOKS * canary.every_s if canary.before_s is None else canary.before_s


def grace_s(canary: Canary) -> float:
    return GRACE_LOOKS * canary.every_s if canary.grace_s is None else canary.grace_s


def warm_up_s(rollout: Rollout, canary: Canary) -> float:
    """How long the means of an upgraded host do not count yet: its caches are cold."""
    if canary.warm_up_s is not None:
        return canary.warm_up_s
    return min(WARM_UP_MAX_S, rollout.soak_s * WARM_UP_SHARE)


def looks_max(rollout: Rollout, canary: Canary) -> int:
    """How many looks fit in before a soak without a verdict becomes a person's matter."""
    whole_s = max(rollout.soak_s, longest_soak_s(rollout))
    return max(1, ceil(whole_s / canary.every_s - 1e-9)) if canary.every_s > 0 else 1


# --- metrics ----------------------------------------------------------------------------------------------


def measured_of(rollout: Rollout, canary: Canary, laying: Laying, drivers: Drivers) -> tuple[Measured, ...]:
    """The metrics that a driver reads; one that nobody reads is a finding of `check`."""
    whole = sum(metric.weight for metric in canary.metrics)
    found = []
    for metric in canary.metrics:
        if (source := source_of(metric, rollout, canary, laying, drivers)) is None:
            continue
        rollback, promote = margins(metric, RATES if metric.kind == "errors" else MEANS)
        tail_rollback, tail_promote = margins(metric, RATES)
        ignored = numeric(metric.ignore_below, IGNORE_BELOW) if metric.kind == "errors" else 0.0
        found.append(
            Measured(
                metric,
                source,
                alpha=ALPHA_ROLLBACK * metric.weight / whole,
                rollback=rollback,
                promote=promote,
                ignore_below=ignored,
                tail_rollback=tail_rollback,
                tail_promote=tail_promote,
            )
        )
    return tuple(found)


def margins(metric: Metric, default: tuple[float, float]) -> tuple[float, float]:
    """(roll back beyond, promote within), as ratios."""
    given = (metric.rollback_beyond, metric.promote_within)
    rollback, promote = (1 + numeric(one, other - 1) for one, other in zip(given, default, strict=True))
    return round(rollback, 9), round(promote, 9)


def numeric(given: float | str | None, default: float) -> float:
    """A text is one that could not be read as a number, which is a finding."""
    return default if given is None or isinstance(given, str) else float(given)


def source_of(metric: Metric, rollout: Rollout, canary: Canary, laying: Laying, drivers: Drivers) -> Source | None:
    """Where the metric is read: by the first driver whose it is."""
    return next(iter(readers(metric, rollout, canary, laying, drivers).values()), None)


def readers(metric: Metric, rollout: Rollout, canary: Canary, laying: Laying, drivers: Drivers) -> dict[str, Source]:
    """By driver, where the metric is read; a health check's figure as that check is."""
    check = next((one for one in rollout.checks if metric.check and one.name == metric.check), None)
    found = {}
    for name in sorted(drivers):
        if metric.check:
            template = drivers[name].gauge(check, laying.setting) if check is not None else None
            source = Source(template) if template is not None else None
        else:
            source = drivers[name].measure(metric, canary, laying.setting)
        if source is not None:
            found[name] = source
    return found


def templates_of(watching: Watching | None) -> tuple[Template, ...]:
    return () if watching is None else tuple(each.source.template for each in watching.measured)


# --- hosts that are read ----------------------------------------------------------------------------------


def sample_of(waves: Waves, hosts_max: int, seed: str) -> tuple[str, ...]:
    """Hosts that are read, in the order of their waves; empty: all of them are."""
    if sum(map(len, waves.values())) <= hosts_max:
        return ()
    read: set[str] = set()
    rest = list(waves.values())
    while rest and len(read) + len(rest[0]) <= hosts_max // 2:
        read.update(rest.pop(0))
    lots = {host: sha256(f"{seed}\0{host}".encode()).digest() for hosts in rest for host in hosts}
    for hosts in rest:
        read.update(sorted(hosts, key=lots.__getitem__)[:READ_MIN])
    spare = sorted(lots.keys() - read, key=lots.__getitem__)
    read.update(spare[: max(0, hosts_max - len(read))])
    return tuple(host for hosts in waves.values() for host in hosts if host in read)


def kept(sample: Sequence[str], waves: Waves) -> tuple[str, ...]:
    """The hosts that were read, without those that left."""
    still = {host for hosts in waves.values() for host in hosts}
    return tuple(host for host in sample if host in still)
