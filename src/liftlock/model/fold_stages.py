"""What the events of a stage do to it: opened, looked at, confirmed, promoted, settled by a person."""

from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.canary import MetricState
from liftlock.model.events import LaneResult
from liftlock.model.run import CanaryView, IllegalEvent, Phase, Run, StageView, StepView, Tally


def open_stage(run: Run, entry: ev.Entry, event: ev.StageOpened) -> None:
    if event.stage in run.stages:
        raise IllegalEvent(f"#{entry.seq} {event.stage}: is open already")
    run.stages[event.stage] = StageView(opened_at=entry.at, tallies={})
    run.progress_at = entry.at


def observe_stage(run: Run, entry: ev.Entry, event: ev.StageObserved) -> None:
    stage = run.stages[event.stage]
    if stage.looked_at is not None:
        stage.watched_s += (entry.at - stage.looked_at).total_seconds()
    stage.looked_at = entry.at
    stage.soaked_s += event.covers_s
    stage.bad = {host for sample in event.samples for host in sample.bad_hosts}
    stage.unread = {host for sample in event.samples for host in sample.unread}
    for sample in event.samples:
        tally = stage.tallies.setdefault(sample.check, Tally())
        tally.samples += sample.value is not None
        tally.fails += sample.fails
        tally.last = sample.value
    run.progress_at = entry.at


def look_at_canary(run: Run, entry: ev.Entry, event: ev.CanaryLooked) -> None:
    view = run.canaries.setdefault(event.component, CanaryView())
    if event.look.number != view.state.number + 1:
        raise IllegalEvent(f"#{entry.seq} {event.component}: look {event.look.number} after {view.state.number}")
    view.state, view.look, view.looked_at = event.state, event.look, entry.at
    if event.row:
        view.before.append(event.row)
    if event.baseline is not None:
        view.baseline, view.before = event.baseline, []
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
    run.stages[event.stage].promoted_at = entry.at
    run.progress_at = entry.at


def restart_soak(stage: StageView) -> None:
    stage.soaked_s, stage.watched_s, stage.looked_at = 0.0, 0.0, None
    stage.confirming = stage.promoted = False
    stage.tallies = {}


def forget_evidence(run: Run, component: str) -> None:
    """What was compared so far no longer counts; the baseline stays. A look that is under way is one too late."""
    if (view := run.canaries.get(component)) is None:
        return
    kept = {name: MetricState(last=each.last, cursors=each.cursors) for name, each in view.state.metrics.items()}
    view.look = None
    view.state = replace(view.state, number=view.state.number + 1, stage="", silent={}, metrics=kept)


def watch_again(run: Run, entry: ev.Entry, component: str) -> None:
    """A person wants another try at the baseline."""
    view = run.canaries.get(component)
    if view is not None and view.baseline is None:
        view.before, view.look = [], None
        view.state = replace(view.state, number=view.state.number + 1, began=entry.at.timestamp())


def settle_stage(stage: StageView, answer: ev.Answer) -> None:
    match answer:
        case "done" | "skip":
            stage.waived = True
        case "retry":
            restart_soak(stage)
        case "not-done":
            stage.tallies = {"settled": Tally(samples=1, fails=1_000_000)}
