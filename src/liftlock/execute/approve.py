"""Whose word stands behind a schedule.

Rule: an approval counts for one digest, one role and one person. It counts if the plan lets that person approve in that
role, if the signature is theirs over exactly our statement (or the plan allows unsigned words), and if the person is
neither the plan's owner nor who froze it, nor counts for another role already, unless the role names nobody else.
Asked when somebody approves and again before a run begins.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from liftlock.execute.sshsig import fault_of
from liftlock.model.events import ApprovalGiven, Approved, Entry, PlanFrozen
from liftlock.model.plan import Approval
from liftlock.model.reasons import Reason, because
from liftlock.model.schedule import Schedule


class Standing(Struct, frozen=True):
    """A role's state. `approved` is the approval that counts; `because` says why it is missing or void."""

    role: str
    state: Literal["approved", "missing", "void"]
    approved: Approved | None = None
    because: Reason | None = None
    taken_at: datetime | None = None  # when the journal took it in: a person's own date proves nothing


def statement(schedule: Schedule, digest: str, *, role: str, person: str, at: datetime) -> str:
    """What a person signs: readable, one meaning, the same bytes whoever writes it."""
    lines = {
        "upgrade": schedule.title,
        "id": schedule.upgrade,
        "schedule": digest,
        "role": role,
        "person": person,
        "at": at.isoformat(),
    }
    body = "".join(f"{name}: {one_line(value)}\n" for name, value in lines.items())
    return "liftlock approval v1\n" + body


def one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def standing(schedule: Schedule, digest: str, entries: Sequence[Entry], *, owner: str = "") -> list[Standing]:
    """Every role that the schedule wants, in order, and whether somebody's word stands for it."""
    given = [(entry.at, entry.event.approved) for entry in entries if isinstance(entry.event, ApprovalGiven)]
    makers = authors(entries, digest, owner)
    found: list[Standing] = []
    taken: set[str] = set()
    for approval in schedule.approvals:
        state = stand(schedule, digest, approval, given, makers, taken)
        if state.approved is not None:
            taken.add(state.approved.by)
        found.append(state)
    return found


def missing(found: Iterable[Standing]) -> list[Standing]:
    return [each for each in found if each.state != "approved"]


def counting(found: Iterable[Standing]) -> tuple[Approved, ...]:
    """The approvals that a run carries in its first entry."""
    return tuple(each.approved for each in found if each.approved is not None)


def since_of(found: Iterable[Standing], digest: str, entries: Iterable[Entry]) -> dict[str, datetime]:
    """What lead rules count from: the last approval that counts, and the schedule's first submission."""
    taken = [each.taken_at for each in found if each.taken_at is not None]
    plans = (e.at for e in entries if isinstance(e.event, PlanFrozen) and e.event.schedule == digest)
    submitted = next(plans, None)
    return ({"approval": max(taken)} if taken else {}) | ({"plan": submitted} if submitted is not None else {})


def stand(
    schedule: Schedule,
    digest: str,
    approval: Approval,
    given: Sequence[tuple[datetime, Approved]],
    makers: frozenset[str],
    taken: set[str],
) -> Standing:
    """The newest word that counts; else why the newest one does not."""
    void: Reason | None = None
    for at, approved in reversed(given):
        if approved.role != approval.role:
            continue
        refusal = refuse(schedule, digest, approval, approved, at=at, makers=makers, taken=taken)
        if refusal is None:
            return Standing(approval.role, "approved", approved, None, at)
        void = void or refusal
    if void is not None:
        return Standing(approval.role, "void", None, void)
    wanted = ", ".join(allowed_persons(approval))
    return Standing(approval.role, "missing", None, because("approval-missing", role=approval.role, by=wanted))


def authors(entries: Iterable[Entry], digest: str, owner: str) -> frozenset[str]:
    """Who recorded the schedule first, and the plan's owner. Whoever plans the same again changed nothing in it."""
    froze = (e.event.by for e in entries if isinstance(e.event, PlanFrozen) and e.event.schedule == digest)
    return frozenset({next(froze, ""), owner}) - {""}


def allowed_persons(approval: Approval) -> tuple[str, ...]:
    """The persons that the plan names for a role."""
    if isinstance(approval.by, str):
        return (approval.by,)
    return tuple(person for persons in approval.by.values() for person in persons)


def refuse(
    schedule: Schedule,
    digest: str,
    approval: Approval,
    approved: Approved,
    *,
    at: datetime,
    makers: frozenset[str] = frozenset(),
    taken: Iterable[str] = (),
) -> Reason | None:
    """Why this word does not count, or None. `at`: when the journal took it in."""
    persons, who = allowed_persons(approval), approved.by
    if approved.digest != digest:
        return because("approval-other-digest", by=who, role=approval.role, digest=approved.digest[:12])
    if who not in persons:
        return because("approval-not-named", by=who, role=approval.role, named=", ".join(persons))
    if who in makers:
        return because("approval-own-plan", by=who, role=approval.role)
    if who in taken:
        return because("approval-two-roles", by=who, role=approval.role)
    return refuse_signature(schedule, digest, approval, approved, at)


def refuse_signature(
    schedule: Schedule, digest: str, approval: Approval, approved: Approved, at: datetime
) -> Reason | None:
    who, role = approved.by, approval.role
    if not approved.signature:
        return None if may_be_unsigned(schedule, approval) else because("approval-unsigned", by=who, role=role)
    if approved.statement != statement(schedule, digest, role=role, person=who, at=approved.at):
        return because("approval-other-statement", by=who, role=role)
    fault = fault_of(approved.statement, approved.signature, approval.keys, who, at)
    if not fault:
        return None
    return because("approval-unknown-key" if fault == "unknown-key" else "approval-bad-signature", by=who, role=role)


def may_be_unsigned(schedule: Schedule, approval: Approval) -> bool:
    return schedule.unsigned_approvals or not approval.signed
