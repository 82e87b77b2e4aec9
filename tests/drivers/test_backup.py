"""backup.files: taken consistently, proved by a trial restore, restored exactly; run under both shells."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.backup import DRIVERS, BackupFiles
from liftlock.model.actions import Action, Evidence, Failure, FailureKind, Kind
from liftlock.model.ports import Setting

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]
TAKE = "orders/1/w1/h1/01-backup"
PROVE = "orders/1/w1/h1/02-prove"
BACK = "orders/1/w1/h1/u01-backup"


class Keeper:
    """A host with a folder and a file worth keeping, under hostile names."""

    def __init__(self, machine: Machine, setting: Setting) -> None:
        self.machine, self.setting = machine, setting
        self.folder = machine.root / HOSTILE
        self.file = machine.root / "-one file"
        (self.folder / "sub").mkdir(parents=True)
        (self.folder / "empty").mkdir(mode=0o750)
        (self.folder / "sub" / HOSTILE).write_text("precious")
        (self.folder / "sub" / "new\nline").write_text("x")
        (self.folder / "run").write_text("#!/bin/sh\n")
        (self.folder / "run").chmod(0o751)
        (self.folder / "link").symlink_to("sub")
        (self.folder / "dangling").symlink_to("no where")
        self.file.write_text("one")
        self.item = BackupFiles(files=(f"{self.folder}/", str(self.file)))

    def actions(self, **more: Any) -> tuple[Action, Action, Action]:
        item = BackupFiles(files=self.item.files, **more)
        taken, proved = DRIVER.expand(item, self.setting)
        assert taken.undo is not None
        return taken.action, proved.action, taken.undo

    def take(self, run: str = "r1", **more: Any) -> dict[str, Any]:
        return self.machine.good(DRIVER, self.actions(**more)[0], self.machine.context(TAKE, run=run))

    def prove(self, facts: dict[str, Any], **more: Any) -> Evidence | Failure:
        context = self.machine.context(PROVE, run="r1", forward=facts)
        return self.machine.operate(DRIVER, self.actions(**more)[1], context)

    def restore(self, facts: dict[str, Any]) -> Evidence | Failure:
        context = self.machine.context(BACK, run="r1", forward=facts)
        return self.machine.operate(DRIVER, self.actions()[2], context)


@pytest.fixture
def keeper(machine: Machine, setting: Setting) -> Keeper:
    return Keeper(machine, setting)


def seen(root: Path) -> dict[str, Any]:
    """Everything below a folder: modes, links, contents."""
    return {str(path.relative_to(root)): shape(path) for path in sorted(root.rglob("*"))} | {".": shape(root)}


def shape(path: Path) -> tuple[int, Any]:
    if path.is_symlink():
        return (0, os.readlink(path))
    return (path.stat().st_mode, path.read_bytes() if path.is_file() else None)


def names(folder: Path) -> Iterable[str]:
    return sorted(os.listdir(folder))


def test_taken_and_proved(keeper: Keeper) -> None:
    facts = keeper.take()
    assert facts["files"] == "4"
    assert int(facts["size"]) == Path(facts["path"]).stat().st_size
    assert Path(facts["path"]).parent == keeper.machine.state / "backups"
    proof = keeper.prove(facts)
    assert isinstance(proof, Evidence), proof
    assert proof.facts["proved"] == "4"
    assert keeper.prove(facts) == proof
    assert len(list(names(keeper.machine.state / "backups"))) == 3  # scratch folders are gone


def test_restored_exactly(keeper: Keeper) -> None:
    before, facts = seen(keeper.folder), keeper.take()
    (keeper.folder / "run").write_text("changed")
    (keeper.folder / "sub" / HOSTILE).unlink()
    (keeper.folder / "added").write_text("later")
    (keeper.folder / "empty").chmod(0o700)
    (keeper.folder / "link").unlink()
    (keeper.folder / "link").write_text("no link")
    keeper.file.unlink()
    result = keeper.restore(facts)
    assert isinstance(result, Evidence), result
    assert seen(keeper.folder) == before
    assert keeper.file.read_text() == "one"
    assert sorted(names(keeper.machine.root)) == sorted([HOSTILE, "-one file", "state dir"])
    assert isinstance(keeper.restore(facts), Evidence)
    assert seen(keeper.folder) == before


@pytest.mark.parametrize("left", ["scratch", "moved away", "both gone"])
def test_a_half_done_restore_converges(keeper: Keeper, left: str) -> None:
    before, facts = seen(keeper.folder), keeper.take()
    operation = DRIVER.operate(keeper.actions()[2], keeper.machine.context(BACK, run="r1"))
    key = operation.variables["key"]  # type: ignore[union-attr]
    old = keeper.machine.root / f".liftlock-replaced-{key}"
    if left == "scratch":
        (keeper.machine.root / f".liftlock-restore-{key}").mkdir()
        (keeper.machine.root / f".liftlock-restore-{key}" / "half").write_text("x")
        old.mkdir()
    elif left == "moved away":
        keeper.folder.rename(old)
    else:
        keeper.folder.rename(keeper.machine.root / "elsewhere")
    assert isinstance(keeper.restore(facts), Evidence)
    assert seen(keeper.folder) == before
    assert not old.exists()


@pytest.mark.parametrize("part", ["archive", "list", "cut", "names"])
def test_a_damaged_backup_is_not_proved_and_not_restored(keeper: Keeper, part: str) -> None:
    facts = keeper.take()
    path = Path(facts["path"])
    listed = path.with_name(path.name.replace(".tar.gz", ".manifest"))
    match part:
        case "archive":
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0xFF
            path.write_bytes(data)
        case "list":
            listed.write_text(listed.read_text().replace("e", "f"))
        case "cut":
            path.write_bytes(path.read_bytes()[:50])
        case "names":
            listed.with_suffix(".names").unlink()
    proof = keeper.prove(facts)
    assert isinstance(proof, Failure)
    assert (proof.kind, proof.code) == (
        FailureKind.REFUSED,
        "backup.files.none" if part == "names" else "backup.files.damaged",
    )
    (keeper.folder / "run").write_text("newer")
    if part != "list":  # the archive itself is whole then, and the result is compared in the end
        assert isinstance(keeper.restore(facts), Failure)
        assert (keeper.folder / "run").read_text() == "newer"


def test_a_list_that_does_not_fit_is_not_proved(keeper: Keeper) -> None:
    """The digest of the archive is right, and still it does not hold what was there."""
    facts = keeper.take()
    path = Path(facts["path"])
    listed = path.with_name(path.name.replace(".tar.gz", ".manifest"))
    listed.write_text("".join(line for line in listed.read_text().splitlines(True) if "empty" not in line))
    import hashlib

    forged = facts | {"manifest": hashlib.sha256(listed.read_bytes()).hexdigest()}
    proof = keeper.prove(forged)
    assert isinstance(proof, Failure)
    assert proof.code == "backup.files.differs"
    assert "empty" in proof.output


def test_without_a_backup_nothing_is_proved_or_restored(keeper: Keeper) -> None:
    for result in (keeper.prove({}), keeper.restore({})):
        assert isinstance(result, Failure)
        assert result.code == "backup.files.none"


def test_what_is_not_there_cannot_be_backed_up(keeper: Keeper) -> None:
    keeper.file.unlink()
    failure = keeper.machine.bad(DRIVER, keeper.actions()[0], keeper.machine.context(TAKE))
    assert failure.code == "backup.files.missing"
    assert failure.fields["path"] == str(keeper.file)


def test_files_that_change_meanwhile_make_no_backup(keeper: Keeper) -> None:
    taken = keeper.actions()[0]
    operation = DRIVER.operate(taken, keeper.machine.context(TAKE))
    changing = operation.body.replace("  refused=no\n", '  echo more >>/"$2"\n  refused=no\n')  # type: ignore[union-attr]
    assert changing != operation.body  # type: ignore[union-attr]
    outcome = keeper.machine.run(type(operation)(changing, operation.variables))  # type: ignore[union-attr]
    failure = DRIVER.read(taken, keeper.machine.context(TAKE), outcome)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.kind) == ("backup.files.changed", FailureKind.TRANSIENT)
    assert not list(names(keeper.machine.state / "backups"))


def test_every_attempt_makes_its_own_and_only_older_runs_are_thinned_once_it_is_proved(keeper: Keeper) -> None:
    old = [keeper.take(run=f"old-{n}") for n in range(3)]
    for n, facts in enumerate(old):
        path = Path(facts["path"])
        listed = path.with_name(path.name.replace(".tar.gz", ".manifest"))
        os.utime(listed, (1_600_000_000 + n, 1_600_000_000 + n))
    first, second = keeper.take(keep=2), keeper.take(keep=2)
    assert first["id"] != second["id"]
    left = {Path(facts["path"]).exists() for facts in (first, second, old[2])}
    assert left == {True}
    assert all(Path(facts["path"]).exists() for facts in old)
    assert isinstance(keeper.prove(second | {"sha256": "other"}, keep=2), Failure)
    assert all(Path(facts["path"]).exists() for facts in old)
    assert isinstance(keeper.prove(second, keep=2), Evidence)
    assert all(Path(facts["path"]).exists() for facts in (first, second, old[2]))
    assert not any(Path(facts["path"]).exists() for facts in old[:2])


@pytest.mark.parametrize("file", ["/", "//", "/etc/..", "/./", "/etc/../"])
def test_the_whole_file_system_is_no_set_of_files(machine: Machine, setting: Setting, file: str) -> None:
    """Putting it back would empty `/` first. Looked at again on the host, when its variables are filled."""
    assert [code for code, _ in DRIVER.complain(BackupFiles(files=file), setting)] == ["backup.files.whole"]
    action = DRIVER.expand(BackupFiles(files=("/etc/hostname", file)), setting)[0].action
    assert machine.bad(DRIVER, action, machine.context(TAKE)).code == "backup.files.whole"


def test_another_folder(keeper: Keeper) -> None:
    to = keeper.machine.root / "b k"
    facts = keeper.take(to=str(to))
    assert Path(facts["path"]).parent == to
    assert isinstance(keeper.prove(facts), Evidence)


def test_expands_and_complains(setting: Setting) -> None:
    taken, proved = DRIVER.expand(BackupFiles(files="/etc/{component}-{version}"), setting)
    assert [t.action.kind for t in (taken, proved)] == [Kind.BACKUP, Kind.PROVE]
    assert taken.undo is not None
    assert taken.undo.kind is Kind.RESTORE
    assert not taken.action.traits.writes
    assert not taken.action.traits.stateful
    assert taken.action.args["files"] == ["/etc/{component}-{to_version}"]
    assert DRIVER.complain(BackupFiles(files=("etc", "/a\nb", "{root}/etc")), setting) == (
        ("backup.files.path", {"path": "etc"}),
        ("backup.files.path", {"path": "/a\nb"}),
    )
