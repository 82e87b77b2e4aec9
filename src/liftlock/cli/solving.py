"""Solving in front of a person: how far it is, on a terminal only."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from liftlock.cli.screen import Screen, pictures
from liftlock.decide.timetable.back import moment_of
from liftlock.execute.solver import available, solve
from liftlock.model.timetable import Infeasible, Problem, Progress, Solution

WORKERS_MAX = 8


def solved(screen: Screen, problem: Problem, previous: Solution | None, limit_s: float) -> Solution | Infeasible:
    """The best timetable within the limit, verified. Says so where only rules can place it."""
    if not available():
        screen.warn(screen.words.say("ui.when.no_solver"))
    workers = min(os.cpu_count() or 1, WORKERS_MAX)
    with told(screen, problem) as progress:
        return solve(problem, previous, limit_s=limit_s, workers=workers, progress=progress)


@contextmanager
def told(screen: Screen, problem: Problem) -> Iterator[Callable[[Progress], None] | None]:
    """Says on one line what the best timetable is so far; the line is gone at the end."""
    if screen.as_json or not pictures(screen.err, screen.environ):
        yield None
        return
    from rich.console import Console

    words = screen.words
    with Console(file=screen.err, highlight=False).status(words.say("ui.when.solving")) as status:

        def heard(progress: Progress) -> None:
            best, bound = (words.moment(moment_of(problem.origin, at))[:16] for at in (progress.best, progress.bound))
            status.update(words.say("ui.when.solving_best", best=best, bound=bound))

        yield heard
