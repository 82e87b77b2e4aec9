"""What is planned for hosts against what they say; and the readiness chapter's own rules."""

from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.decide.expected import deviations
from liftlock.model.plan import Plan
from liftlock.model.readiness import ChecklistItem, Expected, Readiness
from tests.decide.asking import Given, codes, good_plan

SEEN = {
    "os": "debian",
    "os_version": "12",
    "kernel": "6.1.0-28-amd64",
    "arch": "x86_64",
    "hostname": "app-01",
    "zone": "Asia/Shanghai",
    "cpu_model": "Intel(R) Xeon(R) Gold 6338",
    "cpus": "8",
    "memory_mb": "15800",
    "free:/srv": "20480",
    "mount:/srv": "xfs",
    "interface:eth0": "up",
    "speed:eth0": "10000",
    "fibre_channel": "2",
    "setting:net.ipv4.ip_local_port_range": "1024\t65000",
    "service:chrony": "active",
    "port:8080": "free",
    "resolves:db.internal": "yes",
    "reaches:10.0.0.5:5432": "yes",
}
PLANNED: dict[str, Any] = {
    "os": "debian",
    "os_version": "12",
    "kernel": "6.1",
    "arch": "x86_64",
    "name": "app-[0-9]+",
    "zone": "Asia/Shanghai",
    "cpu_model": "xeon",
    "cpus": 8,
    "memory": 16.0,
    "disks": {"/srv": 20.0},
    "mounts": {"/srv": "xfs"},
    "interfaces": {"eth0": "10000"},
    "fibre_channel": 2,
    "settings": {"net.ipv4.ip_local_port_range": "1024 65000"},
    "services": ("chrony",),
    "ports_free": (8080,),
    "resolves": ("db.internal",),
    "reaches": ("10.0.0.5:5432",),
}


def told(seen: dict[str, str], **planned: Any) -> list[tuple[str, str]]:
    return [(wanted.key, found) for wanted, found in deviations(Expected("app", **planned), seen)]


def test_a_host_that_is_as_planned_is_left_in_peace() -> None:
    assert set(PLANNED) == set(Expected.__struct_fields__) - {"hosts"}
    assert told(SEEN, **PLANNED) == []


def test_what_nobody_could_read_is_not_as_planned() -> None:
    found = told({}, **PLANNED)
    assert {key for key, _ in found} == set(PLANNED)
    assert {value for _, value in found} == {""}
    assert told({"cpus": "unknown"}, cpus=1) == [("cpus", "")]


@pytest.mark.parametrize(
    ("fact", "value", "key"),
    [
        ("os", "ubuntu", "os"),
        ("os_version", "120", "os_version"),
        ("kernel", "6.10.1", "kernel"),
        ("hostname", "app-01.example", "name"),
        ("cpu_model", "AMD EPYC", "cpu_model"),
        ("cpus", "7", "cpus"),
        ("cpus", "many", "cpus"),
        ("memory_mb", "15000", "memory"),
        ("free:/srv", "20479", "disks"),
        ("mount:/srv", "ext4", "mounts"),
        ("mount:/srv", "none", "mounts"),
        ("interface:eth0", "down", "interfaces"),
        ("speed:eth0", "1000", "interfaces"),
        ("fibre_channel", "1", "fibre_channel"),
        ("setting:net.ipv4.ip_local_port_range", "1024\t60999", "settings"),
        ("service:chrony", "failed", "services"),
        ("port:8080", "used", "ports_free"),
        ("resolves:db.internal", "no", "resolves"),
        ("reaches:10.0.0.5:5432", "no", "reaches"),
    ],
)
def test_what_is_not_as_planned(fact: str, value: str, key: str) -> None:
    assert told({**SEEN, fact: value}, **PLANNED) == [(key, value)]


def with_readiness(readiness: Readiness, **more: Any) -> Given:
    plan, *rest = good_plan()
    changed: Plan = replace(plan, readiness=readiness, **more)
    return (changed, *rest)


@pytest.mark.parametrize(
    ("readiness", "code"),
    [
        (Readiness((Expected("nobody", cpus=1),)), "L670"),
        (Readiness((), (ChecklistItem("C1", "power", ("a",)), ChecklistItem("C1", "lines", ("a",)))), "L671"),
        (Readiness((), (ChecklistItem("C1", "power", ()),)), "L672"),
        (Readiness((Expected("app", name="app-["),)), "L673"),
        (Readiness((Expected("app"),)), "L674"),
        (Readiness((Expected("app", reaches=("10.0.0.5",)),)), "L675"),
        (Readiness((), (ChecklistItem("C1", "power", ("li.wei",)),)), "L676"),
    ],
)
def test_what_is_wrong_with_the_chapter(readiness: Readiness, code: str) -> None:
    assert code in codes(with_readiness(readiness, owner="li.wei"))
    assert code not in codes(
        with_readiness(Readiness((Expected("app", cpus=1),), (ChecklistItem("C1", "x", ("chen.jie",)),)))
    )
