"""The promises of a run, checked against what happened: one function for each, which yields what broke it."""

from collections.abc import Callable, Iterator

from liftlock.decide.expand import Layout, lay_out
from liftlock.decide.order_back import STOP
from liftlock.decide.windows import is_open
from liftlock.execute.perform import mark_of
from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.fold import advance, fold
from liftlock.model.run import Run
from liftlock.model.schedule import lane_of, stage_of
from liftlock.simulate.story import STREAM, Story

WRITES = ("install", "configure", "migrate", "command", "restore")
WRITE_STARTS = ("start-install", "start-migrate")
DISTURBS = (*WRITES, "restart", "stop")


def broken(story: Story) -> list[str]:
    """Every promise that this story breaks, named; empty is as it should be."""
    return [f"{promise.__name__}: {what}" for promise in PROMISES for what in promise(story)]


# --- on the hosts -----------------------------------------------------------------------------------------


def capacity_is_kept(story: Story) -> Iterator[str]:
    """No act of ours takes one more host out than the plan allows; a host found unhealthy is out already."""
    out: dict[str, set[str]] = {name: set() for name in story.schedule.capacities}
    back_from, sick = rollback_began_s(story), Sickness(story)
    for what in story.trace:
        name = story.schedule.policies[what.component].capacity
        capacity = story.schedule.capacities[name]
        if what.kind == "readmit":
            out[name].discard(what.host)
        elif what.kind == "drain" and what.host not in out[name]:
            out[name].add(what.host)
            limit = max(capacity.out_max, capacity.back_out_max) if what.at_s >= back_from else capacity.out_max
            if len(out[name]) > limit and what.host not in sick.hosts_at(what.at_s):
                yield f"{len(out[name])} out of {name}, {limit} allowed, at {what.at_s:.1f} ({what.host})"


class Sickness:
    """Which hosts the looks have found unhealthy, and when."""

    def __init__(self, story: Story) -> None:
        looks = zip(story.times, story.entries, strict=True)
        self.looks = [(at_s, e.event) for at_s, e in looks if isinstance(e.event, ev.StageObserved)]

    def hosts_at(self, at_s: float) -> set[str]:
        latest = {event.stage: event for seen_s, event in self.looks if seen_s <= at_s}
        return {host for event in latest.values() for sample in event.samples for host in sample.bad_hosts}


def rollback_began_s(story: Story) -> float:
    """From when on the way back has its own limit: the first lane that turned, or the rollback of the run."""
    turned = (ev.RollbackBegan, ev.LaneTurned)
    return next(
        (at for at, entry in zip(story.times, story.entries, strict=True) if isinstance(entry.event, turned)),
        float("inf"),
    )


def no_step_runs_twice(story: Story) -> Iterator[str]:
    """A mark starts once; a step that took effect and said so is not started again but by a person's word."""
    steps = marks_of(story)
    again = [entry.event for entry in story.entries if isinstance(entry.event, ev.HoldSettled | ev.LaneReopened)]
    started: set[str] = set()
    done: set[str] = set()
    for what in story.trace:
        if what.what not in steps:
            continue
        step = steps[what.what]
        if what.kind.startswith("start-"):
            if what.what in started:
                yield f"{what.what} started twice"
            if step in done and not again:
                yield f"{step} started again after it was done"
            started.add(what.what)
        elif succeeded(story, step):
            done.add(step)


def not_started_is_true(story: Story) -> Iterator[str]:
    """What the record says never started has no start on any host, neither before nor after."""
    started = {what.what for what in story.trace if what.kind.startswith("start-")}
    for entry in story.entries:
        match entry.event:
            case ev.StepNotStarted(step, attempt) if mark_of(STREAM, step, attempt) in started:
                yield f"{step} attempt {attempt}"


def marks_of(story: Story) -> dict[str, str]:
    return {
        mark_of(STREAM, entry.event.step, entry.event.attempt): entry.event.step
        for entry in story.entries
        if isinstance(entry.event, ev.StepStarted)
    }


def succeeded(story: Story, step: str) -> bool:
    return any(isinstance(entry.event, ev.StepSucceeded) and entry.event.step == step for entry in story.entries)


def no_write_before_a_proved_backup(story: Story) -> Iterator[str]:
    proved: set[tuple[str, str]] = set()
    recipes = story.schedule.recipes
    prove = {name for name in recipes if any(t.action.kind is Kind.PROVE for t in recipes[name].templates)}
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind == "prove":
            proved.add(key)
        elif what.kind in WRITE_STARTS and not what.back and key not in proved and what.component in prove:
            yield f"{what.kind} on {what.host} at {what.at_s:.1f} without a proved backup"


def no_write_while_serving(story: Story) -> Iterator[str]:
    """Promised where the plan drains: one that writes to serving hosts was warned of by its check."""
    draining = {
        stage.component
        for stage in story.schedule.stages
        for template in story.schedule.recipes[stage.recipe].templates
        if template.action.kind is Kind.DRAIN
    }
    drained: set[tuple[str, str]] = set()
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind in ("drain", "stop"):
            drained.add(key)
        elif what.kind in ("readmit", "start"):
            drained.discard(key)
        elif what.kind == "start-install" and key not in drained and what.component in draining:
            yield f"{what.host} written to at {what.at_s:.1f} while it served"


def no_readmission_unverified(story: Story) -> Iterator[str]:
    verified: dict[tuple[str, str], bool] = {}
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind in DISTURBS:
            verified[key] = False
        elif what.kind == "verify":
            verified[key] = True
        elif what.kind == "readmit" and not verified.get(key):
            yield f"{what.host} readmitted at {what.at_s:.1f} unverified"


def nothing_stays_drained_without_a_reason(story: Story) -> Iterator[str]:
    if story.run.result is None:
        return
    for name, host in story.fleet.hosts.items():
        for component, service in host.services.items():
            lanes = [lane for lane in story.run.lanes.values() if lane.host == name and of(lane.stage) == component]
            excused = any(lane.result is LaneResult.FAILED and lane.because for lane in lanes) or skipped(story, name)
            if not service.in_service and not excused:
                yield f"{name} of {component} stays drained"


def skipped(story: Story, host: str) -> bool:
    """Did a person skip a step of this host, or answer for it?"""
    return any(f"/{host}/" in subject for subject in answered_for(story))


def answered_for(story: Story) -> Iterator[str]:
    for entry in story.entries:
        match entry.event:
            case ev.StepSkipped(step):
                yield step
            case ev.LaneSkipped(lane):
                yield f"{lane}/"
            case ev.HoldSettled(subject, "skip" | "done"):
                yield subject


def of(stage: str) -> str:
    return stage.partition("/")[0]


# --- in the record ----------------------------------------------------------------------------------------


def waves_keep_their_order_and_soak(story: Story) -> Iterator[str]:
    ended: dict[str, float] = {}
    promoted: dict[str, float] = {}
    waived: set[str] = set()
    stages = {stage.id: stage for stage in story.schedule.stages}
    for at_s, entry in zip(story.times, story.entries, strict=True):
        match entry.event:
            case ev.LaneEnded(lane, LaneResult.UPGRADED):
                ended[stage_of(lane)] = at_s
            case ev.HoldSettled(subject):
                waived.add(subject)
            case ev.StagePromoted(stage):
                promoted[stage] = at_s
                soak_s = story.schedule.policies[of(stage)].soak_s if stages[stage].soaks else 0.0
                if stage not in waived and at_s - ended.get(stage, at_s) < soak_s - 0.001:
                    yield f"{stage} soaked {at_s - ended.get(stage, at_s):.1f} s of {soak_s:.1f}"
            case ev.StageOpened(stage):
                missing = [need for need in stages[stage].needs if need not in promoted]
                if missing:
                    yield f"{stage} opened before {missing}"


def nothing_begins_outside_a_window(story: Story) -> Iterator[str]:
    for entry, lane, _ in begun_lanes(story):
        if not is_open(story.schedule.windows, story.schedule.freezes, entry.at):
            yield f"{lane} began at {entry.at}"


def paused_means_that_nothing_new_begins(story: Story) -> Iterator[str]:
    for _, lane, run in begun_lanes(story):
        if run.paused is not None or run.aborted is not None:
            yield f"{lane} began while paused"


def at_once_means_that_no_step_begins(story: Story) -> Iterator[str]:
    at_once = False
    for entry in story.entries:
        match entry.event:
            case ev.RunPaused(at_once=now):
                at_once = now
            case ev.RunResumed() | ev.RollbackBegan():
                at_once = False
            case ev.StepStarted(step) if at_once:
                yield f"{step} started"


def the_budget_is_kept(story: Story) -> Iterator[str]:
    """No lane begins once more hosts have failed than the plan tolerates, unless a person let it."""
    for _, lane, run in begun_lanes(story):
        stage = run.stages[stage_of(lane)]
        policy = story.schedule.policies[of(lane)]
        if stage.waived:
            continue
        if run.failures.get(of(lane), 0) > policy.failures_max or stage.failures > policy.wave_failures_max:
            yield f"{lane} began over the budget"


def begun_lanes(story: Story) -> Iterator[tuple[ev.Entry, str, Run]]:
    """Each lane's first step, with the fold as it was just before."""
    run = Run()
    for entry in story.entries:
        if isinstance(entry.event, ev.StepStarted) and lane_of(entry.event.step) not in run.lanes:
            yield entry, lane_of(entry.event.step), run
        advance(run, entry)


def undo_follows_dependents(story: Story) -> Iterator[str]:
    """An undo that a rollback asked for never precedes the undo of what was built on it, whatever its scope."""
    layout = lay_out(story.schedule)
    run = Run()
    for entry in story.entries:
        if isinstance(entry.event, ev.StepStarted) and run.rollback is not None:
            lane, _, name = entry.event.step.rpartition("/")
            if name.startswith("u"):
                yield from (f"{entry.event.step} before {other}" for other in standing(layout, run, stage_of(lane)))
        advance(run, entry)


def standing(layout: Layout, run: Run, stage: str) -> list[str]:
    """Lanes that must have gone back before those of this stage, and have not."""
    gone = (LaneResult.RETURNED, LaneResult.SKIPPED, LaneResult.FAILED)
    first = layout.returns_first[stage]
    return [lane for lane, view in run.lanes.items() if view.stage in first and view.result not in gone]


def an_outage_is_complete(story: Story) -> Iterator[str]:
    """A tier is written to only while what was to be stopped for it is down, on the way up and on the way back."""
    waits = stopped_for(story)
    at_work = {(component, host) for component in waits for host in hosts_of(story, component)}
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind == "stop":
            at_work.discard(key)
        elif what.kind in ("start", "restart") and what.component in waits:
            at_work.add(key)
        elif what.kind == "start-install":
            users = [user for user in at_work if what.component in waits[user[0]] and not skipped(story, user[1])]
            if users:
                yield f"{what.host} of {what.component} written to at {what.at_s:.1f} while {users[0]} is at work"


def stopped_for(story: Story) -> dict[str, tuple[str, ...]]:
    """Components that an outage stops, each with those that it is stopped for."""
    stopped = [stage.component for stage in story.schedule.stages if stage.wave == STOP]
    return {component: story.schedule.policies[component].after for component in stopped}


def hosts_of(story: Story, component: str) -> set[str]:
    return {host for stage in story.schedule.stages if stage.component == component for host in stage.hosts}


def one_lane_at_a_time_on_a_host(story: Story) -> Iterator[str]:
    flying: dict[str, str] = {}
    for entry in story.entries:
        match entry.event:
            case ev.StepStarted(step):
                host = lane_of(step).rpartition("/")[2]
                if host in flying:
                    yield f"{step} while {flying[host]}"
                flying[host] = step
            case ev.StepSucceeded(step) | ev.StepFailed(step) | ev.StepNotStarted(step) | ev.StepLost(step):
                flying.pop(lane_of(step).rpartition("/")[2], None)


def rolled_back_means_the_old_version_everywhere(story: Story) -> Iterator[str]:
    if story.run.result is not RunResult.ROLLED_BACK:
        return
    left = {lane.host for lane in story.run.lanes.values() if lane.result is LaneResult.FAILED}
    for name, host in story.fleet.hosts.items():
        for component, service in host.services.items():
            old = story.schedule.policies[component].version_from
            fine = service.version == old and service.running and service.in_service
            if not fine and name not in left and not skipped(story, name):
                yield f"{name}: {component} {service.version}, running {service.running}, served {service.in_service}"


def upgraded_means_the_new_version_everywhere(story: Story) -> Iterator[str]:
    if story.run.result is not RunResult.UPGRADED:
        return
    for name, host in story.fleet.hosts.items():
        for component, service in host.services.items():
            if service.version != story.schedule.policies[component].version_to and not skipped(story, name):
                yield f"{name}: {component} {service.version}"


def the_record_is_legal_and_is_the_state(story: Story) -> Iterator[str]:
    """Every event is legal, and the controller's own fold equals the fold of the journal."""
    if story.driven is not None and fold(story.entries[: story.driven.size]) != story.driven:
        yield "the cache is not the fold"


def the_run_ends_or_holds_with_a_reason(story: Story) -> Iterator[str]:
    run = story.run
    reasons = [run.closed_because, run.paused, run.aborted, *run.holds.values()]
    if not any(reasons):
        yield "neither closed nor held"


PROMISES: tuple[Callable[[Story], Iterator[str]], ...] = (
    capacity_is_kept,
    no_step_runs_twice,
    not_started_is_true,
    no_write_before_a_proved_backup,
    no_write_while_serving,
    no_readmission_unverified,
    nothing_stays_drained_without_a_reason,
    waves_keep_their_order_and_soak,
    nothing_begins_outside_a_window,
    paused_means_that_nothing_new_begins,
    at_once_means_that_no_step_begins,
    the_budget_is_kept,
    undo_follows_dependents,
    an_outage_is_complete,
    one_lane_at_a_time_on_a_host,
    rolled_back_means_the_old_version_everywhere,
    upgraded_means_the_new_version_everywhere,
    the_record_is_legal_and_is_the_state,
    the_run_ends_or_holds_with_a_reason,
)
