"""Who waits for whom, before there is a schedule: tasks by name, the waves as one thing with a begin and an end.

Single waves and components that are named lie between the waves' begin and end. What a lead is before waits for what
the lead is of. A circle among all of these has no timetable.
"""

from collections.abc import Iterator, Mapping, Sequence

from liftlock.decide.bounds import leads_of
from liftlock.decide.timetable.names import AFTER_WAVES, BEFORE_WAVES, WAVES
from liftlock.model.plan import Plan
from liftlock.model.tasks import Task

BEGIN, END = WAVES, f"{WAVES} (end)"
Waits = dict[str, list[str]]


def waits_of(plan: Plan) -> Waits:
    """Each task, and the waves' begin and end, with what they come after."""
    tasks = {task.id: task for task in (plan.timetable.tasks if plan.timetable else ())}
    found: Waits = {name: list(needs_of(plan, tasks, task)) for name, task in tasks.items()}
    between = {name for needs in found.values() for name in needs if name not in tasks and name != END}
    for lead in leads_of(plan):
        for job in members(plan, tasks, lead.before, end=False):
            between |= {job} - set(tasks) - {BEGIN}
            found.setdefault(job, []).extend(members(plan, tasks, lead.of, end=True))
    switching = {task.id for task in tasks.values() if task.stage == WAVES}
    behind = behind_waves(found, {*between, *switching, BEGIN, END})
    found.setdefault(BEGIN, []).extend(
        task.id for task in tasks.values() if task.stage in BEFORE_WAVES and task.id not in behind
    )
    for name in between:
        found.setdefault(name, []).append(BEGIN)
    found[END] = [BEGIN, *sorted(between)]
    return found


def needs_of(plan: Plan, tasks: Mapping[str, Task], task: Task) -> Iterator[str]:
    for name in task.after:
        yield from (each for each in members(plan, tasks, name, end=True) if each != task.id or name == task.id)
    if not task.after and task.stage in AFTER_WAVES:
        yield END


def members(plan: Plan, tasks: Mapping[str, Task], name: str, *, end: bool) -> list[str]:
    """What a name stands for; nothing where nobody is called so, which is another finding."""
    if name in tasks and tasks[name].stage != name:
        return [name]
    of_stage = [task.id for task in tasks.values() if task.stage == name]
    if name == WAVES:
        return [END if end else BEGIN, *of_stage]
    components = {component.name for component in plan.components}
    return of_stage or ([name] if name.partition("/")[0] in components else [])


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
