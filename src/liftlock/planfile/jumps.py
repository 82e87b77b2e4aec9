"""`jump`: the way to a host through others, in order.

Rules: a name of the inventory is that host, with its own way before it where it comes first; anything else is
[user@]address[:port], as `ssh -J` has it, with the inventory's default key and known hosts. A way that the defaults
name does not hold for the hosts that it leads through.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from liftlock.model.inventory import Hop, Host

WRITTEN = re.compile(r"(?:ssh://)?(?:([^@\s,]+)@)?(\[[0-9A-Fa-f:.%]+\]|[^:@\s,\[\]]+)(?::([0-9]{1,5}))?")
LONGEST = 8  # hosts on one way
Complain = Callable[[str, str, int], None]  # code, the host's name, which of its words


class Way(Struct, frozen=True):
    """What was written for a host. `is_own`: at the host itself, not in the defaults."""

    jump: tuple[str, ...]
    is_own: bool


def lead(
    hosts: Mapping[str, Host], ways: Mapping[str, Way], strangers: Hop, complain: Complain
) -> dict[str, tuple[Hop, ...]]:
    """Every host's hops. `strangers`: what holds for a hop that is no host of the inventory."""
    pilot = Pilot(hosts, ways, strangers, complain)
    return {name: pilot.hops(name, way) for name, way in ways.items()}


class Pilot:
    def __init__(self, hosts: Mapping[str, Host], ways: Mapping[str, Way], strangers: Hop, complain: Complain) -> None:
        self.hosts = hosts
        self.ways = ways
        self.strangers = strangers
        self.complain = complain
        self.known: dict[tuple[str, ...], tuple[Hop, ...]] = {}  # many hosts share a way

    def hops(self, name: str, way: Way) -> tuple[Hop, ...]:
        if name in way.jump:
            if way.is_own:
                self.complain("L096", name, way.jump.index(name))
            return ()
        if way.jump not in self.known:
            self.known[way.jump] = self.walk(name, way)
        return self.known[way.jump]

    def walk(self, name: str, way: Way) -> tuple[Hop, ...]:
        found: list[Hop] = []
        for index, text in enumerate(way.jump):
            hop = self.hop(text)
            if hop is None:
                self.complain("L095", name, index)
                continue
            before = self.before(text, (name, *way.jump)) if index == 0 else ()
            if before is None or len(before) + len(way.jump) > LONGEST:
                self.complain("L096", name, index)
                continue
            found += (*before, hop)
        return tuple(found)

    def before(self, name: str, seen: tuple[str, ...]) -> tuple[Hop, ...] | None:
        """The way to the first host of a way; None if it leads round."""
        way = self.ways.get(name)
        if way is None or not way.jump or (name in way.jump and not way.is_own):
            return ()
        if set(way.jump) & set(seen):
            return None
        hop, rest = self.hop(way.jump[0]), [self.hop(text) for text in way.jump[1:]]
        first = self.before(way.jump[0], (*seen, *way.jump))
        return None if first is None else (*first, *(each for each in (hop, *rest) if each is not None))

    def hop(self, text: str) -> Hop | None:
        """None if it cannot be read, or is no host that SSH reaches."""
        if host := self.hosts.get(text):
            there = Hop(host.address, host.user, host.port, host.known_hosts, host.key)
            return there if host.connection == "ssh" else None
        found = WRITTEN.fullmatch(text)
        if not found or not 0 < int(found[3] or 22) < 65536:
            return None
        user, port = found[1] or self.strangers.user, int(found[3] or 22)
        return replace(self.strangers, address=found[2].strip("[]"), user=user, port=port)
