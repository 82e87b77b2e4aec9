"""One call's answer while it is made: decisions, and the earliest time at which to ask again."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from liftlock.model.decisions import Decision
from liftlock.model.reasons import Reason, because


class Turn(Struct):
    """`now` is in UTC, so that durations are real ones in the nights when a zone changes its clocks too; `local` is the
    same moment in the plan's zone, in which windows are read."""

    now: datetime
    local: datetime
    decisions: list[Decision] = field(default_factory=list)
    until: datetime | None = None
    waits: list[Reason] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)  # given to a lane by this call
    crowded: str = ""  # a lane on its way back, or tried again, that may not take its host out: others are

    def since_s(self, at: datetime) -> float:
        """Seconds that have passed since."""
        return (self.now - at.astimezone(UTC)).total_seconds()

    def crowd(self, lane: str, host: str) -> None:
        self.wait(None, because("no-capacity", host=host))
        self.crowded = self.crowded or lane

    def wait(self, until: datetime | None, why: Reason) -> None:
        self.waits.append(why)
        if until is not None and (self.until is None or until < self.until):
            self.until = until


def later(at: datetime, by_s: float) -> datetime:
    """So many real seconds later, in UTC."""
    return at.astimezone(UTC) + timedelta(seconds=by_s)
