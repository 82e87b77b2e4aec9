"""The wrapper that sudoers may allow instead of single commands."""

from importlib.resources import files

from liftlock.cli.options import command, commands
from liftlock.cli.screen import open_screen

app = commands()


@command(app, "liftlock wrapper > liftlock-root")
def wrapper() -> None:
    """Print liftlock-root: a script for hosts, which runs what its list allows. Its head says how it is installed."""
    open_screen().text(files("liftlock.hosts").joinpath("wrapper/liftlock-root.sh").read_text("utf-8"))
