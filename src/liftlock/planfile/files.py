"""The files that a plan names: artifacts by digest and size, texts by content; or findings.

Names are relative to the plan's folder. Everything is bounded, and only plain files are opened: a device or a pipe in
their place could block for ever.
"""

import os
import re
from collections.abc import Iterator
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path as FilePath
from stat import S_ISREG
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from liftlock.model.findings import Finding, Path
from liftlock.model.ports import Artifact, Drivers
from liftlock.model.recipe import Item, Recipes
from liftlock.planfile import forms
from liftlock.planfile.codes import complain
from liftlock.planfile.trees import Unfit, digest_tree

MIB = 1024 * 1024
TEXT_MAX_BYTES = 4 * MIB
FOLDER_FILES_MAX = 2000
ARTIFACT_MAX_BYTES = 64 * 1024 * MIB
ADDRESS = re.compile(r"https?://", re.IGNORECASE)  # an artifact that a host gets for itself


class Files(Struct, frozen=True):
    """What the plan's files are, by the name that the plan gives them. What has a finding is left out."""

    artifacts: dict[str, Artifact]
    texts: dict[str, str]
    findings: tuple[Finding, ...]


class Refused(Exception):
    """A file cannot be used: the finding's code and fields."""

    def __init__(self, code: str, **said: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.said = said


def read_files(recipes: Recipes, drivers: Drivers, folder: FilePath) -> Files:
    """Read every file that a recipe's items name. Takes as long as reading the artifacts takes."""
    reader = Reader(folder)
    for item in all_items(recipes):
        manifest = drivers[item.driver].manifest
        for name, place in named(item, manifest.artifacts):
            if not ADDRESS.match(name):
                reader.take_artifact(name, place, item)
        for name, place in named(item, manifest.trees):
            reader.take_tree(name, place)
        for name, place in named(item, manifest.texts):
            reader.take_text(name, place)
        for name, place in named(item, manifest.folders):
            reader.take_folder(name, place)
    return Files(reader.artifacts, reader.texts, tuple(reader.findings))


def read_document(file: FilePath, limit_bytes: int, path: Path = (), source: str = "plan") -> bytes | Finding:
    """A plan's or an inventory's bytes, or why they cannot be had. `path`: the key that names the file, if one does."""
    try:
        return read_bounded(file, str(file), limit_bytes)
    except Refused as refused:
        return complain(refused.code, path, source, **refused.said)


def all_items(recipes: Recipes) -> Iterator[Item]:
    for lane in (recipes.before, recipes.items, recipes.after):
        for items in lane.values():
            yield from items


def named(item: Item, keys: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """The file names in these fields of an item, each with its place in the plan."""
    for each in fields(item.args):
        if each.name not in keys and each.encode_name not in keys:
            continue
        value: Any = getattr(item.args, each.name)
        place: Path = (*item.path, item.driver.partition(".")[0], each.encode_name)
        if isinstance(value, str) and value:
            yield value, place
        elif isinstance(value, (list, tuple)):
            yield from ((name, (*place, index)) for index, name in enumerate(value) if isinstance(name, str))


class Reader:
    """Reads each file once, however often it is named."""

    def __init__(self, folder: FilePath) -> None:
        self.folder = folder
        self.artifacts: dict[str, Artifact] = {}
        self.texts: dict[str, str] = {}
        self.findings: list[Finding] = []

    def take_artifact(self, name: str, place: Path, item: Item) -> None:
        try:
            if name not in self.artifacts:
                self.artifacts[name] = digest_file(self.folder / name, name)
        except Refused as refused:
            self.findings.append(complain(refused.code, place, **refused.said))
            return
        wanted = getattr(item.args, "sha256", "")
        beside: Path = (*place[: len(item.path) + 1], "sha256")
        actual = self.artifacts[name].sha256
        if not isinstance(wanted, str) or not wanted:
            return
        if not forms.SHA256.fullmatch(wanted.lower()):
            self.findings.append(complain("L075", beside, given=wanted))
        elif wanted.lower() != actual:
            self.findings.append(complain("L074", beside, file=name, expected=wanted.lower(), actual=actual))

    def take_tree(self, name: str, place: Path) -> None:
        try:
            if name not in self.artifacts:
                self.artifacts[name] = digest_any(self.folder / name, name)
        except Refused as refused:
            self.findings.append(complain(refused.code, place, **refused.said))

    def take_text(self, name: str, place: Path) -> None:
        if name in self.texts:
            return
        try:
            self.texts[name] = read_bounded(self.folder / name, name, TEXT_MAX_BYTES).decode("utf-8")
        except UnicodeDecodeError:
            self.findings.append(complain("L073", place, file=name))
        except Refused as refused:
            self.findings.append(complain(refused.code, place, **refused.said))

    def take_folder(self, name: str, place: Path) -> None:
        """Every .sql file that lies in the folder itself, as `folder/file`."""
        try:
            inside = sorted(each for each in os.listdir(self.folder / name) if each.endswith(".sql"))
        except (FileNotFoundError, NotADirectoryError):
            self.findings.append(complain("L070", place, file=name, looked_at=os.path.abspath(self.folder / name)))
            return
        except OSError as error:
            self.findings.append(complain("L071", place, file=name, problem=error.strerror or str(error)))
            return
        if len(inside) > FOLDER_FILES_MAX:
            problem = f"more than {FOLDER_FILES_MAX} .sql files"
            self.findings.append(complain("L071", place, file=name, problem=problem))
            return
        for each in inside:
            self.take_text(f"{name.rstrip('/')}/{each}", place)


def digest_any(file: FilePath, shown: str) -> Artifact:
    """A file's digest, or a folder's. Raises Refused."""
    if not file.is_dir():
        return digest_file(file, shown)
    try:
        return Artifact(os.path.abspath(file), *digest_tree(str(file), ARTIFACT_MAX_BYTES))
    except OSError as error:
        raise Refused("L071", file=shown, problem=error.strerror or str(error)) from error
    except Unfit as error:
        raise Refused("L071", file=shown, problem=str(error)) from error


def digest_file(file: FilePath, shown: str) -> Artifact:
    """SHA-256 and size of one reading of the file. Raises Refused."""
    with opened(file, shown, ARTIFACT_MAX_BYTES) as stream:
        try:
            digest = file_digest(stream, "sha256").hexdigest()
            return Artifact(os.path.abspath(file), digest, stream.tell())
        except OSError as error:
            raise Refused("L071", file=shown, problem=error.strerror or str(error)) from error


def read_bounded(file: FilePath, shown: str, limit_bytes: int) -> bytes:
    """The whole of a plain file. Raises Refused."""
    with opened(file, shown, limit_bytes) as stream:
        try:
            data = stream.read(limit_bytes + 1)
        except OSError as error:
            raise Refused("L071", file=shown, problem=error.strerror or str(error)) from error
    if len(data) > limit_bytes:  # it grew while it was read
        raise Refused("L072", file=shown, size_bytes=len(data), limit_bytes=limit_bytes)
    return data


def opened(file: FilePath, shown: str, limit_bytes: int) -> BufferedReader:
    """A plain file, opened for reading bytes. Raises Refused."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused("L070", file=shown, looked_at=os.path.abspath(file)) from error
    except OSError as error:
        raise Refused("L071", file=shown, problem=error.strerror or str(error)) from error
    status = os.fstat(descriptor)
    if not S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Refused("L076", file=shown)
    if status.st_size > limit_bytes:
        os.close(descriptor)
        raise Refused("L072", file=shown, size_bytes=status.st_size, limit_bytes=limit_bytes)
    return os.fdopen(descriptor, "rb")
