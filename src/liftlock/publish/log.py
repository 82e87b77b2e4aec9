"""The work log (机房工作日志): who did what when, and what came of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from typing import Any

from msgspec import Struct, to_builtins

from liftlock.model import events as ev
from liftlock.model.events import Entry
from liftlock.publish.happenings import Weight, subject_of, weight, where
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import cells, cut, pad, wrap
from liftlock.publish.words import Words

STYLES: dict[Weight, Style] = {Weight.PROBLEM: "bad", Weight.MILESTONE: "title", Weight.DETAIL: "dim"}


class Line(Struct, frozen=True):
    """One entry as the log shows it. `stream` is `run` or `upgrade`; `took_s` from a step's start to its end."""

    stream: str
    seq: int
    epoch: int
    at: datetime
    who: str
    kind: str
    what: str
    weight: Weight
    subject: str = ""
    stage: str = ""
    host: str = ""
    took_s: float | None = None
    event: ev.Event | None = None


class Filter(Struct, frozen=True):
    """What is wanted; an empty condition asks nothing. Times are inclusive; stages match by their beginning."""

    hosts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    problems: bool = False

    def wants(self, line: Line) -> bool:
        return (
            (not self.hosts or line.host in self.hosts)
            and (not self.stages or any(inside(line.stage, stage) for stage in self.stages))
            and (not self.kinds or line.kind in self.kinds)
            and (not self.people or line.who in self.people)
            and (self.since is None or line.at >= self.since)
            and (self.until is None or line.at <= self.until)
            and (not self.problems or line.weight is Weight.PROBLEM)
        )


EVERYTHING = Filter()
BELOW = 10  # columns that further lines of a problem stand in from the left
WHO_MAX = 18  # a person, or a controller: person@machine:process


def inside(stage: str, wanted: str) -> bool:
    return stage == wanted or stage.startswith(wanted.rstrip("/") + "/")


def work_log(entries: Iterable[Entry], words: Words, upgrade_entries: Iterable[Entry] = ()) -> Iterator[Line]:
    """Every entry as a line, both streams in the order of time."""
    return merge(upgrade_lines(upgrade_entries, words), run_lines(entries, words), key=lambda line: line.at)


def upgrade_lines(entries: Iterable[Entry], words: Words) -> Iterator[Line]:
    for entry in entries:
        yield line_of("upgrade", entry, words, "")


def run_lines(entries: Iterable[Entry], words: Words) -> Iterator[Line]:
    """The controller that has the run is who did what no person asked for."""
    controller = ""
    started: dict[tuple[str, int], datetime] = {}
    for entry in entries:
        event = entry.event
        took_s = None
        match event:
            case ev.RunOpened(controller=name) | ev.ControllerTookOver(controller=name):
                controller = name
            case ev.StepStarted(step=step, attempt=attempt):
                started[step, attempt] = entry.at
            case ev.StepSucceeded() | ev.StepFailed() | ev.StepNotStarted() | ev.StepLost():
                since = started.pop((event.step, event.attempt), None)
                took_s = (entry.at - since).total_seconds() if since else None
        yield line_of("run", entry, words, controller, took_s)


def line_of(stream: str, entry: Entry, words: Words, controller: str, took_s: float | None = None) -> Line:
    event = entry.event
    place = where(event)
    return Line(
        stream=stream,
        seq=entry.seq,
        epoch=entry.epoch,
        at=entry.at,
        who=person_of(event) or controller,
        kind=type(event).__name__,
        what=words.event(entry),
        weight=weight(event),
        subject=subject_of(event),
        stage=str(place.get("stage", "")),
        host=str(place.get("host", "")),
        took_s=took_s,
        event=event,
    )


def person_of(event: ev.Event) -> str:
    if isinstance(event, ev.ApprovalGiven):
        return event.approved.by
    return str(getattr(event, "by", ""))


def log_text(
    lines: Iterable[Line], words: Words, *, wanted: Filter = EVERYTHING, width: int = 0, paint: Paint = bare
) -> Iterator[str]:
    """Line by line: time, who, what. `width` 0 breaks and cuts nothing (for files and pipes); else a problem is told
    in full, on as many lines as it takes, and all else is cut."""
    day = ""
    for line in lines:
        if not wanted.wants(line):
            continue
        date, _, time = words.moment(line.at).partition(" ")
        if date != day:
            day = date
            yield paint("note", f"{date} ({words.zone_name})")
        took = f" ({words.duration(line.took_s)})" if line.took_s is not None else ""
        head = f"{time}  {pad(cut(words.value('', line.who) or '-', WHO_MAX), WHO_MAX)}  {mark(line)} "
        first, *more = laid_out(head, line.what + took, line.weight, width)
        yield head + paint(STYLES[line.weight], first)
        yield from (paint(STYLES[line.weight], each) for each in more)


def laid_out(head: str, text: str, weight: Weight, width: int) -> list[str]:
    """What stands behind the head, and the lines below it."""
    if not width:
        return [text]
    if weight is not Weight.PROBLEM:
        return [cut(text, max(20, width - cells(head)))]
    first, *more = wrap("·" * cells(head) + text, width, " " * BELOW)
    return [first[cells(head) :], *more]


def mark(line: Line) -> str:
    """Readable without colours."""
    return "!" if line.weight is Weight.PROBLEM else " "


def log_json(lines: Iterable[Line], *, wanted: Filter = EVERYTHING) -> Iterator[dict[str, Any]]:
    """For programs: the event as it is recorded, with its words beside it."""
    for line in lines:
        if wanted.wants(line):
            yield to_builtins(line)


def events_of(entries: Sequence[Entry], *kinds: type) -> list[Entry]:
    """The entries whose event is one of these."""
    return [entry for entry in entries if isinstance(entry.event, kinds)]
