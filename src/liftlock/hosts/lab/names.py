"""How a lab's things are called, and which addresses they have. Pure.

Rule: a fleet has a number from 1 to 254 that no other fleet on the machine has, and every name of the kernel's (bridge,
interfaces, namespaces, control groups) follows from it.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network

from liftlock.model.errors import WorldError, WorldKind

NETWORK = "10.213"
NUMBERS = range(1, 255)
FIRST = 10  # the last part of the first host's address
HOSTS_MAX = 200
TAKEN = frozenset(("all", "controller", "false", "localhost", "null", "true"))  # they mean something else
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
PART = re.compile(r"([a-z][a-z0-9-]{0,30})(?::([0-9]{1,3}))?")


def host_groups(asked: str) -> dict[str, tuple[str, ...]]:
    """`6` is six hosts `host-1` to `host-6`; `lb,app:4` one host `lb` and a group `app` of `app-1` to `app-4`.

    Raises WorldError(REFUSED).
    """
    if asked.isdigit():
        asked = f"host:{asked}"
    groups: dict[str, tuple[str, ...]] = {}
    for part in asked.split(","):
        found = PART.fullmatch(part.strip())
        if found is None or found[1] in groups or found[1] in TAKEN or found[2] == "0":
            raise refused("lab-hosts", asked)
        count = int(found[2] or 0)
        groups[found[1]] = tuple(f"{found[1]}-{index}" for index in range(1, count + 1)) or (found[1],)
    names = [name for members in groups.values() for name in members]
    if len(names) > HOSTS_MAX or len(set(names)) < len(names):
        raise refused("lab-hosts", asked)
    return groups


def checked_name(name: str) -> str:
    """Raises WorldError(REFUSED) for a fleet's name that could not be a folder's and part of a file's."""
    if NAME.fullmatch(name) is None:
        raise refused("lab-name", name)
    return name


def refused(why: str, what: str) -> WorldError:
    return WorldError(WorldKind.REFUSED, f"{what}: not understood", why=why, what=what)


def free_number(taken: Iterable[int], used: Iterable[IPv4Network]) -> int:
    """The lowest that no fleet has, and whose addresses nothing on the machine uses. Raises WorldError(REFUSED)."""
    numbers, networks = set(taken), list(used)
    for number in NUMBERS:
        if number not in numbers and not any(subnet(number).overlaps(network) for network in networks):
            return number
    raise WorldError(WorldKind.REFUSED, "no free network", why="lab-network", what=f"{NETWORK}.0.0/16")


def subnet(number: int) -> IPv4Network:
    return IPv4Network(f"{NETWORK}.{number}.0/24")


def controller_address(number: int) -> str:
    """This machine's, on the fleet's bridge."""
    return f"{NETWORK}.{number}.1"


def host_address(number: int, index: int) -> str:
    return f"{NETWORK}.{number}.{FIRST + index}"


def bridge(number: int) -> str:
    """At most 7 characters of the 15 that an interface's name may have."""
    return f"llab{number}"


def number_of(interface: str) -> int | None:
    """The number of a fleet whose bridge this is."""
    found = re.fullmatch(r"llab([0-9]{1,3})", interface)
    return int(found[1]) if found else None


def port(number: int, index: int) -> str:
    """The bridge's end of a host's cable."""
    return f"llab{number}-{index}"


def namespace(number: int, name: str) -> str:
    return f"llab{number}-{name}"


def hardware_address(number: int, index: int) -> str:
    """The same after every start: who knows the host's address need not ask for it again."""
    return f"02:6c:6c:00:{number:02x}:{FIRST + index:02x}"
