"""Who may be out when: replicas before their primary, and never two members of a quorum at once.

A role is what a component's own driver read on the host: it is what a schedule assumes, and it is looked at again when
a lane begins, because a failover changes it. A host whose role changed is a person's matter: the order that was
approved is not the right one any more, and an amendment makes another.
"""

from collections.abc import Iterable, Mapping, Sequence

from liftlock.decide.waves import keep_places, place
from liftlock.model.actions import Evidence, Failure, FailureKind
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Component, Rollout
from liftlock.model.schedule import Quorum, Template
from liftlock.model.survey import Survey

ROLE, CLUSTER = "role", "cluster"
LEADERS = ("primary", "master", "leader")
FOLLOWERS = ("replica", "secondary", "standby", "slave", "follower")
VOTERS = ("voter", "leader")
UNKNOWN = "unknown"
LOOK = "00-look"  # the name of the step that looks at a role again, and of those after it

Places = dict[str, tuple[str, ...]]


def fact(component: str, name: str) -> str:
    """How a component's fact is called among its host's."""
    return f"{component}.{name}"


def role_in(facts: Mapping[str, str], component: str) -> str:
    """The role that was seen; empty if none was."""
    return facts.get(fact(component, ROLE), "").strip().lower()


def roles_seen(survey: Survey | None, component: str, hosts: Iterable[str]) -> dict[str, str]:
    """Hosts that answered and have a role in this component."""
    found = {}
    for host in hosts:
        seen = survey.hosts.get(host) if survey is not None else None
        if seen is not None and seen.reachable and (role := role_in(seen.facts, component)):
            found[host] = role
    return found


def has_order(assumes: Mapping[str, Mapping[str, str]], component: str) -> bool:
    """Do roles order this component's hosts?"""
    return any(role_in(facts, component) in LEADERS for facts in assumes.values())


def knows_roles(assumes: Mapping[str, Mapping[str, str]]) -> bool:
    """Is a role among what is assumed of any host?"""
    return any(name.endswith(f".{ROLE}") for facts in assumes.values() for name in facts)


# --- order ------------------------------------------------------------------------------------------------


def place_by_role(
    hosts: Sequence[str], roles: Mapping[str, str], inventory: Inventory, rollout: Rollout, seed: str
) -> Places:
    """Waves of those that do not lead, as the rollout says; then a wave of the leaders alone."""
    listed, strata = rollout.canaries == "listed", rollout.canary.strata if rollout.canary is not None else ()
    leaders = [host for host in hosts if roles.get(host) in LEADERS]
    rest = [host for host in hosts if roles.get(host) not in LEADERS]
    if not leaders or not rest:
        return place(hosts, inventory, rollout.waves, listed=listed, seed=seed, strata=strata)
    found = place(rest, inventory, rollout.waves, listed=listed, seed=seed, strata=strata)
    return found | {f"w{len(found) + 1}": tuple(leaders)}


def keep_by_role(
    hosts: Sequence[str],
    roles: Mapping[str, str],
    inventory: Inventory,
    before: Places,
    begun: frozenset[str],
    *,
    listed: bool,
) -> Places:
    """The waves of before; leaders that have not begun come after all that do not lead, in a wave of their own."""
    leaders = tuple(h for h in hosts if roles.get(h) in LEADERS and h not in begun)
    rest = [host for host in hosts if host not in leaders]
    if not leaders:
        return keep_places(hosts, inventory, before, listed=listed)
    found = keep_places(rest, inventory, before, listed=listed)
    if (last := list(before)[-1]) not in found and set(before[last]) <= set(leaders):
        return found | {last: leaders}
    return found | {f"w{number_of(last) + 1}": leaders}


def number_of(wave: str) -> int:
    """The number of a wave's name; names that have none stand before all waves."""
    return int(wave[1:]) if wave[:1] == "w" and wave[1:].isdecimal() else 0


def once_host(component: Component, hosts: Sequence[str], roles: Mapping[str, str]) -> str:
    """Where what is done once is done: as the plan says, else where the component's data can be written."""
    leaders = (host for host in hosts if roles.get(host) in LEADERS)
    return component.once_at or next(leaders, hosts[0])


# --- quorum -----------------------------------------------------------------------------------------------


def quorum_of(component: Component, hosts: Sequence[str], roles: Mapping[str, str]) -> Quorum | None:
    """Declared by the plan (`true`, or how many vote), or seen: the hosts that vote, and those whose role nobody saw. A
    host that is silent has a vote all the same, and is a member that is missing."""
    if component.quorum:
        size = len(hosts) if component.quorum is True else max(component.quorum, len(hosts))
        return Quorum(tuple(hosts), size)
    if not any(roles.get(host) in VOTERS for host in hosts):
        return None
    voters = tuple(host for host in hosts if roles.get(host, "") in (*VOTERS, "", UNKNOWN))
    return Quorum(voters, len(voters))


def spare(size: int) -> int:
    """How many of so many voters may be gone: more than half must stay."""
    return (size - 1) // 2


# --- looked at again --------------------------------------------------------------------------------------


def role_changed(component: str, assumes: Mapping[str, str], evidence: Evidence) -> Failure | None:
    """What was read now against what the schedule assumes. A look that tells of no roles (of packages) says nothing."""
    assumed = role_in(assumes, component)
    if not assumed or ROLE not in evidence.facts:
        return None
    found = str(evidence.facts[ROLE]).strip().lower() or UNKNOWN
    if found == assumed:
        return None
    fields: dict[str, str | int | float] = {"component": component, "assumed": assumed, "found": found}
    return Failure(FailureKind.DEVIATED, "role-changed", fields)


def looks_once(looks: Iterable[Template]) -> tuple[Template, ...]:
    """Several items of one technology ask the same: it is asked once, under a name of its own."""
    found: list[Template] = []
    for look in looks:
        if not any(look.action == other.action and look.at == other.at for other in found):
            found.append(look)
    return tuple(found)
