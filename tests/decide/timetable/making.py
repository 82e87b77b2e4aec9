"""Small problems for tests: nightly windows, random ones, and solutions written down as begins."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product

from hypothesis import strategies as st

from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import Capacity, Choice, Job, Limit, Link, Placed, Problem, Solution, Span

ORIGIN = datetime(2026, 12, 1, tzinfo=UTC)
DAY = 24 * 60


def anytime(takes: int, last: int = 1000) -> tuple[Choice, ...]:
    return (Choice(0, last, takes),)


def nights(takes: int, count: int, length: int = 240) -> tuple[Choice, ...]:
    """From 22:00 for so many minutes, so many nights."""
    begins = (night * DAY + 22 * 60 for night in range(count))
    return tuple(Choice(first, first + length - takes, takes) for first in begins if takes <= length)


def problem(
    *jobs: Job, horizon: int = 1000, capacities: tuple[Capacity, ...] = (), **rest: tuple[Limit, ...]
) -> Problem:
    return Problem(ORIGIN, horizon, jobs, capacities, **rest)


def placed(given: Problem, begins: Mapping[str, int]) -> Solution:
    """Each job at the begin that is given, with the length that its choice says."""
    found = []
    for job in given.jobs:
        if job.id in begins:
            at = begins[job.id]
            takes = next((c.takes for c in job.choices if c.first <= at <= c.last), job.choices[0].takes)
            found.append(Placed(job.id, at, at + takes))
    return Solution(tuple(found), by="person")


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Up to eight jobs with windows, links, two resources with absences, money by period, some begun."""
    count = draw(st.integers(1, 8))
    jobs = []
    for at in range(count):
        takes = draw(st.integers(0, 30))
        later = draw(st.integers(0, 15))
        choices = (Choice(0, 40, takes), Choice(60, 100, takes + later), Choice(130, 2000, takes))
        links = draw(st.lists(st.tuples(st.integers(0, at - 1), st.integers(0, 20)), max_size=2)) if at else []
        uses = {name: units for name in "ab" if (units := draw(st.integers(0, 2)))}
        after = tuple({other: Link(str(other), gap) for other, gap in links}.values())
        began = draw(st.one_of(st.none(), st.integers(0, 40))) if not links and at < 2 else None
        jobs.append(Job(str(at), choices, after, uses, began=began, cost=draw(st.integers(0, 5))))
    less = ((Span(10, 20), 1), (Span(15, 35), 1))
    capacities = (Capacity("a", 2, less), Capacity("b", 3))
    limits = (Limit(Span(0, 50), 8), Limit(Span(50, 120), 10))
    return Problem(ORIGIN, 3000, tuple(jobs), capacities, limits)


@st.composite
def tiny(draw: st.DrawFn) -> Problem:
    """Two or three jobs and a dozen minutes: every timetable can be tried."""
    count, horizon = draw(st.integers(2, 3)), draw(st.integers(4, 14))
    jobs = []
    for at in range(count):
        takes = draw(st.integers(0, 4))
        cut = draw(st.integers(2, 5))
        choices = (Choice(0, cut - 2, takes), Choice(cut, 10, draw(st.integers(0, 4))))
        after = (
            (Link(str(draw(st.integers(0, at - 1))), draw(st.integers(0, 2))),) if at and draw(st.booleans()) else ()
        )
        deadline = draw(st.one_of(st.none(), st.integers(3, 14)))
        uses = {"a": draw(st.integers(0, 2))}
        began = draw(st.integers(0, cut - 2)) if not at and draw(st.booleans()) else None
        jobs.append(Job(str(at), choices, after, uses, deadline=deadline, began=began, cost=draw(st.integers(0, 2))))
    less = ((Span(3, 5), 1),) if draw(st.booleans()) else ()
    limits = (Limit(Span(0, 4), 2),)
    return Problem(ORIGIN, horizon, tuple(jobs), (Capacity("a", 2, less),), limits)


def shortest(given: Problem) -> int | None:
    """The earliest end of all, by trying everything; None: there is no timetable."""
    starts = [range(14) for _ in given.jobs]
    found = (placed(given, dict(zip([job.id for job in given.jobs], each, strict=True))) for each in product(*starts))
    return min((each.ends for each in found if not verify(given, each)), default=None)
