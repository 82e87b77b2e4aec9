"""The lab: real hosts come up, are what they should be, can be disturbed, and leave nothing when they go."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from liftlock.hosts.lab import cgroups, network
from liftlock.hosts.lab import fleet as fleets
from liftlock.hosts.lab.disk import unmount
from liftlock.hosts.lab.names import bridge
from liftlock.hosts.lab.power import answers
from liftlock.hosts.lab.record import Fleet, fleet_names, read_record
from liftlock.planfile.inventory import load_inventory
from tests.lab import Lab
from tests.real.disks import Disk


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
        lab.package("two-versions", version, {"/usr/lib/two-versions/version": version})
    host.root("apt-get update && apt-get install -y two-versions=1.0")
    assert host.read("/usr/lib/two-versions/version") == "1.0"
    host.ops("sudo -n apt-get install -y two-versions")
    assert host.read("/usr/lib/two-versions/version") == "1.1"


# --- the command, and what is left behind ------------------------------------------------------------------------


class Own:
    """Fleets of one test, in folders of its own; the image is the shared one."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.env = {**os.environ, "LIFTLOCK_LAB": str(self.state), "LANG": "C.UTF-8"}
        self.name = f"own-{os.getpid()}"

    def lab(self, *words: str, name: str = "", status: int = 0) -> str:
        done = self.begin(*words, name=name)
        said, _ = done.communicate(timeout=60)
        assert done.returncode == status, said
        return said

    def begin(self, *words: str, name: str = "", dies_at: int = 0) -> subprocess.Popen[str]:
        which = [] if words[0] == "list" else ["--name", name or self.name]
        program = ["tests.real.doomed", str(dies_at)] if dies_at else ["liftlock"]
        line = [sys.executable, "-m", *program, "lab", words[0], *which, *words[1:]]
        return subprocess.Popen(line, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def fleet(self, name: str = "") -> Fleet:
        return read_record(self.state, name or self.name)

    def left(self, fleet: Fleet) -> list[str]:
        """Everything of a fleet that still is, on the machine and on the disk."""
        found = [] if self.is_anothers(fleet) else self.named(bridge(fleet.number))
        found += [line for line in Path("/proc/self/mounts").read_text().splitlines() if fleet.folder in line]
        found += [str(path) for path in fleet.place.glob("**") if path.exists()]
        return found + [line for line in command_lines() if fleet.folder in line]

    def named(self, mine: str) -> list[str]:
        """What goes by the fleet's number."""
        found = [name for name in os.listdir("/sys/class/net") if name == mine or name.startswith(f"{mine}-")]
        spaces = Path("/run/netns")
        found += [path.name for path in spaces.glob(f"{mine}-*")] if spaces.exists() else []
        return found + [str(group) for group in cgroups.groups_of(mine) if group.exists()]

    def is_anothers(self, fleet: Fleet) -> bool:
        """Has a fleet of another test taken the number that this one gave back?"""
        machine, deadline = f"--machine={bridge(fleet.number)}-", time.monotonic() + 5
        while self.named(bridge(fleet.number)) and time.monotonic() < deadline:
            if any(machine in line and fleet.folder not in line for line in command_lines()):
                return True
            time.sleep(0.1)
        return False


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


@pytest.fixture
def own(lab_fleet: Lab, tmp_path: Path) -> Iterator[Own]:
    """Needs what the lab needs, and its image."""
    made = Own(tmp_path)
    yield made
    for name in fleet_names(made.state):
        fleets.down(made.state, name)


def test_the_command_makes_a_fleet_that_other_commands_use_and_takes_it_down(own: Own) -> None:
    said = own.lab("up", "--hosts", "lb,app:2", "--json")
    made = json.loads(said[said.index("{") :])  # after a line about what is under way
    fleet = own.fleet()
    assert [host["state"] for host in made["hosts"]] == ["on"] * 3
    loaded = load_inventory(Path(made["inventory"]).read_bytes())
    assert loaded.inventory is not None
    assert own.lab("ssh", "app-2", "--", "hostname").strip() == "app-2"
    assert own.lab("ssh", "app-2", "--root", "--", "sh", "-c", "id -u; exit 3", status=3).strip() == "0"
    assert "there is a fleet" in own.lab("up", status=6)
    own.lab("kill", "app-1")
    states = {host["name"]: host["state"] for host in json.loads(own.lab("list", "--json"))[0]["hosts"]}
    assert states == {"lb": "on", "app-1": "off", "app-2": "on"}
    own.lab("down")
    assert own.left(fleet) == []
    assert "nothing to take down" in own.lab("down")


def test_two_fleets_live_side_by_side(own: Own) -> None:
    for name in ("one", "two"):
        own.lab("up", "--hosts", "1", name=name)
    one, two = own.fleet("one"), own.fleet("two")
    assert one.number != two.number
    own.lab("down", name="one")
    assert own.left(one) == []
    assert own.lab("ssh", "host-1", "--", "hostname", name="two").strip() == "host-1"


def moments() -> list[int]:
    """Acts of `up` before which it is killed: a few, or all (LIFTLOCK_LAB_MOMENTS=119), of which there are so many."""
    return list(range(1, 1 + int(os.environ.get("LIFTLOCK_LAB_MOMENTS", "0")))) or [6, 20, 60, 100]


@pytest.mark.parametrize("at", moments())
def test_a_fleet_that_was_killed_while_it_came_up_is_taken_down_whole(own: Own, at: int) -> None:
    up = own.begin("up", "--hosts", "2", dies_at=at)
    said, _ = up.communicate(timeout=60)
    assert up.returncode == -signal.SIGKILL, said
    fleet = own.fleet() if fleet_names(own.state) else None
    own.lab("down")
    assert not (own.state / own.name).exists()
    assert fleet is None or own.left(fleet) == []


def test_after_the_machines_restart_a_fleet_is_started_again_or_taken_down(own: Own) -> None:
    own.lab("up", "--hosts", "2")
    fleet = own.fleet()
    own.lab("ssh", "host-1", "--", "touch kept")
    lose_power(fleet)
    own.lab("start")
    assert own.lab("ssh", "host-1", "--", "ls").strip() == "kept"
    lose_power(fleet)
    network.make_bridge(fleet.number)  # so that no other test takes its number before it is taken down
    own.lab("down")
    assert own.left(fleet) == []


def lose_power(fleet: Fleet) -> None:
    """What of a fleet does not outlive its machine goes: processes, mounts, network. What lies on the disk stays."""
    cgroups.end(bridge(fleet.number))
    for member in fleet.members:
        unmount(fleet, member)
        network.disconnect(fleet, member)
    network.remove_bridge(fleet.number)


def test_a_full_disk_is_said_and_leaves_nothing(own: Own, disk: Callable[..., Disk]) -> None:
    disk(own.state, "40k")
    said = own.lab("up", "--hosts", "2", status=6)
    assert "the disk refused" in said
    assert fleet_names(own.state) == []
    assert [line for line in command_lines() if str(own.state) in line] == []
