"""Calendars that real clients read: parsed back, event by event."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event
from msgspec.structs import replace

from liftlock.model.dated import Dated
from liftlock.publish.ical import files_of, ical, people_in, uid
from liftlock.publish.plain import plain
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden
from tests.publish import timed_story as story

EN = Words("en", zone="Asia/Shanghai")
STAMP = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
MAILS = {"li.wei": "li.wei@bank.example", "chen.jie": "chen.jie@bank.example", "wang.fang": "wang fang@bank.example"}


def events(data: bytes) -> dict[str, Event]:
    """By UID; every one is there once."""
    found = list(Calendar.from_ical(data).walk("VEVENT"))
    assert len({str(each["uid"]) for each in found}) == len(found)
    return {str(each["uid"]): each for each in found}


def of(task: str, data: bytes, kind: str = "") -> Event:
    return events(data)[uid("orders", task, kind)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_calendar(language: str) -> None:
    made = ical(
        story.dated(), Words(language, zone="Asia/Shanghai"), STAMP, mails=MAILS, organizer="li.wei", revision=2
    )
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))  # RFC 5545, 3.1
    golden.same_as(golden.FOLDER / f"timetable.{language}.ics", made.decode().replace("\r\n", "\n"))


def test_every_task_comes_back_with_its_moments() -> None:
    data = ical(story.dated(), EN, STAMP)
    for row in story.rows():
        event = of(row.id, data)
        assert event["dtstart"].dt == (row.began or row.begins)
        assert ("dtend" in event) is not row.milestone
        if not row.milestone:
            assert event["dtend"].dt == (row.ended or row.ends)
        assert event["dtstamp"].dt == STAMP
        assert str(event["summary"]).startswith(story.dated().title)


def test_a_deadline_has_alarms_until_the_task_is_over() -> None:
    data = ical(story.dated(), EN, STAMP)
    event = of("train", data, "deadline")
    assert event["dtstart"].dt == story.at("2026-12-18T18:00")
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [timedelta(days=-3), timedelta(days=-1)]
    over = tuple(replace(row, ended=row.ends) for row in story.rows())
    assert uid("orders", "train", "deadline") not in events(ical(replace(story.dated(), rows=over), EN, STAMP))


def test_a_person_gets_what_is_theirs() -> None:
    made = story.dated()
    theirs = events(ical(made, EN, STAMP, person="wang.fang"))
    waves = {row.id for row in made.rows if "wang.fang" in (row.owner, *row.people)}
    assert theirs.keys() == {uid("orders", id) for id in waves}
    assert events(ical(made, EN, STAMP, person="nobody")) == {}
    assert people_in(made) == sorted({"li.wei", "zhang.min", "chen.jie", "sec", "wang.fang", "liu.yang", "risk", "ops"})


def test_the_same_task_keeps_its_uid_and_a_later_file_is_newer() -> None:
    moved = tuple(replace(row, begins=row.begins + timedelta(days=1)) for row in story.rows())
    first, second = ical(story.dated(), EN, STAMP), ical(replace(story.dated(), rows=moved), EN, STAMP, revision=1)
    assert events(first).keys() == events(second).keys()
    assert (of("uat", first)["sequence"], of("uat", second)["sequence"]) == (0, 1)
    assert uid("orders", "uat") != uid("other", "uat")
    assert uid("a", "b:c") != uid("a:b", "c")


def test_attendees_are_named_where_there_is_an_organizer_with_an_address() -> None:
    event = of("uat", ical(story.dated(), EN, STAMP, mails=MAILS, organizer="li.wei"))
    assert str(event["organizer"]) == "mailto:li.wei@bank.example"
    assert [str(each) for each in event["attendee"]] == [f"mailto:{MAILS[name]}" for name in ("chen.jie", "li.wei")]
    assert event["attendee"][0].params["CN"] == "陈洁"
    assert event["attendee"][0].params["ROLE"] == "CHAIR"
    assert "attendee" not in of("scan", ical(story.dated(), EN, STAMP, mails=MAILS, organizer="li.wei"))
    assert "organizer" not in of("uat", ical(story.dated(), EN, STAMP))


def test_an_address_that_no_client_takes_is_left_out() -> None:
    event = of("core-db/1/w1", ical(story.dated(), EN, STAMP, mails=MAILS, organizer="li.wei"))
    assert "attendee" not in event


def test_what_others_wrote_begins_no_line() -> None:
    evil = "x\r\nATTENDEE:mailto:evil@example.com\r\nBEGIN:VEVENT\x07"
    rows = tuple(replace(row, name=evil, owner=evil, people=(evil,)) for row in story.rows())
    made = replace(story.dated(), title=evil, rows=rows, names={evil: evil})
    mails = {evil: "a@b.example\r\nX:1"}
    data = ical(made, EN, STAMP, mails=mails, organizer=evil)
    assert b"\r\nATTENDEE" not in data
    assert data.count(b"BEGIN:VEVENT\r\n") == len(events(data))
    assert b"\x07" not in data


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=12))
def test_any_words_come_back_on_one_line(title: str, name: str, person: str) -> None:
    row = replace(story.rows()[2], name=name, owner=person, people=(person,))
    made = Dated("orders", title, (row,), names={person: name})
    event = of("uat", ical(made, EN, STAMP, mails={person: "a@b.example"}, organizer=person))
    assert str(event["summary"]) == plain(f"{title}: {name or 'uat'}")
    assert event["dtstart"].dt == row.begins


def test_nothing_placed_is_an_empty_calendar() -> None:
    assert events(ical(Dated("u", "Orders", ()), EN, STAMP)) == {}


def test_files_have_safe_and_different_names() -> None:
    names = ["li.wei", "王芳", "../../etc/passwd", "a/b", "a:b", "A-B", "...", "all"]
    found = files_of(story.dated(), names)
    assert len({each.casefold() for each in found.values()}) == len(names)
    assert not any("/" in each or each.startswith(".") for each in found.values())
    assert found["王芳"] == "王芳.ics"
    assert "all.ics" not in found.values()
