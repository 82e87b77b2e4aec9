"""The timetable: tasks that can be told apart and put in order, people and things that exist, lead rules that bind."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, info, some, warning
from liftlock.decide.rules import timetable_days, timetable_load, timetable_people
from liftlock.decide.rules.time import is_time
from liftlock.decide.rules.timetable_days import is_when
from liftlock.decide.rules.windows import length_s
from liftlock.decide.timetable.circles import first_circle, waits_of
from liftlock.decide.timetable.names import STAGES, WAVES
from liftlock.decide.windows import moment
from liftlock.decide.workdays import earliest_after
from liftlock.model.findings import Finding, Path
from liftlock.model.tasks import Lead, Task

RECORDED = ("approval", "plan")  # what the journal knows, whether there are tasks for it or not
TASKS: Path = ("timetable", "tasks")
LEADS: Path = ("timetable", "leads")


def tasks(case: Case) -> Iterator[tuple[Path, Task]]:
    for index, task in enumerate(case.plan.timetable.tasks if case.plan.timetable else ()):
        yield (*TASKS, index), task


def names_of_waves(case: Case) -> set[str]:
    """What stands for waves: all of them, or a component's. Single waves have names with `/`."""
    return {WAVES, *(component.name for component in case.plan.components)}


# --- tasks ------------------------------------------------------------------------------------------------------


def tasks_can_be_told_apart(case: Case) -> Iterator[Finding]:
    """A stage's only task may be called as the stage is."""
    seen: set[str] = set()
    for path, task in tasks(case):
        if task.id in seen:
            yield error("L600", (*path, "id"), task=task.id)
        elif task.id in {*STAGES, *names_of_waves(case)} - {task.stage} | {WAVES} or "/" in task.id or ":" in task.id:
            yield error("L601", (*path, "id"), task=task.id)
        seen.add(task.id)


def tasks_have_one_length(case: Case) -> Iterator[Finding]:
    for path, task in tasks(case):
        if (task.days is None) == (task.takes_s is None):
            yield error("L604", path, task=task.id)
        elif task.windowed and task.days:
            yield warning("L611", (*path, "days"), task=task.id)


def tasks_come_after_what_is_there(case: Case) -> Iterator[Finding]:
    ids = {task.id for _, task in tasks(case)}
    used = {task.stage for _, task in tasks(case)}
    known = ids | used | names_of_waves(case)
    for path, task in tasks(case):
        for index, name in enumerate(task.after):
            if not is_known(case, name, known):
                yield error("L602", (*path, "after", index), task=task.id, given=name, known=some(sorted(known)))


def is_known(case: Case, name: str, known: set[str]) -> bool:
    """A single wave can be named by its id; whether it is there shows with the schedule."""
    return name in known or (name.count("/") == 2 and name.partition("/")[0] in names_of_waves(case))


def nothing_waits_in_circles(case: Case) -> Iterator[Finding]:
    """Tasks, waves and leads together."""
    if circle := first_circle(waits_of(case.plan)):
        yield error("L603", TASKS, circle=" → ".join(circle))


def windowed_tasks_fit(case: Case) -> Iterator[Finding]:
    windows = [each for each in case.plan.windows if is_time(each.from_) and is_time(each.to)]
    longest_s = max(map(length_s, windows), default=0.0)
    for path, task in tasks(case):
        if task.windowed and task.takes_s is not None and windows and task.takes_s > longest_s:
            yield error("L610", (*path, "takes"), task=task.id, needs_s=task.takes_s, longest_s=longest_s)


# --- leads ------------------------------------------------------------------------------------------------------


def leads(case: Case) -> Iterator[tuple[Path, Lead]]:
    for index, lead in enumerate(case.plan.timetable.leads if case.plan.timetable else ()):
        yield (*LEADS, index), lead


def leads_are_between_things_that_are_there(case: Case) -> Iterator[Finding]:
    listed = {name for _, task in tasks(case) for name in (task.id, task.stage)}
    known, seen = listed | names_of_waves(case), set[tuple[str, str]]()
    for path, lead in leads(case):
        for key, name, more in (("of", lead.of, set(RECORDED)), ("before", lead.before, set[str]())):
            if not is_known(case, name, known | more):
                yield error("L630", (*path, key), given=name, known=some(sorted(known | more)))
        if (lead.of, lead.before) in seen:
            yield error("L631", path, of=lead.of, before=lead.before)
        seen.add((lead.of, lead.before))


def leads_say_what_they_bind(case: Case) -> Iterator[Finding]:
    """A run is held by leads of what the journal knows, and of tasks that are over, before waves."""
    for path, lead in leads(case):
        if not lead.days:
            continue
        if case.plan.model == "emergency":
            yield info("L633", path, days=lead.days)
        elif lead.of == "approval" and not case.plan.approvals:
            yield warning("L632", path, days=lead.days)
        elif lead.of not in RECORDED and not all(
            task.ended for _, task in tasks(case) if lead.of in (task.id, task.stage)
        ):
            yield info("L635", path, of=lead.of, before=lead.before, days=lead.days)


def leads_end_before_the_deadline(case: Case) -> Iterator[Finding]:
    deadline = case.plan.deadline
    if case.now is None or not is_when(deadline) or case.plan.model == "emergency":
        return
    ends = moment(deadline, case.now, end=True)
    for path, lead in leads(case):
        opens = earliest_after(case.calendars.workdays, case.now, lead.days)
        over = all(task.ended for _, task in tasks(case) if lead.of in (task.id, task.stage))
        if lead.of not in RECORDED and not over and (opens is None or opens >= ends):
            said = opens.date().isoformat() if opens else "-"
            yield error("L634", (*path, "days"), days=lead.days, opens=said, deadline=deadline)


RULES: tuple[Rule, ...] = (
    tasks_can_be_told_apart,
    tasks_have_one_length,
    tasks_come_after_what_is_there,
    nothing_waits_in_circles,
    windowed_tasks_fit,
    leads_are_between_things_that_are_there,
    leads_say_what_they_bind,
    leads_end_before_the_deadline,
    *timetable_people.RULES,
    *timetable_days.RULES,
    *timetable_load.RULES,
)
