"""What is different between two plans of one upgrade, for those who agreed to the older one."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

What = Literal["new", "gone", "changed"]


class Edit(Struct, frozen=True):
    """One field that differs; `before` is empty for what is new, `after` for what is gone."""

    field: str
    before: str = ""
    after: str = ""


class Touched(Struct, frozen=True):
    """What hangs on a requirement, by the traces of both plans."""

    requirements: tuple[str, ...] = ()  # that refine it
    goals: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


class RevisedRequirement(Struct, frozen=True):
    """`before`, `after`: its revisions, 0 where it is not there. `again`: who confirmed the older one."""

    id: str
    what: What
    statement: str
    before: int = 0
    after: int = 0
    because: str = ""
    edits: tuple[Edit, ...] = ()
    touched: Touched = Touched()
    again: tuple[str, ...] = ()


class RevisedEntry(Struct, frozen=True):
    """An entry of another chapter; `name` is empty where the chapter is one text or one mapping."""

    chapter: str
    name: str
    what: What
    edits: tuple[Edit, ...] = ()


class Revision(Struct, frozen=True):
    requirements: tuple[RevisedRequirement, ...] = ()
    entries: tuple[RevisedEntry, ...] = ()


class Word(Struct, frozen=True):
    """A role's approval beside two schedules: it falls with the older one, stands for both, or is not given."""

    role: str
    state: Literal["falls", "stands", "open"]
    by: str = ""
    at: datetime | None = None
    digest: str = ""
