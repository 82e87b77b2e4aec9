"""systemd and the choice of a kernel as data: what a plan may say, and what a look at the host means."""

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.kernel import DRIVERS as KERNELS
from liftlock.drivers.kernel import Kernel
from liftlock.drivers.reboot import DRIVERS as REBOOTS
from liftlock.drivers.reboot import Reboot
from liftlock.drivers.systemd import DRIVERS, DropIn, Systemd
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Script,
    TimedOut,
)
from liftlock.model.ports import Setting

from .conftest import Machine

UNIT, DROP_IN = DRIVERS
KERNEL, REBOOT = KERNELS[0], REBOOTS[0]
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})
LOOK = {
    "loaded": "loaded",
    "found": "active/running",
    "process": "12:345",
    "job": "",
    "result": "success",
    "type": "simple",
    "enabled": "enabled",
    "restarts": "0",
    "began": "yes",
    "another": "yes",
    "reloaded": "yes",
    "was": "active",
}


def context(**more: Any) -> Context:
    known: dict[str, Any] = {"run": "r1", "step": "orders/1/w1/h1/03-x", "host": "h1", "address": "", "component": "o"}
    return Context(**known, version="1.1", from_version="1.0", to_version="1.1", **more)


def told(facts: dict[str, str]) -> Exited:
    return Exited(0, "".join(f"@{name}={value}\n" for name, value in facts.items()))


@pytest.mark.parametrize(
    ("verb", "kind", "undo"),
    [
        ("start", Kind.START, Kind.STOP),
        ("stop", Kind.STOP, Kind.START),
        ("restart", Kind.RESTART, None),
        ("reload", Kind.RESTART, None),
        ("enable", Kind.CONFIGURE, Kind.CONFIGURE),
    ],
)
def test_each_verb_has_its_kind_and_its_way_back(verb: str, kind: Kind, undo: Kind | None) -> None:
    (template,) = UNIT.expand(Systemd(**{verb: "orders"}), SETTING)
    assert template.action.kind is kind
    assert (template.undo and template.undo.kind) is undo
    assert template.action.traits.lowers_capacity is (verb in ("stop", "restart"))
    script = UNIT.operate(template.action, context())
    assert isinstance(script, Script)
    assert script.variables["unit"] == "orders.service"


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("one_of", {}),
        ("one_of", {"start": "a", "stop": "b"}),
        ("unit", {"start": "a b"}),
        ("unit", {"restart": "$(reboot)"}),
    ],
)
def test_what_a_plan_may_not_say(code: str, item: dict[str, Any]) -> None:
    assert [each for each, _ in UNIT.complain(Systemd(**item), SETTING)] == [f"systemd.{code}"]


@pytest.mark.parametrize(
    ("verb", "facts", "means"),
    [
        ("restart", {}, Evidence),
        ("restart", {"another": "no"}, Failure),
        ("restart", {"began": "no"}, Failure),
        ("restart", {"found": "activating/start", "job": "7"}, None),
        ("restart", {"found": "failed/failed"}, Failure),
        ("restart", {"found": "inactive/dead", "type": "oneshot"}, Evidence),
        ("reload", {}, Evidence),
        ("reload", {"reloaded": "no"}, Failure),
        ("start", {"another": "no"}, Evidence),
        ("start", {"found": "inactive/dead"}, Failure),
        ("stop", {"found": "inactive/dead"}, Evidence),
        ("stop", {}, Failure),
        ("enable", {}, Evidence),
        ("enable", {"enabled": "disabled"}, Failure),
    ],
)
def test_what_a_look_at_a_unit_means(verb: str, facts: dict[str, str], means: Any) -> None:
    action = UNIT.expand(Systemd(**{verb: "orders"}), SETTING)[0].action
    found = UNIT.settle(action, context(), told(LOOK | facts))
    assert found is None if means is None else isinstance(found, means)
    assert not isinstance(found, Failure) or found.kind is FailureKind.INTERRUPTED
    assert UNIT.settle(action, context(), TimedOut()) is None


def test_a_drop_in_is_a_file_of_its_unit() -> None:
    (template,) = DROP_IN.expand(DropIn(dropin="orders.socket", content="[Socket]\nX={y}"), SETTING)
    script = DROP_IN.operate(template.action, context())
    assert isinstance(script, Script)
    assert script.variables["file"] == "/etc/systemd/system/orders.socket.d/50-liftlock.conf"
    assert script.variables["content"] == "[Socket]\nX={y}\n"
    assert template.action.literal == ("content",)
    good = {"same": "yes", "read": "yes", "began": "yes", "stale": "no"}
    assert isinstance(DROP_IN.settle(template.action, context(), told(good)), Evidence)
    for name in good:
        worse = {**good, name: "yes" if name == "stale" else "no"}
        assert isinstance(DROP_IN.settle(template.action, context(), told(worse)), Failure), name
    assert DROP_IN.complain(DropIn(dropin="../x", content="x"), SETTING) != ()


def test_a_drop_in_that_somebody_edited_since_is_kept_aside(tmp_path: Path) -> None:
    """The scripts as they are, on a file of the test's own, beside a systemctl that knows it."""
    machine = Machine(tmp_path, ["dash", "-s"], os.environ["PATH"])
    (template,) = DROP_IN.expand(DropIn(dropin="orders", content="[Service]\nNice=1\n"), SETTING)
    assert template.undo is not None
    file, tools = machine.root / "orders.service.d" / "50-liftlock.conf", machine.root / "tools"
    tools.mkdir()
    knows = f"printf 'LoadState=loaded\\nDropInPaths=%s\\n' '{file}'"
    for name, does in {"systemctl": knows, "systemd-analyze": "exit 0"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    machine.path = f"{tools}:{machine.path}"

    def run(action: Action, step: str) -> dict[str, Any]:
        script = DROP_IN.operate(action, machine.context(step))
        assert isinstance(script, Script)
        outcome = machine.run(replace(script, variables=script.variables | {"file": str(file)}))
        found = DROP_IN.read(action, machine.context(step), outcome)
        assert isinstance(found, Evidence), found
        return found.facts

    run(template.action, "orders/1/w1/h1/03-dropin")
    file.write_text("[Service]\nNice=2\n")
    back = run(template.undo, "orders/1/w1/h1/u03-dropin")
    assert back["undone"] == "removed"
    assert Path(back["kept"]).read_text() == "[Service]\nNice=2\n"
    assert not file.exists()
    run(template.action, "orders/1/w1/h1/03-dropin")
    assert "kept" not in run(template.undo, "orders/1/w1/h1/u03-dropin")


def test_the_kernel_to_go_back_to_is_the_one_that_ran() -> None:
    (template,) = KERNEL.expand(Kernel(boot="6.1.0-31-amd64", once=True), SETTING)
    assert template.undo is not None
    up = KERNEL.operate(template.action, context())
    back = KERNEL.operate(template.undo, context(forward={"before": "6.1.0-30-amd64"}))
    assert isinstance(up, Script)
    assert isinstance(back, Script)
    assert (up.variables["release"], up.variables["once"]) == ("6.1.0-31-amd64", "yes")
    assert (back.variables["release"], back.variables["once"]) == ("6.1.0-30-amd64", "no")


@pytest.mark.parametrize(("once", "done"), [(True, "next"), (False, "saved")])
def test_a_kernel_is_chosen_where_the_choice_counts(once: bool, done: str) -> None:
    action = KERNEL.expand(Kernel(boot="6.1", once=once), SETTING)[0].action
    facts = {"running": "6.0", "before": "6.0", "entry": "e", "saved": "", "next": ""}
    assert isinstance(KERNEL.settle(action, context(), told(facts | {done: "e"})), Evidence)
    assert isinstance(KERNEL.settle(action, context(), told(facts)), Failure)
    assert isinstance(KERNEL.settle(action, context(), told(facts | {"entry": ""})), Failure)


@pytest.mark.parametrize(("code", "waits"), [("starting", True), ("failed", True), ("unit", True), ("kernel", False)])
def test_what_time_may_heal_after_a_reboot_is_asked_for_again(code: str, waits: bool) -> None:
    ready = REBOOT.expand(Reboot(units=("orders",), kernel="6.1"), SETTING)[2].action
    found = REBOOT.read(ready, context(), Exited(65, f"@failed={code}\n@found=x\n"))
    assert isinstance(found, Again) is waits
    failure = found.so_far if isinstance(found, Again) else found
    assert isinstance(failure, Failure)
    assert failure.code == f"reboot.{code}"


def test_a_choice_and_a_unit_are_filled_for_the_way_that_is_gone() -> None:
    script = REBOOT.operate(REBOOT.expand(Reboot(units=("a", "b")), SETTING)[2].action, context())
    assert isinstance(script, Script)
    assert (script.variables["units"], script.variables["kernel"]) == ("a b", "")
