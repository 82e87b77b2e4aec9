"""What happened, past tense, with evidence. The journal holds these and nothing else.

A run's stream holds `RunEvent`s, an upgrade's stream `UpgradeEvent`s. Ticks of progress are never journalled.
"""

from datetime import datetime
from enum import Enum
from typing import Literal

from msgspec import Struct

from liftlock.model.actions import Evidence, Failure
from liftlock.model.canary import Baseline, CanaryLook, JudgeState, Row
from liftlock.model.reasons import Reason


class LaneResult(Enum):
    """How a lane ended."""

    UPGRADED = "upgraded"
    RETURNED = "returned"  # brought back to the old version, verified
    FAILED = "failed"  # left as it is, out of service, with a reason
    SKIPPED = "skipped"  # by a person, before it began


class RunResult(Enum):
    UPGRADED = "upgraded"
    UPGRADED_WITH_EXCEPTIONS = "upgraded-with-exceptions"
    ROLLED_BACK = "rolled-back"
    ABORTED = "aborted"


Answer = Literal["done", "not-done", "retry", "skip"]
Scope = Literal["all", "stage", "hosts"]


class Approved(Struct, frozen=True):
    """A person's word on a digest. `signature` is OpenSSH's armoured form over the statement, empty if unsigned."""

    digest: str
    by: str
    role: str
    at: datetime
    statement: str = ""
    signature: str = ""


class RunEvent(Struct, frozen=True, tag=True, omit_defaults=True):
    pass


class RunOpened(RunEvent, frozen=True):
    upgrade: str
    schedule: str  # digest
    by: str
    controller: str
    program: str
    approvals: tuple[Approved, ...] = ()
    since: dict[str, datetime] = {}  # what lead rules count from: when the journal took it in


class ControllerTookOver(RunEvent, frozen=True):
    controller: str


class StageOpened(RunEvent, frozen=True):
    stage: str


class Sample(Struct, frozen=True, omit_defaults=True):
    """One check's figure in one look. `value` is None where there was no data (`unread`: hosts that gave none)."""

    check: str
    value: float | None
    bad_hosts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    fails: bool = False


class StageObserved(RunEvent, frozen=True):
    """One look. `covers_s`: how much observed time it adds to the soak (0 if it is the first, or something failed)."""

    stage: str
    covers_s: float
    samples: tuple[Sample, ...] = ()


class CanaryLooked(RunEvent, frozen=True):
    """Upgraded hosts were compared with others, or, before the first wave, all were looked at.

    `state`: what the next look goes on from. `row`: before the first wave, what this interval brought. `baseline`: what
    was before, frozen with this look.
    """

    component: str
    look: CanaryLook
    state: JudgeState
    row: Row = {}
    baseline: Baseline | None = None


class StageConfirming(RunEvent, frozen=True):
    """The soak is over: every host of the stage is verified once more."""

    stage: str


class StagePromoted(RunEvent, frozen=True):
    stage: str
    because: Reason


class StepStarted(RunEvent, frozen=True):
    step: str
    attempt: int
    boot: str = ""


class StepSucceeded(RunEvent, frozen=True):
    step: str
    attempt: int
    evidence: Evidence = Evidence()


class StepFailed(RunEvent, frozen=True):
    step: str
    attempt: int
    failure: Failure


class StepNotStarted(RunEvent, frozen=True):
    """Proved by a tombstone, or refused before anything ran."""

    step: str
    attempt: int
    failure: Failure


class StepLost(RunEvent, frozen=True):
    """The outcome is unknown, and looking did not tell: held for a person."""

    step: str
    attempt: int
    because: Reason


class StepSkipped(RunEvent, frozen=True):
    step: str
    by: str
    because: str


class ManualConfirmed(RunEvent, frozen=True):
    step: str
    by: str
    note: str = ""


class LaneTurned(RunEvent, frozen=True):
    """From here the lane goes back."""

    lane: str
    because: Reason


class LaneEnded(RunEvent, frozen=True):
    lane: str
    result: LaneResult
    because: Reason | None = None


class LaneConfirmed(RunEvent, frozen=True):
    """Verified once more after the soak."""

    lane: str


class LaneReopened(RunEvent, frozen=True):
    """A person asked for another try: its steps are due again, attempts go on counting."""

    lane: str
    by: str
    because: str = ""


class LaneSkipped(RunEvent, frozen=True):
    """A person left this host out before its lane began."""

    lane: str
    by: str
    because: str


class RollbackBegan(RunEvent, frozen=True):
    """`names`: stages or hosts, as `scope` says; empty for everything. `by` is empty when the rules decided."""

    scope: Scope
    because: Reason
    names: tuple[str, ...] = ()
    by: str = ""


class HoldRaised(RunEvent, frozen=True):
    """Nothing new begins until a person settles it. `subject`: a step, a stage, or `run`."""

    subject: str
    because: Reason
    known: dict[str, str | int | float] = {}


class HoldSettled(RunEvent, frozen=True):
    subject: str
    answer: Answer
    by: str
    because: str


class RunPaused(RunEvent, frozen=True):
    by: str
    because: str = ""
    at_once: bool = False


class RunResumed(RunEvent, frozen=True):
    by: str
    because: str = ""


class RunAborted(RunEvent, frozen=True):
    by: str
    because: str = ""


class RunAmended(RunEvent, frozen=True):
    """A new schedule adopts what was done. `dropped`: lanes that it leaves out."""

    schedule: str
    by: str
    because: str
    dropped: tuple[str, ...] = ()
    approvals: tuple[Approved, ...] = ()
    since: dict[str, datetime] = {}  # empty: as it was


class RunClosed(RunEvent, frozen=True):
    result: RunResult
    because: Reason


RunEvents = (
    RunOpened
    | ControllerTookOver
    | StageOpened
    | StageObserved
    | CanaryLooked
    | StageConfirming
    | StagePromoted
    | StepStarted
    | StepSucceeded
    | StepFailed
    | StepNotStarted
    | StepLost
    | StepSkipped
    | ManualConfirmed
    | LaneTurned
    | LaneEnded
    | LaneConfirmed
    | LaneReopened
    | LaneSkipped
    | RollbackBegan
    | HoldRaised
    | HoldSettled
    | RunPaused
    | RunResumed
    | RunAborted
    | RunAmended
    | RunClosed
)


class PlanFrozen(Struct, frozen=True, tag=True):
    """A plan was arranged. The digests name blobs: the plan file, the inventory and the schedule as JSON."""

    schedule: str
    plan: str
    inventory: str
    by: str


class ApprovalGiven(Struct, frozen=True, tag=True):
    approved: Approved


class RunBegan(Struct, frozen=True, tag=True):
    """A run's stream exists from here on."""

    run: str
    schedule: str
    by: str


class KeyAccepted(Struct, frozen=True, tag=True, omit_defaults=True):
    """A person accepted a host's key. `name`: as known_hosts has it; `replaced`: what it was known by until then."""

    host: str
    name: str
    algorithm: str
    fingerprint: str
    file: str
    by: str
    replaced: tuple[str, ...] = ()
    note: str = ""


class ItemAnswered(Struct, frozen=True, tag=True, omit_defaults=True):
    """A person answered an item of the checklist, as it was written then."""

    item: str
    text: str
    by: str
    readiness: Literal["ready", "not-ready"]
    at: datetime
    note: str = ""
    signature: str = ""


class TimetableKept(Struct, frozen=True, tag=True):
    """Somebody decided for a timetable of this schedule. `timetable`: a blob, problem and solution as JSON."""

    timetable: str
    schedule: str
    ends: datetime
    by: str


UpgradeEvents = PlanFrozen | ApprovalGiven | RunBegan | KeyAccepted | ItemAnswered | TimetableKept
Event = RunEvents | UpgradeEvents


class Entry(Struct, frozen=True, gc=False):
    """An event in its stream: `seq` counts from 0 without gaps, `epoch` is the stream's when it was written."""

    seq: int
    at: datetime
    epoch: int
    event: Event
