"""What a run promises about its bounds: lead rules, others' changes at its hosts, observation between waves."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from liftlock.decide.windows import moment
from liftlock.model import events as ev
from liftlock.model.schedule import Bounds, Closure, host_of, name_of
from liftlock.simulate.promises_record import EPSILON_S, begun
from liftlock.simulate.story import Story

NONE = Bounds()


def nothing_begins_before_its_lead(story: Story) -> Iterator[str]:
    """The first wave opens when so many whole working days lie behind the approval, or behind the run's opening where
    no approval is on record."""
    bounds = story.schedule.bounds or NONE
    first = next((entry for entry in story.entries if isinstance(entry.event, ev.StageOpened)), None)
    if first is None or not bounds.leads:
        return
    since = story.entries[0].event.since if isinstance(story.entries[0].event, ev.RunOpened) else {}
    for lead in bounds.leads:
        days = whole_days(bounds, since.get(lead.of, story.entries[0].at), first.at)
        if lead.before == "waves" and days < lead.days:
            yield f"the first wave opened after {days} of {lead.days} days"


def whole_days(bounds: Bounds, since: datetime, until: datetime) -> int:
    """Working days of which no hour lies outside: counted day by day."""
    day, count = since.date() + timedelta(days=1), 0
    while day < until.date():
        usual = day.weekday() not in bounds.weekend and day not in bounds.closed
        count += usual or day in bounds.opened
        day += timedelta(days=1)
    return count


def nothing_begins_while_others_change_a_host(story: Story) -> Iterator[str]:
    """No wave opens while somebody else's change is at one of its hosts, and no lane begins at a host that has one."""
    bounds = story.schedule.bounds or NONE
    hosts = {stage.id: frozenset(stage.hosts) for stage in story.schedule.stages}
    for entry, what, _ in begun(story) if bounds.closures else ():
        ours = hosts.get(what) or frozenset({host_of(what)})
        for closure in bounds.closures:
            if not ours.isdisjoint(closure.hosts) and is_at_work(closure, entry.at):
                yield f"{what} began at {entry.at} while {closure.change} was there"


def is_at_work(closure: Closure, at: datetime) -> bool:
    return moment(closure.from_, at) <= at < moment(closure.to, at, end=True)


def a_wave_is_observed_before_the_next(story: Story) -> Iterator[str]:
    """Waves of one component, in whichever hops."""
    bounds = story.schedule.bounds or NONE
    stages, promoted = {stage.id: stage for stage in story.schedule.stages}, dict[str, float]()
    for at_s, entry in zip(story.times, story.entries, strict=True) if bounds.observe_s else ():
        match entry.event:
            case ev.StagePromoted(stage) if stages[stage].soaks:
                promoted[stage] = at_s
            case ev.StageOpened(stage) if stages[stage].soaks:
                for other, since_s in promoted.items():
                    if name_of(other) == name_of(stage) and at_s - since_s < bounds.observe_s - EPSILON_S:
                        yield f"{stage} opened {at_s - since_s:.1f} s after {other}"
