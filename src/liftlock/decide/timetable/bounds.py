"""Lower bounds: no timetable ends earlier, whoever makes it."""

from liftlock.decide.timetable.network import Net, heads


def lower_bound(net: Net) -> int:
    """By links and calendars alone: the critical path."""
    return max(heads(net)[1], default=0)
