"""Releases on the way: each leads on, none is a bad place to be, and each hop does what its own release wants."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.hops import hops_of
from liftlock.decide.rules.names import parsed
from liftlock.model.actions import Kind
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Component


def stations(case: Case) -> Iterator[tuple[Path, Component, int]]:
    """Every release on the way: its place, the component, and its number from 0."""
    for place, component, _ in case.components():
        for number in range(len(component.via)):
            yield (*place, "via", number), component, number


def hops_lead_on(case: Case) -> Iterator[Finding]:
    """A hop to what runs already has an identical specification before and after."""
    for place, component, number in stations(case):
        version = component.via[number].version
        before = (component.version.from_, *(hop.version for hop in component.via[:number]))
        if version in before or version == component.version.to:
            yield error("L590", (*place, "version"), component=component.name, version=version)


def hops_are_good(case: Case) -> Iterator[Finding]:
    for place, component, number in stations(case):
        if (version := component.via[number].version) in component.version.known_bad:
            yield error("L591", (*place, "version"), component=component.name, version=version)


def hops_go_up(case: Case) -> Iterator[Finding]:
    """Against the release before it; the last one also against the version to come to."""
    for place, component, number in stations(case):
        versions = (component.version.from_, *(hop.version for hop in component.via), component.version.to)
        before, after = versions[number : number + 2]
        if is_lower(after, before):
            yield warning("L592", (*place, "version"), from_version=before, to_version=after)
        elif number + 1 == len(component.via) and is_lower(component.version.to, after):
            yield warning("L592", (*place, "version"), from_version=after, to_version=component.version.to)


def is_lower(version: str, other: str) -> bool:
    one, another = parsed(version), parsed(other)
    return one is not None and another is not None and one < another


def what_is_done_once_is_meant_in_each_hop(case: Case) -> Iterator[Finding]:
    """A contract of the component runs after each hop that does not say its own: most often it is the last one's."""
    for place, component, number in stations(case):
        for key, kept in (("once_before", case.recipes.before), ("once_after", case.recipes.after)):
            if getattr(component, key) and f"{component.name}/{number + 1}" not in kept:
                version = component.via[number].version
                yield warning("L595", place, component=component.name, version=version, key=key)


def hops_bring_files_of_their_own(case: Case) -> Iterator[Finding]:
    """A recipe for several hops that brings one and the same file to all of them brings the wrong one to some."""
    for _, component, _ in case.components():
        brought: dict[tuple[Path, str], str] = {}
        for hop in hops_of(component):
            laying = case.laid[hop]
            version = laying.component.version.to
            for one in laying.main:
                sha256 = one.template.action.args.get("sha256", "")
                if one.template.action.kind is not Kind.FETCH or not sha256:
                    continue
                other = brought.setdefault((one.path, sha256), version)
                if other != version:
                    yield error("L596", one.path, component=component.name, version=version, other=other)


RULES: tuple[Rule, ...] = (
    hops_lead_on,
    hops_are_good,
    hops_go_up,
    what_is_done_once_is_meant_in_each_hop,
    hops_bring_files_of_their_own,
)
