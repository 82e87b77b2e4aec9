"""What jobs share: people, teams, equipment, hosts; how much of it there is, and when there is less.

- A person gives the upgrade so many percent of a day (`load`), a task takes so many, at most what the person gives.
  Absences count on working days; for whoever works nights or weekends too (tasks in hours), on every day.
- A team has as many people as the resource of that name says, or as say that they are in it, less those absent.
- Waves that share hosts, a group's promise or a quorum come one after the other: a resource of capacity 1.
- Whoever works on somebody else's change is not there meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from liftlock.decide.timetable.back import minute_of
from liftlock.decide.timetable.ground import Ground
from liftlock.decide.timetable.names import Cast
from liftlock.decide.workdays import DAY, is_open, midnight
from liftlock.model.chapters import Absence, Person, Resource
from liftlock.model.schedule import Schedule, name_of
from liftlock.model.schedule import Stage as Wave
from liftlock.model.tasks import OtherChange, Task
from liftlock.model.timetable import Capacity, Span
from liftlock.model.workdays import Workdays

WHOLE = 100  # percent of a person


def people_of(ground: Ground) -> dict[str, Person]:
    return {person.id: person for person in (ground.plan.team.people if ground.plan.team else ())}


def teams_of(ground: Ground) -> dict[str, list[Person]]:
    """Teams by the people who say that they are in them."""
    found: dict[str, list[Person]] = {}
    for person in people_of(ground).values():
        for team in person.teams:
            found.setdefault(team, []).append(person)
    return found


def resources_of(ground: Ground) -> dict[str, Resource]:
    return {each.id: each for each in ground.plan.resources}


def resource_id(ground: Ground, name: str) -> str:
    """`team:` or `equipment:` before a name of the plan; empty if nobody knows it."""
    known = resources_of(ground).get(name)
    if known is not None and known.kind not in ("team", "outsourced"):
        return f"equipment:{name}"
    return f"team:{name}" if known is not None or name in teams_of(ground) else ""


# --- what is used -------------------------------------------------------------------------------------------


def uses_of_task(ground: Ground, task: Task) -> dict[str, int]:
    people = people_of(ground)
    found: dict[str, int] = {}
    for name in dict.fromkeys(task.people):
        gives = people[name].load if name in people else WHOLE
        found[f"person:{name}"] = max(1, round(min(task.load, gives)))
    for name, units in task.uses.items():
        if units > 0 and (known := resource_id(ground, name)):
            found[known] = units
    return found


def uses_of_wave(ground: Ground, wave: Wave, alone: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for pool in ground.table.pools:
        known = resource_id(ground, pool.team)
        if known and (not pool.components or name_of(wave.component) in pool.components):
            found[known] = found.get(known, 0) + pool.people
    return found | dict.fromkeys(alone.get(wave.id, ()), 1)


def exclusive(schedule: Schedule) -> dict[str, frozenset[str]]:
    """Resources of capacity 1 -> the waves that need them: only where waves of several components do."""
    found: dict[str, set[str]] = {}
    quorums = (schedule.quorums or {}).items()
    members = {host: f"quorum:{name}" for name, quorum in quorums for host in quorum.members}
    by_host: dict[str, set[str]] = {}
    for stage in schedule.stages:
        found.setdefault(f"domain:{schedule.policies[stage.component].capacity}", set()).add(stage.id)
        for host in stage.hosts:
            by_host.setdefault(host, set()).add(stage.id)
            if host in members:
                found.setdefault(members[host], set()).add(stage.id)
    shared = {frozenset(stages): host for host, stages in reversed(by_host.items())}
    found |= {f"host:{host}": set(stages) for stages, host in shared.items()}
    return {name: frozenset(stages) for name, stages in once(found).items() if len(components_of(stages)) > 1}


def once(found: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """One name for each set of waves: what is kept apart already needs no second reason."""
    kept: dict[frozenset[str], str] = {}
    for name, stages in found.items():
        kept.setdefault(frozenset(stages), name)
    return {name: set(stages) for stages, name in kept.items()}


def components_of(stages: Iterable[str]) -> set[str]:
    return {stage.partition("/")[0] for stage in stages}


# --- what there is ------------------------------------------------------------------------------------------


def capacities(
    ground: Ground, cast: Cast, workdays: Workdays, others: Sequence[OtherChange], used: Iterable[str]
) -> Iterator[Capacity]:
    """Of the resources that jobs use."""
    nights = {name for task in cast.tasks.values() if task.takes_s is not None for name in task.people}
    for name in sorted(set(used)):
        kind, _, own = name.partition(":")
        match kind:
            case "person":
                yield person_capacity(ground, workdays, others, own, every_day=own in nights)
            case "team":
                yield team_capacity(ground, others, own)
            case "equipment":
                resource = resources_of(ground)[own]
                less = tuple((span, resource.amount) for span in away(ground, resource.absences))
                yield Capacity(name, resource.amount, less, kind)
            case _:
                yield Capacity(name, 1, (), "quorum" if kind == "quorum" else "domain")


def person_capacity(
    ground: Ground, workdays: Workdays, others: Sequence[OtherChange], name: str, *, every_day: bool
) -> Capacity:
    person = people_of(ground).get(name)
    amount = max(1, round(person.load)) if person else WHOLE
    absences = person.absences if person else ()
    missing = away(ground, absences) if every_day else away_on_workdays(ground, workdays, absences)
    spans = merged([*missing, *busy(ground, others, name)])
    return Capacity(f"person:{name}", amount, tuple((span, amount) for span in spans), "person")


def team_capacity(ground: Ground, others: Sequence[OtherChange], name: str) -> Capacity:
    members = teams_of(ground).get(name, [])
    less = [
        (span, 1) for each in members for span in merged([*away(ground, each.absences), *busy(ground, others, each.id)])
    ]
    resource = resources_of(ground).get(name)
    amount = resource.amount if resource else len(members)
    if resource:
        less += [(span, amount) for span in away(ground, resource.absences)]
    return Capacity(f"team:{name}", amount, tuple(sorted(less)), "team")


def away(ground: Ground, absences: Iterable[Absence]) -> list[Span]:
    return [span for first, last in map(ground.days_of, absences) for span in whole_days(ground, first, last)]


def away_on_workdays(ground: Ground, workdays: Workdays, absences: Iterable[Absence]) -> list[Span]:
    """The same without days on which nobody works anyhow: work of days goes over them."""
    found = []
    for first, last in map(ground.days_of, absences):
        days = (first + DAY * number for number in range((last - first).days + 1))
        found += [span for day in days if is_open(workdays, day) for span in whole_days(ground, day, day)]
    return found


def whole_days(ground: Ground, first: date, last: date) -> list[Span]:
    """Nothing where the last comes before the first."""
    begins, ends = (minute_of(ground.origin, midnight(day, ground.origin)) for day in (first, last + DAY))
    return [span for span in (clipped(begins, ends),) if span is not None]


def busy(ground: Ground, others: Iterable[OtherChange], name: str) -> list[Span]:
    found = [(ground.minute(each.from_), ground.minute(each.to, end=True)) for each in others if name in each.people]
    return [span for begins, ends in found if (span := clipped(begins, ends)) is not None]


def clipped(begins: int, ends: int) -> Span | None:
    begins = max(0, begins)
    return Span(begins, ends) if ends > begins else None


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch or overlap as one: nobody is missing twice."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.begins <= found[-1].ends:
            found[-1] = Span(found[-1].begins, max(found[-1].ends, span.ends))
        else:
            found.append(span)
    return found
