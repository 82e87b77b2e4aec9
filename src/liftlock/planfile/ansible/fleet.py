"""Groups and hosts as an inventory's sources declare them, one after another; then what belongs to what.

Rules: every host is in `all`; one that is in no other group is in `ungrouped`. A group's depth is its longest way from
`all`. Groups that contain each other are a finding, and the containment that closes the circle is left out.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from liftlock.planfile.ansible.written import Notes, Place, Value, Variables

ALL, UNGROUPED = "all", "ungrouped"
PRIORITY = "ansible_group_priority"
PRIORITY_MAX = 10**9


class Group(Struct):
    """`hosts` and `children` directly in it, in the order in which they were said."""

    name: str
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    parents: dict[str, None] = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)
    priority: int = 1
    depth: int = 0


class Entry(Struct):
    """A host. `groups`: those that name it directly."""

    name: str
    place: Place
    groups: dict[str, None] = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)


class Fleet:
    """What the sources say together."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.hosts: dict[str, Entry] = {}
        self.groups: dict[str, Group] = {ALL: Group(ALL), UNGROUPED: Group(UNGROUPED)}
        self.add_child(ALL, UNGROUPED, Place(""))

    def add_group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group(name))

    def add_host(self, name: str, group: str, place: Place, port: int | None = None) -> Entry:
        """`port`: counts only where the host is named for the first time, as in Ansible."""
        entry = self.hosts.get(name)
        if entry is None:
            entry = self.hosts[name] = Entry(name, place)
            if port is not None:
                entry.variables["ansible_port"] = Value(port, place)
        self.groups[group].hosts[name] = None
        entry.groups[group] = None
        return entry

    def add_child(self, parent: str, child: str, place: Place) -> None:
        if parent == child or parent in self.below(child):
            self.notes.note("L405", place, groups=f"{parent} → {child}")
            return
        self.groups[parent].children[child] = None
        self.groups[child].parents[parent] = None

    def set_group(self, name: str, variable: str, value: Value) -> None:
        if variable != PRIORITY:
            self.groups[name].variables[variable] = value
        elif (priority := whole(value.value)) is None:
            self.notes.note("L411", value.place, variable=PRIORITY, given=str(value.value))
        else:
            self.groups[name].priority = priority

    def below(self, name: str) -> list[str]:
        """A group's descendants, nearer ones first."""
        return self.walk(name, "children")

    def above(self, name: str) -> list[str]:
        return self.walk(name, "parents")

    def walk(self, name: str, way: str) -> list[str]:
        found: dict[str, None] = {}
        level = [name]
        while level:
            level = [each for group in level for each in getattr(self.groups[group], way) if each not in found]
            found.update(dict.fromkeys(level))
            level = list(dict.fromkeys(level))
        return list(found)

    def settle(self) -> None:
        """After the last source: who is in `all` and `ungrouped`, and how deep each group is."""
        for name, group in self.groups.items():
            if name != ALL and not group.parents:
                self.add_child(ALL, name, Place(""))
        for entry in self.hosts.values():
            self.settle_host(entry)
        for name in self.downwards():
            group = self.groups[name]
            group.depth = max((self.groups[parent].depth + 1 for parent in group.parents), default=0)

    def settle_host(self, entry: Entry) -> None:
        others = entry.groups.keys() - {ALL, UNGROUPED}
        if not others:
            self.groups[UNGROUPED].hosts[entry.name] = None
            entry.groups[UNGROUPED] = None
        elif UNGROUPED in entry.groups:
            del entry.groups[UNGROUPED]
            del self.groups[UNGROUPED].hosts[entry.name]

    def downwards(self) -> Iterator[str]:
        """Every group after all that contain it."""
        waiting = {name: len(group.parents) for name, group in self.groups.items()}
        ready = [name for name, count in waiting.items() if not count]
        while ready:
            name = ready.pop()
            yield name
            for child in self.groups[name].children:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)

    def members(self, name: str) -> tuple[str, ...]:
        """The hosts of a group and of all below it: its own first."""
        found = dict.fromkeys(self.groups[name].hosts)
        for group in self.below(name):
            if self.notes.spend(len(self.groups[group].hosts), Place("")):
                found.update(self.groups[group].hosts)
        return tuple(found)

    def groups_of(self, direct: tuple[str, ...]) -> list[Group]:
        """The groups of a host that is directly in these, but `all`, the weakest first."""
        names = dict.fromkeys(direct)
        for name in direct:
            names.update(dict.fromkeys(self.above(name)))
        groups = [self.groups[name] for name in names if name != ALL]
        return sorted(groups, key=lambda group: (group.depth, group.priority, group.name))


def whole(value: object) -> int | None:
    """A whole number, also as text; None if it is none."""
    try:
        number = int(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) <= PRIORITY_MAX else None
