"""When a piece of work may begin, and how long it then takes.

- So many working days: it begins with a working day's hours, and ends with the hours of the last of them.
- A milestone (0 days): at any minute of working hours, and takes none.
- Hours: with people, within working hours where it fits into them, else from within them on; without, at any minute.
- Within windows: where the whole of it is in an opening. A wave takes its way up and its soak; its way back and the
  plan's reserve must fit into the same opening behind it.
- What began does not move: it lasts until it ended, or as long as it was to take, or until now if that is over.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from liftlock.decide.timetable.back import minute_of
from liftlock.decide.timetable.ground import Ground
from liftlock.model.tasks import Task
from liftlock.model.timetable import Choice, Span


def choices_of(ground: Ground, task: Task) -> tuple[Choice, ...]:
    """In ascending order, none over another."""
    earliest = ground.earliest
    if task.earliest:
        earliest = max(earliest, ground.minute(task.earliest))
    return tuple(since(earliest, free_choices(ground, task)))


def free_choices(ground: Ground, task: Task) -> Iterable[Choice]:
    if task.windowed:
        takes = minutes(task.takes_s) if task.takes_s is not None else hours_min(ground) * (task.days or 0)
        return inside(ground.openings, takes, takes)
    if task.days is not None:
        return of_days(ground.days, task.days)
    takes = minutes(task.takes_s or 0.0)
    if not task.people:
        return (Choice(0, ground.horizon - takes, takes),) if takes <= ground.horizon else ()
    return in_hours(ground, takes)


def of_days(days: Sequence[Span], count: int) -> Iterator[Choice]:
    if count == 0:
        yield from (Choice(day.begins, day.ends, 0) for day in days)
        return
    for first, last in zip(days, days[count - 1 :], strict=False):
        yield Choice(first.begins, first.begins, last.ends - first.begins)


def in_hours(ground: Ground, takes: int) -> Iterator[Choice]:
    for day in ground.days:
        last = day.ends - takes if takes <= day.ends - day.begins else day.ends
        if last + takes <= ground.horizon:
            yield Choice(day.begins, last, takes)


def inside(openings: Iterable[Span], whole: int, takes: int) -> Iterator[Choice]:
    """Where `whole` minutes are left before the opening closes. Openings that overlap make one choice."""
    before: Choice | None = None
    for span in openings:
        new = Choice(span.begins, span.ends - max(whole, 1), takes)
        if new.last < new.first:
            continue
        if before is not None and new.first <= before.last + 1:
            before = Choice(before.first, max(before.last, new.last), takes)
            continue
        if before is not None:
            yield before
        before = new
    if before is not None:
        yield before


def since(earliest: int, choices: Iterable[Choice]) -> Iterator[Choice]:
    for each in choices:
        if each.last >= earliest:
            yield Choice(max(each.first, earliest), each.last, each.takes)


def begun_choice(ground: Ground, task: Task) -> Choice:
    """Of a task that began."""
    began = ground.minute(task.began)
    now = max(began, minute_of(ground.origin, ground.now, up=True))
    if task.ended:
        return Choice(began, began, max(0, ground.minute(task.ended) - began))
    if task.days is not None and not task.windowed:
        ends = nth_end(ground.days, began, task.days)
    else:
        ends = began + (minutes(task.takes_s) if task.takes_s is not None else hours_min(ground) * (task.days or 0))
    return Choice(began, began, max(ends, now) - began)


def nth_end(days: Sequence[Span], began: int, count: int) -> int:
    """When so many working days are over, the day on which it began among them if it began within its hours."""
    if count == 0:
        return began
    index = bisect_right(days, began, key=lambda day: day.ends)
    return days[min(index + count, len(days)) - 1].ends if index < len(days) else began


def hours_min(ground: Ground) -> int:
    return max((day.ends - day.begins for day in ground.days), default=0)


def minutes(seconds: float) -> int:
    """Whole ones, rounded up."""
    return -int(-seconds // 60)
