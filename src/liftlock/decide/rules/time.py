"""Time as it is written: dates that exist, deadlines in order, a soak that can be observed."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from liftlock.decide.capacities import longest_soak_s
from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.recipes import Laid
from liftlock.decide.windows import clock_time, moment
from liftlock.model.actions import Kind
from liftlock.model.findings import Finding
from liftlock.model.plan import Rollout

ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
REFERENCE = datetime(2000, 1, 1, tzinfo=UTC)


def windows_are_times(case: Case) -> Iterator[Finding]:
    for index, window in enumerate(case.plan.windows):
        for key, given in (("from", window.from_), ("to", window.to)):
            if not is_time(given):
                yield error("L200", ("windows", index, key), given=given)
        if window.date and not is_date(window.date):
            yield error("L200", ("windows", index, "date"), given=window.date)


def freezes_are_dates(case: Case) -> Iterator[Finding]:
    for index, freeze in enumerate(case.plan.freezes):
        bad = [key for key, given in (("from", freeze.from_), ("to", freeze.to)) if not is_moment(given)]
        for key in bad:
            given = freeze.from_ if key == "from" else freeze.to
            yield error("L201", ("freezes", index, key), given=given)
        if not bad and moment(freeze.from_, REFERENCE) >= moment(freeze.to, REFERENCE, end=True):
            yield error("L202", ("freezes", index), since=freeze.from_, until=freeze.to)


def deadline_is_a_date(case: Case) -> Iterator[Finding]:
    if case.plan.deadline and not is_moment(case.plan.deadline):
        yield error("L201", ("deadline",), given=case.plan.deadline)


def zone_is_a_name(case: Case) -> Iterator[Finding]:
    """Whether the zone exists is known where clocks are: here only that it could."""
    if not ZONE.fullmatch(case.plan.timezone):
        yield error("L203", ("timezone",), given=case.plan.timezone)


def timeouts_are_within_deadlines(case: Case) -> Iterator[Finding]:
    """A person's step waits for a person: that is not the host's time."""
    for _, rollout, laying in case.rolled_hops():
        for steps in (laying.main, laying.before, laying.after):
            for path, template in {one.path: one.template for one in steps if is_slow(one, rollout)}.items():
                fields = {"timeout_s": template.timeout_s, "host_deadline_s": rollout.host_deadline_s}
                yield error("L210", path, step=template.verb, **fields)


def is_slow(one: Laid, rollout: Rollout) -> bool:
    return one.template.timeout_s > rollout.host_deadline_s and one.template.action.kind is not Kind.MANUAL


def deadlines_are_in_order(case: Case) -> Iterator[Finding]:
    for place, rollout, _ in case.rollouts():
        host_s, progress_s = rollout.host_deadline_s, rollout.progress_deadline_s
        if host_s >= progress_s:
            path = (*place, "host_deadline")
            yield error("L211", path, host_deadline_s=host_s, progress_deadline_s=progress_s)


def soaks_can_be_observed(case: Case) -> Iterator[Finding]:
    for place, rollout, _ in (*case.rollouts(), *case.own_soaks()):
        every_s, soak_s = rollout.look_every_s, rollout.soak_s
        if rollout.longest_soak_s is not None and rollout.longest_soak_s < soak_s:
            yield error("L212", (*place, "longest_soak"), soak_s=soak_s, longest_soak_s=rollout.longest_soak_s)
        if every_s <= 0:
            yield error("L217", (*place, "look_every"), look_every_s=every_s)
        elif every_s > soak_s > 0:
            yield error("L213", (*place, "look_every"), look_every_s=every_s, soak_s=soak_s)
        if soak_s == 0 and rollout.checks:
            yield warning("L216", (*place, "soak"))
        for index, check in enumerate(rollout.checks):
            if (check.samples - 1) * every_s > longest_soak_s(rollout):
                path = (*place, "checks", index, "samples")
                fields = {"samples": check.samples, "longest_soak_s": longest_soak_s(rollout)}
                yield error("L215", path, check=check.name, **fields)


def lanes_fit_their_deadline(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled_hops():
        lane_s = sum(one.template.estimate_s for one in laying.main if one.template.way != "back")
        if lane_s > rollout.host_deadline_s:
            fields = {"lane_s": lane_s, "host_deadline_s": rollout.host_deadline_s}
            yield warning("L214", (*place, "host_deadline"), component=laying.component.name, **fields)


def is_time(text: str) -> bool:
    try:
        clock_time(text)
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    try:
        moment(text, REFERENCE, end=True)
    except (ValueError, OverflowError):
        return False
    return True


RULES: tuple[Rule, ...] = (
    windows_are_times,
    freezes_are_dates,
    deadline_is_a_date,
    zone_is_a_name,
    timeouts_are_within_deadlines,
    deadlines_are_in_order,
    soaks_can_be_observed,
    lanes_fit_their_deadline,
)
