"""Whole plans by the change model: complete, commented, and without an error when they are checked."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct, to_builtins
from msgspec.structs import fields

from liftlock.decide.check import check
from liftlock.drivers import builtin
from liftlock.model import chapters, tasks
from liftlock.model.findings import Finding, Severity
from liftlock.model.part import Part
from liftlock.model.plan import Plan
from liftlock.planfile.calendars import read_workdays
from liftlock.planfile.files import read_files
from liftlock.planfile.inventory import load_inventory
from liftlock.planfile.load import load_plan
from liftlock.planfile.templates import MODELS, render, render_calendar, render_hosts

DRIVERS = {driver.manifest.name: driver for driver in builtin}
NOW = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
LANGUAGES = ["en", "zh"]
STAGES = set(tasks.Stage.__args__)
WITHOUT_ENTRY = {chapters.Omission, tasks.Load}  # a reason to leave out, and a file of one's own


def written(model: str, language: str, **answers: str) -> Plan:
    loaded = load_plan(render(model, answers, language), DRIVERS)
    assert loaded.findings == ()
    assert loaded.plan is not None
    return loaded.plan


def findings(model: str, language: str, now: datetime = NOW, **answers: str) -> tuple[Finding, ...]:
    loaded = load_plan(render(model, answers, language), DRIVERS)
    inventory = load_inventory(render_hosts({}, language)).inventory
    files = read_files(loaded.recipes, DRIVERS, Path("/nowhere"))
    assert loaded.plan is not None
    assert inventory is not None
    assert files.findings == ()
    return check(loaded.plan, inventory, loaded.recipes, DRIVERS, artifacts={}, texts={}, now=now)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", MODELS)
def test_every_model_checks_without_an_error(model: str, language: str) -> None:
    found = findings(model, language)
    assert [each for each in found if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("starts", ["2026-01-05", "2027-02-15", "2027-09-27", "2028-02-28", "2028-12-25"])
def test_it_checks_whenever_it_is_begun(starts: str) -> None:
    now = datetime.fromisoformat(starts).replace(tzinfo=NOW.tzinfo)
    found = findings("normal", "zh", now, starts=starts)
    assert [each for each in found if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("model", MODELS)
def test_both_languages_say_the_same(model: str) -> None:
    """The same keys, people, figures and dates: only words differ."""
    english, chinese = (shape(to_builtins(written(model, language))) for language in LANGUAGES)
    assert english == chinese


def shape(value: Any) -> Any:
    """A plan without its words: keys, order and figures. What options are scored on has words for keys."""
    if isinstance(value, dict):
        return {key: len(each) if key == "scores" else shape(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shape(each) for each in value]
    return "" if isinstance(value, str) else value


def test_the_normal_model_has_an_entry_of_every_kind() -> None:
    kinds = {type(each) for each in parts(written("normal", "en"))}
    wanted = {
        each
        for module in (chapters, tasks)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Part) and each is not Part
    }
    assert wanted - kinds == WITHOUT_ENTRY


def parts(value: Any) -> Iterator[Struct]:
    if isinstance(value, Struct):
        yield value
        for each in fields(value):
            yield from parts(getattr(value, each.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from parts(item)


def test_the_normal_model_has_every_chapter_stage_post_and_kind_of_test() -> None:
    plan = written("normal", "en")
    left = {each.encode_name for each in fields(Plan) if not getattr(plan, each.name)}
    assert left == {"products", "overrides", "omitted", "template"}
    assert plan.team is not None
    assert plan.timetable is not None
    assert {post for person in plan.team.people for post in person.posts} == set(chapters.Post.__args__)
    assert {test.kind for test in plan.tests} == set(chapters.TestKind.__args__)
    assert STAGES - {task.stage for task in plan.timetable.tasks} == {"waves", "other"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", MODELS)
def test_every_chapter_is_commented(model: str, language: str) -> None:
    """Beside a chapter's key or in the three lines below it, but for the ones that say what they are."""
    lines = render(model, {}, language).splitlines()
    plain = {"upgrade", "timezone", "unsigned_approvals", "rollback", "backup", "goals", "risks", "language"}
    for number, line in enumerate(lines):
        if (found := re.match(r"([a-z_]+):", line)) and found[1] not in plain:
            assert any("#" in each for each in lines[number : number + 4]), line


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_normal_model_comes_with_a_calendar_of_its_own(language: str, tmp_path: Path) -> None:
    plan = written("normal", language)
    assert plan.timetable is not None
    (tmp_path / plan.timetable.calendar.override).write_text(render_calendar({}, language))
    found = read_workdays(plan.timetable.calendar, tmp_path, [2026, 2027])
    assert found.findings == ()
    assert date(2026, 12, 29) in found.workdays.closed
    assert date(2027, 1, 9) in found.workdays.opened


def test_the_standard_and_the_emergency_model_are_short() -> None:
    lengths = {model: len(render(model).splitlines()) for model in MODELS}
    assert lengths["standard"] * 5 < lengths["normal"]
    assert lengths["emergency"] * 4 < lengths["normal"]


def test_an_emergency_is_approved_and_owes_something_afterwards() -> None:
    plan = written("emergency", "en")
    assert plan.model == "emergency"
    assert plan.approvals
    assert len(plan.communication) >= 3
    assert plan.components[0].name in render("emergency")
