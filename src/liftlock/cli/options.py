"""Options that many commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., Any])

PlanFile = Annotated[Path, typer.Argument(help="The plan file.", show_default=False)]
Which = Annotated[
    str, typer.Argument(help="A plan file, an upgrade or a run; else the last run of the store.", show_default=False)
]
StoreAt = Annotated[
    str, typer.Option("--store", help="Folder of the record; else LIFTLOCK_STORE, else .liftlock beside the plan.")
]
Lang = Annotated[str, typer.Option("--lang", help="Language: en or zh.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON value; of log, run and watch one a line.")]
Me = Annotated[str, typer.Option("--as", help="Your name; else LIFTLOCK_PERSON, else the system's user.")]
Because = Annotated[str, typer.Option("--reason", "-m", help="Why; it is recorded.")]


def commands() -> typer.Typer:
    """An empty set of commands."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


def command(app: typer.Typer, *examples: str, name: str | None = None) -> Callable[[Command], Command]:
    """Adds a command whose help ends with examples, line by line."""
    lines = "".join(f"\n  {example}" for example in examples)
    return app.command(name, epilog=f"\b\nExample:{lines}")
