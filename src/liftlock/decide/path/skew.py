"""May these versions run side by side?

Rule: a skew is counted in majors, in minors within one major, or in patches within one minor; where what stands before
the counted place differs, the distance has no bound. A rule without `versions` always holds, one with it where `with`
is in the range. While a part rolls, its old and new version both count, against each other and every other part.
"""

from collections.abc import Iterator, Mapping

from liftlock.decide.path.ground import LEVELS
from liftlock.decide.versions import Version, version_range
from liftlock.model.path import Clash
from liftlock.model.product import Product, Skew

Together = Mapping[str, tuple[Version, ...]]  # part -> its version, or two while it rolls


def clashes(product: Product, together: Together) -> Iterator[Clash]:
    """Every pair of versions that a rule does not allow side by side."""
    for index, skew in enumerate(product.skews):
        for one in together.get(skew.of, ()):
            for other in together.get(skew.with_, ()):
                if not may_meet(product, skew, one, other):
                    yield Clash(index, skew.of, one.text, skew.with_, other.text)


def may_meet(product: Product, skew: Skew, one: Version, other: Version) -> bool:
    if skew.versions and other not in version_range(skew.versions, product.scheme):
        return True
    if (ahead := distance(one, other, LEVELS[skew.level])) is None:
        return skew.behind_max is None if one < other else skew.ahead_max is None
    if ahead < 0:
        return skew.behind_max is None or -ahead <= skew.behind_max
    return skew.ahead_max is None or ahead <= skew.ahead_max


def distance(one: Version, other: Version, level: int) -> int | None:
    """How many majors, minors or patches ahead; None where it cannot be counted."""
    if any(one.at(before) != other.at(before) for before in range(level)):
        return None
    return one.at(level) - other.at(level)
