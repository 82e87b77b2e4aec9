"""What of a plan's timetable is approved with the schedule, and held to by the run: its bounds, not its start times.

Leads of the approval and of the plan's submission before waves are counted when the run is about to begin; a lead of
tasks that are over is a moment already. Leads between tasks bind the timetable only. An emergency change has no leads.
Days are frozen as far as a lead may reach, so that another calendar, read later, changes nothing that was approved.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec import UNSET, UnsetType

from liftlock.decide.changes import names_of, touched
from liftlock.decide.recipes import Laying
from liftlock.decide.windows import moment
from liftlock.decide.workdays import earliest_after, is_open
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Plan
from liftlock.model.schedule import Bounds, Closure, LeadRule, Stage
from liftlock.model.tasks import Lead, Timetable
from liftlock.model.workdays import Workdays

AROUND = timedelta(days=60)  # an approval may be so much older than the timetable's start, a lead end so much later
REACH = timedelta(days=400)
WAVES = "waves"


def bounds_from(
    plan: Plan, inventory: Inventory, components: Mapping[str, Laying], stages: tuple[Stage, ...], workdays: Workdays
) -> Bounds | UnsetType:
    """UNSET where the plan's timetable binds nothing."""
    table = plan.timetable
    if table is None:
        return UNSET
    of_waves = [lead for lead in leads_of(plan) if lead.days and lead.before in names_of_waves(components, stages)]
    leads = tuple(lead_rules(of_waves))
    closed, opened = differing(table, workdays) if leads else ((), ())
    found = Bounds(
        leads=leads,
        closed=closed,
        opened=opened,
        weekend=tuple(sorted(workdays.weekend)) if leads else Bounds().weekend,
        not_before=max((text for lead in of_waves if (text := after_tasks(table, lead, workdays))), default=""),
        closures=tuple(closures(plan, inventory, components, table)),
        observe_s=table.observe_s,
    )
    return UNSET if found == Bounds() else found


def leads_of(plan: Plan) -> tuple[Lead, ...]:
    """The plan's lead rules; an emergency change has none."""
    return () if plan.timetable is None or plan.model == "emergency" else plan.timetable.leads


def names_of_waves(components: Mapping[str, Laying], stages: tuple[Stage, ...]) -> frozenset[str]:
    return frozenset({WAVES, *components, *(stage.id for stage in stages)})


def lead_rules(leads: list[Lead]) -> Iterator[LeadRule]:
    for lead in leads:
        if lead.of == "approval":
            yield LeadRule(lead.days, "approval", lead.before)
        elif lead.of == "plan":
            yield LeadRule(lead.days, "plan", lead.before)


def after_tasks(table: Timetable, lead: Lead, workdays: Workdays) -> str:
    """When a lead of tasks that are all over ends: a moment as plans write it; empty where one is not over."""
    tasks = [task for task in table.tasks if lead.of in (task.id, task.stage)]
    if lead.of in ("approval", "plan") or not tasks or not all(task.ended for task in tasks):
        return ""
    over = max(moment(task.ended, at_zero(UTC)) for task in tasks)
    ends = earliest_after(workdays, over, lead.days)
    return "" if ends is None else ends.replace(tzinfo=None).isoformat(timespec="minutes")


def at_zero(zone: tzinfo) -> datetime:
    """Any moment of a zone: dates are read as its own."""
    return datetime(2000, 1, 1, tzinfo=zone)


def differing(table: Timetable, workdays: Workdays) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """The days around the timetable that are not as in a plain week: closed ones, and make-up days."""
    starts = date.fromisoformat(table.starts)
    since, until = starts - AROUND, (date.fromisoformat(table.ends[:10]) if table.ends else starts + REACH) + AROUND
    near = [day for day in workdays.closed | workdays.opened if since <= day <= until]
    closed = (day for day in near if not is_open(workdays, day) and day.weekday() not in workdays.weekend)
    opened = (day for day in near if is_open(workdays, day) and day.weekday() in workdays.weekend)
    return tuple(sorted(closed)), tuple(sorted(opened))


def closures(plan: Plan, inventory: Inventory, components: Mapping[str, Laying], table: Timetable) -> Iterator[Closure]:
    """Others' changes of the plan that touch hosts of ours."""
    names = names_of(plan, {name: laying.hosts for name, laying in components.items()}, inventory.groups)
    for change in table.changes:
        if hosts := touched(change, names):
            yield Closure(change.id, change.from_, change.to, tuple(sorted(hosts)))
