"""Whatever stands in the chapters has an answer in both languages: no crash, and no finding without its words."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.appraise import appraise
from liftlock.decide.rules.codes_chapters import CODES
from liftlock.model import chapters as ch
from liftlock.model.plan import Approval, Window
from liftlock.model.tasks import Task, Timetable
from liftlock.publish.chapters import chapters_json, chapters_markdown, chapters_text, tables_of
from liftlock.publish.words import LANGUAGES, Words
from tests.decide.asking import ask, with_plan
from tests.decide.chapters import whole

NAME = st.sampled_from(["A", "B", "C", "li.wei", "orders", "waves"])
MAYBE = st.sampled_from(["", "A", "B", "li.wei", "=1+1"])
DAY = st.sampled_from(["2026-12-01", "2026-12-19", "2026-12-31"])
MAYBE_DAY = st.sampled_from(["", "2026-12-01", "2026-12-31"])
LEVEL = st.sampled_from(["low", "medium", "high"])
FIGURE = st.integers(-1, 11).map(float)
AMOUNT = st.integers(0, 9).map(float)


def many(*values: Any, **fields: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to three of them."""
    return st.lists(st.builds(*values, **fields), max_size=3).map(tuple)


NAMES = st.lists(NAME, max_size=2).map(tuple)
ABSENCES = many(ch.Absence, from_=DAY, to=DAY)
CHAPTERS: dict[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from([None, "standard", "normal", "emergency"]),
    "omitted": many(ch.Omission, chapter=st.sampled_from(["tests", "budget", "test"]), because=MAYBE, by=MAYBE),
    "goals": many(ch.Goal, id=NAME, statement=NAME),
    "requirements": many(
        ch.Requirement,
        id=NAME,
        statement=NAME,
        level=st.sampled_from(["system", "software"]),
        refines=NAMES,
        goals=NAMES,
        changes=NAMES,
        tests=NAMES,
        owner=MAYBE,
        revision=st.integers(1, 2),
        confirmed_by=NAMES,
        importance=LEVEL,
    ),
    "choices": many(
        ch.Choice,
        question=NAME,
        criteria=many(ch.Criterion, name=NAME, weight=st.sampled_from([0.1, 1.0, 1e300, 1e-300])),
        options=many(ch.Option, name=NAME, scores=st.dictionaries(NAME, FIGURE, max_size=3)),
        decision=NAME,
        because=MAYBE,
        by=NAMES,
    ),
    "risks": many(ch.Risk, risk=NAME, likelihood=LEVEL, impact=LEVEL, residual=LEVEL, due=MAYBE_DAY, accepted_by=MAYBE),
    "team": st.none()
    | st.builds(
        ch.Team,
        people=many(ch.Person, id=NAME, name=MAYBE, deputy=MAYBE, absences=ABSENCES, posts=st.just(("network",))),
        raci=many(ch.Duty, task=NAME, responsible=NAMES, accountable=MAYBE, consulted=NAMES),
    ),
    "tests": many(ch.PlannedTest, id=NAME, cases=many(ch.Case, id=NAME, does=NAME), requirements=NAMES, owner=MAYBE),
    "training": many(ch.Training, audience=NAME, topic=NAME, by=MAYBE_DAY),
    "notices": many(ch.Notice, to=NAMES, message=MAYBE),
    "acceptance": many(ch.AcceptanceCriterion, criterion=NAME, goal=MAYBE, by=MAYBE),
    "resources": many(ch.Resource, id=NAME, absences=ABSENCES),
    "budget": st.none()
    | st.builds(
        ch.Money,
        amounts=many(ch.Amount, what=NAME, planned=AMOUNT, actual=st.none() | AMOUNT, task=MAYBE, on=MAYBE_DAY),
        periods=many(ch.Period, from_=DAY, to=DAY, limit=AMOUNT),
        over=st.sampled_from(["stop", "approve"]),
    ),
    "emergency": st.none()
    | st.builds(
        ch.Emergency,
        scenarios=many(ch.Scenario, situation=NAME, owner=MAYBE, escalate=NAMES),
        drill=st.none() | st.builds(ch.Drill, passed=st.sampled_from([None, True, False])),
    ),
    "approvals": many(Approval, role=NAME, by=NAME),
    "windows": many(Window, from_=st.just("22:00"), to=st.just("24:00"), date=DAY),
    "timetable": st.none()
    | st.builds(
        Timetable,
        starts=DAY,
        tasks=many(Task, id=NAME, stage=st.sampled_from(["waves", "build"]), days=st.just(1), owner=MAYBE),
    ),
}


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries(CHAPTERS))
def test_any_chapters_have_an_answer(fields: dict[str, Any]) -> None:
    given = with_plan(whole(), **fields)
    found = [each for each in ask(given) if each.code in CODES]
    appraisal = appraise(given[0])
    assert chapters_json(appraisal)["risks"] is not None
    for language in LANGUAGES:
        words = Words(language)
        for each in found:
            assert "finding." not in words.finding(each) + words.finding_help(each)
        text = chapters_text(tables_of(appraisal, words), words, width=100)
        assert "ui." not in text + "".join(chapters_markdown(appraisal, words))
