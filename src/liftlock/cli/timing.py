"""What a timetable is made from, brought together: the plan and its schedule, working days, others' changes, and what
is on record: when it was planned and approved, what a run has begun, the timetable that was kept last.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from liftlock.cli.choosing import load_run
from liftlock.cli.naming import runs_of, upgrade_stream
from liftlock.cli.neighbours import other_upgrades
from liftlock.cli.opening import folder_of, opened
from liftlock.cli.prepare import Prepared
from liftlock.cli.timetables import LastKept, last_timetable
from liftlock.decide.quiet import quiet_windows
from liftlock.decide.timetable.dated import Begun, Pair, kept_of, moved_to
from liftlock.decide.timetable.problem import problem_of
from liftlock.execute.approve import missing, since_of, standing
from liftlock.journal.sqlite import DATABASE, SqliteStore
from liftlock.model.events import Entry, RunResult, StageOpened, StagePromoted
from liftlock.model.load import QuietWindow, Sample
from liftlock.model.plan import Plan, Window
from liftlock.model.schedule import Schedule
from liftlock.model.tasks import OtherChange
from liftlock.model.timetable import Problem, Solution
from liftlock.model.workdays import Workdays


class Timing(Struct, frozen=True):
    """`windows`: where forward work may be: the plan's, else the quiet hours of the recorded traffic."""

    plan: Plan
    schedule: Schedule
    digest: str
    workdays: Workdays
    windows: tuple[Window, ...]
    problem: Problem
    now: datetime
    others: tuple[OtherChange, ...] = ()
    begun: Begun = {}
    last: LastKept | None = None

    @property
    def previous(self) -> Solution | None:
        """What was kept, in this problem's minutes, as far as its jobs are still there."""
        if self.last is None:
            return None
        kept = moved_to(self.last.kept.solution, self.last.kept.problem.origin, self.problem.origin)
        known = {job.id for job in self.problem.jobs}
        return replace(kept, placed=tuple(each for each in kept.placed if each.job in known))

    @property
    def kept(self) -> Mapping[str, Pair]:
        """When each job was to begin and to end by what was kept."""
        return {} if self.last is None else kept_of(self.last.kept.problem, self.last.kept.solution)


class OnRecord(Struct, frozen=True):
    """`since`: when the plan was submitted, and when its last approval was given. `others`: other upgrades' work."""

    since: Mapping[str, datetime] = {}
    begun: Begun = {}
    last: LastKept | None = None
    others: tuple[OtherChange, ...] = ()


@asynccontextmanager
async def record_if_any(place: str, *, make: bool = False) -> AsyncIterator[SqliteStore | None]:
    """The store, or None where there is none yet: looking makes no record."""
    if not make and not (folder_of(place) / DATABASE).exists():
        yield None
        return
    async with opened(place, make=make) as store:
        yield store


async def timing_of(prepared: Prepared, store: SqliteStore | None, now: datetime) -> Timing:
    """`now`: aware, in the plan's zone. The prepared plan must have a schedule."""
    plan, schedule = prepared.plan, prepared.schedule
    assert plan is not None
    assert schedule is not None
    recorded = OnRecord() if store is None else await on_record(store, prepared, schedule, now)
    calendars = prepared.documents.calendars.calendars
    others = (*calendars.others, *recorded.others)
    windows = plan.windows or tuple(each.window for each in quiet_of(plan, calendars.traffic))
    problem = problem_of(
        plan,
        schedule,
        calendars.workdays,
        now,
        others=others,
        load_windows=windows,
        since=recorded.since,
        begun=recorded.begun,
    )
    return Timing(
        plan=plan,
        schedule=schedule,
        digest=prepared.digest,
        workdays=calendars.workdays,
        windows=windows,
        problem=problem,
        now=now,
        others=others,
        begun=recorded.begun,
        last=recorded.last,
    )


def quiet_of(plan: Plan, samples: Sequence[Sample]) -> tuple[QuietWindow, ...]:
    """The quiet hours of a week, by the plan's own limits; none without traffic."""
    load = plan.timetable.load if plan.timetable else None
    if load is None or not samples:
        return ()
    return quiet_windows(samples, below=load.below, longer_than_s=load.longer_than_s)


# --- what is on record --------------------------------------------------------------------------------------


async def on_record(store: SqliteStore, prepared: Prepared, schedule: Schedule, now: datetime) -> OnRecord:
    entries = await store.entries(upgrade_stream(prepared.upgrade))
    return OnRecord(
        since=since_when(entries, prepared, schedule),
        begun=await begun_stages(store, prepared.upgrade),
        last=await last_timetable(store, prepared.upgrade),
        others=await other_upgrades(store, prepared.upgrade, now),
    )


def since_when(entries: tuple[Entry, ...], prepared: Prepared, schedule: Schedule) -> dict[str, datetime]:
    """When this very schedule was submitted, and when the last approval that it needs was given, if none is missing."""
    owner = prepared.plan.owner if prepared.plan else ""
    states = standing(schedule, prepared.digest, entries, owner=owner)
    found = since_of(states, prepared.digest, entries)
    return {name: at for name, at in found.items() if name != "approval" or not missing(states)}


async def begun_stages(store: SqliteStore, upgrade: str) -> dict[str, tuple[datetime, datetime | None]]:
    """Of the run that is open, or has upgraded: a run that went back has left nothing begun."""
    runs = runs_of(upgrade, await store.streams(upgrade_stream(upgrade)))
    if not runs:
        return {}
    chosen = await load_run(store, runs[-1])
    if chosen.run.result not in (None, RunResult.UPGRADED, RunResult.UPGRADED_WITH_EXCEPTIONS):
        return {}
    opened_at = {e.event.stage: e.at for e in chosen.entries if isinstance(e.event, StageOpened)}
    promoted_at = {e.event.stage: e.at for e in chosen.entries if isinstance(e.event, StagePromoted)}
    return {stage: (at, promoted_at.get(stage)) for stage, at in opened_at.items()}
