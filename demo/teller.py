"""What the demo shows on the terminal, or in a pipe."""

import sys

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from demo.words import word

PIPE_WIDTH = 110


class Teller:
    """Headlines, sentences, commands and tables, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)

    def word(self, key: str, **fields: object) -> str:
        return word(self.language, key, **fields)

    def headline(self, key: str) -> None:
        self.console.print()
        self.console.print(Rule(Text(self.word(key), style="bold"), align="left", characters="━"))

    def say(self, key: str, style: str = "", **fields: object) -> None:
        self.console.print(Text(self.word(key, **fields), style=style))

    def command(self, line: str) -> None:
        """A command as a person would type it."""
        self.console.print()
        self.console.print(Text(f"$ {line}", style="bold cyan"), soft_wrap=True)

    def promise(self, kept: bool, key: str, **fields: object) -> None:
        mark, style = ("✔", "green") if kept else ("✘", "bold red")
        self.console.print(Text(f"{mark} {self.word(key, **fields)}", style=style))

    def rows(self, key: str, rows: list[tuple[str, str]]) -> None:
        """Two columns under a headline: a path or a command, and what it is."""
        self.headline(key)
        table = Table.grid(padding=(0, 2))
        for left, right in rows:
            table.add_row(Text(left, style="cyan", no_wrap=True), right)
        self.console.print(table)

    def table(self, columns: list[str], rows: list[list[str]]) -> None:
        table = Table(*(self.word(f"column-{column}") for column in columns))
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    def after_kill(self) -> None:
        """A killed program gives neither the cursor back nor the rest of its line."""
        self.console.show_cursor(True)
        self.console.print()
