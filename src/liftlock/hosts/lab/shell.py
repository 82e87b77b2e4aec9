"""The command line that logs in to a lab's host as its user, host keys strict."""

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
    words = [shlex.join(argv)] if argv else []
    return ["ssh", "-F", "none", *given, f"{fleet.user}@{member.address}", *words]
