"""What happens to the controller and its journal: it stops, says where and what to do, and the run goes on afterwards
with each step done once."""

import re
import signal
import sqlite3
import subprocess
from collections.abc import Callable

import pytest

from tests.cli.conftest import HOSTS, Site
from tests.real.disks import Disk

GATED = """\
      - command:
          run: 'echo x >>"$root/ran"; while [ ! -e "$root/gate" ]; do sleep 0.02; done'
          undo: 'true'
"""
CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture
def gated(site: Site) -> Site:
    site.write_plan(first=GATED)
    return site


def begin(site: Site, *words: str) -> "subprocess.Popen[str]":
    """A run that waits in its first host's gate."""
    process = site.start("run", "plan.yaml", *words)
    site.wait_for("StepStarted", "command")
    return process


def open_gates(site: Site) -> None:
    for host in HOSTS:
        (site.root(host) / "gate").touch()


def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    try:
        out, _ = process.communicate(timeout=40)
    finally:
        process.kill()
    assert "Traceback" not in out
    return process.returncode, out


def went_on(site: Site) -> None:
    """The same command ends the upgrade, each step ran once, and the journal and an archive of it prove themselves."""
    open_gates(site)
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4
    assert [(site.root(host) / "ran").read_text() for host in HOSTS] == ["x\n"] * 4
    site.run("journal", "verify")
    site.run("archive", "-o", "all.liftlock")
    site.run("verify", "all.liftlock")


def told(site: Site, *words: str, file: str = "journal.db") -> str:
    """What a command that the journal stops says, in English; and that it says the same in Chinese, without English."""
    said = site.run(*words, "--lang", "zh", expect=6).output
    first = said.replace(str(site.folder), "").partition("\n")[0]
    assert CHINESE.search(first)
    assert "建议" in said
    assert file in said
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", first), first
    said = site.run(*words, expect=6).output
    assert file in said
    assert "help: " in said
    return said


def cause(site: Site, *words: str) -> str:
    """Why the one hold came about, as the status says it."""
    (hold,) = site.data("status", *words, expect=4)["holds"]
    return str(hold["cause"])


# --- the journal's disk and file ----------------------------------------------------------------------------------


def test_the_controllers_disk_is_full_in_the_middle_of_a_run(gated: Site, disk: Callable[..., Disk]) -> None:
    journal = disk(gated.folder / ".liftlock")
    process = begin(gated)
    journal.fill()
    open_gates(gated)
    status, out = end(process)
    assert status == 6, out
    assert "no space is left" in out
    assert "Free space there" in out
    for words in (("run", "plan.yaml"), ("pause", "-m", "wait")):
        assert "no space is left" in told(gated, *words)
    assert gated.data("status", expect=4)["in_hand"], "what is known is still shown"
    journal.free()
    went_on(gated)


def test_a_journal_that_another_process_locks(gated: Site) -> None:
    process = begin(gated)
    other = sqlite3.connect(gated.folder / ".liftlock" / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    open_gates(gated)
    status, out = end(process)
    assert status == 6, out
    assert "locked by another process" in out
    assert "fuser -v" in out
    other.execute("ROLLBACK")
    other.close()
    went_on(gated)


def damaged(data: bytes) -> dict[str, bytes]:
    return {
        "another file": b"#!/bin/sh\n" * 2000,
        "zeroes": data[:8192] + b"\0" * (len(data) - 8192),
        "truncated": data[: len(data) // 2],
        "emptied": b"",
        "a word of an event": data.replace(b"StepStarted", b"StepStarved", 1),
        "a step of another name": data.replace(b"04-command", b"05-command", 1),
    }


@pytest.mark.parametrize("how", damaged(b""))
def test_a_damaged_journal_stops_everything_and_its_copy_goes_on(gated: Site, how: str) -> None:
    process = begin(gated)
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 4
    gated.run("journal", "backup", "copy")
    file = gated.folder / ".liftlock" / "journal.db"
    whole = file.read_bytes()
    file.write_bytes(damaged(whole)[how])
    assert file.read_bytes() != whole
    broken = file.read_bytes()
    for words in (("run", "plan.yaml"), ("status",), ("pause",)):
        assert "Restore the last backup" in told(gated, *words)
    assert file.read_bytes() == broken, "it is evidence: nobody changes it"
    (gated.folder / ".liftlock").rename(gated.folder / "damaged")
    gated.run("journal", "restore", "copy")
    went_on(gated)


def test_a_journal_of_a_newer_version_is_left_alone(gated: Site) -> None:
    process = begin(gated)
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 4
    set_revision(gated, "0099")
    for words in (("run", "plan.yaml"), ("status",), ("resume",)):
        said = told(gated, *words)
        assert "0099" in said
        assert "newer version" in said
    set_revision(gated, "0001")
    went_on(gated)


def set_revision(site: Site, revision: str) -> None:
    with sqlite3.connect(site.folder / ".liftlock" / "journal.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    database.close()


# --- controllers --------------------------------------------------------------------------------------------------


def test_of_two_controllers_the_newer_goes_on_and_the_older_says_who_it_is(gated: Site) -> None:
    first = begin(gated)
    second = gated.start("run", "plan.yaml", "--as", "chen.jie", "--lang", "zh")
    status, out = end(first)
    assert status == 1, out
    assert "taken over by another controller (chen.jie@" in out
    assert "liftlock watch" in out
    open_gates(gated)
    status, out = end(second)
    assert status == 0, out
    assert CHINESE.search(out)
    went_on_alone(gated)


def went_on_alone(site: Site) -> None:
    assert site.versions() == ["1.1"] * 4
    assert [(site.root(host) / "ran").read_text() for host in HOSTS] == ["x\n"] * 4
    site.run("journal", "verify")


def test_of_two_that_begin_at_once_one_upgrades(gated: Site) -> None:
    """The other is refused, or takes the open run over: it depends on who comes first. There is one run."""
    open_gates(gated)
    both = [gated.start("run", "plan.yaml", "--as", name) for name in ("li.wei", "chen.jie")]
    ends = [end(process) for process in both]
    assert sorted(status for status, _ in ends) in ([0, 0], [0, 1]), ends
    assert gated.data("status")["run"].endswith("/r1")
    went_on_alone(gated)


# --- signals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signals", [["INT", "INT"], ["INT", "TERM"]])
def test_leaving_after_a_pause_says_how_one_goes_on(gated: Site, signals: list[str]) -> None:
    process = begin(gated)
    for name in signals:
        process.send_signal(signal.Signals[f"SIG{name}"])
        gated.wait_for("RunPaused")
    status, out = end(process)
    assert status == 4, out
    assert "Left, and paused" in out
    assert gated.data("status", expect=4)["standing"] == "paused"
    open_gates(gated)
    said = gated.run("run", "plan.yaml", "--lang", "zh", expect=4).output
    assert "先 `liftlock resume`" in said
    gated.run("resume")
    went_on(gated)


def test_a_pause_that_cannot_be_recorded_is_not_silently_lost(gated: Site, disk: Callable[..., Disk]) -> None:
    journal = disk(gated.folder / ".liftlock")
    process = begin(gated)
    journal.fill()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    status, out = end(process)
    assert status == 4, out
    assert "no space is left" in out
    journal.free()
    assert gated.data("status", expect=4)["standing"] == "running"
    went_on(gated)


def test_killed_at_any_time_the_run_goes_on(gated: Site) -> None:
    """Seven kills at seven moments, one later than the other; whatever had begun by then is found again."""
    open_gates(gated)
    for pieces in range(1, 8):
        process = gated.start("run", "plan.yaml")
        try:
            process.wait(0.12 * pieces)
        except subprocess.TimeoutExpired:
            process.kill()
        assert "Traceback" not in process.communicate()[0]
    went_on_anyhow(gated)


def went_on_anyhow(site: Site) -> None:
    """By then it may be upgraded already: the same command then says so."""
    site.run_any("run", "plan.yaml")
    assert site.data("status")["result"] == "upgraded"
    went_on_alone(site)


def test_the_journal_lies_where_nobody_may_write(site: Site, disk: Callable[..., Disk]) -> None:
    disk(site.folder / ".liftlock").protect()
    said = told(site, "run", "plan.yaml")
    assert "read-only" in said
    assert "owner, mode and mount" in said
    assert not any((site.root(host) / "state").exists() for host in HOSTS)
