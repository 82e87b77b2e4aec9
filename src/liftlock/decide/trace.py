"""追溯表: requirement <-> goal, component, test. Traces may be written from either side; refinements hand them on.

A system requirement is answered by what answers the software requirements that refine it; a software requirement serves
the goals of what it refines. Names that do not resolve are left out here: a rule says so.
"""

from collections.abc import Iterable, Mapping

from liftlock.model.appraisal import Trace, Traced
from liftlock.model.chapters import Requirement
from liftlock.model.plan import Plan

Links = Mapping[str, tuple[str, ...]]


def trace(plan: Plan) -> Trace:
    requirements = {each.id: each for each in plan.requirements}
    goals, components = [each.id for each in plan.goals], [each.name for each in plan.components]
    up = {name: kept(each.refines, requirements) for name, each in requirements.items()}
    down = turned(up, requirements)
    tests = tests_of(plan, requirements)
    rows = [row(each, up, down, tests, goals, components, requirements) for each in requirements.values()]
    return Trace(
        rows=tuple(rows),
        goals=turned({name: kept(each.goals, goals) for name, each in requirements.items()}, goals),
        components=turned({name: kept(each.changes, components) for name, each in requirements.items()}, components),
        tests=turned(tests, [each.id for each in plan.tests]),
    )


def tests_of(plan: Plan, requirements: Mapping[str, Requirement]) -> Links:
    """Requirement -> tests, from both sides."""
    known = [each.id for each in plan.tests]
    found = {name: list(kept(each.tests, known)) for name, each in requirements.items()}
    for test in plan.tests:
        for name in kept(test.requirements, requirements):
            if test.id not in found[name]:
                found[name].append(test.id)
    return {name: tuple(tests) for name, tests in found.items()}


def row(
    own: Requirement,
    up: Links,
    down: Links,
    tests: Links,
    goals: Iterable[str],
    components: Iterable[str],
    requirements: Mapping[str, Requirement],
) -> Traced:
    above, below = reached(own.id, up), reached(own.id, down)
    return Traced(
        requirement=own.id,
        statement=own.statement,
        level=own.level,
        revision=own.revision,
        refines=up[own.id],
        refined_by=down[own.id],
        goals=kept((goal for name in above for goal in requirements[name].goals), goals),
        components=kept((change for name in below for change in requirements[name].changes), components),
        tests=tuple(dict.fromkeys(test for name in below for test in tests[name])),
    )


def reached(start: str, links: Links) -> list[str]:
    """`start` and everything that it leads to, in order; circles end."""
    found = [start]
    for name in found:
        found += [each for each in links[name] if each not in found]
    return found


def kept(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Those that exist, each once."""
    there = set(known)
    return tuple(dict.fromkeys(name for name in names if name in there))


def turned(links: Links, targets: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """From the targets back; every target is there."""
    back: dict[str, list[str]] = {target: [] for target in targets}
    for name, leads_to in links.items():
        for target in leads_to:
            back[target].append(name)
    return {target: tuple(names) for target, names in back.items()}
