"""A plan's timetable, solved and put together; and what it answers: why then, what if there, what stands in its way."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import typer
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from liftlock.cli.choosing import listed
from liftlock.cli.exits import Exit
from liftlock.cli.screen import Screen
from liftlock.cli.solving import solved
from liftlock.cli.timing import Timing
from liftlock.cli.trouble import refuse
from liftlock.cli.when_files import Means
from liftlock.decide.conflicts import conflicts_of
from liftlock.decide.spending import spending
from liftlock.decide.timetable.back import minute_of, moment_of
from liftlock.decide.timetable.critical import critical
from liftlock.decide.timetable.dated import dated, shades_of
from liftlock.decide.timetable.driving import driving
from liftlock.decide.timetable.move import move
from liftlock.decide.timetable.reason import because
from liftlock.decide.workload import workload
from liftlock.model.conflicts import Conflict
from liftlock.model.dated import Dated, Shade
from liftlock.model.timetable import Infeasible, Job, Problem, Solution
from liftlock.publish.conflicts import conflict_text
from liftlock.publish.explained import (
    explained_json,
    explained_of,
    explained_text,
    infeasible_json,
    infeasible_text,
    moved_json,
    moved_text,
)

DAY_MIN = 24 * 60
WEEKS_MAX = 12  # a longer upgrade's workload is by month


class Answer(Struct, frozen=True):
    """A timetable that holds, with all that is shown of it."""

    timing: Timing
    problem: Problem
    solution: Solution
    dated: Dated
    means: Means
    conflicts: tuple[Conflict, ...]


def answer(screen: Screen, timing: Timing, problem: Problem, previous: Solution | None, limit_s: float) -> Answer:
    """Shows why there is none, and ends the command, where there is none."""
    found = solved(screen, problem, previous, limit_s)
    if isinstance(found, Infeasible):
        raise refused(screen, found, problem)
    return put_together(timing, problem, found)


def refused(screen: Screen, found: Infeasible, problem: Problem) -> typer.Exit:
    if screen.as_json:
        screen.data(infeasible_json(found, problem, screen.words))
    else:
        screen.lines(infeasible_text(found, problem, screen.words, width=screen.width, paint=screen.paint))
    return typer.Exit(Exit.FINDINGS)


def put_together(timing: Timing, problem: Problem, solution: Solution) -> Answer:
    plan = timing.plan
    last = moment_of(problem.origin, max(solution.ends, 1))
    made = dated(
        problem,
        solution,
        plan,
        timing.schedule,
        slacks=critical(problem, solution),
        kept=timing.kept,
        begun=timing.begun,
    )
    made = replace(made, shades=tuple(shades_within(timing, problem.origin, last, made.deadline)))
    conflicts = conflicts_of(plan, timing.schedule, problem, solution, timing.others)
    return Answer(timing, problem, solution, made, means_of(timing, made), conflicts)


def shades_within(timing: Timing, begins: datetime, ends: datetime, deadline: datetime | None) -> list[Shade]:
    """As far as a chart goes: to the deadline, while that is near."""
    until = min(deadline, ends + (ends - begins) / 2) if deadline is not None else ends
    return shades_of(timing.plan, timing.workdays, begins, max(ends, until), timing.windows)


def means_of(timing: Timing, made: Dated) -> Means:
    plan = timing.plan
    people = plan.team.people if plan.team else ()
    long = made.begins is not None and made.ends is not None and (made.ends - made.begins).days > 7 * WEEKS_MAX
    return Means(
        loads=workload(made.rows, people, timing.workdays, "month" if long else "week"),
        spent=spending(plan.budget, made.rows) if plan.budget else (),
        currency=plan.budget.currency if plan.budget else "",
    )


# --- why then? ----------------------------------------------------------------------------------------------


def explain(screen: Screen, found: Answer, names: Sequence[str]) -> list[dict[str, Any]]:
    """One task after the other; answers what programs read."""
    told, words = [], screen.words
    for name in names:
        job = job_named(found.problem, name)
        chain = driving(found.problem, found.solution, job.id)
        each = explained_of(found.dated, job.id, because(found.problem, found.solution, job.id), chain)
        told.append(explained_json(each, found.problem, words))
        if not screen.as_json:
            width, paint = screen.width, screen.paint
            screen.lines(explained_text(each, found.dated, found.problem, words, width=width, paint=paint))
    return told


def job_named(problem: Problem, name: str) -> Job:
    """Refused if there is none."""
    jobs = {job.id: job for job in problem.jobs if job.kind != "lead"}
    if name not in jobs:
        near = [job for job in jobs if name.lower() in job.lower()] or list(jobs)
        raise refuse("no-such-task", given=name, known=listed(near))
    return jobs[name]


# --- what if there? -----------------------------------------------------------------------------------------


def moved(screen: Screen, base: Answer, name: str, text: str, limit_s: float) -> tuple[Answer, dict[str, Any]]:
    """The timetable with a task put elsewhere, against the one without. Ends the command where it cannot be."""
    job = job_named(base.problem, name)
    minute = wanted_minute(base.problem, job, text)
    at = moment_of(base.problem.origin, minute)
    if job.began is not None:
        raise refuse("task-has-begun", task=job.id, at=screen.words.moment(moment_of(base.problem.origin, job.began)))
    if not any(choice.first <= minute <= choice.last for choice in job.choices):
        raise refuse(
            "task-not-then", task=job.id, at=screen.words.moment(at), near=near(screen, base.problem, job, minute)
        )
    found = answer(screen, base.timing, move(base.problem, job.id, minute), base.solution, limit_s)
    if not screen.as_json:
        width, paint = screen.width, screen.paint
        screen.lines(moved_text(job.id, at, base.dated, found.dated, screen.words, width=width, paint=paint))
    return found, moved_json(job.id, at, base.dated, found.dated)


def wanted_minute(problem: Problem, job: Job, text: str) -> int:
    """Of a moment; of a day the first begin that is allowed on it, else its midnight."""
    try:
        written = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: 2026-12-20 or 2026-12-20T22:00", param_hint="--move") from error
    at = written if written.tzinfo else written.replace(tzinfo=problem.origin.tzinfo)
    first = minute_of(problem.origin, at)
    if len(text) > len("2026-12-20"):
        return first
    last = minute_of(problem.origin, midnight_after(at.date(), problem)) - 1
    allowed = [max(choice.first, first) for choice in job.choices if choice.first <= last and choice.last >= first]
    return min(allowed, default=first)


def midnight_after(day: date, problem: Problem) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=problem.origin.tzinfo)


def near(screen: Screen, problem: Problem, job: Job, minute: int) -> str:
    """The last begin before it and the first one after it that are allowed."""
    before = max((min(choice.last, minute) for choice in job.choices if choice.first <= minute), default=None)
    after = min((max(choice.first, minute) for choice in job.choices if choice.last >= minute), default=None)
    found = [moment_of(problem.origin, each) for each in (before, after) if each is not None]
    return screen.words.join(screen.words.moment(at)[:16] for at in found) or "-"


# --- what stands in its way? --------------------------------------------------------------------------------


def conflict_lines(screen: Screen, found: Answer) -> list[str]:
    words = screen.words
    if not found.conflicts:
        return [words.say("ui.when.no_conflicts")]
    lines = [screen.paint("title", words.say("ui.when.conflicts", count=len(found.conflicts)))]
    for each in found.conflicts:
        said = f"  {'!' if each.blocks else '·'} {conflict_text(each, words)}"
        lines.append(screen.paint("bad" if each.blocks else "warn", said))
    return lines


def conflicts_json(screen: Screen, found: Answer) -> list[dict[str, Any]]:
    return [
        {**to_builtins(each), "blocks": each.blocks, "text": conflict_text(each, screen.words)}
        for each in found.conflicts
    ]


def status_of(found: Answer) -> Exit:
    return Exit.FINDINGS if any(each.blocks for each in found.conflicts) else Exit.OK
