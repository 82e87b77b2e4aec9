"""The command lines of `lab ssh`: as the host's user over SSH, host keys strict; or as root, from below.

A single argument is a line for the host's shell, as with ssh itself; several are a command and its arguments.
"""

import shlex
from collections.abc import Sequence

from liftlock.hosts.lab.record import Fleet, Member


def ssh_command(fleet: Fleet, member: Member, argv: Sequence[str]) -> list[str]:
    options = {
        "IdentityFile": fleet.key,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": fleet.known_hosts,
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "10",
    }
    given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    words = argv if len(argv) == 1 else [shlex.join(argv)] if argv else []
    return ["ssh", "-F", "none", *given, f"{fleet.user}@{member.address}", *words]


def as_root(argv: Sequence[str]) -> list[str]:
    if not argv:
        return ["bash", "-l"]
    return ["sh", "-c", *argv] if len(argv) == 1 else list(argv)
