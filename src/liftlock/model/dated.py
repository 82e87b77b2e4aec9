"""A timetable as people read it: every job with its dates, its people, its slack, and what binds it.

Nouns only. All moments are aware; whoever shows them turns them into the plan's zone.
"""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

ShadeKind = Literal["closed", "window", "freeze"]


class Bond(Struct, frozen=True):
    """`job` comes before. `why`: after | lead | observation | soak."""

    job: str
    why: str = "after"


class Row(Struct, frozen=True):
    """A job with its dates. `days`: its length in working days, where it was given so.

    `critical`: on the path that sets the end, or without slack. A job on the path may have slack, where a weekend or
    the wait for a window takes a delay up.

    `kept_*`: where the timetable that was kept has it. `began`, `ended`: what really happened.
    `loads`: percent of each person's day that it takes.
    """

    id: str
    begins: datetime
    ends: datetime
    name: str = ""
    stage: str = "other"  # of the project: tasks.Stage
    component: str = ""  # of a wave
    owner: str = ""
    people: tuple[str, ...] = ()
    days: int | None = None
    slack_s: float | None = None
    critical: bool = False
    deadline: datetime | None = None
    kept_begins: datetime | None = None
    kept_ends: datetime | None = None
    began: datetime | None = None
    ended: datetime | None = None
    after: tuple[Bond, ...] = ()
    loads: dict[str, float] = {}

    @property
    def milestone(self) -> bool:
        return self.ends <= self.begins

    @property
    def moved_s(self) -> float:
        """How much later it begins than what was kept; 0 where nothing was kept."""
        return 0.0 if self.kept_begins is None else (self.begins - self.kept_begins).total_seconds()


class Shade(Struct, frozen=True):
    """A span of the calendar: nobody works (weekend, holiday), a window is open, or a freeze holds."""

    kind: ShadeKind
    begins: datetime
    ends: datetime
    name: str = ""


class Dated(Struct, frozen=True):
    """The whole. `deadline`: of the waves, or of `all`. `by`: who placed it. `bound`: no timetable ends earlier;
    `proved`: this one ends there.
    """

    upgrade: str
    title: str
    rows: tuple[Row, ...]
    shades: tuple[Shade, ...] = ()
    deadline: datetime | None = None
    deadline_of: Literal["waves", "all"] = "waves"
    by: str = "greedy"
    bound: datetime | None = None
    proved: bool = False
    names: dict[str, str] = {}  # of people, by id

    def person(self, id: str) -> str:
        """As people call them."""
        return self.names.get(id) or id

    @property
    def begins(self) -> datetime | None:
        return min((row.begins for row in self.rows), default=None)

    @property
    def ends(self) -> datetime | None:
        return max((row.ends for row in self.rows), default=None)

    @property
    def spare_s(self) -> float | None:
        """How long before the deadline that is over which the deadline is of; negative: it is missed."""
        ends = [row.ended or row.ends for row in self.rows if row.component or self.deadline_of == "all"]
        return (self.deadline - max(ends)).total_seconds() if self.deadline is not None and ends else None


class Workload(Struct, frozen=True):
    """A person's share of a period, in working days. `over`: the days on which more is asked than there is."""

    person: str
    begins: date
    ends: date  # its last day
    asked_days: float
    has_days: float
    over: tuple[date, ...] = ()
    cost: float = 0.0


class Spending(Struct, frozen=True):
    """Money of a period, both its days included; without dates: of what has no date, or lies in no period.

    `limit`: None where the budget sets none. `amounts`: what it is made of.
    """

    begins: date | None
    ends: date | None
    planned: float
    actual: float | None
    limit: float | None = None
    amounts: tuple[str, ...] = ()

    @property
    def over_limit(self) -> bool:
        return self.limit is not None and max(self.planned, self.actual or 0.0) > self.limit

    @property
    def over_plan(self) -> bool:
        return self.actual is not None and self.actual > self.planned
