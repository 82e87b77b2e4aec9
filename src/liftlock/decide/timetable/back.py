"""Minutes of a problem and moments of the world.

Minutes are real ones: in a night when clocks change, 02:00 and 03:00 may be the same minute or two hours apart. A
moment is shown in the zone of the problem's origin, which is the plan's.
"""

from datetime import UTC, datetime, timedelta

from liftlock.model.timetable import Placed, Problem

MINUTE = timedelta(minutes=1)


def minute_of(origin: datetime, moment: datetime, *, up: bool = False) -> int:
    """Whole minutes since the origin, rounded down (or up): negative before it."""
    passed = moment.astimezone(UTC) - origin.astimezone(UTC)
    return -(-passed // MINUTE) if up else passed // MINUTE


def moment_of(origin: datetime, minute: int) -> datetime:
    """The minute's moment, in the origin's zone."""
    return (origin.astimezone(UTC) + minute * MINUTE).astimezone(origin.tzinfo)


def moments_of(problem: Problem, placed: Placed) -> tuple[datetime, datetime]:
    """When a placed job begins and ends."""
    return moment_of(problem.origin, placed.begins), moment_of(problem.origin, placed.ends)
