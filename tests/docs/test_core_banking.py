"""The core banking example checks clean and is scheduled; its broken twin is told every mistake, word by word."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from msgspec import json as msgspec_json
from typer.testing import CliRunner

from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import find_drivers
from liftlock.cli.main import root
from liftlock.cli.prepare import Prepared, prepare
from liftlock.model.chapters import Area, Post, TestKind
from liftlock.model.findings import Severity
from liftlock.publish.findings import findings_json, findings_text
from liftlock.publish.words import Words, merge_words
from tests.publish import golden

ROOT = Path(__file__).parents[2]
FOLDER = Path("examples/core-banking")
FOUND = find_drivers()
NOW = datetime.fromisoformat("2026-12-01T10:00:00+08:00")
WORDS = Words("zh", merge_words(manifest.words for manifest in FOUND.manifests.values()), "Asia/Shanghai")


@pytest.fixture(autouse=True)
def on_the_first_day_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of files in findings begin at the folder from which somebody looks; windows are over some day."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(SystemClock, "now", lambda clock: NOW.astimezone(clock.zone))
    for name in ("LIFTLOCK_STORE", "LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)


def prepared(name: str) -> Prepared:
    return prepare(FOLDER / name, FOUND)


# --- the plan -----------------------------------------------------------------------------------------------


def test_it_checks_clean(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["check", str(FOLDER / "plan.yaml"), "--store", str(tmp_path), "--json"])
    found = json.loads(done.stdout)["findings"]
    assert done.exit_code == 0
    assert [each for each in found if each["severity"] != "info"] == []
    assert {each["code"] for each in found} <= {"L530", "L635", "L642", "L652"}  # what is only good to know


def test_it_is_a_whole_plan_of_a_bank() -> None:
    plan = prepared("plan.yaml").plan
    assert plan is not None
    assert plan.team is not None
    assert plan.timetable is not None
    assert {post for person in plan.team.people for post in person.posts} == set(Post.__args__)
    assert {test.kind for test in plan.tests} == set(TestKind.__args__)
    assert {risk.area for risk in plan.risks} <= set(Area.__args__)
    assert [each.class_ for each in plan.components] == [
        "middleware",
        "database",
        "database",
        "core",
        "service",
        "client",
    ]
    assert {requirement.level for requirement in plan.requirements} == {"system", "software"}
    assert len(plan.timetable.tasks) >= 20
    assert all(approval.signed and approval.keys for approval in plan.approvals)


def test_its_schedule_keeps_failure_domains_the_quorum_and_the_outage() -> None:
    schedule = prepared("plan.yaml").schedule
    assert schedule is not None
    assert len({host for stage in schedule.stages for host in stage.hosts}) == 17
    queue = [stage for stage in schedule.stages if stage.component == "esb-mq"]
    assert schedule.capacities[schedule.policies["esb-mq"].capacity].out_max == 1
    assert [len(stage.hosts) for stage in queue] == [1, 2]
    stopped = {stage.component for stage in schedule.stages if stage.wave == "stop"}
    assert {"ledger-standby", "corebank", "channel", "teller-client"} <= stopped


def test_its_runs_keep_every_promise(tmp_path: Path) -> None:
    """What is done once for the core is done on the database's host; the queue is upgraded before the outage."""
    words = ["simulate", str(FOLDER / "plan.yaml"), "--store", str(tmp_path), "--seeds", "4", "--workers", "1"]
    for more in ([], ["--fault", "bad=traffic", "--fault", "lost_answer=0.02"]):
        done = CliRunner().invoke(root, [*words, *more])
        assert done.exit_code == 0, done.output


# --- its broken twin ----------------------------------------------------------------------------------------


def test_every_mistake_is_told_with_its_line() -> None:
    """Wherever the example lies: files are looked at in full, and the golden ones name no machine's folder."""
    twin = prepared("broken.yaml")
    text = findings_text(twin.findings, WORDS, sources=twin.sources, width=100)
    data = msgspec_json.format(msgspec_json.encode(findings_json(twin.findings, WORDS)), indent=2).decode() + "\n"
    for ending, shown in (("txt", text), ("json", data)):
        assert f"{ROOT}/" in shown
        golden.same_as(golden.FOLDER / f"core-banking-broken.zh.{ending}", shown.replace(f"{ROOT}/", "/opt/plans/"))


def test_mistakes_of_every_area_are_found() -> None:
    twin = prepared("broken.yaml")
    codes = {each.finding.code for each in twin.findings}
    assert twin.blocked
    assert len(codes) >= 70
    for first, last in (
        (100, 149),
        (150, 199),
        (200, 229),
        (230, 249),
        (250, 279),
        (280, 299),
        (500, 569),
        (570, 599),
        (670, 679),
    ):
        assert {code for code in codes if code[1:].isdigit() and first <= int(code[1:]) <= last}, first
    assert any(not code[1:].isdigit() for code in codes)  # a driver's own complaint
    assert all(each.line for each in twin.findings)


def test_no_finding_of_the_twin_is_in_the_plan() -> None:
    mine = {each.finding.code for each in prepared("plan.yaml").findings}
    theirs = {each.finding.code for each in prepared("broken.yaml").findings if each.finding.severity is Severity.ERROR}
    assert mine & theirs == set()
