"""Whose word counts for a schedule, and why another's does not."""

from datetime import UTC, datetime

import asyncssh
import pytest
from msgspec.structs import replace

from liftlock.execute import sshsig
from liftlock.execute.approve import counting, missing, standing, statement
from liftlock.model.events import ApprovalGiven, Approved, Entry, PlanFrozen
from liftlock.model.plan import Approval
from liftlock.model.schedule import Schedule, digest

AT = datetime(2026, 12, 20, 14, 0, tzinfo=UTC)
KEY = asyncssh.generate_private_key("ssh-ed25519")
LINE = "zhang.min " + KEY.export_public_key().decode().strip()


def schedule_with(*approvals: Approval, unsigned: bool = False) -> Schedule:
    return Schedule(
        upgrade="orders-1",
        title="Orders 1.0 → 1.1",
        plan="",
        zone="UTC",
        program="0",
        drivers={},
        policies={},
        capacities={},
        recipes={},
        gates={},
        stages=(),
        hosts={},
        assumes={},
        artifacts={},
        approvals=approvals,
        unsigned_approvals=unsigned,
    )


def word(schedule: Schedule, by: str, role: str, *, key: asyncssh.SSHKey | None = None) -> Approved:
    text = statement(schedule, digest(schedule), role=role, person=by, at=AT)
    signature = ""
    if key is not None:
        signature = sshsig.armour(key.public_data, key.sign(sshsig.to_sign(text.encode()), key.algorithm))
    return Approved(digest(schedule), by, role, AT, text, signature)


def entries(*words: Approved, froze: str = "") -> list[Entry]:
    return [Entry(i, AT, 0, ApprovalGiven(each)) for i, each in enumerate(words)]


def state(schedule: Schedule, given: list[Entry], owner: str = "") -> list[tuple[str, str]]:
    found = standing(schedule, digest(schedule), given, owner=owner)
    return [(each.state, each.because.code if each.because else "") for each in found]


SIGNED = Approval("business", "zhang.min", keys=(LINE,))


def test_a_signed_word_counts() -> None:
    schedule = schedule_with(SIGNED)
    found = standing(schedule, digest(schedule), entries(word(schedule, "zhang.min", "business", key=KEY)))
    assert missing(found) == []
    assert [each.by for each in counting(found)] == ["zhang.min"]


def test_nobody_said_anything() -> None:
    assert state(schedule_with(SIGNED), []) == [("missing", "approval-missing")]


def test_another_schedule_voids_the_word() -> None:
    before = schedule_with(SIGNED)
    given = entries(word(before, "zhang.min", "business", key=KEY))
    assert state(replace(before, artifacts={"a": "b"}), given) == [("void", "approval-other-digest")]


def test_a_word_moved_to_another_digest_does_not_verify() -> None:
    before = schedule_with(SIGNED)
    after = replace(before, artifacts={"a": "b"})
    moved = replace(word(before, "zhang.min", "business", key=KEY), digest=digest(after))
    assert state(after, entries(moved)) == [("void", "approval-other-statement")]
    text = statement(after, digest(after), role="business", person="zhang.min", at=AT)
    assert state(after, entries(replace(moved, statement=text))) == [("void", "approval-bad-signature")]


def test_someone_elses_key_does_not_count() -> None:
    schedule = schedule_with(SIGNED)
    other = asyncssh.generate_private_key("ssh-ed25519")
    given = entries(word(schedule, "zhang.min", "business", key=other))
    assert state(schedule, given) == [("void", "approval-unknown-key")]


@pytest.mark.parametrize(("unsigned", "needs"), [(True, True), (False, False)])
def test_unsigned_words_count_where_the_plan_says_so(unsigned: bool, needs: bool) -> None:
    schedule = schedule_with(replace(SIGNED, signed=needs), unsigned=unsigned)
    assert state(schedule, entries(word(schedule, "zhang.min", "business"))) == [("approved", "")]
    strict = schedule_with(SIGNED)
    assert state(strict, entries(word(strict, "zhang.min", "business"))) == [("void", "approval-unsigned")]


def test_a_person_whom_the_plan_does_not_name() -> None:
    schedule = schedule_with(SIGNED, unsigned=True)
    assert state(schedule, entries(word(schedule, "wang.fang", "business"))) == [("void", "approval-not-named")]


ANY = Approval("business", {"any of": ("zhang.min", "li.wei")})
RISK = Approval("risk", {"any of": ("zhang.min", "chen.jie")})


def test_owner_and_author_do_not_approve_their_own_plan() -> None:
    schedule = schedule_with(ANY, unsigned=True)
    given = entries(word(schedule, "li.wei", "business"))
    assert state(schedule, given) == [("approved", "")]
    assert state(schedule, given, owner="li.wei") == [("void", "approval-own-plan")]
    frozen = Entry(0, AT, 0, PlanFrozen(digest(schedule), "", "", "li.wei"))
    assert state(schedule, [frozen, *given]) == [("void", "approval-own-plan")]


def test_nor_where_the_plan_names_nobody_else() -> None:
    schedule = schedule_with(Approval("business", "li.wei"), unsigned=True)
    given = entries(word(schedule, "li.wei", "business"))
    assert state(schedule, given, owner="li.wei") == [("void", "approval-own-plan")]
    frozen = [Entry(0, AT, 0, PlanFrozen(digest(schedule), "", "", by)) for by in ("wang.fang", "li.wei")]
    assert state(schedule, [*frozen, *given]) == [("approved", "")]  # planning the same again makes nobody its author
    assert state(schedule, [*reversed(frozen), *given]) == [("void", "approval-own-plan")]


def test_one_person_does_not_stand_for_two_roles() -> None:
    schedule = schedule_with(ANY, RISK, unsigned=True)
    both = entries(word(schedule, "zhang.min", "business"), word(schedule, "zhang.min", "risk"))
    assert state(schedule, both) == [("approved", ""), ("void", "approval-two-roles")]
    alone = schedule_with(Approval("business", "zhang.min"), Approval("risk", "zhang.min"), unsigned=True)
    both = entries(word(alone, "zhang.min", "business"), word(alone, "zhang.min", "risk"))
    assert state(alone, both) == [("approved", ""), ("void", "approval-two-roles")]
    two = entries(word(schedule, "zhang.min", "business"), word(schedule, "chen.jie", "risk"))
    assert state(schedule, two) == [("approved", ""), ("approved", "")]


def test_the_newest_word_that_counts_is_taken() -> None:
    schedule = schedule_with(ANY, unsigned=True)
    given = entries(word(schedule, "zhang.min", "business"), word(schedule, "nobody", "business"))
    assert state(schedule, given) == [("approved", "")]
    assert state(schedule, entries(word(schedule, "zhang.min", "risk"))) == [("missing", "approval-missing")]


def test_a_statement_is_one_line_a_field() -> None:
    schedule = replace(schedule_with(SIGNED), title="Orders\nrole: risk\r\u2028x")
    text = statement(schedule, "d", role="business", person="zhang.min", at=AT)
    assert len(text.splitlines()) == 7
    assert text.count("role:") == 2
    assert "\nrole: business\n" in text
