"""The plans that the demo writes are good plans: Liftlock's own check finds nothing in them, but that seconds stand for
hours and eight hosts for a fleet: canaries see less than they would."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from demo import fleet, people, plans, releases

SEES_LITTLE = {"L382", "L395", "L397"}  # few looks before the upgrade, how many errors it takes, eight hosts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    for version in releases.VERSIONS:
        releases.pack(version, tmp_path / "files")
    plans.write_inventory(tmp_path, fleet.lay_out(tmp_path / "it's a folder"))
    plans.write_template(tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("signed", [True, False])
def test_nothing_stands_against_them(folder: Path, language: str, signed: bool) -> None:
    approvers = people.make(folder / "keys") if signed else [people.Approver("x", "y", None)]
    approvals = people.approvals(approvers)
    program = str(Path(sys.executable).parent / "liftlock")
    for old, new in (("1.0", "1.1"), ("1.1", "1.2"), ("1.1", "1.3")):
        plan = plans.write_plan(folder, old, new, folder / "admin.sock", approvals, language)
        command = [program, "check", plan.name, "--json"]
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr
        assert {one["code"] for one in json.loads(found.stdout)["findings"]} == SEES_LITTLE, found.stdout
