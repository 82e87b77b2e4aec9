"""The best way over the versions of all parts together, by Dijkstra's algorithm; and what stands in the way of any.

Rules: a state is the version of every part. One part moves at a time, by one hop, and not beyond the parts that come
before it, unless those have arrived. The state while it rolls (old and new together) and the state after it must both
be allowed; on a hop with everything stopped there is no rolling. Ways are compared by accepted risks, high and medium
risks, downtime, hops, and how far their stops are from the newest release: sums in this order, so that the search is
exact (E. W. Dijkstra, 1959: costs that only grow).
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from liftlock.decide.path.ground import RISKS, Ground, Hop
from liftlock.decide.path.skew import clashes
from liftlock.model.path import Clash, Obstacle
from liftlock.model.product import Product, ProductPart

State = tuple[int, ...]  # the index of every part's release
Cost = tuple[int, int, int, int, int, int]  # accepted, high, medium, downtime_ms, hops, releases left out above
NOTHING: Cost = (0, 0, 0, 0, 0, 0)
STATES_MAX = 200_000
LABELS_MAX = 200_000
BEHIND_MAX = 3  # rules that are left out together
SETS_MAX = 8


class Step(NamedTuple):
    part: int
    hop: Hop
    state: State
    met: int  # obstacles, with those of the states on the way


class Label(NamedTuple):
    """A state that is reached if all that was met were left out. Labels with fewer obstacles, then hops, come first.

    `serial`: in which order labels of the same state and obstacles were made.
    """

    number: int
    hops: int
    state: State
    met: int
    serial: int
    step: Step | None
    before: "Label | None"

    def way(self) -> Iterator[tuple[State, Step]]:
        """The steps back to the start, each with the state that it began in."""
        label: Label | None = self
        while label is not None and label.step is not None and label.before is not None:
            yield label.before.state, label.step
            label = label.before


class Search:
    """`parts` in order; `start` and `end`: of each."""

    def __init__(self, ground: Ground, parts: tuple[ProductPart, ...], start: State, end: State) -> None:
        self.ground, self.parts, self.start, self.end = ground, parts, start, end
        self.places = {part.name: index for index, part in enumerate(parts)}
        self.before = [
            [self.places[name] for name in all_before(ground.product, part.name) if name in self.places]
            for part in parts
        ]
        self.single = not ground.product.parts
        self.labels = 0
        self.skew_bits: dict[int, int] = {}
        self.skew_seen: dict[tuple[int, State], int] = {}

    # --- moves -----------------------------------------------------------------------------------------------

    def steps(self, state: State) -> Iterator[Step]:
        for part in range(len(self.parts)):
            if state[part] == self.end[part]:
                continue
            name = "" if self.single else self.parts[part].name
            for hop in self.ground.hops(name, state[part]):
                if hop.to <= self.end[part] and self.in_order(state, part, hop.to):
                    after = (*state[:part], hop.to, *state[part + 1 :])
                    rolling = 0 if hop.edge.stopped else self.skewed(state, part, hop.to)
                    yield Step(part, hop, after, hop.met | rolling | self.skewed(after))

    def in_order(self, state: State, part: int, to: int) -> bool:
        return all(state[other] >= to or state[other] == self.end[other] for other in self.before[part])

    def skewed(self, state: State, rolling: int = -1, to: int = 0) -> int:
        """The skew rules, as obstacles, that a state breaks; `rolling`: a part with some hosts at `to` already."""
        if not self.ground.product.skews:
            return 0
        known = (rolling * len(self.ground.releases) + to, state)
        if known not in self.skew_seen:
            self.skew_seen[known] = sum(
                {clash.skew: self.skew_bit(clash.skew) for clash in self.broken(state, rolling, to)}.values()
            )
        return self.skew_seen[known]

    def broken(self, state: State, rolling: int = -1, to: int = 0) -> Iterator[Clash]:
        releases = self.ground.releases
        together = {
            part.name: (releases[state[index]], releases[to]) if index == rolling else (releases[state[index]],)
            for index, part in enumerate(self.parts)
        }
        return clashes(self.ground.product, together)

    def skew_bit(self, skew: int) -> int:
        if skew not in self.skew_bits:
            rule = self.ground.product.skews[skew]
            found = Obstacle("skew", f"{rule.of} / {rule.with_}", url=rule.url, skew=rule)
            self.skew_bits[skew] = self.ground.place(found, (), ())
        return self.skew_bits[skew]

    # --- the best way ----------------------------------------------------------------------------------------

    def best(self) -> tuple[list[Step] | None, State, bool]:
        """The steps of the best way, or None; the state that came nearest; whether too much had to be looked at."""
        came: dict[State, tuple[Cost, Step | None, State]] = {self.start: (NOTHING, None, self.start)}
        settled: set[State] = set()
        heap: list[tuple[Cost, State]] = [(NOTHING, self.start)]
        nearest = self.start
        if self.skewed(self.start) & ~self.ground.accepted:
            return None, self.start, False
        while heap:
            cost, state = heappop(heap)
            if state in settled:
                continue
            settled.add(state)
            nearest = max(nearest, state, key=sum)
            if state == self.end:
                return steps_to(came, state), state, False
            if len(settled) > STATES_MAX:
                return None, nearest, True
            for step in self.steps(state):
                if step.met & ~self.ground.accepted or step.state in settled:
                    continue
                total = self.added(cost, step)
                if step.state not in came or total < came[step.state][0]:
                    came[step.state] = (total, step, state)
                    heappush(heap, (total, step.state))
        return None, nearest, False

    def added(self, cost: Cost, step: Step) -> Cost:
        edge = step.hop.edge
        return (
            cost[0] + (step.met & self.ground.accepted).bit_count(),
            cost[1] + (RISKS[edge.risk] == 2),
            cost[2] + (RISKS[edge.risk] == 1),
            cost[3] + round(edge.downtime_s * 1000),
            cost[4] + 1,
            cost[5] + self.end[step.part] - step.hop.to,
        )

    # --- why there is none -----------------------------------------------------------------------------------

    def behind(self) -> list["Label"]:
        """The smallest sets of obstacles without which there is a way, each with that way, at most SETS_MAX of them.

        Labels (state, obstacles met) in the order of their number: one is dropped where another met no more.
        """
        first = self.skewed(self.start) & ~self.ground.accepted
        heap = [Label(first.bit_count(), 0, self.start, first, 0, None, None)]
        settled: dict[State, list[int]] = {}
        found: list[Label] = []
        looked = 0
        while heap and looked < LABELS_MAX and len(found) < SETS_MAX:
            label = heappop(heap)
            if found and label.number > found[0].number:
                break
            if any(other & label.met == other for other in settled.get(label.state, ())):
                continue
            settled.setdefault(label.state, []).append(label.met)
            looked += 1
            if label.state == self.end:
                found.append(label)
            else:
                self.spread(label, heap)
        return found

    def spread(self, label: "Label", heap: list["Label"]) -> None:
        for step in self.steps(label.state):
            met = label.met | (step.met & ~self.ground.accepted)
            if (number := met.bit_count()) <= BEHIND_MAX:
                self.labels += 1
                heappush(heap, Label(number, label.hops + 1, step.state, met, self.labels, step, label))

    def first_clash(self, label: "Label", skew: int) -> Clash | None:
        """The first versions on the label's way that meet against a rule."""
        way = list(label.way())[::-1]
        states = [(self.start, -1, 0)]
        for before, step in way:
            states += [] if step.hop.edge.stopped else [(before, step.part, step.hop.to)]
            states.append((step.state, -1, 0))
        return next((clash for state in states for clash in self.broken(*state) if clash.skew == skew), None)

    def leading(self) -> list[int]:
        """For one part: the releases from which the end can be reached."""
        reach = {self.end[0]}
        for index in range(self.end[0] - 1, -1, -1):
            if any(
                hop.to in reach and not hop.met & ~self.ground.accepted
                for hop in self.ground.hops("" if self.single else self.parts[0].name, index)
            ):
                reach.add(index)
        return sorted(reach - {self.end[0]})


def all_before(product: Product, part: str) -> set[str]:
    """The parts that come before it, and before those."""
    after = {each.name: each.after for each in product.parts}
    found: set[str] = set()
    waiting = list(after.get(part, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += after.get(name, ())
    return found - {part}


def steps_to(came: dict[State, tuple[Cost, Step | None, State]], state: State) -> list[Step]:
    steps: list[Step] = []
    while (step := came[state][1]) is not None:
        steps.append(step)
        state = came[state][2]
    return steps[::-1]
