"""A timetable as a Gantt chart: one SVG file that needs nothing else, in the reader's colours, of bounded size.

Rules: jobs stand in lines by the project's stages, milestones are diamonds; the critical path is solid, slack is a thin
line behind its job. The calendar is shaded: closed days, windows, freezes. The same timetable gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from msgspec import Struct
from msgspec.structs import replace

from liftlock.model.dated import Dated, Row
from liftlock.publish.gantt_axis import Band, bands, ticks
from liftlock.publish.gantt_bonds import bonds
from liftlock.publish.gantt_lines import Group, Line, groups_of, row_name
from liftlock.publish.gantt_style import GANTT_STYLE, HATCH
from liftlock.publish.plain import plain
from liftlock.publish.scales import Axis
from liftlock.publish.svg import label, line, n, rect, titled, width_of
from liftlock.publish.timetable import minute, until
from liftlock.publish.words import Words

WIDTH, LEFT, RIGHT = 1280, 24, 24
TOP = 78  # where the axis begins
AXIS_H, STRIP_H, LINE_H, BAR_H, FOOT = 42, 18, 22, 12, 64
NAME_MAX, OWNER_MAX, WHEN_W, GAP = 280.0, 96.0, 76.0, 12.0
LEAST_W = 3.0  # of a bar, pixels
BETWEEN = 40.0  # two panels
WAVES_MIN, CLOSER = 3, 5  # a panel of the waves: for so many, so many times closer than the whole


class Columns(Struct, frozen=True):
    """What stands at the left of the axis; the same in all panels."""

    name_w: float
    owner_x: float
    when_x: float


class Place(Struct, frozen=True):
    """Where things stand: the time's axis, and the heights of its parts.

    `head`: where the axis is written. `apart`: what has a panel of its own, and is not drawn in detail here.
    """

    x: Axis
    columns: Columns
    head: float
    top: float
    bottom: float
    apart: frozenset[str] = frozenset()


class Panel(Struct, frozen=True):
    """A part of the chart with an axis of its own: the whole, or the waves alone."""

    dated: Dated
    groups: list[Group]
    place: Place


class Spot(Struct, frozen=True):
    """A job alone in its line, in pixels: what lines between jobs begin and end at."""

    row: Row
    begins: float
    ends: float
    y: float


def gantt(dated: Dated, words: Words, today: datetime | None = None) -> str:
    """The SVG document. `today`: where a line says how far time has come."""
    title = escape(plain(words.say("ui.gantt.title", title=dated.title)))
    panels = panels_of(dated, words, today)
    height = panels[-1].place.bottom + FOOT
    size = f'viewBox="0 0 {WIDTH} {n(height)}" width="{WIDTH}" height="{n(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">'
    lines = [head, f"<title>{title}</title>", f"<style>{GANTT_STYLE}</style>", HATCH]
    lines += [rect(0, 0, WIDTH, height, "ll-paper"), *heading(dated, words)]
    for panel in panels if dated.rows else ():
        lines += drawn(panel, words, today)
    if dated.rows:
        lines += legend(dated, panels, words)
    else:
        lines.append(label(LEFT, TOP + 40, words.say("ui.gantt.nothing"), "ll-soft"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def panels_of(dated: Dated, words: Words, today: datetime | None) -> list[Panel]:
    """The whole; and the waves once more by themselves, where they would be too thin to tell apart."""
    waves = waves_alone(dated)
    groups = groups_of(dated.rows, words)
    columns = columns_of(dated, groups, words)
    whole = placed(dated, groups, columns, today)
    if waves is None:
        return [Panel(dated, groups, whole)]
    apart = frozenset(row.id for row in waves.rows)
    below = groups_of(waves.rows, words)
    place = placed(waves, below, columns, today, whole.bottom + BETWEEN)
    return [Panel(dated, groups, replace(whole, apart=apart)), Panel(waves, below, place)]


def waves_alone(dated: Dated) -> Dated | None:
    """None where there are few of them, or where they take a good part of the time anyway."""
    waves = tuple(row for row in dated.rows if row.component)
    if len(waves) < WAVES_MIN or dated.begins is None or dated.ends is None:
        return None
    found = replace(dated, rows=waves, deadline=None)
    span = max(row.ends for row in waves) - min(row.begins for row in waves)
    return found if span * CLOSER < dated.ends - dated.begins else None


def heading(dated: Dated, words: Words) -> Iterator[str]:
    yield label(LEFT, 34, words.say("ui.gantt.title", title=dated.title), "ll-title", room=WIDTH - 2 * LEFT)
    if dated.begins is not None and dated.ends is not None:
        span = words.say("ui.gantt.span", begins=minute(dated.begins, words), ends=minute(dated.ends, words))
        count = words.say("ui.when.tasks", count=len(dated.rows))
        due = [words.say("ui.gantt.due", at=until(dated.deadline, words))] if dated.deadline else []
        parts = [span, *due, count, words.word("Placer", dated.by), words.zone_name]
        yield label(LEFT, 56, " · ".join(parts), "ll-soft", room=WIDTH - 2 * LEFT)


def columns_of(dated: Dated, groups: Sequence[Group], words: Words) -> Columns:
    names = [each.label for group in groups for each in group.lines]
    owners = {dated.person(row.owner) for row in dated.rows if row.owner}
    name_w = min(NAME_MAX, max((width_of(name, bold=True) for name in names), default=0) + 24)
    owner_w = min(OWNER_MAX, max((width_of(owner) for owner in owners), default=0))
    owner_w = max(owner_w, width_of(words.say("ui.column.owner"), bold=True)) if owners else 0.0
    owner_x = LEFT + name_w + GAP
    return Columns(name_w, owner_x, owner_x + owner_w + (GAP if owner_w else 0))


def placed(
    dated: Dated, groups: Sequence[Group], columns: Columns, today: datetime | None, head: float = float(TOP)
) -> Place:
    low, high = span_of(dated, today)
    margin = max((high - low) * 0.015, (3600.0 - high + low) / 2)
    x = Axis(low - margin, high + margin, columns.when_x + WHEN_W + GAP, WIDTH - RIGHT)
    top = head + AXIS_H + STRIP_H
    count = sum(1 + len(group.lines) for group in groups) or 1
    return Place(x, columns, head, top, top + count * LINE_H + 4)


def span_of(dated: Dated, today: datetime | None) -> tuple[float, float]:
    """All jobs; deadlines and the present only where they are near."""
    moments = [at.timestamp() for row in dated.rows for at in (row.begins, row.ends, row.ended) if at is not None]
    low, high = min(moments, default=0.0), max(moments, default=3600.0)
    far = (high - low) / 2
    others = [at.timestamp() for at in (*(row.deadline for row in dated.rows), dated.deadline, today) if at is not None]
    moments += [at for at in others if low - far < at < high + far]
    return min(moments, default=low), max(moments, default=high)


def drawn(panel: Panel, words: Words, today: datetime | None) -> Iterator[str]:
    """What lies below comes first: shades, the grid, lines between jobs, jobs."""
    dated, place = panel.dated, panel.place
    if place.head > TOP:
        yield label(LEFT, place.head + 15, words.say("ui.gantt.waves"), "ll-row")
    yield from shaded(dated, place, words)
    yield from axis(place, words)
    spots: list[Spot] = []
    body: list[str] = []
    y = place.top
    for group in panel.groups:
        body += head_of(group, place, y, words)
        y += LINE_H
        for each in group.lines:
            body += lined(each, dated, place, y, words)
            spots += [spot(each.rows[0], place, y)] if each.single else []
            y += LINE_H
    yield from bonds(spots, place.apart)
    yield from body
    yield from marks(dated, place, words, today)


# --- the calendar -------------------------------------------------------------------------------------------


def shaded(dated: Dated, place: Place, words: Words) -> Iterator[str]:
    for band in bands(dated.shades, "closed", place.x):
        if band.ends - band.begins >= 1:
            yield banded(band, place.top, place.bottom - place.top, "ll-closed")
    yield from frozen(list(bands(dated.shades, "freeze", place.x)), place, words)
    windows = list(bands(dated.shades, "window", place.x))
    for band in windows:
        yield rect(band.begins, place.top - 5, max(1.0, band.ends - band.begins), 4, "ll-window")
    if windows:
        x = place.x.start - GAP
        yield label(x, place.top - 1, words.say("ui.gantt.windows"), "ll-soft ll-small", anchor="end")


def frozen(found: Sequence[Band], place: Place, words: Words) -> Iterator[str]:
    """Hatched from the axis down; named as far as there is room before the next one."""
    top = place.top - STRIP_H
    for band, after in zip(found, [*(band.begins for band in found[1:]), place.x.end], strict=False):
        yield banded(band, top, place.bottom - top, "ll-freeze")
        named = band.name or words.say("ui.gantt.freeze")
        yield label(band.begins + 3, place.top - 8, named, "ll-freeze-text ll-small", room=after - band.begins - 4)


def banded(band: Band, top: float, height: float, name: str) -> str:
    shape = rect(band.begins, top, max(1.0, band.ends - band.begins), height, name)
    return titled(shape, band.name) if band.name else shape


def axis(place: Place, words: Words) -> Iterator[str]:
    x, top = place.x, place.head
    found = ticks(x.low, x.high, words)
    for tick, ends in zip(found, ends_of([(tick.major, x.at(tick.at)) for tick in found], x.end), strict=True):
        at, level = x.at(tick.at), top + (0 if tick.major else AXIS_H / 2)
        yield line(at, level, at, place.bottom, "ll-rule" if tick.major else "ll-grid")
        if width_of(tick.label) + 6 <= ends - at:
            yield label(at + 4, level + 15, tick.label, "ll-head" if tick.major else "ll-soft ll-small")
    for y in (top + AXIS_H / 2, top + AXIS_H, place.bottom):
        yield line(x.start, y, x.end, y, "ll-rule")
    for key, at in (("task", float(LEFT)), ("owner", place.columns.owner_x), ("begins", place.columns.when_x)):
        if key != "owner" or place.columns.when_x > place.columns.owner_x:
            yield label(at, top + AXIS_H - 6, words.say(f"ui.column.{key}"), "ll-head ll-small")


def ends_of(begins: Sequence[tuple[bool, float]], end: float) -> Iterator[float]:
    """How far the room of each tick goes: to the next of its level."""
    for index, (major, _) in enumerate(begins):
        yield next((at for level, at in begins[index + 1 :] if level == major), end)


# --- jobs ---------------------------------------------------------------------------------------------------


def head_of(group: Group, place: Place, y: float, words: Words) -> Iterator[str]:
    """A stage with the span of all its jobs."""
    rows = [row for each in group.lines for row in each.rows]
    begins = place.x.at(min(row.begins for row in rows).timestamp())
    ends = max(begins + LEAST_W, place.x.at(max(row.ends for row in rows).timestamp()))
    yield line(LEFT, y, place.x.end, y, "ll-rule")
    yield label(LEFT, y + 15, words.word("Stage", group.stage), "ll-stage", room=place.columns.name_w, bold=True)
    yield rect(begins, y + 10, ends - begins, 3, "ll-span")


def lined(each: Line, dated: Dated, place: Place, y: float, words: Words) -> Iterator[str]:
    critical = any(row.critical and not row.ended for row in each.rows)
    name, room = f"✓ {each.label}" if all(row.ended for row in each.rows) else each.label, place.columns.name_w - 10
    yield label(LEFT + 10, y + 15, name, "ll-critical-text" if critical else "", room=room, bold=critical)
    owners = dict.fromkeys(dated.person(row.owner) for row in each.rows if row.owner)
    yield label(
        place.columns.owner_x, y + 15, ", ".join(owners), "ll-soft", room=place.columns.when_x - place.columns.owner_x
    )
    yield label(place.columns.when_x, y + 15, begins_of(each.rows[0], words), "ll-soft ll-small")
    for row in seen(each.rows, place):
        yield titled("".join(job(row, place, y)), told(row, dated, words))


def begins_of(row: Row, words: Words) -> str:
    """Day and time; with the year only in the heading."""
    return minute(row.began or row.begins, words)[5:]


def seen(rows: Sequence[Row], place: Place) -> Iterator[Row]:
    """Of jobs that begin in the same pixel the one that lasts longest, critical ones first: the file stays small."""
    best: dict[int, Row] = {}
    for row in rows:
        at = round(place.x.at(row.begins.timestamp()))
        if at not in best or (row.critical, row.ends) > (best[at].critical, best[at].ends):
            best[at] = row
    yield from best.values()


def spot(row: Row, place: Place, y: float) -> Spot:
    begins = place.x.at((row.began or row.begins).timestamp())
    middle = y + LINE_H / 2
    if row.milestone:
        return Spot(row, begins - 5, begins + 5, middle)
    return Spot(row, begins, max(begins + LEAST_W, place.x.at((row.ended or row.ends).timestamp())), middle)


def job(row: Row, place: Place, y: float) -> Iterator[str]:
    at = spot(row, place, y)
    kind = "ll-bar-done" if row.ended else "ll-bar-critical" if row.critical else "ll-bar"
    if row.kept_begins is not None and row.kept_ends is not None:
        begins, ends = (place.x.at(moment.timestamp()) for moment in (row.kept_begins, row.kept_ends))
        if abs(begins - at.begins) >= 1 or abs(ends - at.ends) >= 1:
            yield rect(begins, at.y - BAR_H / 2 - 2, max(LEAST_W, ends - begins), BAR_H + 4, "ll-kept")
    if row.slack_s and not row.ended:
        far = place.x.at(row.ends.timestamp() + row.slack_s)
        yield line(at.ends, at.y, far, at.y, "ll-slack") + line(far, at.y - 3, far, at.y + 3, "ll-slack")
    if row.milestone:
        yield diamond((at.begins + at.ends) / 2, at.y, kind)
    else:
        yield rect(at.begins, at.y - BAR_H / 2, at.ends - at.begins, BAR_H, kind, 1.5)
    if row.began is not None and not row.ended:
        yield rect(at.begins, at.y - 1.5, min(4.0, at.ends - at.begins), 3, "ll-actual")
    if row.deadline is not None and row.deadline.timestamp() <= place.x.high:
        due = place.x.at(row.deadline.timestamp())
        yield f'<path class="ll-due" d="M{n(due - 4)} {n(at.y - 9)}h8l-4 7Z"/>'


def diamond(x: float, y: float, name: str) -> str:
    return f'<path class="{name}" d="M{n(x - 6)} {n(y)}l6 -6 6 6 -6 6Z"/>'


def told(row: Row, dated: Dated, words: Words) -> str:
    """What a job says when it is pointed at."""
    span = words.say("ui.gantt.span", begins=minute(row.begins, words), ends=minute(row.ends, words))
    parts = [row_name(row, words), span, *([", ".join(map(dated.person, row.people))] if row.people else [])]
    if row.critical:
        parts.append(words.say("ui.gantt.critical"))
    if row.slack_s:
        parts.append(words.say("ui.gantt.slack_of", slack_s=row.slack_s))
    if row.deadline is not None:
        parts.append(words.say("ui.gantt.due", at=until(row.deadline, words)))
    return " · ".join(parts)


# --- what stands over it ------------------------------------------------------------------------------------


def marks(dated: Dated, place: Place, words: Words, today: datetime | None) -> Iterator[str]:
    x = place.x
    if dated.deadline is not None and x.low < dated.deadline.timestamp() < x.high:
        at = x.at(dated.deadline.timestamp())
        yield line(at, place.head + AXIS_H, at, place.bottom, "ll-due-line")
        yield below(at, place, words.say("ui.gantt.due", at=until(dated.deadline, words)), "ll-freeze-text")
    if today is not None and x.low < today.timestamp() < x.high:
        at = x.at(today.timestamp())
        yield line(at, place.head + AXIS_H, at, place.bottom, "ll-today")
        yield below(at, place, words.say("ui.gantt.today", at=minute(today, words)), "ll-now")


def below(at: float, place: Place, said: str, name: str) -> str:
    """At the foot of a line, on the side where there is room."""
    fits = at + width_of(said) + 4 < WIDTH - RIGHT
    return label(
        at + (3 if fits else -3), place.bottom + 13, said, f"{name} ll-small", anchor="start" if fits else "end"
    )


def legend(dated: Dated, panels: Sequence[Panel], words: Words) -> Iterator[str]:
    """Only what the chart has."""
    x, y = float(LEFT), panels[-1].place.bottom + 42
    for key, element in entries(dated, panels[0].place, y):
        said = words.say(f"ui.gantt.legend.{key}")
        yield f'<g transform="translate({n(x)} 0)">{element}{label(26, y + 4, said, "ll-soft ll-small")}</g>'
        x += 26 + width_of(said) + 22


def entries(dated: Dated, place: Place, y: float) -> Iterator[tuple[str, str]]:
    rows, low, high = dated.rows, place.x.low, place.x.high
    kinds = {each.kind for each in dated.shades if each.begins.timestamp() < high and each.ends.timestamp() > low}
    moved = any(row.kept_begins and row.moved_s for row in rows)
    shown = (
        ("critical", any(row.critical for row in rows), rect(0, y - 6, 20, BAR_H, "ll-bar-critical", 1.5)),
        ("task", any(not row.critical for row in rows), rect(0, y - 6, 20, BAR_H, "ll-bar", 1.5)),
        ("done", any(row.ended for row in rows), rect(0, y - 6, 20, BAR_H, "ll-bar-done", 1.5)),
        ("milestone", any(row.milestone for row in rows), diamond(10, y, "ll-bar")),
        (
            "slack",
            any(row.slack_s for row in rows),
            line(0, y, 20, y, "ll-slack") + line(20, y - 3, 20, y + 3, "ll-slack"),
        ),
        ("kept", moved, rect(0, y - 6, 20, BAR_H, "ll-kept")),
        ("deadline", any(row.deadline for row in rows), f'<path class="ll-due" d="M6 {n(y - 4)}h8l-4 7Z"/>'),
        ("closed", "closed" in kinds, rect(0, y - 6, 20, BAR_H, "ll-closed")),
        ("window", "window" in kinds, rect(0, y - 3, 20, 5, "ll-window")),
        ("freeze", "freeze" in kinds, rect(0, y - 6, 20, BAR_H, "ll-freeze")),
    )
    yield from ((key, element) for key, there, element in shown if there)
