"""Which value a host's variable has, where several files say one.

Rule (Ansible's precedence, weakest first): `all` in the sources; the other groups in the sources; group_vars/all beside
the inventory, then beside the plan; group_vars of the other groups beside the inventory, then beside the plan; the
host's own in the sources; host_vars beside the inventory, then beside the plan. Groups go by depth, priority and name.
A later value replaces an earlier one whole.
"""

import os
from collections.abc import Callable

from liftlock.planfile.ansible.fleet import ALL, Fleet, Group
from liftlock.planfile.ansible.folders import Folders
from liftlock.planfile.ansible.values import read_json, read_yaml, variables_of
from liftlock.planfile.ansible.vault import BadVault, Passwords, decrypt, is_encrypted
from liftlock.planfile.ansible.written import Notes, Place, Value, Variables

Unlock = Callable[[], Passwords]


class Merger:
    """`besides`: the folders whose group_vars and host_vars count, the inventory's first. `unlock` is asked for
    passwords only if a file is encrypted."""

    def __init__(self, fleet: Fleet, folders: Folders, notes: Notes, besides: list[str], unlock: Unlock) -> None:
        self.fleet, self.folders, self.notes = fleet, folders, notes
        self.besides = besides
        self.unlock = unlock
        self.grouped: dict[tuple[str, ...], Variables] = {}
        self.filed: dict[tuple[str, str, str], Variables] = {}

    def host(self, name: str) -> Variables:
        """Everything that is said about a host, merged."""
        entry = self.fleet.hosts[name]
        found = dict(self.groups(tuple(entry.groups)))
        found.update(entry.variables)
        for beside in self.besides:
            found.update(self.file_variables(beside, "host_vars", name))
        return found if self.notes.spend(len(found), entry.place) else {}

    def groups(self, direct: tuple[str, ...]) -> Variables:
        if direct not in self.grouped:
            self.grouped[direct] = self.merge_groups(self.fleet.groups_of(direct))
        return self.grouped[direct]

    def merge_groups(self, groups: list[Group]) -> Variables:
        found = dict(self.fleet.groups[ALL].variables)
        for group in groups:
            found.update(group.variables)
        for beside in self.besides:
            found.update(self.file_variables(beside, "group_vars", ALL))
        for beside in self.besides:
            for group in groups:
                found.update(self.file_variables(beside, "group_vars", group.name))
        return found

    def file_variables(self, beside: str, kind: str, name: str) -> Variables:
        key = (beside, kind, name)
        if key not in self.filed:
            found: Variables = {}
            for file in self.folders.variables(os.path.join(beside, kind), name):
                found.update(self.read(file))
            self.filed[key] = found
        return self.filed[key]

    def read(self, file: str) -> Variables:
        data = self.folders.read(file)
        if data is None:
            return {}
        sealed = is_encrypted(data)
        text = self.opened(data, file) if sealed else data
        return {} if text is None else parse_variables(text, file, self.notes, sealed=sealed)

    def opened(self, data: bytes, file: str) -> bytes | None:
        """An encrypted file's text. Without any password its variables are unknown, which is said."""
        passwords = self.unlock()
        if not passwords:
            self.notes.note("L412", Place(file), file=file)
            return None
        try:
            return decrypt(data.decode("ascii", "replace"), passwords)
        except BadVault as error:
            self.notes.note("L413", Place(file), file=file, problem=error.why)
            return None


def parse_variables(data: bytes, file: str, notes: Notes, *, sealed: bool = False) -> Variables:
    """The variables of a file of variables. Of an encrypted file's faults only the place is told."""
    text = data.decode("utf-8", "replace")
    found = read_json(text)
    if isinstance(found, dict):
        return {str(name): Value(value, Place(file), sealed) for name, value in found.items()}
    own = Notes() if sealed else notes
    root = read_yaml(data, file, own)
    variables = {} if root is None else variables_of(root, file, own, sealed=sealed)
    if own is not notes and own.findings:
        notes.note("L413", Place(file), file=file, problem="content")
    return variables
