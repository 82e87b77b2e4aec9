"""What a run promises about going back. The order of dependency is read from the plan's `after`, not from the code
that it checks."""

from collections.abc import Iterator

from liftlock.decide.order_back import STOP
from liftlock.model import events as ev
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.fold import advance
from liftlock.model.run import LaneView, Phase, Run, StepState, is_lost
from liftlock.model.schedule import Schedule, Stage, host_of, lane_of, stage_of
from liftlock.simulate.excuses import answered, component_of, waived, wave_of
from liftlock.simulate.promises_hosts import ONCE, WRITE_STARTS, Key, Verified, homes
from liftlock.simulate.story import Story


def undo_follows_dependents(story: Story) -> Iterator[str]:
    """An undo never precedes the undo of what was built on it; in a rollback of everything, whenever that was built."""
    above = {stage.id: built_on(story.schedule, stage) for stage in story.schedule.stages}
    run, upgraded, began = Run(), dict[str, int](), dict[str, int]()
    for entry in story.entries:
        match entry.event:
            case ev.LaneEnded(lane, LaneResult.UPGRADED):
                upgraded[lane] = entry.seq
            case ev.StepStarted(step) if lane_of(step) not in run.lanes:
                began[lane_of(step)] = entry.seq
            case ev.StepStarted(step) if step.rpartition("/")[2].startswith("u"):
                whole = run.rollback is not None and run.rollback.scope == "all"
                since = -1 if whole else upgraded.get(lane_of(step), entry.seq)
                for other in standing(run, above[stage_of(lane_of(step))]):
                    if began.get(other, -1) > since:
                        yield f"{step} before {other}"
        advance(run, entry)


def built_on(schedule: Schedule, stage: Stage) -> set[str]:
    """Stages that were built on this one: of components after its own, and what runs once after its waves."""
    if stage.wave == STOP:
        return set()  # an outage's stops go the other way: `an_outage_is_complete`
    later = components_after(schedule, stage.component)
    return {
        other.id
        for other in schedule.stages
        if other.wave != STOP
        and (
            other.component in later
            or (other.component == stage.component and ONCE.get(other.wave, 1) > ONCE.get(stage.wave, 1))
        )
    }


def components_after(schedule: Schedule, component: str) -> set[str]:
    direct = {name for name, policy in schedule.policies.items() if component in policy.after}
    return direct.union(*(components_after(schedule, name) for name in direct))


def standing(run: Run, stages: set[str]) -> list[str]:
    return [lane for lane, view in run.lanes.items() if view.stage in stages and not is_gone(view)]


def is_gone(lane: LaneView) -> bool:
    """Nothing of it stands: it went back, never came, or is to be tried again and has not begun."""
    unbegun = lane.result is None and all(step.state is StepState.READY for step in lane.steps.values())
    return lane.result in (LaneResult.RETURNED, LaneResult.SKIPPED) or is_lost(lane) or unbegun


# --- outages ------------------------------------------------------------------------------------------------


def an_outage_is_complete(story: Story) -> Iterator[str]:
    """A tier is written to only while what was to be stopped for it is down, on the way up and on the way back."""
    waits = stopped_for(story.schedule)
    at_work = {(component, host) for component, host in homes(story.schedule) if component in waits}
    excused = not_stopped_by_a_persons_word(story)
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind == "stop":
            at_work.discard(key)
        elif what.kind in ("start", "restart") and what.component in waits:
            at_work.add(key)
        elif what.kind in WRITE_STARTS:
            users = [user for user in sorted(at_work - excused) if what.component in waits[user[0]]]
            if users:
                yield f"{what.host} of {what.component} written to at {what.at_s:.1f} while {users[0]} is at work"


def not_stopped_by_a_persons_word(story: Story) -> set[Key]:
    """A person left the host out of the stopping, let the outage begin without it, or answered for a stop or start."""
    let, found = waived(story), set[Key]()
    for entry in story.entries:
        match entry.event:
            case ev.LaneSkipped(lane) if wave_of(lane) == STOP:
                found.add((component_of(lane), host_of(lane)))
            case ev.LaneEnded(lane, LaneResult.RETURNED | LaneResult.FAILED) if stage_of(lane) in let:
                if wave_of(lane) == STOP:
                    found.add((component_of(lane), host_of(lane)))
            case ev.StepSkipped(step) | ev.HoldSettled(step, "skip" | "done") if step.endswith(("stop", "start")):
                found.add((component_of(step), host_of(lane_of(step))))
    return found


def stopped_for(schedule: Schedule) -> dict[str, set[str]]:
    """Components that an outage stops, each with the tiers of the outage that it is stopped for."""
    stopped = [stage.component for stage in schedule.stages if stage.wave == STOP]
    tiers = {name: components_after(schedule, name) for name, policy in schedule.policies.items() if policy.outage}
    return {component: {tier for tier, later in tiers.items() if component in later} for component in stopped}


# --- the end ------------------------------------------------------------------------------------------------


def rolled_back_means_the_old_version_verified(story: Story) -> Iterator[str]:
    """On every host, but those that were lost before anything was done to them, and what a person answered for."""
    if story.run.result is not RunResult.ROLLED_BACK:
        return
    verified = Verified(story)
    lost = {(component_of(lane_id), lane.host) for lane_id, lane in story.run.lanes.items() if is_left(lane)}
    for name, host in story.fleet.hosts.items():
        for component, service in host.services.items():
            key, old = (component, name), story.schedule.policies[component].version_from
            fine = {service.version, service.data or old} == {old} and service.running and service.in_service
            if not (fine and verified.version(key) in (old, None)) and key not in lost | answered(story):
                yield f"{name}: {component} {service.version}, running {service.running}, served {service.in_service}"


def is_left(lane: LaneView) -> bool:
    return is_lost(lane) and lane.phase is not Phase.BACK
