"""The timetable by OR-Tools CP-SAT, where it is installed (`pip install liftlock[solver]`); else by the greedy one.

A time limit is a clock: under one, the same problem may get another timetable tomorrow. So a timetable is an input that
is recorded and checked, never a thing to be computed again. The end of all is made early, and every job begins as early
as the others let it; if there was a timetable before, few jobs are moved, and not far. Every answer is verified before
it is returned: a wrong one is a defect of ours and stops the program.
"""

from collections.abc import Callable
from importlib.util import find_spec

from liftlock.decide.timetable.conflict import conflict
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import Infeasible, Problem, Progress, Solution

Heard = Callable[[Progress], None]


class WrongAnswer(Exception):
    """A timetable that does not hold; never the user's fault."""


def available() -> bool:
    return find_spec("ortools") is not None


def solve(
    problem: Problem,
    previous: Solution | None = None,
    *,
    limit_s: float,
    workers: int,
    progress: Heard | None = None,
) -> Solution | Infeasible:
    """The best timetable that is found within the limit, verified; or why there is none."""
    found = greedy(problem, previous)
    if available() and not (isinstance(found, Infeasible) and found.irreducible):
        from liftlock.execute.search import search

        found = search(problem, previous, found, limit_s=limit_s, workers=workers, progress=progress)
    elif isinstance(found, Infeasible) and not found.irreducible:
        found = conflict(problem) or found
    if isinstance(found, Solution):
        faults = verify(problem, found)
        if faults:
            raise WrongAnswer(f"{found.by}: {faults[:3]}")
    return found
