"""What a command prints: text for people, one JSON value for programs, trouble on the error stream."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import IO, Any

import msgspec

from liftlock.cli.menu import ROOT_LANGUAGE
from liftlock.model.findings import Located
from liftlock.publish.findings import findings_json, findings_text
from liftlock.publish.paint import Paint, ansi, bare
from liftlock.publish.words import Extra, Words, choose_language


class Screen:
    """One command's output. `words` may become the plan's own language and zone once the plan is read."""

    def __init__(self, lang: str, as_json: bool, environ: Mapping[str, str]) -> None:
        self.lang = lang
        self.as_json = as_json
        self.environ = environ
        self.words = Words(choose_language(lang, "", environ))
        self.out: IO[str] = sys.stdout
        self.err: IO[str] = sys.stderr
        self.above: Callable[[str], None] | None = None  # where a picture is drawn, how a line gets above it

    @property
    def width(self) -> int:
        return max(60, shutil.get_terminal_size((100, 40)).columns)

    @property
    def is_terminal(self) -> bool:
        return self.out.isatty()

    @property
    def paint(self) -> Paint:
        return ansi if colours(self.out, self.environ) else bare

    def speak(self, *, language: str = "", zone: str = "UTC", extra: Extra | None = None) -> Words:
        """From here on in the plan's language (unless one was asked for) and zone, with the drivers' words."""
        self.words = Words(choose_language(self.lang, language, self.environ), extra, zone)
        return self.words

    def say(self, code: str, **fields: object) -> None:
        """One sentence of the catalogue; nothing where a program reads."""
        if not self.as_json:
            self.text(self.words.say(code, **fields))

    def text(self, text: str) -> None:
        self.out.write(text if text.endswith("\n") else text + "\n")
        self.out.flush()

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.out.write(line + "\n")
        self.out.flush()

    def data(self, value: Any) -> None:
        """A JSON value, with its keys in a stable order of ours."""
        self.text(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())

    def data_lines(self, values: Iterable[Any]) -> None:
        """One JSON value a line."""
        self.lines(msgspec.json.encode(value).decode() for value in values)

    def findings(self, found: Sequence[Located], sources: Mapping[str, str]) -> None:
        if self.as_json:
            self.data(findings_json(found, self.words))
        else:
            self.text(findings_text(found, self.words, sources=sources, width=self.width, paint=self.paint))

    def warn(self, text: str) -> None:
        """Beside the result, never inside it."""
        if self.above is not None:
            self.above(f"liftlock: {text}")
            return
        self.err.write(f"liftlock: {text}\n")
        self.err.flush()

    def trouble(self, code: str, message: str, hint: str, status: int) -> None:
        if self.as_json:
            self.data_lines([{"error": code, "message": message, "help": hint, "status": status}])  # one line: it may
            return  # come after lines of events
        paint = ansi if colours(self.err, self.environ) else bare
        self.err.write(f"liftlock: {paint('bad', message)}\n")
        if hint:
            self.err.write(f"  {paint('note', self.words.say('ui.help'))}: {hint}\n")
        self.err.flush()


def colours(stream: IO[str], environ: Mapping[str, str]) -> bool:
    """https://no-color.org, and never into a pipe."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def pictures(stream: IO[str], environ: Mapping[str, str]) -> bool:
    """Whether the terminal can take back what it shows. Without colours (NO_COLOR) it still can."""
    return stream.isatty() and environ.get("TERM") not in ("dumb", "", None)


LATEST: ContextVar[Screen | None] = ContextVar("latest", default=None)


def open_screen(lang: str = "", as_json: bool = False) -> Screen:
    screen = Screen(lang or ROOT_LANGUAGE.get(), as_json, os.environ)
    LATEST.set(screen)
    return screen


def latest() -> Screen:
    """The screen of this command; a plain one if it failed before it had any."""
    return LATEST.get() or Screen("", False, os.environ)
