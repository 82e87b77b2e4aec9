"""The lab's names, addresses, command lines and texts, as data."""

import ipaddress
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.hosts.lab import image, machine, names, network
from liftlock.hosts.lab.cgroups import hierarchies
from liftlock.hosts.lab.disk import hosts_file, overlay
from liftlock.hosts.lab.fleet import inventory_text
from liftlock.hosts.lab.power import nspawn
from liftlock.hosts.lab.record import Fleet, Member, fleet_names, read_record, write_record
from liftlock.hosts.lab.rights import COMMANDS, sudoers
from liftlock.hosts.lab.shell import ssh_command
from liftlock.model.errors import WorldError
from liftlock.planfile.inventory import load_inventory


def fleet(asked: str = "lb,app:2", folder: str = "/state/rehearsal", number: int = 7) -> Fleet:
    groups = names.host_groups(asked)
    hosts = [name for members in groups.values() for name in members]
    members = tuple(
        Member(name, index, names.host_address(number, index), f"{index:032x}") for index, name in enumerate(hosts)
    )
    return Fleet("rehearsal", number, folder, ("/cache/more/tree", "/cache/base/tree"), members, groups, "")


@pytest.mark.parametrize(
    ("asked", "groups"),
    [
        ("1", {"host": ("host-1",)}),
        ("lb", {"lb": ("lb",)}),
        ("lb,app:2", {"lb": ("lb",), "app": ("app-1", "app-2")}),
        ("db:1", {"db": ("db-1",)}),
    ],
)
def test_hosts_are_asked_for_by_number_or_by_group(asked: str, groups: dict[str, tuple[str, ...]]) -> None:
    assert names.host_groups(asked) == groups


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "0",
        "all",
        "null",
        "controller",
        "app:0",
        "app:x",
        "App",
        "app,app",
        "a b",
        "app:201",
        "201",
        "../x",
        "app-1,app:2",
    ],
)
def test_what_names_no_hosts_is_refused(asked: str) -> None:
    with pytest.raises(WorldError) as refused:
        names.host_groups(asked)
    assert refused.value.fields["why"] == "lab-hosts"


@pytest.mark.parametrize("name", ["", "A", "../etc", "a/b", "a" * 32, "-a", "a.b", "fleet.json"])
def test_a_fleets_name_is_safe_as_a_folders(name: str) -> None:
    with pytest.raises(WorldError):
        names.checked_name(name)


@given(st.sets(st.sampled_from(list(names.NUMBERS))), st.lists(st.ip_addresses(v=4)))
def test_a_fleets_addresses_are_nobody_elses(taken: set[int], used: list[ipaddress.IPv4Address]) -> None:
    networks = [ipaddress.IPv4Network((address, 20), strict=False) for address in used]
    try:
        number = names.free_number(taken, networks)
    except WorldError:
        assert all(n in taken or any(names.subnet(n).overlaps(o) for o in networks) for n in names.NUMBERS)
        return
    assert number not in taken
    assert not any(names.subnet(number).overlaps(other) for other in networks)


def test_every_name_fits_into_the_kernels_limits_and_every_address_into_its_net() -> None:
    for number in (1, 254):
        for index in (0, names.HOSTS_MAX - 1):
            assert len(names.port(number, index)) <= 15
            assert ipaddress.ip_address(names.host_address(number, index)) in names.subnet(number)
            assert len(names.hardware_address(number, index)) == 17
        assert names.number_of(names.bridge(number)) == number
    assert [names.number_of(name) for name in ("llab7-1", "eth0", "xllab7", "llab7x")] == [None] * 4


def test_a_cables_end_at_the_bridge_comes_up_last() -> None:
    lines = network.cable_up(7, fleet().members[1])
    assert lines == [
        "link add llab7-1 type veth peer name eth0 address 02:6c:6c:00:07:0b netns llab7-app-1",
        "link set llab7-1 master llab7",
        "link set llab7-1 up",
    ]


def test_the_inventory_is_one_that_every_command_reads() -> None:
    made = fleet("lb,app:2", "/state of {mine}: #1/x")
    loaded = load_inventory(inventory_text(made))
    assert loaded.findings == ()
    assert loaded.inventory is not None
    assert loaded.inventory.groups == {"app": ("app-1", "app-2"), "all": ("lb", "app-1", "app-2")}
    host = loaded.inventory.hosts["app-1"]
    assert (host.address, host.user, host.port, host.connection) == ("10.213.7.11", "ops", 22, "ssh")
    assert (host.key, host.known_hosts) == (str(made.key), str(made.known_hosts))


@pytest.mark.parametrize("name", ["no", "on", "y"])
def test_words_that_yaml_knows_are_names_as_well(name: str) -> None:
    loaded = load_inventory(inventory_text(fleet(name)))
    assert loaded.inventory is not None
    assert list(loaded.inventory.hosts) == [name]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = fleet(folder=str(tmp_path / "rehearsal"))
    write_record(made)
    assert read_record(tmp_path, "rehearsal") == made
    assert fleet_names(tmp_path) == ["rehearsal"]
    with pytest.raises(WorldError, match="no fleet other") as missing:
        read_record(tmp_path, "other")
    assert missing.value.fields["known"] == "rehearsal"


def test_a_host_is_started_under_names_of_its_fleet_alone() -> None:
    made = fleet()
    line = nspawn(made, made.members[1])
    assert "--directory=/state/rehearsal/hosts/app-1/root" in line
    assert "--machine=llab7-app-1" in line
    assert "--network-namespace-path=/run/netns/llab7-app-1" in line
    assert overlay(made.layers, made.at(made.members[1])) == (
        "lowerdir=/cache/more/tree:/cache/base/tree,"
        "upperdir=/state/rehearsal/hosts/app-1/upper,workdir=/state/rehearsal/hosts/app-1/work"
    )
    assert "10.213.7.12 app-2\n" in hosts_file(made)


def test_logging_in_trusts_the_fleets_own_keys_and_nothing_else() -> None:
    line = ssh_command(fleet(), fleet().members[0], ["echo", "a b"])
    assert "StrictHostKeyChecking=yes" in line
    assert "UserKnownHostsFile=/state/rehearsal/known_hosts" in line
    assert line[-2:] == ["ops@10.213.7.10", "echo 'a b'"]


def test_the_usual_rights_are_a_list_without_shells() -> None:
    assert not {path.rpartition("/")[2] for path in COMMANDS} & {"sh", "bash", "dash", "env", "python3", "su", "visudo"}
    assert sudoers("limited", "ops").startswith("ops ALL=(root) NOPASSWD: /usr/bin/apt-get, ")
    assert sudoers("none", "ops").startswith("#")
    assert sudoers("ops ALL=(postgres) ALL", "ops") == "ops ALL=(postgres) ALL\n"


# --- images --------------------------------------------------------------------------------------------------


def test_an_images_name_follows_from_what_is_in_it() -> None:
    one, other = image.Image(packages=("a", "b")), image.Image(packages=("b", "a"))
    assert image.layer_names(one) == image.layer_names(other)
    assert image.layer_names(image.Image()) == image.layer_names(one)[1:]
    differing = [
        one,
        image.Image(packages=("a",)),
        image.Image(packages=("a", "b"), idle=True),
        image.Image("trixie", ("a", "b")),
    ]
    assert len({image.layer_names(each)[0] for each in differing}) == 4


@pytest.mark.parametrize(
    ("name", "more", "release"),
    [("nope", (), "bookworm"), ("base", ("a b",), "bookworm"), ("base", (), "sid"), ("base", ("-y",), "bookworm")],
)
def test_an_image_that_is_not_there_is_refused(name: str, more: tuple[str, ...], release: str) -> None:
    with pytest.raises(WorldError) as refused:
        image.image_of(name, more, release)
    assert refused.value.fields["why"] == "lab-image"


ONE_LINE = """\
# deb http://old.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/x.gpg arch=amd64] http://mirror.example/debian bookworm main contrib
deb-src http://source.example/debian bookworm main
deb http://safe.example/debian-security bookworm-security main
"""
STANZAS = """\
Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://safe.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.mark.parametrize(("file", "text"), [("sources.list", ONE_LINE), ("sources.list.d/debian.sources", STANZAS)])
def test_where_packages_come_from_is_read_from_this_machine(
    file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = 'Acquire::http::Proxy "http://proxy.example:3128";\n'
    monkeypatch.setattr(image, "ask", lambda _: f'APT "";\n{settings}Dir "/";\nAcquire::Languages "none";\n')
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / file).write_text(text)
    found = image.machine_sources(tmp_path)
    assert found == image.Sources(
        "http://mirror.example/debian", "http://safe.example/debian-security", settings, "http://proxy.example:3128"
    )


def test_a_machine_without_sources_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://other.example/thing stable main\n")
    with pytest.raises(WorldError) as missing:
        image.machine_sources(tmp_path)
    assert missing.value.fields["why"] == "lab-mirror"


# --- what the machine must have -------------------------------------------------------------------------------


def test_a_person_without_roots_rights_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(WorldError) as refused:
        machine.require()
    assert refused.value.fields["why"] == "lab-root"


def test_what_is_missing_is_named_with_the_packages_that_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine, "PATH", str(tmp_path))
    for tool in machine.TOOLS:
        if tool not in ("debootstrap", "systemd-nspawn"):
            (tmp_path / tool).touch(mode=0o755)
    with pytest.raises(WorldError) as missing:
        machine.require()
    assert missing.value.fields["what"] == "debootstrap, systemd-nspawn"
    assert missing.value.fields["packages"] == "debootstrap systemd-container"


# --- control groups and scripts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        ("30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate", ["/sys/fs/cgroup"]),
        (
            "26 1 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            "27 1 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
            "28 1 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
            ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"],
        ),
    ],
)
def test_the_trees_of_services_are_found_on_old_and_new_machines(mounts: str, found: list[str]) -> None:
    assert hierarchies(mounts) == found


@pytest.mark.parametrize("name", ["image.sh", "supervise.sh"])
def test_the_labs_scripts_are_clean(name: str) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    text = files("liftlock.hosts.lab").joinpath(name).read_text()
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.stdout == ""
