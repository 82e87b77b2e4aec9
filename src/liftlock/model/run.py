"""Where a run stands: its stream, folded.

Rule: every transition of a step lives in TRANSITIONS. A `Run` is the fold's cache: `advance` changes it in place, at a
cost that does not depend on the fleet, and it always equals the fold of the journal from the start (a test proves it).
The indexes (`due`, `flying`, `busy`, `out`, `to_turn`) exist so that a turn costs what changed.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.reasons import Reason
from liftlock.model.schedule import host_of, lane_of, stage_of


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

    def step(self, name: str) -> StepView:
        return self.steps.get(name, READY)

    @property
    def untouched(self) -> bool:
        """Nothing was done to the host but greeting it."""
        return not any(step.touched for name, step in self.steps.items() if not name.startswith("00-"))


class Tally(Struct):
    """A check's looks at one stage."""

    samples: int = 0
    fails: int = 0
    last: float | None = None


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
    soaking_since: datetime | None = None
    soaked_s: float = 0.0
    looked_at: datetime | None = None
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
    controller: str = ""
    lanes: dict[str, LaneView] = field(default_factory=dict)
    stages: dict[str, StageView] = field(default_factory=dict)
    due: dict[str, None] = field(default_factory=dict)  # lanes whose next move is to be chosen
    flying: dict[str, StepView] = field(default_factory=dict)  # steps started and not ended
    busy: dict[str, str] = field(default_factory=dict)  # host -> the lane that has it
    out: dict[str, dict[str, int]] = field(default_factory=dict)  # component -> host -> lanes that keep it out
    boots: dict[str, str] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)  # by component
    holds: dict[str, Reason] = field(default_factory=dict)
    confirmations: dict[str, tuple[str, ...]] = field(default_factory=dict)
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


def fold(entries: Iterable[ev.Entry]) -> Run:
    run = Run()
    for entry in entries:
        advance(run, entry)
    return run


def advance(run: Run, entry: ev.Entry) -> None:
    """Take one more entry in. Raises IllegalEvent if the state does not allow it."""
    if entry.seq != run.size:
        raise IllegalEvent(f"entry {entry.seq} where {run.size} was due")
    handler = HANDLERS.get(type(entry.event))
    if handler is None or (run.result is not None and not isinstance(entry.event, ev.ControllerTookOver)):
        raise IllegalEvent(f"#{entry.seq} {type(entry.event).__name__} is not for a run in this state")
    handler(run, entry, entry.event)
    run.size += 1
    run.epoch = entry.epoch


# --- steps ----------------------------------------------------------------------------------------------


def begin_step(run: Run, entry: ev.Entry, event: ev.StepStarted) -> None:
    name, lane, view = move(run, entry, event.step, type(event))
    after = replace(view, attempt=event.attempt, tries=view.tries + 1, boot=event.boot)
    lane.steps[name] = after
    run.flying[event.step] = after
    lane_id = lane_of(event.step)
    run.due.pop(lane_id, None)
    if lane.phase is Phase.UP and run.busy.get(lane.host) != lane_id:
        lane.begun_at = entry.at  # tried again: its deadline counts from here
    run.busy[lane.host] = lane_id
    if lane.phase is not Phase.CONFIRM and not lane.out:
        take_out(run, lane)


def end_step(run: Run, entry: ev.Entry, event: Any) -> None:
    name, lane, view = move(run, entry, event.step, type(event))
    run.flying.pop(event.step, None)
    run.due[lane_of(event.step)] = None
    failure, touched = None, True
    if isinstance(event, ev.StepFailed | ev.StepNotStarted):
        failure = event.failure.kind
        run.boots[lane.host] = str(event.failure.fields.get("boot", run.boots.get(lane.host, "")))
        touched = view.touched or isinstance(event, ev.StepFailed)
    elif isinstance(event, ev.StepSucceeded) and (boot := event.evidence.facts.get("boot")):
        run.boots[lane.host] = boot
    uncounted = isinstance(event, ev.StepNotStarted) and failure is FailureKind.INTERRUPTED  # our own absence
    lane.steps[name] = replace(view, failure=failure, touched=touched, tries=view.tries - uncounted)


def skip_step(run: Run, entry: ev.Entry, event: ev.StepSkipped) -> None:
    move(run, entry, event.step, type(event))
    run.holds.pop(event.step, None)
    run.due[lane_of(event.step)] = None


def move(run: Run, entry: ev.Entry, step: str, cause: Any) -> tuple[str, LaneView, StepView]:
    """A step's transition: from the table, or not at all."""
    lane_id, _, name = step.rpartition("/")
    lane = run.lanes.get(lane_id)
    if lane is None:
        lane = begin_lane(run, entry, lane_id)
        run.stages[lane.stage].stepped += 1
    before = lane.step(name)
    after = TRANSITIONS.get((before.state, cause))
    if after is None:
        raise IllegalEvent(f"#{entry.seq} {step}: {getattr(cause, '__name__', cause)} while {before.state.value}")
    view = replace(before, state=after, at=entry.at, seq=entry.seq)
    lane.steps[name] = view
    return name, lane, view


# --- lanes ----------------------------------------------------------------------------------------------


def begin_lane(run: Run, entry: ev.Entry, lane_id: str) -> LaneView:
    stage = run.stages.get(stage_of(lane_id))
    if stage is None:
        raise IllegalEvent(f"#{entry.seq} {lane_id}: its stage was not opened")
    lane = LaneView(stage=stage_of(lane_id), host=host_of(lane_id), begun_at=entry.at, steps={})
    run.lanes[lane_id] = lane
    stage.begun += 1
    stage.lanes.append(lane_id)
    return lane


def take_out(run: Run, lane: LaneView) -> None:
    lane.out = True
    hosts = run.out.setdefault(component_of(lane), {})
    hosts[lane.host] = hosts.get(lane.host, 0) + 1


def bring_in(run: Run, lane: LaneView) -> None:
    if not lane.out:
        return
    lane.out = False
    hosts = run.out[component_of(lane)]
    hosts[lane.host] -= 1
    if not hosts[lane.host]:
        del hosts[lane.host]


def component_of(lane: LaneView) -> str:
    return lane.stage.partition("/")[0]


def turn_lane(run: Run, entry: ev.Entry, event: ev.LaneTurned) -> None:
    lane = run.lanes[event.lane]
    if lane.phase is Phase.BACK or any(lane_of(step) == event.lane for step in flying_of(run, lane)):
        raise IllegalEvent(f"#{entry.seq} {event.lane}: cannot turn now")
    uncount(run, lane)
    if not forget_turn(run, event.lane):
        count_failure(run, lane)
    lane.phase, lane.because = Phase.BACK, event.because
    run.due[event.lane] = None
    run.returning[lane.stage] = run.returning.get(lane.stage, 0) + 1
    release_holds(run, event.lane)


def forget_turn(run: Run, lane_id: str) -> bool:
    """The rollback need not turn this lane any more; false if it did not mean to."""
    stage = stage_of(lane_id)
    lanes = run.to_turn.get(stage, {})
    if lane_id not in lanes:
        return False
    del lanes[lane_id]
    if not lanes:
        del run.to_turn[stage]
    return True


def arrive_back(run: Run, lane: LaneView) -> None:
    if lane.phase is Phase.BACK:
        run.returning[lane.stage] -= 1
        if not run.returning[lane.stage]:
            del run.returning[lane.stage]


def flying_of(run: Run, lane: LaneView) -> list[str]:
    return [f"{lane.stage}/{lane.host}/{name}" for name, step in lane.steps.items() if step.state is StepState.RUNNING]


def uncount(run: Run, lane: LaneView) -> None:
    """An ended lane is open again: its stage no longer counts its result."""
    stage = run.stages[lane.stage]
    match lane.result:
        case LaneResult.UPGRADED:
            stage.upgraded -= 1
        case LaneResult.RETURNED:
            stage.returned -= 1
        case LaneResult.FAILED:
            stage.failed -= 1
        case LaneResult.SKIPPED:
            stage.skipped -= 1
    if lane.confirmed:
        stage.confirmed -= 1
        lane.confirmed = False
    lane.result = None


def count_failure(run: Run, lane: LaneView) -> None:
    if lane.failed:
        return
    lane.failed = True
    run.stages[lane.stage].failures += 1
    component = component_of(lane)
    run.failures[component] = run.failures.get(component, 0) + 1


def forgive(run: Run, lane: LaneView) -> None:
    if not lane.failed:
        return
    lane.failed = False
    run.stages[lane.stage].failures -= 1
    run.failures[component_of(lane)] -= 1


def end_lane(run: Run, entry: ev.Entry, event: ev.LaneEnded) -> None:
    lane = run.lanes.get(event.lane) or begin_lane(run, entry, event.lane)
    if lane.result is not None:
        raise IllegalEvent(f"#{entry.seq} {event.lane}: has ended before")
    stage = run.stages[lane.stage]
    arrive_back(run, lane)
    lane.result = event.result
    lane.because = event.because or lane.because
    run.due.pop(event.lane, None)
    if event.result is LaneResult.FAILED:
        forget_turn(run, event.lane)
    if run.busy.get(lane.host) == event.lane:
        del run.busy[lane.host]
    match event.result:
        case LaneResult.UPGRADED:
            stage.upgraded += 1
            run.progress_at = entry.at
            bring_in(run, lane)
        case LaneResult.RETURNED:
            stage.returned += 1
            stage.bad.discard(lane.host)
            stage.unread.discard(lane.host)
            bring_in(run, lane)
        case LaneResult.FAILED:
            stage.failed += 1
            count_failure(run, lane)
        case LaneResult.SKIPPED:
            stage.skipped += 1


def skip_lane(run: Run, entry: ev.Entry, event: ev.LaneSkipped) -> None:
    if stage_of(event.lane) not in run.stages:
        raise IllegalEvent(f"#{entry.seq} {event.lane}: its stage was not opened")
    if event.lane in run.lanes:
        raise IllegalEvent(f"#{entry.seq} {event.lane}: has begun; it can be rolled back, not skipped")
    lane = begin_lane(run, entry, event.lane)
    lane.result, lane.because = LaneResult.SKIPPED, Reason("skipped", {"by": event.by, "why": event.because})
    run.stages[lane.stage].skipped += 1


def confirm_lane(run: Run, entry: ev.Entry, event: ev.LaneConfirmed) -> None:
    lane = run.lanes[event.lane]
    lane.confirmed = True
    lane.phase = Phase.UP
    run.stages[lane.stage].confirmed += 1
    run.due.pop(event.lane, None)
    if run.busy.get(lane.host) == event.lane:
        del run.busy[lane.host]


def reopen_lane(run: Run, entry: ev.Entry, event: ev.LaneReopened) -> None:
    lane = run.lanes.get(event.lane)
    if lane is None or lane.result not in (LaneResult.RETURNED, LaneResult.FAILED, LaneResult.SKIPPED):
        raise IllegalEvent(f"#{entry.seq} {event.lane}: only a lane that failed, returned or was skipped is retried")
    uncount(run, lane)
    forgive(run, lane)
    lane.phase, lane.because = Phase.UP, None
    lane.begun_at = entry.at
    lane.steps = {name: StepView(attempt=step.attempt, touched=step.touched) for name, step in lane.steps.items()}
    run.due[event.lane] = None
    run.rollback = None
    restart_soak(run.stages[lane.stage])


# --- stages ---------------------------------------------------------------------------------------------


def open_stage(run: Run, entry: ev.Entry, event: ev.StageOpened) -> None:
    if event.stage in run.stages:
        raise IllegalEvent(f"#{entry.seq} {event.stage}: is open already")
    run.stages[event.stage] = StageView(opened_at=entry.at, tallies={})
    run.progress_at = entry.at


def observe_stage(run: Run, entry: ev.Entry, event: ev.StageObserved) -> None:
    stage = run.stages[event.stage]
    stage.looked_at = entry.at
    stage.soaking_since = stage.soaking_since or entry.at
    stage.soaked_s += event.covers_s
    stage.bad = {host for sample in event.samples for host in sample.bad_hosts}
    stage.unread = {host for sample in event.samples for host in sample.unread}
    for sample in event.samples:
        tally = stage.tallies.setdefault(sample.check, Tally())
        tally.samples += sample.value is not None
        tally.fails += sample.fails
        tally.last = sample.value
    run.progress_at = entry.at


def confirm_stage(run: Run, entry: ev.Entry, event: ev.StageConfirming) -> None:
    stage = run.stages[event.stage]
    stage.confirming = True
    for lane_id in stage.lanes:
        lane = run.lanes[lane_id]
        if lane.result is LaneResult.UPGRADED and not lane.confirmed:
            lane.phase = Phase.CONFIRM
            lane.steps = {n: s for n, s in lane.steps.items() if not n.startswith("c")} | {
                n: StepView(attempt=s.attempt) for n, s in lane.steps.items() if n.startswith("c")
            }
            run.due[lane_id] = None


def promote_stage(run: Run, entry: ev.Entry, event: ev.StagePromoted) -> None:
    run.stages[event.stage].promoted = True
    run.progress_at = entry.at


def restart_soak(stage: StageView) -> None:
    stage.soaked_s, stage.looked_at, stage.soaking_since = 0.0, None, None
    stage.confirming = stage.promoted = False
    stage.tallies = {}


# --- the run --------------------------------------------------------------------------------------------


def open_run(run: Run, entry: ev.Entry, event: ev.RunOpened) -> None:
    if entry.seq:
        raise IllegalEvent(f"#{entry.seq} the run is open already")
    run.upgrade, run.schedule, run.controller = event.upgrade, event.schedule, event.controller
    run.opened_by, run.opened_at, run.progress_at = event.by, entry.at, entry.at


def take_over(run: Run, entry: ev.Entry, event: ev.ControllerTookOver) -> None:
    run.controller = event.controller
    stop_soak_clocks(run, entry)


def stop_soak_clocks(run: Run, entry: ev.Entry) -> None:
    """The controller's absence and a pause are no observed health."""
    run.progress_at = entry.at
    for stage in run.stages.values():
        stage.looked_at = None


def begin_rollback(run: Run, entry: ev.Entry, event: ev.RollbackBegan) -> None:
    run.rollback = Rollback(event.scope, event.names, event.because, event.by)
    run.paused, run.paused_at_once = None, False
    run.holds = {subject: why for subject, why in run.holds.items() if subject.count("/") > 2}
    names = set(event.names)
    inside = [
        lane_id
        for lane_id, lane in reversed(run.lanes.items())
        if event.scope == "all" or (lane.stage if event.scope == "stage" else lane.host) in names
        if lane.phase is not Phase.BACK and lane.result is not LaneResult.SKIPPED and not is_lost(lane)
    ]
    for lane_id in sorted(inside, key=lambda lane_id: not is_out(run, run.lanes[lane_id])):
        run.to_turn.setdefault(stage_of(lane_id), {})[lane_id] = None


def is_lost(lane: LaneView) -> bool:
    """It failed before anything was done to its host: there is nothing to bring back, and it stays counted as out."""
    return lane.result is LaneResult.FAILED and lane.untouched


def is_out(run: Run, lane: LaneView) -> bool:
    return lane.out or lane.host in run.stages[lane.stage].bad


def raise_hold(run: Run, entry: ev.Entry, event: ev.HoldRaised) -> None:
    run.holds[event.subject] = event.because
    run.due.pop(lane_of(event.subject), None)


def settle_hold(run: Run, entry: ev.Entry, event: ev.HoldSettled) -> None:
    if event.subject not in run.holds:
        raise IllegalEvent(f"#{entry.seq} {event.subject}: is not held")
    del run.holds[event.subject]
    run.progress_at = entry.at
    if event.subject in run.stages:
        settle_stage(run.stages[event.subject], event.answer)
    elif lane_of(event.subject) in run.lanes:
        settle_step(run, entry, event)
    elif event.answer in ("done", "skip"):
        run.close_asked = Reason("settled", {"by": event.by, "why": event.because})
    else:
        end_rollback(run)


def end_rollback(run: Run) -> None:
    """A partial rollback that is through no longer keeps the run from going on."""
    if not run.to_turn and not run.returning:
        run.rollback = None


def settle_stage(stage: StageView, answer: ev.Answer) -> None:
    match answer:
        case "done" | "skip":
            stage.waived = True
        case "retry":
            restart_soak(stage)
        case "not-done":
            stage.tallies = {"settled": Tally(samples=1, fails=1_000_000)}


def settle_step(run: Run, entry: ev.Entry, event: ev.HoldSettled) -> None:
    name, lane, view = move(run, entry, event.subject, event.answer)
    match event.answer:
        case "retry":
            view = replace(view, tries=0, failure=None)
        case "not-done":
            view = replace(view, failure=FailureKind.INTERRUPTED)
    lane.steps[name] = view
    run.due[lane_of(event.subject)] = None


def release_holds(run: Run, lane_id: str) -> None:
    for subject in [s for s in run.holds if lane_of(s) == lane_id]:
        del run.holds[subject]


def pause_run(run: Run, entry: ev.Entry, event: ev.RunPaused) -> None:
    run.paused = Reason("paused", {"by": event.by, "why": event.because})
    run.paused_at_once = event.at_once
    stop_soak_clocks(run, entry)


def resume_run(run: Run, entry: ev.Entry, event: ev.RunResumed) -> None:
    run.paused, run.paused_at_once, run.aborted = None, False, None
    if run.holds.pop("run", None):
        end_rollback(run)
    stop_soak_clocks(run, entry)


def abort_run(run: Run, entry: ev.Entry, event: ev.RunAborted) -> None:
    run.aborted = Reason("aborted", {"by": event.by, "why": event.because})
    stop_soak_clocks(run, entry)


def amend_run(run: Run, entry: ev.Entry, event: ev.RunAmended) -> None:
    run.schedule = event.schedule
    for lane_id in event.dropped:
        if (lane := run.lanes.pop(lane_id, None)) is not None:
            drop_lane(run, lane_id, lane)
    run.holds = {subject: why for subject, why in run.holds.items() if lane_of(subject) not in event.dropped}
    stop_soak_clocks(run, entry)


def drop_lane(run: Run, lane_id: str, lane: LaneView) -> None:
    ended = lane.result is not None
    uncount(run, lane)
    forgive(run, lane)
    bring_in(run, lane)
    stage = run.stages[lane.stage]
    stage.begun -= 1
    stage.stepped -= bool(lane.steps)
    stage.lanes.remove(lane_id)
    if not ended:
        arrive_back(run, lane)
    for step in flying_of(run, lane):
        run.flying.pop(step, None)
    run.due.pop(lane_id, None)
    forget_turn(run, lane_id)
    if run.busy.get(lane.host) == lane_id:
        del run.busy[lane.host]


def close_run(run: Run, entry: ev.Entry, event: ev.RunClosed) -> None:
    run.result, run.closed_because, run.closed_at = event.result, event.because, entry.at


def confirm_manual(run: Run, entry: ev.Entry, event: ev.ManualConfirmed) -> None:
    before = run.confirmations.get(event.step, ())
    if event.by in before:
        raise IllegalEvent(f"#{entry.seq} {event.step}: {event.by} has confirmed already; another person must")
    run.confirmations[event.step] = (*before, event.by)


HANDLERS: dict[type, Callable[[Run, ev.Entry, Any], None]] = {
    ev.RunOpened: open_run,
    ev.ControllerTookOver: take_over,
    ev.StageOpened: open_stage,
    ev.StageObserved: observe_stage,
    ev.StageConfirming: confirm_stage,
    ev.StagePromoted: promote_stage,
    ev.StepStarted: begin_step,
    ev.StepSucceeded: end_step,
    ev.StepFailed: end_step,
    ev.StepNotStarted: end_step,
    ev.StepLost: end_step,
    ev.StepSkipped: skip_step,
    ev.ManualConfirmed: confirm_manual,
    ev.LaneTurned: turn_lane,
    ev.LaneEnded: end_lane,
    ev.LaneConfirmed: confirm_lane,
    ev.LaneReopened: reopen_lane,
    ev.LaneSkipped: skip_lane,
    ev.RollbackBegan: begin_rollback,
    ev.HoldRaised: raise_hold,
    ev.HoldSettled: settle_hold,
    ev.RunPaused: pause_run,
    ev.RunResumed: resume_run,
    ev.RunAborted: abort_run,
    ev.RunAmended: amend_run,
    ev.RunClosed: close_run,
}
