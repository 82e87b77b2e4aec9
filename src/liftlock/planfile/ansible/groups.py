"""A YAML inventory: groups with `hosts`, `children` and `vars`, nested as deep as people like.

Rule: of a group that is said several times, everything counts. What Ansible would skip is said as a warning, and what
it would refuse is an error.
"""

from liftlock.planfile.ansible.fleet import Fleet
from liftlock.planfile.ansible.patterns import hosts_of
from liftlock.planfile.ansible.values import entries, shown, value_of, variables_of
from liftlock.planfile.ansible.written import Notes, Place, Value
from liftlock.planfile.nodes import Keys, Node, Scalar

SECTIONS = ("vars", "children", "hosts")


def read_groups(root: Node, fleet: Fleet, notes: Notes, file: str) -> None:
    """Take in a whole document."""
    if not isinstance(root, Keys):
        notes.note("L406", Place(file, root.line, root.column), given=shown(root))
        return
    if "plugin" in root.entries:
        key, value = root.entries["plugin"]
        notes.note("L414", Place(file, key.line, key.column), given=shown(value))
        return
    reader = GroupReader(fleet, notes, file)
    for name, key, node in entries(root):
        reader.group(name, key, node)


class GroupReader:
    def __init__(self, fleet: Fleet, notes: Notes, file: str) -> None:
        self.fleet, self.notes, self.file = fleet, notes, file

    def place(self, node: Node) -> Place:
        return Place(self.file, node.line, node.column)

    def group(self, name: str, key: Scalar, node: Node) -> bool:
        """Take in a group and what it contains. False: it is none."""
        if is_null(node):
            node = Keys(node.line, node.column)
        if not isinstance(node, Keys) or not name:
            self.notes.note("L406", self.place(key), given=name)
            return False
        self.fleet.add_group(name)
        for section, section_key, value in entries(node):
            if section not in SECTIONS:
                self.notes.note("L409", self.place(section_key), key=section, group=name)
            elif not is_null(value):
                self.section(name, section, section_key, value)
        return True

    def section(self, group: str, section: str, key: Scalar, value: Node) -> None:
        if isinstance(value, Scalar):  # `hosts: app-01` means the one key
            value = Keys(value.line, value.column, {value.text: (value, Scalar("", True, value.line, value.column))})
        if not isinstance(value, Keys):
            self.notes.note("L406", self.place(key), given=section)
        elif section == "vars":
            for name, variable in variables_of(value, self.file, self.notes).items():
                self.fleet.set_group(group, name, variable)
        elif section == "hosts":
            for pattern, host_key, node in entries(value):
                self.host(group, pattern, host_key, node)
        else:
            for child, child_key, node in entries(value):
                if self.group(child, child_key, node):
                    self.fleet.add_child(group, child, self.place(child_key))

    def host(self, group: str, pattern: str, key: Scalar, node: Node) -> None:
        place = self.place(key)
        if key.plain and not isinstance(value_of(key, place, self.notes), str):
            self.notes.note("L401", place, given=pattern)
            return
        names, port = hosts_of(pattern, self.notes, place)
        if not isinstance(node, Keys) and (not isinstance(node, Scalar) or value_of(node, place, self.notes)):
            self.notes.note("L406", place, given=pattern)
            return
        variables: dict[str, Value] = variables_of(node, self.file, self.notes) if isinstance(node, Keys) else {}
        for name in names if self.notes.spend(len(names) * len(variables), place) else ():
            self.fleet.add_host(name, group, place, port).variables.update(variables)


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in ("", "~", "null", "Null", "NULL")
