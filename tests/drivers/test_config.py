"""config: rendered strictly, replaced in one rename, undone to the saved original; run under both shells."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.config import DRIVERS, Config
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Preview, Script
from liftlock.model.ports import Setting
from liftlock.model.schedule import Template

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]
STEP = "orders/1/w1/h1/03-configure"
BACK = "orders/1/w1/h1/u03-configure"


@pytest.fixture
def actions(machine: Machine, setting: Setting) -> Callable[..., tuple[Action, Action]]:
    """The write and its undo for a file of a hostile name."""
    (machine.root / HOSTILE).mkdir()

    def make(**item: Any) -> tuple[Action, Action]:
        config = Config(**{"file": str(machine.root / HOSTILE / "o.conf"), **item})
        template = DRIVER.expand(config, setting)[0]
        assert template.undo is not None
        return template.action, template.undo

    return make


def path_of(action: Action) -> Path:
    return Path(action.args["file"])


@pytest.mark.parametrize(
    "text", ["a = {{ version }}\r\nb\r\n", "a = {{ version }}\nb", "a\r\n{{ version }}", "", "\r\n", "\n\n"]
)
def test_line_ends_are_the_plans(machine: Machine, actions: "Actions", text: str) -> None:
    """Windows' line ends, none at the end, an empty file: byte for byte, there and back."""
    write, undo = actions(content=text)
    path_of(write).write_bytes(b"old\r\nno end")
    machine.good(DRIVER, write, machine.context(STEP))
    assert path_of(write).read_bytes() == text.replace("{{ version }}", "1.1").encode()
    machine.good(DRIVER, undo, machine.context(BACK))
    assert path_of(write).read_bytes() == b"old\r\nno end"


@pytest.mark.parametrize("text", ["a\r\nb\n", "a\nb\r\n", "a\rb"])
def test_a_template_with_line_ends_of_both_kinds_is_refused(setting: Setting, text: str) -> None:
    assert [code for code, _ in DRIVER.complain(Config(file="/x", content=text), setting)] == ["config.line_ends"]
    known = Setting("orders", "1.0", "1.1", False, {}, {}, {"f": text})
    assert DRIVER.complain(Config(file="/x", source="f"), known) == ()


Actions = Callable[..., tuple[Action, Action]]


def test_writes_keeps_mode_and_shows_the_difference(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="version = {{ version }}\nhost = {{ host }}\n")
    path_of(write).write_text("version = 1.0\n")
    path_of(write).chmod(0o604)
    result = machine.operate(DRIVER, write, machine.context(STEP))
    assert isinstance(result, Evidence)
    assert result.facts["changed"] == "yes"
    assert "-version = 1.0" in result.output
    assert "+version = 1.1" in result.output
    assert path_of(write).read_text() == "version = 1.1\nhost = h1\n"
    assert path_of(write).stat().st_mode & 0o777 == 0o604
    assert machine.good(DRIVER, write, machine.context(STEP))["changed"] == "no"
    assert machine.good(DRIVER, undo, machine.context(BACK))["undone"] == "restored"
    assert path_of(write).read_text() == "version = 1.0\n"
    assert path_of(write).stat().st_mode & 0o777 == 0o604
    assert machine.good(DRIVER, undo, machine.context(BACK))["undone"] == "nothing"
    assert os.listdir(path_of(write).parent) == ["o.conf"]


def test_a_new_file_has_its_mode_and_goes_again(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content=HOSTILE + "\n'\\n'\n", mode="0640")
    result = machine.operate(DRIVER, write, machine.context(STEP))
    assert isinstance(result, Evidence)
    assert path_of(write).read_text() == HOSTILE + "\n'\\n'\n"
    assert path_of(write).stat().st_mode & 0o777 == 0o640
    assert "pwned" not in result.output  # not everybody may read it: not shown
    assert machine.good(DRIVER, undo, machine.context(BACK))["undone"] == "removed"
    assert not path_of(write).exists()


def test_what_is_asked_to_be_shown_is_shown(machine: Machine, actions: Actions) -> None:
    for show, mode, seen in ((True, "600", True), (False, "644", False), (None, "644", True), (None, "600", False)):
        write, undo = actions(content="x = 1\n", mode=mode, show=show)
        result = machine.operate(DRIVER, write, machine.context(STEP))
        assert isinstance(result, Evidence)
        assert ("+x = 1" in result.output) is seen
        machine.good(DRIVER, undo, machine.context(BACK))


def test_the_original_is_what_was_there_before_the_first_attempt(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n")
    path_of(write).write_text("old\n")
    machine.good(DRIVER, write, machine.context(STEP))
    other = actions(content="newer\n")[0]
    machine.good(DRIVER, other, machine.context(STEP))
    machine.good(DRIVER, undo, machine.context(BACK))
    assert path_of(write).read_text() == "old\n"


def test_two_steps_on_one_file_are_undone_one_after_the_other(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="one\n")
    path_of(write).write_text("old\n")
    machine.good(DRIVER, write, machine.context(STEP))
    machine.good(DRIVER, actions(content="two\n")[0], machine.context("orders/1/w1/h1/04-configure"))
    machine.good(DRIVER, undo, machine.context("orders/1/w1/h1/u04-configure"))
    assert path_of(write).read_text() == "one\n"
    machine.good(DRIVER, undo, machine.context(BACK))
    assert path_of(write).read_text() == "old\n"


def test_a_link_is_followed_not_replaced(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n")
    real = machine.root / "real.conf"
    real.write_text("old\n")
    path_of(write).symlink_to(real)
    machine.good(DRIVER, write, machine.context(STEP))
    assert path_of(write).is_symlink()
    assert real.read_text() == "new\n"
    machine.good(DRIVER, undo, machine.context(BACK))
    assert real.read_text() == "old\n"


def test_a_refused_file_is_never_in_place(machine: Machine, actions: Actions) -> None:
    write, _ = actions(content="bad\n", validate='grep -q good "$file"')
    path_of(write).write_text("old\n")
    failure = machine.bad(DRIVER, write, machine.context(STEP))
    assert failure.code == "config.validate"
    assert path_of(write).read_text() == "old\n"
    assert os.listdir(path_of(write).parent) == ["o.conf"]
    good, _ = actions(content="good\n", validate='grep -q good "$file"; [ "$file" != "/x" ]')
    machine.good(DRIVER, good, machine.context(STEP))


def test_half_done_states_converge(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n")
    path_of(write).write_text("old\n")
    machine.good(DRIVER, write, machine.context(STEP))
    saved = next((machine.state / "saved/r1-0123456789ab").iterdir())
    (saved / "original.new").write_text("half")
    (path_of(write).parent / f".liftlock-new-{saved.name}").write_text("half")
    path_of(write).write_text("old\n")  # killed before the rename
    machine.good(DRIVER, write, machine.context(STEP))
    assert path_of(write).read_text() == "new\n"
    machine.good(DRIVER, undo, machine.context(BACK))
    assert os.listdir(path_of(write).parent) == ["o.conf"]
    assert path_of(write).read_text() == "old\n"


def test_what_somebody_else_wrote_in_between_is_kept_aside(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n")
    path_of(write).write_text("old\n")
    machine.good(DRIVER, write, machine.context(STEP))
    path_of(write).write_text("new, and tuned at night\n")
    facts = machine.good(DRIVER, undo, machine.context(BACK))
    assert path_of(write).read_text() == "old\n"
    assert Path(facts["kept"]).read_text() == "new, and tuned at night\n"
    assert Path(facts["kept"]).parent == machine.state / "kept"


def test_an_untouched_file_leaves_nothing_aside(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n")
    path_of(write).write_text("old\n")
    machine.good(DRIVER, write, machine.context(STEP))
    path_of(write).write_text("old\n")  # somebody undid it already
    assert "kept" not in machine.good(DRIVER, undo, machine.context(BACK))
    assert not (machine.state / "kept").exists()


def test_undo_of_nothing_touches_nothing(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n")
    path_of(write).write_text("old\n")
    assert machine.good(DRIVER, undo, machine.context(BACK))["undone"] == "nothing"
    assert path_of(write).read_text() == "old\n"


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("folder", {"file": "/no/such/folder/x"}),
        ("kind", {"file": "/tmp"}),
        ("owner", {"owner": "nobody-of-that-name"}),
    ],
)
def test_what_cannot_be_written_says_so(machine: Machine, actions: Actions, code: str, item: dict[str, Any]) -> None:
    assert machine.bad(DRIVER, actions(content="x", **item)[0], machine.context(STEP)).code == f"config.{code}"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_leaves_the_old_file(machine: Machine, actions: Actions) -> None:
    write, _ = actions(content="x" * 60_000)
    folder = path_of(write).parent
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        path_of(write).write_text("old\n")
        failure = machine.bad(DRIVER, write, machine.context(STEP))
        assert (failure.code, failure.kind) == ("config.exit", FailureKind.TRANSIENT)
        assert path_of(write).read_text() == "old\n"
        assert os.listdir(folder) == ["o.conf"]
    finally:
        subprocess.run(["umount", folder], check=True)


def test_preview_and_probe(machine: Machine, actions: Actions) -> None:
    write, undo = actions(content="new\n", mode="0644")
    path_of(write).write_text("old\n")
    context = machine.context(STEP)

    def look() -> tuple[Any, Preview]:
        probe = DRIVER.probe(write, context)
        assert isinstance(probe, Script)
        outcome = machine.run(probe)
        return DRIVER.settle(write, context, outcome), DRIVER.show(write, context, outcome)

    settled, shown = look()
    assert isinstance(settled, Failure)
    assert settled.kind is FailureKind.INTERRUPTED
    assert shown.changes
    assert "-old\n+new" in shown.text
    machine.good(DRIVER, write, context)
    settled, shown = look()
    assert settled == Evidence(
        {"path": str(path_of(write)), "after": hashlib.sha256(b"new\n").hexdigest(), "mode": "644"}
    )
    assert shown == Preview(False, "")
    assert DRIVER.probe(undo, context) is None


@pytest.mark.parametrize(
    "text",
    ["{{ missing }}", "{{ 1 / 0 }}", "{{ ().__class__.__base__.__subclasses__() }}", "{% for x in 5 %}{% endfor %}"],
)
def test_a_template_that_does_not_render_is_a_failure(text: str, setting: Setting) -> None:
    write = DRIVER.expand(Config(file="/x", content=text), setting)[0].action
    context = Context("r", STEP, "h1", "", "orders", "1.1", "1.0", "1.1")
    failure = DRIVER.operate(write, context)
    assert isinstance(failure, Failure)
    assert failure.code == "config.render"


def test_variables_and_sources(setting: Setting, fill: Callable[[Template, Context], Template]) -> None:
    texts = {"o.j2": "{{ version }} {{ color }} {host}\n", "plain": "{{ not rendered }} {host}\n"}
    known = Setting("orders", "1.0", "1.1", False, {"h1": {"color": "red"}}, {}, texts)
    context = Context("r", STEP, "h1", "", "orders", "1.1", "1.0", "1.1", {"color": "red"})
    for item, text in (
        (Config(file="/x/{host}", template="o.j2"), "1.1 red {host}\n"),
        (Config(file="/x/{host}", source="plain"), "{{ not rendered }} {host}\n"),
    ):
        assert DRIVER.complain(item, known) == ()
        action = fill(DRIVER.expand(item, known)[0], context).action
        operation = DRIVER.operate(action, context)
        assert isinstance(operation, Script)
        assert operation.variables["content"] == text
        assert operation.variables["file"] == "/x/h1"


def test_complains_before_any_host_is_looked_at(setting: Setting) -> None:
    def codes(**item: Any) -> list[str]:
        return [code for code, _ in DRIVER.complain(Config(**item), setting)]

    assert codes(file="x", content="a") == ["config.file"]
    assert codes(file="/x") == ["config.one_of"]
    assert codes(file="/x", content="a", source="b") == ["config.one_of"]
    assert codes(file="/x", content="{% if %}") == ["config.syntax"]
    assert codes(file="/x", content="{{ host }} {{ nobody }}") == ["config.unknown"]
