"""A timetable as iCalendar files (RFC 5545): one for everybody, one for each person.

Rules: moments are UTC, which every client shows in its reader's zone. An event's UID comes from the upgrade and the
task alone, so that a later file moves what an earlier one entered; `revision` says which is newer (SEQUENCE). The same
arguments give the same bytes: DTSTAMP is one of them. A milestone has no length. A deadline is an event of its own,
with alarms before it. Attendees are named where an organizer with an address is known, as the standard wants it; else
people stand in the description.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from liftlock.model.dated import Dated, Row
from liftlock.publish.gantt_lines import row_name
from liftlock.publish.plain import lines_of, plain
from liftlock.publish.timetable import people_of
from liftlock.publish.words import Words

PRODUCT = "-//Liftlock//timetable//EN"
DOMAIN = "liftlock.invalid"  # RFC 2606: nobody's
ALARMS = (timedelta(days=3), timedelta(days=1))  # before a deadline
Mails = Mapping[str, str]
NO_MAILS: Mails = {}


def ical(
    dated: Dated,
    words: Words,
    stamp: datetime,
    *,
    person: str = "",
    revision: int = 0,
    mails: Mails = NO_MAILS,
    organizer: str = "",
) -> bytes:
    """The calendar of all tasks, or of those in which `person` takes part. `stamp`: DTSTAMP, aware.

    `mails`: addresses by person. `organizer`: a person's id; used where that person has an address.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    name = words.say("ui.gantt.title", title=dated.title)
    calendar.add("x-wr-calname", text(f"{name} · {dated.person(person)}" if person else name))
    calendar.add("x-wr-timezone", words.zone_name)
    for row in sorted(dated.rows, key=lambda row: (row.begins, row.ends, row.id)):
        if person and person not in people_of(row):
            continue
        for event in events_of(dated, row, words, mails, organizer):
            event.add("dtstamp", stamp.astimezone(UTC))
            event.add("last-modified", stamp.astimezone(UTC))
            event.add("sequence", revision)
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def people_in(dated: Dated) -> list[str]:
    """Everybody who takes part in something, in a stable order."""
    return sorted({name for row in dated.rows for name in people_of(row)})


def uid(upgrade: str, task: str, kind: str = "") -> str:
    """Stable and unique, of characters that every client takes."""
    digest = sha256("\x00".join((upgrade, task, kind)).encode()).hexdigest()[:32]
    return f"{digest}@{DOMAIN}"


def events_of(dated: Dated, row: Row, words: Words, mails: Mails, organizer: str) -> Iterator[Event]:
    name = row_name(row, words)
    event = Event()
    event.add("uid", uid(dated.upgrade, row.id))
    event.add("summary", text(f"{dated.title}: {name}"))
    event.add("dtstart", (row.began or row.begins).astimezone(UTC))
    if not row.milestone:
        event.add("dtend", (row.ended or row.ends).astimezone(UTC))
    event.add("description", described(dated, row, words))
    event.add("categories", [text(words.word("Stage", row.stage))])
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT" if row.milestone or not row.people else "OPAQUE")
    for key, address in addresses(dated, row, mails, organizer):
        event.add(key, address, encode=False)
    yield event
    if row.deadline is not None and not row.ended:
        yield due(dated, row, name, words)


def due(dated: Dated, row: Row, name: str, words: Words) -> Event:
    """A deadline's own event, without length, with its alarms."""
    assert row.deadline is not None
    event = Event()
    said = text(words.say("ui.ical.due", task=name, title=dated.title))
    event.add("uid", uid(dated.upgrade, row.id, "deadline"))
    event.add("summary", said)
    event.add("dtstart", row.deadline.astimezone(UTC))
    event.add("transp", "TRANSPARENT")
    for before in ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", said)
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event


def described(dated: Dated, row: Row, words: Words) -> str:
    names = [dated.person(each) for each in people_of(row)]
    lines = [words.say("ui.ical.task", task=row.id)]
    if names:
        lines.append(words.say("ui.ical.people", people=words.join(names)))
    if row.after:
        lines.append(words.say("ui.ical.after", tasks=words.join(bond.job for bond in row.after)))
    if row.critical:
        lines.append(words.say("ui.ical.critical"))
    if row.slack_s:
        lines.append(words.say("ui.ical.slack", slack_s=row.slack_s))
    return "\n".join(line for each in lines for line in lines_of(each))


def addresses(dated: Dated, row: Row, mails: Mails, organizer: str) -> Iterator[tuple[str, vCalAddress]]:
    """The organizer, then who takes part; nobody where there is no organizer with an address."""
    leader = next((name for name in (organizer, row.owner) if usable(mails.get(name, ""))), "")
    people = [name for name in people_of(row) if usable(mails.get(name, ""))]
    if not leader or not people:
        return
    yield "organizer", address(dated, leader, mails[leader])
    for name in people:
        found = address(dated, name, mails[name])
        found.params["ROLE"] = vText("CHAIR" if name == row.owner else "REQ-PARTICIPANT")
        found.params["PARTSTAT"] = vText("NEEDS-ACTION")
        yield "attendee", found


def usable(mail: str) -> bool:
    """An address that a client can take as it stands."""
    return "@" in mail and mail.isprintable() and not set(mail) & set(' ",;:<>\\')


def address(dated: Dated, name: str, mail: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{mail}")
    found.params["CN"] = vText(text(dated.person(name)).replace('"', "'"))
    return found


def text(value: str) -> str:
    """One line without control characters: what others wrote begins no line of the file's own."""
    return plain(value)


def files_of(dated: Dated, people: Sequence[str]) -> dict[str, str]:
    """A file's name for each person, safe on every system and unique; a person whose name gives none gets a number."""
    found: dict[str, str] = {}
    for number, person in enumerate(people, 1):
        kept = "".join(each if each.isalnum() or each in "-_." else "-" for each in person).strip(".-")[:80]
        name = kept or f"person-{number}"
        taken = {each.casefold() for each in found.values()} | {"all"}
        found[person] = name if name.casefold() not in taken else f"{name}-{number}"
    return {person: f"{name}.ics" for person, name in found.items()}
