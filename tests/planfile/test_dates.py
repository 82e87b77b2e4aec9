"""Days in the chapters exist, or their place is shown."""

import re

import pytest

from liftlock.model.findings import Path
from liftlock.planfile.load import load_plan
from tests.planfile.technologies import DRIVERS

WRONG: list[tuple[str, Path]] = [
    ("risks: [{risk: a, due: 2026-02-30}]", ("risks", 0, "due")),
    ("training: [{audience: a, topic: b, by: soon}]", ("training", 0, "by")),
    ("goals: [{id: a, statement: b, measure: {metric: c, by: 2026-9-1}}]", ("goals", 0, "measure", "by")),
    ("choices: [{question: a, criteria: [], options: [], decision: b, on: 2026}]", ("choices", 0, "on")),
    ("emergency: {drill: {on: yesterday}}", ("emergency", "drill", "on")),
    ("budget: {amounts: [{what: a, on: 2026-13-01}]}", ("budget", "amounts", 0, "on")),
    ("budget: {periods: [{from: 2026-12-01, to: 2026-12-32, limit: 1}]}", ("budget", "periods", 0, "to")),
    (
        "team: {people: [{id: a, absences: [{from: 2026-02-29, to: 2026-03-01}]}]}",
        ("team", "people", 0, "absences", 0, "from"),
    ),
    ("resources: [{id: a, absences: [{from: 2026-02-28, to: 2026-02-281}]}]", ("resources", 0, "absences", 0, "to")),
]


@pytest.mark.parametrize(("text", "path"), WRONG)
def test_a_day_that_is_none_is_shown_where_it_stands(text: str, path: Path) -> None:
    found = load_plan(f"upgrade: x\ncomponents: []\n{text}\n", DRIVERS)
    assert [(each.code, each.path) for each in found.findings] == [("L051", path)]
    assert found.plan is None


@pytest.mark.parametrize("text", [text for text, _ in WRONG])
def test_days_that_exist_are_taken(text: str) -> None:
    right = re.sub(r"\b(due|by|on|from|to): [^,}]+", r"\1: 2026-12-05", text)
    found = load_plan(f"upgrade: x\ncomponents: []\n{right}\n", DRIVERS)
    assert found.findings == ()
    assert found.plan is not None
