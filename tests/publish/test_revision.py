"""A revision as it is shown, in both languages."""

from datetime import UTC, datetime

import pytest

from liftlock.model.revision import Edit, RevisedEntry, RevisedRequirement, Revision, Touched, Word
from liftlock.publish.plain import cells
from liftlock.publish.revision import revision_json, revision_text, words_text
from liftlock.publish.words import Words
from tests.publish import golden

TOUCHED = Touched(("R1.1",), ("G1",), ("orders", "orders-db"), ("T1", "T2"), ("build", "waves"))
LONG = "the load of the year's busiest day is carried, and that of the day before as well"
REVISION = Revision(
    (
        RevisedRequirement(
            "R1",
            "changed",
            "orders in every currency",
            1,
            2,
            "asked for by sales",
            (Edit("statement", "orders in euros", "orders in every currency"), Edit("revision", "1", "2")),
            TOUCHED,
            ("zhang.min", "wang.fang"),
        ),
        RevisedRequirement("R2", "changed", LONG, 3, 3, "", (Edit("statement", "the load\x1b[31m is carried", LONG),)),
        RevisedRequirement("R3", "new", "another", 0, 1),
        RevisedRequirement("R4", "gone", "no more", 2, 0, touched=Touched(tests=("T9",))),
    ),
    (
        RevisedEntry("background", "", "changed", (Edit("", "old", "new"),)),
        RevisedEntry("risks", "rain", "changed", (Edit("owner", '""', "zhao.lei"),)),
        RevisedEntry("risks", "snow", "gone"),
        RevisedEntry("training", "", "new"),
    ),
)
AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
WORDS = (
    Word("business", "falls", "zhang.min", AT, "6f2c91" * 10),
    Word("risk", "open"),
    Word("it", "stands", "wu.di", AT, "a" * 64),
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_revision_as_it_is_shown(language: str) -> None:
    words = Words(language)
    text = revision_text(REVISION, words, width=90) + words_text(WORDS, words, same=False)
    golden.same_as(golden.FOLDER / f"revision.{language}.txt", text)
    assert all(cells(line) <= 90 for line in text.splitlines())
    assert "\x1b" not in text


@pytest.mark.parametrize(("same", "told"), [(True, "digest is the same"), (False, "nobody had approved")])
def test_why_nothing_falls_is_said(same: bool, told: str) -> None:
    assert told in words_text((Word("risk", "open"),), Words("en"), same=same)


def test_programs_get_null_where_nothing_is_known() -> None:
    assert revision_json(None, ()) == {"requirements": None, "chapters": None, "approvals": []}
    assert [each["id"] for each in revision_json(REVISION, WORDS)["requirements"]] == ["R1", "R2", "R3", "R4"]
