"""Who waits for whom, before there is a schedule: tasks by name, the waves as things with a begin and an end.

A component's waves lie between its begin and its end, all of them between the waves' begin and end; single waves that
are named come in their order. What a lead is before waits for what the lead is of. A circle among all of these has no
timetable.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from liftlock.decide.bounds import leads_of
from liftlock.decide.timetable.names import AFTER_WAVES, BEFORE_WAVES, WAVES
from liftlock.model.plan import Plan
from liftlock.model.tasks import Task

WAVE = re.compile(r"(.+)/([0-9]+)/(stop|before|w([0-9]+)|after)")
ORDER = ("stop", "before", "w", "after")
Waits = dict[str, list[str]]


def end_of(name: str) -> str:
    """The end of the waves, or of a component; their begin has their own name."""
    return f"{name} (end)"


def waits_of(plan: Plan) -> Waits:
    """Each task, component and named wave, and the waves' begin and end, with what they come after."""
    tasks = {task.id: task for task in (plan.timetable.tasks if plan.timetable else ())}
    found: Waits = {name: list(needs_of(plan, tasks, task)) for name, task in tasks.items()}
    for lead in leads_of(plan):
        for job in members(plan, tasks, lead.before, end=False):
            found.setdefault(job, []).extend(members(plan, tasks, lead.of, end=True))
    named = {name for needs in found.values() for name in needs} | found.keys()
    waves = sorted((name for name in named if WAVE.fullmatch(name) and name not in tasks), key=place)
    for name, needs in between(plan, waves).items():
        found.setdefault(name, []).extend(needs)
    of_waves = {WAVES, end_of(WAVES), *waves, *components(plan), *map(end_of, components(plan))}
    switching = {task.id for task in tasks.values() if task.stage == WAVES}
    behind = behind_waves(found, of_waves | switching)
    found[WAVES] = [
        *found.get(WAVES, ()),
        *(t.id for t in tasks.values() if t.stage in BEFORE_WAVES and t.id not in behind),
    ]
    return found


def between(plan: Plan, waves: Sequence[str]) -> Waits:
    """What lies between the waves' begin and end. A component that goes up `per` wave is not behind another's end."""
    found: Waits = {end_of(WAVES): [WAVES]}
    for component in plan.components:
        begin, end = component.name, end_of(component.name)
        own = [name for name in waves if name.partition("/")[0] == begin]
        above = [end_of(name) for name in component.after if component.per == "component"]
        found |= {begin: [WAVES, *above], end: [begin, *own]}
        found |= {name: [begin] for name in own[:1]} | {later: [begin, name] for name, later in pairwise(own)}
        found[end_of(WAVES)].append(end)
    return found


def place(wave: str) -> tuple[str, int, int, int]:
    """Where it comes among its component's."""
    parts = WAVE.fullmatch(wave)
    assert parts is not None
    return parts[1], int(parts[2]), ORDER.index("w" if parts[4] else parts[3]), int(parts[4] or 0)


def needs_of(plan: Plan, tasks: Mapping[str, Task], task: Task) -> Iterator[str]:
    for name in task.after:
        yield from (each for each in members(plan, tasks, name, end=True) if each != task.id or name == task.id)
    if not task.after and task.stage in AFTER_WAVES:
        yield from members(plan, tasks, WAVES, end=True)


def members(plan: Plan, tasks: Mapping[str, Task], name: str, *, end: bool) -> list[str]:
    """What a name stands for; nothing where nobody is called so, which is another finding."""
    if name in tasks and tasks[name].stage != name:
        return [name]
    of_stage = [task.id for task in tasks.values() if task.stage == name]
    if name == WAVES or (name in components(plan) and not of_stage):
        return [end_of(name) if end else name, *of_stage]
    return of_stage or ([name] if WAVE.fullmatch(name) else [])


def components(plan: Plan) -> tuple[str, ...]:
    return tuple(component.name for component in plan.components)


def behind_waves(found: Waits, start: set[str]) -> set[str]:
    reached = set(start)
    while more := {name for name, needs in found.items() if name not in reached and reached.intersection(needs)}:
        reached |= more
    return reached


def first_circle(waits: Mapping[str, Sequence[str]]) -> list[str]:
    """Names that wait for each other, the first of them twice; empty if there are none."""
    done: set[str] = set()
    for start in waits:
        trail, path = [iter(waits[start])], [start]
        while trail:
            following = next((each for each in trail[-1] if each not in done), None)
            if following is None:
                done.add(path.pop())
                trail.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                trail.append(iter(waits.get(following, ())))
                path.append(following)
    return []
