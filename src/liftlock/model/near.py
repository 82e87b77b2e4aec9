"""What was probably meant: the known name that is most like the one that was given."""

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE_MAX = 1000
LONGEST = 64


def near(given: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name that was probably meant, or nothing."""
    alike = [each for each in known if abs(len(each) - len(given)) <= 4]
    found = get_close_matches(given[:LONGEST], alike[:ALIKE_MAX], n=1, cutoff=cutoff)
    return found[0] if found else ""
