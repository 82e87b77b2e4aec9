"""An operator's existing Ansible inventory and playbook, unchanged, run through Liftlock on hosts behind real sshds."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.real.far import FarSite

BIN = Path(sys.executable).parent / "ansible-playbook"
PROGRAM = str(BIN) if BIN.exists() else shutil.which("ansible-playbook") or ""
HERE = ("app-01", "app-02")
EXAMPLE = Path(__file__).parents[2] / "docs/examples/ansible"


class Ops:
    """The example's folder: the operator's playbooks as they are; of the inventories, only where the hosts are."""

    def __init__(self, far: FarSite) -> None:
        self.far, self.folder = far, far.folder / "ops"
        shutil.copytree(EXAMPLE / "ops", self.folder)
        ours, theirs = (far.folder / "hosts.yaml").read_text(), (self.folder / "hosts.ini").read_text()
        (far.folder / "hosts.yaml").write_text(ours + f"  web: [{', '.join(HERE)}]\n  one: [app-01]\n")
        for number, host in enumerate(HERE, 1):
            (far.root(host) / "version").write_text("1.0")
            sshd = far.sshds[host]
            login = f"ansible_host=127.0.0.1 ansible_port={sshd.port} ansible_ssh_private_key_file={sshd.key}"
            known = f"ansible_ssh_common_args='-o UserKnownHostsFile={sshd.known_hosts}'"
            theirs = theirs.replace(f"ansible_host=10.0.0.{number} ansible_user=ops", f"{login} {known}", 1)
            theirs = theirs.replace("home=/opt/orders", f"home={far.root(host)}", 1)
        (self.folder / "hosts.ini").write_text(theirs)
        self.write()

    def write(self, hosts: str = "web") -> None:
        text = (EXAMPLE / "plan.yaml").read_text().replace("hosts: web", f"hosts: {hosts}").replace("5s", "1s")
        text = text.replace("waves: [100%]", "waves: [100%], failure_budget: {attempts: 1}")
        text = text.replace("          project: ops\n", f"          project: ops\n          program: {PROGRAM}\n")
        (self.far.folder / "plan.yaml").write_text(text)

    def read(self, host: str, name: str) -> str:
        path = self.far.root(host) / name
        return path.read_text() if path.exists() else ""


@pytest.fixture
def ops(far: FarSite, monkeypatch: pytest.MonkeyPatch) -> Ops:
    if not PROGRAM:
        if os.environ.get("LIFTLOCK_REAL") == "required":
            pytest.fail("ansible-playbook is not installed")
        pytest.skip("ansible-playbook is not installed")
    monkeypatch.setenv("ORDERS_TOKEN", "s3cret-token")
    return Ops(far)


def test_a_host_that_fails_goes_back_with_all_the_others(ops: Ops) -> None:
    out = ops.far.run("run", "plan.yaml", expect=3).stdout
    assert "task “check the license” failed: the license of app-02 is expired" in out
    assert [ops.read(host, "version") for host in HERE] == ["1.0", "1.0"]
    log = ops.far.run_any("log", "--json")
    assert '"ignored":1' in log
    assert '"task":"write the version"' in log
    assert "s3cret-token" not in log + out
    assert "[secret]" in log
    left = [path.name for path in (ops.far.folder / ".liftlock" / "controller").iterdir() if path.is_file()]
    assert [name.rpartition(".")[2] for name in left] == ["closed"]


def test_check_mode_is_the_preview_and_an_unreachable_host_is_a_failure(ops: Ops) -> None:
    ops.write(hosts="one")
    shown = ops.far.run("plan", "plan.yaml", "--diff-host", "app-01").stdout
    assert "+1.1" in shown
    assert ops.read("app-01", "version") == "1.0"
    ini = (ops.folder / "hosts.ini").read_text()
    (ops.folder / "hosts.ini").write_text(ini.replace(f"ansible_port={ops.far.sshds['app-01'].port}", "ansible_port=1"))
    ops.far.run("run", "plan.yaml", expect=4)  # it cannot be undone there either: a person is asked
    log = ops.far.run_any("log", "--json", "--kind", "StepFailed")
    assert '"kind":"unreachable"' in log
    assert "Connection refused" in log


def test_a_controller_that_is_killed_finds_its_playbook_again(ops: Ops) -> None:
    (ops.folder / "host_vars" / "app-01.yml").write_text("drain_s: 2\n")
    ops.write(hosts="one")
    first = ops.far.start("run", "plan.yaml")
    ops.far.wait_until(lambda: ops.read("app-01", "begun") != "", within_s=60.0)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    ops.far.run("run", "plan.yaml")
    assert ops.read("app-01", "begun") == "1.1\n"
    assert ops.read("app-01", "version") == "1.1"


def test_a_playbook_that_was_changed_after_the_approval_does_not_run(ops: Ops) -> None:
    ops.write(hosts="one")
    ops.far.run("plan", "plan.yaml")
    (ops.folder / "host_vars" / "app-01.yml").write_text("x: 1\n")
    before = ops.far.data("plan", "plan.yaml")["digest"]
    (ops.folder / "host_vars" / "app-01.yml").write_text("x: 2\n")
    assert ops.far.data("plan", "plan.yaml")["digest"] != before
