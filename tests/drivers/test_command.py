"""command: the person's own words, once, with a look, an undo, variables and secrets. Under both shells."""

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from liftlock.drivers.command import DRIVERS, Command, Secret
from liftlock.model.actions import (
    Action,
    Evidence,
    Failure,
    FailureKind,
    Irreversible,
    Kind,
    Preview,
    Restorable,
    Reversible,
    Script,
)
from liftlock.model.ports import Setting
from liftlock.model.schedule import Template
from liftlock.model.secret import SecretRef

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]


@pytest.fixture
def make(setting: Setting) -> Callable[..., Action]:
    return lambda **item: DRIVER.expand(Command(**item), setting)[0].action


Make = Callable[..., Action]


def test_the_words_see_the_host_and_nothing_is_filled(machine: Machine, make: Make) -> None:
    run = "echo $host/$version/$from_version/$component/$color/${color}x{host}; sh -c 'echo child $color'"
    variables = {"color": HOSTILE, "not-a-name": "x", "PATH": "/nowhere", "IFS": "o", "text": "mine", "names": "n"}
    result = machine.operate(DRIVER, make(run=run), machine.context(variables=variables))
    assert isinstance(result, Evidence), result
    assert result.output.splitlines() == [f"h1/1.1/1.0/orders/{HOSTILE}/{HOSTILE}x{{host}}", f"child {HOSTILE}"]


def test_facts_are_evidence_but_never_a_boot_id(machine: Machine, make: Make) -> None:
    result = machine.operate(DRIVER, make(run="echo @rows=12; echo @boot=x; echo plain"), machine.context())
    assert result == Evidence({"rows": "12"}, "plain")


def test_the_words_may_ask_for_anothers_rights(machine: Machine, make: Make) -> None:
    """`as_user` of whoever we are needs nobody's leave, whatever the shell."""
    me = machine.good(DRIVER, make(run='say me "$(as_user "$(id -un)" id -u)"'), machine.context())
    assert me == {"me": str(os.getuid())}


def test_what_is_done_is_not_done_again(machine: Machine, make: Make) -> None:
    action = make(run="echo x >>done; echo did", done_when="test -s done")
    assert machine.good(DRIVER, action, machine.context())["already"] == "no"
    assert machine.good(DRIVER, action, machine.context())["already"] == "yes"
    assert (machine.root / "done").read_text() == "x\n"


def test_success_is_what_the_look_says(machine: Machine, make: Make) -> None:
    failure = machine.bad(DRIVER, make(run="exit 0", done_when="false"), machine.context())
    assert (failure.code, failure.kind) == ("command.undone", FailureKind.UNHEALTHY)


@pytest.mark.parametrize(
    "run",
    [
        "echo '@failed=undone'; exit 65",
        "false\necho on",
        "(exit 3); echo on",
        "exit 3",
        "nosuchcommand; echo on",
        'echo "unbalanced',
    ],
)
def test_the_first_failing_line_ends_it(machine: Machine, make: Make, run: str) -> None:
    failure = machine.bad(DRIVER, make(run=run), machine.context())
    assert failure.kind is FailureKind.REFUSED
    assert failure.code == "command.status"
    assert int(failure.fields["status"]) > 0
    assert "on\n" not in failure.output


def test_unset_variables_are_the_persons_own_business(machine: Machine, make: Make) -> None:
    assert machine.operate(DRIVER, make(run="echo [$nosuch]"), machine.context()) == Evidence({}, "[]")


def test_undo(machine: Machine, setting: Setting) -> None:
    item = Command(run="echo $version >it", undo="rm it", undo_done_when="test ! -e it")
    template = DRIVER.expand(item, setting)[0]
    assert template.undo is not None
    machine.good(DRIVER, template.action, machine.context())
    assert machine.good(DRIVER, template.undo, machine.context())["already"] == "no"
    assert machine.good(DRIVER, template.undo, machine.context())["already"] == "yes"


def test_secrets_are_named_and_never_carried(machine: Machine, make: Make) -> None:
    env = {"TOKEN": Secret("env:X"), "PLAIN": HOSTILE, "host": "mine"}
    action = make(run='test "${#TOKEN}" = 6 && echo "$PLAIN $host"', env=env)
    script = DRIVER.operate(action, machine.context())
    assert isinstance(script, Script)
    assert script.secrets == {"TOKEN": SecretRef("env:X")}
    assert "s3cret" not in repr(script)
    result = machine.operate(DRIVER, action, machine.context(), {"TOKEN": "s3cret"})
    assert isinstance(result, Evidence)
    assert result.output == f"{HOSTILE} mine"


@pytest.mark.parametrize(
    ("interpreter", "run"), [(sys.executable, "import os; print(os.environ['host'])"), ("sh -u", 'echo "$host"')]
)
def test_another_interpreter(machine: Machine, make: Make, interpreter: str, run: str) -> None:
    result = machine.operate(DRIVER, make(run=run, interpreter=interpreter), machine.context())
    assert result == Evidence({}, "h1")


def test_probe_and_preview(machine: Machine, make: Make) -> None:
    assert DRIVER.probe(make(run="x"), machine.context()) is None
    action, context = make(run="touch it", done_when="test -e it"), machine.context()
    for done in (False, True):
        look = DRIVER.probe(action, context)
        assert isinstance(look, Script)
        outcome = machine.run(look)
        settled = DRIVER.settle(action, context, outcome)
        assert isinstance(settled, Evidence) is done
        assert done or (isinstance(settled, Failure) and settled.kind is FailureKind.INTERRUPTED)
        assert DRIVER.show(action, context, outcome) == Preview(not done, "touch it")
        machine.good(DRIVER, action, context)


def test_traits(setting: Setting, fill: Callable[..., Template], machine: Machine) -> None:
    def traits(**item: Any) -> Any:
        return DRIVER.expand(Command(run="x", **item), setting)[0].action.traits

    assert traits().reversal == Reversible()
    assert traits(irreversible="sent mail").reversal == Irreversible("sent mail")
    assert traits(restorable=True).reversal == Restorable()
    assert not traits(writes=False).writes
    migration = DRIVER.expand(Command(run="run {host}", undo="u {host}", kind="migrate", env={"A": "{host}"}), setting)[
        0
    ]
    assert (migration.verb, migration.action.kind) == ("migrate", Kind.MIGRATE)
    assert migration.action.traits.stateful
    filled = fill(migration, machine.context())
    assert filled.action.args["text"] == "run {host}"
    assert filled.undo is not None
    assert filled.undo.args["text"] == "u {host}"


def test_complains(setting: Setting) -> None:
    def codes(**item: Any) -> list[str]:
        return [code for code, _ in DRIVER.complain(Command(**item), setting)]

    assert codes(run="a ${host} $host {{host}} {x}") == []
    assert codes(run="x", undo="y", irreversible="z") == ["command.both"]
    assert codes(run="x", undo_done_when="y") == ["command.undo"]
    assert codes(run="x", env={"A-B": "y"}) == ["command.env"]
