"""First contact: keys are shown, accepted by somebody, recorded, written; nothing silently, with real sshd."""

import asyncio
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from msgspec import to_builtins
from typer.testing import CliRunner, Result

from liftlock.cli.main import root
from liftlock.cli.opening import opened
from tests.sshd import SSHD, Sshd, start_sshd

pytestmark = pytest.mark.skipif(not SSHD, reason="sshd is not installed")
INVENTORY = """\
defaults: {{known_hosts: known, key: {key}, user: {user}, port: {port}}}
hosts:
  app-01: {{address: 127.0.0.1, state: "{folder}/state"}}
  app-02: {{address: 127.0.0.2}}
"""
PLAN = """\
upgrade: Trusting
timezone: Asia/Shanghai
language: zh
owner: li.wei
inventory: hosts.yaml
components:
  - name: app
    version: {from: "1", to: "2"}
    hosts: app-01
    recipe: [{command: {run: 'true', undo: 'true'}}, {verify: {file: /etc/passwd, contains: root}}]
rollout: {waves: [100%], soak: 10s, on_failure: freeze, planned_outage: true}
"""


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    running = start_sshd(tmp_path / "sshd", listen="0.0.0.0")
    yield running
    running.stop()


class Place:
    """A folder with a plan and an inventory whose hosts nobody knows yet."""

    def __init__(self, folder: Path, sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.sshd, self.known = folder, sshd, folder / "known"
        user = sshd.host("x").user
        self.hosts = folder / "hosts.yaml"
        self.hosts.write_text(INVENTORY.format(key=sshd.key, user=user, port=sshd.port, folder=folder))
        (folder / "plan.yaml").write_text(PLAN)
        (folder / "home").mkdir()
        for name, value in {"HOME": f"{folder}/home", "LIFTLOCK_STORE": f"{folder}/store", "LANG": "C"}.items():
            monkeypatch.setenv(name, value)

    @property
    def fingerprint(self) -> str:
        return str(asyncssh.read_public_key(self.sshd.folder / "host_key.pub").get_fingerprint())

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(root, [*words, "--as", "li.wei"] if words[0] == "trust" else list(words))

    def trust(self, *words: str) -> Result:
        return self.run("trust", str(self.hosts), *words)

    def recorded(self, stream: str = "hosts") -> list[dict[str, Any]]:
        async def read() -> list[dict[str, Any]]:
            async with opened(str(self.folder / "store")) as store:
                return [to_builtins(entry.event) for entry in await store.entries(stream)]

        return asyncio.run(read())


async def names(folder: Path) -> tuple[str, ...]:
    async with opened(str(folder)) as store:
        return await store.streams("u-")


@pytest.fixture
def place(tmp_path: Path, sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, sshd, monkeypatch)


def test_nothing_is_accepted_without_an_answer(place: Place) -> None:
    done = place.trust()
    assert done.exit_code == 1
    assert place.fingerprint in done.output
    assert "somebody must say" in done.output
    assert not place.known.exists()


def test_a_fingerprint_that_was_expected_is_accepted_recorded_and_written(place: Place) -> None:
    done = place.trust("--fingerprint", place.fingerprint)
    assert (done.exit_code, place.known.stat().st_mode & 0o777) == (0, 0o600), done.output
    lines = place.known.read_text().splitlines()
    assert sorted(line.split()[0] for line in lines) == [f"[127.0.0.{n}]:{place.sshd.port}" for n in (1, 2)]
    assert all("known" in line for line in place.trust().output.splitlines())
    assert [(each["type"], each["host"], each["by"], each["fingerprint"]) for each in place.recorded()] == [
        ("KeyAccepted", name, "li.wei", place.fingerprint) for name in ("app-01", "app-02")
    ]
    survey = place.run("survey", str(place.folder / "plan.yaml"))
    assert survey.exit_code == 0, survey.output


def test_another_fingerprint_is_not(place: Place) -> None:
    done = place.trust("--fingerprint", "SHA256:" + "A" * 43)
    assert (done.exit_code, place.known.exists()) == (1, False)
    assert "not a fingerprint that was expected" in done.stderr
    assert place.trust("--fingerprint", "MD5:00").exit_code == 1


def test_a_file_of_fingerprints_is_by_host(place: Place) -> None:
    file = place.folder / "expected"
    file.write_text(f"# from the console\napp-02 {place.fingerprint}\n")
    assert place.trust("--fingerprints", str(file)).exit_code == 1, "app-01 is not in it"
    assert [line.split()[0] for line in place.known.read_text().splitlines()] == [f"[127.0.0.2]:{place.sshd.port}"]


def test_what_was_accepted_stands_in_the_upgrades_record(place: Place) -> None:
    plan = str(place.folder / "plan.yaml")
    done = place.run("trust", plan, "--fingerprint", place.fingerprint)
    assert "已接受 1 个密钥（li.wei）" in done.output
    streams = asyncio.run(names(place.folder / "store"))
    assert [each["host"] for stream in streams for each in place.recorded(stream)] == ["app-01"]
    shown = json.loads(place.run("trust", plan, "--json").output)
    assert [(each["host"], each["standing"], each["accepted"]) for each in shown] == [("app-01", "known", False)]


def test_a_changed_key_wants_replace_and_a_reason(place: Place) -> None:
    assert place.trust("--fingerprint", place.fingerprint).exit_code == 0
    before = place.known.read_text()
    for name in ("host_key", "host_key.pub"):
        (place.sshd.folder / name).unlink()
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")  # another kind: still a change
    key.write_private_key(str(place.sshd.folder / "host_key"))
    key.write_public_key(str(place.sshd.folder / "host_key.pub"))
    (place.sshd.folder / "host_key").chmod(0o600)
    place.sshd.stop()
    place.sshd.start_again()
    expected = ("--fingerprint", place.fingerprint)
    refused = place.trust(*expected)
    assert refused.exit_code == 1
    assert "CHANGED" in refused.output
    assert place.trust("--replace", *expected).exit_code == 1, "a reason is wanted"
    assert place.known.read_text() == before
    done = place.trust("--replace", "--reason", "installed anew", *expected)
    assert done.exit_code == 0, done.output
    assert "ssh-ed25519" not in place.known.read_text()
    assert place.recorded()[-1]["note"] == "installed anew"
    assert place.recorded()[-1]["replaced"][0].startswith("ssh-ed25519 SHA256:")
    assert place.trust().exit_code == 0


def test_other_lines_stay_and_shared_ones_are_left_to_a_person(place: Place) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    mine = f"[127.0.0.1]:{place.sshd.port}"
    kept = f"# mine\n@cert-authority *.example.org {other}\nelsewhere {other}\n"
    place.known.write_text(f"{kept}{mine} {other}\n")
    place.known.chmod(0o644)
    replace = ("--host", "app-01", "--fingerprint", place.fingerprint, "--replace", "--reason", "new disk")
    assert place.trust(*replace).exit_code == 0
    assert place.known.read_text().startswith(kept)
    assert (len(place.known.read_text().splitlines()), place.known.stat().st_mode & 0o777) == (4, 0o644)
    place.known.write_text(f"{mine},elsewhere {other}\n")
    done = place.trust(*replace)
    assert done.exit_code == 6
    assert "by hand" in done.output


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"\n", 1)])
def test_a_person_answers_at_the_terminal(place: Place, answer: bytes, status: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "liftlock", "trust", str(place.hosts)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.write(ours, answer)
    said, _ = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, place.known.exists()) == (status, status == 0), said.decode()
    assert b"Accept the keys of 2 hosts" in said


def test_a_bastion_comes_before_what_lies_behind_it(place: Place) -> None:
    bastion = start_sshd(place.folder / "bastion")
    try:
        shutil.copy(place.sshd.folder / "user_key.pub", bastion.folder / "user_key.pub")
        text = place.hosts.read_text().replace("defaults: {", "defaults: {jump: [gate], ")
        place.hosts.write_text(f"{text}  gate: {{address: localhost, port: {bastion.port}}}\n")
        gate = str(asyncssh.read_public_key(bastion.folder / "host_key.pub").get_fingerprint())
        assert place.trust("--fingerprint", place.fingerprint).exit_code == 1, "nobody knows the bastion"
        assert not place.known.exists()
        done = place.trust("--fingerprint", place.fingerprint, "--fingerprint", gate)
        assert done.exit_code == 0, done.output
        assert len(place.known.read_text().splitlines()) == 3
    finally:
        bastion.stop()
