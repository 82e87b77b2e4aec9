"""ssh_config as an inventory: the hosts that it names literally, each with what the file says about it.

Rules (ssh_config(5)): the first value of a keyword holds; a `Host` block is for the hosts that a pattern matches and no
negated one does; `Include` is read where it stands, relative to ~/.ssh. Patterns are no hosts. All hosts are in `all`.
"""

import glob
import os
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct, field

from liftlock.model.findings import Field, Severity
from liftlock.model.inventory import Hop, Host, Inventory
from liftlock.model.schedule import CONTROLLER
from liftlock.planfile import forms
from liftlock.planfile.ansible.folders import Folders
from liftlock.planfile.ansible.sshargs import SshArguments, take
from liftlock.planfile.ansible.written import Notes, Place
from liftlock.planfile.inventory import LoadedInventory
from liftlock.planfile.jumps import WRITTEN
from liftlock.planfile.nodes import Positions

LINE = re.compile(r"\s*(\w+)\s*(?:=\s*|\s+)(.*?)\s*")
INCLUDES_MAX = 16  # one inside another, as OpenSSH has it
WANTED = frozenset(("hostname", "port", "user", "identityfile", "proxyjump", "proxycommand", "userknownhostsfile"))


class Block(Struct):
    """`tests`: all must hold, of `Host` and `Match` lines around it; None: never holds."""

    tests: tuple[tuple[str, str], ...] | None
    values: list[tuple[str, str]] = field(default_factory=list)


def load_ssh_config(data: bytes, file: str, home: str = "~/.ssh") -> LoadedInventory:
    """Any text has an answer."""
    reader = ConfigReader(home)
    reader.read(data, file, (), 0)
    maker = HostMaker(reader)
    hosts = {name: maker.host(name, place) for name, place in reader.named.items() if maker.name_is_good(name, place)}
    if not hosts and not reader.notes.findings:
        reader.notes.note("L421", Place(file))
    failed = any(each.severity is Severity.ERROR for each in reader.notes.findings)
    inventory = None if failed else Inventory(hosts, {"all": tuple(hosts)})
    return LoadedInventory(
        file, inventory, tuple(reader.notes.findings), Positions(None), files=(file, *reader.notes.files)
    )


class ConfigReader:
    """Blocks in order, with the blocks of included files where they are included."""

    def __init__(self, home: str) -> None:
        self.home = os.path.expanduser(home)
        self.notes = Notes()
        self.folders = Folders(self.notes)
        self.blocks: list[Block] = []
        self.named: dict[str, Place] = {}

    def read(self, data: bytes, file: str, outer: tuple[tuple[str, str], ...] | None, depth: int) -> None:
        tests = outer
        self.blocks.append(Block(tests))
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            place = Place(file, number, len(line) - len(line.lstrip()) + 1)
            found = LINE.fullmatch(line)
            if not found or not found[2]:
                self.notes.note("L440", place, given=line.strip())
                continue
            keyword, value = found[1].lower(), found[2]
            if keyword in ("host", "match"):
                tests = self.begin(keyword, value, outer, place)
                self.blocks.append(Block(tests))
            elif keyword == "include":
                self.include(value, tests, place, depth)
                self.blocks.append(Block(tests))
            elif keyword in WANTED:
                self.blocks[-1].values.append((keyword, value.strip('"')))

    def begin(
        self, keyword: str, value: str, outer: tuple[tuple[str, str], ...] | None, place: Place
    ) -> tuple[tuple[str, str], ...] | None:
        try:
            words = shlex.split(value, comments=True)
        except ValueError:
            self.notes.note("L440", place, given=value)
            return None
        if keyword == "host":
            for word in words:
                if not re.search(r"[*?!]", word):
                    self.named.setdefault(word, place)
            return None if outer is None else (*outer, ("host", " ".join(words)))
        return None if outer is None else self.match(words, outer, value, place)

    def match(
        self, words: list[str], outer: tuple[tuple[str, str], ...], value: str, place: Place
    ) -> tuple[tuple[str, str], ...] | None:
        if [word.lower() for word in words] == ["all"]:
            return outer
        pairs = [(word.lower(), pattern) for word, pattern in zip(words[::2], words[1::2], strict=False)]
        if len(words) % 2 or any(word not in ("host", "originalhost", "user") for word, _ in pairs):
            self.notes.note("L441", place, given=value)
            return None
        names = {"host": "hostname", "originalhost": "host", "user": "user"}
        return (*outer, *((names[word], pattern.replace(",", " ")) for word, pattern in pairs))

    def include(self, value: str, tests: tuple[tuple[str, str], ...] | None, place: Place, depth: int) -> None:
        if depth >= INCLUDES_MAX:
            self.notes.note("L086", place, limit=INCLUDES_MAX)
            return
        for pattern in value.split():
            whole = os.path.join(self.home, os.path.expanduser(pattern.strip('"')))
            for file in sorted(glob.glob(whole)):
                if not os.path.isdir(file) and (data := self.folders.read(file)) is not None:
                    self.read(data, file, tests, depth + 1)


class HostMaker:
    def __init__(self, reader: ConfigReader) -> None:
        self.reader = reader

    def name_is_good(self, name: str, place: Place) -> bool:
        if name == CONTROLLER:
            self.note("L067", place, name=name)
        elif not forms.NAME.fullmatch(name):
            self.note("L424", place, given=name)
        else:
            return True
        return False

    def host(self, name: str, place: Place) -> Host:
        said = self.said(name)
        arguments = SshArguments()
        for keyword in ("proxycommand", "proxyjump", "identityfile", "port", "user", "userknownhostsfile"):
            if keyword in said and not (keyword == "proxycommand" and "proxyjump" in said):
                take(arguments, keyword, said[keyword])
        for option in (*arguments.refused, *arguments.loose):
            self.note("L416" if option in arguments.refused else "L417", place, option=option)
        return Host(
            name=name,
            address=address_of(name, said),
            user=arguments.user,
            port=self.port(arguments.port, place),
            key=arguments.key if arguments.key.lower() != "none" else "",
            known_hosts=arguments.known_hosts.split()[0] if arguments.known_hosts else "",
            jump=tuple(self.hops(arguments, place)),
        )

    def port(self, given: str, place: Place) -> int:
        if not given:
            return 22
        if not given.isascii() or not given.isdigit() or len(given) > 5 or not 0 < int(given) < 65536:
            self.note("L411", place, variable="Port", given=given)
            return 22
        return int(given)

    def hops(self, arguments: SshArguments, place: Place) -> Iterator[Hop]:
        """A hop that the file names is reached as the file says."""
        for text in arguments.jump:
            found = WRITTEN.fullmatch(text)
            if not found or not 0 < int(found[3] or 22) < 65536:
                self.note("L416", place, option=f"ProxyJump={text}")
                continue
            name, user, port = found[2].strip("[]"), found[1] or "", int(found[3] or 0)
            known = self.said(name)
            port = port or self.port(known.get("port", ""), place)
            yield Hop(address_of(name, known), user or known.get("user", ""), port, key=known.get("identityfile", ""))

    def said(self, name: str) -> dict[str, str]:
        """What the file says about a name, the first value of each keyword."""
        said: dict[str, str] = {}
        for block in self.reader.blocks:
            if block.tests is not None and all(holds(test, name, said) for test in block.tests):
                for keyword, value in block.values:
                    said.setdefault(keyword, value)
        return said

    def note(self, code: str, place: Place, **fields: Field) -> None:
        self.reader.notes.note(code, place, **fields)


def holds(test: tuple[str, str], name: str, said: dict[str, str]) -> bool:
    """Does a block's condition hold? `hostname` is what the file made of the name so far."""
    kind, patterns = test
    text = {"host": name, "hostname": address_of(name, said), "user": said.get("user", "")}[kind]
    found = False
    for pattern in patterns.split():
        if pattern.startswith("!"):
            if matches(text, pattern[1:]):
                return False
        elif matches(text, pattern):
            found = True
    return found


def address_of(name: str, said: dict[str, str]) -> str:
    return said.get("hostname", name).replace("%h", name).replace("%%", "%")


def matches(text: str, pattern: str) -> bool:
    """`*` and `?`, and nothing else."""
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))
