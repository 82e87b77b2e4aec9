"""What binds a run in time besides its windows, as label and value."""

from collections.abc import Iterable

from liftlock.model.schedule import Bounds, LeadRule, Schedule
from liftlock.publish.words import Words

NONE = Bounds()
HOSTS_MAX = 6


def bounds_rows(schedule: Schedule, words: Words) -> list[tuple[str, str]]:
    """Empty where nothing does."""
    bounds = schedule.bounds or NONE
    rows = []
    if bounds.leads:
        rows.append((words.say("ui.bounds.leads"), joined((lead_text(each, words) for each in bounds.leads), words)))
    if differing := [day.isoformat() for day in (*bounds.closed, *bounds.opened)]:
        fields = {"closed": len(bounds.closed), "opened": len(bounds.opened), "since": min(differing)}
        rows.append((words.say("ui.bounds.days"), words.say("ui.bounds.days_text", **fields, until=max(differing))))
    if bounds.not_before:
        rows.append((words.say("ui.bounds.not_before"), bounds.not_before.replace("T", " ")))
    if bounds.observe_s:
        rows.append((words.say("ui.bounds.observe"), words.duration(bounds.observe_s)))
    for each in bounds.closures:
        hosts = [*each.hosts[:HOSTS_MAX], *(["…"] if len(each.hosts) > HOSTS_MAX else [])]
        span = {"change": each.change, "since": each.from_, "until": each.to, "hosts": words.join(hosts)}
        rows.append((words.say("ui.bounds.change"), words.say("ui.bounds.change_text", **span)))
    return rows


def lead_text(lead: LeadRule, words: Words) -> str:
    before = words.say("ui.bounds.waves") if lead.before == "waves" else lead.before
    if lead.of == "plan":
        return words.say("ui.bounds.after_plan", days=lead.days, before=before)
    return words.say("ui.bounds.after_approval", days=lead.days, before=before)


def joined(texts: Iterable[str], words: Words) -> str:
    return words.say("ui.semicolon").join(texts)
