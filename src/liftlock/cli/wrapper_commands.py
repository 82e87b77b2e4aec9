"""The wrapper that sudoers may allow instead of single commands."""

from importlib.resources import files

from liftlock.cli.options import Lang, command, commands
from liftlock.cli.screen import open_screen

app = commands()


@command(app, "liftlock wrapper > liftlock-root")
def wrapper(lang: Lang = "") -> None:
    """Print liftlock-root: a script for hosts, which runs what its list allows. Its head says how it is installed."""
    open_screen(lang).text(files("liftlock.hosts").joinpath("wrapper/liftlock-root.sh").read_text("utf-8"))
