"""First contact: the keys that a host shows, what the known_hosts file says of them, and accepting them into it.

Rules: nothing is sent but the key exchange, no login is tried. A host of which no shown key is known, but others are,
has CHANGED, also where the shown one is of another kind: a man in the middle chooses the kind. A file is replaced
whole, keeps its mode, and is private if it is new; lines of others, marks and hashed names stay as they are.
"""

import asyncio
import fcntl
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import asyncssh
from msgspec import Struct

from liftlock.hosts.bridges import Bridges
from liftlock.hosts.limits import Limits
from liftlock.hosts.login import Client, known_hosts, options
from liftlock.hosts.trouble import login_error
from liftlock.hosts.userconfig import as_host, parsed, proxies, user_config
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host
from liftlock.model.ports import Clock

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521", "rsa-sha2-512,rsa-sha2-256")
USUAL = "~/.ssh/known_hosts"
Standing = Literal["known", "authority", "new", "changed", "revoked"]


class Shown(Struct, frozen=True):
    """A key that a host shows. `name`: as known_hosts has it; `before`: the fingerprints that it is known by."""

    host: str
    name: str
    file: str
    algorithm: str
    fingerprint: str
    standing: Standing
    line: str
    before: tuple[str, ...] = ()


class Greeter:
    """Asks hosts for their keys, over the bastions that lead there."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._bridges = Bridges(clock, limits)
        self._limits = limits

    async def keys(self, host: Host) -> tuple[Shown, ...]:
        """Every key that it shows. Raises WorldError."""
        keys: list[asyncssh.SSHKey] = []
        lost: WorldError | None = None
        for kind in KINDS:  # a server that has none of a kind ends the connection, with or without a word
            try:
                keys += [key for key in [await self._key(host, kind)] if key is not None]
            except WorldError as error:
                if error.kind is not WorldKind.UNREACHABLE:
                    raise
                lost = error
        if keys:
            return judged(host, keys)
        message = f"{host.name} shows no key of a kind that we know"
        none = WorldError(
            WorldKind.REFUSED, message, host=host.name, who=host.name, why="no-common-language", said="host key"
        )
        raise lost or none

    async def _key(self, host: Host, kinds: str) -> asyncssh.SSHKey | None:
        asked = {
            name: value
            for name, value in options(host, self._limits).items()
            if name in ("host", "port", "config", "kex_algs")
        }
        way = proxies(host)
        more: dict[str, Any] = {"proxy_command": ("sh", "-c", f"exec {way.command}") if way.command else None}
        more["tunnel"] = await self._bridges.pier(way.jump).carrier() if way.jump else None
        via = way.jump[-1].address if way.jump else ""
        try:
            async with asyncio.timeout(self._limits.login_timeout_s):
                return await asyncssh.get_server_host_key(**asked, **more, server_host_key_algs=kinds)
        except asyncssh.KeyExchangeFailed:
            return None  # it has none of that kind
        except (asyncssh.Error, OSError, ValueError) as error:
            raise login_error(host, Client(), error, via) from error

    async def close(self) -> None:
        await self._bridges.close()


def ways_first(hosts: Sequence[Host]) -> list[list[Host]]:
    """The hosts, with those that they are reached through, each before what lies behind it."""
    levels: dict[str, tuple[int, Host]] = {}
    for host in hosts:
        if host.connection != "ssh":
            continue
        jump = proxies(host).jump
        for depth, each in enumerate((*map(as_host, jump), host)):
            key = f"{each.address or each.name}:{each.port}"
            if key not in levels or levels[key][0] < depth:
                known = levels.get(key, (0, each))[1]
                levels[key] = (depth, each if each is host else known)
            elif each is host:
                levels[key] = (levels[key][0], each)  # by its own name, not by its address
    most = max((depth for depth, _ in levels.values()), default=-1)
    return [[host for depth, host in levels.values() if depth == level] for level in range(most + 1)]


def judged(host: Host, keys: Sequence[asyncssh.SSHKey]) -> tuple[Shown, ...]:
    name, port, file = shown_as(host)
    found = known_hosts(host.known_hosts or (file if file != USUAL else "")).match(
        name, "", port if port != 22 else None
    )
    trusted, authorities, revoked = found[0], found[1], found[2]
    any_known = any(key in trusted for key in keys)
    before = tuple(f"{key.get_algorithm()} {key.get_fingerprint()}" for key in trusted)
    entry = name if port == 22 else f"[{name}]:{port}"

    def standing(key: asyncssh.SSHKey) -> Standing:
        if key in revoked:
            return "revoked"
        if key in trusted:
            return "known"
        if authorities:
            return "authority"
        return "changed" if trusted and not any_known else "new"

    return tuple(
        Shown(
            host.name,
            entry,
            file,
            key.get_algorithm(),
            key.get_fingerprint(),
            standing(key),
            f"{entry} {' '.join(key.export_public_key().decode().split()[:2])}",
            before,
        )
        for key in keys
    )


def shown_as(host: Host) -> tuple[str, int, str]:
    """Name and port under which a host stands in known_hosts, and the file that is written."""
    _, path = user_config()
    if not path:
        return host.address or host.name, host.port, host.known_hosts or USUAL
    said = parsed(host, path)
    name = str(said.get("HostKeyAlias") or said.get("Hostname") or host.address or host.name)
    port = 22 if said.get("HostKeyAlias") else int(str(said.get("Port") or host.port))
    files = said.get("UserKnownHostsFile")
    usual = str(files[0]) if isinstance(files, list) and files else USUAL
    return name, port, host.known_hosts or usual


def accept(file: str, add: Sequence[Shown]) -> None:
    """Add keys to a known_hosts file; what a changed host was known by goes. Raises WorldError(REFUSED)."""
    path = Path(os.path.realpath(Path(file).expanduser()))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            lines = path.read_text("utf-8", "surrogateescape").splitlines() if path.exists() else []
            gone = {shown.name for shown in add if shown.standing == "changed"}
            kept = [line for line in lines if not any(stands_for(line, name) for name in gone)]
            replace_whole(path, [*kept, *(shown.line for shown in add if shown.line not in kept)])
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise WorldError(WorldKind.REFUSED, f"{path}: {error.strerror}", what=str(path)) from error


def stands_for(line: str, name: str) -> bool:
    """Is the line a key of exactly this host? Raises WorldError where it is one of others too: a person edits it."""
    words = line.split()
    if len(words) < 3 or words[0].startswith(("#", "@")):
        return False
    if words[0] == name:
        return True
    address, _, port = name.rpartition("]:")
    try:
        known = asyncssh.import_known_hosts(line)
    except ValueError:
        return False
    if not any(known.match(address.strip("[") or name, "", int(port) if address else None)[0]):
        return False
    if words[0].startswith("|"):
        return True
    message = f"{name} stands in a line with others: {words[0]}"
    raise WorldError(WorldKind.HOST_KEY, message, why="shared-line", host=name, said=words[0])


def replace_whole(path: Path, lines: Sequence[str]) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
