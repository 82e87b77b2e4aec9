"""What `ansible_ssh_common_args` and its like say to ssh, as far as Liftlock does the same.

Rules: a way through other hosts (`-J`, ProxyJump, `ProxyCommand ssh -W %h:%p bastion`), key, user, port and known hosts
are taken over. What only tunes ssh's own process is passed over. Host keys stay strict. Anything else would change how
a host is reached, and is said.
"""

import re
import shlex
from collections.abc import Iterator

from msgspec import Struct, field

FLAGS = "46AaCfGgKkMNnqsTtVvXxYy"
TAKES = "BbcDEeFIiJLlmOopQRSWw"
TUNING = frozenset(
    (
        "addkeystoagent",
        "addressfamily",
        "batchmode",
        "checkhostip",
        "ciphers",
        "compression",
        "connectionattempts",
        "connecttimeout",
        "controlmaster",
        "controlpath",
        "controlpersist",
        "forwardagent",
        "forwardx11",
        "gssapiauthentication",
        "hashknownhosts",
        "hostkeyalgorithms",
        "identitiesonly",
        "ipqos",
        "kbdinteractiveauthentication",
        "kexalgorithms",
        "loglevel",
        "macs",
        "numberofpasswordprompts",
        "passwordauthentication",
        "preferredauthentications",
        "pubkeyacceptedalgorithms",
        "pubkeyacceptedkeytypes",
        "pubkeyauthentication",
        "requesttty",
        "serveralivecountmax",
        "serveraliveinterval",
        "sendenv",
        "tcpkeepalive",
        "updatehostkeys",
        "visualhostkey",
    )
)
TRUST = {  # as ssh_config(5) writes them
    name.lower(): name for name in ("StrictHostKeyChecking", "VerifyHostKeyDNS", "GlobalKnownHostsFile")
}
THROUGH = re.compile(r"%h:%p|\[%h\]:%p")


class SshArguments(Struct):
    """`jump`: [user@]host[:port], in order. `loose`: options that ask for less trust; `refused`: the others."""

    jump: tuple[str, ...] = ()
    key: str = ""
    user: str = ""
    port: str = ""
    known_hosts: str = ""
    hop_key: str = ""
    loose: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read_arguments(text: str) -> SshArguments:
    """Any text has an answer."""
    found = SshArguments()
    for option, given in options(text):
        take(found, option, given)
    return found


def options(text: str) -> Iterator[tuple[str, str]]:
    """ssh's own options as (name, value): `-p 22` and `-o Port=22` are both ("port", "22")."""
    try:
        words = shlex.split(text)
    except ValueError:
        yield "?", text
        return
    names = {"J": "proxyjump", "i": "identityfile", "l": "user", "p": "port", "W": "forward"}
    while words:
        word = words.pop(0)
        if not word.startswith("-") or len(word) < 2:
            yield "?", word
            continue
        letters = word[1:].lstrip(FLAGS)
        if not letters:
            continue
        letter = letters[0]
        given = letters[1:] or (words.pop(0) if words and letter in TAKES else "")
        if letter == "o":
            name, _, value = re.sub(r"^(\w+)\s*[=\s]\s*", r"\1=", given.strip()).partition("=")
            yield name.lower(), value.strip().strip('"')
        else:
            yield names.get(letter, "?"), given if letter in names else f"-{letter} {given}".strip()


def take(found: SshArguments, option: str, given: str) -> None:
    match option:
        case "proxyjump":
            found.jump = (
                () if given.lower() == "none" else tuple(each.strip() for each in given.split(",") if each.strip())
            )
        case "proxycommand":
            take_proxy(found, given)
        case "identityfile":
            found.key = given
        case "user":
            found.user = given
        case "port":
            found.port = given
        case "userknownhostsfile" if given != "/dev/null" and " " not in given:
            found.known_hosts = given
        case "userknownhostsfile":
            found.loose.append(f"UserKnownHostsFile={given}")
        case _ if option in TRUST:
            if given.lower() not in ("yes", "ask", "accept-new"):
                found.loose.append(f"{TRUST[option]}={given}")
        case _ if option not in TUNING:
            found.refused.append(given if option == "?" else f"{option}={given}")


def take_proxy(found: SshArguments, command: str) -> None:
    """`ssh -W %h:%p [options] [user@]bastion` is a jump; `none` is no proxy; other commands are refused."""
    if command.lower() == "none":
        found.jump = ()
        return
    program, _, rest = command.strip().strip("\"'").removeprefix("exec ").partition(" ")
    inner, target, forwards = SshArguments(), "", False
    for option, given in options(rest):
        if option == "forward":
            forwards = bool(THROUGH.fullmatch(given))
        elif option == "?" and not given.startswith("-") and not target:
            target = given
        else:
            take(inner, option, given)
    if program.rpartition("/")[2] != "ssh" or not forwards or not target or inner.refused:
        found.refused.append(f"proxycommand={command}")
        return
    user = f"{inner.user}@" if inner.user and "@" not in target else ""
    port = f":{inner.port}" if inner.port else ""
    found.jump = (*inner.jump, f"{user}{target}{port}")
    found.hop_key = inner.key
    found.loose += inner.loose
