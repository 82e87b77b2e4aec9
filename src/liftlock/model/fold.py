"""Fold a stream into where its run stands, an entry at a time; and what the events of the whole run do to it.

`advance` changes a `Run` in place, at a cost that does not depend on the fleet, and equals the fold of the journal from
the start (a test proves it).
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult
from liftlock.model.fold_lanes import (
    arrive_back,
    begin_step,
    bring_in,
    confirm_lane,
    end_lane,
    end_step,
    flying_of,
    forget_turn,
    forgive,
    move,
    reopen_lane,
    skip_lane,
    skip_step,
    turn_lane,
    uncount,
)
from liftlock.model.fold_stages import (
    confirm_stage,
    forget_evidence,
    look_at_canary,
    observe_stage,
    open_stage,
    promote_stage,
    settle_stage,
    watch_again,
)
from liftlock.model.reasons import Reason
from liftlock.model.run import IllegalEvent, LaneView, Phase, Rollback, Run, is_lost
from liftlock.model.schedule import component_of, lane_of, stage_of


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


# --- the run --------------------------------------------------------------------------------------------


def open_run(run: Run, entry: ev.Entry, event: ev.RunOpened) -> None:
    if entry.seq:
        raise IllegalEvent(f"#{entry.seq} the run is open already")
    run.upgrade, run.schedule, run.controller = event.upgrade, event.schedule, event.controller
    run.opened_by, run.opened_at, run.progress_at = event.by, entry.at, entry.at
    run.since = dict(event.since)


def take_over(run: Run, entry: ev.Entry, event: ev.ControllerTookOver) -> None:
    run.controller = event.controller
    stop_soak_clocks(run, entry)


def stop_soak_clocks(run: Run, entry: ev.Entry) -> None:
    """The controller's absence and a pause are no observed health, and no host's own time."""
    run.progress_at = entry.at
    for lane_id in run.busy.values():
        run.lanes[lane_id].begun_at = entry.at
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
        forget_evidence(run, component_of(event.subject))
    elif lane_of(event.subject) in run.lanes:
        settle_step(run, entry, event)
    elif event.answer in ("done", "skip"):
        run.close_asked = Reason("settled", {"by": event.by, "why": event.because})
    else:
        end_rollback(run)
        watch_again(run, entry, component_of(event.subject))


def end_rollback(run: Run) -> None:
    """A partial rollback that is through no longer keeps the run from going on."""
    if not run.to_turn and not run.returning:
        run.rollback = None


def settle_step(run: Run, entry: ev.Entry, event: ev.HoldSettled) -> None:
    name, lane, view = move(run, entry, event.subject, event.answer)
    match event.answer:
        case "retry":
            view = replace(view, tries=0, failure=None)
            run.confirmations.pop(event.subject, None)
        case "not-done":
            view = replace(view, failure=FailureKind.INTERRUPTED)
    lane.steps[name] = view
    lane.begun_at = entry.at  # waiting for a person was not its own time
    run.due[lane_of(event.subject)] = None


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
    run.since = dict(event.since) or run.since
    for lane_id in event.dropped:
        if (lane := run.lanes.pop(lane_id, None)) is not None:
            drop_lane(run, lane_id, lane)
    for name in {stage_of(lane_id) for lane_id in event.dropped}:
        if name in run.stages and not run.stages[name].lanes:
            del run.stages[name]  # nothing of it is left; if the new schedule has it, it is opened again
            run.holds.pop(name, None)
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
    ev.CanaryLooked: look_at_canary,
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
