"""The lab: real hosts come up, are what they should be, can be disturbed, and leave nothing when they go."""

import pytest

from liftlock.hosts.lab.power import answers
from tests.lab import Lab


def test_hosts_are_debian_with_an_init_and_a_user_of_limited_rights(lab: Lab) -> None:
    one, two = lab.hosts(2)
    assert one.root("systemctl is-system-running").strip() == "running"
    assert one.ops("id -un").strip() == "ops"
    assert one.ops("sudo -n systemctl is-active ssh").strip() == "active"
    with pytest.raises(AssertionError, match="password is required"):
        one.ops("sudo -n sh -c id")
    assert one.root(f"timeout 2 bash -c 'exec 3<>/dev/tcp/{two.name}/22; head -c4 <&3'") == "SSH-"
    assert one.root("ip -o route").split()[0] == f"{lab.subnet}"
    assert one.root("ip -o route").count("\n") == 1  # to the fleet, and nowhere else


def test_a_host_that_is_cut_off_runs_on_and_comes_back(lab: Lab) -> None:
    host = lab.host()
    boot = host.boot_id()
    host.cut()
    assert not answers(host.address)
    assert host.boot_id() == boot
    host.heal()
    assert host.ops("cat /proc/sys/kernel/random/boot_id").strip() == boot


def test_a_restart_keeps_the_disk_and_changes_the_boot_and_a_new_owner_finds_it_clean(lab: Lab) -> None:
    host = lab.host()
    boot, machine = host.boot_id(), host.read("/etc/machine-id")
    host.put("/srv/kept", "kept")
    host.reboot()
    assert host.boot_id() != boot
    host.kill()
    assert not answers(host.address)
    host.start()
    assert (host.read("/srv/kept"), host.read("/etc/machine-id")) == ("kept", machine)
    assert lab.host().root("ls /srv").split() == ["lab-apt"]


def test_two_versions_of_a_package_come_from_the_fleets_own_repository(lab: Lab) -> None:
    host = lab.host()
    for version in ("1.0", "1.1"):
        lab.package("orders", version, {"/usr/lib/orders/version": version})
    host.root("apt-get update && apt-get install -y orders=1.0")
    assert host.read("/usr/lib/orders/version") == "1.0"
    host.ops("sudo -n apt-get install -y orders")
    assert host.read("/usr/lib/orders/version") == "1.1"
