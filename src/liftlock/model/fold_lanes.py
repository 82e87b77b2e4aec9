"""What the events of steps and lanes do to a run: every transition of a step is in `TRANSITIONS`, or is not at all."""

from sys import intern
from typing import Any

from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult
from liftlock.model.fold_stages import forget_evidence, restart_soak
from liftlock.model.reasons import Reason
from liftlock.model.run import TRANSITIONS, IllegalEvent, LaneView, Phase, Run, StepState, StepView
from liftlock.model.schedule import component_of as component_named
from liftlock.model.schedule import host_of, lane_of, name_of, stage_of

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
    name = intern(name)  # one object for all lanes, not one for each
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
    """The component, whichever hop: what is out and what failed is counted over all of them."""
    return name_of(component_named(lane.stage))


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


def release_holds(run: Run, lane_id: str) -> None:
    for subject in [s for s in run.holds if lane_of(s) == lane_id]:
        del run.holds[subject]


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
            stage.soaked_s, stage.upgraded_at = 0.0, entry.at
            lane.upgraded_at = entry.at
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
    left = lane.result is LaneResult.FAILED  # as it was: what went back has nothing left to undo
    uncount(run, lane)
    forgive(run, lane)
    lane.phase, lane.because = Phase.UP, None
    lane.begun_at = entry.at
    for name in lane.steps:
        run.confirmations.pop(f"{event.lane}/{name}", None)  # what was confirmed was another time
    lane.steps = {
        name: StepView(attempt=step.attempt, touched=step.touched and left) for name, step in lane.steps.items()
    }
    run.due[event.lane] = None
    run.rollback = None
    restart_soak(run.stages[lane.stage])
    forget_evidence(run, component_named(lane.stage))
