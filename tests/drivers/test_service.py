"""service: another process after a restart, up and staying up; none after a stop. Under both shells."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.service import DRIVERS, Service
from liftlock.model.actions import Action, Evidence, Failure, FailureKind, Kind
from liftlock.model.ports import Setting

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]
START = 'sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >"$root/pid"'
STOP = 'read -r pid <"$root/pid"; kill "$pid"'


class Daemon:
    """A service of our own: a sleeping process with a pid file, under a hostile path."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.root = machine.root / HOSTILE
        self.root.mkdir()
        self.pids: set[int] = set()

    def action(self, verb: str = "restart", **more: Any) -> Action:
        item = {"start_command": START, "stop_command": STOP, "pid_file": str(self.root / "pid"), "within_s": 2.0}
        template = DRIVER.expand(Service(**{verb: HOSTILE, **item, **more}), SETTING)[0]
        return template.action

    def act(self, verb: str = "restart", **more: Any) -> Evidence | Failure:
        # `pid` and `log` are also names that the script itself uses
        variables = {"root": str(self.root), "pid": "mine", "PATH": "/nowhere", "log": "mine"}
        context = self.machine.context(variables=variables)
        result = self.machine.operate(DRIVER, self.action(verb, **more), context)
        self.pid()
        return result

    def good(self, verb: str = "restart", **more: Any) -> dict[str, Any]:
        result = self.act(verb, **more)
        assert isinstance(result, Evidence), result
        return result.facts

    def bad(self, verb: str = "restart", **more: Any) -> Failure:
        result = self.act(verb, **more)
        assert isinstance(result, Failure), result
        return result

    def pid(self) -> int | None:
        path = self.root / "pid"
        if not path.exists() or not path.read_text().strip().isdigit():
            return None
        pid = int(path.read_text())
        self.pids.add(pid)
        return pid

    def alive(self) -> bool:
        try:
            return Path(f"/proc/{self.pid()}/stat").read_text().split(") ")[1][0] not in "ZX"
        except FileNotFoundError:
            return False

    def end(self) -> None:
        for pid in self.pids:
            try:
                if Path(f"/proc/{pid}/comm").read_text().strip() in ("sleep", "busybox"):
                    os.kill(pid, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue


SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})


@pytest.fixture
def daemon(machine: Machine) -> Iterator[Daemon]:
    made = Daemon(machine)
    yield made
    made.end()


def test_a_restart_is_another_process(daemon: Daemon) -> None:
    first = daemon.good()
    assert (first["before"], first["after"]) == ("stopped", "running")
    second = daemon.good()
    assert second["before_process"] == first["after_process"]
    assert second["after_process"] != first["after_process"]
    assert second["after_process"].startswith(f"{daemon.pid()}:")
    assert daemon.alive()


def test_start_and_stop_twice_change_nothing_more(daemon: Daemon) -> None:
    first = daemon.good("start")
    assert daemon.good("start")["after_process"] == first["after_process"]
    assert daemon.good("stop")["after"] == "stopped"
    assert not daemon.alive()


def test_a_restart_that_changes_nothing_is_a_failure(daemon: Daemon) -> None:
    daemon.good()
    failure = daemon.bad(stop_command=":", within_s=0.0)
    assert (failure.code, failure.kind) == ("service.still_up", FailureKind.UNHEALTHY)
    assert daemon.alive()


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("refused", {"start_command": "echo why it fails; exit 3"}),
        ("down", {"start_command": 'echo starting; echo 999999999 >"$root/pid"', "within_s": 0.0}),
        ("down", {"start_command": ":", "within_s": 0.0}),
        ("down", {"status_command": "exit 1", "within_s": 0.0}),
    ],
)
def test_what_does_not_come_up_says_why(daemon: Daemon, code: str, more: dict[str, Any]) -> None:
    failure = daemon.bad(**more)
    assert failure.code == f"service.{code}"
    for said in ("why it fails", "starting"):
        assert (said in failure.output) is (said in more.get("start_command", ""))


def test_one_that_dies_after_a_moment_is_found_with_stays(daemon: Daemon) -> None:
    short = START.replace("1000", "0.3")
    assert daemon.bad(start_command=short, stays_s=0.8).code == "service.died"
    assert daemon.good(start_command=START, stays_s=0.1)["after"] == "running"


def test_without_a_pid_file_the_status_command_says(daemon: Daemon) -> None:
    status = 'read -r pid <"$root/pid" && kill -0 "$pid"'
    facts = daemon.good(pid_file="", status_command=status, stop_command=f'{STOP}; rm "$root/pid"')
    assert (facts["before"], facts["after"], facts["after_process"]) == ("stopped", "running", "")
    facts = daemon.good(pid_file="", status_command=status, stop_command=f'{STOP}; rm "$root/pid"')
    assert (facts["before"], facts["after"]) == ("running", "running")


def test_probe_and_preview(daemon: Daemon) -> None:
    context = daemon.machine.context(variables={"root": str(daemon.root)})
    stop, start, restart = (daemon.action(verb) for verb in ("stop", "start", "restart"))
    daemon.good("start")
    assert DRIVER.probe(restart, context) is None
    look = DRIVER.preview(restart, context)
    assert look is not None
    outcome = daemon.machine.run(look)  # type: ignore[arg-type]
    assert isinstance(DRIVER.settle(start, context, outcome), Evidence)
    failure = DRIVER.settle(stop, context, outcome)
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.INTERRUPTED
    shown = DRIVER.show(restart, context, outcome)
    assert shown.changes
    assert shown.text.startswith(f"{HOSTILE}: running {daemon.pid()}:")
    assert not DRIVER.show(start, context, outcome).changes


# --- systemd, as far as it can be without a running one: what `systemctl` prints and does, in a few lines of sh -------

SYSTEMCTL = """#!/bin/sh
unit=; for unit; do :; done
folder=${0%/*}
printf '%s\\n' "$*" >>"$folder/calls"
[ "$unit" = orders ] || loaded=not-found
read -r pid active <"$folder/unit"
case $1 in
  show) printf '%s\\n' "MainPID=$pid" "LoadState=${loaded:-loaded}" "ActiveState=$active" \\
    "ExecMainStartTimestampMonotonic=$((pid * 7))" ;;
  restart | start) . "$folder/on_start" ;;
  stop) echo "0 inactive" >"$folder/unit" ;;
  status) echo "the journal's last lines" ;;
esac
"""


class Systemd:
    def __init__(self, machine: Machine) -> None:
        self.folder = machine.root / "bin"
        self.folder.mkdir()
        program = self.folder / "systemctl"
        program.write_text(SYSTEMCTL)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        machine.path = f"{self.folder}:{machine.path}"
        self.machine = machine
        self.unit("100 active")
        self.on_start('echo "$((pid + 1)) active" >"$folder/unit"')

    def unit(self, state: str) -> None:
        (self.folder / "unit").write_text(f"{state}\n")

    def on_start(self, text: str) -> None:
        (self.folder / "on_start").write_text(text)

    def act(self, verb: str, unit: str = "orders", **more: Any) -> Evidence | Failure:
        action = DRIVER.expand(Service(**{verb: unit, "within_s": 0.0, **more}), SETTING)[0].action
        return self.machine.operate(DRIVER, action, self.machine.context())


@pytest.fixture
def systemd(machine: Machine) -> Systemd:
    return Systemd(machine)


def test_systemd_restarts_starts_and_stops(systemd: Systemd) -> None:
    result = systemd.act("restart")
    assert result == Evidence(
        {"before": "running", "before_process": "100:700", "after": "running", "after_process": "101:707"}
    )
    assert isinstance(systemd.act("stop"), Evidence)
    assert isinstance(systemd.act("start"), Evidence)
    calls = (systemd.folder / "calls").read_text().splitlines()
    assert [call for call in calls if not call.startswith("show")] == [
        "restart -- orders",
        "stop -- orders",
        "start -- orders",
    ]


@pytest.mark.parametrize(
    ("code", "on_start"),
    [
        ("same", ":"),
        ("down", 'echo "0 failed" >"$folder/unit"'),
        ("down", 'echo "101 activating" >"$folder/unit"'),
        ("refused", "exit 1"),
    ],
)
def test_systemd_failures_are_told_apart(systemd: Systemd, code: str, on_start: str) -> None:
    systemd.on_start(on_start)
    failure = systemd.act("restart")
    assert isinstance(failure, Failure)
    assert failure.code == f"service.{code}"
    assert ("the journal's last lines" in failure.output) is (code == "down")


def test_systemd_knows_no_such_unit(systemd: Systemd) -> None:
    failure = systemd.act("restart", HOSTILE)
    assert isinstance(failure, Failure)
    assert failure.code == "service.unknown"
    assert failure.fields["unit"] == HOSTILE


def test_expands_with_the_opposite_as_undo() -> None:
    stop = DRIVER.expand(Service(stop="orders", within_s=5), SETTING)[0]
    assert stop.action.kind is Kind.STOP
    assert stop.action.traits.lowers_capacity
    assert stop.undo is not None
    assert stop.undo.kind is Kind.START
    assert stop.undo.args == stop.action.args | {"verb": "start"}
    restart = DRIVER.expand(Service(restart="orders"), SETTING)[0]
    assert restart.undo is None
    assert restart.action.traits.lowers_capacity
    assert not restart.action.traits.writes
    assert replace(restart.action, args={}).kind is Kind.RESTART


def test_complains() -> None:
    def codes(**item: Any) -> list[str]:
        return [code for code, _ in DRIVER.complain(Service(**item), SETTING)]

    assert codes(restart="orders") == []
    assert codes() == ["service.one_of"]
    assert codes(restart="a", stop="b") == ["service.one_of"]
    assert codes(restart="a", start_command="x") == ["service.commands", "service.commands"]
