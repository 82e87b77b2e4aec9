"""Findings, comparison, live view, simulation, transitions."""

import io
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from liftlock.model.findings import Finding, Located, Severity
from liftlock.model.run import TRANSITIONS, StepState
from liftlock.publish.comparison import Change, changes_text, diff_text
from liftlock.publish.findings import findings_json, findings_text
from liftlock.publish.live import live_view, plain_lines, progress_line, telling
from liftlock.publish.log import log_text, run_lines, work_log
from liftlock.publish.paint import ansi
from liftlock.publish.plain import cells
from liftlock.publish.simulation import Broken, Simulation, simulation_json, simulation_text, spread
from liftlock.publish.standing import Outlook
from liftlock.publish.transitions import diagram, page
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden, story

EN, ZH = Words("en"), Words("zh")
ROOT = Path(__file__).parents[2]

# --- findings ------------------------------------------------------------------------------------------------

SOURCE = "upgrade: Orders\ncomponents:\n  - name: 订单\t\n    verison: {from: '1'}\n"
UNKNOWN = Finding("L012", Severity.ERROR, ("components", 0, "verison"), {"key": "verison", "suggestion": "version"})
BARE = Finding("L032", Severity.WARNING, (), {"given": "1.0"})


def test_a_finding_reads_like_a_linters() -> None:
    found = [Located(UNKNOWN, "plan.yaml", 4, 5), Located(BARE, "plan.yaml", 0, 0)]
    text = findings_text(found, EN, sources={"plan.yaml": SOURCE})
    assert text.splitlines() == [
        "plan.yaml:4:5 L012 error: unknown key `verison`",
        "  help: Did you mean `version`?",
        "    4 |     verison: {from: '1'}",
        "      |     ^",
        'plan.yaml L032 warning: 1.0 looks like a number; it is read as the text "1.0"',
        '  help: Quote it: "1.0".',
        "error 1, warning 1 - blocked: correct the errors first",
    ]
    assert "plan.yaml:4:5 L012 错误: 未知的键 `verison`" in findings_text(found, ZH)


def test_the_caret_stands_below_its_column_after_chinese() -> None:
    lines = findings_text([Located(UNKNOWN, "p", 3, 12)], EN, sources={"p": SOURCE}).splitlines()
    assert cells(lines[3][: lines[3].index("^")]) == cells("    3 |   - name: 订")


def test_a_plan_cannot_paint_the_terminal() -> None:
    hostile = Finding("L013", Severity.ERROR, (), {"key": "\x1b[2J", "allowed": "a\nb"})
    text = findings_text([Located(hostile, "p\x1b[2J.yaml", 1, 1)], EN, sources={"p\x1b[2J.yaml": "\x1b[31m: x"})
    assert "\x1b" not in text


def test_findings_json() -> None:
    found = findings_json([Located(UNKNOWN, "plan.yaml", 4, 5)], EN)
    assert found["errors"] == 1
    assert found["findings"][0]["path"] == ["components", 0, "verison"]
    assert found["findings"][0]["help"] == "Did you mean `version`?"


def test_no_findings_is_said() -> None:
    assert findings_text([], ZH).strip() == ZH.say("ui.findings.none")


# --- comparison ----------------------------------------------------------------------------------------------

CHANGES = (
    Change("host", "app-07", "w2", ""),
    Change("artifact", "dist/orders.tar.gz", "6f2c", "9a01"),
    Change("step", "orders/04-verify", "", "verify (http) \x1b[31m"),
)


def test_changes_read_as_a_diff() -> None:
    lines = changes_text(CHANGES, EN, width=60).splitlines()
    assert [line.strip()[0] for line in lines if line.startswith("  ")] == ["-", "~", "+"]
    assert "  ~ dist/orders.tar.gz: 6f2c → 9a01" in lines
    assert "\x1b" not in changes_text(CHANGES, ZH)
    assert changes_text([], EN).strip() == EN.say("ui.changes.none")


def test_long_values_stand_above_one_another() -> None:
    lines = changes_text([Change("policy", "soak", "a" * 30, "b" * 30)], EN, width=50).splitlines()
    assert [line.strip()[:1] for line in lines[1:]] == ["~", "-", "+"]


def test_a_hosts_diff_is_harmless_and_painted() -> None:
    assert diff_text("+a\x1b[2J\n-b\n") == "+a\\x1b[2J\n-b\n"
    assert diff_text("+a\n", ansi) == "\x1b[32m+a\x1b[0m\n"


# --- live ----------------------------------------------------------------------------------------------------

OUTLOOK = Outlook(600, story.START + timedelta(minutes=30), story.START + timedelta(hours=1), 4000, False)


def picture(language: str, width: int, name: str = "held") -> list[str]:
    entries = {"held": story.held, "upgraded": story.upgraded, "rolled-back": story.rolled_back}[name]()
    words = Words(language)
    problems = [line for line in run_lines(entries, words) if line.weight.value == "problem"]
    view = live_view(
        story.SCHEDULE,
        story.run_of(entries),
        entries[-1].at,
        words,
        name="run-1",
        waiting=story.WAITING,
        outlook=OUTLOOK,
        problems=problems,
        width=width,
    )
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, legacy_windows=False).print(view)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["held", "upgraded", "rolled-back"])
def test_the_picture_keeps_to_the_width(language: str, width: int, name: str) -> None:
    lines = picture(language, width, name)
    assert max(cells(line) for line in lines) <= width
    assert len(lines) <= 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture(language: str) -> None:
    text = "\n".join(line.rstrip() for line in picture(language, 80)) + "\n"
    golden.same_as(golden.FOLDER / f"live-held.{language}.txt", text)


def test_lines_for_pipes_hold_no_control_codes() -> None:
    text = "\n".join(plain_lines(work_log(story.held(), EN), EN, details=True))
    assert "\x1b" not in text
    assert "held for a person" in text


def test_pipes_are_spared_the_details() -> None:
    few, many = (list(plain_lines(work_log(story.upgraded(), EN), EN, details=each)) for each in (False, True))
    assert len(few) * 3 < len(many)
    assert any("!" in line for line in few)


def test_progress_in_one_line() -> None:
    entries = story.held()
    line = progress_line(story.SCHEDULE, story.run_of(entries), entries[-1].at, EN, OUTLOOK)
    assert line.startswith("22:17:40   2/5 ")
    assert "TOO LATE" in line
    assert "\n" not in line


def test_rich_and_babel_are_not_needed_to_import_the_room() -> None:
    code = "import sys, liftlock.publish.live, liftlock.publish.report; print({'rich', 'babel'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


# --- simulation ----------------------------------------------------------------------------------------------

OUTCOME = Simulation(
    seeds=1000,
    hosts=8,
    ends={"upgraded": 900, "rolled-back": 99, "held": 1},
    durations_s=[float(n) for n in range(1, 1001)],
    reached=[0] * 950 + [1] * 50,
    crashes=12,
    faults={"slow": 40},
    broken=[Broken(7, "capacity", "app-01\x1b[2J")],
)


def test_a_simulation_in_words() -> None:
    text = simulation_text(OUTCOME, EN, width=80)
    assert "90.0%" in text
    assert "PROMISES BROKEN on 1 seeds" in text
    assert "--seed 7: capacity" in text
    assert "\x1b" not in text
    assert "所有种子" in simulation_text(Simulation(1, 1, {"upgraded": 1}), ZH)


def test_spread_is_the_nearest_rank() -> None:
    assert spread([float(n) for n in range(1, 101)]) == [5, 50, 90, 99, 100]
    assert spread([3.0]) == [3.0] * 5


def test_simulation_json() -> None:
    found = simulation_json(OUTCOME)
    assert found["reached_hosts"] == {"p5": 0, "p50": 0, "p90": 0, "p99": 1, "max": 1}
    assert found["broken"][0]["seed"] == 7
    assert "durations_s" not in found


# --- transitions ---------------------------------------------------------------------------------------------


def test_the_diagram_has_every_transition() -> None:
    arrows = re.findall(r"^    (\S+) --> (\w+): ", diagram(), re.MULTILINE)
    assert set(arrows) == {(before.value, after.value) for (before, _), after in TRANSITIONS.items()}
    assert f"[*] --> {StepState.READY.value}" in diagram()


def test_the_documentation_holds_the_diagram() -> None:
    golden.same_as(ROOT / "docs" / "concepts" / "step-states.md", page())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_went_wrong_stands_in_the_picture_and_what_followed_from_it_gives_way(language: str) -> None:
    found = [line for line in run_lines(story.rolled_back(), Words(language)) if line.weight.value == "problem"]
    failed = replace(found[0], kind="StepFailed")
    shown = telling([failed, *found, *found])
    assert shown[0] == failed
    assert shown[-1] == found[-1]


def test_a_problem_is_told_in_full_in_a_narrow_terminal() -> None:
    found = [line for line in work_log(story.rolled_back(), EN) if line.weight.value == "problem"]
    narrow, whole = (list(log_text(found, EN, width=width)) for width in (60, 0))
    assert max(map(cells, narrow)) <= 60
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(whole).split())
