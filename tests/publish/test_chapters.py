"""The chapters' tables: byte by byte in both languages, and what must hold of a table whatever it says."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec import json
from msgspec.structs import replace

from liftlock.decide.appraise import appraise
from liftlock.model.appraisal import Appraisal
from liftlock.model.chapters import Choice, Criterion, Duty, Option, Person, Responsibility, Team
from liftlock.publish.chapter_tables import ChapterTable, grid, table_text, tables_csv
from liftlock.publish.chapters import SECTIONS, chapters_json, chapters_markdown, chapters_text, tables_of
from liftlock.publish.plain import cells
from liftlock.publish.words import LANGUAGES, Words
from tests.decide.asking import good_plan
from tests.decide.chapters import PEOPLE, RACI, whole
from tests.publish import golden

EN = Words("en")


def appraised(**fields: object) -> Appraisal:
    return appraise(whole(**fields)[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_on_a_terminal(language: str) -> None:
    words = Words(language)
    text = chapters_text(tables_of(appraised(), words), words, width=110)
    golden.same_as(golden.FOLDER / f"chapters.{language}.txt", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_in_the_report(language: str) -> None:
    lines = chapters_markdown(appraised(), Words(language))
    golden.same_as(golden.FOLDER / f"chapters.{language}.md", "\n".join(lines).lstrip() + "\n")
    tables = [token for token in MarkdownIt().enable("table").parse("\n".join(lines)) if token.type == "table_open"]
    assert len(tables) == sum(line.startswith("### ") for line in lines)


def test_every_chapter_for_a_spreadsheet() -> None:
    golden.same_as(golden.FOLDER / "chapters.zh.csv", tables_csv(tables_of(appraised(), Words("zh"))).replace("\r", ""))


def test_a_plan_without_chapters_has_no_tables() -> None:
    found = appraise(good_plan()[0])
    assert tables_of(found, EN) == []
    assert chapters_markdown(found, EN) == []


def test_programs_get_the_data_of_the_sections_that_they_ask_for() -> None:
    found = json.decode(json.encode(chapters_json(appraised())))
    assert list(found) == list(SECTIONS)
    assert found["trace"]["orphans"] == {key: [] for key in appraised().trace.orphans}
    assert found["trace"]["tests"]["T1"] == ["S1"]
    (option,) = found["options"]
    assert option["weighing"]["sensitivity"][0] == {
        "criterion": "cost",
        "share": 0.25,
        "low": 0.0,
        "high": 0.6,
    }
    assert found["budget"]["total"]["planned"] == 20000
    assert list(chapters_json(appraised(), ("team",))) == ["team"]


def test_orphans_are_said() -> None:
    plan, *_ = whole()
    lost = replace(plan, requirements=plan.requirements[:1], tests=plan.tests[:1])
    trace = tables_of(appraise(lost), EN, ["trace"])[1]
    assert trace.notes == (
        "! No component's change answers: R1",
        "! No test decides: R1",
        "! No requirement asks for the component: orders",
        "! No requirement is decided by the test: T1",
    )


def test_a_decision_that_is_not_the_best_is_seen() -> None:
    criteria, scores = (Criterion("a"), Criterion("b")), {"a": 1.0, "b": 1.0}
    better = Option("y", {"a": 2.0, "b": 2.0})
    table, firm = tables_of(
        appraised(choices=(Choice("q", criteria, (Option("x", scores), better), "x"),)), EN, ["options"]
    )
    assert [(row[0], row[4]) for row in table.rows] == [("y", "best score"), ("x", "chosen")]
    assert [row[2] for row in firm.rows] == ["at no weight", "at no weight"]
    (table,) = tables_of(appraised(choices=(Choice("q", criteria, (Option("x"), better), "x"),)), EN, ["options"])
    assert table.notes == ("The scores are not complete, or not within 0 to 10: nothing can be weighed.",)


def test_posts_say_the_custom_where_the_plan_is_silent() -> None:
    team = Team("", PEOPLE[:2], (Responsibility("network", ("all switches",)),), RACI)
    posts = next(each for each in tables_of(appraised(team=team), EN, ["team"]) if each.title == "Posts")
    assert posts.rows[2] == ("network", "sun.li", "all switches", "network devices during the window")
    assert posts.rows[0][2:] == (
        "plans, leads and reports; holds scope, time and money together",
        "may stop the upgrade",
    )


def test_a_text_that_is_a_formula_is_none_in_a_spreadsheet() -> None:
    evil = Person("=cmd|' /C calc'!A0", "+1", teams=("@x",))
    text = tables_csv(tables_of(appraised(team=Team("", (evil,))), EN, ["team"]))
    row = list(csv.reader(io.StringIO(text)))[2]
    assert row[:4] == ["'=cmd|' /C calc'!A0", "'+1", "", "'@x"]
    assert "'" not in tables_csv([ChapterTable("t", ("a",), ((-1.5,), (2.0,)))])


def test_a_matrix_that_is_too_wide_becomes_a_list() -> None:
    (table,) = [each for each in tables_of(appraised(), EN, ["team"]) if each.narrow is not None]
    assert table_text(table, EN, width=80)[1].split() == ["Task", *table.head[1:]]
    narrow = table_text(table, EN, width=50)
    assert narrow[1].split() == ["Task", "Responsible", "Accountable", "Consulted", "Informed"]
    assert max(map(cells, narrow)) <= 60
    many = tuple(Person(f"p{n}") for n in range(15))
    wide = Team("", many, raci=(Duty("tests", tuple(each.id for each in many), "p0"),))
    lines = chapters_markdown(appraised(team=wide), EN)
    assert "| Task | Responsible (R) | Accountable (A) | Consulted (C) | Informed (I) |" in lines


LETTERS = st.text(st.sampled_from("ab 数据，。 -"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LETTERS, LETTERS, LETTERS), min_size=1, max_size=4), st.integers(40, 120))
def test_tables_keep_every_letter_and_their_width(rows: list[tuple[str, str, str]], width: int) -> None:
    shown = grid([("one", "two", "three"), *rows], width)
    assert all(cells(line) <= width for lines in shown for line in lines)
    for row, lines in zip(rows, shown[1:], strict=True):
        assert sorted("".join(row).replace(" ", "")) == sorted("".join(lines).replace(" ", ""))


def test_a_control_character_moves_no_cursor() -> None:
    lines = table_text(ChapterTable("t\x1b[2J", ("a",), (("x\x1b[31m\ny",),)), EN)
    assert lines == ["t\\x1b[2J", "  a", "  x\\x1b[31m y"]
