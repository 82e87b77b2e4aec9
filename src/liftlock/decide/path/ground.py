"""A product's releases as a graph: which hops its edges allow, and what stands in the way of each.

Rules: a hop goes up, from a release of an edge's first range to one of its second, no farther than the edge reaches.
Whatever the edges say: no hop crosses a stop that holds, arrives at a withdrawn or known bad release, or leaves a dead
end; a block that holds on one host closes the hop for all, unless an override accepts it by name.

Every obstacle is a bit. A hop meets those that its start leaves behind and its end runs into, so that what stands
between two releases is one `and` of two numbers.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from liftlock.decide.path.conditions import Alike, Facts, alike, asked, holding
from liftlock.decide.versions import Range, Version, version, version_range
from liftlock.model.path import Obstacle, ObstacleKind
from liftlock.model.product import Edge, Product, ProductPart

RISKS = {"low": 0, "medium": 1, "high": 2}
LEVELS = {"major": 0, "minor": 1, "patch": 2}


class Hop(NamedTuple):
    """To the release of this index, by this edge; `met`: the obstacles."""

    to: int
    edge: Edge
    met: int


class Ground:
    """The releases from the lowest start to the highest end, in order; `accepted`: obstacles that an override takes."""

    def __init__(
        self,
        product: Product,
        given: Iterable[str],
        facts: Facts,
        *,
        accepted: Collection[str] = (),
        known_bad: Collection[str] = (),
        channel: str = "",
    ) -> None:
        self.product = product
        self.releases = releases_between(product, tuple(given), channel)
        self.ranges: dict[str, list[int]] = {}
        self.obstacles: list[Obstacle] = []
        self.stops: list[tuple[Range, Obstacle]] = []  # those that hold
        self.accepted = 0
        self.leaving = [0] * len(self.releases)
        self.reaching = [0] * len(self.releases)
        rules = (*(stop.when for stop in product.stops), *(block.when for block in product.blocks))
        hosts = alike(facts, (name for conditions in rules for name in asked(conditions)))
        self.place_stops(hosts)
        self.place_blocks(hosts, accepted)
        self.place_releases(known_bad)
        self.edges = [(edge, frozenset(self.inside(edge.from_)), self.inside(edge.to)) for edge in product.edges]
        self.known: dict[tuple[str, int], list[Hop]] = {}

    def range(self, text: str) -> Range:
        return version_range(text, self.product.scheme)

    def inside(self, text: str) -> list[int]:
        """The releases in a range."""
        if text not in self.ranges:
            self.ranges[text] = self.range(text).among(self.releases)
        return self.ranges[text]

    def find(self, text: str) -> int | None:
        """A release's index by its version; None if it is not between the ends."""
        wanted = version(text, self.product.scheme)
        index = bisect_left(self.releases, wanted)
        return index if index < len(self.releases) and self.releases[index] == wanted else None

    # --- what stands in the way ------------------------------------------------------------------------------

    def place(self, obstacle: Obstacle, leaving: Iterable[int], reaching: Iterable[int]) -> int:
        bit = 1 << len(self.obstacles)
        self.obstacles.append(obstacle)
        for index in leaving:
            self.leaving[index] |= bit
        for index in reaching:
            self.reaching[index] |= bit
        return bit

    def place_stops(self, hosts: Alike) -> None:
        for stop in self.product.stops:
            held = holding(stop.when, hosts, self.product.scheme) if stop.when else None
            if held is not None and not held:
                continue
            wanted = self.range(stop.version)
            sides = [wanted.side(release) for release in self.releases]
            there, unknown = (named(held.hosts), held.unknown) if held is not None else ((), ())
            found = Obstacle("stop", stop.version, stop.because, stop.url, stop.version, there, unknown)
            self.stops.append((wanted, found))
            below = [index for index, side in enumerate(sides) if side < 0]
            self.place(found, below, [index for index, side in enumerate(sides) if side > 0])

    def place_blocks(self, hosts: Alike, accepted: Collection[str]) -> None:
        for block in self.product.blocks:
            leaving, reaching = self.inside(block.from_), self.inside(block.to)
            if not leaving or not reaching:
                continue
            if not (held := holding(block.when, hosts, self.product.scheme)):
                continue
            found = Obstacle(
                "block", block.name, block.message, block.url, block.fixed_in, named(held.hosts), held.unknown
            )
            bit = self.place(found, leaving, reaching)
            self.accepted |= bit if block.name in accepted else 0

    def place_releases(self, known_bad: Collection[str]) -> None:
        everywhere = range(len(self.releases))
        for text in known_bad:
            if (index := self.find(text)) is not None:
                self.place(of_release("known bad", text), everywhere, [index])
        for each in self.product.releases:
            if (index := self.find(each.version)) is None:
                continue
            if each.withdrawn:
                self.place(of_release("withdrawn", each.version, each.dead_end), everywhere, [index])
            elif each.dead_end:
                self.place(of_release("dead end", each.version, each.dead_end), [index], everywhere)

    # --- hops ------------------------------------------------------------------------------------------------

    def hops(self, part: str, start: int) -> list[Hop]:
        """Every hop that the edges allow a part from here, each by its least risky edge."""
        if (part, start) not in self.known:
            best: dict[int, Edge] = {}
            for edge, end in self.leads(part, start):
                if end not in best or weight(edge) < weight(best[end]):
                    best[end] = edge
            leaving = self.leaving[start]
            self.known[part, start] = [Hop(end, edge, leaving & self.reaching[end]) for end, edge in best.items()]
        return self.known[part, start]

    def leads(self, part: str, start: int) -> Iterator[tuple[Edge, int]]:
        for edge, leaving, reaching in self.edges:
            if start in leaving and (not part or not edge.parts or part in edge.parts):
                for end in reaching:
                    if end > start and within_reach(edge, self.releases[start], self.releases[end]):
                        yield edge, end

    def stops_at(self, release: str) -> tuple[Obstacle, ...]:
        found = version(release, self.product.scheme)
        return tuple(stop for wanted, stop in self.stops if found in wanted)

    def standing(self, met: int) -> tuple[Obstacle, ...]:
        """The obstacles behind these bits."""
        return tuple(each for index, each in enumerate(self.obstacles) if met >> index & 1)


def releases_between(product: Product, given: tuple[str, ...], channel: str) -> list[Version]:
    ends = [version(text, product.scheme) for text in given]
    low, high = min(ends), max(ends)
    listed = [
        version(each.version, product.scheme)
        for each in product.releases
        if not channel or channel in each.channels or not each.channels
    ]
    found: list[Version] = []
    for release in sorted([*ends, *(each for each in listed if low < each < high)]):
        if not found or found[-1] != release:
            found.append(release)
    return found


def within_reach(edge: Edge, start: Version, end: Version) -> bool:
    """`patch`: major and minor stay; `minor`: at most the next minor of the same major; `major`: at most the next."""
    majors, minors = end.at(0) - start.at(0), end.at(1) - start.at(1)
    match edge.reach:
        case "patch":
            return majors == 0 == minors
        case "minor":
            return majors == 0 and minors <= 1
        case "major":
            return majors <= 1
    return True


def weight(edge: Edge) -> tuple[int, float]:
    return RISKS[edge.risk], edge.downtime_s


def of_release(kind: ObstacleKind, release: str, because: str = "") -> Obstacle:
    return Obstacle(kind, release, because, versions=release)


def named(hosts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(host for host in hosts if host)


def parts_of(product: Product) -> tuple[ProductPart, ...]:
    """A product without parts is its own only one."""
    return product.parts or (ProductPart(product.product),)
