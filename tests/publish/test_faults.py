"""Faults, conflicts and reasons of a timetable, in words."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import liftlock
from liftlock.model.timetable import Choice, Fault, Job, Problem
from liftlock.publish import faults
from liftlock.publish.faults import fault_text, start_text
from liftlock.publish.words import Words

PROBLEM = Problem(
    datetime(2026, 12, 1, tzinfo=UTC), 9999, (Job("wave-3", (Choice(0, 1, 1),), name="wave 3"), Job("tests", ()))
)
EN, ZH = Words("en", zone="Asia/Shanghai"), Words("zh", zone="Asia/Shanghai")
MADE = re.compile(r'\bFault\(\s*"([\w-]+)"')


def test_the_longest_window_is_too_short() -> None:
    fault = Fault("window", ("wave-3",), {"needs_minutes": 300, "longest_minutes": 240})
    assert fault_text(EN, PROBLEM, fault) == "wave 3 needs 5 h, no window is longer than 4 h"
    assert fault_text(ZH, PROBLEM, fault) == "wave 3 需要 5 小时，没有超过 4 小时 的窗口"


def test_moments_are_told_in_the_plans_zone_and_jobs_by_name() -> None:
    fields: dict[str, str | int | float] = {"ends_at": 840, "gap_minutes": 0, "soonest_at": 840, "why": "lead"}
    assert (
        start_text(EN, PROBLEM, Fault("after", ("wave-3", "tests"), fields))
        == "by the lead rule after tests, which ends at 2026-12-01 22:00: not before 2026-12-01 22:00"
    )


def test_of_many_jobs_some_are_named() -> None:
    fault = Fault("cycle", tuple("abcdefghij"))
    assert fault_text(EN, PROBLEM, fault) == "these wait for each other in a circle: a, b, c, d, e, f, 4 more"


def codes_made(*names: str) -> set[str]:
    folder = Path(liftlock.__file__).parent / "decide" / "timetable"
    return {code for name in names for code in MADE.findall((folder / f"{name}.py").read_text("utf-8"))}


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (("verify",), faults.CHECKED),
        (("causes", "conflict", "greedy"), (*faults.IMPOSSIBLE, "unknown", "unknown-resource")),
    ],
)
def test_every_code_that_is_made_has_words(names: tuple[str, ...], family: tuple[str, ...]) -> None:
    assert codes_made(*names) - {""} == set(family)
    assert all(EN.find(f"ui.fault.{code}") and ZH.find(f"ui.fault.{code}") for code in family)


def test_every_reason_that_is_made_has_words() -> None:
    text = (Path(liftlock.__file__).parent / "decide" / "timetable" / "reason.py").read_text("utf-8")
    made = set(MADE.findall(text)) | {
        node.value
        for found in ast.walk(ast.parse(text))
        if isinstance(found, ast.IfExp)
        for node in ast.walk(found)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert made >= set(faults.STARTS)
    assert all(EN.find(f"ui.start.{code}") and ZH.find(f"ui.start.{code}") for code in faults.STARTS)
