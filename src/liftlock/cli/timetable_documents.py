"""The timetable that was kept last, as documents of the archive: planned against what the run really did."""

from msgspec import json
from msgspec.structs import replace

from liftlock.cli.discovery import Found
from liftlock.cli.freezing import schedule_by_digest
from liftlock.cli.naming import upgrade_stream
from liftlock.cli.timetables import Kept, last_timetable
from liftlock.cli.timing import begun_stages
from liftlock.decide.timetable.critical import critical
from liftlock.decide.timetable.dated import dated, kept_of, shades_of
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.dated import Dated
from liftlock.model.events import PlanFrozen
from liftlock.model.plan import Plan
from liftlock.model.workdays import Workdays
from liftlock.planfile.load import load_plan
from liftlock.publish.gantt import gantt
from liftlock.publish.sheets import csv_text, timetable_table
from liftlock.publish.timetable import timetable_json
from liftlock.publish.words import LANGUAGES, Extra, Words, zone_of

NO_CLOSED_DAYS = Workdays(weekend=frozenset())  # the calendar of then is not on record


async def timetable_documents(store: SqliteStore, upgrade: str, found: Found, extra: Extra) -> dict[str, bytes]:
    """A chart and a table in every language, and the figures; nothing where no timetable was kept."""
    last = await last_timetable(store, upgrade)
    plan = None if last is None else await plan_of(store, upgrade, last.event.schedule, found)
    if last is None or plan is None:
        return {}
    made = await as_it_went(store, upgrade, last.kept, plan, last.event.schedule)
    documents = {"timetable.json": json.format(json.encode(timetable_json(made)), indent=1)}
    for language in LANGUAGES:
        words = Words(language, extra, plan.timezone)
        documents[f"timetable-{language}.svg"] = gantt(made, words).encode()
        documents[f"timetable-{language}.csv"] = csv_text(timetable_table(made, words)).encode()
    return documents


async def plan_of(store: SqliteStore, upgrade: str, schedule: str, found: Found) -> Plan | None:
    """The plan of which that schedule was arranged; None if today's program does not read it any more."""
    entries = await store.entries(upgrade_stream(upgrade))
    frozen = next((e.event for e in entries if isinstance(e.event, PlanFrozen) and e.event.schedule == schedule), None)
    return None if frozen is None else load_plan(await store.get(frozen.plan), found.drivers).plan


async def as_it_went(store: SqliteStore, upgrade: str, kept: Kept, plan: Plan, schedule: str) -> Dated:
    problem = replace(kept.problem, origin=kept.problem.origin.astimezone(zone_of(plan.timezone)))
    made = dated(
        problem,
        kept.solution,
        plan,
        await schedule_by_digest(store, schedule),
        slacks=critical(problem, kept.solution),
        kept=kept_of(problem, kept.solution),
        begun=await begun_stages(store, upgrade),
    )
    if made.begins is None or made.ends is None:
        return made
    return replace(made, shades=tuple(shades_of(plan, NO_CLOSED_DAYS, made.begins, made.ends, plan.windows)))
