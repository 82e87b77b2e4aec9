"""A fleet comes to be, and goes.

Rule of `up`: first the record, then the things. Rule of `down`: things first, each only if it is there, the record
last; so it may be called at any time, after a crash, after the machine's restart, and twice.
"""

import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from liftlock.hosts.lab import cgroups, network
from liftlock.hosts.lab.disk import HOST_KEY, make_key, unmount, wipe
from liftlock.hosts.lab.machine import allow_watches
from liftlock.hosts.lab.names import bridge, checked_name, controller_address, free_number, host_address, subnet
from liftlock.hosts.lab.packages import index
from liftlock.hosts.lab.power import BOOT_S, is_on, kill, start, wait_for
from liftlock.hosts.lab.record import (
    LOCK,
    Fleet,
    Member,
    fleet_names,
    forget,
    held,
    is_begun,
    read_record,
    write_record,
)
from liftlock.model.errors import WorldError, WorldKind

INVENTORY = """\
# The lab's fleet {name}: written by `liftlock lab up`.
defaults: {{user: {user}, key: "{key}", known_hosts: "{known_hosts}"}}
hosts:
{hosts}groups:
{groups}"""


def begin(state: Path, name: str, layers: Sequence[str], groups: Mapping[str, tuple[str, ...]], sudoers: str) -> Fleet:
    """Records a new fleet, and takes its number on this machine. Raises WorldError(REFUSED) if there is one."""
    checked_name(name)
    if is_begun(state, name):
        raise WorldError(WorldKind.REFUSED, f"the fleet {name} is there already", why="lab-there", what=name)
    with held(Path(LOCK)):
        taken = network.bridge_numbers() | {read_record(state, each).number for each in fleet_names(state)}
        number = free_number(taken, network.used_networks())
        names = [host for members in groups.values() for host in members]
        members = tuple(
            Member(host, index, host_address(number, index), uuid.uuid4().hex) for index, host in enumerate(names)
        )
        fleet = Fleet(name, number, str(state.resolve() / name), tuple(layers), members, dict(groups), sudoers)
        write_record(fleet)
        network.make_bridge(number)
    return fleet


def outfit(fleet: Fleet, owner: tuple[int, int]) -> None:
    """Keys, inventory, and an empty repository. `owner`: the person who may log in with the key."""
    make_key(fleet.key, owner)
    fleet.packages.mkdir(exist_ok=True)
    index(fleet.packages)
    lines = []
    for member in fleet.members:
        fleet.at(member).mkdir(parents=True, exist_ok=True)
        fleet.at(member).parent.chmod(0o700)  # hosts' disks have files that run with root's rights
        lines.append(f"{member.address} {make_key(fleet.at(member) / HOST_KEY)}\n")
    fleet.known_hosts.write_text("".join(lines))
    fleet.inventory.write_text(inventory_text(fleet))


def inventory_text(fleet: Fleet) -> str:
    """In Liftlock's own form."""
    return INVENTORY.format(
        name=fleet.name,
        user=fleet.user,
        key=fleet.key,
        known_hosts=fleet.known_hosts,
        hosts="".join(f"  {member.name}: {{address: {member.address}}}\n" for member in fleet.members),
        groups="".join(f"  {group}: [{', '.join(names)}]\n" for group, names in grouped(fleet).items()),
    )


def grouped(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    """The groups of more than one name, and one of all hosts; a host alone is named by its own name."""
    several = {group: names for group, names in fleet.groups.items() if names != (group,)}
    return {**several, "all": tuple(member.name for member in fleet.members)}


def state_of(fleet: Fleet, member: Member) -> str:
    """`on`, `off`, or `cut` (on, and cut off)."""
    if not is_on(fleet, member):
        return "off"
    return "cut" if network.is_cut(fleet, member) else "on"


def power_on(fleet: Fleet, members: Sequence[Member], within_s: float = BOOT_S) -> None:
    """Start those that are off, together, and wait until they answer on SSH. Raises WorldError."""
    take_number(fleet)
    off = [member for member in members if not is_on(fleet, member)]
    allow_watches(len(off) + network.hosts_connected())
    for member in off:
        start(fleet, member)
    wait_for(fleet, off, within_s)


def take_number(fleet: Fleet) -> None:
    """The bridge again after the machine's restart. Raises WorldError(REFUSED) if others use its addresses now."""
    with held(Path(LOCK)):
        if fleet.number in network.bridge_numbers():
            return
        if any(subnet(fleet.number).overlaps(used) for used in network.used_networks()):
            what = str(subnet(fleet.number))
            raise WorldError(WorldKind.REFUSED, f"{what} is in use", why="lab-network", what=what)
        network.make_bridge(fleet.number)


def reset(fleet: Fleet, members: Sequence[Member]) -> None:
    """Back to the state of the image, and on: whatever was changed on these hosts is gone."""
    for member in members:
        kill(fleet, member)
        wipe(fleet, member)
    power_on(fleet, members)


def down(state: Path, name: str) -> bool:
    """Everything goes. False if there was nothing. Raises WorldError."""
    checked_name(name)
    if not is_begun(state, name):
        shutil.rmtree(state / name, ignore_errors=True)
        return False
    fleet = read_record(state, name)
    for member in fleet.members:
        kill(fleet, member)
    cgroups.end(bridge(fleet.number))
    for member in fleet.members:
        unmount(fleet, member)
        network.disconnect(fleet, member)
    network.remove_bridge(fleet.number)
    forget(fleet)
    return True


def controller(fleet: Fleet) -> str:
    """This machine's address, as the hosts see it."""
    return controller_address(fleet.number)


def person(environ: Mapping[str, str]) -> tuple[int, int]:
    """Who called, where sudo says so."""
    return int(environ.get("SUDO_UID") or os.getuid()), int(environ.get("SUDO_GID") or os.getgid())
