"""Which files of a folder Ansible reads: sources in alphabetical order, group_vars and host_vars by name.

Rules: a folder's sources are its files and those of its folders, without hidden ones, group_vars, host_vars and the
extensions that are no inventories. Of a group's or host's variables the first that is there counts: the folder or file
of its bare name, else `.yml`, `.yaml`, `.json`; a folder's files count all, in alphabetical order, with the same
extensions or none.
"""

import os
import re
from pathlib import Path as FilePath

from liftlock.planfile.ansible.written import Notes, Place
from liftlock.planfile.files import Refused, read_bounded
from liftlock.planfile.yaml import INVENTORY_LIMITS

IGNORED = re.compile(
    r"^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:py[co]|swp|bak|rpm|md|txt|rst|orig|cfg|retry)|~)$"
)
EXTENSIONS = ("", ".yml", ".yaml", ".json")
FILES_MAX = 50_000
DEPTH_MAX = 20


class Folders:
    """Reads bounded files, and each folder's names once."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.names: dict[str, frozenset[str]] = {}
        self.opened = 0

    def read(self, file: str) -> bytes | None:
        """A file's bytes; None, with a finding, if they cannot be had."""
        self.opened += 1
        self.notes.files[file] = None
        try:
            return read_bounded(FilePath(file), file, INVENTORY_LIMITS.size_bytes)
        except Refused as refused:
            self.notes.note(refused.code, Place(file), **refused.said)
            return None

    def sources(self, path: str, depth: int = 0) -> list[str]:
        """The inventory files of a folder, or the one file."""
        if not os.path.isdir(path):
            return [path]
        found: list[str] = []
        for name in sorted(self.listed(path)):
            if not IGNORED.search(name) and self.has_room(path, len(found), depth):
                found += self.sources(os.path.join(path, name), depth + 1)
        return found

    def variables(self, folder: str, name: str) -> list[str]:
        """The files that hold the variables of a group or a host; `folder`: a group_vars or host_vars."""
        known = self.listed(folder)
        for extension in EXTENSIONS if "/" not in name else ():
            if name + extension in known:
                path = os.path.join(folder, name + extension)
                return self.inside(path, 0) if os.path.isdir(path) else [path]
        return []

    def inside(self, path: str, depth: int) -> list[str]:
        found: list[str] = []
        for name in sorted(self.listed(path)):
            if name.startswith(".") or name.endswith("~") or not self.has_room(path, len(found), depth):
                continue
            extension, whole = os.path.splitext(name)[1], os.path.join(path, name)
            if os.path.isdir(whole):
                found += [] if extension else self.inside(whole, depth + 1)
            elif extension in EXTENSIONS:
                found.append(whole)
        return found

    def listed(self, path: str) -> frozenset[str]:
        if path not in self.names:
            try:
                self.names[path] = frozenset(os.listdir(path))
            except (FileNotFoundError, NotADirectoryError):
                self.names[path] = frozenset()
            except OSError as error:
                self.names[path] = frozenset()
                self.notes.note("L071", Place(path), file=path, problem=error.strerror or str(error))
        return self.names[path]

    def has_room(self, path: str, count: int, depth: int) -> bool:
        if self.opened + count < FILES_MAX and depth < DEPTH_MAX:
            return True
        self.notes.note("L086", Place(path), limit=FILES_MAX)
        return False
