"""追溯表: requirement <-> goal, component, test. Traces may be written from either side; refinements hand them on.

A system requirement is answered by what answers the software requirements that refine it; a software requirement serves
the goals of what it refines. Names that do not resolve are left out here: a rule says so.
"""

from collections.abc import Container, Iterable, Mapping

from msgspec import Struct

from liftlock.decide.levels import grade
from liftlock.model.appraisal import Trace, Traced
from liftlock.model.chapters import Requirement
from liftlock.model.plan import Plan

Links = Mapping[str, tuple[str, ...]]


class Known(Struct, frozen=True):
    """What may be referred to: requirements by id, and the names of everything else."""

    requirements: Mapping[str, Requirement]
    goals: dict[str, None]
    components: dict[str, None]
    tests: dict[str, None]


def trace(plan: Plan) -> Trace:
    requirements = {each.id: each for each in plan.requirements}
    known = Known(
        requirements,
        dict.fromkeys(each.id for each in plan.goals),
        dict.fromkeys(each.name for each in plan.components),
        dict.fromkeys(each.id for each in plan.tests),
    )
    up = {name: kept(each.refines, requirements) for name, each in requirements.items()}
    down, tests = turned(up, requirements), tests_of(plan, known)
    goals = {name: kept(each.goals, known.goals) for name, each in requirements.items()}
    changes = {name: kept(each.changes, known.components) for name, each in requirements.items()}
    return Trace(
        rows=tuple(row(each, up, down, goals, changes, tests) for each in requirements.values()),
        goals=turned(goals, known.goals),
        components=turned(changes, known.components),
        tests=turned(tests, known.tests),
    )


def tests_of(plan: Plan, known: Known) -> Links:
    """Requirement -> tests, from both sides."""
    found = {name: dict.fromkeys(kept(each.tests, known.tests)) for name, each in known.requirements.items()}
    for test in plan.tests:
        for name in kept(test.requirements, known.requirements):
            found[name][test.id] = None
    return {name: tuple(tests) for name, tests in found.items()}


def row(own: Requirement, up: Links, down: Links, goals: Links, changes: Links, tests: Links) -> Traced:
    above, below = reached(own.id, up), reached(own.id, down)
    return Traced(
        requirement=own.id,
        statement=own.statement,
        level=own.level,
        revision=own.revision,
        priority=grade(own.importance, own.urgency),
        refines=up[own.id],
        refined_by=down[own.id],
        goals=gathered(above, goals),
        components=gathered(below, changes),
        tests=gathered(below, tests),
    )


def gathered(names: Iterable[str], links: Links) -> tuple[str, ...]:
    return tuple(dict.fromkeys(target for name in names for target in links[name]))


def reached(start: str, links: Links) -> dict[str, None]:
    """`start` and everything that it leads to, in order; circles end."""
    found = {start: None}
    for name in (waiting := [start]):
        new = [each for each in links[name] if each not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return found


def kept(names: Iterable[str], known: Container[str]) -> tuple[str, ...]:
    """Those that exist, each once."""
    return tuple(dict.fromkeys(name for name in names if name in known))


def turned(links: Links, targets: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """From the targets back; every target is there."""
    back: dict[str, list[str]] = {target: [] for target in targets}
    for name, leads_to in links.items():
        for target in leads_to:
            back[target].append(name)
    return {target: tuple(names) for target, names in back.items()}
