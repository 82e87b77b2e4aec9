"""systemd on a real Debian host: what is promised of units, as a login user with limited sudo."""

import re
from collections.abc import Iterator

import pytest

from liftlock.model.actions import Evidence, Failure, FailureKind
from liftlock.model.events import StepFailed, StepLost
from tests.contract.debian import Debian, rights_of, until
from tests.lab import Lab

SUDOERS = rights_of("systemd.md")
INSTALL = "[Install]\nWantedBy=multi-user.target\n"
LOOP = "[Service]\nExecStart=/bin/sh -c 'echo why it dies; sleep 0.2; exit 3'\nRestart=always\nRestartSec=100ms\n"
UNITS = {
    "good.service": f"[Service]\nExecStart=/bin/sleep 1000\n{INSTALL}",
    "loop.service": f"[Unit]\nStartLimitIntervalSec=0\n{LOOP}",
    "limit.service": "[Unit]\nStartLimitIntervalSec=60\nStartLimitBurst=3\n"
    "[Service]\nExecStart=/bin/sh -c 'echo why it dies; exit 3'\nRestart=always\nRestartSec=1ms\n",
    "dies.service": "[Service]\nExecStart=/bin/sh -c 'echo hello; sleep 1.5; echo why it dies; exit 3'\n",
    "broken.service": "[Service]\nExecStart=/nowhere/at/all\n",
    "once.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "once-bad.service": "[Service]\nType=oneshot\nExecStart=/bin/false\n",
    "stays-once.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
    "forks.service": "[Service]\nType=forking\nExecStart=/bin/sh -c '/bin/sleep 1000 & exit 0'\n",
    "notify.service": "[Service]\nType=notify\nNotifyAccess=all\n"
    "ExecStart=/bin/sh -c 'sleep 0.3; systemd-notify --ready; exec sleep 1000'\n",
    "silent.service": "[Service]\nType=notify\nExecStart=/bin/sleep 1000\nTimeoutStartSec=1000\n",
    "stubborn.service": "[Service]\nExecStart=/bin/sh -c 'trap : TERM; while :; do sleep 0.1; done'\n"
    "TimeoutStopSec=600\nKillMode=mixed\n",
    "reloads.service": "[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\n",
    "reload-bad.service": "[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/sh -c 'echo why not; exit 4'\n",
    "socketed.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "socketed.socket": "[Socket]\nListenStream=/run/socketed\n",
    "nonsense.service": "[Service]\nType=nonsense\n",
}


@pytest.fixture(scope="module")
def host(lab_fleet: Lab) -> Iterator[Debian]:
    with Debian(lab_fleet) as made:
        made.host.sudoers(SUDOERS)
        for name, text in UNITS.items():
            made.host.put(f"/etc/systemd/system/{name}", text)
        made.said("systemctl daemon-reload")
        yield made


def good(host: Debian, **item: object) -> dict[str, str]:
    return host.course("systemd", **{"stays": 0, **item}).good()


def bad(host: Debian, **item: object) -> Failure:
    return host.course("systemd", **{"stays": 2, "within": 5, **item}).bad()


def pid(host: Debian, unit: str) -> str:
    return host.said(f"systemctl show -p MainPID --value {unit}")


def test_a_restart_is_another_process_and_a_stop_is_none(host: Debian) -> None:
    course = host.course("systemd", start="good", stays=1)
    first = course.good()
    assert first["after"] == "active/running"
    second = good(host, restart="good")
    assert second["before_process"] == first["after_process"] != second["after_process"]
    assert good(host, start="good")["after_process"] == second["after_process"]
    course.back()
    assert host.run("systemctl is-active good").stdout.strip() == "inactive"
    stop = host.course("systemd", stop="good", stays=0)
    assert stop.good()["after"] == "inactive/dead"
    stop.back()
    assert pid(host, "good") != "0"


@pytest.mark.parametrize("unit", ["once", "stays-once", "forks", "notify"])
@pytest.mark.parametrize("verb", ["start", "restart"])
def test_units_of_every_type_are_understood(host: Debian, unit: str, verb: str) -> None:
    assert good(host, **{verb: unit})["after"].startswith("inactive" if unit == "once" else "active")


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("loop", {"restart": "loop"}),
        ("(limit|loop)", {"restart": "limit", "stays": 5}),
        ("died", {"start": "dies"}),
        ("(down|died)", {"start": "broken", "stays": 1}),
        ("down", {"start": "once-bad"}),
        ("down", {"start": "silent", "within": 1}),
        ("unknown", {"start": "nowhere"}),
        ("bad_unit", {"start": "nonsense"}),
        ("no_reload", {"reload": "good"}),
        ("not_up", {"reload": "reloads"}),
        ("not_installable", {"enable": "loop"}),
    ],
)
def test_what_does_not_come_up_or_last_is_told(host: Debian, code: str, item: dict[str, object]) -> None:
    host.said("systemctl start good")
    failure = bad(host, **item)
    assert re.fullmatch(f"systemd.{code}", failure.code), failure
    dies = item.get("restart") or item.get("start") == "dies"
    assert ("why it dies" in failure.output) is bool(dies), failure.output
    host.run("systemctl stop loop limit dies silent; systemctl reset-failed")


def test_one_that_gave_up_is_started_again_when_it_is_asked_for(host: Debian) -> None:
    host.run("systemctl start limit")
    until(lambda: host.said("systemctl show -p ActiveState --value limit") == "failed")
    assert bad(host, start="limit", stays=3).code in ("systemd.limit", "systemd.loop")
    host.run("systemctl reset-failed")


def test_what_is_masked_is_told(host: Debian) -> None:
    host.said("systemctl mask --runtime forks.timer; systemctl mask --runtime nothing.service")
    assert bad(host, start="nothing").code == "systemd.masked"


def test_what_does_not_stop_is_told(host: Debian) -> None:
    host.said("systemctl start stubborn")
    assert bad(host, stop="stubborn", within=1).code == "systemd.still_up"
    host.said("systemctl kill -s KILL stubborn")


def test_a_reload_is_one_that_took_place(host: Debian) -> None:
    host.said("systemctl start reloads reload-bad")
    before = pid(host, "reloads")
    facts = good(host, reload="reloads")
    assert facts["after_process"].partition(":")[0] == before
    good(host, reload="reloads")
    failure = bad(host, reload="reload-bad")
    assert failure.code in ("systemd.reload_failed", "systemd.refused")
    assert "why not" in failure.output


def test_what_a_socket_would_start_again_is_not_stopped(host: Debian) -> None:
    host.said("systemctl start socketed.socket socketed")
    failure = bad(host, stop="socketed")
    assert (failure.code, failure.fields["by"]) == ("systemd.triggered", "socketed.socket")
    good(host, stop="socketed.socket")
    good(host, stop="socketed")
    assert good(host, start="socketed.socket")["after"] == "active/listening"


def test_enabled_goes_back_to_what_it_was(host: Debian) -> None:
    course = host.course("systemd", enable="good")
    assert course.good()["was"] == "disabled"
    assert host.said("systemctl is-enabled good") == "enabled"
    assert isinstance(course.looked(0), Evidence)
    course.back()
    assert host.run("systemctl is-enabled good").stdout.strip() == "disabled"
    assert isinstance(course.looked(0), Failure)


def test_a_drop_in_with_its_way_back(host: Debian) -> None:
    host.said("mkdir -p /etc/systemd/system/good.service.d && systemctl start good")
    limit = "systemctl show -p LimitNOFILE --value good"
    before = host.said(limit)
    course = host.course("systemd.dropin", dropin="good", content="[Service]\nLimitNOFILE=4242")
    assert "+LimitNOFILE=4242" in course.preview(0).text
    course.good()
    assert host.said(limit) == "4242"
    assert not course.preview(0).changes
    assert isinstance(course.looked(0), Evidence)
    second = host.course("systemd.dropin", dropin="good", content="[Service]\nLimitNOFILE=4343\n")
    second.good()
    assert host.said(limit) == "4343"
    second.back()
    assert host.said(limit) == "4242"
    course.back()
    assert host.said(limit) == before
    assert host.said("ls /etc/systemd/system/good.service.d") == ""
    assert course.back()["undone"] == "nothing"


def test_a_setting_that_systemd_ignores_is_told_and_goes_back(host: Debian) -> None:
    course = host.course("systemd.dropin", dropin="good", name="90-wrong", content="[Service]\nLimitNOFLIE=1\n")
    assert course.bad().code == "systemd.dropin.bad_setting"
    course.back()
    assert host.run("test -e /etc/systemd/system/good.service.d/90-wrong.conf").returncode == 1
    missing_unit = host.course("systemd.dropin", dropin="nowhere", content="[Service]\n")
    assert missing_unit.bad().code == "systemd.dropin.unknown"


def test_a_changed_unit_file_counts_before_the_start(host: Debian) -> None:
    host.said("systemctl start good")
    host.said("sed -i 's/sleep 1000/sleep 2000/' /etc/systemd/system/good.service")
    assert good(host, restart="good")["daemon_reload"] == "yes"
    assert "sleep\x002000" in host.said(f"cat /proc/{pid(host, 'good')}/cmdline")


def test_a_restart_whose_script_was_killed_is_told_truthfully(host: Debian) -> None:
    host.said("systemctl start good")
    course = host.course("systemd", restart="good", stays=30)
    assert interrupted(course.looked(0))
    before = pid(host, "good")
    under_way = course.begin(0)
    until(lambda: pid(host, "good") not in (before, "0"))
    host.said("pkill -KILL -u ops")
    assert not isinstance(under_way.result(20), StepFailed | StepLost)
    assert isinstance(course.looked(0), Evidence)
    host.said("systemctl stop good")
    assert interrupted(course.looked(0))
    slow = host.course("systemd", restart="silent", stays=0)
    under_way = slow.begin(0)
    until(lambda: host.run("systemctl is-active silent").stdout.strip() == "activating")
    host.said("pkill -KILL -u ops")
    assert isinstance(under_way.result(20), StepLost)
    assert slow.looked(0) is None
    host.said("systemctl stop silent")


def interrupted(looked: object) -> bool:
    return isinstance(looked, Failure) and looked.kind is FailureKind.INTERRUPTED
