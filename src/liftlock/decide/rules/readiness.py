"""The readiness chapter as it is written: hosts that take part, expectations that can be read, items with somebody."""

import re
from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.model.findings import Finding, Path
from liftlock.model.readiness import Expected, Readiness

PLACE: Path = ("readiness",)
ADDRESS = re.compile(r"[A-Za-z0-9._-]+:[0-9]{1,5}", re.ASCII)


def readiness_of(case: Case) -> Readiness:
    return case.plan.readiness or Readiness()


def expected_hosts_are_there(case: Case) -> Iterator[Finding]:
    """Only hosts with a part in the upgrade are looked at: what is expected of others nobody would find out."""
    used = {host for _, _, laying in case.components() for host in laying.hosts}
    for index, expected in enumerate(readiness_of(case).expected):
        path = (*PLACE, "hosts", index)
        members = case.inventory.members(expected.hosts)
        if not members:
            yield error("L670", (*path, "hosts"), given=expected.hosts)
        elif others := [host for host in members if host not in used]:
            yield error("L677", (*path, "hosts"), given=expected.hosts, hosts=some(others))
        if expected == Expected(expected.hosts):
            yield warning("L674", path, hosts=expected.hosts)


def expectations_can_be_read(case: Case) -> Iterator[Finding]:
    for index, expected in enumerate(readiness_of(case).expected):
        path = (*PLACE, "hosts", index)
        if not is_pattern(expected.name):
            yield error("L673", (*path, "name"), given=expected.name)
        for place, address in enumerate(expected.reaches):
            if not ADDRESS.fullmatch(address):
                yield error("L675", (*path, "reaches", place), given=address)


def is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def items_have_somebody(case: Case) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, item in enumerate(readiness_of(case).items):
        path = (*PLACE, "checklist", index)
        if item.id in seen:
            yield error("L671", (*path, "id"), item=item.id)
        seen.add(item.id)
        if not item.by:
            yield error("L672", (*path, "by"), item=item.id)
        elif case.plan.owner and set(item.by) == {case.plan.owner}:
            yield warning("L676", (*path, "by"), item=item.id, person=case.plan.owner)


RULES: tuple[Rule, ...] = (expected_hosts_are_there, expectations_can_be_read, items_have_somebody)
