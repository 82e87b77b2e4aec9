"""Clusters that are alike: groups of linked jobs that could change places with each other and nothing would change.

Two groups are alike if their jobs, one by one, have the same windows, needs, cost and links, and use what others share
in the same way; what only one group uses (its quorum) may have another name.
"""

from collections import defaultdict
from collections.abc import Sequence

from liftlock.decide.timetable.network import Net

Family = list[list[int]]  # groups; the jobs of one stand in the same order as those of the others


def alike(net: Net) -> list[Family]:
    """Families of at least two groups that are alike; nothing in them has begun."""
    found: dict[tuple[object, ...], Family] = defaultdict(list)
    groups = groups_of(net)
    owners = owners_of(net, groups)
    for members in groups.values():
        if not any(net.jobs[at].began is not None for at in members):
            found[looks(net, members, owners)].append(members)
    return [family for family in found.values() if len(family) > 1]


def in_order(begins: Sequence[int], families: Sequence[Family]) -> list[int]:
    """The same timetable with groups that are alike exchanged until their first jobs begin in order."""
    found = list(begins)
    for family in families:
        places = sorted([begins[at] for at in members] for members in family)
        for members, place in zip(family, places, strict=True):
            for at, begin in zip(members, place, strict=True):
                found[at] = begin
    return found


def groups_of(net: Net) -> dict[int, list[int]]:
    """Jobs that hang together by links: the smallest number -> all, in order of dependence."""
    root = list(range(len(net.jobs)))

    def find(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    for at, links in enumerate(net.before):
        for other, _ in links:
            one, two = find(at), find(other)
            root[max(one, two)] = min(one, two)
    groups: dict[int, list[int]] = defaultdict(list)
    for at in net.order:
        groups[find(at)].append(at)
    return groups


def owners_of(net: Net, groups: dict[int, list[int]]) -> dict[int, set[int]]:
    """Which groups use a resource."""
    owners: dict[int, set[int]] = defaultdict(set)
    for group, members in groups.items():
        for at in members:
            for resource, _ in net.uses[at]:
                owners[resource].add(group)
    return owners


def looks(net: Net, members: list[int], owners: dict[int, set[int]]) -> tuple[object, ...]:
    place = {at: number for number, at in enumerate(members)}
    own: dict[int, int] = {}
    seen: list[object] = []
    for at in members:
        uses: list[tuple[int, int, int, tuple[int, ...]]] = []
        for resource, units in net.uses[at]:
            if len(owners[resource]) > 1:
                uses.append((0, resource, units, ()))
            else:
                steps = net.free[resource]
                mine = own.setdefault(resource, len(own))
                uses.append((1, mine, units, (*steps.times, *steps.free)))
        links = tuple(sorted((place[other], gap) for other, gap in net.before[at]))
        seen.append((id(net.windows[at]), tuple(sorted(uses)), net.cost[at], links))
    return tuple(seen)
