"""A timetable as people read it on a terminal, and as programs do: when what begins, with whom, and what it waits for.

A star marks the critical path: the chain that sets the end, and whatever has no slack. Slack is how much later a job
could begin with the upgrade ending no later. Lengths are working days where they were given so, else time as it passes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from msgspec import to_builtins

from liftlock.model.dated import Dated, Row
from liftlock.publish.gantt_axis import DAYS
from liftlock.publish.gantt_lines import Line, groups_of, row_name
from liftlock.publish.paint import Paint, bare
from liftlock.publish.plain import cells, cut, pad, plain, table, wrap
from liftlock.publish.words import Words, local

DAY = timedelta(days=1)
ROWS_MAX = 120  # lines of the table; more jobs share lines
NAME_MIN = 12
WIDEST = {"people": 18}  # columns; of others 30
PATH_MAX = 40  # jobs of the critical path that are named


def timetable_text(dated: Dated, words: Words, *, width: int = 100, paint: Paint = bare) -> list[str]:
    """The table by the project's stages, and the critical path below it."""
    lines = [*heading(dated, words, width, paint)]
    if not dated.rows:
        return lines
    lines += ["", *table_lines(dated, words, width, paint), "", *critical_lines(dated, words, width, paint)]
    if compared := compared_lines(dated, words, width, paint):
        lines += ["", *compared]
    return lines


def heading(dated: Dated, words: Words, width: int, paint: Paint) -> Iterator[str]:
    yield paint("title", cut(words.say("ui.gantt.title", title=dated.title), width))
    if dated.begins is None or dated.ends is None:
        yield words.say("ui.gantt.nothing")
        return
    span = words.say("ui.gantt.span", begins=minute(dated.begins, words), ends=minute(dated.ends, words))
    yield f"{span} ({words.zone_name}) · {words.say('ui.when.tasks', count=len(dated.rows))}"
    yield from wrap(quality(dated, words), width)
    if dated.deadline is not None and (spare_s := dated.spare_s) is not None:
        key = "ui.when.before_deadline" if spare_s >= 0 else "ui.when.after_deadline"
        of = words.word("Deadline", dated.deadline_of)
        said = words.say(key, of=of, at=until(dated.deadline, words), spare_s=abs(spare_s))
        yield paint("note" if spare_s >= 0 else "bad", said)


def quality(dated: Dated, words: Words) -> str:
    """Who placed it, and how far from the best it can be at most."""
    by = words.word("Placer", dated.by)
    if dated.proved:
        return words.say("ui.when.proved", by=by)
    if dated.bound is None or dated.ends is None or dated.bound >= dated.ends:
        return words.say("ui.when.unproved", by=by)
    gap_s = (dated.ends - dated.bound).total_seconds()
    return words.say("ui.when.bound", by=by, at=minute(dated.bound, words), gap_s=gap_s)


# --- the table ----------------------------------------------------------------------------------------------


def table_lines(dated: Dated, words: Words, width: int, paint: Paint) -> Iterator[str]:
    """Columns are as wide as they must be; the last one takes what is left."""
    groups = groups_of(dated.rows, words, ROWS_MAX)
    keys = ("task", "begins", "ends", "length", "slack", "people", "name")
    head = ["  " + words.say(f"ui.column.{key}") if key == "task" else words.say(f"ui.column.{key}") for key in keys]
    long = years_apart(dated)
    bodies = [[line_cells(each, dated, words, long) for each in group.lines] for group in groups]
    every = [head, *(row for body in bodies for row in body)]
    sizes = [min(WIDEST.get(key, 30), max(cells(row[i]) for row in every)) for i, key in enumerate(keys)]
    if width - sum(sizes[:-1]) - 2 * (len(sizes) - 1) < NAME_MIN:
        sizes = sizes[:-1]  # no room for names
    room = max(8, width - sum(sizes[:-1]) - 2 * (len(sizes) - 1))
    sizes[-1] = room
    yield paint("dim", laid(head, sizes))
    for group, body in zip(groups, bodies, strict=True):
        yield paint("note", words.word("Stage", group.stage))
        for each, row in zip(group.lines, body, strict=True):
            critical = any(one.critical and not one.ended for one in each.rows)
            yield paint("warn", laid(row, sizes)) if critical else laid(row, sizes)


def laid(row: Sequence[str], sizes: Sequence[int]) -> str:
    return "  ".join(pad(cut(text, size), size) for text, size in zip(row, sizes, strict=False)).rstrip()


def line_cells(each: Line, dated: Dated, words: Words, long: bool) -> list[str]:
    """A job; or what several that share a line have together."""
    first, last = each.rows[0], max(each.rows, key=lambda row: row.ends)
    critical = any(row.critical and not row.ended for row in each.rows)
    mark = "*" if critical else "✓" if all(row.ended for row in each.rows) else " "
    people = dict.fromkeys(dated.person(name) for row in each.rows for name in people_of(row))
    slack = [row.slack_s for row in each.rows if row.slack_s is not None]
    return [
        f"{mark} {plain(first.id) if each.single else each.label}",
        moment(first.began or first.begins, words, long=long, weekday=True),
        moment(last.ended or last.ends, words, long=long),
        length(first, words) if each.single else "",
        words.duration(min(slack)) if slack and min(slack) > 0 else "",
        plain(", ".join(people)),
        plain(first.name) if each.single else "",
    ]


def people_of(row: Row) -> tuple[str, ...]:
    """The owner first, then who else takes part."""
    return tuple(dict.fromkeys(name for name in (row.owner, *row.people) if name))


def length(row: Row, words: Words) -> str:
    if row.milestone:
        return "◆"
    if row.days is not None:
        return words.say("ui.when.days", n=row.days)
    return words.duration((row.ends - row.begins).total_seconds())


def minute(at: datetime, words: Words) -> str:
    return words.moment(at)[:16]


def until(at: datetime, words: Words) -> str:
    """An end: midnight is the end of the day before, 24:00."""
    shown = minute(at, words)
    return f"{minute(at - DAY, words)[:10]} 24:00" if shown.endswith(" 00:00") else shown


def moment(at: datetime, words: Words, *, long: bool, weekday: bool = False) -> str:
    """`12-22 Tue 23:00`; with the year where the timetable is longer than one."""
    day, _, clock = minute(at, words).partition(" ")
    named = [words.word("Day", DAYS[local(at, words.zone).weekday()])] if weekday else []
    return " ".join([day if long else day[5:], *named, clock])


def years_apart(dated: Dated) -> bool:
    begins, ends = dated.begins, dated.ends
    return begins is not None and ends is not None and (ends - begins).days > 300


# --- the critical path, and what became of a kept timetable ------------------------------------------------


def critical_path(dated: Dated) -> list[Row]:
    return sorted((row for row in dated.rows if row.critical), key=lambda row: (row.begins, row.ends, row.id))


def critical_lines(dated: Dated, words: Words, width: int, paint: Paint) -> list[str]:
    path = critical_path(dated)
    if not path:
        return [words.say("ui.when.no_critical")]
    names = path_names(path, words)
    if len(names) > PATH_MAX:
        names = [*names[: PATH_MAX // 2], "…", *names[-PATH_MAX // 2 :]]
    told = words.say("ui.when.critical_path", count=len(path), path=" → ".join(names))
    first, *rest = wrap(told, width, "  ")
    return [paint("warn", first), *rest]


def path_names(path: Sequence[Row], words: Words) -> list[str]:
    """Waves of a component that follow one another are one."""
    found = []
    for _, group in groupby(enumerate(path), key=lambda pair: pair[1].component or pair[0]):
        rows = [row for _, row in group]
        last = words.word("Wave", rows[-1].id.rpartition("/")[2])
        found.append(row_name(rows[0], words) + (f"…{last}" if len(rows) > 1 else ""))
    return found


def compared_lines(dated: Dated, words: Words, width: int, paint: Paint) -> list[str]:
    """Jobs that moved against what was kept, and those that really began or ended at another time."""
    rows = [row for row in sorted(dated.rows, key=lambda row: (row.begins, row.id)) if differs(row)]
    if not rows:
        return []
    keys = ("task", "kept_begins", "kept_ends", "really_began", "really_ended", "difference")
    long = years_apart(dated)
    body = [[words.say(f"ui.column.{key}") for key in keys]]
    for row in rows[:ROWS_MAX]:
        moments = (row.kept_begins, row.kept_ends, row.began or row.begins, row.ended or row.ends)
        shown = [moment(at, words, long=long) if at else "-" for at in moments]
        shown[2] += "" if row.began else " …"
        shown[3] += "" if row.ended else " …"
        body.append([plain(row.id), *shown, difference(row, words)])
    head, *lines = table(body, width, "  ")
    more = len(rows) - ROWS_MAX
    said = [words.say("ui.when.more_moved", more=more)] if more > 0 else []
    return [paint("title", words.say("ui.when.compared")), paint("dim", head), *lines, *said]


def differs(row: Row) -> bool:
    """It moved, or has begun: then what was planned stands against what is."""
    return bool(row.began) or (row.kept_begins is not None and (row.moved_s != 0 or row.kept_ends != row.ends))


def difference(row: Row, words: Words) -> str:
    """Of the end where it has ended, else of the begin."""
    if row.kept_begins is None or row.kept_ends is None:
        return ""
    late = row.ended - row.kept_ends if row.ended else (row.began or row.begins) - row.kept_begins
    seconds = late.total_seconds()
    if abs(seconds) < 60:
        return words.say("ui.when.on_time")
    return words.say("ui.when.later" if seconds > 0 else "ui.when.earlier", by_s=abs(seconds))


# --- for programs -------------------------------------------------------------------------------------------


def timetable_json(dated: Dated) -> dict[str, Any]:
    """Every job with its dates in the plan's zone; jobs in the order in which they begin."""
    rows = sorted(dated.rows, key=lambda row: (row.begins, row.ends, row.id))
    return {
        "upgrade": dated.upgrade,
        "title": dated.title,
        "begins": to_builtins(dated.begins),
        "ends": to_builtins(dated.ends),
        "deadline": to_builtins(dated.deadline),
        "by": dated.by,
        "bound": to_builtins(dated.bound),
        "proved": dated.proved,
        "critical": [row.id for row in critical_path(dated)],
        "tasks": [to_builtins(row) for row in rows],
    }
