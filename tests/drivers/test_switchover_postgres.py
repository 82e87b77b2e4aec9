"""Who hands over to whom, as data: which host is asked what, and on whose word."""

import pytest
from msgspec.structs import replace

from liftlock.drivers.switchover_postgres import DRIVERS, STEPS, SwitchoverPostgres
from liftlock.model.actions import Context, Evidence, Exited, Failure, FailureKind, Script
from liftlock.model.ports import Setting

DRIVER = DRIVERS[0]
HOSTS = {"db-1": {"address": "10.0.0.1"}, "db-2": {"address": "10.0.0.2"}}
SETTING = Setting("db", "1", "2", True, HOSTS, {}, {})
ITEM = SwitchoverPostgres(postgres="db-2", conninfo="user=replicator", cluster="15/main")
STEP = dict(zip((name for name, _, _ in STEPS), DRIVER.expand(ITEM, SETTING), strict=True))


def context(host="db-1", *, back=False, **forward):
    address = HOSTS[host]["address"]
    return Context("r", f"db/1/w2/{host}/03-x", host, address, "db", "2", "1", "2", forward=forward, back=back)


def told(action, given):
    found = DRIVER.operate(action, given)
    assert isinstance(found, Script)
    return {name: found.variables[name] for name in ("verb", "peer", "was")}


@pytest.mark.parametrize(
    ("name", "at", "verb", "undo", "peer"),
    [
        ("ready", "db-2", "ready", "follow", "10.0.0.1"),
        ("fence", "", "fence", "unfence", "10.0.0.2"),
        ("promote", "db-2", "promote", "fence", "10.0.0.1"),
        ("follow", "", "follow", "ready", "10.0.0.2"),
    ],
)
def test_each_step_has_its_place_and_its_mirror(name, at, verb, undo, peer):
    step = STEP[name]
    was = "" if name == "ready" else "primary"
    assert step.at == at
    assert told(step.action, context(was="primary")) == {"verb": verb, "peer": peer, "was": was}
    assert told(step.undo, context(back=True, was="primary")) == {"verb": undo, "peer": peer, "was": "primary"}


@pytest.mark.parametrize("name", list(STEP))
def test_the_host_that_takes_over_hands_nothing_over(name):
    for action in (STEP[name].action, STEP[name].undo):
        assert told(action, context("db-2", was="primary"))["was"] == "target"
        assert told(action, context("db-2", was="primary"))["verb"] == "ready"


def test_a_step_that_vanished_is_done_again():
    settled = DRIVER.settle(STEP["fence"].action, context(), Exited(0))
    assert isinstance(settled, Failure)
    assert settled.kind is FailureKind.INTERRUPTED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"postgres": "db-9"}, "target"),
        ({"slot": "Liftlock"}, "slot"),
        ({"conninfo": "host=db-1"}, "conninfo"),
        ({"conninfo": "password=x"}, "conninfo"),
        ({}, ""),
    ],
)
def test_what_is_wrong_with_an_item(changed, code):
    found = DRIVER.complain(replace(ITEM, **changed), SETTING)
    assert [each for each, _ in found] == ([f"switchover.postgres.{code}"] if code else [])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("behind", FailureKind.TRANSIENT),
        ("peer_up", FailureKind.DEVIATED),
        ("peer_promoted", FailureKind.DEVIATED),
        ("not_stopped", FailureKind.REFUSED),
    ],
)
def test_what_is_nobodys_to_try_again_is_a_persons(code, kind):
    found = DRIVER.read(STEP["fence"].action, context(), Exited(65, f"\n@failed={code}\n@peer=10.0.0.2\n"))
    assert isinstance(found, Failure)
    assert (found.code, found.kind) == (f"switchover.postgres.{code}", kind)


def test_what_was_fenced_is_told():
    found = DRIVER.read(STEP["fence"].action, context(), Exited(0, "@was=primary\n@lsn=0/3000028\n"))
    assert found == Evidence({"was": "primary", "lsn": "0/3000028"})
