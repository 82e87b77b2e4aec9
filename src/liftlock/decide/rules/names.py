"""Names and versions: what the plan calls things must exist, be told apart, and fit into ids."""

import re
from collections import Counter
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.model.findings import Finding
from liftlock.model.plan import Component

UNFIT = re.compile(r"[/\s\x00-\x1f]")


def component_names_are_unique(case: Case) -> Iterator[Finding]:
    counts = Counter(component.name for component in case.plan.components)
    seen: set[str] = set()
    for place, component, _ in case.components():
        if counts[component.name] > 1 and component.name in seen:
            yield error("L100", (*place, "name"), name=component.name)
        seen.add(component.name)


def names_fit_into_ids(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        if UNFIT.search(component.name):
            yield error("L106", (*place, "name"), given=component.name)
    used = {host for laying in case.laid.values() for host in laying.hosts}
    for host in sorted(used):
        if UNFIT.search(host):
            yield error("L106", (), given=host)
    for _, _, _, items in case.lanes():
        for item in items:
            if UNFIT.search(item.verb):
                yield error("L106", item.path, given=item.verb)


def hosts_exist(case: Case) -> Iterator[Finding]:
    for place, component, laying in case.components():
        if component.hosts in case.inventory.groups and not laying.hosts:
            yield error("L102", (*place, "hosts"), given=component.hosts)
        elif not laying.hosts:
            known = some(case.inventory.groups) or some(case.inventory.hosts)
            yield error("L101", (*place, "hosts"), given=component.hosts, known=known)


def once_hosts_exist(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        if component.once_at and component.once_at not in case.inventory.hosts:
            yield error("L109", (*place, "once_at"), given=component.once_at, known=some(case.inventory.hosts))
        elif component.once_at and not does_something_once(component):
            yield warning("L110", (*place, "once_at"), name=component.name)


def does_something_once(component: Component) -> bool:
    own = component.once_before or component.once_after
    return bool(own) or any(hop.once_before or hop.once_after for hop in component.via)


def versions_differ(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        if component.version.from_ == component.version.to:
            yield error("L111", (*place, "version", "to"), version=component.version.to)


def versions_are_good(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        versions = component.version
        if versions.to in versions.known_bad:
            yield error("L112", (*place, "version", "to"), version=versions.to)
        if versions.from_ in versions.known_bad:
            yield warning("L113", (*place, "version", "from"), version=versions.from_)


def versions_go_up(case: Case) -> Iterator[Finding]:
    for place, component, _ in case.components():
        versions = component.version
        before, after = parsed(versions.from_), parsed(versions.to)
        if before is not None and after is not None and after < before:
            fields = {"from_version": versions.from_, "to_version": versions.to}
            yield warning("L114", (*place, "version", "to"), **fields)


def parsed(version: str) -> Version | None:
    """None for what is no version by PEP 440: the order of such versions is their product's own matter."""
    try:
        return Version(version)
    except InvalidVersion:
        return None


def drivers_exist(case: Case) -> Iterator[Finding]:
    for _, _, _, items in case.lanes():
        for item in items:
            if item.driver not in case.drivers:
                yield error("L168", item.path, driver=item.driver)


RULES: tuple[Rule, ...] = (
    component_names_are_unique,
    names_fit_into_ids,
    hosts_exist,
    once_hosts_exist,
    versions_differ,
    versions_are_good,
    versions_go_up,
    drivers_exist,
)
