"""A fleet in clusters of three: one member after the other with 12 h of observation, each cluster in a pool of people.

Nights on weekdays from 22:00 to 04:00, the whole night from Saturday 20:00 to Sunday 08:00, no Sunday night, a freeze
of a week. `even`: all hosts of a pool take the same; `mixed`: five lengths, cluster by cluster.
"""

import time
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

from liftlock.decide.timetable.critical import critical
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.verify import verify
from liftlock.execute.solver import solve
from liftlock.model.timetable import Capacity, Choice, Infeasible, Job, Link, Problem

DAY = 24 * 60
DAYS = 120
FREEZE = range(20, 27)
EVEN = (60, 90, 120)
MIXED = (45, 60, 75, 105, 140, 75, 45)
CASES = (
    ("990 even", 330, (5, 6, 8), EVEN),
    ("990 mixed", 330, (5, 6, 8), MIXED),
    ("990 mixed, one pool short", 330, (3, 6, 8), MIXED),
    ("9,999 even", 3333, (40, 40, 40), EVEN),
    ("9,999 mixed", 3333, (40, 40, 40), MIXED),
)


def run(workers: int) -> list[dict[str, Any]]:
    return [one(name, fleet(clusters, people, takes), workers) for name, clusters, people, takes in CASES]


def one(name: str, problem: Problem, workers: int) -> dict[str, Any]:
    began = time.perf_counter()
    first = greedy(problem)
    greedy_s = time.perf_counter() - began
    began = time.perf_counter()
    found = solve(problem, limit_s=15.0, workers=workers)
    solve_s = time.perf_counter() - began
    if isinstance(first, Infeasible) or isinstance(found, Infeasible) or verify(problem, found):
        raise SystemExit(f"not a timetable: {name}")
    began = time.perf_counter()
    critical(problem, found)
    return {
        "fleet": name,
        "ends": found.ends,
        "bound": found.bound,
        "proved": found.proved,
        "by": found.by,
        "greedy": first.ends,
        "greedy_s": round(greedy_s, 2),
        "seconds": round(solve_s, 2),
        "slack_s": round(time.perf_counter() - began, 2),
    }


def fleet(clusters: int, people: tuple[int, int, int], takes: tuple[int, ...]) -> Problem:
    jobs: list[Job] = []
    choices = {length: tuple(windows(length)) for length in takes}
    lengths = list(islice(cycle(takes), clusters))
    for cluster in range(clusters):
        for member in range(3):
            after = (Link(f"{cluster}.{member - 1}", 12 * 60, "observation"),) if member else ()
            uses = {f"pool {cluster % 3}": 1, f"quorum {cluster}": 1}
            jobs.append(Job(f"{cluster}.{member}", choices[lengths[cluster]], after, uses))
    pools = tuple(Capacity(f"pool {at}", amount, kind="team") for at, amount in enumerate(people))
    quorums = tuple(Capacity(f"quorum {cluster}", 1, kind="quorum") for cluster in range(clusters))
    return Problem(datetime(2026, 11, 30, tzinfo=UTC), DAYS * DAY, tuple(jobs), (*pools, *quorums))


def windows(takes: int) -> list[Choice]:
    """The first day is a Monday."""
    found = []
    for day in range(DAYS):
        if day in FREEZE or day % 7 == 6:
            continue
        begins, length = (day * DAY + 20 * 60, 12 * 60) if day % 7 == 5 else (day * DAY + 22 * 60, 6 * 60)
        found.append(Choice(begins, begins + length - takes, takes))
    return found
