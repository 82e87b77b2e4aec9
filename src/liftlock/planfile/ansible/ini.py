"""An INI inventory: sections `[group]`, `[group:children]`, `[group:vars]`; before the first, hosts without a group.

Rules: a host line is split as a shell splits words, `#` begins a comment there; a line of variables is everything left
and right of the first `=`. A value is what Python reads in it as a literal (`8080`, `[1, 2]`, `"text"`), else text.
"""

import ast
import re
import shlex
import warnings
from typing import Any

from liftlock.planfile.ansible.fleet import UNGROUPED, Fleet
from liftlock.planfile.ansible.patterns import hosts_of
from liftlock.planfile.ansible.render import sounds_secret
from liftlock.planfile.ansible.written import Notes, Place, Value

SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
GROUP = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
COMMENTS = (";", "#")
LITERAL_MAX = 65_536  # characters: longer values are text


class IniReader:
    """Reads one file's lines into the fleet."""

    def __init__(self, fleet: Fleet, notes: Notes, file: str) -> None:
        self.fleet, self.notes, self.file = fleet, notes, file
        self.group, self.kind = UNGROUPED, "hosts"
        self.wanted: dict[str, Place] = {}  # groups with variables that must be declared somewhere
        self.parents: list[tuple[str, str, Place]] = []
        self.declared: set[str] = set(fleet.groups)
        self.takers = {"hosts": self.take_host, "children": self.take_child, "vars": self.take_variable}

    def read(self, text: str) -> None:
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if line and not line.startswith(COMMENTS):
                self.take(line, Place(self.file, number, raw.index(line[0]) + 1))
        self.finish()

    def take(self, line: str, place: Place) -> None:
        if found := SECTION.fullmatch(line):
            self.begin(found[1], found[2] or "hosts", place)
        elif line.startswith("[") and line.endswith("]"):
            self.notes.note("L402", place, given=line)
            self.kind = ""
        elif self.kind:
            self.takers[self.kind](line, place)

    def begin(self, group: str, kind: str, place: Place) -> None:
        self.group, self.kind = group, kind if kind in self.takers else ""
        if not self.kind:
            self.notes.note("L402", place, given=f"[{group}:{kind}]")
            return
        self.fleet.add_group(group)
        if kind == "vars":
            self.wanted.setdefault(group, place)
        else:
            self.declared.add(group)

    def take_host(self, line: str, place: Place) -> None:
        words = self.split(line, place)
        if not words:
            return
        names, port = hosts_of(words[0], self.notes, place)
        found = {}
        for word in words[1:]:
            name, sign, text = word.partition("=")
            if not sign:
                self.notes.note("L403", place, given=shown(word, line))
            else:
                found[name] = Value(literal(text), place)
        for name in names if self.notes.spend(len(found) * len(names), place) else ():
            self.fleet.add_host(name, self.group, place, port).variables.update(found)

    def split(self, line: str, place: Place) -> list[str]:
        try:
            return shlex.split(line, comments=True)
        except ValueError:
            self.notes.note("L403", place, given=shown(line, line))
            return []

    def take_variable(self, line: str, place: Place) -> None:
        name, sign, text = line.partition("=")
        if not sign:
            self.notes.note("L403", place, given=line)
        else:
            self.fleet.set_group(self.group, name.strip(), Value(literal(text.strip()), place))

    def take_child(self, line: str, place: Place) -> None:
        if found := GROUP.fullmatch(line):
            self.parents.append((self.group, found[1], place))
        else:
            self.notes.note("L403", place, given=line)

    def finish(self) -> None:
        """Groups may be named before they are declared, so children are placed at the end."""
        for parent, child, place in self.parents:
            if child in self.declared:
                self.fleet.add_child(parent, child, place)
            else:
                self.notes.note("L404", place, group=child)
        for group, place in self.wanted.items():
            if group not in self.declared:
                self.notes.note("L404", place, group=group)


def shown(part: str, line: str) -> str:
    """What a finding repeats of a line: of one that holds a password no more than its first word."""
    names = re.findall(r"[^\s='\"]+(?=\s*=)", line)
    return f"{line.split()[0]} …" if any(map(sounds_secret, names)) else part


def literal(text: str) -> Any:
    """What Python's literals make of it; text where they make nothing."""
    if len(text) > LITERAL_MAX:
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return text


def plain(value: Any) -> Any:
    """As Ansible keeps it: tuples and sets are lists, bytes and what YAML does not know are text."""
    match value:
        case tuple() | list() | set():
            return [plain(each) for each in value]
        case dict():
            return {plain(key) if isinstance(key, bytes) else key: plain(each) for key, each in value.items()}
        case bytes():
            return value.decode("utf-8", "replace")
        case complex():
            return str(value)
        case _ if value is ...:
            return "..."
    return value
