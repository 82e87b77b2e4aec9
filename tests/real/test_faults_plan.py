"""Bad files: what is wrong is said with its place and what to do, in both languages, and no host is touched."""

import io
import json
import os
import re
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTS, Site

NESTED = "[" * 20_000
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD_YAML = {
    "nested": (NESTED, "L004"),
    "bomb": (BOMB, "L005"),
    "truncated": ("upgrade: A\ncomponents:\n  - name: app\n    version: {from: '1', to", "L008"),
    "bytes": ("\0\1\2", "L006"),
    "large": ("a: " + "x" * 5_000_000, "L072"),
}


@pytest.mark.parametrize("name", BAD_YAML)
def test_yaml_that_is_no_plan_is_said_so_by_every_command(site: Site, name: str) -> None:
    text, code = BAD_YAML[name]
    (site.folder / "plan.yaml").write_text(text)
    found = site.data("check", "plan.yaml", expect=1)["findings"]
    assert code in {each["code"] for each in found}, found
    for command in ("plan", "run", "survey", "simulate"):
        assert code in site.run(command, "plan.yaml", expect=1).output
    said = site.run("check", "plan.yaml", "--lang", "zh", expect=1).output
    assert re.search(f"plan.yaml.* {code} 错误: .*[一-鿿]", said)
    assert not any((site.root(host) / "state").exists() for host in HOSTS)


def test_an_inventory_bomb_is_no_inventory(site: Site) -> None:
    (site.folder / "hosts.yaml").write_text(BOMB)
    assert "hosts.yaml:7" in site.run("check", "plan.yaml", expect=1).output


def test_a_wrong_checksum_is_one_finding_with_both_digests(site: Site) -> None:
    plan = site.folder / "plan.yaml"
    plan.write_text(plan.read_text().replace("archive: app", f"sha256: {'0' * 64}, archive: app"))
    found = site.data("check", "plan.yaml", expect=1)["findings"]
    assert [each["code"] for each in found if each["severity"] == "error"] == ["L074"]
    assert "0" * 64 in site.run("run", "plan.yaml", expect=1).output
    assert site.versions() == ["1.0"] * 4


def test_an_artifact_that_changes_after_the_plan_was_frozen_is_refused_on_its_way(site: Site) -> None:
    """The first step of the host swaps the file: what is sent is no longer what was approved."""
    other = site.folder / "app-1.2.tar.gz"
    command = f"cp {other} {site.folder}/app-1.1.tar.gz"
    site.write_plan(first=f"      - command: {{run: '{command}', undo: 'true'}}")
    out = site.run("run", "plan.yaml", expect=3).output
    assert "app-1.1.tar.gz" in out
    assert "approved" in out
    assert site.versions() == ["1.0"] * 4


# --- artifacts that unpack outside their folder -------------------------------------------------------------

MEMBERS = {
    "path": ("../../../../evil", tarfile.REGTYPE, ""),
    "absolute": ("/tmp/liftlock-evil", tarfile.REGTYPE, ""),
    "link": ("link", tarfile.SYMTYPE, "/etc"),
    "hard link": ("link", tarfile.LNKTYPE, "/etc/passwd"),
    "device": ("device", tarfile.CHRTYPE, ""),
    "pipe": ("pipe", tarfile.FIFOTYPE, ""),
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_an_archive_that_leaves_its_folder_is_not_unpacked(site: Site, kind: str) -> None:
    name, type_, link = MEMBERS[kind]
    with tarfile.open(site.folder / "app-1.1.tar.gz", "w:gz") as archive:
        for member, data in ((tarfile.TarInfo("version"), b"1.1\n"), (tarfile.TarInfo(name), b"")):
            member.size = len(data)
            if not data:
                member.type, member.linkname = type_, link
            archive.addfile(member, io.BytesIO(data))
    out = site.run("run", "plan.yaml", expect=3).output
    assert "The archive holds" in out
    assert "归档中有" in site.run("log", "--problems", "--lang", "zh").output
    assert site.versions() == ["1.0"] * 4
    assert not list(Path(site.folder).rglob("evil"))
    assert not Path("/tmp/liftlock-evil").exists()
    assert all(os.listdir(site.root(host) / "srv" / "releases") == ["1.0"] for host in HOSTS)


# --- what a plan must not ask for ---------------------------------------------------------------------------


def test_a_sandbox_host_is_not_rebooted_with_the_machine_that_it_is_on(site: Site) -> None:
    site.write_plan(steps="      - reboot: {within: 1m}")
    found = site.data("check", "plan.yaml", expect=1)["findings"]
    assert [each["line"] for each in found if each["code"] == "L169"] == [11]
    assert "sandbox" in site.run("check", "plan.yaml", "--lang", "zh", expect=1).output


def test_a_variable_cannot_take_the_name_of_what_every_host_has(site: Site) -> None:
    """Else `rm -rf "$root/old"` would be `rm -rf /old`."""
    inventory = site.folder / "hosts.yaml"
    with_root = "variables: {root: /srv}, connection: sandbox"
    inventory.write_text(inventory.read_text().replace("connection: sandbox", with_root))
    found = site.data("check", "plan.yaml", expect=1)["findings"]
    assert "L088" in {each["code"] for each in found}


# --- after approval -----------------------------------------------------------------------------------------

APPROVED = "approvals:\n  - {role: business, by: chen.jie, signed: false}\nunsigned_approvals: true\n"


@pytest.mark.parametrize("what", ["plan", "artifact", "inventory"])
def test_what_changed_after_approval_is_named(site: Site, what: str) -> None:
    plan, inventory = site.write_plan(more=APPROVED), site.folder / "hosts.yaml"
    site.run("plan", "plan.yaml")
    site.run("approve", "plan.yaml", "--role", "business", "--as", "chen.jie")
    match what:
        case "plan":
            plan.write_text(plan.read_text().replace("max_unavailable: 50%", "max_unavailable: 75%"))
        case "artifact":
            (site.folder / "app-1.1.tar.gz").write_bytes((site.folder / "app-1.2.tar.gz").read_bytes())
        case "inventory":
            moved = "connection: sandbox, domain: r9"
            inventory.write_text(inventory.read_text().replace("connection: sandbox", moved))
    out = site.run("run", "plan.yaml", expect=1).output
    said = {"plan": "3", "artifact": "app-1.1.tar.gz", "inventory": "r9"}[what]
    assert said in out, out
    assert "business" in out
    assert json.loads(site.run("run", "plan.yaml", "--json", expect=1).stdout)["error"] == "not-approved"
    assert site.versions() == ["1.0"] * 4
