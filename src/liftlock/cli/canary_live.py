"""A canary's judgement before one's eyes: the figures as they move, a line per look in a pipe, a JSON value for
programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from liftlock.cli.live import Pictured
from liftlock.cli.screen import Screen
from liftlock.model.events import Entry
from liftlock.model.reasons import Reason
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from liftlock.publish.canary import canary_text, look_json, look_lines
from liftlock.publish.hops import is_of
from liftlock.publish.looks import Looks, looks_of

if TYPE_CHECKING:
    from rich.text import Text


class CanaryWatcher(Pictured):
    """Shows the looks of a run as they arrive. `component`: of this one only; empty: of all."""

    def __init__(self, screen: Screen, schedule: Schedule, component: str, metrics: Sequence[str]) -> None:
        super().__init__(screen)
        self.words = screen.words.within(schedule.zone)
        self.component, self.metrics = component, metrics
        self.looks: dict[str, Looks] = {}

    def follow(self, schedule: Schedule) -> None:
        """An amendment changes nothing about the looks."""

    def see(self, run: Run, entries: Sequence[Entry], waiting: Reason | None) -> None:
        """Show what arrived."""
        new = looks_of(entries)
        if self.component:
            new = {name: looks for name, looks in new.items() if is_of(name, self.component)}
        for name, looks in new.items():
            self.looks[name] = looks[-1:]
            if self.screen.as_json:
                self.screen.data_lines(look_json(name, look, self.words, self.metrics) for look in looks)
            elif self.live is None:
                self.screen.lines(look_lines(name, looks, self.words, metrics=self.metrics))
        if self.live is not None and new:
            self.live.update(self.picture(self.live.console.width), refresh=True)

    def picture(self, width: int) -> "Text":
        from rich.text import Text

        lines = [
            line
            for name, looks in self.looks.items()
            for line in [
                *canary_text(name, looks[-1], self.words, metrics=self.metrics, width=width, paint=self.screen.paint),
                "",
            ]
        ]
        return Text.from_ansi("\n".join(lines), no_wrap=True)
