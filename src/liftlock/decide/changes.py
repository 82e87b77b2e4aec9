"""Which of our hosts somebody else's change touches: those that it names, or whose group, component or system."""

from collections.abc import Iterable, Mapping, Sequence

from liftlock.model.plan import Plan
from liftlock.model.schedule import Schedule, name_of
from liftlock.model.tasks import OtherChange

Names = Mapping[str, frozenset[str]]  # what an item may be called -> our hosts


def names_of(plan: Plan, hosts: Mapping[str, Iterable[str]], groups: Mapping[str, Sequence[str]]) -> Names:
    """`hosts`: by component; `groups`: of the inventory. A group touches those of its hosts that are ours."""
    found: dict[str, frozenset[str]] = {}
    ours = {name: frozenset(each) for name, each in hosts.items()}
    all_ours = frozenset().union(*ours.values())
    for group, members in groups.items():
        found[group] = all_ours.intersection(members)
    for component in plan.components:
        touched = ours.get(component.name, frozenset())
        for name in (component.name, component.hosts, *component.systems):
            found[name] = found.get(name, frozenset()) | touched
    return found | {host: frozenset({host}) for host in all_ours}


def names_in(plan: Plan, schedule: Schedule) -> Names:
    """The same, where only the schedule is there."""
    hosts: dict[str, list[str]] = {}
    for stage in schedule.stages:
        hosts.setdefault(name_of(stage.component), []).extend(stage.hosts)
    return names_of(plan, hosts, {})


def touched(change: OtherChange, names: Names) -> frozenset[str]:
    return frozenset().union(*(names.get(item, frozenset()) for item in change.items))
