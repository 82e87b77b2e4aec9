"""Spreadsheets: opened again by openpyxl, and by the CSV reader."""

import csv
import io
from datetime import date, datetime

import pytest
from msgspec.structs import replace
from openpyxl import load_workbook

from liftlock.publish.sheets import (
    BOM,
    budget_table,
    csv_text,
    guarded,
    sheet_name,
    timetable_table,
    workbook,
    workload_table,
)
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden
from tests.publish import timed_story as story
from tests.publish.test_timetable import LOADS, SPENT

EN = Words("en", zone="Asia/Shanghai")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_csv(language: str) -> None:
    made = csv_text(timetable_table(story.dated(), Words(language, zone="Asia/Shanghai")))
    assert made.startswith(BOM)
    assert "\r\n" in made
    golden.same_as(golden.FOLDER / f"timetable.{language}.csv", made.replace("\r\n", "\n"))


def test_the_csv_comes_back() -> None:
    data = csv_text(timetable_table(story.dated(), EN)).encode()
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert head[:3] == ["Task", "Name", "Stage"]
    assert len(rows) == len(story.rows())
    assert {len(row) for row in rows} == {len(head)}
    assert rows[1][:2] == ["scheme", "实施方案编写"]
    assert rows[1][5] == "2026-12-03 09:00"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://evil.example")'])
def test_no_text_is_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"
    rows = tuple(replace(row, name=text, owner=text) for row in story.rows())
    table = timetable_table(replace(story.dated(), rows=rows), EN)
    _, *back = csv.reader(io.StringIO(csv_text(table).removeprefix(BOM)))
    assert all(row[1] == f"'{text}" for row in back)
    sheet = load_workbook(io.BytesIO(workbook([("t", table)], datetime(2026, 11, 25)))).active
    assert sheet["B2"].value == text
    assert sheet["B2"].data_type == "s"


def test_what_is_no_formula_stays() -> None:
    assert [guarded(text) for text in ("a=1", "1-2", "")] == ["a=1", "1-2", ""]


def test_the_workbook_opens_with_its_sheets() -> None:
    tables = [
        ("Timetable", timetable_table(story.dated(), EN)),
        ("Workload", workload_table(LOADS, story.dated(), EN)),
        ("Budget", budget_table(SPENT, EN)),
    ]
    book = load_workbook(io.BytesIO(workbook(tables, datetime(2026, 11, 25))))
    assert book.sheetnames == ["Timetable", "Workload", "Budget"]
    sheet = book["Timetable"]
    assert sheet.freeze_panes == "B2"
    assert sheet["A1"].font.bold
    assert sheet["F3"].value == datetime(2026, 12, 3, 9, 0)
    assert sheet.max_row == len(story.rows()) + 1
    assert book["Workload"]["A2"].value == "王芳"
    assert book["Workload"]["B2"].value == datetime(2026, 11, 30)
    assert book["Budget"]["C2"].value == 125000
    assert book["Budget"]["A4"].value is None
    assert book.properties.creator == "Liftlock"


def test_a_controls_text_does_not_break_the_file() -> None:
    rows = tuple(replace(row, name="a\x07\x0b\ufffeb") for row in story.rows())
    table = timetable_table(replace(story.dated(), rows=rows), EN)
    assert "\\x07" in load_workbook(io.BytesIO(workbook([("t", table)], datetime(2026, 11, 25)))).active["B2"].value


def test_sheets_have_names_that_excel_takes() -> None:
    assert [sheet_name(name) for name in ("a/b:c*[d]", "x" * 40, "''", "时间计划")] == [
        "abcd",
        "x" * 31,
        "-",
        "时间计划",
    ]


def test_dates_and_nothing() -> None:
    assert csv_text([[date(2026, 1, 2), None, 1.5, "a,b"]]) == f'{BOM}2026-01-02,,1.5,"a,b"\r\n'
