"""Answers to the checklist: whose count, for which text, with which signature."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import asyncssh
import pytest
from msgspec.structs import replace

from liftlock.execute import sshsig
from liftlock.execute.checklist import Answered, lacking, standing, statement
from liftlock.model.events import Entry, ItemAnswered
from liftlock.model.readiness import ChecklistItem

AT = datetime(2026, 12, 20, tzinfo=UTC)
ITEM = ChecklistItem("C1", "two power lines are connected", ("chen.jie", "wang.fang"))
SAID = ItemAnswered("C1", ITEM.item, "chen.jie", "ready", AT)


def stands(item: ChecklistItem, *answers: ItemAnswered) -> Answered:
    entries = [Entry(seq, AT + timedelta(seconds=seq), 0, answer) for seq, answer in enumerate(answers)]
    (found,) = standing("Orders", [item], entries)
    return found


@pytest.mark.parametrize(
    ("answers", "state", "code"),
    [
        ((), "missing", "item-missing"),
        ((SAID,), "ready", ""),
        ((SAID, replace(SAID, readiness="not-ready", note="one is loose")), "not-ready", ""),
        ((replace(SAID, readiness="not-ready"), SAID), "ready", ""),
        ((replace(SAID, by="li.wei"),), "void", "item-not-named"),
        ((replace(SAID, text="a power line is connected"),), "void", "item-other-text"),
        ((SAID, replace(SAID, by="li.wei", readiness="not-ready")), "ready", ""),
        ((replace(SAID, item="C2"),), "missing", "item-missing"),
    ],
)
def test_the_newest_answer_of_somebody_named_counts(answers: tuple[ItemAnswered, ...], state: str, code: str) -> None:
    found = stands(ITEM, *answers)
    assert (found.state, found.because.code if found.because else "") == (state, code)
    assert bool(lacking([found])) == (state != "ready")


def test_a_signed_answer_that_is_copied_is_no_newer() -> None:
    own = asyncssh.generate_private_key("ssh-ed25519")
    item = replace(ITEM, keys=(f"chen.jie {own.export_public_key().decode().strip()}",))

    def signed(readiness: Literal["ready", "not-ready"], at: datetime) -> ItemAnswered:
        text = statement("Orders", item, person="chen.jie", readiness=readiness, note="", at=at)
        blob = sshsig.armour(own.public_data, own.sign(sshsig.to_sign(text.encode()), b"ssh-ed25519"))
        return replace(SAID, readiness=readiness, at=at, signature=blob)

    yes, no = signed("ready", AT), signed("not-ready", AT + timedelta(minutes=1))
    assert stands(item, yes, no, yes).state == "not-ready"
    assert stands(item, yes, no, replace(yes, signature=yes.signature + "\n")).state == "not-ready"
    assert stands(item, yes, no, signed("ready", AT + timedelta(minutes=2))).state == "ready"


def test_an_item_with_keys_wants_its_answer_signed() -> None:
    own, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    line = f"chen.jie {own.export_public_key().decode().strip()}"
    item = replace(ITEM, keys=(line,))

    def signed(key: asyncssh.SSHKey, **changed: str) -> ItemAnswered:
        text = statement("Orders", item, person="chen.jie", readiness="ready", note="", at=AT)
        blob = sshsig.armour(key.public_data, key.sign(sshsig.to_sign(text.encode()), b"ssh-ed25519"))
        return replace(SAID, signature=blob, **changed)

    assert stands(item, signed(own)).state == "ready"
    for answer, code in (
        (SAID, "item-unsigned"),
        (signed(other), "item-unknown-key"),
        (signed(own, note="but for one"), "item-bad-signature"),
        (signed(own, readiness="not-ready"), "item-bad-signature"),
    ):
        found = stands(item, answer)
        assert (found.state, found.because and found.because.code) == ("void", code)
