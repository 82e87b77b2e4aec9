"""Does the work fit? Asked of the arranged schedule: every wave with its soak, its way back and the reserve."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.estimate import estimate, stage_forward_s, whole_back_s
from liftlock.decide.windows import clock_time, moment, openings
from liftlock.model.findings import Finding
from liftlock.model.plan import Window
from liftlock.model.schedule import Schedule, name_of

OPENINGS_MAX = 500
DAY_S = 86400.0


def windows_hold_every_wave(case: Case) -> Iterator[Finding]:
    """The wave that needs most: a wave is begun only where it can finish and everything before it still go back."""
    if case.schedule is None or not case.plan.windows:
        return
    longest_s = max(length_s(window) for window in case.plan.windows)
    needs_s, stage = max((needed_s, stage) for stage, needed_s in needs(case.schedule))
    if needs_s > longest_s:
        yield error("L204", ("windows",), stage=stage, needs_s=needs_s, longest_s=longest_s)


def needs(schedule: Schedule) -> Iterator[tuple[str, float]]:
    """Each stage with the seconds that must be left when it begins."""
    yield "", 0.0
    done: dict[str, int] = {}
    for stage in schedule.stages:
        done[stage.component] = done.get(stage.component, 0) + len(stage.hosts)
        forward_s = stage_forward_s(schedule, stage, len(stage.hosts))
        yield stage.id, forward_s + whole_back_s(schedule, stage.component, done) + schedule.reserve_s


def length_s(window: Window) -> float:
    """How long a window is; one that ends when it begins is a whole day."""
    begins, ends = clock_time(window.from_), clock_time(window.to)
    seconds = (ends.hour - begins.hour) * 3600 + (ends.minute - begins.minute) * 60 + ends.second - begins.second
    return seconds if seconds > 0 else seconds + DAY_S


def windows_come_before_the_deadline(case: Case) -> Iterator[Finding]:
    if case.now is None or case.schedule is None:
        return
    plan = case.plan
    ends = moment(plan.deadline, case.now, end=True) if plan.deadline else None
    if ends is not None and ends <= case.now:
        yield error("L208", ("deadline",), deadline=plan.deadline)
        return
    found = list(islice(openings(plan.windows, plan.freezes, case.now), OPENINGS_MAX))
    if not found:
        yield error("L206", ("windows",) if plan.windows else ("freezes",))
    elif ends is not None:
        yield from before_the_deadline(case, case.schedule, found, ends)


def before_the_deadline(
    case: Case, schedule: Schedule, found: list[tuple[datetime, datetime]], ends: datetime
) -> Iterator[Finding]:
    open_s = sum((open_time(begins, until, case.now, ends) for begins, until in found), timedelta()).total_seconds()
    needs_s = estimate(schedule).total_s
    if open_s <= 0:
        yield error("L205", ("deadline",), deadline=case.plan.deadline)
    elif open_s < needs_s:
        yield warning("L207", ("deadline",), needs_s=needs_s, open_s=open_s, deadline=case.plan.deadline)


def open_time(begins: datetime, until: datetime, now: datetime | None, ends: datetime) -> timedelta:
    since = begins if now is None else max(begins, now)
    return max(timedelta(), min(until, ends) - since)


def rollback_is_within_its_limit(case: Case) -> Iterator[Finding]:
    limit_s = case.plan.rollback.limit_s if case.plan.rollback is not None else None
    if limit_s is None or case.schedule is None:
        return
    sizes: dict[str, int] = {}
    for stage in case.schedule.stages:
        if stage.soaks:
            sizes[stage.component] = sizes.get(stage.component, 0) + len(stage.hosts)
    for component in dict.fromkeys(map(name_of, sizes)):
        needs_s = whole_back_s(case.schedule, component, sizes)
        if needs_s > limit_s:
            yield warning("L209", ("rollback", "limit"), needs_s=needs_s, limit_s=limit_s, component=component)


RULES: tuple[Rule, ...] = (
    windows_hold_every_wave,
    windows_come_before_the_deadline,
    rollback_is_within_its_limit,
)
