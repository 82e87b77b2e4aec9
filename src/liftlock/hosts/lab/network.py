"""The fleet's network: a bridge, and a cable from it to each host's own namespace. No way out."""

import os
from ipaddress import IPv4Network
from pathlib import Path

from liftlock.hosts.lab.machine import ask
from liftlock.hosts.lab.names import bridge, controller_address, hardware_address, namespace, number_of, port
from liftlock.hosts.lab.record import Fleet, Member

DEVICES = Path("/sys/class/net")
NAMESPACES = Path("/run/netns")


def bridge_up(number: int) -> list[str]:
    name = bridge(number)
    return [
        f"link add {name} type bridge",
        f"address add {controller_address(number)}/24 dev {name}",
        f"link set {name} up",
    ]


def cable_up(number: int, member: Member) -> list[str]:
    """Once the namespace is there. The bridge's end comes up last: a host that is half connected is not connected."""
    space, end = namespace(number, member.name), port(number, member.index)
    hardware = hardware_address(number, member.index)
    return [
        f"link add {end} type veth peer name eth0 address {hardware} netns {space}",
        f"link set {end} master {bridge(number)}",
        f"link set {end} up",
    ]


def inside_up(member: Member) -> list[str]:
    return ["link set lo up", f"address add {member.address}/24 dev eth0", "link set eth0 up"]


def batch(lines: list[str], *, inside: str = "") -> None:
    ask(["ip", *(["-n", inside] if inside else []), "-batch", "-"], text="\n".join(lines) + "\n")


def make_bridge(number: int) -> None:
    if not (DEVICES / bridge(number)).exists():
        batch(bridge_up(number))


def remove_bridge(number: int) -> None:
    if (DEVICES / bridge(number)).exists():
        batch([f"link delete {bridge(number)}"])


def connect(fleet: Fleet, member: Member) -> None:
    """Afresh: what an interrupted start left goes first."""
    disconnect(fleet, member)
    space = namespace(fleet.number, member.name)
    ask(["ip", "netns", "add", space])
    batch(cable_up(fleet.number, member))
    batch(inside_up(member), inside=space)


def disconnect(fleet: Fleet, member: Member) -> None:
    if (DEVICES / port(fleet.number, member.index)).exists():
        batch([f"link delete {port(fleet.number, member.index)}"])
    if (NAMESPACES / namespace(fleet.number, member.name)).exists():
        ask(["ip", "netns", "delete", namespace(fleet.number, member.name)])


def cut(fleet: Fleet, member: Member) -> None:
    """Nothing passes in either direction. Connections stay: neither end is told."""
    batch([f"link set {port(fleet.number, member.index)} down"])


def heal(fleet: Fleet, member: Member) -> None:
    batch([f"link set {port(fleet.number, member.index)} up"])


def is_cut(fleet: Fleet, member: Member) -> bool:
    try:
        flags = int((DEVICES / port(fleet.number, member.index) / "flags").read_text(), 16)
    except FileNotFoundError:
        return False
    return not flags & 1


def bridge_numbers() -> set[int]:
    """Of every fleet on the machine whose bridge is up, wherever its record lies."""
    return {number for name in os.listdir(DEVICES) if (number := number_of(name)) is not None}


def hosts_connected() -> int:
    """Of all fleets on the machine."""
    return sum(1 for _ in NAMESPACES.glob("llab*")) if NAMESPACES.exists() else 0


def used_networks() -> list[IPv4Network]:
    """What the machine's routes lead to, but for the default route."""
    found = []
    for line in ask(["ip", "-4", "route", "show", "table", "all"]).splitlines():
        first = line.split()[0]
        words = line.split()[1:] if first in ("broadcast", "local", "unreachable", "blackhole") else [first]
        if words and words[0] != "default":
            found.append(IPv4Network(words[0], strict=False))
    return found
