"""The traffic of a system over some weeks, and the quiet times that follow from it."""

from datetime import datetime

from msgspec import Struct

from liftlock.model.plan import Window


class Sample(Struct, frozen=True, order=True):
    """What was measured over the interval that begins at `at`: requests, or requests a second. In the plan's zone."""

    at: datetime
    requests: float


class QuietWindow(Struct, frozen=True):
    """`expected`: the traffic that is expected in it, in the samples' unit; `share_of_peak`: 1.0 is the week's peak.

    `weeks`: of how many weeks this was learnt.
    """

    window: Window
    expected: float
    share_of_peak: float
    weeks: int
