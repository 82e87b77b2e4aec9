"""What stands in a Gantt chart's lines: jobs by the project's stages, each line a job while there are few.

Rule: at most `most` lines. Beyond it the waves of a component share a line, then components that follow one another do,
then the tasks of a stage. Nothing is left out: a shared line shows all its jobs, side by side.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import Struct

from liftlock.model.dated import Row
from liftlock.publish.hops import titled
from liftlock.publish.words import Words

LINES_MAX = 60
WAVES = "waves"


class Line(Struct, frozen=True):
    """Jobs of one line, in the order of their begin."""

    label: str
    rows: tuple[Row, ...]

    @property
    def single(self) -> bool:
        return len(self.rows) == 1


class Group(Struct, frozen=True):
    """The lines of one of the project's stages."""

    stage: str
    lines: tuple[Line, ...]


def row_name(row: Row, words: Words) -> str:
    """A task's name; a wave is named by its component and its number."""
    if row.name:
        return row.name
    if row.component:
        wave = words.word("Wave", row.id.rpartition("/")[2])
        return words.say("ui.when.wave", component=titled(row.component, words), wave=wave)
    return row.id


def groups_of(rows: Iterable[Row], words: Words, most: int = LINES_MAX) -> list[Group]:
    """Stages in the order in which they begin; within them, jobs in the order in which they begin."""
    ordered = sorted(rows, key=lambda row: (row.begins, row.ends, row.id))
    stages = dict.fromkeys(row.stage for row in ordered)
    split = {stage: [row for row in ordered if row.stage == stage] for stage in stages}
    waves = len(split.get(WAVES, ()))
    if len(ordered) <= most:
        return [Group(stage, singles(found, words)) for stage, found in split.items()]
    room = max(8, most - (len(ordered) - waves))
    if len(ordered) - waves + room <= most:
        return [
            Group(stage, shared(found, words, room) if stage == WAVES else singles(found, words))
            for stage, found in split.items()
        ]
    room = max(8, most - len(stages))
    return [
        Group(stage, shared(found, words, room) if stage == WAVES else (together(found, words),))
        for stage, found in split.items()
    ]


def singles(rows: Iterable[Row], words: Words) -> tuple[Line, ...]:
    return tuple(Line(row_name(row, words), (row,)) for row in rows)


def together(rows: Sequence[Row], words: Words) -> Line:
    return Line(words.say("ui.when.tasks", count=len(rows)), tuple(rows))


def shared(rows: Sequence[Row], words: Words, room: int) -> tuple[Line, ...]:
    """A line for each component; where those are more than `room`, for several that follow one another."""
    by_component = sorted(rows, key=lambda row: row.component)
    parts = {name: tuple(found) for name, found in groupby(by_component, key=lambda row: row.component)}
    names = sorted(parts, key=lambda name: (parts[name][0].begins, name))
    each = -(-len(names) // room)
    return tuple(share(names[i : i + each], parts, words) for i in range(0, len(names), each))


def share(names: Sequence[str], parts: dict[str, tuple[Row, ...]], words: Words) -> Line:
    rows = tuple(sorted((row for name in names for row in parts[name]), key=lambda row: (row.begins, row.id)))
    first = titled(names[0], words)
    some = first if len(names) == 1 else words.say("ui.when.more", name=first, more=len(names) - 1)
    return Line(words.say("ui.when.share", name=some, count=len(rows)), rows)
