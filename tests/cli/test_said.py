"""What commands say about a run: once, in full, and of what really happened."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO

import pytest

from liftlock.cli.screen import pictures
from liftlock.cli.survey_commands import rows_of
from liftlock.model import events as ev
from liftlock.model.events import Entry
from liftlock.model.reasons import because
from liftlock.model.run import Run
from liftlock.publish.history import gather
from liftlock.publish.plain import cells
from liftlock.publish.standing import headline
from liftlock.publish.words import Words
from tests.cli.conftest import Site

AT = datetime(2026, 12, 20, 22, tzinfo=UTC)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def entries(*events: ev.RunEvents) -> list[Entry]:
    return [Entry(seq, AT, 0, event) for seq, event in enumerate(events)]


def opened(controller: str) -> ev.RunOpened:
    return ev.RunOpened(
        upgrade="u", schedule="0" * 64, by="li.wei", controller=controller, program="0.1.0", approvals=()
    )


def test_a_preview_says_what_would_change_on_the_host(site: Site) -> None:
    shown = site.run("plan", "plan.yaml", "--diff-host", "app-02").stdout
    assert "releases/1.0 → releases/1.1" in shown
    site.write_plan("with.yaml", first="      - config: {file: '{root}/etc/app.conf', content: \"old = false\\n\"}")
    shown = site.run("plan", "with.yaml", "--diff-host", "app-02").stdout
    assert "    -old = true" in shown
    assert "    +old = false" in shown


CHAPTERS = """
requirements:
  - {id: R1, statement: checkout is faster, from: sales, owner: li.wei, changes: [app], tests: [T1]}
tests:
  - {id: T1, kind: rehearsal, environment: staging, cases: [{id: C1, does: buy, expects: bought}], owner: li.wei}
"""


def test_the_report_has_the_version_that_was_read_and_the_plans_chapters(site: Site) -> None:
    site.write_plan("plan.yaml", more=CHAPTERS)
    site.run("run", "plan.yaml")
    report = site.run("report").stdout
    assert all(line.endswith("| 1.1 |") for line in report.splitlines() if line.startswith("| app-0"))
    assert "'version'" not in report
    assert "Controller takeovers: 0" in report
    assert "| R1 | system | 1 | - | - | app | T1 |" in report


def test_the_controller_that_begins_takes_nothing_over() -> None:
    history = gather(entries(opened("a"), ev.ControllerTookOver("a")), Words("en"))
    assert (history.takeovers, history.anomalies) == (0, [])
    history = gather(entries(opened("a"), ev.ControllerTookOver("a"), ev.ControllerTookOver("b")), Words("en"))
    assert (history.takeovers, [each.seq for each in history.anomalies]) == (1, [2])


def test_who_asked_for_a_rollback_is_said_once() -> None:
    began = ev.RollbackBegan("all", because("asked", by="li.wei", why="slow"), (), "li.wei")
    assert Words("en").event(entries(began)[0]) == "rollback begins: everything: asked for by li.wei: slow"
    settled = ev.RollbackBegan("all", because("rolling-back"), (), "li.wei")
    assert Words("en").event(entries(settled)[0]).endswith("(asked for by li.wei)")


@pytest.mark.parametrize(
    ("language", "said"), [("en", "paused (asked for by li.wei): Ctrl-C"), ("zh", "已暂停（由 li.wei 提出）：Ctrl-C")]
)
def test_a_pause_says_who_and_why(language: str, said: str) -> None:
    run = Run(size=1, paused=because("paused", by="li.wei", why="Ctrl-C"))
    assert headline(run, Words(language)) == said


def test_what_a_host_said_is_shown_whole() -> None:
    head, row = ["Host", "System", "Also"], ["app-01", "debian 12", "service:orders=running, version:orders=1.0"]
    assert rows_of(head, [row], 100)[1].endswith(row[-1])
    narrow = rows_of(head, [row, ["app-02", "debian 12", ""]], 40)
    assert "version:orders=1.0" in "\n".join(narrow)
    assert max(map(cells, narrow)) <= 44
    assert narrow[-1].startswith("app-02")


@pytest.mark.parametrize(
    ("environ", "shown"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, True), ({"TERM": "dumb"}, False), ({}, False)],
)
def test_pictures_need_a_terminal_and_no_colours(environ: dict[str, str], shown: bool) -> None:
    assert pictures(Terminal(), environ) is shown
    assert not pictures(StringIO(), environ)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_terminal_that_cannot_show_a_sign_ends_nothing(site: Site, language: str) -> None:
    words = [sys.executable, "-m", "liftlock", "run", "plan.yaml", "--lang", language]
    site.write_plan(title="应用 → 1.1")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(words, cwd=site.folder, env=ascii_only, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert b"? 1.1" in done.stdout


def test_a_run_that_goes_on_says_where_it_stands(site: Site) -> None:
    site.write_plan(steps='      - manual: {text: "look at {host}"}')
    process = site.start("run", "plan.yaml")
    try:
        site.wait_for("StepStarted", "manual")
    finally:
        process.kill()
        process.wait()
    again = site.start("run", "plan.yaml")
    assert again.stdout is not None
    try:
        assert "0/4 host upgrades done" in again.stdout.readline()
    finally:
        again.kill()
        again.wait()
        again.stdout.close()
        assert process.stdout is not None
        process.stdout.close()


def test_status_says_so_when_nobody_drives_the_run_any_more(site: Site) -> None:
    site.write_plan(first='      - manual: {text: "look at {host}", undo: nothing}')
    process = site.start("run", "plan.yaml")
    try:
        site.wait_for("StepStarted", "manual")
        assert site.data("status")["controller_gone"] is False
        assert "look at app-0" in " ".join(site.run("status").output.split())
    finally:
        process.kill()
        process.wait()
    out = site.run("status", expect=4).output
    assert "Nobody drives it any more" in out
    assert f":{process.pid}" in out
    assert "已无控制端" in site.run("status", "--lang", "zh", expect=4).output
    assert site.data("status", expect=4)["controller_gone"] is True


def test_columns_that_do_not_fit_stand_below_the_others() -> None:
    head = ["Host", "System", "Kernel", "Zone", "Also"]
    rows = [["app-01", "debian 12", "6.1.0-28-amd64", "Asia/Shanghai", "a=1"], ["app-02", "-", "-", "-", "silent"]]
    narrow = rows_of(head, rows, 40)
    assert max(map(len, narrow)) <= 40
    assert narrow[2:] == ["  Zone Asia/Shanghai  a=1", "app-02  -          -", "  silent"]
