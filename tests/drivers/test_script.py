"""script: the person's own file, hashed, in any interpreter, as another user, gone afterwards. Under both shells."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.command import Secret
from liftlock.drivers.script import DRIVERS, OwnScript
from liftlock.model.actions import Action, Evidence, Failure, FailureKind, Irreversible, Kind, Script
from liftlock.model.ports import Artifact, Setting
from liftlock.model.secret import SecretRef

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]
FILE = "scripts/do.sh"
Make = Callable[..., Action]


@pytest.fixture
def make(machine: Machine) -> Make:
    """The action of a script with this text, which was brought to the host."""

    def made(text: str | bytes, **item: Any) -> Action:
        data = text.encode() if isinstance(text, str) else text
        sha256 = hashlib.sha256(data).hexdigest()
        blobs = machine.state / "blobs"
        blobs.mkdir(exist_ok=True)
        (blobs / sha256).write_bytes(data)
        setting = Setting("orders", "1.0", "1.1", False, {}, {FILE: Artifact(f"/x/{FILE}", sha256, len(data))}, {})
        return DRIVER.expand(OwnScript(file=FILE, **item), setting)[-1].action

    return made


def left() -> set[str]:
    return {name for name in os.listdir("/var/tmp") if name.startswith("liftlock-script-")}


def test_arguments_and_names_reach_it_as_they_are(machine: Machine, make: Make) -> None:
    before = left()
    text = '#!/bin/sh\nprintf "%s\\n" "$#" "$@" "$host" "$color" "$PLAIN" "${0##*/}"\necho @rows=12\n'
    action = make(text, args=(HOSTILE, "", "-n *", "a\nb"), env={"PLAIN": HOSTILE})
    result = machine.operate(DRIVER, action, machine.context(variables={"color": HOSTILE}))
    assert isinstance(result, Evidence), result
    assert result.output.strip().splitlines() == ["4", HOSTILE, "", "-n *", "a", "b", "h1", HOSTILE, HOSTILE, "script"]
    assert result.facts["rows"] == "12"
    assert result.facts["script"] == action.args["sha256"]
    assert left() <= before


@pytest.mark.parametrize(
    ("interpreter", "text"),
    [
        (sys.executable, "import os, sys; print(os.environ['host'], sys.argv[1])"),
        (f"{sys.executable} -I", "import os, sys; print(os.environ['host'], sys.argv[1])"),
        ("sh -e", 'echo "$host $1"; false; echo on'),
    ],
)
def test_any_interpreter(machine: Machine, make: Make, interpreter: str, text: str) -> None:
    result = machine.operate(DRIVER, make(text, interpreter=interpreter, args=("x y",)), machine.context())
    assert result.output.strip() == "h1 x y"
    assert isinstance(result, Failure) is ("false" in text)


def test_a_program(machine: Machine, make: Make) -> None:
    echo = Path(shutil.which("echo") or "/bin/echo").resolve().read_bytes()
    result = machine.operate(DRIVER, make(echo, args=("a  b",)), machine.context())
    assert isinstance(result, Evidence)
    assert result.output.strip() == "a  b"


def test_secrets_are_in_its_environment_and_nowhere_else(machine: Machine, make: Make) -> None:
    text = '#!/bin/sh\ntest "$TOKEN" = "s3\'cret x"\ncat /proc/self/cmdline /proc/$$/cmdline /proc/$PPID/cmdline\n'
    action = make(text, env={"TOKEN": Secret("env:X")})
    script = DRIVER.operate(action, machine.context())
    assert isinstance(script, Script)
    assert script.secrets == {"TOKEN": SecretRef("env:X")}
    result = machine.operate(DRIVER, action, machine.context(), {"TOKEN": "s3'cret x"})
    assert isinstance(result, Evidence), result
    assert "cret" not in result.output


def test_as_another_user(machine: Machine, make: Make) -> None:
    if os.getuid() != 0 or "applets" in machine.path:
        pytest.skip("only root may be anybody, with runuser")
    before = left()
    text = '#!/bin/sh\nid -un; ls -ld "${0%/*}" | cut -c1-10; test "$TOKEN" = s3cret\n'
    action = make(text, user="nobody", env={"TOKEN": Secret("env:X")})
    result = machine.operate(DRIVER, action, machine.context(), {"TOKEN": "s3cret"})
    assert isinstance(result, Evidence), result
    assert result.output.split() == ["nobody", "drwx------"]
    assert left() <= before
    failure = machine.bad(DRIVER, make(text, user="no-such-user"), machine.context())
    assert failure.code == "script.user"


def test_what_a_killed_attempt_left_goes(machine: Machine, make: Make) -> None:
    action, context = make("#!/bin/sh\ntrue\n"), machine.context()
    script = DRIVER.operate(action, context)
    assert isinstance(script, Script)
    old = Path("/var/tmp") / f"liftlock-script-{os.getpid()}"
    old.mkdir(exist_ok=True)
    kept = machine.state / "saved" / script.variables["run"] / f"{script.variables['key']}.place"
    kept.parent.mkdir(parents=True)
    kept.write_text(f"{old}\n")
    assert isinstance(machine.operate(DRIVER, action, context), Evidence)
    assert not old.exists()
    kept.write_text(f"{machine.root}\n")
    assert isinstance(machine.operate(DRIVER, action, context), Evidence)
    assert machine.root.exists()


def test_it_is_the_one_that_was_approved(machine: Machine, make: Make) -> None:
    action = make("#!/bin/sh\ntouch ran\n")
    (machine.state / "blobs" / action.args["sha256"]).write_text("#!/bin/sh\ntouch pwned\n")
    assert machine.bad(DRIVER, action, machine.context()).code == "script.checksum"


def test_a_look_says_whether_it_is_done(machine: Machine, make: Make) -> None:
    action = make(f"#!/bin/sh\necho x >>{machine.root}/did\n", done_when="test -s did")
    context = machine.context()
    look = DRIVER.probe(action, context)
    assert isinstance(look, Script)
    settled = DRIVER.settle(action, context, machine.run(look))
    assert isinstance(settled, Failure)
    assert settled.kind is FailureKind.INTERRUPTED
    assert DRIVER.show(action, context, machine.run(look)).changes
    assert [machine.good(DRIVER, action, context)["already"] for _ in range(2)] == ["no", "yes"]
    assert (machine.root / "did").read_text() == "x\n"
    assert isinstance(DRIVER.settle(action, context, machine.run(look)), Evidence)
    assert machine.bad(DRIVER, make("#!/bin/sh\n", done_when="false"), context).code == "script.undone"
    assert DRIVER.probe(make("#!/bin/sh\n"), context) is None


def test_its_status_is_a_failure(machine: Machine, make: Make) -> None:
    failure = machine.bad(DRIVER, make("#!/bin/sh\necho @failed=user; exit 65\n"), machine.context())
    assert (failure.code, failure.fields["status"]) == ("script.status", "65")


def test_steps() -> None:
    there = {FILE: Artifact("/x/do.sh", "1" * 64, 1), "back.sh": Artifact("/x/back.sh", "2" * 64, 1)}
    setting = Setting("orders", "1.0", "1.1", False, {}, there, {})
    item = OwnScript(file=FILE, undo="back.sh", undo_args=("{version}",), kind="migrate")
    steps = DRIVER.expand(item, setting)
    assert [step.verb for step in steps] == ["fetch", "fetch-undo", "script"]
    assert steps[1].action.args == {"source": "/x/back.sh", "sha256": "2" * 64}
    assert (steps[2].action.kind, steps[2].action.traits.stateful) == (Kind.MIGRATE, True)
    assert steps[2].undo is not None
    assert (steps[2].undo.args["sha256"], steps[2].undo.args["args"]) == ("2" * 64, ["{version}"])
    once = DRIVER.expand(OwnScript(file=FILE, irreversible="mail"), setting)[-1].action.traits.reversal
    assert once == Irreversible("mail")


def test_complains(setting: Setting) -> None:
    def codes(**item: Any) -> list[str]:
        return [code for code, _ in DRIVER.complain(OwnScript(file=FILE, **item), setting)]

    assert codes(undo="x", restorable=True) == ["script.both"]
    assert codes(undo_args=("x",)) == ["script.undo"]
    assert codes(env={"A-B": "y"}) == ["script.env"]
    assert codes(signature="s") == ["fetch.verifier"]
