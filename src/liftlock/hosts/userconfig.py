"""What the person's own SSH configuration says: ~/.ssh/config with what it includes, as OpenSSH's own ssh reads it.

asyncssh fills in most of it (docs/how-to/reach-hosts.md lists what it does not); the ways through other hosts are read
here, since many hosts share one. Files are read once for as long as they do not change.
"""

import getpass
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from asyncssh.config import ConfigParseError, SSHClientConfig, SSHConfig
from msgspec import Struct

from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Hop, Host

CONFIG = "~/.ssh/config"
INCLUDE = re.compile(r"^\s*include\s*=?\s*(.+)$", re.IGNORECASE | re.MULTILINE)
NESTED_MAX = 16  # as deep as ssh itself goes
WRITTEN = re.compile(r"(?:ssh://)?(?:([^@\s]+)@)?(\[[^\]]+\]|[^:@\s\[\]]+)(?::([0-9]{1,5}))?")


class Proxies(Struct, frozen=True):
    """How a host is reached, if not directly: through other hosts, or through a command of the person's."""

    jump: tuple[Hop, ...] = ()
    command: str = ""


def user_config() -> tuple[str, str]:
    """Lower-cased text, with what it includes, and path of the configuration file; empty if there is none."""
    path = Path(CONFIG).expanduser()
    for name, changed in dated([str(path)]):
        return "\n".join(texts(name, changed, NESTED_MAX)).lower(), name
    return "", ""


def texts(path: str, changed: int, depth: int) -> Iterator[str]:
    text = text_of(path, changed)
    yield text
    for found in INCLUDE.finditer(text) if depth else ():
        for pattern in found[1].split():
            full = Path(Path.home() / ".ssh" / Path(pattern.strip('"')).expanduser())
            for name, at in dated(map(str, sorted(Path(full.anchor).glob(str(full.relative_to(full.anchor)))))):
                yield from texts(name, at, depth - 1)


def proxies(host: Host) -> Proxies:
    """What is written in the inventory, else in the person's configuration. Raises WorldError(REFUSED)."""
    text, path = user_config()
    if "proxy" not in text:
        return Proxies(host.jump)
    if host.jump:
        first = proxies(as_host(host.jump[0])) if all(hop.address != host.address for hop in host.jump) else Proxies()
        return Proxies((*first.jump, *host.jump))
    said = parsed(host, path)
    jump = str(said.get("ProxyJump") or "")
    if jump:
        return Proxies(written(jump, host, path))
    return Proxies((), str(said.get("ProxyCommand") or ""))


def written(jump: str, host: Host, path: str, seen: int = 0) -> tuple[Hop, ...]:
    """`[user@]host[:port],…`, with what the configuration says of the first one's own way. A hop is reached directly
    where its way would lead through itself, as `Host *` says for all."""
    hops: list[Hop] = []
    for part in jump.split(","):
        found = WRITTEN.fullmatch(part.strip())
        if not found or not 0 < int(found[3] or 22) < 65536:
            raise broken(f"{path}: ProxyJump {jump}", path)
        hops.append(Hop(found[2].strip("[]"), found[1] or "", int(found[3] or 22), host.known_hosts))
    inner = str(parsed(as_host(hops[0]), path).get("ProxyJump") or "")
    if not inner or seen >= NESTED_MAX or hops[0].address in inner or inner == jump:
        return tuple(hops)
    return (*written(inner, host, path, seen + 1), *hops)


def parsed(host: Host, path: str) -> SSHConfig:
    try:
        return SSHClientConfig.load(
            None,
            [path],
            False,
            False,
            False,
            getpass.getuser(),
            host.user or (),
            host.address or host.name,
            host.port if host.port != 22 else (),
        )
    except ConfigParseError as error:
        raise broken(str(error), path) from error


def broken(message: str, path: str) -> WorldError:
    """The message names file and line."""
    return WorldError(WorldKind.REFUSED, f"SSH configuration: {message}", why="ssh-config", said=message, file=path)


def as_host(hop: Hop) -> Host:
    return Host(
        hop.address, address=hop.address, user=hop.user, port=hop.port, known_hosts=hop.known_hosts, key=hop.key
    )


# --- files, read once for as long as they do not change -------------------------------------------------------


def dated(paths: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Those that are there and can be read, each with when it changed."""
    found = []
    for path in paths:
        full = Path(path).expanduser()
        if full.is_file() and os.access(full, os.R_OK):
            found.append((str(full), full.stat().st_mtime_ns))
    return tuple(found)


@lru_cache(maxsize=64)
def text_of(path: str, changed: int) -> str:
    return Path(path).read_text("utf-8", "replace")
