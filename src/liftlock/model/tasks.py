"""The plan's `timetable:` chapter: the project's tasks, and what binds them besides each other.

Days are working days of the calendar; `takes` in hours or minutes is time as it passes. The waves need no tasks: they
are made from the schedule, one task a stage, named by the stage's id; `waves` as a task's name stands for all of them.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from liftlock.model.chapters import Absence, Day
from liftlock.model.part import Duration, Part, Text

Stage = Literal[
    "needs",
    "plan",
    "design",
    "build",
    "tests",
    "rehearsal",
    "training",
    "review",
    "approval",
    "waves",
    "observation",
    "acceptance",
    "trial run",
    "other",
]


class Task(Part, frozen=True):
    """A piece of work. Exactly one of `days` (working days) and `takes`; 0 days is a milestone."""

    id: Text
    name: str = ""
    stage: Stage = "other"
    days: Annotated[int, Meta(ge=0, le=1000)] | None = None
    takes_s: Duration | None = field(default=None, name="takes")
    after: tuple[str, ...] = ()
    gap_s: Duration = field(default=0.0, name="gap")  # after the last of `after`
    owner: str = ""
    people: tuple[str, ...] = ()
    load: Annotated[float, Meta(gt=0, le=100)] = 100.0  # percent of each person's day
    uses: dict[str, int] = {}  # resource -> units
    earliest: str = ""
    deadline: str = ""
    windowed: bool = False  # only within the plan's windows, outside its freezes
    began: str = ""  # a moment: it does not move any more
    ended: str = ""
    because: str = ""  # of a date that is set by hand


class Lead(Part, frozen=True):
    """`of` must be over so many full working days before `before` begins (提前量). Default: the approval, the waves."""

    days: Annotated[int, Meta(ge=0, le=365)]
    of: str = "approval"  # a task, or a stage of tasks
    before: str = "waves"


class WorkCalendar(Part, frozen=True):
    """Which days are working days. `override`: a site's own file; it wins over the country's public calendar."""

    country: str = "CN"
    subdivision: str = ""
    override: str = ""
    from_: str = field(default="09:00", name="from")
    to: str = "18:00"


class Load(Part, frozen=True):
    """The traffic over a week, from which quiet windows are found: recorded (CSV), or asked of Prometheus."""

    file: str = ""
    prometheus: str = ""
    query: str = ""
    below: str = ""  # a share of the peak (30%) or a figure
    longer_than_s: Duration = field(default=3600.0, name="longer_than")


class OtherChange(Part, frozen=True):
    """A change of somebody else's that is already scheduled. `items`: hosts, groups, systems that it touches."""

    id: Text
    from_: str = field(name="from")
    to: str
    items: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    title: str = ""


class Relation(Part, frozen=True):
    """Configuration items that hang together: an item and what it is a part of (or runs on)."""

    item: Text
    parents: tuple[str, ...]


class Pool(Part, frozen=True):
    """A team whose people the waves need: so many a lane or a wave."""

    team: Text
    people: Annotated[int, Meta(ge=1)] = 1
    components: tuple[str, ...] = ()  # none: of all


class Timetable(Part, frozen=True):
    """What is to be placed in time, and within what."""

    starts: Day
    ends: str = ""
    calendar: WorkCalendar = WorkCalendar()
    tasks: tuple[Task, ...] = ()
    leads: tuple[Lead, ...] = ()
    closed: tuple[Absence, ...] = ()  # nobody works: a site's own holidays
    load: Load | None = None
    changes: tuple[OtherChange, ...] = ()
    changes_from: str = ""  # a file with such changes: YAML, CSV or iCalendar
    relations: tuple[Relation, ...] = ()
    pools: tuple[Pool, ...] = ()
    observe_s: Duration = field(default=0.0, name="observe")  # between two waves, beyond their soak
