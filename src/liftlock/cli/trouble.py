"""How trouble reaches a person: one line, what to do, and an exit status that a script can read."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from liftlock.cli.exits import Exit
from liftlock.cli.screen import latest
from liftlock.execute.opening import Refused
from liftlock.model.errors import WorldError
from liftlock.model.reasons import Field, Reason


def refuse(code: str, /, **fields: Field) -> Refused:
    """The request was understood, and is not granted."""
    return Refused(Reason(code, fields))


@contextmanager
def told() -> Iterator[None]:
    """Words what the world or a rule refuses, and ends the command with its status."""
    try:
        yield
    except WorldError as error:
        code = f"world.{error.kind.value}"
        latest().trouble(error.kind.value, latest().words.world(error), help_for(code, error.fields), Exit.WORLD)
        raise typer.Exit(Exit.WORLD) from error
    except Refused as refused:
        reason = refused.reason
        hint = help_for(f"reason.{reason.code}", reason.fields)
        latest().trouble(reason.code, latest().words.reason(reason), hint, Exit.FINDINGS)
        raise typer.Exit(Exit.FINDINGS) from refused


def help_for(code: str, fields: dict[str, Field]) -> str:
    """What to do about it; empty where there is nothing to say."""
    words = latest().words
    return words.say(f"{code}.help", **fields) if words.find(f"{code}.help") else ""
