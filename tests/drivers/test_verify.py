"""Looks at a host: scripts run under both shells; what they find is compared as data."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.verify import (
    DRIVERS,
    VerifyCommand,
    VerifyFile,
    VerifyProcess,
    VerifyTcp,
    VerifyVersion,
)
from liftlock.model.actions import Action, Again, Evidence, Exited, Failure, HttpCall, Replied, Said, Script, SocketCall
from liftlock.model.plan import Check
from liftlock.model.ports import Setting

from .conftest import HOSTILE, Machine

TCP, PROCESS, COMMAND, FILE, VERSION = DRIVERS
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})


def find(machine: Machine, driver: Any, item: Any) -> dict[str, Any] | str:
    """The facts that a look finds, or the code of what is wrong so far."""
    action = driver.expand(item, SETTING)[0].action
    script = driver.operate(action, machine.context())
    assert isinstance(script, Script)
    result = driver.read(action, machine.context(), machine.run(script))
    return told(driver, result)


def told(driver: Any, result: Evidence | Failure | Again) -> dict[str, Any] | str:
    if isinstance(result, Evidence):
        return result.facts
    failure = result.so_far if isinstance(result, Again) else result
    assert failure is not None
    for language in ("en", "zh"):
        driver.manifest.words[language][failure.code].format(**failure.fields)
    return failure.code.rpartition(".")[2]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process with a name of its own, longer than the kernel keeps."""
    code = "import time\nopen('/proc/self/comm', 'w').write('liftlock-drivers-test')\nprint(flush=True)\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_process(machine: Machine, sleeper: subprocess.Popen[bytes]) -> None:
    name, pid_file = "liftlock-drivers-test", machine.root / HOSTILE
    found = find(machine, PROCESS, VerifyProcess(process=name))
    assert isinstance(found, dict)
    assert str(sleeper.pid) in found["pids"].split()
    assert find(machine, PROCESS, VerifyProcess(process=name, count=99)) == "count"
    assert find(machine, PROCESS, VerifyProcess(process="no such process")) == "count"
    asked = VerifyProcess(process=name, pid_file=str(pid_file))
    assert find(machine, PROCESS, asked) == "pid_file"
    pid_file.write_text(f"{sleeper.pid}\n")
    assert find(machine, PROCESS, asked) == {"pids": str(sleeper.pid), "count": 1}
    pid_file.write_text(f"{os.getpid()}\n")
    assert find(machine, PROCESS, asked) == "pid_file"  # another process under that number
    pid_file.write_text("1; touch pwned\n")
    assert find(machine, PROCESS, asked) == "pid_file"
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, not yet buried
    pid_file.write_text(f"{sleeper.pid}\n")
    assert find(machine, PROCESS, asked) == "pid_file"


def test_file(machine: Machine) -> None:
    path = machine.root / HOSTILE
    name = str(path)
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert find(machine, FILE, VerifyFile(file=name)) == "other"
    assert find(machine, FILE, VerifyFile(file=name, absent=True)) == {"kind": "absent"}
    path.write_text("x")
    path.chmod(0o640)
    assert find(machine, FILE, VerifyFile(file=name)) == {"kind": "file", "mode": "640"}
    assert find(machine, FILE, VerifyFile(file=name, absent=True)) == "other"
    assert find(machine, FILE, VerifyFile(file=name, mode="0640", sha256=sha256)) == {
        "kind": "file",
        "mode": "640",
        "sha256": sha256,
    }
    assert find(machine, FILE, VerifyFile(file=name, mode="0600")) == "other"
    assert find(machine, FILE, VerifyFile(file=name, sha256="0" * 64)) == "other"
    path.write_text("-e a.b\n")
    assert find(machine, FILE, VerifyFile(file=name, contains="-e a.b\n")) != "contains"
    assert find(machine, FILE, VerifyFile(file=name, contains="-e a.c")) == "contains"
    assert find(machine, FILE, VerifyFile(file=name, contains="-e a?b")) == "contains"
    link = machine.root / "link"
    link.symlink_to("releases/1.1")
    assert find(machine, FILE, VerifyFile(file=str(link), link="releases/1.1")) == {
        "kind": "link",
        "link": "releases/1.1",
    }
    assert find(machine, FILE, VerifyFile(file=str(link), link="releases/1.0")) == "other"
    assert find(machine, FILE, VerifyFile(file=name, link="x")) == "other"
    assert find(machine, FILE, VerifyFile(file=str(machine.root))) == {"kind": "folder", "mode": "700"}


def test_what_may_not_be_looked_into_is_not_absent(tmp_path: Path) -> None:
    """A login that lacks the right to search a folder has not seen that a file is gone."""
    drop = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    if drop and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    login = Machine(tmp_path, [*drop, "sh", "-s"], os.environ["PATH"])
    with tempfile.TemporaryDirectory(dir="/var/tmp") as open_folder:
        os.chmod(open_folder, 0o755)
        closed = Path(open_folder) / "closed"
        closed.mkdir(mode=0o000)
        for file in (closed / "x", closed / "deeper/x"):
            assert find(login, FILE, VerifyFile(file=str(file), absent=True)) == "unread"
            assert find(login, FILE, VerifyFile(file=str(file))) == "unread"
        for file in (Path(open_folder) / "x", Path(open_folder) / "deeper/x"):
            assert find(login, FILE, VerifyFile(file=str(file), absent=True)) == {"kind": "absent"}
        closed.chmod(0o700)


def test_command(machine: Machine) -> None:
    def run(**item: Any) -> dict[str, Any] | str:
        return find(machine, COMMAND, VerifyCommand(**item))

    assert run(command='echo "$host  $version"', equals="h1  1.1") == {"printed": "h1 1.1"}
    assert run(command="echo 1.10", equals="1.1") == "equals"
    assert run(command="echo 1.10", equals="") == "equals"
    assert run(command=":", equals="") == {"printed": ""}
    assert run(command="printf 'a\\nb 1.1 c'", contains="1.1") == {"printed": "a b 1.1 c"}
    assert run(command="echo 1.0", contains="1.1") == "contains"
    assert run(command="echo 1.1; exit 3", contains="1.1") == "status"
    assert run(command="echo 1.1; nosuchcommand", contains="1.1") == "status"


@pytest.mark.parametrize(
    ("printed", "value"),
    [("12", 12.0), ("p99 = 1.5e1\n", 15.0), ("", None), ("nan", None), ("inf", None), ("12 ms", None)],
)
def test_command_gauge(machine: Machine, printed: str, value: float | None) -> None:
    template = COMMAND.gauge(Check("c", command=f"echo '{printed}'"), SETTING)
    assert template is not None
    assert template.at == ""
    script = COMMAND.operate(template.action, machine.context())
    assert isinstance(script, Script)
    result = COMMAND.read(template.action, machine.context(), machine.run(script))
    assert result == Evidence({"value": value}) if value is not None else isinstance(result, Failure)
    failed = COMMAND.read(template.action, machine.context(), Exited(1, "12"))
    assert not isinstance(failed, Evidence)


def test_version_by_command(machine: Machine) -> None:
    assert find(machine, VERSION, VerifyVersion(version="1.1", command="echo 1.1")) == {"version": "1.1"}
    assert find(machine, VERSION, VerifyVersion(version="1.1", command="echo 1.10")) == "other"
    assert find(machine, VERSION, VerifyVersion(version="1.1", command="exit 1")) == "status"


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (Replied(200, '{"build": {"version": "1.1"}}'), {"version": "1.1"}),
        (Replied(200, '{"build": {"version": "1.0"}}'), "other"),
        (Replied(200, '{"build": {}}'), "other"),
        (Replied(200, "no json"), "other"),
        (Replied(503, '{"build": {"version": "1.1"}}'), "status"),
    ],
)
def test_version_over_http(machine: Machine, reply: Replied, found: Any) -> None:
    item = VerifyVersion(version="1.1", http="http://x/", json="build.version")
    template = VERSION.expand(item, SETTING)[0]
    assert template.at == "controller"
    assert VERSION.operate(template.action, machine.context()) == HttpCall("http://x/")
    assert told(VERSION, VERSION.read(template.action, machine.context(), reply)) == found


def test_tcp() -> None:
    template = TCP.expand(VerifyTcp(tcp="[::1]:80", within_s=3), SETTING)[0]
    context = Machine.context.__get__(type("M", (), {"state": "/s"})())()
    assert (template.at, template.timeout_s) == ("controller", 3)
    assert TCP.operate(template.action, context) == SocketCall("[::1]:80", "")
    assert TCP.read(template.action, context, Said("")) == Evidence({"tcp": "[::1]:80"})
    assert TCP.expand(VerifyTcp(tcp="x:80", from_="host"), SETTING)[0].at == ""


def test_every_look_is_confirmed_after_the_soak_and_changes_nothing() -> None:
    items = (
        VerifyTcp(tcp="x:1"),
        VerifyProcess(process="x"),
        VerifyCommand(command="x {host}"),
        VerifyFile(file="/x"),
        VerifyVersion(command="x {host}"),
    )
    for driver, item in zip(DRIVERS, items, strict=True):
        for template in driver.expand(item, SETTING):
            action: Action = template.action
            assert template.confirm
            assert template.undo is None
            assert not action.traits.writes
            assert ("command" in action.literal) is ("command" in action.args)


def test_complaints() -> None:
    assert not TCP.complain(VerifyTcp(tcp="{address}:{port}"), SETTING)
    assert TCP.complain(VerifyTcp(tcp="8080"), SETTING)
    assert VERSION.complain(VerifyVersion(), SETTING)
    assert VERSION.complain(VerifyVersion(command="x", http="y"), SETTING)
    assert FILE.complain(VerifyFile(file="x"), SETTING)
    assert FILE.complain(VerifyFile(file="/x", contains="a\nb"), SETTING)
