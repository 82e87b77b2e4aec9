"""Other upgrades of the same record, as changes that are already scheduled: what they are doing, and what they keep to.

An open run has its hosts until it is expected to end. A kept timetable says when its waves are at which hosts, and who
works on what; stages that the upgrade's last run has passed are over.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from liftlock.cli.choosing import Chosen, load_run
from liftlock.cli.freezing import schedule_by_digest
from liftlock.cli.naming import runs_of, spoken, upgrade_of, upgrade_stream
from liftlock.cli.timetables import LastKept, last_timetable
from liftlock.decide.timetable.back import MINUTE, moments_of
from liftlock.execute.outlook import outlook_of
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from liftlock.model.tasks import OtherChange
from liftlock.publish.words import zone_of


async def other_upgrades(store: SqliteStore, upgrade: str, now: datetime) -> tuple[OtherChange, ...]:
    """`upgrade`: the one that is looked at, which is none of them. `now`: aware, in that one's zone."""
    streams = await store.streams("u-")
    found: list[OtherChange] = []
    for other in sorted({upgrade_of(stream) for stream in streams} - {upgrade}):
        runs = runs_of(other, await store.streams(upgrade_stream(other)))
        last = await load_run(store, runs[-1]) if runs else None
        if last is not None and last.run.result is None:
            found.append(under_way(last, now))
        kept = await last_timetable(store, other)
        if kept is not None and (last is None or last.run.result is None):
            schedule = await schedule_by_digest(store, kept.event.schedule)
            found += scheduled(other, kept, schedule, last.run if last else None, now)
    return tuple(found)


def under_way(chosen: Chosen, now: datetime) -> OtherChange:
    """A run that is open, with all of its hosts: they are locked until it is closed."""
    own = now.astimezone(zone_of(chosen.schedule.zone))  # its windows are read in its own zone
    ends = outlook_of(chosen.schedule, chosen.run, own).ends_at or now
    hosts = dict.fromkeys(host for stage in chosen.schedule.stages for host in stage.hosts)
    return OtherChange(
        id=chosen.name,
        from_=written(chosen.run.opened_at or now, now.tzinfo),
        to=written(max(ends, now), now.tzinfo, up=True),
        items=tuple(hosts),
        title=chosen.schedule.title,
    )


def scheduled(
    upgrade: str, kept: LastKept, schedule: Schedule, run: Run | None, now: datetime
) -> Iterator[OtherChange]:
    """What is to come of a timetable that somebody decided for."""
    hosts = {stage.id: stage.hosts for stage in schedule.stages}
    jobs = {job.id: job for job in kept.kept.problem.jobs}
    for placed in kept.kept.solution.placed:
        begins, ends = moments_of(kept.kept.problem, placed)
        job = jobs[placed.job]
        items = () if run is not None and placed.job in run.stages else hosts.get(placed.job, ())
        if ends <= now or begins == ends or not (items or job.people):
            continue
        yield OtherChange(
            id=f"{spoken(upgrade_stream(upgrade))}:{placed.job}",
            from_=written(begins, now.tzinfo),
            to=written(ends, now.tzinfo, up=True),
            items=items,
            people=job.people,
            title=schedule.title,
        )


def written(at: datetime, zone: tzinfo | None, *, up: bool = False) -> str:
    """As a plan writes a moment, to the minute."""
    local = at.astimezone(zone)
    whole = local.replace(second=0, microsecond=0)
    if up and whole < local:
        whole += MINUTE
    return whole.replace(tzinfo=None).isoformat(timespec="minutes")
