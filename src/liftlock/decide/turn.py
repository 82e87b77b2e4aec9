"""One call's answer while it is made: decisions, and the earliest time at which to ask again."""

from datetime import datetime

from msgspec import Struct, field

from liftlock.model.decisions import Decision
from liftlock.model.reasons import Reason


class Turn(Struct):
    now: datetime
    decisions: list[Decision] = field(default_factory=list)
    until: datetime | None = None
    waits: list[Reason] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)  # given to a lane by this call

    def wait(self, until: datetime | None, why: Reason) -> None:
        self.waits.append(why)
        if until is not None and (self.until is None or until < self.until):
            self.until = until
