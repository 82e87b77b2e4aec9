"""A way up from release to release, or why there is none."""

from typing import Literal

from msgspec import Struct

from liftlock.model.part import Level
from liftlock.model.product import Skew

ObstacleKind = Literal["stop", "block", "withdrawn", "known bad", "dead end", "skew"]


class Clash(Struct, frozen=True):
    """Two versions that meet and may not: `of` beside `with_`. `skew`: the rule's place in the product."""

    skew: int
    of: str
    of_version: str
    with_: str
    with_version: str


class Obstacle(Struct, frozen=True):
    """One rule that stands in the way. `hosts`: on which it holds; `unknown`: facts that nobody knows of them.

    `versions`: of a stop or a release, its range; of a block, the release that is said to have it fixed. Of a skew:
    the rule, and the first versions that meet against it.
    """

    kind: ObstacleKind
    name: str
    because: str = ""
    url: str = ""
    versions: str = ""
    hosts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    clash: Clash | None = None
    skew: Skew | None = None


class Move(Struct, frozen=True):
    """One hop of one part. `part` is empty where a product has none; `accepted`: risks that an override accepts.

    `stops`: the compulsory stops that it arrives at.
    """

    part: str
    from_: str
    to: str
    risk: Level = "low"
    downtime_s: float = 0.0
    stopped: bool = False
    irreversible: str = ""
    note: str = ""
    url: str = ""
    accepted: tuple[str, ...] = ()
    stops: tuple[Obstacle, ...] = ()


class Standing(Struct, frozen=True):
    """What runs at one moment: a part's version, or two while it rolls from one to the next."""

    versions: dict[str, tuple[str, ...]]


class Way(Struct, frozen=True):
    """`states`: before, and for every move while it rolls and after it; each was held against the skew rules."""

    product: str
    moves: tuple[Move, ...]
    states: tuple[Standing, ...] = ()

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every risk that the way takes, by name."""
        return tuple(dict.fromkeys(name for move in self.moves for name in move.accepted))


class NoWay(Struct, frozen=True):
    """`behind`: the smallest sets of rules without which there would be a way; none: no edges lead there at all.

    `reached`: how far one gets, by part. `leads`: from where one could get there. `given_up`: too much to look at.
    """

    product: str
    behind: tuple[tuple[Obstacle, ...], ...] = ()
    reached: dict[str, str] = {}
    leads: tuple[str, ...] = ()
    given_up: bool = False
    downward: bool = False  # the end is older than the start


class Wrong(Struct, frozen=True):
    """A hop of a written path that is not allowed: no edge leads there, or something stands in its way, or both."""

    from_: str
    to: str
    obstacles: tuple[Obstacle, ...] = ()
    has_edge: bool = False
