"""Working days as plain data: whoever read the calendars, this is all that deciding needs of them."""

from datetime import date

from msgspec import Struct


class Workdays(Struct, frozen=True):
    """A day is a working day if it is in `opened` (调休, a make-up day), or is neither in `closed` nor a weekend's day.

    `weekend`: days of the week, Monday is 0. Hours in minutes after midnight of the plan's zone. `unknown_years`: the
    official calendar of that year was not known when this was read, so that its days may still change.
    """

    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    from_min: int = 9 * 60
    to_min: int = 18 * 60
    unknown_years: tuple[int, ...] = ()
    country: str = ""
    names: dict[date, str] = {}  # what a closed day is called


PLAIN = Workdays()
