"""A day's watch after promotion: the detector's formula against a known rate, and the product's judge as a run has it.

Twenty hosts, five upgraded first, fifteen last; two failures a minute on all of them, watched for 1,440 looks. Only the
watch has a chance of an alarm here. Its margin is the shipped one: 1.25 times the rates of the hour before the upgrade.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from bench.judge.line import Figure, spread
from bench.judge.ours import SOURCE, row
from liftlock.decide.judge import watch
from liftlock.decide.judge.before import baseline_of
from liftlock.decide.judge.canary import look_at
from liftlock.model.canary import Heard, JudgeState, Reading, Row, Standing, Verdict
from liftlock.model.plan import Metric
from liftlock.model.run import CanaryView
from liftlock.model.schedule import Measured, Watching

LOOKS, BEFORE, HOSTS, FIRST = 1440, 60, 20, 5
FAILED, ASKED = 0.1, 20.0  # a host a minute
Found = tuple[int | None]


def by_formula(times: float, seed: int) -> Found:
    """The look of the alarm, against a rate that is known."""
    rng = np.random.default_rng([seed, 77])
    at, log_m = math.log(watch.threshold(LOOKS, 0.05)), ()
    for look, events in enumerate(rng.poisson(2.0 * times, LOOKS), 1):
        log_m = watch.alarm(log_m, float(events), 200.0, 0.01, 1.0)
        if watch.log_evidence(log_m) >= at:
            return (look,)
    return (None,)


def by_product(times: float, swing: float, seed: int) -> Found:
    """`swing`: amplitude of a daily wave of the rate."""
    rng = np.random.default_rng([seed, 78])
    own = FAILED * np.exp(0.2 * rng.normal(size=HOSTS))
    minutes = np.arange(BEFORE + LOOKS)
    wave = 1 + swing * np.sin(2 * np.pi * (minutes + rng.uniform(0, 1440)) / 1440)
    failed = rng.poisson(own[:, None] * wave * np.where(minutes < BEFORE, 1.0, times))
    hosts = [f"app-{number:02d}" for number in range(HOSTS)]

    def at(minute: int) -> dict[str, Reading]:
        said = [Reading(60.0 * (minute + 1), events=float(failed[host, minute]), of=ASKED) for host in range(HOSTS)]
        return row(hosts, list(said), "")

    measured = Measured(Metric(name="metric", kind="errors"), SOURCE, 1e-9, 1.25, 2.0)
    watching = Watching((measured,), 60.0, 60.0 * BEFORE, 0.0, 1e9, 60.0 * LOOKS, LOOKS)
    rows: list[Row] = [{"metric": at(minute)} for minute in range(BEFORE)]
    begun = 60.0 * BEFORE
    view = CanaryView(JudgeState(number=BEFORE, at=begun), baseline=baseline_of(watching, rows, begun, begun))
    waves = (("app/1/w1", tuple(hosts[:FIRST])), ("app/1/w2", tuple(hosts[FIRST:])))
    standings = {host: Standing("upgraded", begun, wave) for wave, each in waves for host in each}
    for look in range(1, LOOKS + 1):
        heard = {"metric": Heard({host: (one,) for host, one in at(BEFORE + look - 1).items()})}
        now = begun + 60.0 * look
        looked = look_at(watching, waves, view, "app/1/w2", standings, heard, now, watch_since=begun)
        view.state = looked.state
        if looked.look.verdict is Verdict.FAIL:
            return (look,)
    return (None,)


CASES: dict[str, tuple[bool, Callable[[int], Found]]] = {
    "false alarm in a day's watch, rate known, margin 1": (False, partial(by_formula, 1.0)),
    "… twice the errors": (False, partial(by_formula, 2.0)),
    "false alarm in a day's watch, as shipped": (True, partial(by_product, 1.0, 0.0)),
    "… the rate swings by ±20 % over the day": (True, partial(by_product, 1.0, 0.2)),
    "… the rate swings by ±50 % over the day": (True, partial(by_product, 1.0, 0.5)),
    "… twice the errors, as shipped": (True, partial(by_product, 2.0, 0.0)),
}


def day_watch(replicates: int, jobs: int, progress: Callable[[str], None]) -> list[tuple[str, Figure]]:
    """Those of the product take long: a twentieth of the replicates."""
    found = []
    for name, (is_long, work) in CASES.items():
        progress(name)
        looks = spread(work, max(20, replicates // 20) if is_long else replicates, jobs)
        found.append((name, Figure.of((each[0] for each in looks), 1.0)))
    return found
