"""Traffic and proof: no change under load that the plan does not mean, no readmission unverified, success is read."""

import re
from collections.abc import Iterator
from typing import Any

from liftlock.decide.arrange import places_named
from liftlock.decide.case import Case, Rule, error, first, going_up, some, warning
from liftlock.decide.recipes import Laid
from liftlock.decide.way_back import REVIVES
from liftlock.model.actions import Kind
from liftlock.model.findings import Finding


def drained_is_readmitted(case: Case) -> Iterator[Finding]:
    for laying, _, steps, _ in case.lanes():
        up = going_up(steps)
        drain, readmit = first(up, is_kind(Kind.DRAIN)), first(up, is_kind(Kind.READMIT))
        if drain is not None and readmit is None:
            yield error("L157", up[drain].path, component=laying.component.name)
        if readmit is not None and drain is None:
            yield warning("L158", up[readmit].path, component=laying.component.name)


def readmitted_is_verified(case: Case) -> Iterator[Finding]:
    """Between the last change and the readmission something must have looked at the host."""
    for laying, _, steps, _ in case.lanes():
        verified, verifies = True, any(is_kind(Kind.VERIFY)(one) for one in going_up(steps))
        for one in going_up(steps):
            if changes(one):
                verified = False
            elif one.template.action.kind is Kind.VERIFY:
                verified = True
            elif one.template.action.kind is Kind.READMIT and verifies and not verified:
                yield error("L159", one.path, component=laying.component.name, step=one.template.verb)


def changes_are_made_while_drained(case: Case) -> Iterator[Finding]:
    for laying, _, steps, _ in case.lanes():
        up = going_up(steps)
        if first(up, is_kind(Kind.DRAIN)) is None:
            continue
        drained = False
        for one in up:
            if one.template.action.kind is Kind.DRAIN:
                drained = True
            elif one.template.action.kind is Kind.READMIT:
                drained = False
            elif changes(one) and not drained:
                yield warning("L160", one.path, component=laying.component.name, step=one.template.verb)


def success_is_read(case: Case) -> Iterator[Finding]:
    for laying in case.laid.values():
        if not laying.items[0]:
            continue
        name, version = laying.component.name, laying.component.version.to
        looks = [one for one in going_up(laying.main) if one.template.action.kind is Kind.VERIFY]
        if not looks:
            yield error("L161", (*laying.place, "recipe"), component=name)
        elif not any(speaks_of_version(one.template.action.args, version) for one in looks):
            yield warning("L162", looks[0].path, component=name, version=version)


def speaks_of_version(value: Any, version: str) -> bool:
    """Does any text in it name the version, or what holds it?"""
    if isinstance(value, str):
        return "version" in value.lower() or re.search(rf"(?<![\w.]){re.escape(version)}(?![\w.])", value) is not None
    if isinstance(value, dict):
        return any(
            speaks_of_version(item, version) or (item and "version" in str(key).lower()) for key, item in value.items()
        )
    if isinstance(value, list | tuple):
        return any(speaks_of_version(item, version) for item in value)
    return False


def stopped_is_started(case: Case) -> Iterator[Finding]:
    for laying, _, steps, _ in case.lanes():
        up = going_up(steps)
        for index, one in enumerate(up):
            if one.template.action.kind is Kind.STOP and first(up[index:], is_kind(*REVIVES)) is None:
                yield warning("L167", one.path, component=laying.component.name, step=one.template.verb)


def steps_run_at_known_hosts(case: Case) -> Iterator[Finding]:
    known = case.inventory.hosts
    for laying, _, steps, _ in case.lanes():
        for one in steps:
            for at in sorted(set(places_named([one.template], laying.hosts, case.inventory)) - set(known)):
                yield error("L165", one.path, given=at, known=some(known))
                break


def is_kind(*kinds: Kind) -> Any:
    return lambda one: one.template.action.kind in kinds


def changes(one: Laid) -> bool:
    """Does the step change what runs on the host?"""
    return one.template.action.traits.writes or one.template.action.kind in (*REVIVES, Kind.STOP)


RULES: tuple[Rule, ...] = (
    drained_is_readmitted,
    readmitted_is_verified,
    changes_are_made_while_drained,
    success_is_read,
    stopped_is_started,
    steps_run_at_known_hosts,
)
