"""Who is named where in the chapters, and who is in the team.

A `person` is somebody by id; a `party` may be a team or a post as well; `free` text may name people or anybody else
(departments, customers), so that only a likely slip of the pen is said there. The timetable has rules of its own.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from liftlock.decide.rules.approvals import people as approvers
from liftlock.model.chapters import Person
from liftlock.model.findings import Path
from liftlock.model.plan import Plan

Manner = Literal["person", "party", "free"]
OWNED = ("requirements", "risks", "communication", "tests", "notices", "resources")
OWN_WORK = ("plan", "design", "build", "waves")  # stages whose people do not approve the upgrade


class Naming(Struct, frozen=True):
    """One place of the plan that names somebody."""

    path: Path
    name: str
    manner: Manner


def namings(plan: Plan) -> Iterator[Naming]:
    """Every name of a person or party in the chapters, with its place."""
    found = (*owners(plan), *deciders(plan), *of_team(plan), *told(plan), *in_emergency(plan))
    return (naming for naming in found if naming.name)


def owners(plan: Plan) -> Iterator[Naming]:
    yield Naming(("owner",), plan.owner, "person")
    for chapter in OWNED:
        for index, each in enumerate(getattr(plan, chapter)):
            yield Naming((chapter, index, "owner"), each.owner, "person")


def deciders(plan: Plan) -> Iterator[Naming]:
    """Who decides, accepts, approves, agrees."""
    for index, approval in enumerate(plan.approvals):
        yield from each_of(("approvals", index, "by"), approvers(approval), "person", indexed=False)
    for index, choice in enumerate(plan.choices):
        yield from each_of(("choices", index, "by"), choice.by, "party")
    for index, risk in enumerate(plan.risks):
        yield Naming(("risks", index, "accepted_by"), risk.accepted_by, "party")
    for index, omission in enumerate(plan.omitted):
        yield Naming(("omitted", index, "by"), omission.by, "party")
    for index, override in enumerate(plan.overrides):
        yield Naming(("overrides", index, "by"), override.by, "party")
    for index, criterion in enumerate(plan.acceptance):
        if not isinstance(criterion, str):
            yield Naming(("acceptance", index, "by"), criterion.by, "party")
    if plan.budget is not None:
        yield Naming(("budget", "approved_by"), plan.budget.approved_by, "party")


def of_team(plan: Plan) -> Iterator[Naming]:
    if plan.team is None:
        return
    for index, person in enumerate(plan.team.people):
        yield Naming(("team", "people", index, "deputy"), person.deputy, "person")
    for index, duty in enumerate(plan.team.raci):
        place = ("team", "raci", index)
        yield Naming((*place, "accountable"), duty.accountable, "person")
        yield from each_of((*place, "responsible"), duty.responsible, "party")
        yield from each_of((*place, "consulted"), duty.consulted, "free")
        yield from each_of((*place, "informed"), duty.informed, "free")


def told(plan: Plan) -> Iterator[Naming]:
    """Who is told, trained, asked: often departments and customers."""
    for index, requirement in enumerate(plan.requirements):
        yield from each_of(("requirements", index, "confirmed_by"), requirement.confirmed_by, "free")
    for index, talk in enumerate(plan.communication):
        yield from each_of(("communication", index, "to"), talk.to, "free")
    for index, notice in enumerate(plan.notices):
        yield from each_of(("notices", index, "to"), notice.to, "free")
    for index, training in enumerate(plan.training):
        yield Naming(("training", index, "trainer"), training.trainer, "party")


def in_emergency(plan: Plan) -> Iterator[Naming]:
    if plan.emergency is None:
        return
    for index, scenario in enumerate(plan.emergency.scenarios):
        place = ("emergency", "scenarios", index)
        yield Naming((*place, "owner"), scenario.owner, "person")
        yield from each_of((*place, "escalate"), scenario.escalate, "party")


def each_of(path: Path, names: Iterable[str], manner: Manner, *, indexed: bool = True) -> Iterator[Naming]:
    for index, name in enumerate(names):
        yield Naming((*path, index) if indexed else path, name, manner)


# --- the team ---------------------------------------------------------------------------------------------------


def team_of(plan: Plan) -> dict[str, Person]:
    """People by id; none where no team is given."""
    return {person.id: person for person in plan.team.people} if plan.team is not None else {}


def parties(plan: Plan) -> frozenset[str]:
    """Everything that a party may be called: people, their teams and posts, teams among the resources."""
    people = team_of(plan).values()
    teams = (team for person in people for team in person.teams)
    posts = (post for person in people for post in person.posts)
    others = (each.id for each in plan.resources if each.kind in ("team", "outsourced"))
    return frozenset((*team_of(plan), *teams, *posts, *others))


def at_work(plan: Plan) -> dict[str, str]:
    """Person -> the task of planning, building or the waves that the person does or answers for."""
    tasks = plan.timetable.tasks if plan.timetable is not None else ()
    own = {*OWN_WORK, *(task.id for task in tasks if task.stage in OWN_WORK)}
    found: dict[str, str] = {}
    for duty in plan.team.raci if plan.team is not None else ():
        if duty.task in own:
            for name in (duty.accountable, *duty.responsible):
                found.setdefault(name, duty.task)
    for task in tasks:
        if task.id in own:
            for name in (task.owner, *task.people):
                found.setdefault(name, task.id)
    return found
