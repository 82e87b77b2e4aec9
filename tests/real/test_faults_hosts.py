"""What happens to hosts, over real sshd: it is said which host, what, and what to do; nothing runs twice."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from liftlock.cli.clock import SystemClock
from tests.cli.conftest import HOSTS
from tests.hosts.grounds import belongs
from tests.real.disks import Disk
from tests.real.far import FarSite
from tests.real.test_faults_controller import cause, end
from tests.sshd import processes

GATED = """\
      - command:
          run: 'echo x >>"$home/ran"; while [ ! -e "$home/gate" ]; do sleep 0.02; done'
          undo: 'true'
        timeout: {timeout}
"""


def refused(far: FarSite, code: str, *words: str) -> None:
    """Before anything begins: a finding in both languages; no host was touched, no run is open."""
    for language in ("en", "zh"):
        out = far.run("run", "plan.yaml", "--lang", language, expect=1).output
        assert code in out
        for word in words:
            assert word in out
    assert far.versions() == ["1.0"] * 4
    assert far.data("status", expect=1)["error"] == "no-run-yet"


def test_a_changed_host_key_is_not_trusted(far: FarSite) -> None:
    known = Path(far.sshds["app-02"].known_hosts)
    whole = known.read_text()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    known.write_text(f"{whole.split()[0]} {other}")
    refused(far, "L311", "app-02", "SHA256:", str(known))
    known.write_text("")
    refused(far, "L311", "app-02", "SHA256:", "liftlock trust")
    known.write_text(whole)
    far.run("run", "plan.yaml")


def test_a_host_that_is_down_at_the_start(far: FarSite) -> None:
    far.sshds["app-03"].stop()
    refused(far, "L300", "app-03")


def test_a_host_whose_clock_is_an_hour_off(far: FarSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks differ by what one has more than the other: here it is this machine's, at its only home."""

    def late(self: SystemClock) -> datetime:
        return datetime.now(self.zone) - timedelta(hours=1)

    monkeypatch.setattr(SystemClock, "now", late)
    refused(far, "L303", "app-01", "app-04")


def begun(far: FarSite, timeout: str) -> tuple["object", str]:
    far.write_plan(first=GATED.format(timeout=timeout))
    process = far.start("run", "plan.yaml")
    far.wait_for("StepStarted", "command")
    far.wait_until(lambda: any((far.root(host) / "ran").exists() for host in HOSTS))
    return process, next(host for host in HOSTS if (far.root(host) / "ran").exists())


def test_a_host_that_dies_in_the_middle_holds_the_run_and_a_person_answers(far: FarSite) -> None:
    process, host = begun(far, "3s")
    far.sshds[host].stop()
    for pid, _ in processes():
        if belongs(pid, far.root(host)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    status, out = end(process)
    assert status == 4, out
    assert f"{host} cannot be reached" in out, "said while it is waited for"
    held = far.data("status", expect=4)["holds"]
    assert [hold["code"] for hold in held] == ["outcome-unknown"]
    assert "cannot be reached" in held[0]["cause"]
    assert "无法连接" in cause(far, "--lang", "zh")
    far.sshds[host].start_again()
    (far.root(host) / "gate").touch()
    far.run("settle", held[0]["subject"], "retry", "-m", "it is up again, the command was cut off")
    for each in HOSTS:
        (far.root(each) / "gate").touch()
    far.run("run", "plan.yaml")
    assert far.versions() == ["1.1"] * 4
    far.run("journal", "verify")


def test_a_network_that_is_gone_for_a_moment_costs_nothing(far: FarSite) -> None:
    process, host = begun(far, "30s")
    far.sshds[host].stop()
    for each in HOSTS:
        (far.root(each) / "gate").touch()
    far.sshds[host].start_again()
    status, out = end(process)
    assert status == 0, out
    assert [(far.root(each) / "ran").read_text() for each in HOSTS] == ["x\n"] * 4


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_that_cannot_be_written_is_seen_before_the_start(
    far: FarSite, disk: Callable[..., Disk], fault: str
) -> None:
    found = disk(far.root("app-02") / "state", "256k")
    if fault == "full":
        found.fill()
        refused(far, "L304", "app-02")
        found.free()
    else:
        found.protect()
        refused(far, "L313", "app-02", "state")


def test_a_disk_that_fills_in_the_middle_holds_until_there_is_room(far: FarSite, disk: Callable[..., Disk]) -> None:
    """Nothing can start there any more, not even the way back."""
    disks = {host: disk(far.root(host) / "state", "4m") for host in HOSTS}
    process, host = begun(far, "20s")
    disks[host].fill()
    for each in HOSTS:
        (far.root(each) / "gate").touch()
    status, out = end(process)
    assert status == 4, out
    assert "no space" in out
    held = far.data("status", expect=4)["holds"]
    assert "no space" in held[0]["cause"]
    assert "磁盘已满" in cause(far, "--lang", "zh")
    disks[host].free()
    far.run("settle", held[0]["subject"], "retry", "-m", "there is room again")
    far.run("run", "plan.yaml", expect=3)
    assert far.versions() == ["1.0"] * 4
    far.run("journal", "verify")
