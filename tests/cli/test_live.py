"""A run before one's eyes: in a terminal, in a pipe, for programs, and from another terminal."""

import json
import os
import pty
import re
import select
import signal
import sys
import time

from tests.cli.conftest import HOSTS, Site
from tests.cli.test_steering import GATED, MANUAL, end, open_gates


def in_terminal(
    site: Site, *words: str, typed: bytes = b"", asked: bytes = b"[y/N]", within_s: float = 30
) -> tuple[int, str]:
    """What a terminal of 100 columns shows; `typed` is sent once something was asked."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(site.folder)
        settings = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        quiet = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        os.execve(sys.executable, [sys.executable, "-m", "liftlock", *words], {**quiet, **settings})
    shown, deadline = b"", time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
        if typed and asked in shown:
            os.write(terminal, typed)
            typed = b""
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


def test_a_terminal_is_asked_and_sees_a_picture(site: Site) -> None:
    status, shown = in_terminal(site, "run", "plan.yaml", typed=b"y\r")
    assert status == 0, shown
    assert "█" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1
    assert site.versions() == ["1.1"] * 4


def test_init_asks_what_no_option_says(site: Site) -> None:
    answers = b"billing\r3.0\r3.1\r10.1.1.1, 10.1.1.2\r"
    status, shown = in_terminal(site, "init", "--into", "new", typed=answers, asked=b"orders")
    assert status == 0, shown
    plan = (site.folder / "new" / "plan.yaml").read_text()
    assert "billing" in plan
    assert '"3.1"' in plan
    assert "10.1.1.2" in (site.folder / "new" / "hosts.yaml").read_text()


def test_no_means_no(site: Site) -> None:
    status, shown = in_terminal(site, "run", "plan.yaml", typed=b"n\r")
    assert status == 1, shown
    assert site.versions() == ["1.0"] * 4
    assert site.data("status", expect=1)["error"] == "no-run-yet"


def test_yes_asks_nothing(site: Site) -> None:
    status, shown = in_terminal(site, "run", "plan.yaml", "--yes")
    assert status == 0, shown
    assert "[y/N]" not in shown


def test_a_pipe_gets_lines_and_what_people_are_asked_for(site: Site) -> None:
    site.write_plan(first=MANUAL)
    process = site.start("run", "plan.yaml")
    site.wait_for("StepStarted", "manual")
    process.send_signal(signal.SIGTERM)
    status, out = end(process)
    assert status == 4
    assert "liftlock confirm app/1/w1/" in out
    assert "\x1b" not in out


def test_programs_get_every_event(site: Site) -> None:
    out = site.run("run", "plan.yaml", "--json").stdout
    kinds = [json.loads(line)["kind"] for line in out.splitlines()]
    assert kinds[0] == "RunOpened"
    assert kinds[-1] == "RunClosed"
    assert kinds.count("StepStarted") == kinds.count("StepSucceeded")


def test_watching_from_another_terminal(site: Site) -> None:
    site.write_plan(first=GATED)
    run = site.start("run", "plan.yaml")
    site.wait_for("StepStarted", "command")
    watch = site.start("watch", "plan.yaml")
    left = site.start("watch", "plan.yaml", "--json")
    assert left.stdout is not None
    assert "RunOpened" in left.stdout.readline()
    left.send_signal(signal.SIGINT)
    assert end(left)[0] == 0
    open_gates(site)
    assert end(run)[0] == 0
    status, out = end(watch)
    assert status == 0
    assert all(host in out for host in HOSTS)


def test_chinese_from_the_plan(site: Site) -> None:
    plan = site.write_plan(more="language: zh")
    assert "升级" in site.run("run", str(plan)).stdout
    assert "upgraded" in site.run("status", "--lang", "en").stdout


def test_a_secret_is_used_and_told_nowhere(site: Site) -> None:
    secret = site.folder / "token"
    secret.write_text("tr0ub4dor-and-3\n")
    secret.chmod(0o600)
    use = """\
      - command:
          run: 'echo "token is $TOKEN"; printf %s "$TOKEN" >"$root/used"'
          undo: 'true'
          env: {TOKEN: {secret: "file:token"}}
"""
    site.write_plan(first=use)
    site.run("run", "plan.yaml")
    assert (site.root("app-01") / "used").read_text() == "tr0ub4dor-and-3"
    for path in (site.folder / ".liftlock").rglob("*"):
        assert not path.is_file() or b"tr0ub4dor" not in path.read_bytes(), path
    for command in (("log", "--json"), ("report",), ("plan", "plan.yaml", "--json")):
        assert "tr0ub4dor" not in site.run_any(*command)


def test_people_are_told(site: Site) -> None:
    site.bad.add("1.1")
    note = "notify:\n  - {command: 'cat >>notes.txt', on: [start, rollback, end]}"
    site.write_plan(more=note, within="0.3s")
    site.run("run", "plan.yaml", expect=3)
    notes = [json.loads(line) for line in (site.folder / "notes.txt").read_text().splitlines()]
    assert {"start", "rollback", "end"} == {note["occasion"] for note in notes}
    assert all(note["text"].startswith("App to 1.1") for note in notes)


def test_what_is_said_beside_a_picture_stands_above_it(site: Site) -> None:
    """The picture is taken away, the line is written, and the picture is drawn again below."""
    site.bad.add("1.1")
    site.write_plan(more="notify:\n  - {command: 'exit 3', on: [rollback]}", within="0.3s")
    status, shown = in_terminal(site, "run", "plan.yaml", "--yes")
    assert status == 3, shown
    assert re.search(r"\x1b\[2K(\x1b\[0m)?liftlock: [^\r\n]+\r\n", shown), shown
