"""manual, wait, precheck, reboot and the draining commands."""

from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.draining import DRIVERS as DRAINING
from liftlock.drivers.draining import DrainCommand
from liftlock.drivers.manual import DRIVERS as MANUAL
from liftlock.drivers.manual import Manual, Pause
from liftlock.drivers.precheck import DRIVERS as PRECHECK
from liftlock.drivers.precheck import Precheck
from liftlock.drivers.reboot import DRIVERS as REBOOT
from liftlock.drivers.reboot import Reboot
from liftlock.model.actions import (
    Again,
    Ask,
    Confirmed,
    Delay,
    Elapsed,
    Evidence,
    Failure,
    FailureKind,
    Greet,
    Greeting,
    Irreversible,
    Kind,
    Script,
    TimedOut,
)
from liftlock.model.ports import Setting

from .conftest import Machine

SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})


def test_precheck_compares_what_is_assumed() -> None:
    driver = PRECHECK[0]
    action = driver.expand(Precheck(), SETTING)[0].action
    context = Machine.context.__get__(type("M", (), {"state": "/s"})())(assumes={"os": "debian", "gone": "x"})
    assert driver.operate(action, context) == Greet()
    good = driver.read(action, context, Greeting("b1", {"os": "debian", "arch": "x86_64"}, 0.5))
    assert good == Evidence({"os": "debian", "arch": "x86_64", "boot": "b1", "clock_skew_s": 0.5})
    bad = driver.read(action, context, Greeting("b1", {"os": "rocky"}))
    fields: dict[str, Any] = {"fact": "os", "assumed": "debian", "found": "rocky"}
    assert bad == Failure(FailureKind.DEVIATED, "precheck.deviated", fields)


def test_manual_asks_and_its_undo_asks_too() -> None:
    driver = MANUAL[0]
    context = Machine.context.__get__(type("M", (), {"state": "/s"})())()
    template = driver.expand(Manual(text="swap disk", people=2, undo="swap it back"), SETTING)[0]
    assert template.action.kind is Kind.MANUAL
    assert template.action.traits.writes
    assert driver.operate(template.action, context) == Ask("swap disk", 2)
    assert template.undo is not None
    assert driver.operate(template.undo, context) == Ask("swap it back", 2)
    read = driver.read(template.action, context, Confirmed(("li", "wang"), "done"))
    assert read == Evidence({"by": ["li", "wang"], "note": "done"})
    assert driver.read(template.action, context, TimedOut()) == Failure(FailureKind.TIMEOUT, "manual.late")
    told = driver.expand(Manual(text="x", irreversible="mail is sent", writes=False), SETTING)[0].action.traits
    assert told.reversal == Irreversible("mail is sent")
    assert not told.writes
    assert not driver.expand(Manual(text="look at it"), SETTING)[0].action.traits.writes
    assert driver.complain(Manual(text="x", undo="y", restorable=True), SETTING)


def test_what_a_person_did_can_be_looked_at(machine: Machine) -> None:
    driver = MANUAL[0]
    action = driver.expand(Manual(text="x", done_when="test -e $host"), SETTING)[0].action
    for there in (False, True):
        look = driver.probe(action, machine.context())
        assert isinstance(look, Script)
        settled = driver.settle(action, machine.context(), machine.run(look))
        assert isinstance(settled, Evidence) is there
        (machine.root / "h1").touch()
    assert driver.probe(driver.expand(Manual(text="x"), SETTING)[0].action, machine.context()) is None


def test_wait() -> None:
    driver = MANUAL[1]
    template = driver.expand(Pause(for_s=30), SETTING)[0]
    context = Machine.context.__get__(type("M", (), {"state": "/s"})())()
    assert driver.operate(template.action, context) == Delay(30)
    assert driver.read(template.action, context, Elapsed()) == Evidence({"waited_s": 30})
    assert template.timeout_s > 30


def test_draining_by_command_waits_until_it_is_so(machine: Machine) -> None:
    drain, readmit = DRAINING
    command = "(sleep 0.3; touch out) >/dev/null 2>&1 & echo $host leaves"
    item = DrainCommand(command=command, done_when="test -e out", undo="rm -f out", deadline_s=5)
    template = drain.expand(item, SETTING)[0]
    result = machine.operate(drain, template.action, machine.context())
    assert isinstance(result, Evidence)
    assert result.output == "h1 leaves"
    assert (machine.root / "out").exists()
    assert template.undo is not None
    assert (template.action.kind, template.undo.kind) == (Kind.DRAIN, Kind.READMIT)
    assert template.action.traits.lowers_capacity
    machine.good(drain, template.undo, machine.context())
    assert not (machine.root / "out").exists()
    back = readmit.expand(DrainCommand(command="exit 3"), SETTING)[0]
    assert back.action.kind is Kind.READMIT
    assert machine.bad(readmit, back.action, machine.context()).code == "readmit.command.status"


def test_a_drain_that_never_ends_is_late(machine: Machine) -> None:
    drain = DRAINING[0]
    action = drain.expand(DrainCommand(command=":", done_when="false", deadline_s=0), SETTING)[0].action
    failure = machine.bad(drain, action, machine.context())
    assert (failure.kind, failure.code) == (FailureKind.TIMEOUT, "drain.command.late")
    look = drain.probe(action, machine.context())
    assert isinstance(look, Script)
    settled = drain.settle(action, machine.context(), machine.run(look))
    assert isinstance(settled, Failure)
    assert settled.code == "drain.command.not_done"


BOOT = Path("/proc/sys/kernel/random/boot_id")


def test_a_reboot_is_asked_for_once_and_noted_before(machine: Machine) -> None:
    driver = REBOOT[0]
    ask, back, _ = driver.expand(Reboot(command="true"), SETTING)
    assert (ask.action.kind, back.action.kind) == (Kind.REBOOT, Kind.VERIFY)
    assert ask.action.traits.lowers_capacity
    context = machine.context("orders/1/w1/h1/05-reboot")
    look = driver.probe(ask.action, context)
    assert isinstance(look, Script)
    assert driver.settle(ask.action, context, machine.run(look)) == Failure(FailureKind.INTERRUPTED, "reboot.not_yet")
    boot = BOOT.read_text().strip()
    assert machine.good(driver, ask.action, context)["boot_before"] == boot
    assert driver.settle(ask.action, context, machine.run(look)) is None  # asked for, not there yet: unknown
    noted = next((machine.state / "saved").glob("*/*/boot"))
    noted.write_text("another\n")
    settled = driver.settle(ask.action, context, machine.run(look))
    assert isinstance(settled, Evidence)
    assert (settled.facts["boot_before"], settled.facts["boot_now"]) == ("another", boot)
    again = machine.good(driver, ask.action, context)
    assert (again["boot_before"], again["already"]) == ("another", "yes")


def test_which_units_failed_before_is_known_when_the_answer_was_lost(machine: Machine, tmp_path: Path) -> None:
    """Units that had failed before are not the reboot's doing, whether its answer came or a look found it done."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text("#!/bin/sh\nprintf 'old.service loaded failed failed Old\\n'\n")
    (tools / "systemctl").chmod(0o755)
    machine.path = f"{tools}:{machine.path}"
    driver = REBOOT[0]
    ask = driver.expand(Reboot(command="true"), SETTING)[0].action
    context = machine.context("orders/1/w1/h1/05-reboot")
    assert machine.good(driver, ask, context)["failed_before"].split() == ["old.service"]
    next(machine.state.rglob("boot")).write_text("another-boot\n")
    look = driver.probe(ask, context)
    assert isinstance(look, Script)
    found = driver.settle(ask, context, machine.run(look))
    assert isinstance(found, Evidence)
    assert found.facts["failed_before"].split() == ["old.service"]
    again = machine.good(driver, ask, context)
    assert (again["already"], again["failed_before"].split()) == ("yes", ["old.service"])


def test_a_reboot_is_over_when_the_boot_id_is_another(machine: Machine) -> None:
    driver = REBOOT[0]
    back = driver.expand(Reboot(), SETTING)[1].action
    context = machine.context(forward={"boot_before": "b1"})
    assert driver.operate(back, context) == Greet()
    same = driver.read(back, context, Greeting("b1"))
    assert isinstance(same, Again)
    assert same.so_far == Failure(FailureKind.TIMEOUT, "reboot.same", {"boot": "b1"})
    assert driver.read(back, context, Greeting("b2", {"kernel": "6.2"})) == Evidence({"kernel": "6.2", "boot": "b2"})
    assert driver.probe(back, context) is None


@pytest.mark.parametrize("driver", [*DRAINING, *MANUAL, *REBOOT])
def test_what_is_not_known_is_not_guessed(driver: Any) -> None:
    template = driver.expand(
        {"Manual": Manual(text="x", done_when="x"), "Pause": Pause(for_s=1), "Reboot": Reboot()}.get(
            driver.manifest.item.__name__, DrainCommand(command="x", done_when="x")
        ),
        SETTING,
    )[0]
    context = Machine.context.__get__(type("M", (), {"state": "/s"})())()
    assert driver.settle(template.action, context, TimedOut()) is None
