"""How would this schedule fare? The same loop on a simulated fleet, many seeds, and what came of them.

The plan's own waves, budgets, soak and windows are played; the technology and the hosts are not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, tzinfo
from functools import partial
from statistics import quantiles

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.windows import opening
from liftlock.execute.loop import collect_rarely
from liftlock.model.plan import Check
from liftlock.model.schedule import Gate, Schedule
from liftlock.simulate.faults import Faults
from liftlock.simulate.promises import broken
from liftlock.simulate.story import Story, tell_story

SHARE_OF_FAILURES = 0.05  # the simulated figure is 0 or 0.2
CHUNK = 20


class Ending(Struct, frozen=True):
    """One seed's end. `reached`: hosts on which the new version ran; `lasted_s`: from the opening to the end."""

    seed: int
    result: str  # a RunResult's value, or `held`
    because: str
    reached: int
    lasted_s: float
    crashes: int
    broken: tuple[str, ...] = ()


class Study(Struct, frozen=True):
    """Many endings together. `quantiles_s`: the duration's deciles 10 … 90 %, in seconds, of runs that were closed."""

    seeds: int
    hosts: int
    results: dict[str, int]
    reasons: dict[str, int]
    reached_max: int
    reached_mean: float
    quantiles_s: tuple[float, ...]
    crashes: int
    broken: tuple[Ending, ...]


def study(
    schedule: Schedule,
    seeds: Sequence[int],
    faults: Faults,
    zone: tzinfo,
    begins: datetime,
    *,
    workers: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> Study:
    """Play every seed. `begins`: the wall clock at the start; the run opens with the next window."""
    endings = []
    for ending in played(played_schedule(schedule), seeds, faults, zone, begins, workers):
        endings.append(ending)
        progress(len(endings))
    return summary(schedule, endings)


def played(
    schedule: Schedule, seeds: Sequence[int], faults: Faults, zone: tzinfo, begins: datetime, workers: int
) -> Iterator[Ending]:
    found = opening(schedule.windows, schedule.freezes, begins.astimezone(zone))
    starts = begins if found is None or found[0] < begins else found[0]
    one = partial(play, schedule, faults, zone, starts.astimezone(zone).replace(tzinfo=None))
    if workers <= 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(workers, initializer=collect_rarely) as pool:
        yield from pool.map(one, seeds, chunksize=CHUNK)


def play(schedule: Schedule, faults: Faults, zone: tzinfo, begins: datetime, seed: int) -> Ending:
    return ending_of(seed, tell_story(schedule, seed, faults, zone, begins=begins))


def ending_of(seed: int, story: Story) -> Ending:
    run = story.run
    why = run.closed_because or next(iter(run.holds.values()), None) or run.paused
    return Ending(
        seed=seed,
        result=run.result.value if run.result else "held",
        because=why.code if why else "",
        reached=len({what.host for what in story.trace if what.kind == "install" and not what.back}),
        lasted_s=story.lasted_s,
        crashes=story.crashes,
        broken=tuple(broken(story)),
    )


def played_schedule(schedule: Schedule) -> Schedule:
    """The schedule with checks that read the simulated figure, the share of failed requests. It begins at once: nobody
    approved a simulation."""
    gates = {
        component: tuple(Gate(replaced(gate.check), gate.template) for gate in found)
        for component, found in schedule.gates.items()
    }
    bounds = replace(schedule.bounds, leads=(), not_before="") if schedule.bounds else schedule.bounds
    return replace(schedule, gates=gates, bounds=bounds)


def replaced(check: Check) -> Check:
    return replace(check, above=SHARE_OF_FAILURES, below=None)


def summary(schedule: Schedule, endings: Iterable[Ending]) -> Study:
    endings = list(endings)
    lasted = sorted(ending.lasted_s for ending in endings if ending.result != "held")
    reached = [ending.reached for ending in endings]
    return Study(
        seeds=len(endings),
        hosts=len({host for stage in schedule.stages for host in stage.hosts}),
        results=dict(Counter(ending.result for ending in endings).most_common()),
        reasons=dict(Counter(ending.because for ending in endings).most_common()),
        reached_max=max(reached, default=0),
        reached_mean=sum(reached) / len(reached) if reached else 0.0,
        quantiles_s=tuple(quantiles(lasted, n=10)) if len(lasted) > 1 else tuple(lasted),
        crashes=sum(ending.crashes for ending in endings),
        broken=tuple(ending for ending in endings if ending.broken),
    )
