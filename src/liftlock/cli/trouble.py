"""How trouble reaches a person: one line, what to do, and an exit status that a script can read."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from msgspec import Struct

from liftlock.cli.exits import Exit
from liftlock.model.errors import WorldError
from liftlock.model.reasons import Reason


class Refused(Exception):
    """The request was understood, and is not granted. `reason` says why, `status` what a script sees."""

    def __init__(self, reason: Reason, status: Exit = Exit.FINDINGS) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.status = status


class Trouble(Struct, frozen=True):
    code: str
    message: str
    help: str
    status: Exit


@contextmanager
def told() -> Iterator[None]:
    """Words what the world or a rule refuses, and ends the command with its status."""
    try:
        yield
    except WorldError as error:
        from liftlock.cli.screen import latest

        screen = latest()
        hint = screen.words.find(f"world.{error.kind.value}.help") or ""
        screen.trouble(Trouble(error.kind.value, screen.words.world(error), hint, Exit.WORLD))
        raise typer.Exit(Exit.WORLD) from error
    except Refused as refused:
        from liftlock.cli.screen import latest

        screen = latest()
        hint = screen.words.find(f"reason.{refused.reason.code}.help") or ""
        screen.trouble(Trouble(refused.reason.code, screen.words.reason(refused.reason), hint, refused.status))
        raise typer.Exit(refused.status) from refused
