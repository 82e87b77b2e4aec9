"""A major upgrade as data: its four steps, what of them has a way back, and what a look says."""

import pytest
from msgspec.structs import replace

from liftlock.drivers.upgrade_postgres import DRIVERS, UpgradePostgres
from liftlock.model.actions import Action, Context, Evidence, Exited, Failure, FailureKind, Irreversible, Kind, Script
from liftlock.model.ports import Setting

DRIVER = DRIVERS[0]
SETTING = Setting("db", "15", "17", True, {"h1": {"address": "10.0.0.1"}}, {}, {})
ITEM = UpgradePostgres(postgres=17, cluster="15/main")
STEPS = {each.verb: each for each in DRIVER.expand(ITEM, SETTING)}


def context(step="02-stop", *, run="r", lane="db/1/w1/h1", back=False):
    return Context(run, f"{lane}/{step}", "h1", "10.0.0.1", "db", "17", "15", "17", back=back)


def script(found) -> Script:
    assert isinstance(found, Script)
    return found


def test_four_steps_of_which_the_first_only_looks_and_one_that_verifies():
    assert list(STEPS) == ["ready", "stop", "upgrade", "start", "verify"]
    assert [each.action.traits.writes for each in STEPS.values()] == [False, True, True, True, False]
    assert [each.undo is not None for each in STEPS.values()] == [False, True, True, True, False]
    assert (STEPS["verify"].action.kind, STEPS["verify"].confirm) == (Kind.VERIFY, True)
    kinds = [STEPS[verb].action.kind for verb in ("stop", "start")]
    assert kinds == [Kind.COMMAND] * 2  # a STOP would be repeated on the way back, before anything is taken back
    assert STEPS["stop"].action.traits.lowers_capacity


def test_linked_files_have_no_way_back():
    linked = {each.verb: each for each in DRIVER.expand(replace(ITEM, link=True), SETTING)}
    for verb in ("upgrade", "start"):
        assert linked[verb].undo is None
        assert isinstance(linked[verb].action.traits.reversal, Irreversible)
    assert linked["stop"].undo is not None


@pytest.mark.parametrize(("given", "mode"), [({}, ""), ({"clone": True}, "--clone"), ({"link": True}, "--link")])
def test_the_old_files_are_copied_unless_it_is_said(given, mode):
    for step in DRIVER.expand(replace(ITEM, **given), SETTING):
        assert step.timeout_s < 3600.0
        assert step.action.args["mode"] == mode


def test_all_steps_of_a_lane_share_one_folder_and_no_others_do():
    def tag(given):
        return script(DRIVER.operate(STEPS["stop"].action, given)).variables["tag"]

    assert tag(context("02-stop")) == tag(context("03-upgrade")) == tag(context("u03-upgrade", back=True))
    assert len({tag(context()), tag(context(run="r2")), tag(context(lane="db/1/w1/h2"))}) == 3


def test_each_way_has_its_own_script():
    forward = script(DRIVER.operate(STEPS["upgrade"].action, context())).body
    back = script(DRIVER.operate(STEPS["upgrade"].undo, context(back=True))).body
    assert ("unwritten()" in forward, "unwritten()" in back) == (False, True)
    assert ("pg_upgrade" in forward, '"$new_bin/pg_upgrade"' in back) == (True, False)


@pytest.mark.parametrize("verb", ["stop", "upgrade", "start"])
def test_a_look_says_done_or_not_and_nothing_else(verb):
    action = STEPS[verb].action
    assert "up()" in script(DRIVER.probe(action, context())).body
    done = DRIVER.settle(action, context(), Exited(0, "@in_place=yes\n@counts=abc\n"))
    assert done == Evidence({"counts": "abc", "looked_at": "yes"})
    missing = DRIVER.settle(action, context(), Exited(0, ""))
    assert isinstance(missing, Failure)
    assert missing.kind is FailureKind.INTERRUPTED
    assert DRIVER.settle(action, context(), Exited(65, "@failed=cluster\n@cluster=15/main\n")) is None


def test_what_only_looks_is_looked_at_again():
    assert DRIVER.probe(STEPS["ready"].action, context("01-ready")) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, ""),
        ({"postgres": "17"}, ""),
        ({"postgres": 15}, "to"),
        ({"postgres": 9}, "to"),
        ({"postgres": "17; rm"}, "to"),
        ({"cluster": ""}, "debian"),
        ({"port": 5433}, "debian"),
        ({"user": "admin"}, "debian"),
        ({"link": True, "clone": True}, "mode"),
    ],
)
def test_what_is_wrong_with_an_item(changed, code):
    found = DRIVER.complain(replace(ITEM, **changed), SETTING)
    assert [each for each, _ in found] == ([f"upgrade.postgres.{code}"] if code else [])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("written", FailureKind.DEVIATED),
        ("new_there", FailureKind.DEVIATED),
        ("unclear", FailureKind.DEVIATED),
        ("differs", FailureKind.UNHEALTHY),
        ("long", FailureKind.TRANSIENT),
        ("check", FailureKind.REFUSED),
        ("extensions", FailureKind.REFUSED),
    ],
)
def test_what_a_person_decides_is_nobodys_to_try_again(code, kind):
    found = DRIVER.read(STEPS["start"].action, context(), Exited(65, f"\n@failed={code}\n@cluster=17/main\n"))
    assert isinstance(found, Failure)
    assert (found.code, found.kind) == (f"upgrade.postgres.{code}", kind)


def test_its_inquiry_only_reads():
    look = DRIVER.inquire(ITEM, SETTING)
    assert look is not None
    assert isinstance(look.action, Action)
    assert not look.action.traits.writes
    assert "pg_ctl" not in script(DRIVER.operate(look.action, context("00-look"))).body
