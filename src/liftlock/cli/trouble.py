"""How trouble reaches a person: one line, what to do, and an exit status that a script can read."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from typer.exceptions import TyperException

from liftlock.cli.exits import Exit
from liftlock.cli.naming import spoken
from liftlock.cli.screen import latest, open_screen
from liftlock.execute.opening import Refused
from liftlock.model.errors import WorldError
from liftlock.model.reasons import Field, Reason


def refuse(code: str, /, **fields: Field) -> Refused:
    """The request was understood, and is not granted."""
    return Refused(Reason(code, fields))


@contextmanager
def told(*, as_json: bool = False) -> Iterator[None]:
    """Words what the world or a rule refuses, and ends the command with its status.

    `as_json`: a program asked, also where the command line was not understood and no screen was opened.
    """
    try:
        yield
    except TyperException as error:
        if not as_json or error.exit_code != Exit.USAGE:
            raise
        hint = latest().words.say("ui.usage.help")
        open_screen(as_json=True).trouble("usage", error.format_message(), hint, Exit.USAGE)
        raise typer.Exit(Exit.USAGE) from error
    except WorldError as error:
        words = latest().words
        latest().trouble(error.kind.value, words.world(error), words.world_help(error), Exit.WORLD)
        raise typer.Exit(Exit.WORLD) from error
    except Refused as refused:
        reason = as_spoken(refused.reason)
        hint = help_for(reason)
        latest().trouble(reason.code, latest().words.reason(reason), hint, Exit.FINDINGS)
        raise typer.Exit(Exit.FINDINGS) from refused


def as_spoken(reason: Reason) -> Reason:
    """The rooms below name a run by its stream."""
    run = reason.fields.get("run")
    return Reason(reason.code, {**reason.fields, "run": spoken(run)}) if isinstance(run, str) else reason


def reason_codes(reason: Reason) -> list[str]:
    """What to do may depend on how a run ended: `reason.run-is-closed.upgraded`."""
    code = f"reason.{reason.code}"
    return [f"{code}.{reason.fields['result']}", code] if "result" in reason.fields else [code]


def help_for(reason: Reason) -> str:
    """What to do about it, by the nearest code that has words; empty where there is nothing to say."""
    words, keys = latest().words, tuple(f"{code}.help" for code in reason_codes(reason))
    return words.fill(keys, reason.fields) if words.find(*keys) else ""
