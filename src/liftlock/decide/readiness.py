"""Are the hosts ready? What a survey saw, against what the plan expects of them (source: survey)."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from liftlock.decide.case import some
from liftlock.decide.expected import deviations
from liftlock.decide.roles import CLUSTER, FOLLOWERS, LEADERS, fact, quorum_of, role_in, spare
from liftlock.model.errors import WorldKind
from liftlock.model.findings import Field, Finding, Path, Severity
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Component, Plan
from liftlock.model.ports import Artifact
from liftlock.model.readiness import Expected
from liftlock.model.recipe import Recipes
from liftlock.model.survey import HostSurvey, Survey

SKEW_WARNING_S = 30.0
SKEW_ERROR_S = 300.0
ROOM_FACTOR = 3  # packed, unpacked, and the version that is kept
MEBIBYTE = 1024 * 1024
MEMORY_LOW_MB = 64
STABLE = ("os", "os_version", "arch", "hostname", "machine")
ALIKE = ("os", "os_version", "arch")
RUNNING = ("active", "running", "reloading", "activating")
KEPT_OUT = {WorldKind.HOST_KEY.value: "L311", WorldKind.AUTHENTICATION.value: "L312"}  # what to do is not the same
NOBODY_SAYS = ("", "unknown", "offline")  # no such unit, or no systemd that runs


class Look(Struct, frozen=True):
    """What rules look at: the plan's components with their hosts, and what was seen there."""

    components: tuple[tuple[Path, Component, tuple[str, ...]], ...]
    seen: Mapping[str, HostSurvey]
    hosts: tuple[str, ...]
    needed_mb: int
    before: Mapping[str, Mapping[str, str]]
    assumes: Mapping[str, Mapping[str, str]]
    expected: Mapping[str, list[tuple[Path, Expected]]]
    kept: bool


def readiness(
    plan: Plan,
    inventory: Inventory,
    recipes: Recipes,
    survey: Survey,
    previous: Mapping[str, Mapping[str, str]] | None = None,
    *,
    artifacts: Mapping[str, Artifact] | None = None,
    assumes: Mapping[str, Mapping[str, str]] | None = None,
    kept: bool = False,
) -> tuple[Finding, ...]:
    """`previous`: the stable facts of an earlier survey, by host; `assumes`: those by whose roles hosts were placed.
    `kept`: the survey may have been made in the middle of the run; before one begins the hosts are looked at again."""
    components = tuple(
        (("components", index), component, tuple(dict.fromkeys(inventory.members(component.hosts))))
        for index, component in enumerate(plan.components)
    )
    hosts = tuple(dict.fromkeys(host for _, _, members in components for host in members))
    packed_bytes = sum(artifact.size_bytes for artifact in (artifacts or {}).values())
    needed_mb = -(-packed_bytes * ROOM_FACTOR // MEBIBYTE)
    expected = expected_of(plan, inventory)
    look = Look(components, survey.hosts, hosts, needed_mb, previous or {}, assumes or {}, expected, kept)
    return tuple(finding for rule in RULES for finding in rule(look))


def hosts_answer(look: Look) -> Iterator[Finding]:
    for host in look.hosts:
        if host not in look.seen:
            yield found("L301", Severity.WARNING, host=host)
        elif not look.seen[host].reachable:
            seen = look.seen[host]
            told = {**seen.fields, "host": host, "problem": seen.problem} | ({"world": seen.kind} if seen.kind else {})
            yield found(KEPT_OUT.get(seen.kind, "L300"), Severity.ERROR, **told)


def reachable(look: Look, hosts: Iterable[str]) -> Iterator[HostSurvey]:
    for host in hosts:
        if host in look.seen and look.seen[host].reachable:
            yield look.seen[host]


def clocks_agree(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.hosts):
        skew_s = abs(host.clock_skew_s)
        if skew_s > SKEW_ERROR_S:
            yield found("L303", Severity.ERROR, host=host.host, skew_s=host.clock_skew_s, limit_s=SKEW_ERROR_S)
        elif skew_s > SKEW_WARNING_S:
            yield found("L302", Severity.WARNING, host=host.host, skew_s=host.clock_skew_s, limit_s=SKEW_WARNING_S)


def disks_have_room(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.hosts):
        free_mb = number(host.facts.get("disk_free_mb"))
        if free_mb is not None and free_mb < look.needed_mb:
            yield found("L304", Severity.ERROR, host=host.host, free_mb=free_mb, needed_mb=look.needed_mb)


def disks_can_be_written(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.hosts):
        if place := host.facts.get("read_only"):
            yield found("L313", Severity.ERROR, host=host.host, place=place)


def memory_is_free(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.hosts):
        free_mb = number(host.facts.get("memory_free_mb"))
        if free_mb is not None and free_mb < MEMORY_LOW_MB:
            yield found("L310", Severity.WARNING, host=host.host, free_mb=free_mb, needed_mb=MEMORY_LOW_MB)


def versions_are_the_old_ones(look: Look) -> Iterator[Finding]:
    for path, component, hosts in look.components:
        versions, place = component.version, (*path, "version", "from")
        for host in reachable(look, hosts):
            running = host.facts.get(f"version:{component.name}", "")
            if running and running != versions.from_ and component.via and running in ways(component):
                yield on_the_way(place, component, host.host, running, look.kept)
            elif running == versions.to != versions.from_:
                fields = {"component": component.name, "version": running}
                yield found("L306", Severity.INFO, place, host=host.host, **fields)
            elif running and running != versions.from_:
                fields = {"component": component.name, "found": running, "expected": versions.from_}
                yield found("L305", Severity.ERROR, place, host=host.host, **fields)


def ways(component: Component) -> tuple[str, ...]:
    """The versions that its hops come to, in order."""
    return (*(hop.version for hop in component.via), component.version.to)


def on_the_way(place: Path, component: Component, host: str, running: str, kept: bool) -> Finding:
    """The first hop finds nothing to do where it comes to, and would take down what is further."""
    if running == (first := ways(component)[0]):
        return found("L593", Severity.INFO, place, component=component.name, host=host, version=running)
    fields = {"component": component.name, "version": running, "first": first}
    return found("L594", Severity.WARNING if kept else Severity.ERROR, place, host=host, **fields)


def services_run(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.hosts):
        for name, state in sorted(host.facts.items()):
            if name.startswith("service:") and state not in (*RUNNING, *NOBODY_SAYS):
                service = name.removeprefix("service:")
                yield found("L307", Severity.WARNING, host=host.host, service=service, state=state)


def groups_are_alike(look: Look) -> Iterator[Finding]:
    groups = {component.hosts: hosts for _, component, hosts in look.components}
    for group, hosts in groups.items():
        for name in ALIKE:
            values = {host.facts[name] for host in reachable(look, hosts) if host.facts.get(name)}
            if len(values) > 1:
                yield found("L308", Severity.WARNING, group=group, fact=name, values=some(sorted(values)))


def hosts_are_what_they_were(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.hosts):
        before = look.before.get(host.host, {})
        for name in STABLE:
            now = host.facts.get(name, "")
            if now and before.get(name, now) != now:
                yield found("L309", Severity.ERROR, host=host.host, fact=name, found=now, expected=before[name])


def one_primary_each(look: Look) -> Iterator[Finding]:
    """Two hosts that take writes for one cluster (split brain), or replicas of nobody who was seen."""
    for path, component, hosts in look.components:
        clusters: dict[str, list[str]] = {}
        roles = {host.host: role_in(host.facts, component.name) for host in reachable(look, hosts)}
        for host, role in roles.items():
            if role in LEADERS:
                clusters.setdefault(look.seen[host].facts.get(fact(component.name, CLUSTER), ""), []).append(host)
        for leaders in clusters.values():
            if len(leaders) > 1:
                yield found("L341", Severity.ERROR, path, component=component.name, hosts=some(leaders))
        if not clusters and any(role in FOLLOWERS for role in roles.values()):
            yield found("L344", Severity.WARNING, path, component=component.name)


def quorums_can_lose_one(look: Look) -> Iterator[Finding]:
    """One member more goes out while it is upgraded: can the rest still decide, with those that are silent?"""
    for path, component, hosts in look.components:
        roles = {host.host: role_in(host.facts, component.name) for host in reachable(look, hosts)}
        quorum = quorum_of(component, hosts, roles)
        if quorum is None or (component.rollout is not None and component.rollout.planned_outage):
            continue
        silent = sum(host in look.seen and not look.seen[host].reachable for host in quorum.members)
        if silent >= spare(quorum.size):
            yield found("L342", Severity.ERROR, path, component=component.name, size=quorum.size, down=silent)


def roles_are_the_assumed_ones(look: Look) -> Iterator[Finding]:
    for path, component, hosts in look.components:
        for host in reachable(look, hosts):
            assumed = role_in(look.assumes.get(host.host, {}), component.name)
            now = role_in(host.facts, component.name)
            if assumed and now and now != assumed:
                fields = {"component": component.name, "found": now, "expected": assumed}
                yield found("L343", Severity.ERROR, path, host=host.host, **fields)


def number(text: str | None) -> int | None:
    """A whole number, or None where the host gave none."""
    try:
        return int(float(text)) if text is not None else None
    except (ValueError, OverflowError):
        return None


def found(code: str, severity: Severity, path: Path = (), /, **fields: Field) -> Finding:
    return Finding(code, severity, path, fields, source="survey")


def expected_of(plan: Plan, inventory: Inventory) -> dict[str, list[tuple[Path, Expected]]]:
    """What is planned for each host, with its place in the plan."""
    told: dict[str, list[tuple[Path, Expected]]] = {}
    for index, expected in enumerate(plan.readiness.expected if plan.readiness is not None else ()):
        for host in dict.fromkeys(inventory.members(expected.hosts)):
            told.setdefault(host, []).append((("readiness", "hosts", index), expected))
    return told


def hosts_are_as_planned(look: Look) -> Iterator[Finding]:
    for host in reachable(look, look.expected):
        for path, expected in look.expected[host.host]:
            for wanted, seen in deviations(expected, host.facts):
                place, fields = (*path, wanted.key), {"what": wanted.fact, "expected": wanted.expected}
                if seen:
                    yield found("L345", Severity.ERROR, place, host=host.host, found=seen, **fields)
                else:
                    yield found("L346", Severity.ERROR, place, host=host.host, **fields)


RULES: tuple[Callable[[Look], Iterable[Finding]], ...] = (
    hosts_answer,
    clocks_agree,
    disks_have_room,
    disks_can_be_written,
    memory_is_free,
    versions_are_the_old_ones,
    services_run,
    groups_are_alike,
    hosts_are_what_they_were,
    one_primary_each,
    quorums_can_lose_one,
    roles_are_the_assumed_ones,
    hosts_are_as_planned,
)
