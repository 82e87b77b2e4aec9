"""Resource-constrained project scheduling, PSPLIB: each instance through `greedy` and through `solve`."""

import csv
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.verify import verify
from liftlock.execute.solver import solve
from liftlock.model.timetable import Capacity, Choice, Infeasible, Job, Link, Problem, Solution

SECONDS = {"j30": 5.0, "j60": 5.0, "j120": 8.0}
Row = dict[str, Any]


def run(folder: Path, workers: int) -> list[Row]:
    with (folder / "best_known.csv").open() as file:
        best = {row["instance"]: int(row["upper_bound"]) for row in csv.DictReader(file)}
    return [one(path, best[path.stem], workers) for path in sorted(folder.glob("*.rcp")) if path.stem in best]


def one(path: Path, best: int, workers: int) -> Row:
    """`seconds`: of the whole of `solve`; what the greedy scheduler takes of it is measured first and left out."""
    problem, size = read(path), path.stem.split("_")[0]
    began = time.perf_counter()
    first = held(problem, greedy(problem))
    greedy_s = time.perf_counter() - began
    began = time.perf_counter()
    left_s = max(SECONDS[size] - greedy_s - 0.1, 0.1)
    found = held(problem, solve(problem, limit_s=left_s, workers=workers))
    return {
        "instance": path.stem,
        "best": best,
        "greedy": first.ends,
        "found": found.ends,
        "bound": found.bound,
        "proved": found.proved,
        "greedy_s": round(greedy_s, 2),
        "seconds": round(time.perf_counter() - began, 2),
    }


def held(problem: Problem, found: Solution | Infeasible) -> Solution:
    if isinstance(found, Infeasible) or verify(problem, found):
        raise SystemExit(f"not a timetable: {found}")
    return found


def read(path: Path) -> Problem:
    """Patterson's format: jobs and resources, capacities, then of each job its length, uses and successors."""
    numbers = iter(int(text) for text in path.read_text().split())
    count, resources = next(numbers), next(numbers)
    amounts = [next(numbers) for _ in range(resources)]
    takes, uses, before = [0] * count, [dict[str, int]()] * count, [list[Link]() for _ in range(count)]
    for job in range(count):
        takes[job] = next(numbers)
        uses[job] = {f"R{at}": units for at in range(resources) if (units := next(numbers))}
        for later in [next(numbers) for _ in range(next(numbers))]:
            before[later - 1].append(Link(str(job)))
    horizon = sum(takes)
    jobs = tuple(
        Job(str(at), (Choice(0, horizon - takes[at], takes[at]),), tuple(before[at]), uses[at]) for at in range(count)
    )
    capacities = tuple(Capacity(f"R{at}", amount) for at, amount in enumerate(amounts))
    return Problem(datetime(2026, 1, 1, tzinfo=UTC), horizon, jobs, capacities)


def summary(rows: list[Row]) -> list[str]:
    sets: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        sets[row["instance"].split("_")[0]].append(row)
    return [line(name, each) for name, each in sorted(sets.items(), key=lambda pair: int(pair[0][1:]))]


def line(name: str, rows: list[Row]) -> str:
    gaps = [row["found"] / row["best"] - 1 for row in rows]
    firsts = [row["greedy"] / row["best"] - 1 for row in rows]
    return (
        f"{name}: at best known {sum(gap <= 0 for gap in gaps)} of {len(rows)}, "
        f"proved {sum(row['proved'] for row in rows)}, "
        f"mean gap {sum(gaps) / len(rows):.2%}, greedy {sum(firsts) / len(rows):.2%}, "
        f"longest {max(row['seconds'] for row in rows)} s"
    )
