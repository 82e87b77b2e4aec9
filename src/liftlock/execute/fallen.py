"""Which approvals fall when a plan is revised: every one, since each is bound to the digest of the older schedule.

Rule: a word stands for one digest. If that of the revised plan is the same, nothing falls.
"""

from collections.abc import Sequence

from msgspec import Struct

from liftlock.execute.approve import Standing, standing
from liftlock.model.events import Approved, Entry
from liftlock.model.revision import Word
from liftlock.model.schedule import Schedule


class Bound(Struct, frozen=True):
    """A schedule under its digest, and the owner of its plan as far as that is known."""

    schedule: Schedule
    digest: str
    owner: str = ""


def words_beside(old: Bound, new: Bound, entries: Sequence[Entry]) -> tuple[Word, ...]:
    """Every role of either schedule: whose word stands for the new one, whose falls, and what nobody has given."""
    before, after = roles(old, entries), roles(new, entries)
    found: list[Word] = []
    for role in dict.fromkeys((*after, *before)):
        if (word := given(after.get(role))) is not None:
            found.append(Word(role, "stands", word.by, word.at, word.digest))
        elif (word := given(before.get(role))) is not None:
            found.append(Word(role, "falls", word.by, word.at, word.digest))
        elif role in after:
            found.append(Word(role, "open"))
    return tuple(found)


def roles(bound: Bound, entries: Sequence[Entry]) -> dict[str, Standing]:
    return {each.role: each for each in standing(bound.schedule, bound.digest, entries, owner=bound.owner)}


def given(found: Standing | None) -> Approved | None:
    return None if found is None else found.approved
