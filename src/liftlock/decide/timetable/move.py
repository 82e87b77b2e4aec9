"""A job is put to a minute by a person: the same problem with one begin left for it, or none if that is not allowed."""

from msgspec.structs import replace

from liftlock.model.timetable import Choice, Problem


def move(problem: Problem, job: str, minute: int) -> Problem:
    """The job's only begin is `minute`; where no choice allows it, no choice is left and the problem says so."""
    return replace(
        problem,
        jobs=tuple(
            replace(each, choices=only(each.choices, minute)) if each.id == job else each for each in problem.jobs
        ),
    )


def only(choices: tuple[Choice, ...], minute: int) -> tuple[Choice, ...]:
    return tuple(Choice(minute, minute, each.takes) for each in choices if each.first <= minute <= each.last)
