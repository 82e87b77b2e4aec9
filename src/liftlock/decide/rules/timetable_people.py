"""Whom and what the timetable's tasks and waves need: people of the team, resources, teams that are large enough."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.decide.rules.timetable_days import is_day
from liftlock.model.chapters import Resource
from liftlock.model.findings import Finding

OPEN_TASKS = "2199-12-31"


def team_sizes(case: Case) -> dict[str, int]:
    """Teams as resources say, or by the people who say that they are in them."""
    found: dict[str, int] = {}
    for person in case.plan.team.people if case.plan.team else ():
        for team in person.teams:
            found[team] = found.get(team, 0) + 1
    return found | {each.id: each.amount for each in case.plan.resources if each.kind in ("team", "outsourced")}


def resources(case: Case) -> dict[str, Resource]:
    return {each.id: each for each in case.plan.resources}


def people_are_of_the_team(case: Case) -> Iterator[Finding]:
    """Where a team is given, the timetable's people are in it."""
    table, team = case.plan.timetable, case.plan.team
    if table is None or team is None or not team.people:
        return
    known = [person.id for person in team.people]
    for index, task in enumerate(table.tasks):
        for at, person in enumerate(task.people):
            if person not in known:
                path = ("timetable", "tasks", index, "people", at)
                yield error("L620", path, task=task.id, person=person, known=some(known))
        if task.owner and task.owner not in known:
            place = ("timetable", "tasks", index, "owner")
            yield warning("L620", place, task=task.id, person=task.owner, known=some(known))


def resources_are_there(case: Case) -> Iterator[Finding]:
    table, sizes = case.plan.timetable, team_sizes(case)
    amounts = {name: each.amount for name, each in resources(case).items()} | sizes
    for index, task in enumerate(table.tasks if table else ()):
        for name, units in task.uses.items():
            path = ("timetable", "tasks", index, "uses", name)
            if name not in amounts:
                yield error("L621", path, task=task.id, resource=name, known=some(sorted(amounts)) or "-")
            elif units > amounts[name]:
                yield error("L622", path, task=task.id, resource=name, units=units, amount=amounts[name])


def pools_are_large_enough(case: Case) -> Iterator[Finding]:
    table, sizes = case.plan.timetable, team_sizes(case)
    components = [component.name for component in case.plan.components]
    for index, pool in enumerate(table.pools if table else ()):
        path = ("timetable", "pools", index)
        if pool.team not in sizes:
            yield error("L623", (*path, "team"), team=pool.team, known=some(sorted(sizes)) or "-")
        elif pool.people > sizes[pool.team]:
            yield error("L624", (*path, "people"), team=pool.team, people=pool.people, amount=sizes[pool.team])
        for at, name in enumerate(pool.components):
            if name not in components:
                yield error("L625", (*path, "components", at), given=name, known=some(components))


def nobody_is_away_from_what_began(case: Case) -> Iterator[Finding]:
    table, team = case.plan.timetable, case.plan.team
    absences = {person.id: person.absences for person in (team.people if team else ())}
    for index, task in enumerate(table.tasks if table else ()):
        begins, ends = task.began[:10], task.ended[:10] or OPEN_TASKS
        if not begins or not is_day(begins) or not is_day(ends):
            continue
        for person in task.people:
            for absence in absences.get(person, ()):
                if absence.from_ <= ends and begins <= absence.to:
                    path = ("timetable", "tasks", index)
                    span = {"since": absence.from_, "until": absence.to}
                    yield warning("L626", path, task=task.id, person=person, **span)


RULES: tuple[Rule, ...] = (
    people_are_of_the_team,
    resources_are_there,
    pools_are_large_enough,
    nobody_is_away_from_what_began,
)
