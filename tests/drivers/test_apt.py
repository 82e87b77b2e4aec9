"""apt as data: what a plan may say, what each step asks for, what a look at the host means."""

from typing import Any

import pytest

from liftlock.drivers.apt import DRIVERS, Apt
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Script,
    TimedOut,
    Vanished,
)
from liftlock.model.ports import Setting

DRIVER = DRIVERS[0]
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})
LOOK = {
    "busy": "",
    "began": "yes",
    "interrupted": "no",
    "policy": "free",
    "is_new": "yes",
    "is_old": "no",
    "marked": "yes",
    "now": "orders 1.1 ii",
}


def context(step: str = "orders/1/w1/h1/03-install", **more: Any) -> Context:
    known: dict[str, Any] = {"run": "r1", "step": step, "host": "h1", "address": "", "component": "orders"}
    return Context(**known, version="1.1", from_version="1.0", to_version="1.1", **more)


def actions(**item: Any) -> tuple[Action, Action, Action]:
    fetch, install = DRIVER.expand(Apt(**{"packages": {"orders": "1.1"}, **item}), SETTING)
    assert fetch.undo is None
    assert install.undo is not None
    return fetch.action, install.action, install.undo


def test_what_is_written_has_a_way_back_and_what_is_fetched_needs_none() -> None:
    fetch, install, undo = actions()
    assert (fetch.kind, install.kind, undo.kind) == (Kind.FETCH, Kind.INSTALL, Kind.INSTALL)
    assert (fetch.traits.writes, install.traits.writes, undo.traits.writes) == (False, True, True)


def test_a_version_means_the_new_one_on_the_way_back_as_well() -> None:
    """The undo goes back to what was there, not to what the plan calls the old version."""
    for action in actions(packages={"orders": "{version}-1"}):
        assert action.args["packages"] == {"orders": "{to_version}-1"}


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("name", {"packages": {"orders-": "1.1"}}),
        ("name", {"packages": {"Orders": "1"}}),
        ("name", {"packages": {"-o=x": "1"}}),
        ("name", {"packages": {"orders common": "1"}}),
        ("name", {"also": ("$(reboot)",)}),
        ("name", {"removes": ("-y",)}),
        ("exact", {"packages": {"orders": "latest"}}),
        ("exact", {"packages": {"orders": "1.*"}}),
        ("exact", {"packages": {"orders": "1.1 --force-yes"}}),
    ],
)
def test_words_that_apt_would_take_for_something_else_are_refused(code: str, item: dict[str, Any]) -> None:
    found = {each for each, _ in DRIVER.complain(Apt(**{"packages": {"orders": "1.1"}, **item}), SETTING)}
    assert found == {f"apt.{code}"}
    told = DRIVER.operate(actions(**item)[1], context())
    assert isinstance(told, Failure)
    assert (told.kind, told.code) == (FailureKind.REFUSED, f"apt.{code}")


@pytest.mark.parametrize("version", ["1.1", "2:1.1+dfsg-3~deb12u1", "{version}", "{version}-1"])
def test_exact_versions_are_understood(version: str) -> None:
    assert DRIVER.complain(Apt(packages={"libstdc++6:i386": version}, also=("lib*",)), SETTING) == ()


def test_the_way_back_leaves_files_to_the_old_packages_and_holds_as_they_were() -> None:
    _, install, undo = actions(hold=True, conffiles="keep")
    up = DRIVER.operate(install, context(forward={"kept": "/state/x"}))
    back = DRIVER.operate(undo, context("orders/1/w1/h1/u03-install", forward={"kept": "/state/x"}))
    assert isinstance(up, Script)
    assert isinstance(back, Script)
    assert (up.variables["conffiles"], up.variables["hold"]) == ("keep", "held")
    assert (back.variables["conffiles"], back.variables["hold"]) == ("replace", "as_is")
    assert up.variables["key"] == back.variables["key"]
    assert up.variables["kept"] == back.variables["kept"] == "/state/x"


def look(**facts: str) -> Exited:
    return Exited(0, "".join(f"@{name}={value}\n" for name, value in {**LOOK, **facts}.items()))


@pytest.mark.parametrize(
    ("facts", "means"),
    [
        ({}, Evidence),
        ({"busy": "123"}, None),
        ({"busy": "123", "interrupted": "yes"}, None),
        ({"interrupted": "yes"}, Failure),
        ({"policy": "ours"}, Failure),
        ({"is_new": "no"}, Failure),
        ({"marked": "no"}, Failure),
        ({"began": "no"}, Failure),
    ],
)
def test_in_place_is_all_of_it_and_at_rest(facts: dict[str, str], means: Any) -> None:
    found = DRIVER.settle(actions()[1], context(forward={"kept": "/state/x"}), look(**facts))
    assert found is None if means is None else isinstance(found, means)
    if isinstance(found, Failure):
        assert (found.kind, found.code) == (FailureKind.INTERRUPTED, "apt.partly")
    if isinstance(found, Evidence):
        assert found.facts["kept"] == "/state/x"  # what its undo needs


@pytest.mark.parametrize(
    ("facts", "means"),
    [
        ({"began": "no", "is_old": "unknown"}, Evidence),
        ({"began": "no", "is_old": "yes"}, Evidence),
        ({"began": "yes", "is_old": "yes"}, Failure),
        ({"began": "no", "is_old": "no"}, Failure),
        ({"busy": "1"}, None),
    ],
)
def test_back_is_what_left_no_record_behind(facts: dict[str, str], means: Any) -> None:
    found = DRIVER.settle(actions()[2], context(), look(**facts))
    assert found is None if means is None else isinstance(found, means)


def test_a_look_that_did_not_end_tells_nothing() -> None:
    for outcome in (TimedOut(), Vanished(), Exited(1)):
        assert DRIVER.settle(actions()[1], context(), outcome) is None


def test_a_preview_shows_what_apt_would_do_and_why_it_would_be_refused() -> None:
    install = actions()[1]
    assert not DRIVER.show(install, context(), Exited(0, "\n")).changes
    shown = DRIVER.show(install, context(), Exited(0, "~ orders 1.0 -> 1.1\n"))
    assert (shown.changes, shown.text) == (True, "~ orders 1.0 -> 1.1")
    refused = DRIVER.show(install, context(), Exited(65, "- old 1\n@failed=removes\n@packages=old\n"))
    assert refused.text.splitlines()[0] == "- old 1"
    assert "Packages would be removed: old" in refused.text
    assert DRIVER.preview(actions()[0], context()) is None


def test_what_is_installed_can_be_asked_for_the_survey() -> None:
    template = DRIVER.inquire(Apt(packages={"orders": "1.1"}), SETTING)
    assert template is not None
    assert template.action.kind is Kind.PRECHECK
    assert isinstance(DRIVER.operate(template.action, context()), Script)
    read = DRIVER.read(template.action, context(), Exited(0, "@version=1.0\n@held=\n"))
    assert read == Evidence({"version": "1.0", "held": ""})
