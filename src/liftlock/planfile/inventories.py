"""Which kind of inventory `inventory:` names, and reading it: our own, Ansible's, a table, ssh_config, a program.

Rules: what stands before a colon says the kind (`ansible:`, `table:`, `ssh-config:`, `program:`, `liftlock:`); else a
folder is Ansible's, and a file is what its extension and its content say. Only `program:` runs anything. An inventory
of our own is kept as it is written; of every other kind what is kept is what was made of it, since people's files hold
passwords.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path as FilePath
from typing import Literal

from msgspec import Struct, json

from liftlock.model.errors import WorldError
from liftlock.model.findings import Finding
from liftlock.planfile.ansible.load import Sources, load_ansible
from liftlock.planfile.ansible.merge import Unlock
from liftlock.planfile.ansible.values import read_json, read_yaml
from liftlock.planfile.ansible.written import Notes
from liftlock.planfile.codes import complain
from liftlock.planfile.files import read_document
from liftlock.planfile.inventory import LoadedInventory, load_inventory
from liftlock.planfile.nodes import Keys, Sequence
from liftlock.planfile.sshconfig import load_ssh_config
from liftlock.planfile.table import load_csv
from liftlock.planfile.workbook import load_workbook
from liftlock.planfile.yaml import INVENTORY_LIMITS

Kind = Literal["liftlock", "ansible", "table", "ssh-config", "program"]
KINDS: dict[str, Kind] = {
    "liftlock": "liftlock",
    "ansible": "ansible",
    "table": "table",
    "ssh-config": "ssh-config",
    "program": "program",
}
PREFIX = re.compile(r"([a-z][a-z-]*):(?!//)(.+)", re.DOTALL)
TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls")
OWN_KEYS = frozenset(("hosts", "groups", "defaults"))
GROUP_KEYS = frozenset(("hosts", "children", "vars"))
SSH_CONFIG = re.compile(rb"(?:\s*#[^\n]*\n|\s*\n)*\s*(?:Host|Match|Include)[ \t=]", re.IGNORECASE)

RunProgram = Callable[[FilePath], bytes]  # what it prints; raises WorldError


class Read(Struct, frozen=True):
    """`text`: what is kept of it. `relative_to`: the folder in which relative paths of keys begin."""

    path: FilePath
    text: bytes
    loaded: LoadedInventory | None
    relative_to: FilePath
    findings: tuple[Finding, ...] = ()


def read_inventory(name: str, folder: FilePath, unlock: Unlock, run: RunProgram) -> Read:
    """`name`: as the plan says it; `folder`: the plan's. Any file has an answer."""
    kind, rest = split_kind(name, folder)
    path = folder / os.path.expanduser(rest)
    if kind == "unknown":
        found = complain("L423", ("inventory",), given=name, known=", ".join(f"{each}:" for each in KINDS))
        return Read(path, b"", None, folder, (found,))
    if kind == "program":
        return read_program(name, path, folder, unlock, run)
    if os.path.isdir(path):
        return made(path, load_ansible(sources_at(kind, path, folder, run), unlock, name), folder)
    data = read_document(path, INVENTORY_LIMITS.size_bytes, ("inventory",))
    if isinstance(data, Finding):
        return Read(path, b"", None, folder, (data,))
    match kind or guess(path, data):
        case "ansible":
            return made(path, load_ansible(sources_at(kind, path, folder, run), unlock, name), folder)
        case "table":
            load = load_workbook if data[:4] == b"PK\x03\x04" or path.suffix in TABLES[2:] else load_csv
            return made(path, load(data, str(path)), path.parent)
        case "ssh-config":
            return made(path, load_ssh_config(data, str(path)), path.parent)
    own = load_inventory(data, str(path))
    return Read(path, data, own, path.parent, own.findings)


def read_program(name: str, path: FilePath, folder: FilePath, unlock: Unlock, run: RunProgram) -> Read:
    try:
        sources = sources_at("program", path, folder, run)
    except WorldError as error:
        problem = str(error.fields.get("problem", error.message))
        found = complain("L450", ("inventory",), program=str(path), problem=problem)
        return Read(path, b"", None, folder, (found,))
    return made(path, load_ansible(sources, unlock, name), folder)


def sources_at(kind: str, path: FilePath, folder: FilePath, run: RunProgram) -> Sources:
    return Sources(str(path), str(folder), run(path) if kind == "program" else None)


def ansible_sources(name: str, folder: FilePath, run: RunProgram) -> Sources | None:
    """Where the Ansible inventory is that a secret's reference names; None if it is of a kind without secrets."""
    kind, rest = split_kind(name, folder)
    path = folder / os.path.expanduser(rest)
    return sources_at(kind, path, folder, run) if kind in ("", "ansible", "program") else None


def made(path: FilePath, loaded: LoadedInventory, relative_to: FilePath) -> Read:
    text = json.encode(loaded.inventory, order="deterministic") if loaded.inventory is not None else b""
    return Read(path, text, loaded, relative_to, loaded.findings)


def split_kind(name: str, folder: FilePath) -> tuple[str, str]:
    """The kind and the path. A file that is called so is meant first."""
    found = PREFIX.fullmatch(name)
    if not found or os.path.exists(folder / name):
        return "", name
    return KINDS.get(found[1], "unknown"), found[2].strip()


def guess(path: FilePath, data: bytes) -> Kind:
    """By extension, then by content."""
    extension = path.suffix.lower()
    if extension in TABLES:
        return "table"
    if SSH_CONFIG.match(data):
        return "ssh-config"
    if extension in (".yml", ".yaml", ".json"):
        return "ansible" if is_ansible(data) else "liftlock"
    return "ansible" if extension or not is_own(data) else "liftlock"


def is_ansible(data: bytes) -> bool:
    """YAML or JSON whose keys are groups, or a plugin's configuration, or the output of ansible-inventory."""
    found = shape(data)
    if not found or says_own(found):
        return False
    if "plugin" in found or "_meta" in found or any(each & GROUP_KEYS for each in found.values() if each):
        return True
    return "all" in found and None not in found.values()


def is_own(data: bytes) -> bool:
    found = shape(data)
    return bool(found) and says_own(found)


def says_own(found: dict[str, frozenset[str] | None]) -> bool:
    """Our own format has `hosts` at the top, or some of its keys and nothing that could be a group."""
    return ("hosts" in found and "all" not in found) or found.keys() <= OWN_KEYS


def shape(data: bytes) -> dict[str, frozenset[str] | None]:
    """A mapping's keys, each with the keys below it; None: a list. Empty if it is no mapping."""
    told = read_json(data.decode("utf-8", "replace"))
    if isinstance(told, dict):
        return {name: None if isinstance(each, list) else frozenset(keys_of(each)) for name, each in told.items()}
    root = read_yaml(data, "", Notes())
    if not isinstance(root, Keys):
        return {}
    nodes = {name: node for name, (_, node) in root.entries.items()}
    return {
        name: None if isinstance(node, Sequence) else frozenset(node.entries if isinstance(node, Keys) else ())
        for name, node in nodes.items()
    }


def keys_of(value: object) -> Iterable[str]:
    return value if isinstance(value, dict) else ()
