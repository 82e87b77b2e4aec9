"""What people see of a timetable on a terminal: the table, the path, what moved, people and money."""

import re
from datetime import date, timedelta

import pytest
from msgspec import json
from msgspec.structs import replace

from liftlock.model.dated import Dated, Spending, Workload
from liftlock.publish import timetable_means as means
from liftlock.publish.paint import ansi
from liftlock.publish.plain import cells
from liftlock.publish.timetable import critical_path, difference, timetable_json, timetable_text
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden
from tests.publish import timed_story as story

EN = Words("en", zone="Asia/Shanghai")
MONDAY = date(2026, 11, 30)
LOADS = tuple(
    Workload(
        who, date(2026, 11, 30) + timedelta(days=7 * n), date(2026, 12, 6) + timedelta(days=7 * n), asked, 5.0, over
    )
    for who, n, asked, over in [
        ("wang.fang", 0, 1.25, ()),
        ("wang.fang", 1, 5.5, (date(2026, 12, 9), date(2026, 12, 10))),
        ("li.wei", 3, 2.0, ()),
    ]
)
SPENT = (
    Spending(date(2026, 12, 1), date(2026, 12, 31), 125000, 6200.5, 100000.0, ("vendor",)),
    Spending(date(2027, 1, 1), date(2027, 1, 31), 100, 130, None, ("licence",)),
    Spending(None, None, 10, None, None, ("coffee",)),
)


def words_of(language: str) -> Words:
    return Words(language, zone="Asia/Shanghai")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table(language: str) -> None:
    words = words_of(language)
    lines = timetable_text(story.dated(), words, width=100)
    lines += ["", *means.workload_lines(LOADS, words, width=100)]
    lines += ["", *means.budget_lines(SPENT, "CNY", words)]
    golden.same_as(golden.FOLDER / f"timetable.{language}.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_table_keeps_to_the_width(language: str, width: int) -> None:
    lines = timetable_text(story.dated(), words_of(language), width=width)
    lines += means.workload_lines(LOADS, words_of(language), width=width)
    assert max(cells(line) for line in lines) <= width


def test_colours_change_no_word() -> None:
    bare = timetable_text(story.dated(), EN)
    painted = timetable_text(story.dated(), EN, paint=ansi)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in painted] == bare
    assert painted != bare


def test_hundreds_of_waves_share_lines() -> None:
    lines = timetable_text(story.large(60, 12), EN)
    assert len(lines) < 160
    assert any(line.startswith("* cluster-059: 12 waves") for line in lines)


def test_a_path_of_waves_is_told_by_its_ends() -> None:
    told = " ".join(timetable_text(story.large(2, 9), EN))
    assert "cluster-001 w1…w9" in told


def test_what_others_wrote_moves_no_cursor() -> None:
    rows = tuple(replace(row, name="a\x1b[2J\nb", owner="x\ty") for row in story.rows())
    text = "\n".join(timetable_text(replace(story.dated(), rows=rows, title="t\x07"), EN, width=160))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\t" not in text


@pytest.mark.parametrize(
    ("proved", "bound", "said"),
    [
        (True, "2027-01-05T18:00", "no timetable ends earlier"),
        (False, "2027-01-04T18:00", "none can end before 2027-01-04 18:00: at most 1 d could be gained"),
        (False, "2027-01-05T18:00", "not proved to be the shortest"),
    ],
)
def test_how_good_it_is(proved: bool, bound: str, said: str) -> None:
    made = replace(story.dated(), proved=proved, bound=story.at(bound))
    assert said in " ".join(timetable_text(made, EN, width=200)[:4])


def test_a_missed_deadline_is_said() -> None:
    made = replace(story.dated(), deadline=story.at("2027-01-04T18:00"))
    assert "deadline of the whole 2027-01-04 18:00: 1 d too late" in timetable_text(made, EN)
    of_waves = replace(made, deadline_of="waves")
    assert "deadline of the waves 2027-01-04 18:00: 5 d 15 h to spare" in timetable_text(of_waves, EN)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "2 d later"),
        ({"kept_begins": story.at("2026-12-10T09:00")}, "1 d earlier"),
        ({"began": story.at("2026-12-07T09:00")}, "on time"),
        ({"began": story.at("2026-12-07T09:00"), "ended": story.at("2026-12-11T00:00")}, "6 h later"),
        ({"kept_begins": None}, ""),
    ],
)
def test_differences(changed: dict[str, object], said: str) -> None:
    (uat,) = [row for row in story.rows() if row.id == "uat"]
    assert difference(replace(uat, **changed), EN) == said


def test_nothing_placed() -> None:
    assert timetable_text(Dated("u", "Orders", ()), EN) == ["Orders: timetable", "nothing is placed yet"]
    assert means.workload_lines((), EN) == []
    assert means.budget_lines((), "CNY", EN) == []


def test_programs_get_every_job_with_its_dates() -> None:
    made = json.decode(json.encode(timetable_json(story.dated())))
    assert [each["id"] for each in made["tasks"]] == [
        row.id for row in sorted(story.rows(), key=lambda row: (row.begins, row.ends, row.id))
    ]
    assert made["critical"] == [row.id for row in critical_path(story.dated())]
    assert made["begins"] == "2026-11-30T09:00:00+08:00"
    assert json.decode(json.encode(means.means_json(LOADS, SPENT, "CNY")))["workload"][1]["over"] == [
        "2026-12-09",
        "2026-12-10",
    ]
