"""What a canary can see: said before anybody decides on waves and soaks, and warned of where it is too little.

A wave is judged with all hosts that are upgraded by then, against those that no wave has reached, until the longest
soak is over; its chance of a false rollback is shared among its looks (`judge.arms`, `judge.contrast`).
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.canaries import ALPHA_ROLLBACK, MEANS, RATES, before_s, looks_max, margins, sample_of, warm_up_s
from liftlock.decide.capacities import longest_soak_s
from liftlock.decide.case import Case, Rule, info, warning
from liftlock.decide.judge.arms import CONTROLS_FULL, CONTROLS_MIN, share_of
from liftlock.decide.judge.power_means import Noise, Setting, contrast_power, smallest_contrast
from liftlock.decide.judge.power_rates import WANTED, events_needed
from liftlock.decide.recipes import Laying
from liftlock.decide.rules.canary import canaries
from liftlock.decide.waves import targets
from liftlock.model.findings import Field, Finding, Path
from liftlock.model.plan import Canary, Metric, Rollout

HALF = 0.5  # of a latency's chance is its mean's, the other its tail's
SHOWN_MAX = 0.995
NEEDED_MAX = 100  # hosts in the first wave: nobody would take more


class Wave(Struct, frozen=True):
    """One wave of a component whose hosts are compared with hosts that are not upgraded yet. `canaries`: upgraded with
    it or before; of a large tier only hosts that are `read` count."""

    rollout: Rollout
    canary: Canary
    component: str
    size: int
    index: int
    waves: int
    canaries: int
    read: int

    @property
    def name(self) -> str:
        return f"w{self.index + 1}"

    @property
    def controls(self) -> int:
        return self.read - self.canaries

    @property
    def within_s(self) -> float:
        return longest_soak_s(self.rollout) - warm_up_s(self.rollout, self.canary)

    def alpha(self, metric: Metric) -> float:
        """What may go wrong with this metric in this wave."""
        whole = sum(each.weight for each in self.canary.metrics)
        return ALPHA_ROLLBACK * metric.weight / whole * share_of(self.index, self.waves)

    def where(self) -> dict[str, Field]:
        return {"component": self.component, "wave": self.name}


def waves_of(rollout: Rollout, canary: Canary, laying: Laying) -> Iterator[Wave]:
    """None of a plan whose times are findings of other rules."""
    size = len(laying.hosts)
    reached = targets(rollout.waves, size)
    waves = {str(end): [str(at) for at in range(begin, end)] for begin, end in pairwise((0, *reached))}
    read = [int(at) for at in sample_of(waves, canary.hosts_max, "")] or range(size)
    for index, end in enumerate(reached):
        done = sum(at < end for at in read)
        wave = Wave(rollout, canary, laying.component.name, size, index, len(reached), done, len(read))
        if canary.every_s > 0 and before_s(canary) > 0 and wave.within_s >= canary.every_s:
            yield wave


def compared(case: Case) -> Iterator[tuple[Path, Wave]]:
    """Every wave of every rollout, and of the releases on the way that soak for another time."""
    own = ((place, rollout, rollout.canary, (laying,)) for place, rollout, laying in case.own_soaks())
    for path, rollout, canary, layings in (*canaries(case), *own):
        if canary is None:
            continue
        for laying in layings if not rollout.planned_outage else ():
            for wave in waves_of(rollout, canary, laying):
                if wave.controls >= CONTROLS_MIN:
                    yield path, wave


# --- means ------------------------------------------------------------------------------------------------


class Seen(Struct, frozen=True):
    """What a wave sees of one metric's mean: how likely a regression of the promotion margin is found; the least that
    is found with a chance of 80 %."""

    percent: float
    power: float
    smallest: float | None


def seen(wave: Wave, metric: Metric) -> Seen:
    rollback, promote = margins(metric, MEANS)
    setting = setting_of(wave, metric, rollback)
    return Seen((promote - 1) * 100, contrast_power(setting, promote), smallest_contrast(setting, WANTED))


def power_at_twice(wave: Wave, metric: Metric) -> float:
    """How likely a regression of twice the promotion margin is found."""
    rollback, promote = margins(metric, MEANS)
    return contrast_power(setting_of(wave, metric, rollback), 2 * promote - 1)


def setting_of(wave: Wave, metric: Metric, rollback: float) -> Setting:
    """A gauge scatters by its hosts' own drift alone; a latency by its requests as well, if the plan tells how many."""
    latency, every_s = metric.kind == "latency", wave.canary.every_s
    requests = wave.canary.traffic / wave.size if latency else 0.0
    return Setting(
        wave.canaries,
        wave.controls,
        requests,
        requests,
        intervals=min(int(wave.within_s / every_s), looks_max(wave.rollout, wave.canary)),
        interval_s=every_s,
        before=max(1, int(before_s(wave.canary) / every_s)),
        alpha=wave.alpha(metric) * (HALF if latency else 1.0),
        margin=rollback,
        noise=Noise() if requests else Noise(spread=0.0),
    )


def means_that_are_seen(case: Case) -> Iterator[Finding]:
    """Metrics of which the same is to be said are told together."""
    for path, wave in compared(case):
        alike: dict[tuple[bool, Seen], list[str]] = {}
        for metric in wave.canary.metrics:
            if metric.kind != "errors":
                by_hosts_alone = metric.kind == "latency" and not wave.canary.traffic
                alike.setdefault((by_hosts_alone, seen(wave, metric)), []).append(metric.name)
        for (by_hosts_alone, found), names in alike.items():
            fields: dict[str, Field] = {
                **wave.where(),
                "canaries": wave.canaries,
                "controls": wave.controls,
                "metrics": ", ".join(names),
                "percent": shown(found.percent),
                "power": chance(found.power),
                "within_s": wave.within_s,
                "smallest": "-" if found.smallest is None else shown((found.smallest - 1) * 100),
            }
            yield info("L392" if by_hosts_alone else "L391", (*path, "metrics"), **fields)


def first_wave_sees_enough(case: Case) -> Iterator[Finding]:
    for path, wave in compared(case):
        means = [metric for metric in wave.canary.metrics if metric.kind != "errors"]
        poor = {metric.name: power for metric in means if (power := power_at_twice(wave, metric)) < WANTED}
        if wave.index or not poor:
            continue
        worst = min((metric for metric in means if metric.name in poor), key=lambda metric: poor[metric.name])
        yield warning(
            "L393",
            (*path[:-1], "waves", 0),
            **wave.where(),
            metrics=", ".join(poor),
            percent=shown((margins(worst, MEANS)[1] - 1) * 200),
            power=chance(poor[worst.name]),
            within_s=wave.within_s,
            needed=hosts_needed(wave, means),
        )


def hosts_needed(wave: Wave, metrics: Iterable[Metric]) -> str:
    """With so many hosts the first wave would see enough of all metrics; `-`: with no number of them."""
    for count in range(wave.canaries + 1, min(wave.read // 2, NEEDED_MAX) + 1):
        if all(power_at_twice(replace(wave, canaries=count), metric) >= WANTED for metric in metrics):
            return str(count)
    return "-"


# --- counts -----------------------------------------------------------------------------------------------


def errors_that_are_seen(case: Case) -> Iterator[Finding]:
    """How many errors it takes; with the traffic, what share of all requests that is."""
    for path, wave in compared(case):
        for index, metric in enumerate(wave.canary.metrics):
            rollback, promote = margins(metric, RATES)
            part = wave.canaries / (wave.canaries + wave.controls)
            events = events_needed(part, promote, rollback, wave.alpha(metric)) if metric.kind == "errors" else None
            if events is None:
                continue
            place, percent = (*path, "metrics", index), shown((promote - 1) * 100)
            fields = {**wave.where(), "metric": metric.name, "percent": percent, "events": round(events)}
            if not wave.canary.traffic:
                yield info("L395", place, **fields)
                continue
            requests = wave.canary.traffic * wave.within_s * (wave.canaries + wave.controls) / wave.size
            share = f"{100 * events / requests:.2g}" if events < requests else "100"
            yield info("L394", place, **fields, within_s=wave.within_s, share=share)


# --- hosts to compare with --------------------------------------------------------------------------------


def there_are_ten_to_compare_with(case: Case) -> Iterator[Finding]:
    for path, rollout, canary, layings in canaries(case):
        for laying in layings if not rollout.planned_outage and len(rollout.waves) > 1 else ():
            size, reached = len(laying.hosts), targets(rollout.waves, len(laying.hosts))
            controls = size - reached[0] if reached else size
            if not size or controls >= CONTROLS_FULL or canary.hosts_max < CONTROLS_FULL:
                continue
            fields: dict[str, Field] = {"component": laying.component.name, "wave": "w1", "controls": controls}
            if size > CONTROLS_FULL:
                yield info("L396", (*path[:-1], "waves", 0), **fields, most=size - CONTROLS_FULL)
            else:
                yield info("L397", path, **fields, size=size)


# --- figures ----------------------------------------------------------------------------------------------


def shown(percent: float) -> str:
    return f"{percent:.3g}"


def chance(power: float) -> int:
    """In percent; never promised for certain."""
    return round(100 * power) if power < SHOWN_MAX else 99


RULES: tuple[Rule, ...] = (
    means_that_are_seen,
    first_wave_sees_enough,
    errors_that_are_seen,
    there_are_ten_to_compare_with,
)
