"""A timetable as a problem and as an answer, in minutes since the problem's origin. Pure data; whoever solves it, the
same checker proves it.

What began is a fact: no link, capacity or budget is broken by it, and what it holds is gone for the others; a deadline
stays a promise that somebody has to take back.

A job begins at a minute that one of its `choices` allows, and takes from there what that choice says: working days,
windows and freezes are all in the choices. Everything that is shared is a resource with a capacity over time: people
(in percent), teams, equipment, failure domains, quorums (of capacity 1).
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

CENTS = 100  # a job's cost and a period's limit are hundredths of the currency's unit
HORIZON_MAX = 5 * 366 * 24 * 60


class Span(Struct, frozen=True, order=True):
    """[begins, ends), minutes."""

    begins: int
    ends: int


class Choice(Struct, frozen=True):
    """It may begin at any minute of [first, last] (both included), and then takes so many minutes."""

    first: int
    last: int
    takes: int


class Link(Struct, frozen=True):
    """Not before the end of `job` plus `gap` minutes. `why`: after | lead | observation | soak."""

    job: str
    gap: int = 0
    why: str = "after"


class Job(Struct, frozen=True):
    """`choices`: ascending, none over another. `began`: it has started and does not move; one of the choices allows it.

    `needs`, `longest`: how long it takes and the longest window there is, to be said where no choice is left.
    """

    id: str
    choices: tuple[Choice, ...]
    after: tuple[Link, ...] = ()
    uses: dict[str, int] = {}
    deadline: int | None = None  # ends at the latest
    began: int | None = None
    cost: int = 0  # in hundredths (CENTS); spent when it begins
    name: str = ""
    kind: str = ""
    owner: str = ""
    people: tuple[str, ...] = ()
    needs: int = 0
    longest: int = 0


class Capacity(Struct, frozen=True):
    """How much of a resource there is. `less`: (span, units) that are taken away meanwhile: absences, other changes."""

    id: str
    amount: int
    less: tuple[tuple[Span, int], ...] = ()
    kind: str = ""  # person | team | equipment | domain | quorum | change


class Limit(Struct, frozen=True):
    """At most so much money, in hundredths (CENTS), for jobs that begin in the span."""

    span: Span
    amount: int


class Problem(Struct, frozen=True):
    """`origin`: minute 0, aware. `horizon`: minutes; nothing ends later."""

    origin: datetime
    horizon: int
    jobs: tuple[Job, ...]
    capacities: tuple[Capacity, ...] = ()
    limits: tuple[Limit, ...] = ()


class Placed(Struct, frozen=True):
    job: str
    begins: int
    ends: int


class Solution(Struct, frozen=True):
    """Where every job is. `bound`: no timetable ends earlier (minutes); `proved`: this one ends there."""

    placed: tuple[Placed, ...]
    by: Literal["greedy", "cp-sat", "person"]
    bound: int = 0
    proved: bool = False

    @property
    def ends(self) -> int:
        return max((each.ends for each in self.placed), default=0)


class Fault(Struct, frozen=True):
    """What the checker says against a solution, or why there is none: a code with fields, and the jobs concerned.

    Codes: missing, twice, unknown, unknown-resource, start, length, began, after, capacity, deadline, horizon, budget,
    bound; those of what cannot be are in `decide.timetable.causes` and `conflict`, those of a begin in `reason`. Fields
    that end in `_minutes` are lengths, those in `_at` moments (minutes since the origin).
    """

    code: str
    jobs: tuple[str, ...]
    fields: dict[str, str | int | float] = {}


class Infeasible(Struct, frozen=True):
    """The smallest set of constraints that cannot hold together: `irreducible`, or found so far."""

    faults: tuple[Fault, ...]
    irreducible: bool = True


class Slack(Struct, frozen=True):
    """How many minutes later a job could begin without a later end of the whole; `critical`: none."""

    total: int
    critical: bool


class Progress(Struct, frozen=True):
    """Where a solver stands: no timetable ends before `bound`, the best one so far ends at `best` (minutes)."""

    bound: int
    best: int
    seconds: float
