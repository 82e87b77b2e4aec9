"""What the files that a plan's timetable names say: working days, others' changes, recorded traffic."""

from msgspec import Struct

from liftlock.model.load import Sample
from liftlock.model.tasks import OtherChange
from liftlock.model.workdays import PLAIN, Workdays


class Calendars(Struct, frozen=True):
    """`others`: of `changes_from`, besides the plan's own list. `traffic`: in order of time, in the plan's zone."""

    workdays: Workdays = PLAIN
    others: tuple[OtherChange, ...] = ()
    traffic: tuple[Sample, ...] = ()


NO_CALENDARS = Calendars()
