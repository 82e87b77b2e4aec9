"""The how-to's example is a plan of which nothing is to be said but how firm its decision is."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liftlock.cli.main import root
from tests.docs.test_documents import ROOT, blocks

PAGE = ROOT / "docs/how-to/plan-chapters.md"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    first, second, *_ = blocks(PAGE, "yaml")
    (tmp_path / "plan.yaml").write_text(first)
    (tmp_path / "hosts.yaml").write_text(second)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "plan.yaml"


def call(*words: str, expect: int = 0) -> str:
    result = CliRunner().invoke(root, list(words))
    assert result.exit_code == expect, result.output
    return result.stdout


def test_the_example_checks_clean(plan: Path) -> None:
    found = json.loads(call("check", "plan.yaml", "--json"))
    assert [(each["code"], each["severity"]) for each in found["findings"]] == [("L530", "info")]


def test_its_chapters_are_shown(plan: Path) -> None:
    text = call("chapters", "plan.yaml", "--show", "options", "--show", "trace")
    assert re.search(r"cost\s+50 %\s+0 % – 60 %", text)
    assert text.index("Traceability") < text.index("how is it rolled out?")
    assert "Budget" not in text
    assert "追溯表" in call("chapters", "plan.yaml", "--lang", "zh")
    assert list(json.loads(call("chapters", "plan.yaml", "--show", "risks", "--json"))) == ["risks"]


def test_a_spreadsheet_is_written_once(plan: Path) -> None:
    call("chapters", "plan.yaml", "--csv", "chapters.csv")
    written = (plan.parent / "chapters.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfRequirements")
    assert "chapters.csv" in CliRunner().invoke(root, ["chapters", "plan.yaml", "--csv", "chapters.csv"]).output
    call("chapters", "plan.yaml", "--csv", "chapters.csv", "--show", "team", expect=1)
    assert (plan.parent / "chapters.csv").read_bytes() == written
    assert call("chapters", "plan.yaml", "--csv", "-", "--show", "budget").startswith("Budget")


def test_what_cannot_be_shown_is_said(plan: Path) -> None:
    call("chapters", "plan.yaml", "--show", "weather", expect=1)
    call("chapters", "nowhere.yaml", expect=1)
    plan.write_text(plan.read_text().replace("on: 2026-12-01", "on: 2026-12-32"))
    assert "L051" in call("chapters", "plan.yaml", expect=1)
    plan.write_text(re.sub(r"(?ms)^emergency:.*?(?=^components)", "", plan.read_text().replace("-32", "-01")))
    assert "emergency" in call("chapters", "plan.yaml", "--show", "emergency")
