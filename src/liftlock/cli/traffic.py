"""The traffic of the last weeks: as the plan's file has it, else asked of Prometheus."""

from datetime import datetime

from liftlock.cli.prepare import Prepared
from liftlock.cli.trouble import refuse
from liftlock.hosts.calls import ask_http
from liftlock.model.actions import HttpCall
from liftlock.model.load import Sample
from liftlock.planfile.loads_prometheus import range_url, read_range

ASKED_S = 30.0
MOST_BYTES = 32 * 1024 * 1024


async def traffic_of(prepared: Prepared, now: datetime) -> tuple[Sample, ...]:
    """Refused if the plan names no traffic, or Prometheus has none. Raises WorldError. `now`: in the plan's zone."""
    recorded = prepared.documents.calendars.calendars.traffic
    load = prepared.plan.timetable.load if prepared.plan and prepared.plan.timetable else None
    if recorded:
        return recorded
    if load is None or not load.prometheus or now.tzinfo is None:
        raise refuse("no-traffic")
    url = range_url(load.prometheus, load.query, now)
    replied = await ask_http(HttpCall(url, timeout_s=ASKED_S), {}, uds="", body_bytes=MOST_BYTES)
    answered = read_range(replied.body, now.tzinfo)
    if answered.problem:
        raise refuse("traffic-unread", url=load.prometheus, status=replied.status, problem=answered.problem)
    return answered.samples
