"""What happens next? Pure: the same layout, run and time give the same answer.

Lanes that are due move on; a failed one goes back or stays, as the plan says; the budget is looked at before success;
stages soak, are confirmed and promoted; new lanes begin within windows and capacity. A call costs what is due.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from liftlock.decide.capacity import Room, room_for
from liftlock.decide.deadlines import own_since
from liftlock.decide.expand import Layout, Ways
from liftlock.decide.order_back import stays_down, stop_of
from liftlock.decide.rollback import built_on, choose_rollback
from liftlock.decide.stages import choose_stages, closed_because, is_over, left_below, openings_at, unfinished_below
from liftlock.decide.turn import Turn, later
from liftlock.decide.way_back import no_return, way_back
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind, Kind
from liftlock.model.decisions import Decision, Perform, Record, Wait
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.reasons import Reason, because
from liftlock.model.run import LaneView, Phase, Run, StepState, StepView
from liftlock.model.schedule import Policy, stage_of

RETRIED = (FailureKind.TRANSIENT, FailureKind.UNREACHABLE, FailureKind.INTERRUPTED)
BACK_OFF_MAX_S = 30.0


def choose(layout: Layout, run: Run, now: datetime) -> Sequence[Decision]:
    """The next moves, in order; a single `Wait` when there is none. A closed run has none at all."""
    if run.result is not None:
        return ()
    turn = Turn(now.astimezone(UTC), now)
    if run.paused_at_once:
        turn.wait(None, run.paused or because("paused"))
    else:
        choose_moves(turn, layout, run)
    if not turn.decisions:
        turn.decisions.append(Wait(turn.until, turn.waits[0] if turn.waits else because("nothing-due")))
    return turn.decisions


def choose_moves(turn: Turn, layout: Layout, run: Run) -> None:
    room = room_for(layout, run)
    for lane_id in run.due:
        choose_lane(turn, layout, run, room, lane_id)
    learnt: list[Decision] = [decision for decision in turn.decisions if isinstance(decision, Record)]
    if learnt:
        turn.decisions = learnt  # comes first: what else would begin is chosen with it in mind
        return
    if run.rollback is not None:
        turn.decisions += choose_rollback(turn, layout, run, room)
        turn.wait(None, because("rolling-back"))
    elif not turn.decisions:
        choose_stages(turn, layout, run, room)
    if not turn.decisions and turn.crowded:
        turn.decisions += make_room(turn, layout, run)
    if not turn.decisions and (ending := choose_end(layout, run)):
        turn.decisions.append(ending)


def make_room(turn: Turn, layout: Layout, run: Run) -> Iterator[Decision]:
    """Nothing moves any more, because lost hosts use the capacity up: a person says whether one more may go out."""
    lane_id = turn.crowded
    lane = run.lanes[lane_id]
    if run.flying or run.holds or turn.until is not None:
        return
    turns = is_to_turn(run, lane_id)
    if not run.stages[lane.stage].waived or not (turns or lane.phase is Phase.BACK):
        yield Record(ev.HoldRaised(lane.stage, because("no-capacity-left", host=lane.host)))
    elif turns:
        yield Record(ev.LaneTurned(lane_id, because("waived")))
    else:
        name = next_of(lane, path(layout.ways_of(lane.stage), lane, stays_down(run, lane)))
        assert name is not None, f"{lane_id} has nothing left to do"
        yield Perform(f"{lane_id}/{name}", lane.step(name).attempt + 1, run.boots.get(lane.host, ""))


# --- one lane ---------------------------------------------------------------------------------------------


def choose_lane(turn: Turn, layout: Layout, run: Run, room: Room, lane_id: str) -> None:
    lane = run.lanes[lane_id]
    ways = layout.ways_of(lane.stage)
    names = path(ways, lane, stays_down(run, lane))
    current = next_of(lane, names)
    if current is not None and lane.step(current).state is StepState.LOST:  # it may run still: no way back beside it
        turn.decisions.append(Record(ev.HoldRaised(f"{lane_id}/{current}", because("outcome-unknown"))))
        return
    if lane.phase is not Phase.BACK and is_to_turn(run, lane_id):
        return  # the rollback turns it when its order comes
    if current is None:
        turn.decisions.append(Record(ending_of(run, lane_id, lane)))
        return
    view = lane.step(current)
    if view.state is StepState.FAILED:
        choose_after_failure(turn, layout, run, lane_id, current)
    elif lane.phase is Phase.UP and run.busy.get(lane.host) != lane_id:
        begin_again(turn, layout, run, room, lane_id, current)
    elif past_deadline(turn, layout, lane):
        give_up(turn, layout, run, lane_id, current, because("host-deadline", host=lane.host))
    else:
        perform(turn, run, room, lane_id, current)


def begin_again(turn: Turn, layout: Layout, run: Run, room: Room, lane_id: str, name: str) -> None:
    """A lane that a person asked to try again goes forward like any other: within budget, window and order."""
    hosts = (run.lanes[lane_id].host,)
    opens = next(openings_at(layout, turn, hosts), (None, None))[0]
    if why := run.paused or run.aborted or is_over(layout, run, run.lanes[lane_id].stage):
        turn.wait(None, why)
    elif below := unfinished_below(layout, run, run.lanes[lane_id].stage):
        turn.wait(None, because("in-progress", stage=below))
    elif why := left_below(layout, run, layout.stages[run.lanes[lane_id].stage].component, run.lanes[lane_id].host):
        turn.decisions.append(Record(ev.LaneEnded(lane_id, LaneResult.SKIPPED, why)))
    elif opens is None or opens > turn.now:
        turn.wait(opens, closed_because(layout, turn, hosts, opens))
    else:
        perform(turn, run, room, lane_id, name)


def next_of(lane: LaneView, names: Iterable[str]) -> str | None:
    """The first step that is not over; None at the end."""
    return next((name for name in names if lane.step(name).state not in (StepState.DONE, StepState.SKIPPED)), None)


def path(ways: Ways, lane: LaneView, down: bool) -> tuple[str, ...]:
    match lane.phase:
        case Phase.UP:
            return ways.up
        case Phase.CONFIRM:
            return ways.confirm
        case Phase.BACK:
            return way_back(ways, lane, stays_down=down)


def is_to_turn(run: Run, lane_id: str) -> bool:
    return bool(run.to_turn) and lane_id in run.to_turn.get(stage_of(lane_id), ())


def ending_of(run: Run, lane_id: str, lane: LaneView) -> ev.RunEvents:
    match lane.phase:
        case Phase.UP:
            return ev.LaneEnded(lane_id, LaneResult.UPGRADED)
        case Phase.CONFIRM:
            return ev.LaneConfirmed(lane_id)
        case Phase.BACK:
            return ev.LaneEnded(lane_id, LaneResult.RETURNED, left_down(run, lane))


def left_down(run: Run, lane: LaneView) -> Reason | None:
    """Why a host that went back is not started, where no rollback that is under way will."""
    if not stays_down(run, lane) or is_to_turn(run, stop_of(lane)) or lane.stage.endswith("/after"):
        return None
    return because("stays-down", host=lane.host, why=lane.because.code if lane.because else "")


def perform(turn: Turn, run: Run, room: Room, lane_id: str, name: str) -> None:
    """Perform the lane's next step, if its host is not another lane's and its going out breaks no promise."""
    lane = run.lanes[lane_id]
    if run.busy.get(lane.host, lane_id) != lane_id or lane.host in turn.hosts:
        turn.wait(None, because("host-busy", host=lane.host))
        return
    goes_out = lane.phase is not Phase.CONFIRM and not lane.out
    if goes_out and not room.take(lane.stage, lane.host, back=lane.phase is Phase.BACK):
        turn.crowd(lane_id, lane.host)
        return
    turn.hosts.add(lane.host)
    turn.decisions.append(Perform(f"{lane_id}/{name}", lane.step(name).attempt + 1, run.boots.get(lane.host, "")))


def past_deadline(turn: Turn, layout: Layout, lane: LaneView) -> bool:
    since = own_since(layout.ways_of(lane.stage), lane)
    return lane.phase is Phase.UP and turn.since_s(since) > policy_of(layout, lane).host_deadline_s


def policy_of(layout: Layout, lane: LaneView) -> Policy:
    return layout.schedule.policies[layout.stages[lane.stage].component]


# --- a failed step ----------------------------------------------------------------------------------------


def choose_after_failure(turn: Turn, layout: Layout, run: Run, lane_id: str, name: str) -> None:
    lane = run.lanes[lane_id]
    view = lane.step(name)
    policy = policy_of(layout, lane)
    if view.failure in RETRIED and view.tries < policy.attempts_max and not past_deadline(turn, layout, lane):
        again_at = later(view.at or turn.now, back_off_s(view))
        if turn.now < again_at:
            turn.wait(again_at, because("retry-later", step=f"{lane_id}/{name}", attempt=view.attempt + 1))
        else:
            turn.decisions.append(Perform(f"{lane_id}/{name}", view.attempt + 1, run.boots.get(lane.host, "")))
        return
    kind = "" if view.failure is None else view.failure.value
    give_up(turn, layout, run, lane_id, name, because("step-failed", step=f"{lane_id}/{name}", kind=kind))


def back_off_s(view: StepView) -> float:
    return min(2.0 ** max(view.tries, 0) / 2, BACK_OFF_MAX_S)


def give_up(turn: Turn, layout: Layout, run: Run, lane_id: str, name: str, why: Reason) -> None:
    """No more attempts: hold for a person, leave the host as it is, or turn the lane back, as the plan says."""
    lane = run.lanes[lane_id]
    policy = policy_of(layout, lane)
    step = f"{lane_id}/{name}"
    if lane.phase is Phase.BACK or needs_a_person(layout, lane, name):
        turn.decisions.append(Record(ev.HoldRaised(step, why)))
        return
    if lost_untouched(lane, name):
        turn.decisions.append(Record(ev.LaneEnded(lane_id, LaneResult.FAILED, why)))
        return
    final = no_return(layout.ways_of(lane.stage), policy, lane)
    stands_under = lane.phase is Phase.CONFIRM and built_on(layout, run, (lane_id,))
    if policy.on_failure != "freeze" and not final and not stands_under:
        turn.decisions.append(Record(ev.LaneTurned(lane_id, why)))
    elif lane.phase is Phase.CONFIRM:
        turn.decisions.append(Record(ev.HoldRaised(step, why)))
    else:
        turn.decisions.append(Record(ev.LaneEnded(lane_id, LaneResult.FAILED, why)))
        if final:
            turn.decisions.append(Record(ev.HoldRaised(lane.stage, because("past-no-return", lane=lane_id, why=final))))


def lost_untouched(lane: LaneView, name: str) -> bool:
    """Unreachable before anything was done: there is nothing to bring back, and the host stays counted as out."""
    return lane.phase is Phase.UP and lane.step(name).failure is FailureKind.UNREACHABLE and lane.untouched


def needs_a_person(layout: Layout, lane: LaneView, name: str) -> bool:
    """A host that is not what was assumed, and a drain that never ends, are no failures of the new version."""
    view = lane.step(name)
    kind = layout.ways_of(lane.stage).templates[name.lstrip("cub")].action.kind
    drains_for_ever = kind is Kind.DRAIN and view.failure is FailureKind.TIMEOUT
    return view.failure is FailureKind.DEVIATED or drains_for_ever


# --- the end ----------------------------------------------------------------------------------------------


def choose_end(layout: Layout, run: Run) -> Record | None:
    """Close the run, or hold it where only a person can say how it ends."""
    if run.flying or run.due or run.to_turn or run.returning:
        return None
    rollback = run.rollback
    if run.close_asked is not None and not open_lanes(run):
        return Record(ev.RunClosed(RunResult.ABORTED, run.close_asked))
    if rollback is not None and rollback.scope == "all" and not run.holds:
        return Record(ev.RunClosed(RunResult.ROLLED_BACK, rollback.because))
    if "run" in run.holds:
        return None
    if rollback is not None and rollback.scope != "all":
        return Record(ev.HoldRaised("run", because("rolled-back-in-part", scope=rollback.scope)))
    if run.aborted is not None and not open_lanes(run):
        return Record(ev.HoldRaised("run", run.aborted))
    if not run.holds and all(is_promoted(run, stage.id) for stage in layout.schedule.stages):
        return Record(ev.RunClosed(result_of(run.lanes.values()), because("all-promoted")))
    return None


def open_lanes(run: Run) -> bool:
    return bool(run.busy)


def is_promoted(run: Run, stage: str) -> bool:
    return stage in run.stages and run.stages[stage].promoted


def result_of(lanes: Iterable[LaneView]) -> RunResult:
    whole = all(lane.result is LaneResult.UPGRADED for lane in lanes)
    return RunResult.UPGRADED if whole else RunResult.UPGRADED_WITH_EXCEPTIONS
