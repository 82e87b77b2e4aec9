"""Becoming another user on a host: the password that it takes, and what a refusal says.

Rule: a password is one more secret of a script, resolved on use and learnt like all others; a refusal by sudo, su or
the wrapper is the world's, the same for every driver, and says which rule would have let it pass.
"""

import re
from collections.abc import Mapping

from liftlock.model.actions import Exited, Outcome, Script
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Hosts
from liftlock.model.secret import SecretRef

NO_PERMISSION = 77  # EX_NOPERM of sysexits.h: hosts/keeper/rights.sh ends a script with it
SPECIAL = re.compile(r"[\\,:=*?\[\]!#]|(?<= ) ")  # what has a meaning in a rule's arguments (sudoers(5))
WHYS = ("denied", "missing", "none", "password", "tty", "wrapper", "wrong")
NAMED = ("as", "arguments", "path", "said", "user", "wrapper")
SAID_MAX = 300


def secrets_at(hosts: Hosts, at: str, script: Script) -> dict[str, SecretRef]:
    """A script's own secrets, and what the host wants for another user's rights."""
    return {**script.secrets, **hosts.rights(at, script)}


def refusal(outcome: Outcome, at: str) -> WorldError | None:
    """What kept a script from its rights, if that is how it ended."""
    if not isinstance(outcome, Exited) or outcome.code != NO_PERMISSION:
        return None
    told = facts(outcome.output)
    if told.get("why") not in WHYS:
        return None
    fields = {name: told.get(name, "") for name in NAMED}
    command = " ".join(filter(None, (fields["path"], fields["arguments"])))
    said = fields.pop("said")[-SAID_MAX:]
    message = f"{fields['user']} may not run as {fields['as']}: {command}" + (f" ({said})" if said else "")
    more = {"host": at, "command": command, "said": said, "rule": rule(fields, told["why"])}
    return WorldError(WorldKind.DENIED, message, **{**fields, **more, "why": told["why"]})


def before_refusal(output: str) -> str:
    """What the script, and sudo itself, had said."""
    return "\n".join(line for line in output.splitlines() if not line.startswith("@denied")).rstrip("\n")


def facts(output: str) -> dict[str, str]:
    """The lines `@denied=WHY` and `@denied_NAME=value`: the last that were said."""
    found: dict[str, str] = {}
    for line in output.splitlines():
        name, _, value = line.partition("=")
        if name == "@denied":
            found["why"] = value
        elif name.startswith("@denied_"):
            found[name.removeprefix("@denied_")] = value
    return found


def rule(fields: Mapping[str, str], why: str) -> str:
    """The line that lets exactly this command pass: of sudoers, or of the wrapper's list where that said no."""
    if why == "wrapper":
        return " ".join(filter(None, (fields["as"], fields["path"], fields["arguments"])))
    if wrapper := fields["wrapper"]:
        return f"{fields['user']} ALL=(root) NOPASSWD: {wrapper}"
    arguments = SPECIAL.sub(escaped, fields["arguments"]) or '""'
    return f"{fields['user']} ALL=({fields['as']}) NOPASSWD: {fields['path']} {arguments}"


def escaped(found: re.Match[str]) -> str:
    """A backslash is read twice: by sudoers, then as a pattern."""
    return "\\" * 4 if found[0] == "\\" else "\\" + found[0]
