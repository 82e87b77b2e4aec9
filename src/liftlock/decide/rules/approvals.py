"""Approvals: somebody else than the author, somebody who can be told apart, signed where the plan wants it."""

from collections import Counter
from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Approval

ANY_OF = "any of"


def people(approval: Approval) -> tuple[str, ...]:
    """Who may give an approval."""
    return (approval.by,) if isinstance(approval.by, str) else tuple(approval.by.get(ANY_OF, ()))


def approvals(case: Case) -> Iterator[tuple[Path, Approval]]:
    for index, approval in enumerate(case.plan.approvals):
        yield ("approvals", index), approval


def somebody_approves(case: Case) -> Iterator[Finding]:
    if not case.plan.approvals:
        yield warning("L230", ("approvals",))


def nobody_approves_their_own_plan(case: Case) -> Iterator[Finding]:
    """自批: the author of a plan is none of those who may approve it."""
    for path, approval in approvals(case):
        if case.plan.owner and case.plan.owner in people(approval):
            yield error("L231", (*path, "by"), person=case.plan.owner, role=approval.role)
    if case.plan.approvals and not case.plan.owner:
        yield warning("L260", ("owner",))


def somebody_is_named(case: Case) -> Iterator[Finding]:
    for path, approval in approvals(case):
        if isinstance(approval.by, str):
            continue
        if others := sorted(set(approval.by) - {ANY_OF}):
            yield error("L233", (*path, "by"), role=approval.role, given=", ".join(others))
        elif not people(approval):
            yield error("L233", (*path, "by"), role=approval.role, given=ANY_OF)
        elif len(people(approval)) == 1:
            yield warning("L232", (*path, "by"), role=approval.role)


def signatures_can_be_verified(case: Case) -> Iterator[Finding]:
    for path, approval in approvals(case):
        if approval.signed and not case.plan.unsigned_approvals and not approval.keys:
            yield warning("L234", path, role=approval.role)


def roles_are_different(case: Case) -> Iterator[Finding]:
    roles = Counter(approval.role for approval in case.plan.approvals)
    seen: set[str] = set()
    for path, approval in approvals(case):
        if roles[approval.role] > 1 and approval.role in seen:
            yield error("L236", (*path, "role"), role=approval.role)
        seen.add(approval.role)


def roles_have_different_people(case: Case) -> Iterator[Finding]:
    alone: dict[str, list[str]] = {}
    for _, approval in approvals(case):
        if len(people(approval)) == 1:
            alone.setdefault(people(approval)[0], []).append(approval.role)
    for person, roles in alone.items():
        if len(roles) > 1 and len(set(roles)) > 1:
            yield error("L235", ("approvals",), person=person, roles=", ".join(roles))


RULES: tuple[Rule, ...] = (
    somebody_approves,
    nobody_approves_their_own_plan,
    somebody_is_named,
    signatures_can_be_verified,
    roles_are_different,
    roles_have_different_people,
)
