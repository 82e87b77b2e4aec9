"""Reasons, moves and conflicts of a timetable in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from liftlock.model.load import QuietWindow
from liftlock.model.plan import Window
from liftlock.model.timetable import Fault, Infeasible, Job, Problem
from liftlock.publish.explained import (
    Explained,
    explained_json,
    explained_of,
    explained_text,
    infeasible_json,
    infeasible_text,
    moved_json,
    moved_text,
    quiet_text,
)
from liftlock.publish.faults import fault_text
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden
from tests.publish import timed_story as story

EN = Words("en", zone="Asia/Shanghai")
DAY = 24 * 60
JOBS = tuple(Job(row.id, (), name=row.name, kind=row.stage) for row in story.rows())
PROBLEM = Problem(story.at("2026-11-30T00:00"), 90 * DAY, (*JOBS, Job("lead:approval:waves", (), kind="lead")))
REASONS = (
    Fault("window", ("uat",), {"opens_at": 9 * DAY + 540, "soonest_at": 8 * DAY + 1080}),
    Fault("after", ("uat", "lead:approval:waves"), {"ends_at": 8 * DAY, "soonest_at": 8 * DAY, "why": "lead"}),
    Fault("taken", ("uat", "scan", "train"), {"resource": "team:dba", "begins_at": 9 * DAY}),
)
IMPOSSIBLE = Infeasible(
    (
        Fault("keep-capacity", ("uat", "scan"), {"resource": "person:wang.fang", "amount": 100}),
        Fault("keep-budget", ("drill",), {"from_at": 0, "to_at": 31 * DAY, "amount": 1234500}),
        Fault("keep-deadline", ("train",), {"deadline_at": 18 * DAY}),
    )
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_words(language: str) -> None:
    words = Words(language, zone="Asia/Shanghai")
    before = story.dated()
    later = timedelta(days=2)
    ids = {"drill", "approval", "accept"}
    rows = tuple(
        replace(row, begins=row.begins + later, ends=row.ends + later) if row.id in ids else row for row in before.rows
    )
    chain = ("needs", "scheme", "lead:approval:waves", "uat")
    lines = explained_text(explained_of(before, "uat", REASONS, chain), before, PROBLEM, words, width=90)
    lines += ["", *infeasible_text(IMPOSSIBLE, PROBLEM, words, width=90)]
    lines += ["", *moved_text("drill", story.at("2026-12-17T09:00"), before, replace(before, rows=rows), words)]
    quiet = QuietWindow(Window("02:00", "05:15", days=("tue", "wed")), 12.5, 0.083, 6)
    lines += ["", *quiet_text([quiet], words), *quiet_text([], words)]
    golden.same_as(golden.FOLDER / f"explained.{language}.txt", "\n".join(lines) + "\n")


def told(id: str, **changed: object) -> str:
    made = story.dated()
    row = next(row for row in made.rows if row.id == id)
    return "\n".join(explained_text(Explained(replace(row, **changed), ()), made, PROBLEM, EN))


def test_slack_is_told_as_it_is() -> None:
    assert "It was over 2026-12-02 17:00." in told("needs")
    assert "if it begins later, the whole ends later" in told("uat")
    assert "windows and closed days take up a delay of 1 h" in told("uat", slack_s=3600.0)
    assert "up to 2 d later without" in told("scan")
    assert "is not known" in told("scan", slack_s=None)


def test_many_followers_are_counted() -> None:
    made = story.large(1, 2)
    found = replace(explained_of(made, "approval", ()), followers=tuple(f"t{n}" for n in range(11)))
    assert "t7 and 3 more" in "\n".join(explained_text(found, made, PROBLEM, EN))


def test_a_move_that_moves_nothing() -> None:
    lines = moved_text("uat", story.at("2026-12-09T09:00"), story.dated(), story.dated(), EN)
    assert lines[1:] == ["  nothing moves", "The whole ends when it did."]


def test_money_and_people_have_their_units() -> None:
    said = [fault_text(EN, PROBLEM, fault) for fault in IMPOSSIBLE.faults]
    assert "100 %" in said[0]
    assert "12,345" in said[1]


def test_a_moment_is_real_where_clocks_change() -> None:
    problem = replace(PROBLEM, origin=datetime(2026, 10, 24, tzinfo=ZoneInfo("Europe/Berlin")))
    fault = Fault("keep-deadline", ("train",), {"deadline_at": 2 * DAY})
    assert "2026-10-25 23:00" in fault_text(Words("en", zone="Europe/Berlin"), problem, fault)


def test_programs_get_codes_fields_and_words() -> None:
    made = explained_json(explained_of(story.dated(), "uat", REASONS), PROBLEM, EN)
    assert [each["code"] for each in made["because"]] == ["window", "after", "taken"]
    assert made["followers"] == ["drill"]
    said = infeasible_json(IMPOSSIBLE, PROBLEM, EN)
    assert (said["feasible"], said["irreducible"], len(said["faults"])) == (False, True, 3)
    moved = moved_json("uat", story.TODAY, story.dated(), story.dated())
    assert moved["moved"] == []
