"""A run before one's eyes: a picture in a terminal, a line per event in a pipe, a JSON value per event for programs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from liftlock.cli.screen import Screen, pictures
from liftlock.execute.outlook import lanes_seen_s, outlook_of
from liftlock.model.decisions import Wait
from liftlock.model.events import Entry, LaneEnded
from liftlock.model.ports import Clock
from liftlock.model.reasons import Reason
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from liftlock.publish.happenings import Weight, weight
from liftlock.publish.live import live_view, plain_lines, progress_line, telling
from liftlock.publish.log import Line, line_of, log_json
from liftlock.publish.outline import manual_steps
from liftlock.publish.standing import Outlook

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

PICTURE_EVERY_S = 0.25
LINE_EVERY_S = 30.0


class Pictured:
    """What has a picture in a terminal, and none in a pipe. A context manager: the terminal is given back in order."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.live: Live | None = None

    def __enter__(self) -> Self:
        if not self.screen.as_json and pictures(self.screen.out, self.screen.environ):
            from rich.console import Console
            from rich.live import Live

            self.live = Live(console=Console(file=self.screen.out, highlight=False), auto_refresh=False)
            self.live.start()
            self.screen.above = self.above
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live is not None:
            self.screen.above = None
            self.live.stop()

    def above(self, text: str) -> None:
        if self.live is not None:
            self.live.console.print(text, markup=False)


class Watcher(Pictured):
    """Shows a run as it goes on."""

    def __init__(self, screen: Screen, schedule: Schedule, name: str, clock: Clock) -> None:
        super().__init__(screen)
        self.schedule, self.name, self.clock = schedule, name, clock
        self.words = screen.words.within(schedule.zone)
        self.problems: list[Line] = []
        self.lanes_s: dict[str, float] = {}
        self.asked: frozenset[str] = frozenset()
        shows_lines = screen.as_json or not pictures(screen.out, screen.environ)
        self.shown_at = clock.monotonic() if shows_lines else float("-inf")

    def follow(self, schedule: Schedule) -> None:
        """After an amendment: another schedule."""
        self.schedule = schedule

    def drive(self, run: Run, entries: Sequence[Entry], waiting: Wait | None) -> None:
        """As the loop calls it."""
        self.see(run, entries, waiting.because if waiting else None)

    def see(self, run: Run, entries: Sequence[Entry], waiting: Reason | None) -> None:
        """Show what arrived, and where the run stands."""
        wanted = entries if self.screen.as_json else [e for e in entries if weight(e.event) is not Weight.DETAIL]
        lines = [line_of("run", entry, self.words, run.controller) for entry in wanted]
        self.problems = telling([*self.problems, *(line for line in lines if line.weight is Weight.PROBLEM)])
        self.learn(run, entries)
        if self.screen.as_json:
            self.screen.data_lines(log_json(lines))
        elif self.live is None:
            self.screen.lines(plain_lines(lines, self.words))
            self.screen.lines(self.requests(run))
            self.now_and_then(run, LINE_EVERY_S)
        elif self.is_time(PICTURE_EVERY_S) or run.result is not None:
            self.live.update(self.picture(run, waiting, self.live.console.width), refresh=True)

    def greet(self, run: Run) -> None:
        """A run that goes on says where it stands: in a pipe nothing else may come for a while."""
        if self.live is None and not self.screen.as_json:
            self.now_and_then(run, 0.0)

    def requests(self, run: Run) -> Iterator[str]:
        """What people are asked for, once each: with the command that answers."""
        asks = {step: "ui.confirm_with" for step, _ in manual_steps(self.schedule, run)}
        asks |= dict.fromkeys(run.holds, "ui.settle_with")
        for name, code in asks.items():
            if name not in self.asked:
                yield f"{' ' * 8} ? {self.words.say(code, step=name, subject=name)}"
        self.asked = frozenset(asks)

    def learn(self, run: Run, entries: Sequence[Entry]) -> None:
        """How long lanes take, for the estimate of what is left."""
        took = {}
        for entry in entries:
            if isinstance(entry.event, LaneEnded) and (lane := run.lanes.get(entry.event.lane)):
                took[entry.event.lane] = (entry.at - lane.begun_at).total_seconds()
        self.lanes_s = lanes_seen_s(run, took, self.lanes_s)

    def now_and_then(self, run: Run, every_s: float) -> None:
        if run.result is None and self.is_time(every_s):
            now = self.clock.now()
            self.screen.text(progress_line(self.schedule, run, now, self.words, self.outlook(run, now)))

    def outlook(self, run: Run, now: datetime) -> Outlook:
        return outlook_of(self.schedule, run, now, lanes_s=self.lanes_s)

    def is_time(self, every_s: float) -> bool:
        now_s = self.clock.monotonic()
        if now_s - self.shown_at < every_s:
            return False
        self.shown_at = now_s
        return True

    def picture(self, run: Run, waiting: Reason | None, width: int) -> "Group":
        now = self.clock.now()
        return live_view(
            self.schedule,
            run,
            now,
            self.words,
            name=self.name,
            waiting=waiting,
            outlook=self.outlook(run, now),
            problems=tuple(self.problems),
            width=width,
        )

    def remark(self, text: str) -> None:
        """A line of the command itself, above the picture."""
        if self.live is not None:
            self.above(text)
        else:
            self.screen.warn(text)
