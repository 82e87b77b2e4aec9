"""What binds a run in time besides its windows and freezes: lead rules, others' changes, observation between waves.

- A lead counts from when the journal took the last approval, or the plan, in; what is not on record is as young as the
  run. It holds what it is before back until that has begun; then it has done its work, an amendment or not.
- While somebody else's change is at one of a stage's hosts, no forward work begins there, as in a freeze; what would
  not end, with its way back, before that change begins does not begin either. A rollback always may.
- Between two waves of a component lies the time that the plan wants to observe, beyond their soak, whichever hops they
  are of and whatever is done once in between.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from liftlock.decide.hops import waves_before
from liftlock.decide.turn import later
from liftlock.decide.windows import moment
from liftlock.decide.workdays import earliest_after
from liftlock.model.plan import Freeze
from liftlock.model.reasons import Reason, because
from liftlock.model.run import Run
from liftlock.model.schedule import Bounds, LeadRule, Schedule, Stage, name_of
from liftlock.model.workdays import Workdays

NONE = Bounds()
NEVER = timedelta(days=3650)


class Held(Struct, frozen=True):
    """Forward work waits until then."""

    until: datetime
    because: Reason


def bounds_of(schedule: Schedule) -> Bounds:
    return schedule.bounds or NONE


def held_back(schedule: Schedule, run: Run, stage: Stage, now: datetime) -> Held | None:
    """Whether a stage that nothing else holds may not be opened yet. `now`: aware, in the plan's zone."""
    bounds = bounds_of(schedule)
    found = [held for lead in bounds.leads if (held := held_by_lead(bounds, lead, run, stage, now))]
    if bounds.not_before and not run.stages and is_to_come(opens := moment(bounds.not_before, now), now):
        found.append(Held(opens, because("not-before", opens=minute(opens))))
    found += held_by_observation(schedule, run, stage, now)
    return max(found, key=lambda each: each.until, default=None)


def held_at_first(schedule: Schedule, since: Mapping[str, datetime], now: datetime) -> Held | None:
    """What holds back a run that is opened now, if it holds all of its first stages: until the first of them may begin.
    `since`: when the journal took the last approval and the plan in."""
    run = Run(since=dict(since), opened_at=now)
    found = [held_back(schedule, run, stage, now) for stage in schedule.stages if not stage.needs]
    held = [each for each in found if each is not None]
    return min(held, key=lambda each: each.until) if len(held) == len(found) and held else None


# --- leads ------------------------------------------------------------------------------------------------------


def held_by_lead(bounds: Bounds, lead: LeadRule, run: Run, stage: Stage, now: datetime) -> Held | None:
    if not is_before(lead, *named(stage.id)) or any(is_before(lead, *named(name)) for name in run.stages):
        return None
    return lead_ends(bounds, lead, run.since, run.opened_at or now, now)


def lead_ends(
    bounds: Bounds, lead: LeadRule, since: Mapping[str, datetime], opened: datetime, now: datetime
) -> Held | None:
    """Where the record has no such moment, the next lower one counts: the plan's submission, or the run's opening."""
    begins = since.get(lead.of) or since.get("plan") or opened
    ends = earliest_after(workdays_of(bounds), begins.astimezone(now.tzinfo), lead.days) or now + NEVER
    if not is_to_come(ends, now):
        return None
    if lead.of == "plan":
        return Held(ends, because("lead-plan", days=lead.days, opens=minute(ends)))
    return Held(ends, because("lead-approval", days=lead.days, opens=minute(ends)))


def is_before(lead: LeadRule, stage: str, component: str) -> bool:
    return lead.before in ("waves", component, stage)


def named(stage: str) -> tuple[str, str]:
    return stage, name_of(stage)


def workdays_of(bounds: Bounds) -> Workdays:
    return Workdays(frozenset(bounds.closed), frozenset(bounds.opened), frozenset(bounds.weekend))


# --- observation ------------------------------------------------------------------------------------------------


def held_by_observation(schedule: Schedule, run: Run, stage: Stage, now: datetime) -> list[Held]:
    observe_s = bounds_of(schedule).observe_s
    if not observe_s or not stage.soaks:
        return []
    found = []
    for need in sorted(waves_before({each.id: each for each in schedule.stages}, stage)):
        promoted = run.stages[need].promoted_at if need in run.stages else None
        if promoted is not None and is_to_come(opens := later(promoted, observe_s), now):
            found.append(Held(opens, because("observing", stage=need, opens=minute(opens.astimezone(now.tzinfo)))))
    return found


# --- others' changes --------------------------------------------------------------------------------------------


def closed_for(schedule: Schedule, hosts: Iterable[str]) -> tuple[Freeze, ...]:
    """Others' changes at these hosts, as freezes; `because` is the change."""
    closures = bounds_of(schedule).closures
    if not closures:
        return ()
    ours = frozenset(hosts)
    return tuple(Freeze(each.from_, each.to, each.change) for each in closures if not ours.isdisjoint(each.hosts))


def change_under_way(closed: Iterable[Freeze], now: datetime) -> str:
    """Whose change closes these hosts at this moment; empty if nobody's does."""
    return next(
        (each.because for each in closed if moment(each.from_, now) <= now < moment(each.to, now, end=True)), ""
    )


def is_to_come(at: datetime, now: datetime) -> bool:
    """As time passes: two moments of one zone are else compared as clocks show them, also when those are set back."""
    return at.astimezone(UTC) > now.astimezone(UTC)


def minute(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
