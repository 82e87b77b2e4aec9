"""The inventory file: hosts, groups, defaults, to `Inventory`, or findings with line and column.

Rules: a group names hosts that stand under `hosts`. `app-[01:08]` is a range, in groups and as a host key, where
`{n}` in a value is the host's number and `{nn}` the same as in its name (01). Variables: defaults, then groups (outer
groups before their children, in the file's order), then the host's own; the later wins.
"""

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict, replace

from liftlock.model.findings import Field, Finding, Path, Severity
from liftlock.model.inventory import Become, Hop, Host, Inventory, Port
from liftlock.model.near import near
from liftlock.model.part import Part, Text
from liftlock.model.schedule import CONTROLLER
from liftlock.planfile import forms
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.jumps import Way, lead
from liftlock.planfile.nodes import Keys, Node, Positions
from liftlock.planfile.yaml import INVENTORY_LIMITS, read

RANGE_MAX = 1_000_000
WORK_MAX = 4_000_000  # names in ranges and groups, and variables given to hosts, all together
LOOPBACK = "127.0.0.1"
TAKEN = frozenset(("address", "component", "domain", "from_version", "host", "root", "to_version", "version"))
FILLED = frozenset(("address", "domain", "root", "state"))
SUGGESTIONS_MAX = 20  # looking for a near name costs time with the fleet's size
Connection = Literal["ssh", "local", "sandbox"]


class Settings(Part, frozen=True):
    """What a host and the defaults may say. None: not said."""

    connection: Connection | None = None
    user: str | None = None
    port: Port | None = None
    state: str | None = None
    domain: str | None = None
    variables: dict[str, str] = {}
    known_hosts: str | None = None
    key: str | None = None
    root: str | None = None
    become: Become | None = None
    jump: tuple[Text, ...] | None = None


class HostEntry(Settings, frozen=True):
    address: Text | None = None


class GroupEntry(Part, frozen=True):
    """A group: hosts (names and ranges), other groups, variables for all of them."""

    hosts: tuple[Text, ...] = ()
    children: tuple[Text, ...] = ()
    variables: dict[str, str] = {}


Group = tuple[Text, ...] | GroupEntry


class InventoryFile(Part, frozen=True):
    """An inventory file as written."""

    hosts: dict[str, HostEntry | None]
    groups: dict[str, Group] = {}
    defaults: Settings = Settings()


class LoadedInventory(Struct, frozen=True):
    """What an inventory file says. `inventory` is None if there are errors among the findings.

    `of_hosts`: what is wrong with one host, and concerns plans that use it. `files`: every file that was read, where
    they are more than the one.
    """

    name: str
    inventory: Inventory | None
    findings: tuple[Finding, ...]
    positions: Positions
    of_hosts: dict[str, tuple[Finding, ...]] = {}
    files: tuple[str, ...] = ()


def load_inventory(text: bytes | str, name: str = "hosts.yaml") -> LoadedInventory:
    """Read an inventory. Any text has an answer."""
    document = read(text, INVENTORY_LIMITS, "inventory")
    if document.root is None:
        return LoadedInventory(name, None, document.findings, Positions(None))
    converter = Converter("inventory")
    written = converter.convert(document.root, InventoryFile)
    if written is FAILED:
        written = salvage(document.root)
    inventory = Assembler(written, converter).assemble()
    findings = (*document.findings, *converter.findings)
    if any(found.severity is Severity.ERROR for found in findings):
        inventory = None
    return LoadedInventory(name, inventory, findings, Positions(document.root))


def salvage(root: Node) -> InventoryFile:
    """What can be read of a file with faults, so that names that do not match are found as well."""
    quiet = Converter("inventory")
    hosts = root.get("hosts") if isinstance(root, Keys) else None
    groups = root.get("groups") if isinstance(root, Keys) else None
    entries: dict[str, HostEntry | None] = dict.fromkeys(hosts.entries if isinstance(hosts, Keys) else ())
    written = groups.entries if isinstance(groups, Keys) else {}
    read = {name: quiet.convert(node, Group) for name, (_, node) in written.items()}
    return InventoryFile(hosts=entries, groups={name: group for name, group in read.items() if group is not FAILED})


class Numbered(Struct, frozen=True):
    """A name out of a range: its number, and the number as in the name. Of a plain name both are empty."""

    name: str
    number: str = ""
    padded: str = ""

    def fill(self, text: str) -> str:
        return text.replace("{n}", self.number).replace("{nn}", self.padded) if self.number else text


class Assembler:
    """Written entries to hosts and groups; what does not fit goes to the converter's findings."""

    def __init__(self, written: InventoryFile, converter: Converter) -> None:
        self.written = written
        self.converter = converter
        self.keys: dict[str, tuple[str, Numbered]] = {}  # host -> the key that it stands under
        self.members: dict[str, tuple[str, ...]] = {}
        self.ways: dict[str, Way] = {}  # host -> what it is reached through, as written
        self.suggested = 0
        self.left = WORK_MAX

    def assemble(self) -> Inventory | None:
        for key in self.written.hosts:
            self.take_key(key)
        self.refuse_taken(self.written.defaults.variables, ("defaults",))
        for key, entry in self.written.hosts.items():
            self.refuse_taken(entry.variables if entry else (), ("hosts", key))
        for name, group in self.written.groups.items():
            self.refuse_taken(group.variables if isinstance(group, GroupEntry) else (), ("groups", name))
        order = self.order_groups()
        for name in reversed(order):
            self.members[name] = self.group(name)
        if self.left < 0:
            return None
        variables = self.group_variables(order)
        hosts = {name: self.host(key, number, variables.get(name, {})) for name, (key, number) in self.keys.items()}
        hosts |= {name: replace(hosts[name], jump=hops) for name, hops in self.hops(hosts).items()}
        return Inventory(hosts, {name: self.members[name] for name in self.written.groups if name in self.members})

    def hops(self, hosts: dict[str, Host]) -> dict[str, tuple[Hop, ...]]:
        """What the hosts are reached through. A fault of a range, or of the defaults, is said once."""
        defaults, said = self.written.defaults, set[Path]()
        strangers = Hop("", defaults.user or "", 22, defaults.known_hosts or "", defaults.key or "")

        def complain(code: str, name: str, index: int) -> None:
            way = self.ways[name]
            at: Path = ("hosts", self.keys[name][0]) if way.is_own else ("defaults",)
            path: Path = (*at, "jump", index)
            if path not in said:
                said.add(path)
                self.note(code, path, given=way.jump[index])

        return lead(hosts, self.ways, strangers, complain)

    def take_key(self, key: str) -> None:
        for number in self.expand(key, ("hosts", key)):
            if number.name in self.keys:
                self.note("L064", ("hosts", key), host=number.name, first=self.keys[number.name][0])
            elif self.name_is_good(number.name, ("hosts", key)):
                self.keys[number.name] = (key, number)

    def name_is_good(self, name: str, path: Path) -> bool:
        if name == CONTROLLER:
            self.note("L067", path, name=name)
        elif not forms.NAME.fullmatch(name):
            self.note("L039", path, given=name)
        else:
            return True
        return False

    def check_group(self, name: str) -> None:
        if name in self.keys:
            self.note("L066", ("groups", name), name=name)
        self.name_is_good(name, ("groups", name))

    def expand(self, text: str, path: Path) -> Iterator[Numbered]:
        """The names of `app-[01:08]`, or the one plain name."""
        if "[" not in text and "]" not in text:
            return iter((Numbered(text),))
        found = forms.RANGE.fullmatch(text)
        first, last = (int(found[2]), int(found[3])) if found else (1, 0)
        if not found or first > last:
            self.note("L060", path, given=text)
        elif last - first >= RANGE_MAX:
            self.note("L065", path, given=text, limit=RANGE_MAX)
        elif self.spend(last - first, path):
            return numbered(found[1], found[2], range(first, last + 1), found[4])
        return iter(())

    def spend(self, count: int, path: Path) -> bool:
        """Is there work left for so many more names or variables? Ranges and groups multiply; this bounds it."""
        before, self.left = self.left, self.left - count
        if before >= 0 > self.left:
            self.note("L086", path, limit=WORK_MAX)
        return self.left >= 0

    def order_groups(self) -> list[str]:
        """Group names, outer groups before their children, otherwise in the file's order; none if they go round."""
        groups = self.written.groups
        sorter = TopologicalSorter(dict.fromkeys(groups, ()))
        for name, entry in groups.items():
            self.check_group(name)
            for index, child in enumerate(children_of(entry)):
                if child in groups:
                    sorter.add(child, name)
                else:
                    self.miss("L068", ("groups", name, "children", index), groups, group=name, child=child)
        places = {name: index for index, name in enumerate(groups)}
        order: list[str] = []
        try:
            sorter.prepare()
        except CycleError as error:
            cycle = error.args[1]
            self.note("L063", ("groups", cycle[0]), groups=" → ".join(reversed(cycle)))
            return order
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=places.__getitem__)
            order += ready
            sorter.done(*ready)
        return order

    def group(self, name: str) -> tuple[str, ...]:
        """The hosts of a group and of its children, each once, in the file's order."""
        entry = self.written.groups[name]
        listed = entry.hosts if isinstance(entry, GroupEntry) else entry
        path: Path = ("groups", name, "hosts") if isinstance(entry, GroupEntry) else ("groups", name)
        found: dict[str, None] = {}
        for index, text in enumerate(listed):
            for number in self.expand(text, (*path, index)):
                if number.name in self.keys:
                    found[number.name] = None
                else:
                    self.miss("L061", (*path, index), self.keys, group=name, member=number.name)
                    break  # one complaint a range
        for child in children_of(entry):
            members = self.members.get(child, ())
            if self.spend(len(members), ("groups", name)):
                found.update(dict.fromkeys(members))
        return tuple(found)

    def group_variables(self, order: list[str]) -> dict[str, dict[str, str]]:
        """What each host has from its groups."""
        found: dict[str, dict[str, str]] = {}
        for name in order:
            entry = self.written.groups[name]
            variables = entry.variables if isinstance(entry, GroupEntry) else {}
            members = self.members[name] if variables else ()
            if self.spend(len(members) * len(variables), ("groups", name)):
                for host in members:
                    found[host] = {**found.get(host, {}), **variables}
        return found

    def refuse_taken(self, variables: Iterable[str], path: Path) -> None:
        """A variable that a built-in one would silently replace: `rm -rf "$root/x"` means something else then."""
        for name in variables:
            if name in TAKEN:
                self.note("L088", (*path, "variables", name), name=name, known=", ".join(sorted(TAKEN)))

    def host(self, key: str, number: Numbered, grouped: dict[str, str]) -> Host:
        """A host with its own settings, else the defaults."""
        defaults, own = self.written.defaults, self.written.hosts[key] or HostEntry()
        settings = {name: value for name, value in asdict(defaults).items() if value is not None}
        settings |= {name: value for name, value in asdict(own).items() if value is not None}
        settings = {name: number.fill(value) if name in FILLED else value for name, value in settings.items()}
        variables: dict[str, str] = {}
        if self.spend(len(defaults.variables) + len(own.variables), ("hosts", key)):
            filled = {name: number.fill(value) for name, value in own.variables.items()}
            variables = {**defaults.variables, **grouped, **filled}
        here = settings.get("connection", "ssh") != "ssh"
        settings.setdefault("address", LOOPBACK if here else number.name)
        if jump := settings.pop("jump", None):
            self.ways[number.name] = Way(jump, own.jump is not None)
        return Host(**{**settings, "name": number.name, "variables": variables})

    def miss(self, code: str, path: Path, known: Iterable[str], **fields: Field) -> None:
        """Something is named that is not there: `code`, or the next code with a suggestion."""
        wanted = str(fields.get("member") or fields.get("child"))
        self.suggested += 1
        suggestion = near(wanted, known) if self.suggested <= SUGGESTIONS_MAX else ""
        if suggestion:
            self.converter.note(f"L{int(code[1:]) + 1:03}", path, suggestion=suggestion, **fields)
        else:
            self.converter.note(code, path, **fields)

    def note(self, code: str, path: Path, **fields: Field) -> None:
        self.converter.note(code, path, **fields)


def numbered(before: str, first: str, numbers: range, after: str) -> Iterator[Numbered]:
    width = len(first) if first.startswith("0") else 0
    for number in numbers:
        padded = str(number).zfill(width)
        yield Numbered(f"{before}{padded}{after}", str(number), padded)


def children_of(entry: Group) -> tuple[str, ...]:
    return entry.children if isinstance(entry, GroupEntry) else ()
