"""What a timetable is made from, brought together: the plan and its schedule, working days, others' changes, and what
is on record: when it was planned and approved, what a run has begun, the timetable that was kept last.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from liftlock.cli.choosing import load_run
from liftlock.cli.naming import runs_of, upgrade_stream
from liftlock.cli.opening import folder_of, opened
from liftlock.cli.prepare import Prepared
from liftlock.cli.timetables import LastKept, last_timetable
from liftlock.decide.timetable.dated import Begun, Pair, kept_of, moved_to
from liftlock.decide.timetable.problem import problem_of
from liftlock.execute.approve import missing, standing
from liftlock.journal.sqlite import DATABASE, SqliteStore
from liftlock.model.events import Entry, PlanFrozen, RunResult, StageOpened, StagePromoted
from liftlock.model.findings import Finding
from liftlock.model.plan import Plan, Window
from liftlock.model.schedule import Schedule
from liftlock.model.tasks import OtherChange
from liftlock.model.timetable import Problem, Solution
from liftlock.model.workdays import PLAIN, Workdays
from liftlock.planfile.calendars import read_workdays

YEARS_AHEAD = 2


class Timing(Struct, frozen=True):
    """`windows`: where forward work may be. `findings`: what is wrong with the calendars."""

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
    findings: tuple[Finding, ...] = ()

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
    """`since`: when the plan was submitted, and when its last approval was given."""

    since: Mapping[str, datetime] = {}
    begun: Begun = {}
    last: LastKept | None = None


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
    recorded = OnRecord() if store is None else await on_record(store, prepared, schedule)
    workdays, findings = days_of(plan, prepared.documents.path.parent, now)
    problem = problem_of(plan, schedule, workdays, now, since=recorded.since, begun=recorded.begun)
    return Timing(
        plan=plan,
        schedule=schedule,
        digest=prepared.digest,
        workdays=workdays,
        windows=plan.windows,
        problem=problem,
        now=now,
        begun=recorded.begun,
        last=recorded.last,
        findings=findings,
    )


def days_of(plan: Plan, folder: Path, now: datetime) -> tuple[Workdays, tuple[Finding, ...]]:
    """A plan without a timetable says nothing of its days: Monday to Friday."""
    if plan.timetable is None:
        return PLAIN, ()
    first = min(date.fromisoformat(plan.timetable.starts).year, now.year)
    years = range(first, now.year + YEARS_AHEAD)
    loaded = read_workdays(plan.timetable.calendar, folder, years, plan.timetable.closed)
    return loaded.workdays, loaded.findings


# --- what is on record --------------------------------------------------------------------------------------


async def on_record(store: SqliteStore, prepared: Prepared, schedule: Schedule) -> OnRecord:
    entries = await store.entries(upgrade_stream(prepared.upgrade))
    return OnRecord(
        since=since_when(entries, prepared, schedule),
        begun=await begun_stages(store, prepared.upgrade),
        last=await last_timetable(store, prepared.upgrade),
    )


def since_when(entries: tuple[Entry, ...], prepared: Prepared, schedule: Schedule) -> dict[str, datetime]:
    """When this very schedule was planned first, and when the last approval that it needs was given."""
    found: dict[str, datetime] = {}
    for entry in entries:
        if isinstance(entry.event, PlanFrozen) and entry.event.schedule == prepared.digest:
            found.setdefault("plan", entry.at)
    owner = prepared.plan.owner if prepared.plan else ""
    states = standing(schedule, prepared.digest, entries, owner=owner)
    given = [each.approved.at for each in states if each.approved is not None]
    if given and not missing(states):
        found["approval"] = max(given)
    return found


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
