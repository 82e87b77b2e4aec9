"""Two levels make one, on a matrix of three by three: 1-2 low, 3-4 medium, 6-9 high. Risks and priorities go by it."""

from liftlock.model.part import Level

LEVELS: tuple[Level, ...] = ("low", "medium", "high")


def grade(one: Level, other: Level) -> Level:
    """Of likelihood and impact, or of importance and urgency."""
    product = (rank(one) + 1) * (rank(other) + 1)
    return "low" if product <= 2 else "medium" if product <= 4 else "high"


def rank(level: Level) -> int:
    return LEVELS.index(level)
