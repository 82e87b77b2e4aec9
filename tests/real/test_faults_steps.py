"""What a step's command, a service or a load balancer may do: it is bounded, said, and brought back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTS, Site
from tests.drivers.test_haproxy import Haproxy
from tests.real.test_faults_controller import GATED, begin, cause, end, open_gates
from tests.sshd import processes

COMMANDS = {
    "floods": "yes flooding",
    "never ends": "while :; do sleep 0.1; done",
    "leaves children": 'setsid sleep 4321 & (trap "" TERM; sleep 4321) & sleep 4321',
}


def named(folder: Path, words: str) -> list[int]:
    """Processes of this test's hosts with these words in their command line."""
    found = []
    for pid, _ in processes():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            env = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if words in line and str(folder).encode() in env:
            found.append(pid)
    return found


@pytest.mark.parametrize("how", COMMANDS)
def test_a_command_that_does_not_end_is_ended_at_its_deadline(site: Site, how: str) -> None:
    site.write_plan(first=f"      - command: {{run: '{COMMANDS[how]}', undo: 'true'}}\n        timeout: 1.5s")
    out = site.run("run", "plan.yaml", expect=3).output
    assert "not done within the step's deadline of 2 s" in out
    said = site.run("log", "--problems", "--lang", "zh").output
    assert "未在步骤时限 2 秒 内完成" in said
    assert site.versions() == ["1.0"] * 4
    kept = sum(path.stat().st_size for host in HOSTS for path in site.root(host).rglob("*") if path.is_file())
    assert kept < 100_000, "what it printed is bounded, and swept"
    assert named(site.folder, "sleep 4321") == []


def test_of_a_script_that_somebody_ends_a_person_is_asked_what_it_did(site: Site) -> None:
    """As a host's orderly reboot does to it: its status says nothing about what it did, and here nothing can look."""
    site.write_plan(first="""      - command: {run: 'exec sh -c "kill -TERM \\$\\$"', undo: 'true'}""")
    assert "liftlock settle" in site.run("run", "plan.yaml", expect=4).output
    assert site.data("status", expect=4)["standing"] == "held"


SERVICE = """\
      - service:
          restart: app
          start_command: 'setsid sleep {life} </dev/null >/dev/null 2>&1 & echo $! >"$root/pid"'
          stop_command: 'kill $(cat "$root/pid") 2>/dev/null; rm -f "$root/pid"'
          status_command: 'kill -0 $(cat "$root/pid")'
          pid_file: "{{root}}/pid"
          stays: {stays}
"""
ALIVE = """\
    - {name: process, command: 'if kill -0 $(cat "$root/pid") 2>/dev/null; then echo 0; else echo 1; fi', above: 0.5}
"""


def test_a_service_that_dies_while_it_is_watched_is_not_up(site: Site) -> None:
    site.write_plan(steps=SERVICE.format(life="0.5", stays="1s"))
    out = site.run("run", "plan.yaml", expect=4).output
    assert "came up and was gone within 1 s" in out
    assert "b05-restart" in out, "on the way back it dies again: a person is asked"
    assert "came up and was gone" in cause(site), "the hold says why"
    assert site.version("app-01") == "1.0"
    assert "不到 1 秒就退出" in cause(site, "--lang", "zh")


def test_a_service_that_dies_later_is_caught_by_the_soak(site: Site) -> None:
    plan = site.write_plan(steps=SERVICE.format(life="1.2", stays="0s"), more=ALIVE)
    plan.write_text(plan.read_text().replace("soak: 0.2s", "soak: 3s"))
    out = site.run("run", "plan.yaml", expect=3).output
    assert "process = 1 (fails)" in out
    assert site.versions() == ["1.0"] * 4


# --- a load balancer that is gone ---------------------------------------------------------------------------------


@pytest.fixture
def balanced(site: Site) -> Iterator[tuple[Site, Haproxy]]:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    folder = site.folder / "ha"
    folder.mkdir()
    haproxy = Haproxy(folder)
    inventory = site.folder / "hosts.yaml"
    entry = f"  lb-1: {{root: {folder}, variables: {{haproxy: {haproxy.unix}}}}}\ngroups:"
    inventory.write_text(inventory.read_text().replace("groups:", entry))
    drain = "      - drain: {haproxy: lb-1, backend: orders, server: s1}\n        timeout: 1.5s\n"
    plan = site.write_plan(first=drain + GATED)
    plan.write_text(plan.read_text().replace("rollout:", drain.replace("drain", "readmit") + "rollout:"))
    yield site, haproxy
    haproxy.close()


def test_the_balancers_socket_is_gone_in_the_middle_of_a_run(balanced: tuple[Site, Haproxy]) -> None:
    site, haproxy = balanced
    process = begin(site)
    socket = Path(haproxy.unix)
    socket.rename(f"{socket}.away")
    open_gates(site)
    status, out = end(process)
    assert status == 4, out
    assert str(socket) in out
    held = site.data("status", expect=4)["holds"]
    assert [hold["subject"].rpartition("/")[2] for hold in held] == ["b04-drain"]
    assert str(socket) in held[0]["cause"]
    assert "无法连接" in cause(site, "--lang", "zh")
    assert sorted(site.versions()) == ["1.0"] * 3 + ["1.1"], "it is out of service, and stays so until it can be let in"
    Path(f"{socket}.away").rename(socket)
    site.run("settle", held[0]["subject"], "retry", "-m", "the socket is back")
    site.run("run", "plan.yaml", expect=3)
    assert site.versions() == ["1.0"] * 4
    site.run("journal", "verify")
