"""Lines between jobs: from where one ends to where the next begins.

Rule: not too many. Lines of the critical path are all there; the others only while the chart stays readable, short ones
first.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from liftlock.model.dated import Row
from liftlock.publish.svg import n

BONDS_MAX = 70
TURN = 5.0  # pixels beside a job where its line turns
HALF = 6.0  # of a job's height


class Spot(Protocol):
    """A job in its line, in pixels."""

    @property
    def row(self) -> Row: ...
    @property
    def begins(self) -> float: ...
    @property
    def ends(self) -> float: ...
    @property
    def y(self) -> float: ...


def bonds(spots: Sequence[Spot], apart: frozenset[str] = frozenset()) -> Iterator[str]:
    """`apart`: jobs whose lines among one another are drawn elsewhere."""
    by_id = {spot.row.id: spot for spot in spots}
    found = [(by_id[bond.job], spot) for spot in spots for bond in spot.row.after if bond.job in by_id]
    pairs = [pair for pair in found if not {pair[0].row.id, pair[1].row.id} <= apart]
    chain = [pair for pair in pairs if on_path(*pair)]
    others = sorted((pair for pair in pairs if not on_path(*pair)), key=length)
    for before, after in (*others[: max(0, BONDS_MAX - len(chain))], *chain):
        yield drawn(before, after, "-critical" if on_path(before, after) else "")


def on_path(before: Spot, after: Spot) -> bool:
    return before.row.critical and after.row.critical


def length(pair: tuple[Spot, Spot]) -> tuple[float, float]:
    return abs(pair[0].y - pair[1].y), abs(pair[1].begins - pair[0].ends)


def drawn(before: Spot, after: Spot, kind: str) -> str:
    """Along the second's own line, where nothing stands before it begins; into it from above where there is no room."""
    x, end = before.ends, after.begins
    if end - x >= 2 * TURN:
        way = f"M{n(x)} {n(before.y)}H{n(x + TURN)}V{n(after.y)}H{n(end - 4)}"
        tip = f"M{n(end - 5)} {n(after.y - 3)}l5 3 -5 3Z"
        return f'<path class="ll-bond{kind}" d="{way}"/><path class="ll-tip{kind}" d="{tip}"/>'
    down = 1 if after.y > before.y else -1
    into, edge = within(x, after), after.y - down * HALF
    way = f"M{n(x)} {n(before.y)}H{n(into)}V{n(edge - 3 * down)}"
    tip = f"M{n(into - 3)} {n(edge - 5 * down)}l3 {5 * down} 3 {-5 * down}Z"
    return f'<path class="ll-bond{kind}" d="{way}"/><path class="ll-tip{kind}" d="{tip}"/>'


def within(x: float, after: Spot) -> float:
    """Where a line from above meets a job: near its begin, at a diamond its middle."""
    if after.row.milestone:
        return (after.begins + after.ends) / 2
    return min(max(x, after.begins + 3), max(after.begins + 1.5, after.ends - 2))
