"""What stands in each other's way in time: a placed job, and somebody else's change, a freeze, or another job."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Cause = Literal["item", "parent", "child", "window", "blackout", "assignee", "capacity"]


class Conflict(Struct, frozen=True):
    """`begins` to `ends`: while both are. `other`: a change, a freeze's reason, or another job; `what`: the item, the
    person or the resource that both want."""

    cause: Cause
    job: str
    begins: datetime
    ends: datetime
    other: str = ""
    what: str = ""
    title: str = ""

    @property
    def blocks(self) -> bool:
        """A parent's or a child's change is looked at by people; the others cannot be."""
        return self.cause not in ("parent", "child")
