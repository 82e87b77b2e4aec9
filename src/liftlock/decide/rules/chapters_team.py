"""The team: every piece of work has one who answers for it and is there, nobody approves their own, all are reached."""

from collections.abc import Iterator

from msgspec import Struct

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.circles import circle_from
from liftlock.decide.people import at_work, team_of
from liftlock.decide.rules.approvals import approvals, people
from liftlock.model.chapters import Absence, Person
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Plan
from liftlock.model.tasks import Task

DAY = len("2026-12-20")
PAIR = 3  # names in the circle of two who stand in for each other, which is the custom (A/B 角)


class Work(Struct, frozen=True):
    """A piece of work out of the RACI matrix and the timetable. Days: empty where they are not known."""

    path: Path
    task: str
    accountable: str
    doing: tuple[str, ...]
    first: str = ""
    last: str = ""


def works(plan: Plan) -> Iterator[Work]:
    """Every task of the timetable with its line of the matrix, then the lines that are no task's."""
    duties = {duty.task: (index, duty) for index, duty in enumerate(plan.team.raci if plan.team is not None else ())}
    tasks = plan.timetable.tasks if plan.timetable is not None else ()
    for index, task in enumerate(tasks):
        duty = duties[task.id][1] if task.id in duties else None
        accountable = (duty.accountable if duty is not None else "") or task.owner
        doing = (*(duty.responsible if duty is not None else ()), *task.people, task.owner)
        first, last = days_of(task)
        yield Work(("timetable", "tasks", index), task.id, accountable, tuple(filter(None, doing)), first, last)
    for name, (index, duty) in duties.items():
        if name not in {task.id for task in tasks}:
            first, last = window_days(plan) if name == "waves" else ("", "")
            yield Work(("team", "raci", index), name, duty.accountable, duty.responsible, first, last)


def days_of(task: Task) -> tuple[str, str]:
    """From which day to which it lies, as far as it is written: a day that is not known is the other one."""
    first, last = (task.began or task.earliest)[:DAY], (task.ended or task.deadline)[:DAY]
    return first or last, max(first, last)


def window_days(plan: Plan) -> tuple[str, str]:
    dates = [window.date for window in plan.windows]
    return (min(dates), max(dates)) if dates and all(dates) else ("", "")


def work_is_answered_for(case: Case) -> Iterator[Finding]:
    """Only where a team is given."""
    for work in works(case.plan) if case.plan.team is not None else ():
        if not work.accountable:
            yield warning("L540", work.path, task=work.task)
        if not work.doing:
            yield warning("L541", work.path, task=work.task)


def who_is_away_has_a_deputy(case: Case) -> Iterator[Finding]:
    """A deputy who is there: somebody else, not away on the same days."""
    team = team_of(case.plan)
    for work in works(case.plan):
        person = team.get(work.accountable)
        for absence in absences(person, work.first, work.last):
            deputy = team.get(person.deputy) if person is not None else None
            if deputy is None or deputy is person or list(absences(deputy, *overlap(absence, work))):
                since, until = overlap(absence, work)
                yield warning("L542", work.path, person=work.accountable, task=work.task, since=since, until=until)


def absences(person: Person | None, first: str, last: str) -> Iterator[Absence]:
    for absence in person.absences if person is not None and first else ():
        if absence.from_ <= last and first <= absence.to:
            yield absence


def overlap(absence: Absence, work: Work) -> tuple[str, str]:
    return max(absence.from_, work.first), min(absence.to, work.last)


def nobody_approves_their_own_work(case: Case) -> Iterator[Finding]:
    """自批: who plans, builds or carries out is none of those who may approve. The plan's owner has a rule already."""
    working = at_work(case.plan)
    for path, approval in approvals(case):
        for name in people(approval):
            if name in working and name != case.plan.owner:
                yield error("L543", (*path, "by"), person=name, role=approval.role, task=working[name])


def deputies_are_others(case: Case) -> Iterator[Finding]:
    team = team_of(case.plan)
    links = {name: (person.deputy,) for name, person in team.items() if person.deputy not in ("", name)}
    told: set[str] = set()
    for index, (name, person) in enumerate(team.items()):
        path = ("team", "people", index, "deputy")
        if person.deputy == name:
            yield error("L544", path, person=name)
        circle = circle_from(name, lambda one: links.get(one, ()))
        if len(circle) > PAIR and not told & set(circle):
            told.update(circle)
            yield warning("L545", path, circle=" → ".join(circle))


def everybody_can_be_reached(case: Case) -> Iterator[Finding]:
    for index, person in enumerate(case.plan.team.people if case.plan.team is not None else ()):
        if not person.contact.phone and not person.contact.mail:
            yield warning("L546", ("team", "people", index), person=person.id)


RULES: tuple[Rule, ...] = (
    work_is_answered_for,
    who_is_away_has_a_deputy,
    nobody_approves_their_own_work,
    deputies_are_others,
    everybody_can_be_reached,
)
