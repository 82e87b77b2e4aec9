"""The worlds beside the line: what nobody simulated yet, judged as the product ships."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bench.judge.line import W2, Figure, promoted, spread
from bench.judge.ours import judge, watching_of
from bench.judge.worlds import World, play

SHIPPED = {"latency": (1.05, 1.10), "saturation": (1.05, 1.10), "errors": (1.25, 2.0)}


@dataclass(frozen=True)
class Case:
    """A world judged with the defaults of a plan: margins, and the first wave's half of one chance of 5 %."""

    name: str
    world: World
    only: str = ""
    null: bool = False


def cases() -> list[Case]:
    w2 = World("W2", **W2)
    cold = replace(w2, cold=0.6)
    p99 = replace(w2, p99_only=True, share=0.5)
    # 1, then 3, then 6 of 20 hosts have the new version, 40 looks each; one error a minute on ten hosts
    of_20 = {"canaries": 6, "controls": 14, "share": 0.3, "waves": ((1, 0), (2, 40), (3, 80))}
    grow, grow_err = World("grow", **W2, **of_20), World("grow-e", "errors", per_host=True, errors=0.1, **of_20)
    differ = replace(grow_err, name="grow-d", host_sd=0.3)
    leak = World("leak", "saturation", looks=1440, leak=0.01, host_sd=0.05, drift_sd=0.005, noise=0.005)
    return [
        Case("as shipped: healthy, W2", w2, "mean", null=True),
        Case("as shipped: W2 one against ten, healthy", replace(w2, name="W2-1", canaries=1), "mean", null=True),
        Case("as shipped: W2 ten against ten, +25 %", replace(w2, name="s25", times=1.25), "mean"),
        Case("as shipped: W2 one against ten, +25 %", replace(w2, name="s25-1", times=1.25, canaries=1), "mean"),
        Case("as shipped: errors ×2", World("s-err2", "errors", times=2.0)),
        Case("as shipped: errors ×3", World("s-err3", "errors", times=3.0)),
        Case("host-level p99, healthy", replace(p99, name="p99"), null=True),
        Case("host-level p99, +25 %", replace(p99, name="p99+", times=1.25)),
        Case("cold caches for 10 min, warm_up 10m", replace(cold, name="cold", warm_up=10), "mean", null=True),
        Case("cold caches for 10 min, warm_up 0", replace(cold, name="cold-0"), "mean", null=True),
        Case("memory leak of 1 % an hour, 24 h", leak),
        Case("memory, healthy, 24 h", replace(leak, name="no-leak", leak=0.0), null=True),
        Case("traffic ramps ×5, errors healthy", World("ramp", "errors", ramp=5.0), null=True),
        Case("traffic ramps ×5, errors ×2", World("ramp+", "errors", ramp=5.0, times=2.0)),
        Case("canary has 5 % of traffic, healthy, W2", replace(w2, name="w05", share=0.05), "mean", null=True),
        Case("canary has 40 % of traffic, healthy, W2", replace(w2, name="w40", share=0.4), "mean", null=True),
        Case("canary has 5 % of traffic, errors healthy", World("we05", "errors", share=0.05), null=True),
        Case("1, 3, 6 of 20 hosts: healthy, W2", grow, "mean", null=True),
        Case("1, 3, 6 of 20 hosts: +10 %, W2", replace(grow, name="grow10", times=1.1), "mean"),
        Case("1, 3, 6 of 20 hosts: +15 %, W2", replace(grow, name="grow15", times=1.15), "mean"),
        Case("1, 3, 6 of 20 hosts: errors healthy", grow_err, null=True),
        Case("1, 3, 6 of 20 hosts: errors healthy, rates differ by 30 %", differ, null=True),
        Case("1, 3, 6 of 20 hosts: errors ×2", replace(grow_err, name="grow-e2", times=2.0)),
        Case("1, 3, 6 of 20 hosts: errors ×3", replace(grow_err, name="grow-e3", times=3.0)),
        Case("10 % of scrapes missing, healthy, W2", replace(w2, name="miss", missing=0.1), "mean", null=True),
        Case("10 % of scrapes missing, +25 %, W2", replace(w2, name="miss+", missing=0.1, times=1.25), "mean"),
    ]


def one(case: Case, seed: int) -> tuple[int | None]:
    rollback, promote = SHIPPED["errors" if case.only == "tail" else case.world.kind]
    watching = watching_of(case.world, alpha=0.05, rollback=rollback, promote=promote, only=case.only)
    return (judge(case.world, play(case.world, seed), watching, only=case.only, stop=False).failed,)


def measure(case: Case, replicates: int, jobs: int, progress: Callable[[str], None]) -> tuple[Case, Figure]:
    progress(case.name)
    return case, Figure.of((each[0] for each in spread(partial(one, case), replicates, jobs)), 1.0)


# --- promotion at the margin --------------------------------------------------------------------------------


def wrong_promotions(replicates: int, jobs: int, progress: Callable[[str], None]) -> list[tuple[str, Figure]]:
    w2 = World("W2-m", times=1.10, **W2)
    found = []
    for name, world, promote, only in (
        ("wrong promotion at the margin, W2 mean +10 %", w2, 1.10, "mean"),
        ("… one against ten", replace(w2, name="W2-m1", canaries=1), 1.10, "mean"),
        ("… errors at twice the rate", World("ERR-m", "errors", times=2.0), 2.0, ""),
    ):
        progress(name)
        looks = spread(partial(promoted, world, promote, only=only), replicates, jobs)
        found.append((name, Figure.of((each[0] for each in looks), 200.0)))
    return found
