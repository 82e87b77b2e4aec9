"""The best way from one release to another, or for several parts together; where there is none, why."""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from liftlock.decide.path.conditions import Facts
from liftlock.decide.path.ground import Ground, parts_of
from liftlock.decide.path.search import Label, Search, Step
from liftlock.decide.versions import version
from liftlock.model.path import Move, NoWay, Obstacle, Standing, Way
from liftlock.model.product import Edge, Product


def find(
    product: Product,
    start: str,
    end: str,
    facts: Facts,
    *,
    accepted: Collection[str] = (),
    known_bad: Collection[str] = (),
    channel: str = "",
) -> Way | NoWay:
    """The best way of a product without parts, or of one of its parts alone (`find_together` knows which).

    `facts`: host -> what is known of it; without hosts only what always holds is known. `accepted`: names of blocks.
    Raises BadVersion where a version cannot be read.
    """
    name = parts_of(product)[0].name
    return find_together(
        product, {name: start}, {name: end}, facts, accepted=accepted, known_bad=known_bad, channel=channel
    )


def find_together(
    product: Product,
    start: Mapping[str, str],
    end: Mapping[str, str],
    facts: Facts,
    *,
    accepted: Collection[str] = (),
    known_bad: Collection[str] = (),
    channel: str = "",
) -> Way | NoWay:
    """The same for parts that are upgraded together: part -> version. What is not among them is not looked at."""
    parts = tuple(part for part in parts_of(product) if part.name in start)
    scheme = product.scheme
    if any(version(end[part.name], scheme) < version(start[part.name], scheme) for part in parts):
        return NoWay(product.product, downward=True)
    given = [*start.values(), *end.values()]
    ground = Ground(product, given, facts, accepted=accepted, known_bad=known_bad, channel=channel)
    state, goal = (tuple(ground.find(ends[part.name]) or 0 for part in parts) for ends in (start, end))
    search = Search(ground, parts, state, goal)
    steps, nearest, given_up = search.best()
    if steps is not None:
        return way_of(search, steps)
    names = [ground.releases[index].text for index in nearest]
    return NoWay(
        product.product,
        behind=() if given_up else tuple(explained(search, label) for label in search.behind()),
        reached={part.name: name for part, name in zip(parts, names, strict=True)},
        leads=tuple(ground.releases[index].text for index in search.leading()) if len(parts) == 1 else (),
        given_up=given_up,
    )


def explained(search: Search, label: Label) -> tuple[Obstacle, ...]:
    """The obstacles of one set; of a skew rule, with the first versions that meet against it."""
    skews = {bit: skew for skew, bit in search.skew_bits.items()}
    found = []
    for index, obstacle in enumerate(search.ground.obstacles):
        if label.met >> index & 1:
            skew = skews.get(1 << index)
            found.append(obstacle if skew is None else replace(obstacle, clash=search.first_clash(label, skew)))
    return tuple(found)


def way_of(search: Search, steps: Sequence[Step]) -> Way:
    state = search.start
    states = [standing(search, state)]
    moves = []
    for step in steps:
        states += [] if step.hop.edge.stopped else [standing(search, state, step)]
        states.append(standing(search, step.state))
        moves.append(move_of(search, state, step))
        state = step.state
    return Way(search.ground.product.product, tuple(moves), tuple(states))


def move_of(search: Search, state: tuple[int, ...], step: Step) -> Move:
    ground = search.ground
    part = "" if search.single else search.parts[step.part].name
    start, end = ground.releases[state[step.part]].text, ground.releases[step.hop.to].text
    return move(ground, part, start, end, step.hop.edge, step.met)


def move(ground: Ground, part: str, start: str, end: str, edge: Edge, met: int) -> Move:
    """A hop by an edge, with the risks that it takes because an override accepts them."""
    taken = ground.standing(met & ground.accepted)
    return Move(
        part=part,
        from_=start,
        to=end,
        risk=edge.risk,
        downtime_s=edge.downtime_s,
        stopped=edge.stopped,
        irreversible=edge.irreversible,
        note=edge.note,
        url=edge.url,
        accepted=tuple(dict.fromkeys(each.name for each in taken)),
        stops=ground.stops_at(end),
    )


def weight_of(moves: Sequence[Move]) -> tuple[int, int, int, float, int]:
    """By what ways are compared: accepted risks, high and medium risks, downtime, hops."""
    risks = [move.risk for move in moves]
    downtime_s = sum(move.downtime_s for move in moves)
    return sum(len(move.accepted) for move in moves), risks.count("high"), risks.count("medium"), downtime_s, len(moves)


def standing(search: Search, state: tuple[int, ...], step: Step | None = None) -> Standing:
    releases = search.ground.releases
    versions: dict[str, tuple[str, ...]] = {
        part.name: (releases[index].text,) for part, index in zip(search.parts, state, strict=True)
    }
    if step is not None:
        versions[search.parts[step.part].name] += (releases[step.hop.to].text,)
    return Standing(versions)
