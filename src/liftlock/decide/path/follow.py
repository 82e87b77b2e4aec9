"""Is a way that somebody wrote an allowed one?

Rules: every hop must be a hop of the product's edges with nothing in its way. Of parts that are upgraded in one plan,
every version that may run while another part is at one of its own must be allowed beside it: a part that comes after
another stands still until that has arrived; parts without an order may meet in any state.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from liftlock.decide.path.conditions import Facts
from liftlock.decide.path.find import move
from liftlock.decide.path.ground import Ground
from liftlock.decide.path.skew import may_meet
from liftlock.decide.versions import Version, version
from liftlock.model.path import Clash, Move, Wrong
from liftlock.model.product import Product


class Followed(Struct, frozen=True):
    """The hops that are allowed, and those that are not."""

    moves: tuple[Move, ...]
    wrong: tuple[Wrong, ...]


def follow(
    product: Product,
    part: str,
    versions: Sequence[str],
    facts: Facts,
    *,
    accepted: Collection[str] = (),
    known_bad: Collection[str] = (),
) -> Followed:
    """Hop by hop through these versions. `part`: empty where the product has none."""
    ground = Ground(product, versions, facts, accepted=accepted, known_bad=known_bad)
    moves: list[Move] = []
    wrong: list[Wrong] = []
    for start, end in pairwise(versions):
        here, there = ground.find(start) or 0, ground.find(end) or 0
        hop = next((hop for hop in ground.hops(part, here) if hop.to == there), None)
        met = hop.met if hop is not None else ground.leaving[here] & ground.reaching[there]
        obstacles = ground.standing(met & ~ground.accepted)
        if hop is None or obstacles:
            wrong.append(Wrong(start, end, obstacles, hop is not None))
        else:
            moves.append(move(ground, part, start, end, hop.edge, met))
    return Followed(tuple(moves), tuple(wrong))


def skewed_within(product: Product, part: str, versions: Sequence[str]) -> Iterator[Clash]:
    """Old beside new, hop by hop, where not everything is stopped."""
    ground = Ground(product, versions, {})
    name = part if product.parts else product.product
    for start, end in pairwise(versions):
        here, there = ground.find(start), ground.find(end)
        if not any(hop.to == there and hop.edge.stopped for hop in ground.hops(part, here or 0)):
            pair = (version(start, product.scheme), version(end, product.scheme))
            met = {clash.skew: clash for clash in reversed(list(meeting(product, name, pair, name, pair)))}
            yield from met.values()  # one for each rule: old beside new is new beside old


class Going(Struct, frozen=True):
    """One component of a plan: its part of the product, its versions in order, the components that are before it."""

    name: str
    part: str
    versions: tuple[str, ...]
    before: frozenset[str] = frozenset()


def skewed_between(product: Product, going: Sequence[Going]) -> Iterator[tuple[Going, Clash]]:
    """Component against component, each clash with the component that is too far ahead or behind."""
    for one in going:
        for other in going:
            if one.name == other.name:
                continue
            meetings: list[tuple[Sequence[str], Sequence[str]]] = [(one.versions, other.versions)]
            if one.name in other.before:
                meetings = [(one.versions, other.versions[:1]), (one.versions[-1:], other.versions)]
            elif other.name in one.before:
                meetings = [(one.versions[:1], other.versions), (one.versions, other.versions[-1:])]
            found = {
                clash: None
                for mine, theirs in meetings
                for clash in meeting(product, one.part, read(product, mine), other.part, read(product, theirs))
            }
            yield from ((one, clash) for clash in found)


def read(product: Product, versions: Sequence[str]) -> tuple[Version, ...]:
    return tuple(version(text, product.scheme) for text in versions)


def meeting(
    product: Product, of: str, ones: Sequence[Version], with_: str, others: Sequence[Version]
) -> Iterator[Clash]:
    for index, skew in enumerate(product.skews):
        if skew.of == of and skew.with_ == with_:
            for one in ones:
                for other in others:
                    if not may_meet(product, skew, one, other):
                        yield Clash(index, of, one.text, with_, other.text)
