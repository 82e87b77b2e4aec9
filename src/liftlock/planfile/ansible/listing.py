"""What `ansible-inventory --list`, or an inventory program, prints: groups of names, and every host's variables."""

from typing import Any

from liftlock.planfile.ansible.fleet import ALL, Fleet
from liftlock.planfile.ansible.written import Notes, Place, Value

META = "_meta"
KEYS = ("hosts", "vars", "children")


def is_listing(data: Any) -> bool:
    """Lists of names instead of mappings: not the YAML inventory that JSON can also be."""
    if not isinstance(data, dict):
        return False
    groups = [group for name, group in data.items() if name != META]
    return META in data or any(isinstance(group, list) or has_lists(group) for group in groups)


def has_lists(group: Any) -> bool:
    return isinstance(group, dict) and any(isinstance(group.get(key), list) for key in ("hosts", "children"))


def read_listing(data: dict[str, Any], fleet: Fleet, notes: Notes, file: str) -> None:
    """Take in all groups, then the hosts' variables."""
    reader = ListReader(fleet, notes, Place(file))
    for name, group in data.items():
        if name != META:
            reader.group(name, group)
    meta = data.get(META, {})
    hostvars = meta.get("hostvars", {}) if isinstance(meta, dict) else None
    if not isinstance(hostvars, dict):
        notes.note("L406", Place(file), given=META)
        return
    for host, variables in hostvars.items():
        reader.host(host, variables)


class ListReader:
    def __init__(self, fleet: Fleet, notes: Notes, place: Place) -> None:
        self.fleet, self.notes, self.place = fleet, notes, place

    def group(self, name: str, group: Any) -> None:
        self.fleet.add_group(name)
        if isinstance(group, list):
            group = {"hosts": group}
        if not isinstance(group, dict) or (group and not any(key in group for key in KEYS)):
            self.notes.note("L406", self.place, given=name)
            return
        for host in self.names(group.get("hosts", []), name):
            self.fleet.add_host(host, name, self.place)
        for child in self.names(group.get("children", []), name):
            self.fleet.add_group(child)
            self.fleet.add_child(name, child, self.place)
        for variable, value in self.mapping(group.get("vars", {}), name).items():
            self.fleet.set_group(name, variable, Value(value, self.place))

    def host(self, host: str, variables: Any) -> None:
        """Variables of a host that no group names would be lost: then it is in `all`."""
        entry = self.fleet.hosts.get(host) or self.fleet.add_host(host, ALL, self.place)
        for variable, value in self.mapping(variables, host).items():
            entry.variables[variable] = Value(value, self.place)

    def names(self, given: Any, group: str) -> list[str]:
        if isinstance(given, list) and all(isinstance(each, str) and each for each in given):
            return given if self.notes.spend(len(given), self.place) else []
        self.notes.note("L406", self.place, given=group)
        return []

    def mapping(self, given: Any, name: str) -> dict[str, Any]:
        if isinstance(given, dict):
            return given if self.notes.spend(len(given), self.place) else {}
        self.notes.note("L406", self.place, given=name)
        return {}
