"""Waves: opened when what they need is passed, filled with lanes, soaked, confirmed, promoted.

The error condition is looked at first. A wave in which nothing was upgraded is never a pass. Nothing new begins while
something is held, paused, aborted or rolled back, nor outside a window, nor if it could not go back before that closes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from liftlock.decide.binding import change_under_way, closed_for, held_back
from liftlock.decide.capacity import Room
from liftlock.decide.deadlines import progress_since, under_way_since
from liftlock.decide.estimate import stage_forward_s, whole_back_s
from liftlock.decide.expand import Layout
from liftlock.decide.judge.checks import judge_stage
from liftlock.decide.order_back import STOP
from liftlock.decide.rollback import built_on
from liftlock.decide.turn import Turn, later
from liftlock.decide.watching import judged, lacks_baseline, soak_s, watch, watch_before
from liftlock.decide.way_back import no_return
from liftlock.decide.windows import Span, openings
from liftlock.model import events as ev
from liftlock.model.canary import Verdict
from liftlock.model.decisions import Observe, Perform, Record
from liftlock.model.events import LaneResult
from liftlock.model.reasons import Reason, because
from liftlock.model.run import Run, StageView
from liftlock.model.schedule import Policy, Stage, component_of, name_of


def choose_stages(turn: Turn, layout: Layout, run: Run, room: Room) -> None:
    for stage in layout.schedule.stages:
        view = run.stages.get(stage.id)
        if view is None:
            choose_opening(turn, layout, run, stage)
        elif not view.promoted:
            choose_stage(turn, layout, run, room, stage, view)
        if any(isinstance(decision, Record) for decision in turn.decisions):
            return


def standstill(run: Run) -> Reason | None:
    """Why nothing new may begin, apart from time and capacity."""
    if run.paused is not None:
        return run.paused
    if run.rollback is not None:
        return because("rolling-back")
    if run.aborted is not None:
        return run.aborted
    if run.close_asked is not None:
        return run.close_asked
    if run.holds:
        subject, reason = next(iter(run.holds.items()))
        return because("held", subject=subject, why=reason.code)
    return None


# --- opening ----------------------------------------------------------------------------------------------


def choose_opening(turn: Turn, layout: Layout, run: Run, stage: Stage) -> None:
    missing = next((need for need in stage.needs if need not in run.stages or not run.stages[need].promoted), None)
    if missing is not None or unfinished_below(layout, run, stage.id):
        return
    if why := standstill(run):
        turn.wait(None, why)
        return
    if gap := outage_gap(layout, run, stage):
        turn.decisions.append(Record(gap))
        return
    if held := held_back(layout.schedule, run, stage, turn.local):
        turn.wait(held.until, held.because)
        return
    found = next(openings_at(layout, turn, stage.hosts), None)
    if found is None:
        turn.decisions.append(Record(ev.HoldRaised(stage.id, because("no-window", stage=stage.id))))
        return
    begins, ends = found
    if lacks_baseline(layout, run, stage):
        watch_before(turn, layout, run, stage, begins)
        return
    work_s = whole_s(layout, run, stage)
    if turn.now < begins:
        turn.wait(begins, closed_because(layout, turn, stage.hosts, begins))
    elif later(turn.now, work_s) <= ends:
        turn.decisions.append(Record(ev.StageOpened(stage.id)))
    elif not any(later(span[0], work_s) <= span[1] for span in openings_at(layout, turn, stage.hosts)):
        turn.decisions.append(Record(ev.StageOpened(stage.id)))
        turn.decisions.append(Record(ev.HoldRaised(stage.id, because("window-too-short", needs_s=round(work_s)))))
    else:
        turn.wait(ends, because("does-not-fit", stage=stage.id, closes=ends.isoformat(timespec="minutes")))


def unfinished_below(layout: Layout, run: Run, stage: str) -> str:
    """A stage that this one needs, and that is under way again; empty if there is none."""
    again = (name for name, view in run.stages.items() if not view.promoted and stage in layout.needed_by[name])
    return next(again, "")


def openings_at(layout: Layout, turn: Turn, hosts: Sequence[str]) -> Iterator[Span]:
    """The opening that is under way for these hosts, and those to come, in order."""
    schedule = layout.schedule
    return openings(schedule.windows, (*schedule.freezes, *closed_for(schedule, hosts)), turn.local)


def closed_because(layout: Layout, turn: Turn, hosts: Sequence[str], opens: datetime | None) -> Reason:
    """Nothing may begin at these hosts now: the window is closed, or somebody else's change is there."""
    said = "" if opens is None else opens.isoformat(timespec="minutes")
    if change := change_under_way(closed_for(layout.schedule, hosts), turn.local):
        return because("other-change", change=change, opens=said)
    return because("window-closed", opens=said)


def whole_s(layout: Layout, run: Run, stage: Stage) -> float:
    """Seconds to finish the stage and still roll everything of its component back, with the reserve."""
    done = {stage.component: len(stage.hosts)}
    for name, view in run.stages.items():
        done[component_of(name)] = done.get(component_of(name), 0) + view.upgraded
    forward_s = stage_forward_s(layout.schedule, stage, len(stage.hosts))
    return forward_s + whole_back_s(layout.schedule, stage.component, done) + layout.schedule.reserve_s


# --- an open stage ----------------------------------------------------------------------------------------


def choose_stage(turn: Turn, layout: Layout, run: Run, room: Room, stage: Stage, view: StageView) -> None:
    policy = layout.schedule.policies[stage.component]
    may_fail = run.rollback is None and not view.waived and stage.id not in run.holds
    if may_fail and (
        why := failure_of(layout, run, stage, view, policy) or overdue(turn, layout, run, stage, view, policy)
    ):
        turn.decisions.append(fail_stage(layout, run, stage, policy, why))
        return
    if view.ended == len(stage.hosts):
        choose_after_lanes(turn, layout, run, stage, view, policy)
    elif why := standstill(run):
        turn.wait(None, why)
    elif gap := outage_gap(layout, run, stage):
        turn.decisions.append(Record(gap))
    elif below := unfinished_below(layout, run, stage.id):
        turn.wait(None, because("in-progress", stage=below))
    else:
        begin_lanes(turn, layout, run, room, stage, view)
        if view.upgraded and layout.schedule.gates.get(stage.component) and stage.soaks:
            observe(turn, stage, view, policy, policy.soak_s)
        watch(turn, layout, run, stage, view)


def is_over(layout: Layout, run: Run, stage: str) -> Reason | None:
    """Why no lane of this stage may begin any more, unless a person waived it."""
    view, named = run.stages[stage], layout.stages[stage]
    return None if view.waived else failure_of(layout, run, named, view, layout.schedule.policies[named.component])


def failure_of(layout: Layout, run: Run, stage: Stage, view: StageView, policy: Policy) -> Reason | None:
    """Over the budget, or judged unhealthy?"""
    if view.failures > policy.wave_failures_max:
        return because("wave-budget-exceeded", stage=stage.id, failures=view.failures, allowed=policy.wave_failures_max)
    component = name_of(stage.component)
    failures = run.failures.get(component, 0)
    if failures > policy.failures_max:
        return because("budget-exceeded", component=component, failures=failures, allowed=policy.failures_max)
    verdict, why = judge_stage(layout.schedule.gates.get(stage.component, ()), view.tallies, judged(layout, run, stage))
    return why if verdict is Verdict.FAIL else None


def overdue(turn: Turn, layout: Layout, run: Run, stage: Stage, view: StageView, policy: Policy) -> Reason | None:
    """The progress deadline: reset by each newly healthy host; a pause, a hold, a closed window or a person's own time
    does not fail it, nor does a failed host that takes its time to go back: the budget counts it."""
    forward = view.begun - view.ended - run.returning.get(stage.id, 0)
    if not forward or standstill(run) or (since := progress_since(layout, run, stage, view)) is None:
        return None
    ends = later(since, policy.progress_deadline_s)
    if turn.now >= ends:  # as seldom as that: lanes may be many
        if (began := under_way_since(run, stage.id)) is None:
            return None
        ends = later(max(since, began), policy.progress_deadline_s)
    if turn.now < ends:
        turn.wait(ends, because("in-progress", stage=stage.id))
        return None
    return because("progress-deadline", stage=stage.id, deadline_s=round(policy.progress_deadline_s))


def fail_stage(layout: Layout, run: Run, stage: Stage, policy: Policy, why: Reason) -> Record:
    """Over: roll back as far as the plan says, or freeze and ask a person."""
    if policy.on_failure in ("freeze", "roll back host"):
        return Record(ev.HoldRaised(stage.id, why))
    whole = policy.on_failure != "roll back wave"
    names = () if whole else (stage.id,)
    if blocker := first_final(layout, run, None if whole else stage.id):
        return Record(ev.HoldRaised(stage.id, because("cannot-roll-back", lane=blocker[0], why=blocker[1])))
    if not whole and (above := built_on(layout, run, run.stages[stage.id].lanes)):
        return Record(ev.HoldRaised(stage.id, because("built-upon", subject=stage.id, above=above)))
    return Record(ev.RollbackBegan("all" if whole else "stage", why, names))


def first_final(layout: Layout, run: Run, stage: str | None) -> tuple[str, str] | None:
    """A lane that is past its point of no return, with the reason, among those that would go back."""
    for lane_id, lane in run.lanes.items():
        if stage is None or lane.stage == stage:
            policy = layout.schedule.policies[layout.stages[lane.stage].component]
            if why := no_return(layout.ways_of(lane.stage), policy, lane):
                return lane_id, why
    return None


# --- lanes ------------------------------------------------------------------------------------------------


def begin_lanes(turn: Turn, layout: Layout, run: Run, room: Room, stage: Stage, view: StageView) -> None:
    found = next(openings_at(layout, turn, stage.hosts), None)
    if found is None or found[0] > turn.now:
        opens = None if found is None else found[0]
        turn.wait(opens, closed_because(layout, turn, stage.hosts, opens))
        return
    first = layout.ways_of(stage.id).up[0]
    open_lanes = view.begun - view.ended
    hosts, before = layout.schedule.hosts, None
    for host in waiting_hosts(run, stage, view):
        if why := left_below(layout, run, stage.component, host):
            turn.decisions.append(Record(ev.LaneEnded(f"{stage.id}/{host}", LaneResult.SKIPPED, why)))
            continue
        domain = hosts[host].domain
        if before is None:
            before = domain_under_way(layout, run, stage, view) if open_lanes else domain
        if domain != before or host in run.busy or host in turn.hosts:
            turn.wait(None, because("one-domain-at-a-time" if domain != before else "host-busy", host=host))
            return
        if not room.take(stage.id, host, back=False):
            if run.busy or run.due or turn.decisions:
                turn.wait(None, because("no-capacity", host=host))
            else:
                turn.decisions.append(Record(ev.HoldRaised(stage.id, because("no-capacity-left", host=host))))
            return
        turn.hosts.add(host)
        turn.decisions.append(Perform(f"{stage.id}/{host}/{first}", 1, ""))


def left_below(layout: Layout, run: Run, component: str, host: str) -> Reason | None:
    """Why a later hop leaves this host out: the hop before it did not arrive there."""
    below = layout.waves_below.get(component, ())
    lanes = (run.lanes[lane] for stage in below if (lane := f"{stage}/{host}") in run.lanes)
    if any(lane.result is LaneResult.UPGRADED for lane in lanes):
        return None
    if not any(host in layout.stages[stage].hosts for stage in below):
        return None
    return because("hop-not-reached", host=host, version=layout.schedule.policies[component].version_from)


def domain_under_way(layout: Layout, run: Run, stage: Stage, view: StageView) -> str:
    """The failure domain of the open lane that began last; one that is tried again may have no step yet."""
    last = next(lane for lane in reversed(view.lanes) if run.lanes[lane].result is None)
    return layout.schedule.hosts[run.lanes[last].host].domain


def waiting_hosts(run: Run, stage: Stage, view: StageView) -> Iterator[str]:
    """Hosts whose lane has not begun, in the schedule's order, without walking those that have."""
    for place in range(view.stepped, len(stage.hosts)):
        host = stage.hosts[place]
        if f"{stage.id}/{host}" not in run.lanes:
            yield host
    if view.begun < len(stage.hosts) and view.stepped >= len(stage.hosts):
        yield from (host for host in stage.hosts if f"{stage.id}/{host}" not in run.lanes)


# --- soak, confirmation, promotion --------------------------------------------------------------------------


def choose_after_lanes(turn: Turn, layout: Layout, run: Run, stage: Stage, view: StageView, policy: Policy) -> None:
    """Every lane has ended: the wave soaks, is confirmed, is promoted; or a person is asked."""
    if stage.id in run.holds:
        turn.wait(None, because("held", subject=stage.id, why=run.holds[stage.id].code))
    elif (why := standstill(run)) and not view.confirming:
        turn.wait(None, why)
    elif view.upgraded == 0 and not view.waived:
        turn.decisions.append(Record(ev.HoldRaised(stage.id, because("nothing-upgraded", stage=stage.id))))
    elif not view.waived and (still := not_stopped(run, stage, view)):
        turn.decisions.append(Record(ev.HoldRaised(stage.id, still)))
    elif stage.soaks and not view.waived and not soaked(turn, layout, run, stage, view, policy):
        return
    elif view.upgraded > view.confirmed and layout.ways_of(stage.id).confirm:
        if any(step.startswith(f"{stage.id}/") for step in run.flying):
            turn.wait(None, because("in-progress", stage=stage.id))  # a look of the confirmation before a retry
        elif not view.confirming:
            turn.decisions.append(Record(ev.StageConfirming(stage.id)))
    else:
        why = because("waived") if view.waived else because("soaked-healthy", checks=len(view.tallies))
        turn.decisions.append(Record(ev.StagePromoted(stage.id, why)))


def not_stopped(run: Run, stage: Stage, view: StageView) -> Reason | None:
    """Why a dependent was not stopped: an outage does not begin with one of them at work, whatever the budget."""
    if stage.wave != STOP or not view.returned + view.failed:
        return None
    missing = (LaneResult.RETURNED, LaneResult.FAILED)
    return next((run.lanes[lane].because for lane in view.lanes if run.lanes[lane].result in missing), None)


def outage_gap(layout: Layout, run: Run, stage: Stage) -> ev.HoldRaised | None:
    """Did a person take a stop back on which this tier's outage rests? Then it goes on with another person's word."""
    for name, view in run.stages.items():
        stop = layout.stages[name]
        others = stop.wave == STOP and name_of(stop.component) != name_of(stage.component)
        rests = others and stage.id in layout.returns_first[name]
        if rests and view.promoted and not view.waived and not_stopped(run, stop, view):
            return ev.HoldRaised(name, because("outage-incomplete", stage=stage.id, stop=name))
    return None


def soaked(turn: Turn, layout: Layout, run: Run, stage: Stage, view: StageView, policy: Policy) -> bool:
    """Observed long enough, and judged healthy? Else look again, or hold when the longest soak is over."""
    verdict, why = judge_stage(
        layout.schedule.gates.get(stage.component, ()), view.tallies, judged(layout, run, stage, turn.now)
    )
    wanted_s = soak_s(layout, stage, policy)
    if view.soaked_s >= wanted_s and verdict is Verdict.PASS:
        return True
    if view.watched_s > policy.longest_soak_s + wanted_s - policy.soak_s:
        stuck = why if verdict is not Verdict.PASS else because("soak-not-observed", soaked_s=round(view.soaked_s))
        turn.decisions.append(Record(ev.HoldRaised(stage.id, stuck)))
    else:
        observe(turn, stage, view, policy, wanted_s)
        watch(turn, layout, run, stage, view)
    return False


def observe(turn: Turn, stage: Stage, view: StageView, policy: Policy, wanted_s: float) -> None:
    due = turn.now if view.looked_at is None else later(view.looked_at, policy.look_every_s)
    if due <= turn.now:
        turn.decisions.append(Observe(stage.id, view.looked_at))
    else:
        left_s = max(wanted_s - view.soaked_s, 0)
        turn.wait(due, because("soaking", stage=stage.id, left_s=round(left_s)))
