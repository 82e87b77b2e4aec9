"""The time to come: what is left, when it ends, and whether everything could still go back before the window closes.

From the schedule's estimates, corrected by how long lanes of this run really took.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from liftlock.decide.binding import closed_for, held_back
from liftlock.decide.choose import choose
from liftlock.decide.estimate import back_s, stage_forward_s
from liftlock.decide.expand import Layout
from liftlock.decide.windows import opening
from liftlock.model.decisions import Wait
from liftlock.model.reasons import Reason
from liftlock.model.run import Phase, Run
from liftlock.model.schedule import Schedule, Stage, component_of
from liftlock.publish.standing import NO_OUTLOOK, Outlook

FAR = timedelta(days=400)
NOTHING_SEEN: Mapping[str, float] = {}


def outlook_of(schedule: Schedule, run: Run, now: datetime, *, lanes_s: Mapping[str, float] = NOTHING_SEEN) -> Outlook:
    """`lanes_s`: component -> how long its lanes were seen to take. A closed run has no outlook."""
    if run.result is not None:
        return NO_OUTLOOK
    begins, closes_at = window_of(schedule, now)
    begins = max(begins, held_until(schedule, run, now))
    returning = run.rollback is not None
    remaining_s = way_back_s(schedule, run) if returning else way_up_s(schedule, run, lanes_s)
    back = way_back_s(schedule, run)
    can_return = None if closes_at is None or returning else now + timedelta(seconds=back) <= closes_at
    ends_at = max(now, now if returning else begins) + timedelta(seconds=remaining_s)
    return Outlook(remaining_s, ends_at, closes_at, back, can_return)


def window_of(schedule: Schedule, now: datetime) -> tuple[datetime, datetime | None]:
    """When forward work may begin, and when the opening that is under way closes (None: none is, or it never does)."""
    if not (schedule.windows or schedule.freezes):
        return now, None
    found = opening(schedule.windows, schedule.freezes, now)
    if found is None:
        return now, None
    begins, ends = found
    return begins, ends if begins <= now and ends - now < FAR else None


def held_until(schedule: Schedule, run: Run, now: datetime) -> datetime:
    """When the next stage may begin for leads, observation and others' changes; now, where a stage is at work."""
    if any(not view.promoted for view in run.stages.values()):
        return now
    passed = {name for name, view in run.stages.items() if view.promoted}
    following = [each for each in schedule.stages if each.id not in passed and passed.issuperset(each.needs)]
    return min((begins_at(schedule, run, stage, now) for stage in following), default=now)


def begins_at(schedule: Schedule, run: Run, stage: Stage, now: datetime) -> datetime:
    held = held_back(schedule, run, stage, now)
    since = now if held is None else held.until.astimezone(now.tzinfo)
    closed = closed_for(schedule, stage.hosts)
    found = opening(schedule.windows, (*schedule.freezes, *closed), since) if closed else None
    return since if found is None else max(since, found[0])


def way_up_s(schedule: Schedule, run: Run, lanes_s: Mapping[str, float]) -> float:
    """The longest way through the stages that are not passed."""
    ends: dict[str, float] = {}
    for stage in schedule.stages:
        begins_s = max((ends.get(need, 0.0) for need in stage.needs), default=0.0)
        ends[stage.id] = begins_s + stage_left_s(schedule, run, stage, lanes_s.get(stage.component))
    return max(ends.values(), default=0.0)


def stage_left_s(schedule: Schedule, run: Run, stage: Stage, lane_s: float | None) -> float:
    view = run.stages.get(stage.id)
    if view is None:
        return stage_forward_s(schedule, stage, len(stage.hosts), lane_s)
    if view.promoted:
        return 0.0
    left = max(0, len(stage.hosts) - view.ended)
    return max(0.0, stage_forward_s(schedule, stage, left, lane_s) - view.soaked_s)


def way_back_s(schedule: Schedule, run: Run) -> float:
    """Everything that was begun back to the old version, one component after the other."""
    begun: dict[str, int] = {}
    for name, view in run.stages.items():
        component = component_of(name)
        begun[component] = begun.get(component, 0) + max(0, view.stepped - view.returned)
    return sum(back_s(schedule, component, hosts) for component, hosts in begun.items() if hosts)


def lanes_seen_s(run: Run, lane_ids: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """A running mean for each component. `lane_ids`: lanes that ended just now, with how long they took."""
    seen = dict(before)
    for lane_id, took_s in lane_ids.items():
        lane, component = run.lanes.get(lane_id), component_of(lane_id)
        if lane is not None and lane.phase is not Phase.BACK:
            seen[component] = took_s if component not in seen else seen[component] * 0.8 + took_s * 0.2
    return seen


def waiting_for(layout: Layout, run: Run, now: datetime) -> Reason | None:
    """Why a controller would do nothing just now."""
    found = choose(layout, run, now)
    return next((each.because for each in found if isinstance(each, Wait)), None) if len(found) == 1 else None
