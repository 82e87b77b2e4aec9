"""release: checked before unpacked, switched in one rename, undone to what was there; run under both shells."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers import fetch as fetching
from liftlock.drivers.release import DRIVERS, Release
from liftlock.drivers.technology import places
from liftlock.model.actions import (
    Action,
    Delivered,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Preview,
    TimedOut,
    Transfer,
    Vanished,
)
from liftlock.model.ports import Artifact, Setting

from .conftest import HOSTILE, RUN, Machine

DRIVER = DRIVERS[0]
STEP = "orders/1/w1/h1/03-install"
BACK = "orders/1/w1/h1/u03-install"


class Packer:
    """Makes archives, puts them where a transfer would, and answers the release's two actions."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.into = machine, machine.root / HOSTILE

    def actions(self, data: bytes, version: str = "1.1", name: str = "a.tar.gz", **more: Any) -> tuple[Action, Action]:
        sha256 = hashlib.sha256(data).hexdigest()
        blobs = self.machine.state / "blobs"
        blobs.mkdir(exist_ok=True)
        (blobs / sha256).write_bytes(data)
        setting = Setting("orders", "1.0", "1.1", False, {}, {name: Artifact(f"/x/{name}", sha256, len(data))}, {})
        item = Release(archive=name, into=str(self.into), version=version, **more)
        template = DRIVER.expand(item, setting)[1]
        assert template.undo is not None
        return template.action, template.undo

    def install(self, data: bytes, version: str = "1.1", run: str = RUN, **more: Any) -> dict[str, Any]:
        step = f"orders/1/w1/h1/03-install-{version}"
        return self.machine.good(DRIVER, self.actions(data, version, **more)[0], self.machine.context(step, run=run))

    @property
    def current(self) -> str:
        return os.readlink(self.into / "current")

    def releases(self) -> list[str]:
        return sorted(os.listdir(self.into / "releases"))


@pytest.fixture
def packer(machine: Machine) -> Packer:
    return Packer(machine)


def tar(*members: tuple[str, Any], mode: str = "w:gz") -> bytes:
    """An archive of (name, content or changes to its TarInfo)."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
        for name, what in members:
            info = tarfile.TarInfo(name)
            info.mtime = 1_700_000_000
            if isinstance(what, bytes):
                info.size = len(what)
                archive.addfile(info, io.BytesIO(what))
            else:
                for field, value in what.items():
                    setattr(info, field, value)
                archive.addfile(info)
    return made.getvalue()


def folder() -> dict[str, Any]:
    return {"type": tarfile.DIRTYPE, "mode": 0o755}


def link(to: str) -> dict[str, Any]:
    return {"type": tarfile.SYMTYPE, "linkname": to}


GOOD = tar(
    ("./", folder()),
    ("./bin/", folder()),
    ("./bin/run", b"#!/bin/sh\n"),
    ("./bin/sp ace", b"x"),
    ("./lib/中文", b"y"),
    ("./lib/now", link("../bin/run")),
    ("./lib/later", link("not/yet/there")),
)
OLD = tar(("bin/run", b"old"))


def test_installs_switches_and_says_what_was_there(packer: Packer) -> None:
    first = packer.install(OLD, "1.0")
    assert (first["previous"], first["current"]) == ("", "releases/1.0")
    second = packer.install(GOOD)
    assert (second["previous"], second["current"], second["files"]) == ("releases/1.0", "releases/1.1", "7")
    assert packer.current == "releases/1.1"
    assert (packer.into / "current/lib/now").read_text() == "#!/bin/sh\n"
    assert (packer.into / "current/lib/中文").read_text() == "y"
    assert packer.releases() == ["1.0", "1.1"]
    assert os.listdir(packer.into) == ["releases", "current"] or set(os.listdir(packer.into)) == {"releases", "current"}


def test_installing_again_changes_nothing_and_remembers_the_first_previous(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    before = packer.install(GOOD)
    inode = (packer.into / "releases/1.1").stat().st_ino
    assert packer.install(GOOD) | {"files": ""} == before | {"files": ""}
    assert (packer.into / "releases/1.1").stat().st_ino == inode


@pytest.mark.parametrize("evidence", [True, False])
def test_undo_switches_back_with_and_without_evidence(packer: Packer, evidence: bool) -> None:
    packer.install(OLD, "1.0")
    action, undo = packer.actions(GOOD)
    facts = packer.machine.good(DRIVER, action, packer.machine.context(STEP))
    back = packer.machine.context(BACK, version="1.0", back=True, forward=facts if evidence else {})
    assert packer.machine.good(DRIVER, undo, back)["undone"] == "switched"
    assert packer.current == "releases/1.0"
    again = packer.machine.good(DRIVER, undo, back)["undone"]
    assert again == ("already" if evidence else "nothing")
    assert packer.current == "releases/1.0"
    assert packer.releases() == ["1.0", "1.1"]


def test_undo_of_nothing_touches_nothing(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    undo = packer.actions(GOOD)[1]
    assert packer.machine.good(DRIVER, undo, packer.machine.context(BACK))["undone"] == "nothing"
    assert packer.current == "releases/1.0"


def test_undo_of_a_first_release_removes_the_link(packer: Packer) -> None:
    action, undo = packer.actions(GOOD)
    packer.machine.good(DRIVER, action, packer.machine.context(STEP))
    assert packer.machine.good(DRIVER, undo, packer.machine.context(BACK))["undone"] == "removed"
    assert not os.path.lexists(packer.into / "current")


def test_undo_holds_where_somebody_moved_the_link(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    action, undo = packer.actions(GOOD)
    facts = packer.machine.good(DRIVER, action, packer.machine.context(STEP))
    (packer.into / "current").unlink()
    (packer.into / "current").symlink_to("elsewhere")
    failure = packer.machine.bad(DRIVER, undo, packer.machine.context(BACK, forward=facts))
    assert (failure.kind, failure.code) == (FailureKind.DEVIATED, "release.moved")
    assert packer.current == "elsewhere"


def test_a_later_run_after_an_undo_unpacks_anew(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    action, undo = packer.actions(GOOD)
    packer.machine.good(DRIVER, action, packer.machine.context(STEP))
    packer.machine.good(DRIVER, undo, packer.machine.context(BACK))
    (packer.into / "releases/1.1/bin/run").write_text("damaged")
    rebuilt = packer.actions(tar(("bin/run", b"rebuilt")))[0]
    facts = packer.machine.good(DRIVER, rebuilt, packer.machine.context(STEP, run="r2"))
    assert facts["previous"] == "releases/1.0"
    assert (packer.into / "current/bin/run").read_text() == "rebuilt"


def test_half_done_states_converge(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    action, undo = packer.actions(GOOD)
    facts = packer.machine.good(DRIVER, action, packer.machine.context(STEP))
    key = places(packer.machine.context(STEP))["key"]
    # killed between the two renames, with scratch left over and the link gone
    for left in (f"releases/.liftlock-new-{key}", f"releases/.liftlock-old-{key}"):
        (packer.into / left).mkdir()
        (packer.into / left / "junk").write_text("x")
    (packer.into / f".liftlock-current-{key}").symlink_to("nowhere")
    (packer.into / "current").unlink()
    assert packer.machine.good(DRIVER, action, packer.machine.context(STEP))["previous"] == facts["previous"]
    assert packer.current == "releases/1.1"
    (packer.into / "current").unlink()
    assert packer.machine.good(DRIVER, undo, packer.machine.context(BACK))["undone"] == "switched"
    assert packer.current == "releases/1.0"
    assert packer.releases() == ["1.0", "1.1"]


def test_keeps_the_newest_and_always_the_previous_and_what_is_not_ours(packer: Packer) -> None:
    (packer.into / "releases/by-hand").mkdir(parents=True)
    for minor in range(5):
        packer.install(tar(("f", b"%d" % minor)), f"0.{minor}", run="before", keep=9)
        marker = packer.into / f"releases/0.{minor}/.liftlock-release"
        os.utime(marker, (1_600_000_000 + minor, 1_600_000_000 + minor))
    (packer.into / "current").unlink()
    (packer.into / "current").symlink_to("releases/0.1")
    packer.install(tar(("f", b"new")), "1.1", keep=2)
    assert packer.releases() == ["0.1", "0.4", "1.1", "by-hand"]


def test_what_an_earlier_step_of_the_run_would_go_back_to_is_kept(packer: Packer) -> None:
    """1.0 → 1.1 → 1.2 in one recipe, keeping one: all the way back is still there."""
    packer.install(OLD, "1.0", run="before")
    steps = [packer.actions(tar(("f", version.encode())), version, keep=1) for version in ("1.1", "1.2")]
    for number, (action, _) in enumerate(steps):
        packer.machine.good(DRIVER, action, packer.machine.context(f"orders/1/w1/h1/0{number}-install"))
    assert packer.releases() == ["1.0", "1.1", "1.2"]
    for number in (1, 0):
        packer.machine.good(DRIVER, steps[number][1], packer.machine.context(f"orders/1/w1/h1/u0{number}-install"))
    assert packer.current == "releases/1.0"
    assert (packer.into / "current/bin/run").read_text() == "old"


def test_undo_does_not_switch_to_what_is_gone(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    action, undo = packer.actions(GOOD)
    facts = packer.machine.good(DRIVER, action, packer.machine.context(STEP))
    shutil.rmtree(packer.into / "releases/1.0")
    failure = packer.machine.bad(DRIVER, undo, packer.machine.context(BACK, forward=facts))
    assert (failure.kind, failure.code) == (FailureKind.REFUSED, "release.gone")
    assert packer.current == "releases/1.1"


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tgz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.txz", "w:xz")]
)
def test_every_form_of_tar_and_one_top_folder(packer: Packer, name: str, mode: str) -> None:
    data = tar(("top/", folder()), ("top/bin/run", b"x"), ("top/l", link("bin/run")), mode=mode)
    packer.install(data, name=name, strip=1)
    assert (packer.into / "current/l").read_text() == "x"


def test_zip(packer: Packer) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("top/bin/run it", "x")
    packer.install(made.getvalue(), name="a.zip", strip=1)
    assert (packer.into / "current/bin/run it").read_text() == "x"


def zipped(name: str, content: str, mode: int = 0o100644) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, content)
    return made.getvalue()


FILE = ("bin/run", b"x")
EVIL = {
    "absolute": ("member_absolute", tar(FILE, ("/etc/evil", b"x"))),
    "parent": ("member_outside", tar(FILE, ("a/../../evil", b"x"))),
    "parent at the end": ("member_outside", tar(FILE, ("a/..", folder()))),
    "link to absolute": ("member_link", tar(FILE, ("l", link("/etc")))),
    "link outside": ("member_link", tar(FILE, ("a/l", link("../../x")))),
    "link that goes down and up": ("member_link", tar(FILE, ("a/d", link("..")), ("a/e", link("d/../..")))),
    "write through a link": ("member_link", tar(FILE, ("l", link("bin")), ("l/x", b"x"))),
    "link after what is beneath": ("member_link", tar(FILE, ("l/x", b"x"), ("l", link("bin")))),
    "hard link outside": ("member_outside", tar(FILE, ("h", {"type": tarfile.LNKTYPE, "linkname": "../../etc/x"}))),
    "hard link absolute": ("member_absolute", tar(FILE, ("h", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}))),
    "device": ("member_special", tar(FILE, ("d", {"type": tarfile.BLKTYPE, "devmajor": 8, "devminor": 1}))),
    "tty": ("member_special", tar(FILE, ("d", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}))),
    "fifo": ("member_special", tar(FILE, ("p", {"type": tarfile.FIFOTYPE}))),
    "setuid": ("member_setuid", tar(FILE, ("s", {"mode": 0o4755}))),
    "setgid": ("member_setuid", tar(FILE, ("s", {"mode": 0o2755}))),
    "user that forges a line": (
        "member_unreadable",
        tar(FILE, ("../evil", {"uname": "u", "gname": "g 5 2024-01-01 00:00 safe"})),
    ),
}


@pytest.mark.parametrize("case", EVIL)
def test_an_evil_archive_is_refused_and_nothing_is_unpacked(packer: Packer, case: str) -> None:
    code, data = EVIL[case]
    packer.install(OLD, "1.0")
    failure = packer.machine.bad(DRIVER, packer.actions(data)[0], packer.machine.context(STEP))
    allowed = {f"release.{code}"}
    if case == "user that forges a line":  # GNU tar shows numbers instead of the name
        allowed.add("release.member_outside")
    assert failure.code in allowed
    assert failure.kind is FailureKind.REFUSED
    assert packer.current == "releases/1.0"
    assert packer.releases() == ["1.0"]
    assert not (packer.machine.root / "evil").exists()


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("member_absolute", zipped("/etc/evil", "x")),
        ("member_outside", zipped("../../evil", "x")),
        ("member_link", zipped("l", "/etc", 0o120777)),
        ("member_link", zipped("a/l", "../../../x", 0o120777)),
        ("broken", b"PK no zip"),
    ],
)
def test_an_evil_zip_is_refused(packer: Packer, code: str, data: bytes) -> None:
    packer.install(OLD, "1.0")
    failure = packer.machine.bad(DRIVER, packer.actions(data, name="a.zip")[0], packer.machine.context(STEP))
    assert failure.code == f"release.{code}", failure
    assert packer.releases() == ["1.0"]


@pytest.mark.parametrize(
    ("code", "data", "more"),
    [
        ("broken", GOOD[: len(GOOD) // 2], {}),
        ("broken", b"", {}),
        ("broken", b"no archive at all", {}),
        ("strip", tar(("a/x", b""), ("b/x", b"")), {"strip": 1}),
        ("strip", tar(("x", b"")), {"strip": 1}),
        ("owner", GOOD, {"owner": "nobody-of-that-name"}),
    ],
    ids=["half", "empty", "no-archive", "two-tops", "no-top", "no-owner"],
)
def test_what_cannot_be_unpacked_leaves_nothing(packer: Packer, code: str, data: bytes, more: dict[str, Any]) -> None:
    packer.install(OLD, "1.0")
    failure = packer.machine.bad(DRIVER, packer.actions(data, **more)[0], packer.machine.context(STEP))
    assert failure.code in (f"release.{code}", "release.unpack"), failure
    assert packer.releases() == ["1.0"]


def test_the_digest_is_looked_at_again_right_before_unpacking(packer: Packer) -> None:
    action = packer.actions(GOOD)[0]
    blob = packer.machine.state / "blobs" / action.args["sha256"]
    blob.write_bytes(GOOD + b"x")
    failure = packer.machine.bad(DRIVER, action, packer.machine.context(STEP))
    assert (failure.code, failure.kind) == ("release.checksum", FailureKind.TRANSIENT)
    blob.unlink()
    assert packer.machine.bad(DRIVER, action, packer.machine.context(STEP)).code == "release.blob"
    assert not (packer.into / "current").exists()


@pytest.mark.parametrize("version", ["..", "a/b", "-rf", ".hidden", "x\ny"])
def test_a_version_that_is_no_folder_is_refused(packer: Packer, version: str) -> None:
    action = packer.actions(GOOD, version)[0]
    assert packer.machine.bad(DRIVER, action, packer.machine.context(STEP)).code == "release.version"


def test_what_is_not_ours_stays(packer: Packer) -> None:
    (packer.into / "releases/1.1").mkdir(parents=True)
    (packer.into / "releases/1.1/mine").write_text("x")
    action = packer.actions(GOOD)[0]
    assert packer.machine.bad(DRIVER, action, packer.machine.context(STEP)).code == "release.occupied"
    (packer.into / "current").mkdir()
    assert packer.machine.bad(DRIVER, action, packer.machine.context(STEP)).code == "release.current"
    assert (packer.into / "releases/1.1/mine").read_text() == "x"


def test_another_archive_never_replaces_the_release_in_use(packer: Packer) -> None:
    packer.install(GOOD)
    action = packer.actions(OLD)[0]
    assert packer.machine.bad(DRIVER, action, packer.machine.context(STEP)).code == "release.in_use"
    assert (packer.into / "current/lib/now").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
@pytest.mark.parametrize("listed", [True, False])
def test_a_full_disk_leaves_the_old_release(packer: Packer, listed: bool, tmp_path: Path) -> None:
    packer.into.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", packer.into], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        packer.install(OLD, "1.0")
        # many small files take more room than their sizes say
        members = [("big", b"x" * 400_000)] if listed else [(f"f{n}", b"x") for n in range(200)]
        failure = packer.machine.bad(DRIVER, packer.actions(tar(*members))[0], packer.machine.context(STEP))
        assert failure.code == ("release.space" if listed else "release.unpack")
        assert packer.current == "releases/1.0"
        assert packer.releases() == ["1.0"]
    finally:
        subprocess.run(["umount", packer.into], check=True)


def test_preview_and_probe(packer: Packer) -> None:
    packer.install(OLD, "1.0")
    action, undo = packer.actions(GOOD)
    machine, context, back = packer.machine, packer.machine.context(STEP), packer.machine.context(BACK)

    def look(which: Action, told: Any) -> Any:
        probe = DRIVER.probe(which, told)
        assert probe is not None
        return DRIVER.settle(which, told, machine.run(probe))  # type: ignore[arg-type]

    preview = DRIVER.preview(action, context)
    assert preview is not None
    shown = DRIVER.show(action, context, machine.run(preview))  # type: ignore[arg-type]
    assert shown == Preview(True, f"{packer.into}/current: releases/1.0 → releases/1.1")
    assert look(action, context).kind is FailureKind.INTERRUPTED
    facts = machine.good(DRIVER, action, context)
    assert look(action, context).facts["previous"] == "releases/1.0"
    assert not DRIVER.show(action, context, machine.run(preview)).changes  # type: ignore[arg-type]
    assert look(undo, back).kind is FailureKind.INTERRUPTED
    machine.good(DRIVER, undo, machine.context(BACK, forward=facts))
    assert isinstance(look(undo, machine.context(BACK, forward=facts)), Evidence)
    assert DRIVER.settle(action, context, Exited(1)) is None


def test_expands_to_a_transfer_and_an_installation() -> None:
    sha256 = "a" * 64
    setting = Setting("orders", "1.0", "1.1", False, {}, {"d/a.tar": Artifact("/x/d/a.tar", sha256, 9)}, {})
    fetch, install = DRIVER.expand(Release(archive="d/a.tar", into="/srv/{component}-{version}/"), setting)
    context = Machine.context.__get__(type("M", (), {"state": Path("/s")})())()
    assert (fetch.verb, install.verb) == ("fetch", "install")
    assert (fetch.action.kind, install.action.kind) == (Kind.FETCH, Kind.INSTALL)
    assert fetch.action.driver == "fetch"
    assert fetching.DRIVERS[0].operate(fetch.action, context) == Transfer("/x/d/a.tar", sha256)
    read = fetching.DRIVERS[0].read(fetch.action, context, Delivered("/s/blobs/a", 9))
    assert read == Evidence({"path": "/s/blobs/a", "size": 9, "sha256": sha256})
    assert fetch.undo is None
    assert not fetch.action.traits.writes
    assert install.undo is not None
    assert install.action.traits.writes
    assert install.undo.args["into"] == "/srv/{component}-{to_version}"  # the undo is of what went up
    assert install.undo.args["version"] == "{to_version}"
    for outcome, code in ((TimedOut(), "timeout"), (Vanished(), "vanished"), (Exited(137), "exit")):
        failure = DRIVER.read(install.action, context, outcome)
        assert isinstance(failure, Failure)
        assert failure.code == f"release.{code}"


def test_complains_of_what_cannot_work() -> None:
    setting = Setting("orders", "1.0", "1.1", False, {}, {}, {})
    found = DRIVER.complain(Release(archive="a.rpm", into="srv"), setting)
    assert [code for code, _ in found] == ["release.format", "release.into"]
    assert not DRIVER.complain(Release(archive="b.tgz", into="{root}/srv"), setting)
