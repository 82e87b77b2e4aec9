"""Faults, conflicts and reasons of a timetable in words: minutes become moments and lengths, jobs get their names.

A field whose name ends in `_at` is a moment, one that ends in `_minutes` a length. {job} is the first of the fault's
jobs, {other} the second, {jobs} all of them, {others} all but the first; of many, only some are named.
"""

from collections.abc import Mapping
from datetime import timedelta

from liftlock.model.timetable import Fault, Problem
from liftlock.publish.words import Words

NAMED = 6
CHECKED = (
    "after",
    "began",
    "bound",
    "budget",
    "capacity",
    "deadline",
    "horizon",
    "length",
    "missing",
    "start",
    "twice",
    "unknown",
    "unknown-resource",
)
IMPOSSIBLE = (
    "began-outside",
    "choices",
    "cycle",
    "late",
    "no-place",
    "overload",
    "resource",
    "too-late",
    "too-long",
    "window",
    "keep-after",
    "keep-began",
    "keep-budget",
    "keep-capacity",
    "keep-deadline",
    "keep-horizon",
    "keep-window",
)
STARTS = (
    "absent",
    "after",
    "began",
    "budget",
    "could",
    "first",
    "taken",
    "window",
)
LINKS = ("after", "lead", "observation", "soak")


def fault_text(words: Words, problem: Problem, fault: Fault) -> str:
    """What the checker says, or one of the things that cannot hold together."""
    return words.fill((f"ui.fault.{fault.code}",), fields_of(words, problem, fault))


def start_text(words: Words, problem: Problem, fault: Fault) -> str:
    """One reason why a job begins when it does."""
    return words.fill((f"ui.start.{fault.code}",), fields_of(words, problem, fault))


def fields_of(words: Words, problem: Problem, fault: Fault) -> dict[str, str]:
    names = {job.id: job.name or job.id for job in problem.jobs}
    jobs = [names.get(job, job) for job in fault.jobs]
    shown = {name: field(words, problem, names, name, value) for name, value in fault.fields.items()}
    return {
        "job": jobs[0] if jobs else "",
        "other": jobs[1] if len(jobs) > 1 else "",
        "jobs": listed(words, jobs),
        "others": listed(words, jobs[1:]),
        **shown,
    }


def field(words: Words, problem: Problem, names: Mapping[str, str], name: str, value: str | int | float) -> str:
    if isinstance(value, str):
        return words.say(f"ui.link.{value}") if name == "why" else names.get(value, value)
    if name.endswith("_at"):
        return words.moment(problem.origin + timedelta(minutes=value)).removesuffix(":00")
    return words.duration(value * 60) if name.endswith("_minutes") else words.number(value)


def listed(words: Words, jobs: list[str]) -> str:
    more = len(jobs) - NAMED
    return words.join([*jobs[:NAMED], *([words.say("ui.and_more", count=more)] if more > 0 else [])])
