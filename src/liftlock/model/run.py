"""Where a run stands: the nouns that a stream is folded into (`liftlock.model.fold`).

Rule: every transition of a step lives in TRANSITIONS. The indexes of a `Run` (`due`, `flying`, `busy`, `out`,
`to_turn`) exist so that a turn costs what changed.
"""

from datetime import datetime
from enum import Enum
from typing import Any

from msgspec import Struct, field

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.canary import Baseline, CanaryLook, JudgeState, Row
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.reasons import Reason
from liftlock.model.schedule import lane_of


class StepState(Enum):
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"  # the outcome is unknown
    SKIPPED = "skipped"


class Phase(Enum):
    UP = "up"
    CONFIRM = "confirm"  # looked at once more after the soak
    BACK = "back"


R, G, D, F, L, S = StepState
TRANSITIONS: dict[tuple[StepState, Any], StepState] = {
    (R, ev.StepStarted): G,
    (F, ev.StepStarted): G,
    (G, ev.StepSucceeded): D,
    (G, ev.StepFailed): F,
    (G, ev.StepNotStarted): F,
    (G, ev.StepLost): L,
    (R, ev.StepSkipped): S,
    (F, ev.StepSkipped): S,
    (L, ev.StepSkipped): S,
    (L, "done"): D,
    (L, "not-done"): F,
    (L, "retry"): R,
    (L, "skip"): S,
    (F, "done"): D,
    (F, "not-done"): F,
    (F, "retry"): R,
    (F, "skip"): S,
}


class IllegalEvent(Exception):
    """The journal holds an event that its state does not allow."""


class StepView(Struct, frozen=True, gc=False):
    """`attempt` numbers marks and never repeats; `tries` counts since a person last said retry.

    `touched`: some attempt may have changed the host. `seq`: the entry that ended it. `at`: since when.
    """

    state: StepState = StepState.READY
    attempt: int = 0
    tries: int = 0
    at: datetime | None = None
    seq: int = -1
    failure: FailureKind | None = None
    touched: bool = False
    boot: str = ""


READY = StepView()


class LaneView(Struct):
    stage: str
    host: str
    begun_at: datetime
    phase: Phase = Phase.UP
    steps: dict[str, StepView] = {}
    result: LaneResult | None = None
    because: Reason | None = None
    failed: bool = False  # counts against the budget
    out: bool = False  # keeps its host out of service
    confirmed: bool = False
    upgraded_at: datetime | None = None

    def step(self, name: str) -> StepView:
        return self.steps.get(name, READY)

    @property
    def untouched(self) -> bool:
        """Nothing was done to the host but greeting it."""
        return not any(step.touched for name, step in self.steps.items() if not name.startswith("00-"))


def is_lost(lane: LaneView) -> bool:
    """It failed before anything was done to its host: there is nothing to bring back, and it stays counted as out."""
    return lane.result is LaneResult.FAILED and lane.untouched


class Tally(Struct):
    """A check's looks at one stage."""

    samples: int = 0
    fails: int = 0
    last: float | None = None


class CanaryView(Struct):
    """A component's judgement as the last look left it. `before`: what was seen before the first wave, until frozen."""

    state: JudgeState = JudgeState()
    look: CanaryLook | None = None
    looked_at: datetime | None = None
    before: list[Row] = field(default_factory=list)
    baseline: Baseline | None = None


class StageView(Struct):
    opened_at: datetime
    begun: int = 0
    stepped: int = 0  # begun by a step, in order: the first so many hosts have begun or are skipped
    upgraded: int = 0
    returned: int = 0
    failed: int = 0  # lanes left as they are
    skipped: int = 0
    failures: int = 0  # lanes that count against the budget, returned ones too
    confirmed: int = 0
    confirming: bool = False
    promoted: bool = False
    promoted_at: datetime | None = None
    soaked_s: float = 0.0  # observed
    watched_s: float = 0.0  # between looks, observed or not; a pause and the controller's absence do not count
    looked_at: datetime | None = None
    upgraded_at: datetime | None = None  # the last host so far: the soak counts from there
    tallies: dict[str, Tally] = {}
    waived: bool = False  # a person settled its checks
    bad: set[str] = field(default_factory=set)  # hosts that the last look found unhealthy
    unread: set[str] = field(default_factory=set)  # hosts that did not answer the last look
    lanes: list[str] = field(default_factory=list)

    @property
    def ended(self) -> int:
        return self.upgraded + self.returned + self.failed + self.skipped


class Rollback(Struct, frozen=True):
    scope: ev.Scope
    names: tuple[str, ...]
    because: Reason
    by: str = ""


class Run(Struct):
    """The fold of a run's stream up to `size` entries."""

    size: int = 0
    epoch: int = 0
    upgrade: str = ""
    schedule: str = ""
    opened_by: str = ""
    opened_at: datetime | None = None
    since: dict[str, datetime] = field(default_factory=dict)  # what lead rules count from
    controller: str = ""
    lanes: dict[str, LaneView] = field(default_factory=dict)
    stages: dict[str, StageView] = field(default_factory=dict)
    due: dict[str, None] = field(default_factory=dict)  # lanes whose next move is to be chosen
    flying: dict[str, StepView] = field(default_factory=dict)  # steps started and not ended
    busy: dict[str, str] = field(default_factory=dict)  # host -> the lane that has it
    out: dict[str, dict[str, int]] = field(default_factory=dict)  # component -> host -> lanes that keep it out
    boots: dict[str, str] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)  # by component, over all its hops
    holds: dict[str, Reason] = field(default_factory=dict)
    confirmations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    canaries: dict[str, CanaryView] = field(default_factory=dict)  # by component, a later hop by its own name
    rollback: Rollback | None = None
    to_turn: dict[str, dict[str, None]] = field(default_factory=dict)  # stage -> lanes to be turned by the rollback
    returning: dict[str, int] = field(default_factory=dict)  # stage -> lanes on the way back now
    close_asked: Reason | None = None
    paused: Reason | None = None
    paused_at_once: bool = False
    aborted: Reason | None = None
    progress_at: datetime | None = None
    result: RunResult | None = None
    closed_because: Reason | None = None
    closed_at: datetime | None = None

    def lane(self, lane: str) -> LaneView | None:
        return self.lanes.get(lane)

    def step(self, step: str) -> StepView:
        lane = self.lanes.get(lane_of(step))
        return READY if lane is None else lane.step(step.rpartition("/")[2])
