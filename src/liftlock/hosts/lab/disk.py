"""A host's disk: an overlay of its own on the image's folders, kept through reboots; and what makes it this host."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import asyncssh

from liftlock.hosts.lab.machine import ask
from liftlock.hosts.lab.names import controller_address
from liftlock.hosts.lab.record import Fleet, Member

HOST_KEY = "ssh_host_ed25519_key"
SUDOERS = "etc/sudoers.d/lab"


def mount(fleet: Fleet, member: Member) -> None:
    """Mounted, if it is not."""
    place, root = fleet.at(member), fleet.root(member)
    if os.path.ismount(root):
        return
    for folder in (root, place / "upper", place / "work"):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    ask(["mount", "-t", "overlay", "overlay", "-o", overlay(fleet.layers, place), str(root)])


def overlay(layers: Sequence[str], place: Path) -> str:
    return f"lowerdir={':'.join(layers)},upperdir={place / 'upper'},workdir={place / 'work'}"


def unmount(fleet: Fleet, member: Member) -> None:
    root = fleet.root(member)
    while os.path.ismount(root):
        ask(["umount", str(root)])


def wipe(fleet: Fleet, member: Member) -> None:
    """Back to the image; of a host that is off."""
    unmount(fleet, member)
    for name in ("upper", "work"):
        if (fleet.at(member) / name).exists():
            shutil.rmtree(fleet.at(member) / name)


def make_key(file: Path, owner: tuple[int, int] = (-1, -1)) -> str:
    """An ed25519 key in this file, made where there is none; answers the public half. `owner`: whose the file is."""
    if not file.exists():
        key, part = asyncssh.generate_private_key("ssh-ed25519"), file.with_name(f"{file.name}.part")
        part.touch(mode=0o600)
        part.write_bytes(key.export_private_key())
        os.chown(part, *owner)
        part.rename(file)
    return asyncssh.read_private_key(str(file)).export_public_key().decode().strip()


def seed(fleet: Fleet, member: Member) -> None:
    """Name, keys, login and rights, written before the first start; again changes nothing."""
    root, key = fleet.root(member), fleet.at(member) / HOST_KEY
    write(root / "etc/hostname", f"{member.name}\n")
    write(root / "etc/machine-id", f"{member.uuid}\n")
    write(root / "etc/hosts", hosts_file(fleet))
    write(root / f"etc/ssh/{HOST_KEY}", key.read_text(), mode=0o600)
    write(root / SUDOERS, fleet.sudoers, mode=0o440)
    home = root / "home" / fleet.user
    (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
    write(home / ".ssh/authorized_keys", make_key(fleet.key) + "\n", mode=0o600)
    owner = home.stat()
    for path in (home / ".ssh", home / ".ssh/authorized_keys"):
        os.chown(path, owner.st_uid, owner.st_gid)


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    path.touch(mode=mode)
    path.write_text(text)
    path.chmod(mode)


def hosts_file(fleet: Fleet) -> str:
    lines = ["127.0.0.1 localhost", "::1 localhost", f"{controller_address(fleet.number)} controller"]
    return "".join(f"{line}\n" for line in (*lines, *(f"{each.address} {each.name}" for each in fleet.members)))
