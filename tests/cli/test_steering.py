"""People and signals steer a run: from other terminals, through kills and restarts, each step once."""

import json
import signal
import subprocess
import time
from pathlib import Path

import asyncssh
import pytest

from tests.cli.conftest import HOSTS, Site

GATED = """\
      - command:
          run: 'echo x >>"$root/ran"; while [ ! -e "$root/gate" ]; do sleep 0.05; done'
          undo: 'true'
"""
MANUAL = "      - manual: {text: plug the cable, undo: unplug it, people: 2}\n"


def ran(site: Site) -> list[int]:
    """How often the gated step ran on each host."""
    paths = [site.root(host) / "ran" for host in HOSTS]
    return [path.read_text().count("x") if path.exists() else 0 for path in paths]


def open_gates(site: Site) -> None:
    for host in HOSTS:
        (site.root(host) / "gate").touch()


def end(process: "subprocess.Popen[str]", within_s: float = 30) -> tuple[int, str]:
    try:
        out, _ = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
        raise AssertionError(f"still running:\n{out}") from None
    return process.returncode, out


@pytest.fixture
def gated(site: Site) -> Site:
    site.write_plan(first=GATED)
    return site


def test_the_first_interrupt_pauses_and_begun_hosts_finish(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    process.send_signal(signal.SIGINT)
    gated.wait_for("RunPaused")
    open_gates(gated)
    status, out = end(process)
    assert status == 4, out
    assert sorted(gated.versions()) == ["1.0", "1.0", "1.0", "1.1"]
    assert gated.data("status", expect=4)["standing"] == "paused"
    gated.run("resume", "--as", "chen.jie", "-m", "go on")
    gated.run("run", "plan.yaml")
    assert gated.versions() == ["1.1"] * 4
    assert ran(gated) == [1, 1, 1, 1]


@pytest.mark.parametrize("how", ["twice", "TERM", "HUP", "KILL"])
def test_leaving_at_once_loses_nothing_and_runs_nothing_twice(gated: Site, how: str) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    if how == "twice":
        process.send_signal(signal.SIGINT)
        gated.wait_for("RunPaused")
        process.send_signal(signal.SIGINT)
    else:
        process.send_signal(signal.Signals[f"SIG{how}"])
    status, out = end(process)
    assert status == (-9 if how == "KILL" else 4), out
    assert sum(ran(gated)) == 1
    open_gates(gated)
    if how == "twice":
        gated.run("resume")
    gated.run("run", "plan.yaml")
    assert gated.versions() == ["1.1"] * 4
    assert ran(gated) == [1, 1, 1, 1]


def test_run_without_a_plan_goes_on_with_the_only_open_run(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    process.kill()
    process.communicate()
    open_gates(gated)
    gated.run("run")
    assert gated.versions() == ["1.1"] * 4


def test_a_second_controller_takes_over_and_the_first_stops(gated: Site) -> None:
    first = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    second = gated.start("run", "plan.yaml")
    status, out = end(first)
    assert status == 1, out
    assert "Traceback" not in out
    open_gates(gated)
    status, out = end(second)
    assert status == 0, out
    assert ran(gated) == [1, 1, 1, 1]


def test_abort_stops_before_the_next_host_and_a_rollback_brings_back(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    gated.run("abort", "-m", "wrong artifact", "--as", "chen.jie")
    open_gates(gated)
    status, out = end(process)
    assert status == 4, out
    assert gated.versions().count("1.1") == 1
    gated.run("rollback", expect=2)
    gated.run("rollback", "--all", "-m", "wrong artifact")
    gated.run("run", "plan.yaml", expect=3)
    assert gated.versions() == ["1.0"] * 4
    log = gated.run("log").stdout
    assert "chen.jie" in log
    assert "wrong artifact" in log


def test_a_manual_step_needs_two_different_people(site: Site) -> None:
    site.write_plan(first=MANUAL)
    process = site.start("run", "plan.yaml")
    site.wait_for("StepStarted", "manual")
    started = json.loads(site.run("log", "--kind", "StepStarted", "--json").stdout.splitlines()[-1])
    step = started["subject"]
    site.run("confirm", step, "--as", "wang.fang")
    assert site.data("confirm", step, "--as", "wang.fang", expect=1)["error"] == "confirmed-already"
    site.run("confirm", step, "--as", "zhang.min", "-m", "looked at it")
    site.wait_for("StepSucceeded", step)
    process.kill()
    process.communicate()


def test_a_host_is_left_out_before_it_began(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    canary = first_begun(gated)
    (gated.root(canary) / "gate").touch()
    wait_until_begun(gated, 3)
    begun = [host for host in HOSTS if (gated.root(host) / "ran").exists()]
    later = next(host for host in HOSTS if host not in begun)
    assert gated.data("skip", later, expect=1)["error"] == "reason-required"
    assert gated.data("skip", begun[-1], "-m", "x", expect=1)["error"] == "not-possible-now"
    gated.run("skip", later, "-m", "scrapped")
    open_gates(gated)
    status, out = end(process)
    assert status == 1, out
    assert gated.data("status", expect=1)["result"] == "upgraded-with-exceptions"
    assert {host: gated.version(host) for host in HOSTS} == {h: "1.0" if h == later else "1.1" for h in HOSTS}


def first_begun(site: Site) -> str:
    """The host on which the gated step runs first: its intent is recorded a moment before."""
    wait_until_begun(site, 1)
    return next(host for host in HOSTS if (site.root(host) / "ran").exists())


def wait_until_begun(site: Site, hosts: int) -> None:
    deadline = time.monotonic() + 20
    while sum(ran(site)) < hosts:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_hold_is_settled_by_a_person(site: Site) -> None:
    site.unhealthy.add("1.1")
    site.write_plan(on_failure="freeze")
    site.run("run", "plan.yaml", expect=4)
    held = site.data("status", expect=4)
    subject = next(iter(held["holds"]))
    subject = subject["subject"] if isinstance(subject, dict) else subject
    assert site.data("settle", "nothing", "done", "-m", "x", expect=1)["error"] == "not-held"
    assert site.data("settle", subject, "done", expect=1)["error"] == "reason-required"
    site.run("settle", subject, "maybe", "-m", "x", expect=2)
    site.unhealthy.clear()
    site.run("settle", subject, "retry", "-m", "the figure was wrong")
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4


# --- another schedule --------------------------------------------------------------------------------------


def test_a_dead_host_is_amended_away(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    canary = first_begun(gated)
    process.kill()
    process.communicate()
    dead = next(host for host in HOSTS if host != canary)
    inventory = gated.folder / "hosts.yaml"
    text = inventory.read_text()
    assert gated.data("amend", "plan.yaml", "-m", "x", expect=1)["error"] == "nothing-to-amend"
    others = ", ".join(host for host in HOSTS if host != dead)
    inventory.write_text(text.replace('["app-[01:04]"]', f"[{others}]"))
    assert gated.data("amend", "plan.yaml", expect=1)["error"] == "reason-required"
    changes = gated.data("amend", "plan.yaml", "-m", "scrapped")["changes"]
    assert dead in {change["name"] for change in changes if change["area"] == "host"}
    open_gates(gated)
    gated.run("run", "plan.yaml")
    assert {host: gated.version(host) for host in HOSTS} == {h: "1.0" if h == dead else "1.1" for h in HOSTS}
    assert sum(ran(gated)) == 3


def test_an_amendment_while_the_controller_runs_is_followed(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    canary = first_begun(gated)
    dead = next(host for host in HOSTS if host != canary)
    inventory = gated.folder / "hosts.yaml"
    others = ", ".join(host for host in HOSTS if host != dead)
    inventory.write_text(inventory.read_text().replace('["app-[01:04]"]', f"[{others}]"))
    gated.run("amend", "plan.yaml", "-m", "scrapped")
    open_gates(gated)
    status, out = end(process)
    assert status == 0, out
    assert gated.version(dead) == "1.0"
    assert ran(gated).count(1) == 3


def test_another_version_cannot_be_amended_in(gated: Site) -> None:
    process = gated.start("run", "plan.yaml")
    gated.wait_for("StepStarted", "command")
    process.kill()
    process.communicate()
    gated.write_plan(to="1.2", title="App to 1.1", first=GATED)
    assert gated.data("amend", "plan.yaml", "-m", "x", expect=1)["error"] == "amend-changes-version"


# --- approvals ---------------------------------------------------------------------------------------------


def keys(folder: Path) -> dict[str, str]:
    lines = {}
    for person in ("zhang.min", "chen.jie"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / person)
        (folder / person).chmod(0o600)
        lines[person] = f"{person} {key.export_public_key().decode().strip()}"
    return lines


@pytest.fixture
def approved(site: Site) -> Site:
    lines = keys(site.folder)
    more = f"""\
approvals:
  - {{role: business, by: "any of [zhang.min, wang.fang]", keys: ["{lines["zhang.min"]}"]}}
  - {{role: risk, by: chen.jie, keys: ["{lines["chen.jie"]}"]}}
"""
    site.write_plan(more=more)
    return site


def test_nothing_runs_without_its_approvals(approved: Site) -> None:
    site = approved
    assert site.data("approve", "plan.yaml", "--as", "chen.jie", "--key", "chen.jie", expect=6)["error"] == "missing"
    assert site.data("run", "plan.yaml", expect=1)["error"] == "not-approved"
    site.run("plan", "plan.yaml")
    problem = site.data("approve", "plan.yaml", "--as", "nobody", "--key", "chen.jie", expect=1)
    assert problem["error"] == "not-an-approver"
    problem = site.data("approve", "plan.yaml", "--as", "chen.jie", "--key", "zhang.min", expect=1)
    assert problem["error"] == "approval-unknown-key"
    problem = site.data("approve", "plan.yaml", "--as", "chen.jie", "--unsigned", expect=1)
    assert problem["error"] == "approval-unsigned"
    site.run("approve", "plan.yaml", "--as", "chen.jie", "--key", "chen.jie")
    out = site.run("run", "plan.yaml", expect=1)
    assert "business" in out.stdout + out.stderr
    standing = site.data("approve", "plan.yaml", "--as", "zhang.min", "--key", "zhang.min")["standing"]
    assert [each["state"] for each in standing] == ["approved", "approved"]
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4
    report = site.run("report").stdout
    assert "zhang.min" in report


def test_a_changed_plan_voids_the_approvals_and_says_what_changed(approved: Site) -> None:
    site = approved
    site.run("plan", "plan.yaml")
    for person in ("chen.jie", "zhang.min"):
        site.run("approve", "plan.yaml", "--as", person, "--key", person)
    plan = site.folder / "plan.yaml"
    plan.write_text(plan.read_text().replace("soak: 0.2s", "soak: 0.3s"))
    problem = site.data("approve", "plan.yaml", "--as", "chen.jie", "--key", "chen.jie", expect=1)
    assert problem["error"] == "plan-changed"
    out = site.run("run", "plan.yaml", expect=1)
    assert "soak" in out.stdout
    assert site.versions() == ["1.0"] * 4
    site.run("plan", "plan.yaml")
    for person in ("chen.jie", "zhang.min"):
        site.run("approve", "plan.yaml", "--as", person, "--key", person)
    site.run("run", "plan.yaml")
