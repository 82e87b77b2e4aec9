"""The one place where shell words are quoted. A value is data: whatever it holds, no shell reads it as program."""

import re
import shlex
from collections.abc import Mapping
from hashlib import sha256
from posixpath import basename

from liftlock.model.actions import Script
from liftlock.model.errors import WorldError, WorldKind

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9._-]+")
RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
OURS = (".run", ".out", ".head", ".tail", ".closed")  # endings of what lies beside a mark
OWN = "ll_"  # begins the names that the keeper lives by
SHELLS = frozenset({"sh", "ash", "dash", "bash", "ksh", "mksh", "zsh"})
LONGEST_NAME = 240  # of 255 bytes, leaving room for an ending


def word(text: str) -> str:
    """One shell word that means exactly `text`. Raises WorldError(REFUSED) for a NUL byte: no shell can hold it."""
    if "\0" in text:
        raise WorldError(WorldKind.REFUSED, "a value holds a NUL byte, which no shell can carry")
    return "'" + text.replace("'", "'\\''") + "'"


def words(*texts: str) -> str:
    return " ".join(word(text) for text in texts)


def assignments(variables: Mapping[str, str]) -> str:
    return "".join(f"{checked(name)}={word(value)}\n" for name, value in variables.items())


def exports(env: Mapping[str, str]) -> str:
    """A line that exports resolved secrets; it goes through the shell's standard input and nowhere else.

    Our own (ll_…) stay variables of the script's shell: no command that it runs sees them.
    """
    return ";".join(
        f"{'' if name.startswith(OWN) else 'export '}{checked(name)}={word(value)}" for name, value in env.items()
    )


def checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"not a variable's name: {name!r}")
    return name


def program(script: Script) -> str:
    """The sh program of a script: its variables, then its body.

    Another interpreter reads the body from descriptor 3, so that standard input stays empty and nothing is in argv;
    a shell gets the variables as assignments, anything else as environment.
    """
    interpreter = shlex.split(script.interpreter)
    if interpreter == ["sh"]:
        return assignments(script.variables) + script.body
    variables = assignments(script.variables)
    if basename(interpreter[0]) in SHELLS:
        head, body = "", variables + script.body
    else:
        head, body = "set -a\n" + variables + "set +a\n", script.body
    end = f"LL_{sha256(body.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
    return f"{head}exec {words(*interpreter)} /dev/fd/3 3<<'{end}'\n{body}\n{end}\n"


def file_name(mark: str) -> str:
    """The name of a mark's file. A mark starts with its run's id followed by a dot; long ones are shortened by digest.

    Raises ValueError for anything that is not such a mark.
    """
    if not MARK.fullmatch(mark) or mark.endswith(OURS):
        raise ValueError(f"not a mark (run id, dot, letters, digits, dots, dashes, underscores): {mark!r}")
    if len(mark) <= LONGEST_NAME:
        return mark
    return f"{mark[: LONGEST_NAME - 33]}-{sha256(mark.encode()).hexdigest()[:32]}"


def run_name(run: str) -> str:
    """A run's id, as marks begin with it: without a dot, so that no run's name begins another's marks."""
    if not RUN.fullmatch(run) or len(run) > LONGEST_NAME - 40:
        raise ValueError(f"not a run's id (letters, digits, dashes, underscores): {run!r}")
    return run
