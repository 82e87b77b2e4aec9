"""Roles and quorums as far as the plan alone tells: what nobody has looked at, and what cannot lose one."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.outage import rollout_of
from liftlock.decide.recipes import is_stateful
from liftlock.decide.roles import quorum_of, spare
from liftlock.model.findings import Finding


def roles_are_known(case: Case) -> Iterator[Finding]:
    """Several hosts with data that somebody can look at, and nobody did: their order would be a guess."""
    for place, component, laying in case.components():
        if case.surveyed or not laying.looks or not is_stateful(component) or len(laying.hosts) < 2:
            continue
        yield warning("L340", place, component=component.name)


def declared_quorums_can_lose_one(case: Case) -> Iterator[Finding]:
    for place, component, laying in case.components():
        quorum = quorum_of(component, laying.hosts, {})
        if quorum is not None and not spare(quorum.size) and not rollout_of(case.plan, laying).planned_outage:
            yield error("L342", (*place, "quorum"), component=component.name, size=quorum.size, down=0)


RULES: tuple[Rule, ...] = (roles_are_known, declared_quorums_can_lose_one)
