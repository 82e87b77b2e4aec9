"""Images switched and switched back with a real podman: rootful, in a folder of its own, without a network."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.container import DRIVERS, Container
from liftlock.model.actions import Action, Evidence, Failure, Script
from liftlock.model.ports import Setting
from tests.drivers.conftest import Machine

DRIVER = DRIVERS[0]
LIMITS = "--ulimit nofile=512:512 --ulimit nproc=512:512 --network none"
START = """\
#!/bin/sh
. {folder}/env
{tool} rm -f -t 0 app >/dev/null 2>&1
exec {tool} run -d --name app {limits} "$IMAGE"
"""


class Pod:
    """podman with a root of its own, two images that run and one that ends at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        where = f"--root {folder}/root --runroot {folder}/run --tmpdir {folder}/tmp --storage-driver vfs"
        self.tool = f"podman {where} --cgroup-manager cgroupfs --events-backend file --runtime runc"
        self.machine = Machine(folder, ["dash", "-s"], os.environ["PATH"])
        for tag, command in (("1.0", "sleep 600"), ("1.1", "sleep 601"), ("bad", "false")):
            self.make(tag, command)
        (folder / "env").write_text("# of the app\nIMAGE=localhost/app:1.0\nOTHER=x\n")
        (folder / "env").chmod(0o640)
        start = folder / "start"
        start.write_text(START.format(folder=folder, tool=self.tool, limits=LIMITS))
        start.chmod(0o755)

    def make(self, tag: str, command: str) -> None:
        """An image that holds sh and what it needs, and a file that differs."""
        rootfs = self.folder / "rootfs"
        for file in programs():
            place = rootfs / file.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
        (rootfs / "tag").write_text(tag)
        subprocess.run(["tar", "-C", rootfs, "-cf", self.folder / "image.tar", "."], check=True)
        command = " ".join(f'"{word}",' for word in command.split()).rstrip(",")
        self.say("import", "-c", f"CMD [{command}]", str(self.folder / "image.tar"), f"localhost/app:{tag}")

    def say(self, *words: str) -> str:
        done = subprocess.run([*self.tool.split(), *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def tag(self) -> str:
        return self.say("exec", "app", "cat", "/tag")

    def step(self, tag: str, **item: Any) -> tuple[Action, Action, Action]:
        said = {"name": "app", "file": str(self.folder / "env"), "apply": str(self.folder / "start"), "tool": self.tool}
        said |= {"steady_s": 1.0, "within_s": 20.0, "pull": False, "image": f"localhost/app:{tag}", **item}
        pull, switch = DRIVER.expand(Container(**said), Setting("app", "1.0", "1.1", False, {}, {}, {}))
        assert switch.undo is not None
        return pull.action, switch.action, switch.undo

    def run(self, action: Action, step: str = "app/1/w1/h1/03-switch", **context: Any) -> Evidence | Failure:
        return self.machine.operate(DRIVER, action, self.machine.context(step, **context))


def programs() -> list[Path]:
    """sleep, cat and false, with the libraries that they are linked with."""
    found = [Path("/bin/sleep"), Path("/bin/cat"), Path("/bin/false")]
    said = subprocess.run(["ldd", "/bin/sleep"], check=True, capture_output=True, text=True).stdout
    return found + [Path(word) for word in said.split() if word.startswith("/")]


@pytest.fixture
def pod() -> Iterator[Pod]:
    """In a folder with a short name: podman has sockets in it."""
    if os.getuid() != 0 or not shutil.which("podman") or not shutil.which("runc"):
        pytest.skip("needs root, podman and runc")
    folder = Path(tempfile.mkdtemp(prefix="pod", dir="/tmp"))
    made = Pod(folder)
    yield made
    subprocess.run([*made.tool.split(), "rm", "-f", "-a", "-t", "0"], check=False, capture_output=True)
    subprocess.run(["umount", folder / "root" / "vfs"], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def test_images_are_switched_by_digest_watched_and_switched_back(pod: Pod) -> None:
    subprocess.run([pod.folder / "start"], check=True, capture_output=True)
    pull, switch, undo = pod.step("1.1")
    pulled = pod.run(pull, "app/1/w1/h1/01-pull")
    assert isinstance(pulled, Evidence), pulled
    assert pulled.facts["image"].startswith("localhost/app@sha256:")
    done = pod.run(switch, forward=pulled.facts)
    assert isinstance(done, Evidence), done
    assert done.facts["id"] == pulled.facts["id"] != done.facts["previous"]
    assert pod.tag() == "1.1"
    assert (pod.folder / "env").read_text() == f"# of the app\nIMAGE={pulled.facts['image']}\nOTHER=x\n"
    assert (pod.folder / "env").stat().st_mode & 0o777 == 0o640
    look = DRIVER.probe(switch, pod.machine.context("app/1/w1/h1/03-switch", forward=pulled.facts))
    assert isinstance(look, Script)
    assert isinstance(DRIVER.settle(switch, pod.machine.context(), pod.machine.run(look)), Evidence)
    assert isinstance(DRIVER.settle(undo, pod.machine.context(), pod.machine.run(look)), Failure)
    back = pod.run(undo, "app/1/w1/h1/u03-switch", forward=done.facts)
    assert isinstance(back, Evidence), back
    assert pod.tag() == "1.0"
    assert "IMAGE=localhost/app:1.0\n" in (pod.folder / "env").read_text()
    assert "localhost/app:1.1" in pod.say("images", "--format", "{{.Repository}}:{{.Tag}}")
    refuse_what_does_not_stay_up(pod)
    refuse_what_is_not_there(pod)


def refuse_what_does_not_stay_up(pod: Pod) -> None:
    _, switch, _ = pod.step("bad", within_s=2.0)
    _, _, undo = pod.step("bad", within_s=20.0)
    failure = pod.run(switch, run="r2")
    assert isinstance(failure, Failure)
    assert (failure.code, failure.fields["state"]) == ("container.unwell", "exited")
    assert isinstance(pod.run(undo, "app/1/w1/h1/u03-switch", run="r2"), Evidence)
    assert pod.tag() == "1.0"


def refuse_what_is_not_there(pod: Pod) -> None:
    pull, switch, undo = pod.step("1.7")
    for action in (pull, switch):
        failure = pod.run(action, run="r3")
        assert isinstance(failure, Failure)
        assert failure.code == "container.absent"
    nothing = pod.run(undo, "app/1/w1/h1/u03-switch", run="r3")
    assert isinstance(nothing, Evidence)
    assert nothing.facts == {"back": "nothing"}
