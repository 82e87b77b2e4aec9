"""Does a conditional rule hold, host by host?

Rule, after OpenShift's conditional edges: conditions are looked at in order, and the first that can be evaluated
decides; what cannot be evaluated on a host holds there (fail closed). A condition can be evaluated where every fact
that it asks is known, of the survey or of the host's variables.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from liftlock.decide.versions import BadVersion, version, version_range
from liftlock.model.inventory import Inventory
from liftlock.model.product import Condition, Scheme
from liftlock.model.survey import Survey

Facts = Mapping[str, Mapping[str, str]]  # host -> what is known of it
Alike = tuple[tuple[Mapping[str, str], tuple[str, ...]], ...]  # facts, and the hosts that have them
NOBODY: Facts = {"": {}}  # no host is known: nothing can be evaluated but what always holds


class Holding(Struct, frozen=True):
    """On which hosts it holds, and which facts were asked in vain."""

    hosts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hosts)


def facts_of(inventory: Inventory, survey: Survey | None, group: str) -> dict[str, dict[str, str]]:
    """What is known of a group's hosts: what was seen stands above what the inventory says."""
    known: dict[str, dict[str, str]] = {}
    for name in inventory.members(group):
        seen = survey.hosts[name].facts if survey is not None and name in survey.hosts else {}
        known[name] = {**inventory.hosts[name].variables, **seen}
    return known


def alike(facts: Facts, names: Iterable[str]) -> Alike:
    """Hosts of which the same is known in these facts, taken together: a fleet has few kinds of host."""
    kept = tuple(dict.fromkeys(names))
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for host, known in (facts or NOBODY).items():
        groups.setdefault(tuple(map(known.get, kept)), []).append(host)
    return tuple(
        ({name: value for name, value in zip(kept, values, strict=True) if value is not None}, tuple(hosts))
        for values, hosts in groups.items()
    )


def holding(conditions: Sequence[Condition], hosts: Alike, scheme: Scheme) -> Holding:
    """Where a rule holds under these conditions."""
    found: list[str] = []
    unknown: dict[str, None] = {}
    for known, names in hosts:
        answer = decided(conditions, known, scheme)
        if answer is not False:
            found += names
        if answer is None:
            unknown |= dict.fromkeys(asked(conditions))
    return Holding(tuple(found), tuple(unknown))


def decided(conditions: Sequence[Condition], known: Mapping[str, str], scheme: Scheme) -> bool | None:
    """What the first condition says that can be evaluated; None if none can."""
    answers = (evaluated(condition, known, scheme) for condition in conditions)
    return next((answer for answer in answers if answer is not None), None)


def evaluated(condition: Condition, known: Mapping[str, str], scheme: Scheme) -> bool | None:
    if condition.expression:
        return None
    if not condition.fact:
        return True if condition.always else None
    value = known.get(condition.fact)
    return None if value is None else compared(condition, value, scheme)


def compared(condition: Condition, value: str, scheme: Scheme) -> bool | None:
    """All that is said of the fact must be so."""
    said: list[bool] = []
    if condition.is_:
        said.append(value == condition.is_)
    if condition.in_:
        said.append(value in condition.in_)
    if condition.not_:
        said.append(value != condition.not_)
    if condition.range:
        try:
            said.append(version(value, scheme) in version_range(condition.range, scheme))
        except BadVersion:
            return None
    return all(said) if said else None


def asked(conditions: Sequence[Condition]) -> tuple[str, ...]:
    return tuple(condition.fact for condition in conditions if condition.fact)
