"""Colours of the terminal, as a function: what is printed is the same text with and without them."""

from collections.abc import Callable
from typing import Literal

Style = Literal["title", "good", "bad", "warn", "note", "dim"]
Paint = Callable[[Style, str], str]

CODES: dict[Style, str] = {"title": "1", "good": "32", "bad": "1;31", "warn": "33", "note": "36", "dim": "2"}


def bare(style: Style, text: str) -> str:
    """For pipes and files: no control codes."""
    return text


def ansi(style: Style, text: str) -> str:
    """For terminals. Pad and cut before painting: codes take no column."""
    return f"\x1b[{CODES[style]}m{text}\x1b[0m" if text else text
