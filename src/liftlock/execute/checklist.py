"""Whose word stands behind an item of the checklist.

Rule: an answer counts for the item as it was written when it was given: another text, and it must be answered again.
The newest answer of somebody whom the item names is the one that counts; with keys, it must be signed by one of theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from liftlock.execute.approve import one_line
from liftlock.execute.sshsig import fault_of
from liftlock.model.events import Entry, ItemAnswered
from liftlock.model.readiness import ChecklistItem
from liftlock.model.reasons import Reason, because


class Answered(Struct, frozen=True):
    """An item, and the answer that counts; `because` says why there is none."""

    item: ChecklistItem
    state: Literal["ready", "not-ready", "missing", "void"]
    answer: ItemAnswered | None = None
    because: Reason | None = None


def statement(title: str, item: ChecklistItem, *, person: str, readiness: str, note: str, at: datetime) -> str:
    """What a person signs: readable, one meaning, the same bytes whoever writes it."""
    lines = {
        "upgrade": title,
        "item": item.id,
        "text": item.item,
        "answer": readiness,
        "note": note,
        "person": person,
        "at": at.isoformat(),
    }
    return "liftlock checklist v1\n" + "".join(f"{name}: {one_line(value)}\n" for name, value in lines.items())


def standing(title: str, items: Iterable[ChecklistItem], entries: Sequence[Entry]) -> list[Answered]:
    """Every item in the plan's order, with the answer that counts."""
    given = list(first_of_each((entry.at, entry.event) for entry in entries if isinstance(entry.event, ItemAnswered)))
    return [stand(title, item, [each for each in given if each[1].item == item.id]) for item in items]


def first_of_each(given: Iterable[tuple[datetime, ItemAnswered]]) -> Iterator[tuple[datetime, ItemAnswered]]:
    """A signed answer counts where it was first recorded: copied to the end, it is no newer."""
    seen: set[ItemAnswered] = set()
    for at, answer in given:
        said = replace(answer, signature="")
        if said not in seen:
            yield at, answer
        if answer.signature:
            seen.add(said)


def stand(title: str, item: ChecklistItem, given: Sequence[tuple[datetime, ItemAnswered]]) -> Answered:
    void: Reason | None = None
    for at, answer in reversed(given):
        refusal = refuse(title, item, answer, at=at)
        if refusal is None:
            return Answered(item, answer.readiness, answer)
        void = void or refusal
    if void is not None:
        return Answered(item, "void", None, void)
    return Answered(item, "missing", None, because("item-missing", item=item.id, by=", ".join(item.by)))


def refuse(title: str, item: ChecklistItem, answer: ItemAnswered, *, at: datetime) -> Reason | None:
    """Why this answer does not count, or None. `at`: when the journal took it in."""
    who = answer.by
    if who not in item.by:
        return because("item-not-named", by=who, item=item.id, named=", ".join(item.by))
    if answer.text != item.item:
        return because("item-other-text", by=who, item=item.id)
    if not item.keys:
        return None
    if not answer.signature:
        return because("item-unsigned", by=who, item=item.id)
    expected = statement(title, item, person=who, readiness=answer.readiness, note=answer.note, at=answer.at)
    fault = fault_of(expected, answer.signature, item.keys, who, at)
    if not fault:
        return None
    return because("item-unknown-key" if fault == "unknown-key" else "item-bad-signature", by=who, item=item.id)


def lacking(found: Iterable[Answered]) -> list[Answered]:
    return [each for each in found if each.state != "ready"]
