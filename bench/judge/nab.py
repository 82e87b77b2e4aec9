"""Real noise: server metrics of Numenta's benchmark (NAB, realAWSCloudwatch; MIT, in `data/`), split into pseudo-hosts.

Each series is one machine's, a value every five minutes for two weeks. A window is drawn from it, 60 values before
and 120 after as a plan has them unless it says otherwise, or a day of both; its values are what all hosts have in
common (the day, bursts, incidents), and each host adds noise of its own: the series' own five-minute steps, shuffled
in time, at a third of their size. Eleven hosts, one upgraded in the middle of the window, a regression as a multiple.
Judged as shipped, with ten others at the same time, and with nothing but its own past; beside them the naive test of
the same past (Welch's t-test of all values after against all before), without a margin and with the shipped one of 5
%.
"""

import csv
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.judge.line import Figure, spread
from bench.judge.ours import judge, watching_of
from bench.judge.worlds import Seen, World
from liftlock.decide.judge import contrast
from liftlock.model.canary import Reading

Values = NDArray[np.float64]
SPANS = ((60, 120), (288, 288))  # five-minute values before the upgrade, and after it
Span = tuple[int, int]
HOST_NOISE = 1 / 3


@dataclass(frozen=True)
class Real:
    """Shares that fired, by way of judging."""

    series: str
    span: Span
    times: float
    concurrent: Figure
    own_past: Figure
    naive: Figure
    naive_within: Figure


def load(path: Path) -> Values:
    with path.open(newline="") as file:
        values = [float(row["value"]) for row in csv.DictReader(file)]
    found = np.array(values)
    return np.maximum(found, np.quantile(found[found > 0], 0.01))


def hosts_of(series: Values, span: Span, times: float, seed: int) -> Values:
    """Eleven hosts' values in a window; shape (11, values); the first is upgraded after those before."""
    window_size = sum(span)
    rng = np.random.default_rng([seed, 5])
    begin = int(rng.integers(0, len(series) - window_size))
    window = np.log(series[begin : begin + window_size])
    steps = np.diff(np.log(series))
    own = 0.05 * rng.normal(size=(11, 1)) + HOST_NOISE * rng.choice(steps, size=(11, window_size))
    values = np.exp(window + own)
    values[0, span[0] :] *= times
    return values


def one(series: Values, span: Span, times: float, seed: int) -> tuple[int | None, ...]:
    values = hosts_of(series, span, times, seed)
    world = World("nab", "saturation", canaries=1, looks=span[1], before=span[0])
    readings: list[list[Reading | None]] = [
        [Reading(60.0 * (minute + 1), level=float(values[host, minute])) for host in range(11)]
        for minute in range(sum(span))
    ]
    watching = watching_of(world, alpha=0.1, rollback=1.05, promote=1.10)
    with_others = judge(world, Seen(readings, (values[0], values[1:].mean(axis=0))), watching, stop=False).failed
    own = values[0]
    return with_others, past_fires(own, span[0]), naive_fires(own, span[0], 1.0), naive_fires(own, span[0], 1.05)


def past_fires(own: Values, before: int) -> int | None:
    """The product's comparison with a host's own past, at doubling looks."""
    looks = len(own) - before
    chance = 0.05 / contrast.looks_in(looks)
    for look in range(1, looks + 1):
        if contrast.is_due(look, look == looks):
            found = contrast.past_contrast(own[before : before + look].tolist(), own[:before].tolist())
            if found is not None and contrast.p_above(found, np.log(1.05)) <= chance:
                return look
    return None


def naive_fires(own: Values, before: int, margin: float) -> int | None:
    """Welch's t-test of all values after against all before, once, at 5 %, beyond a margin."""
    p = stats.ttest_ind(
        np.log(own[before:]), np.log(own[:before]) + np.log(margin), equal_var=False, alternative="greater"
    )
    return len(own) - before if p.pvalue < 0.05 else None


def measure(folder: Path, span: Span, times: float, replicates: int, jobs: int) -> list[Real]:
    found = []
    for path in sorted(folder.glob("*.csv")):
        fired = spread(partial(one, load(path), span, times), replicates, jobs)
        figures = [Figure.of((each[at] for each in fired), 5.0) for at in range(4)]
        found.append(Real(path.stem, span, times, *figures))
    return found
