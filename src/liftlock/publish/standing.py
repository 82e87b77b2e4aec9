"""Where a run, its stages and its hosts stand, in the terms that status, live view and report share."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum

from msgspec import Struct

from liftlock.model.events import LaneResult
from liftlock.model.reasons import Reason
from liftlock.model.run import LaneView, Phase, Run, StageView, StepState
from liftlock.model.schedule import Schedule, Stage, host_of, lane_of
from liftlock.publish.hops import titled
from liftlock.publish.looks import standing, wave_of
from liftlock.publish.words import Words


class Standing(Enum):
    """Of the run."""

    NOT_BEGUN = "not-begun"
    RUNNING = "running"
    PAUSED = "paused"
    HELD = "held"
    ABORTING = "aborting"
    RETURNING = "returning"
    CLOSED = "closed"


class StageStanding(Enum):
    WAITING = "waiting"
    WORKING = "working"
    SOAKING = "soaking"
    CONFIRMING = "confirming"
    HELD = "held"
    RETURNING = "returning"
    RETURNED = "returned"
    PASSED = "passed"


class HostStanding(Enum):
    WAITING = "waiting"
    WORKING = "working"
    BETWEEN = "between"  # its lane has begun, no step is running
    HELD = "held"
    RETURNING = "returning"
    UPGRADED = "upgraded"
    RETURNED = "returned"
    FAILED = "failed"
    SKIPPED = "skipped"


class Outlook(Struct, frozen=True):
    """What others computed of the time to come. `can_return`: a rollback begun now would end before the window
    closes; None where there is no window or no estimate."""

    remaining_s: float | None = None
    ends_at: datetime | None = None
    closes_at: datetime | None = None
    back_s: float | None = None
    can_return: bool | None = None


NO_OUTLOOK = Outlook()


class InHand(Struct, frozen=True):
    """A step that is running."""

    step: str
    host: str
    name: str
    attempt: int
    since: datetime | None


def standing_of(run: Run) -> Standing:
    if run.result is not None:
        return Standing.CLOSED
    if not run.size:
        return Standing.NOT_BEGUN
    if run.holds:
        return Standing.HELD
    if run.paused is not None:
        return Standing.PAUSED
    if run.rollback is not None:
        return Standing.RETURNING
    return Standing.ABORTING if run.aborted is not None else Standing.RUNNING


def stage_standing(run: Run, stage: Stage) -> StageStanding:
    view = run.stages.get(stage.id)
    if view is None:
        return StageStanding.WAITING
    if stage.id in run.holds or any(lane_of(lane_of(subject)) == stage.id for subject in run.holds):
        return StageStanding.HELD
    if view.promoted:
        return StageStanding.PASSED
    if run.rollback is not None and run.rollback.scope != "hosts" and is_inside(run, stage):
        return StageStanding.RETURNED if view.ended == view.begun else StageStanding.RETURNING
    if view.confirming:
        return StageStanding.CONFIRMING
    return soaking(view, stage)


def is_inside(run: Run, stage: Stage) -> bool:
    assert run.rollback is not None
    return run.rollback.scope == "all" or stage.id in run.rollback.names


def soaking(view: StageView, stage: Stage) -> StageStanding:
    if view.ended < len(stage.hosts):
        return StageStanding.WORKING
    if view.returned and not view.upgraded:
        return StageStanding.RETURNED
    return StageStanding.SOAKING


def host_standing(run: Run, lane_id: str, lane: LaneView | None) -> HostStanding:
    if lane is None:
        return HostStanding.WAITING
    match lane.result:
        case LaneResult.UPGRADED if lane.phase is Phase.UP:
            return HostStanding.UPGRADED
        case LaneResult.RETURNED:
            return HostStanding.RETURNED
        case LaneResult.FAILED:
            return HostStanding.FAILED
        case LaneResult.SKIPPED:
            return HostStanding.SKIPPED
    if any(lane_of(subject) == lane_id for subject in run.holds):
        return HostStanding.HELD
    if lane.phase is Phase.BACK:
        return HostStanding.RETURNING
    running = any(step.state is StepState.RUNNING for step in lane.steps.values())
    return HostStanding.WORKING if running else HostStanding.BETWEEN


def hosts_of(run: Run, stage: Stage) -> Iterator[tuple[str, HostStanding]]:
    """Every host of a stage with where it stands."""
    for host in stage.hosts:
        lane_id = f"{stage.id}/{host}"
        yield host, host_standing(run, lane_id, run.lanes.get(lane_id))


def in_hand(run: Run) -> list[InHand]:
    """Steps that are running, the longest first."""
    found = [
        InHand(step, host_of(lane_of(step)), step.rpartition("/")[2], view.attempt, view.at)
        for step, view in run.flying.items()
    ]
    return sorted(found, key=lambda each: (each.since is None, each.since, each.step))


def out_of_service(run: Run) -> list[tuple[str, str]]:
    """Component and host of everything that is kept out of service."""
    return sorted((component, host) for component, hosts in run.out.items() for host in hosts)


def elapsed_s(run: Run, now: datetime) -> float:
    if run.opened_at is None:
        return 0.0
    return max(0.0, ((run.closed_at or now) - run.opened_at).total_seconds())


def headline(run: Run, words: Words) -> str:
    """The run's standing in words, with its reason where there is one."""
    standing = standing_of(run)
    if run.result is not None:
        why = words.reason(run.closed_because) if run.closed_because else ""
        return words.term(run.result) + (words.say("ui.why", text=why) if why else "")
    if standing is Standing.PAUSED and run.paused is not None:
        return words.term(standing) + paused_by(run.paused, words)
    because = {Standing.ABORTING: run.aborted}.get(standing)
    if standing is Standing.RETURNING and run.rollback is not None:
        because = run.rollback.because
    return words.term(standing) + (words.say("ui.why", text=words.reason(because)) if because else "")


def paused_by(paused: Reason, words: Words) -> str:
    """Who asked for the pause, and why, as far as the record says."""
    by, why = paused.fields.get("by"), paused.fields.get("why")
    return (words.say("ui.asked", by=by) if by else "") + (words.say("ui.why", text=why) if why else "")


def soak_text(schedule: Schedule, run: Run, stage: Stage, words: Words) -> str:
    """How much of the soak is observed, while the stage soaks."""
    view = run.stages.get(stage.id)
    wanted_s = schedule.policies[stage.component].soak_s
    if view is None or not stage.soaks or stage_standing(run, stage) is not StageStanding.SOAKING:
        return ""
    return words.say("ui.soaked", soaked_s=view.soaked_s, soak_s=wanted_s)


def canary_standings(schedule: Schedule, run: Run, words: Words) -> list[tuple[str, str]]:
    """How each component's canary stands, in one line, while its stage is open or the baseline is being watched."""
    watched = schedule.canaries if isinstance(schedule.canaries, dict) else {}
    found = []
    for component, view in run.canaries.items():
        if view.look is None or run.result is not None:
            continue
        if not view.look.stage and component in watched and view.baseline is None:
            wanted = round(watched[component].before_s / watched[component].every_s)
            found.append(
                (titled(component, words), words.say("ui.canary.watching", looks=len(view.before), wanted=wanted))
            )
        elif view.look.stage in run.stages and not run.stages[view.look.stage].promoted:
            found.append((f"{titled(component, words)} {wave_of(view.look, words)}", standing(view.look, words)))
    return found


def outlook_lines(outlook: Outlook, words: Words) -> list[str]:
    """Remaining time, and whether a rollback would still fit before the window closes."""
    lines = []
    if outlook.remaining_s is not None:
        ends = words.say("ui.outlook.ends", at=words.time(outlook.ends_at)) if outlook.ends_at else ""
        lines.append(words.say("ui.outlook.remaining", remaining_s=outlook.remaining_s) + ends)
    if outlook.can_return is not None:
        fields = {"at": words.time(outlook.closes_at), "back_s": outlook.back_s or 0.0}
        lines.append(words.say("ui.outlook.can_return" if outlook.can_return else "ui.outlook.too_late", **fields))
    elif outlook.closes_at is not None:
        lines.append(words.say("ui.outlook.closes", at=words.time(outlook.closes_at)))
    return lines
