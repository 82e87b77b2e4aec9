"""Faults, conflicts and reasons of a timetable in words: minutes become moments and lengths, jobs get their names.

A field whose name ends in `_at` is a moment, one that ends in `_minutes` a length. {job} is the first of the fault's
jobs, {other} the second, {jobs} all of them, {others} all but the first; of many, only some are named.
"""

from datetime import UTC, timedelta
from typing import Literal

from liftlock.model.timetable import CENTS, Fault, Job, Problem
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
    "closed",
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
AMOUNTS = ("amount", "needs", "used")
RESOURCES = ("domain", "equipment", "host", "lead", "person", "quorum", "team")
LINKS = ("after", "lead", "observation", "soak")


def fault_text(words: Words, problem: Problem, fault: Fault) -> str:
    """What the checker says, or one of the things that cannot hold together."""
    return words.fill((f"ui.fault.{fault.code}",), fields_of(words, problem, fault))


def start_text(words: Words, problem: Problem, fault: Fault) -> str:
    """One reason why a job begins when it does."""
    return words.fill((f"ui.start.{fault.code}",), fields_of(words, problem, fault))


def fields_of(words: Words, problem: Problem, fault: Fault) -> dict[str, str]:
    names = {job.id: job_name(words, job) for job in problem.jobs}
    jobs = [names.get(job, job) for job in fault.jobs]
    unit = unit_of(fault)
    shown = {name: field(words, problem, name, value, unit) for name, value in fault.fields.items()}
    return {
        "job": jobs[0] if jobs else "",
        "other": jobs[1] if len(jobs) > 1 else "",
        "jobs": listed(words, jobs),
        "others": listed(words, jobs[1:]),
        **shown,
    }


def job_name(words: Words, job: Job) -> str:
    """A lead's id says between what it lies."""
    if job.kind == "lead" and job.id.count(":") == 2:
        _, of, before = job.id.split(":")
        return words.say("ui.resource.lead", of=of, before=before)
    return job.name or job.id


def unit_of(fault: Fault) -> Literal["money", "percent", ""]:
    """What amounts are of: money in hundredths, a person in percent; else pieces."""
    if fault.code in ("budget", "keep-budget"):
        return "money"
    return "percent" if str(fault.fields.get("resource", "")).startswith("person:") else ""


def field(words: Words, problem: Problem, name: str, value: str | int | float, unit: str) -> str:
    if isinstance(value, str):
        return words.say(f"ui.link.{value}") if name == "why" else resource_name(words, value)
    if name.endswith("_at"):
        return words.moment(problem.origin.astimezone(UTC) + timedelta(minutes=value)).removesuffix(":00")
    if name.endswith("_minutes"):
        return words.duration(value * 60)
    if unit == "money":
        return words.number(value / CENTS)
    return f"{words.number(value)} %" if unit == "percent" and name in AMOUNTS else words.number(value)


def resource_name(words: Words, resource: str) -> str:
    """`team:dba` is the team dba; what has no kind is shown as it is."""
    kind, _, name = resource.partition(":")
    known = words.find(f"ui.resource.{kind}") if name else None
    return resource if known is None else words.say(f"ui.resource.{kind}", name=name)


def listed(words: Words, jobs: list[str]) -> str:
    more = len(jobs) - NAMED
    return words.join([*jobs[:NAMED], *([words.say("ui.and_more", count=more)] if more > 0 else [])])
