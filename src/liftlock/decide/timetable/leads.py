"""Lead rules as jobs: the working days between the end of one thing and the begin of another.

A lead's job begins at the first midnight after what must be over, and takes until so many full working days have
passed; what comes after it begins no earlier. So it is exact whatever the hours: neither the day of the end nor the day
of the begin counts (see decide.workdays). Where the record knows when something was (an approval, the plan's
submission), that moment holds; what is neither recorded nor planned can be over now at the earliest.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime

from liftlock.decide.bounds import leads_of
from liftlock.decide.timetable.back import minute_of
from liftlock.decide.timetable.ground import Ground
from liftlock.decide.timetable.names import Cast
from liftlock.decide.workdays import earliest_after
from liftlock.model.tasks import Lead
from liftlock.model.timetable import Choice, Job, Link
from liftlock.model.workdays import Workdays


def lead_id(lead: Lead) -> str:
    return f"lead:{lead.of}:{lead.before}"


def lead_jobs(ground: Ground, cast: Cast, workdays: Workdays, since: Mapping[str, datetime]) -> Iterator[Job]:
    for lead in leads_of(ground.plan):
        if lead.days and (job := lead_job(ground, cast, workdays, lead, since)) is not None:
            yield job


def lead_job(ground: Ground, cast: Cast, workdays: Workdays, lead: Lead, since: Mapping[str, datetime]) -> Job | None:
    """None where it is over already."""
    over = () if lead.of in since else cast.lasts(lead.of)
    if over:
        choices = tuple(waits(ground, lead.days))
        return Job(lead_id(lead), choices, tuple(Link(job, 0, "lead") for job in over), kind="lead")
    begins = since.get(lead.of, ground.now).astimezone(ground.origin.tzinfo)
    ends = earliest_after(workdays, begins, lead.days)
    if ends is None:
        return Job(lead_id(lead), (), kind="lead")
    first, last = max(0, minute_of(ground.origin, begins, up=True)), minute_of(ground.origin, ends)
    return Job(lead_id(lead), (Choice(first, first, last - first),), kind="lead") if last > first else None


def waits(ground: Ground, days: int) -> Iterator[Choice]:
    """From each midnight until so many full working days have passed."""
    counts = [before for _, before in ground.midnights]
    for midnight, before in ground.midnights:
        reached = bisect_left(counts, before + days)
        if reached == len(counts):
            return
        yield Choice(midnight, midnight, ground.midnights[reached][0] - midnight)


def lead_links(ground: Ground, cast: Cast, jobs: Mapping[str, Job]) -> dict[str, list[Link]]:
    """What each job waits for because of a lead."""
    found: dict[str, list[Link]] = {}
    for lead in leads_of(ground.plan):
        if lead.days:
            gates = [Link(lead_id(lead), 0, "lead")] if lead_id(lead) in jobs else []
        else:
            gates = [Link(job, 0, "lead") for job in cast.lasts(lead.of)]
        for job in cast.firsts(lead.before):
            found.setdefault(job, []).extend(gate for gate in gates if gate.job != job)
    return found
