"""A whole run as a person who is not root: a sudo password that is found nowhere, and refusals in both languages."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from liftlock.cli.main import root
from tests.house import PASSWORD, House, build, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")
INVENTORY = """\
hosts:
  app-01:
    address: 127.0.0.1
    port: {port}
    user: deploy
    key: {key}
    known_hosts: {known}
    state: /home/deploy/state
    become: {{password: {{secret: "env:SUDO_PW"}}}}
"""
PLAN = """\
upgrade: Rights {number}
timezone: UTC
owner: li.wei
inventory: hosts.yaml
components:
  - name: app
    version: {{from: "1", to: "2"}}
    hosts: app-01
    recipe:
      - command: {{run: 'as_root cp /etc/hostname /home/deploy/rights-{number}; env; as_root env', undo: 'true'}}
      - verify: {{file: /home/deploy/rights-{number}}}
rollout: {{waves: [100%], soak: 1s, look_every: 0.3s, on_failure: freeze, planned_outage: true}}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = build(tmp_path_factory.mktemp("house"))
    yield built
    built.stop()


class Place:
    def __init__(self, folder: Path, house: House, number: int) -> None:
        self.folder, self.plan = folder, folder / "plan.yaml"
        self.plan.write_text(PLAN.format(number=number))
        sshd = house.sshd
        (folder / "hosts.yaml").write_text(INVENTORY.format(port=sshd.port, key=sshd.key, known=sshd.known_hosts))

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(root, list(words))


def test_a_run_with_a_password_leaves_it_nowhere(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.sudoers("deploy ALL=(root) /usr/bin/cp /etc/hostname *, /usr/bin/env")
    monkeypatch.setenv("SUDO_PW", PASSWORD)
    place = Place(tmp_path, house, 1)
    shown = [place.run("survey", str(place.plan)), place.run("plan", str(place.plan), "--diff-host", "app-01")]
    done = place.run("run", str(place.plan))
    assert done.exit_code == 0, done.output
    shown += [done, place.run("log", str(place.plan), "--json")]
    shown.append(place.run("archive", str(place.plan), "--out", str(tmp_path / "bundle.zip")))
    assert not any(PASSWORD in each.output for each in shown)
    kept = [file for folder in (tmp_path, house.folder / "home") for file in folder.rglob("*") if file.is_file()]
    assert any(file.name == "rights-1" for file in kept)
    assert not any(PASSWORD.encode() in file.read_bytes() for file in kept)


@pytest.mark.parametrize(
    ("number", "sudoers", "password", "english", "chinese"),
    [
        (2, "deploy ALL=(root) /usr/bin/id", PASSWORD, "does not let deploy run", "不允许 deploy"),
        (3, "deploy ALL=(root) ALL", "Nope-4711", "is wrong; it was tried once", "口令错误；只试了一次"),
    ],
)
def test_a_refusal_is_said_in_both_languages(
    house: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    sudoers: str,
    password: str,
    english: str,
    chinese: str,
) -> None:
    house.sudoers(sudoers)
    monkeypatch.setenv("SUDO_PW", password)
    place = Place(tmp_path, house, number)
    done = place.run("run", str(place.plan))
    assert done.exit_code not in (0, 70), done.output
    said = {language: place.run("log", str(place.plan), "--lang", language).output for language in ("en", "zh")}
    assert "@denied" not in said["en"]
    assert english in " ".join(said["en"].split()), said["en"]
    assert chinese.replace(" ", "") in "".join(said["zh"].split()), said["zh"]
    failed = [json.loads(line) for line in place.run("log", str(place.plan), "--json").output.splitlines()]
    reasons = [each["event"]["failure"] for each in failed if each.get("event", {}).get("type") == "StepFailed"]
    assert {each["code"] for each in reasons} == {"world-denied"}
    assert not (house.folder / f"home/deploy/rights-{number}").exists()


def test_the_wrapper_is_printed() -> None:
    done = CliRunner().invoke(root, ["wrapper"])
    assert done.output == files("liftlock.hosts").joinpath("wrapper/liftlock-root.sh").read_text("utf-8")
