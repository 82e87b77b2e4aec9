"""What an inventory's files say before anything is merged: values with their places, and what is wrong with them.

Rule: a value knows the line that it comes from, and whether its whole file is encrypted; an encrypted value stays so.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from liftlock.model.findings import Field, Finding
from liftlock.planfile.codes import FINDINGS_MAX, complain

WORK_MAX = 4_000_000  # hosts in groups and ranges, and variables given to hosts, all together


class Vaulted(Struct, frozen=True):
    """An encrypted value: `$ANSIBLE_VAULT;1.1;AES256` and its lines of digits."""

    text: str


class Unsafe(str):
    """`!unsafe`: text that is never a template."""


class Place(Struct, frozen=True):
    """Where something stands. Line and column count from 1; 0 where the file has none (JSON)."""

    file: str
    line: int = 0
    column: int = 0


class Value(Struct, frozen=True):
    """A variable's value as written. `sealed`: the whole file is encrypted."""

    value: Any
    place: Place
    sealed: bool = False


Variables = dict[str, Value]


class Notes:
    """Collects findings up to a limit, and counts work, so that no text makes much out of little."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.files: dict[str, None] = {}
        self.left = WORK_MAX

    def note(self, code: str, place: Place, **fields: Field) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(at(code, place, **fields))
        elif len(self.findings) == FINDINGS_MAX:
            self.findings.append(at("L019", place, limit=FINDINGS_MAX))

    def take(self, findings: tuple[Finding, ...]) -> None:
        self.findings += findings[: max(0, FINDINGS_MAX - len(self.findings))]

    def spend(self, count: int, place: Place) -> bool:
        """Is there work left for so many more?"""
        before, self.left = self.left, self.left - count
        if before >= 0 > self.left:
            self.note("L086", place, limit=WORK_MAX)
        return self.left >= 0


def at(code: str, place: Place, **fields: Field) -> Finding:
    """A finding about one place of one file of an inventory."""
    return complain(code, (), source_of(place.file), (place.line, place.column), **fields)


def source_of(file: str) -> str:
    """The name of a file among the sources of findings."""
    return f"inventory:{file}"


def parts(value: Any) -> Iterator[Any]:
    """A value and everything in it, keys too; each container once, so that what refers to itself ends."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        each = stack.pop()
        yield each
        if isinstance(each, dict | list) and id(each) not in seen:
            seen.add(id(each))
            stack += [*each, *each.values()] if isinstance(each, dict) else each
