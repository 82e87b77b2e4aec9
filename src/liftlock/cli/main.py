"""The composition root: one program, many commands.

Rule: `liftlock --help` and a mistyped command import nothing but Typer; a command's module is imported when it is asked
for. What the world refuses is one line and a hint; only our own bugs show a traceback, and end with status 70.
"""

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from liftlock.cli.menu import COMMANDS, GROUPS, ROOT_LANGUAGE, help_language


class Menu(TyperGroup):
    """The commands of `COMMANDS`, each imported when it is needed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        names: Any = dict.fromkeys(COMMANDS)
        self.commands = names  # names only: Typer suggests the nearest of them
        self.as_json = False  # a command line that is not understood is told to programs as well

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """None for a name that is not ours: Typer then suggests the nearest."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"liftlock.cli.{entry.module}")
        built: Any = typer.main.get_command(module.app)
        return getattr(built, "commands", {cmd_name: built})[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        language = help_language(os.environ)
        formatter.write(f"{GROUPS['usage'][language]}\n\n{GROUPS['about'][language]}\n")
        group = ""
        for name, entry in COMMANDS.items():
            if entry.group != group:
                group = entry.group
                formatter.write(f"\n{GROUPS[group][language]}\n")
            formatter.write(f"  {name:<10} {entry.summary[language]}\n")
        formatter.write(f"\n{GROUPS['more'][language]}\n")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        self.as_json = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        from liftlock.cli.trouble import told

        with told(as_json=self.as_json):
            return super().invoke(ctx)


def remember(lang: str) -> str:
    ROOT_LANGUAGE.set(lang)
    return lang


root = typer.Typer(
    cls=Menu,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@root.callback(no_args_is_help=True)
def options(lang: Annotated[str, typer.Option(is_eager=True, callback=remember)] = "") -> None:
    """Upgrades fleets of servers from one plan file."""


app = typer.main.get_command(root)


def main() -> None:
    sys.excepthook = report_bug
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign must not end a run
    app(prog_name="liftlock")


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Our own fault: everything for a report, and a status that no run ends with."""
    sys.__excepthook__(kind, error, trace)
    print(
        "liftlock: this is a bug of liftlock, not of your plan. What was recorded is safe: the same command goes on "
        "from there.\nliftlock: 这是 liftlock 自身的缺陷。已写入的记录是安全的：再次执行同一命令即可继续。",
        file=sys.stderr,
    )
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(70)


if __name__ == "__main__":
    main()
