"""How an SSH login is made: whom we trust, who we are, and which algorithms.

What people have in ~/.ssh/config is honoured; what it does not say is chosen to be cheap: curve25519 and AES-GCM first,
no compression, nothing forwarded, no GSSAPI. Host keys are strict. Keys and known hosts are read once, not once a host.
"""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncssh

from liftlock.hosts.limits import Limits
from liftlock.hosts.userconfig import dated, text_of, user_config
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host

USUAL_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
CHEAP = {
    "kex_algs": ("kexalgorithms", "^curve25519-sha256,curve25519-sha256@libssh.org"),
    "encryption_algs": ("ciphers", "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"),
    "compression_algs": ("compression", "none"),
}


class Client(asyncssh.SSHClient):
    """Remembers the key of a host that was not trusted, for the message."""

    def __init__(self) -> None:
        self.refused: asyncssh.SSHKey | None = None
        self.reason = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.refused = key
        return False


def options(host: Host, limits: Limits) -> dict[str, Any]:
    """What asyncssh is asked; the user's configuration file fills in what is not said here. Raises WorldError."""
    text, path = user_config()
    said: dict[str, Any] = {
        "host": host.address or host.name,
        "config": [path] if path else [],
        "login_timeout": limits.login_timeout_s,
        "connect_timeout": limits.login_timeout_s,
        "keepalive_interval": limits.keepalive_s,
        "keepalive_count_max": limits.keepalive_misses,
        "agent_forwarding": False,
        "x11_forwarding": False,
        "gss_host": None,
        "x509_trusted_certs": None,
    }
    said |= {name: choice for name, (key, choice) in CHEAP.items() if key not in text}
    if host.known_hosts or "knownhostsfile" not in text:
        said["known_hosts"] = known_hosts(host.known_hosts)
    if host.user:
        said["username"] = host.user
    if host.port != 22 or not path:
        said["port"] = host.port
    return said | identity(host, text)


def identity(host: Host, config: str) -> dict[str, Any]:
    if host.key:
        return {"client_keys": list(key_pairs(host.key)), "agent_path": None}
    agent = {} if "identityagent" in config or os.environ.get("SSH_AUTH_SOCK") else {"agent_path": None}
    return agent if "identityfile" in config else agent | {"client_keys": list(usual_keys())}


# --- files, read once for as long as they do not change -------------------------------------------------------


def known_hosts(file: str) -> asyncssh.SSHKnownHosts:
    """The known hosts of a file, or of the usual ones."""
    return parsed_known_hosts(dated([file] if file else KNOWN_HOSTS))


@lru_cache(maxsize=16)
def parsed_known_hosts(files: tuple[tuple[str, int], ...]) -> asyncssh.SSHKnownHosts:
    text = "\n".join(text_of(path, changed) for path, changed in files)
    try:
        return asyncssh.import_known_hosts(text)
    except ValueError as error:
        names = ", ".join(path for path, _ in files)
        raise WorldError(
            WorldKind.HOST_KEY, f"{names}: {error}", why="known-hosts", file=names, said=str(error)
        ) from error


def key_pairs(path: str) -> tuple[asyncssh.SSHKeyPair, ...]:
    """A key, with its certificate (-cert.pub beside it) first; both may be renewed at any time.

    Raises WorldError(MISSING or AUTHENTICATION).
    """
    return loaded_pairs(path, dated((path, f"{path}-cert.pub")))


@lru_cache(maxsize=64)
def loaded_pairs(path: str, files: tuple[tuple[str, int], ...]) -> tuple[asyncssh.SSHKeyPair, ...]:
    try:
        return tuple(asyncssh.load_keypairs([str(Path(path).expanduser())]))
    except OSError as error:
        why = f"private key {path}: {error.strerror}"
        raise WorldError(WorldKind.MISSING, why, why="key", file=path, said=str(error.strerror)) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        why = f"private key {path}: {error}; a key with a passphrase is used through the agent"
        raise WorldError(WorldKind.AUTHENTICATION, why, why="key", file=path, said=str(error)) from error


def usual_keys() -> tuple[asyncssh.SSHKeyPair, ...]:
    """The user's usual keys and certificates, as far as they have no passphrase (those are used through the agent)."""
    pairs: list[asyncssh.SSHKeyPair] = []
    for path, _ in dated(USUAL_KEYS):
        with suppress(WorldError):
            pairs += key_pairs(path)
    return tuple(pairs)
