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


def bonds(spots: Sequence[Spot]) -> Iterator[str]:
    by_id = {spot.row.id: spot for spot in spots}
    pairs = [(by_id[bond.job], spot) for spot in spots for bond in spot.row.after if bond.job in by_id]
    chain = [pair for pair in pairs if on_path(*pair)]
    others = sorted((pair for pair in pairs if not on_path(*pair)), key=length)
    for before, after in (*others[: max(0, BONDS_MAX - len(chain))], *chain):
        yield drawn(before, after, "-critical" if on_path(before, after) else "")


def on_path(before: Spot, after: Spot) -> bool:
    return before.row.critical and after.row.critical


def length(pair: tuple[Spot, Spot]) -> tuple[float, float]:
    return abs(pair[0].y - pair[1].y), abs(pair[1].begins - pair[0].ends)


def drawn(before: Spot, after: Spot, kind: str) -> str:
    """Down beside the first and along the second's own line, where nothing stands before it begins."""
    x, end = before.ends, after.begins
    if end - x >= 2 * TURN:
        way = f"M{n(x)} {n(before.y)}H{n(x + TURN)}V{n(after.y)}H{n(end - 4)}"
    else:
        between = after.y + (-11 if after.y > before.y else 11)
        way = f"M{n(x)} {n(before.y)}H{n(x + TURN)}V{n(between)}H{n(end - 2 * TURN)}V{n(after.y)}H{n(end - 4)}"
    tip = f'<path class="ll-tip{kind}" d="M{n(end - 5)} {n(after.y - 3)}l5 3 -5 3Z"/>'
    return f'<path class="ll-bond{kind}" d="{way}"/>{tip}'
