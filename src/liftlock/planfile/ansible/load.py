"""An Ansible inventory, a file or a folder, to `Inventory`; or findings, each with its file and line.

Rules: what concerns one host only blocks plans that use the host. A variable is text, as a template would print it;
lists and mappings are JSON. Secrets, and what depends on them, are no variables but references. Variables of Ansible's
own (`ansible_…`) say how a host is reached and are not handed on.
"""

import os
from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from liftlock.model.findings import Finding, Severity
from liftlock.model.inventory import Host, Inventory
from liftlock.model.schedule import CONTROLLER
from liftlock.model.secret import SecretRef
from liftlock.planfile import forms
from liftlock.planfile.ansible.connect import Connector
from liftlock.planfile.ansible.fleet import Fleet
from liftlock.planfile.ansible.folders import Folders
from liftlock.planfile.ansible.groups import read_groups
from liftlock.planfile.ansible.ini import IniReader
from liftlock.planfile.ansible.listing import is_listing, read_listing
from liftlock.planfile.ansible.merge import Merger, Unlock
from liftlock.planfile.ansible.render import Fleetwide, Reveal, Secretive, Unrendered, is_secret, text_of
from liftlock.planfile.ansible.values import read_json, read_yaml
from liftlock.planfile.ansible.vault import is_encrypted
from liftlock.planfile.ansible.written import Notes, Place, Variables, at
from liftlock.planfile.inventory import TAKEN, LoadedInventory
from liftlock.planfile.nodes import Keys, Positions

YAML_EXTENSIONS = (".yml", ".yaml", ".json")
OWN = ("ansible_", "liftlock_")


class Sources(Struct, frozen=True):
    """Where an inventory is: a file or folder, or `text` that was had otherwise; and the plan's folder."""

    path: str
    plan_folder: str = ""
    text: bytes | None = None


class AnsibleInventory:
    """A whole inventory as it is read, before it is Liftlock's."""

    def __init__(self, sources: Sources, unlock: Unlock) -> None:
        self.notes = Notes()
        self.sources = sources
        self.folders = Folders(self.notes)
        self.fleet = Fleet(self.notes)
        self.merger = Merger(self.fleet, self.folders, self.notes, self.besides(), unlock)
        self.merged: dict[str, Variables] = {}
        if sources.text is not None:
            self.take(sources.path, sources.text)
        for file in self.folders.sources(sources.path) if sources.text is None else ():
            if (data := self.folders.read(file)) is not None:
                self.take(file, data)
        self.fleet.settle()

    def besides(self) -> list[str]:
        path = self.sources.path
        own = os.path.normpath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
        plan = os.path.normpath(self.sources.plan_folder or own)
        return [own] if os.path.realpath(own) == os.path.realpath(plan) else [own, plan]

    def take(self, file: str, data: bytes) -> None:
        """One source, read as what it is."""
        if is_encrypted(data):
            self.notes.note("L413", Place(file), file=file, problem="inventory")
        elif data.startswith(b"#!"):
            self.notes.note("L414", Place(file, 1, 1), given=os.path.basename(file))
        else:
            self.take_text(file, data)

    def take_text(self, file: str, data: bytes) -> None:
        found = read_json(data.decode("utf-8", "replace"))
        if is_listing(found):
            read_listing(found, self.fleet, self.notes, file)
            return
        extension = os.path.splitext(file)[1]
        if extension in YAML_EXTENSIONS:
            self.take_yaml(file, data, self.notes)
        elif extension or not self.is_yaml(file, data):
            self.take_ini(file, data)
        else:
            self.take_yaml(file, data, self.notes)

    def is_yaml(self, file: str, data: bytes) -> bool:
        root = read_yaml(data, file, Notes())
        return isinstance(root, Keys) and bool(root.entries)

    def take_yaml(self, file: str, data: bytes, notes: Notes) -> None:
        root = read_yaml(data, file, notes)
        if root is not None:
            read_groups(root, self.fleet, notes, file)
        elif not any(each.source.endswith(file) for each in notes.findings):
            notes.note("L017", Place(file))

    def take_ini(self, file: str, data: bytes) -> None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.notes.note("L073", Place(file), file=file)
            return
        IniReader(self.fleet, self.notes, file).read(text)

    # --- what a host's templates see ---------------------------------------------------------------------------

    def variables(self, host: str) -> Variables:
        if host not in self.merged:
            self.merged[host] = self.merger.host(host)
        return self.merged[host]

    def scope(self, reveal: Reveal | None = None) -> Fleetwide:
        """`reveal`: opens encrypted values; without it secrets stay closed."""
        return Fleetwide(self.variables, tuple(self.fleet.hosts), self.members, self.group_names, reveal)

    def group_names(self, host: str) -> list[str]:
        return sorted(group.name for group in self.fleet.groups_of(tuple(self.fleet.hosts[host].groups)))

    @cached_property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        return {name: self.fleet.members(name) for name in self.fleet.groups}


def load_ansible(sources: Sources, unlock: Unlock, reference: str) -> LoadedInventory:
    """`reference`: how a secret names this inventory (`inventory:<reference>#<host>/<variable>`)."""
    read = AnsibleInventory(sources, unlock)
    maker = HostMaker(read, reference)
    hosts = {name: maker.host(name) for name in read.fleet.hosts if maker.name_is_good(name)}
    notes = read.notes
    for name in read.fleet.groups.keys() & hosts.keys():
        notes.note("L422", read.fleet.hosts[name].place, name=name)
    groups = {name: tuple(each for each in members if each in hosts) for name, members in read.members.items()}
    if not hosts and not notes.findings:
        notes.note("L421", Place(sources.path))
    failed = any(found.severity is Severity.ERROR for found in notes.findings)
    return LoadedInventory(
        name=sources.path,
        inventory=None if failed else Inventory(hosts, groups),
        findings=tuple(notes.findings),
        positions=Positions(None),
        of_hosts=maker.findings,
        files=tuple(notes.files),
    )


class HostMaker:
    """Entries to `Host`s, with what is wrong with each."""

    def __init__(self, read: AnsibleInventory, reference: str) -> None:
        self.read, self.reference = read, reference
        self.scope = read.scope()
        self.probe = read.scope(lambda _: "")  # says what cannot be rendered, with every secret blank
        self.findings: dict[str, tuple[Finding, ...]] = {}

    def name_is_good(self, name: str) -> bool:
        place = self.read.fleet.hosts[name].place
        if name == CONTROLLER:
            self.read.notes.note("L067", place, name=name)
        elif not forms.NAME.fullmatch(name):
            self.read.notes.note("L424", place, given=name)
        else:
            return True
        return False

    def host(self, name: str) -> Host:
        said = self.read.variables(name)
        connector = Connector(
            name,
            said,
            lambda variable: self.scope.value(name, variable),
            lambda variable: self.secret(name, variable),
        )
        settings = connector.settings()
        variables, findings = self.plain(name, said)
        if found := (*connector.findings, *findings):
            self.findings[name] = found
        return Host(name=name, variables=variables, **settings)

    def secret(self, host: str, variable: str) -> SecretRef:
        """Raises Unrendered if it could not be had later either; what is in a file without a password may be."""
        closed = any(found.code == "L412" for found in self.read.notes.findings)
        try:
            self.probe.value(host, variable)
        except Unrendered as error:
            if not (closed and error.undefined):
                raise
        return SecretRef(f"inventory:{self.reference}#{host}/{variable}")

    def plain(self, host: str, said: Variables) -> tuple[dict[str, str], list[Finding]]:
        """The variables that are no secrets, as text; and why others are left out."""
        found: dict[str, str] = {}
        findings: list[Finding] = []
        for name, value in said.items():
            if name.startswith(OWN) or is_secret(name, value):
                continue
            if type(value.value) is str and value.value.isascii() and "{" not in value.value and name not in TAKEN:
                found[name] = value.value  # most are, in large fleets
                continue
            if name in TAKEN:
                findings.append(at("L415", value.place, name=name))
                continue
            try:
                found[name] = text_of(self.scope.value(host, name))
            except Secretive:
                continue
            except Unrendered as error:
                findings.append(at("L410", value.place, variable=name, problem=error.problem))
        return found, findings
