"""Is a way that somebody wrote an allowed one?

Rules: every hop must be a hop of the product's edges with nothing in its way. Of parts that are upgraded in one plan,
every version that may run while another part is at one of its own must be allowed beside it: a part that comes after
another stands still until that has arrived; parts without an order may meet in any state.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from liftlock.decide.path.conditions import Facts
from liftlock.decide.path.ground import Ground
from liftlock.decide.path.skew import may_meet
from liftlock.decide.versions import Version, version
from liftlock.model.path import Clash, Wrong
from liftlock.model.product import Product


def follow(
    product: Product,
    part: str,
    versions: Sequence[str],
    facts: Facts,
    *,
    accepted: Collection[str] = (),
    known_bad: Collection[str] = (),
) -> tuple[tuple[Wrong, ...], tuple[str, ...]]:
    """What is wrong with the hops through these versions; and the risks that they take and an override accepts."""
    ground = Ground(product, versions, facts, accepted=accepted, known_bad=known_bad)
    wrong: list[Wrong] = []
    taken: dict[str, None] = {}
    for start, end in pairwise(versions):
        here, there = ground.find(start), ground.find(end)
        hop = next((hop for hop in ground.hops(part, here or 0) if hop.to == there), None)
        met = hop.met if hop is not None else ground.leaving[here or 0] & ground.reaching[there or 0]
        obstacles = ground.standing(met & ~ground.accepted)
        if hop is None or obstacles:
            wrong.append(Wrong(start, end, obstacles))
        else:
            taken |= dict.fromkeys(each.name for each in ground.standing(met & ground.accepted))
    return tuple(wrong), tuple(taken)


def skewed_within(product: Product, part: str, versions: Sequence[str]) -> Iterator[Clash]:
    """Old beside new, hop by hop, where not everything is stopped."""
    ground = Ground(product, versions, {})
    name = part if product.parts else product.product
    for start, end in pairwise(versions):
        here, there = ground.find(start), ground.find(end)
        if not any(hop.to == there and hop.edge.stopped for hop in ground.hops(part, here or 0)):
            pair = (version(start, product.scheme), version(end, product.scheme))
            yield from meeting(product, name, pair, name, pair)


def skewed_between(
    product: Product, ways: Mapping[str, Sequence[str]], before: Mapping[str, Collection[str]]
) -> Iterator[Clash]:
    """Part against part. `ways`: part -> its versions in order; `before`: part -> all parts that come before it."""
    for part, versions in ways.items():
        for other, others in ways.items():
            if part == other:
                continue
            meetings: list[tuple[Sequence[str], Sequence[str]]] = [(versions, others)]
            if part in before.get(other, ()):
                meetings = [(versions, others[:1]), (versions[-1:], others)]
            elif other in before.get(part, ()):
                meetings = [(versions[:1], others), (versions, others[-1:])]
            seen: set[tuple[str, str]] = set()
            for mine, theirs in meetings:
                for clash in meeting(product, part, read(product, mine), other, read(product, theirs)):
                    if (clash.of_version, clash.with_version) not in seen:
                        seen.add((clash.of_version, clash.with_version))
                        yield clash


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
