"""What the core may answer. Imperative; every answer says why."""

from datetime import datetime

from msgspec import Struct

from liftlock.model.events import RunEvents
from liftlock.model.reasons import Reason


class Perform(Struct, frozen=True):
    """Record the intent, then carry the step out."""

    step: str
    attempt: int
    boot: str


class Observe(Struct, frozen=True):
    """Look at a stage's checks. `since`: the last look, or None."""

    stage: str
    since: datetime | None


class Compare(Struct, frozen=True):
    """Look at a component's canaries. `stage`: whose hosts are judged, or the one that waits for the baseline."""

    component: str
    stage: str


class Record(Struct, frozen=True):
    """Something follows from what is known: append this event (it carries its reason)."""

    event: RunEvents


class Wait(Struct, frozen=True):
    """Nothing to do before `until` (None: until something happens)."""

    until: datetime | None
    because: Reason


Decision = Perform | Observe | Compare | Record | Wait
