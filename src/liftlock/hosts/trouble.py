"""Why a login failed, as one error that a person understands: which side it is on, and where to look.

`why` names the words (world.<kind>.<why> in the catalogue); the message is English, for whoever reads the journal.
"""

import os
import socket
from contextlib import closing
from pathlib import Path

import asyncssh
from asyncssh.config import ConfigParseError
from asyncssh.public_key import CERT_TYPE_USER, SSHOpenSSHCertificate

from liftlock.hosts.login import Client, known_hosts
from liftlock.hosts.userconfig import broken
from liftlock.hosts.wires import said
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host

KEPT = "~/.ssh/known_hosts"


def login_error(host: Host, client: Client, error: Exception, via: str) -> WorldError:
    """`via`: the bastion that the connection goes over; empty if none."""
    address = host.address or host.name
    about: dict[str, str | int | float] = {
        "host": host.name,
        "who": host.name,
        "address": address,
        "port": str(host.port),
        "via": via,
    }
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return host_key_error(host, client, error)
        case asyncssh.PermissionDenied():
            return refused_login(host, str(error.reason))
        case asyncssh.KeyExchangeFailed() | asyncssh.ProtocolNotSupported():
            message = f"no common language: {error.reason}"
            return WorldError(WorldKind.REFUSED, message, **about, why="no-common-language", said=str(error.reason))
        case asyncssh.DisconnectError() if "authentication failures" in error.reason:
            message = f"login refused: {error.reason}"
            return WorldError(WorldKind.AUTHENTICATION, message, **about, why="too-many-keys", said=error.reason)
        case ConfigParseError():
            return broken(str(error), str(error).partition(" line ")[0])
        case OSError(filename=str(name)) if name:
            message = f"{name}: {said(error)}"
            return WorldError(WorldKind.AUTHENTICATION, message, host=host.name, file=name, why="key", said=said(error))
        case ValueError():  # a key, a certificate or a user's name that cannot be read
            return WorldError(
                WorldKind.AUTHENTICATION, str(error), host=host.name, file="~/.ssh", why="key", said=str(error)
            )
    over = f" over {via}" if via else ""
    message = f"no connection to {address}:{host.port}{over}: {said(error)}"
    return WorldError(
        WorldKind.UNREACHABLE, message, **about, why="no-answer-behind" if via else "no-answer", said=said(error)
    )


def refused_login(host: Host, reason: str) -> WorldError:
    """What the server does not tell: whether our agent is there, and whether our certificate still holds."""
    about: dict[str, str | int | float] = {
        "host": host.name,
        "user": host.user or os.environ.get("USER", ""),
        "said": reason,
    }
    for path in (f"{host.key}-cert.pub",) if host.key else ():
        if fault := certificate_fault(Path(path).expanduser(), host.user):
            message = f"login refused: {path}: {fault}"
            return WorldError(WorldKind.AUTHENTICATION, message, **about, why="certificate", file=path, fault=fault)
    if not host.key and (agent := os.environ.get("SSH_AUTH_SOCK")) and not answers(agent):
        message = f"login refused, and no agent answers at {agent}"
        return WorldError(WorldKind.AUTHENTICATION, message, **about, why="agent", agent=agent)
    return WorldError(WorldKind.AUTHENTICATION, f"login refused: {reason}", **about, why="login")


def certificate_fault(path: Path, user: str) -> str:
    """What is wrong with a certificate of ours by what stands in it; empty if nothing is, or there is none."""
    try:
        certificate = asyncssh.read_certificate(path)
        if isinstance(certificate, SSHOpenSSHCertificate):
            certificate.validate(CERT_TYPE_USER, user)
    except OSError:
        return ""
    except (asyncssh.KeyImportError, ValueError) as error:
        return str(error)
    return ""


def answers(agent: str) -> bool:
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(1.0)
        try:
            client.connect(agent)
        except OSError:
            return False
    return True


def host_key_error(host: Host, client: Client, error: asyncssh.HostKeyNotVerifiable) -> WorldError:
    """Changed or unknown: which key was shown, and which file a person would edit after asking the host's owner."""
    file = host.known_hosts or KEPT
    about: dict[str, str | int | float] = {"host": host.name, "who": host.name, "file": file}
    if client.refused is None:
        message = f"host key of {host.name}: {error.reason}"
        return WorldError(WorldKind.HOST_KEY, message, **about, why="not-valid", said=str(error.reason))
    address, port = host.address or host.name, host.port if host.port != 22 else None
    known = any(known_hosts(host.known_hosts).match(address, "", port)[:2])
    fingerprint = client.refused.get_fingerprint()
    shown = f"{client.refused.get_algorithm()} {fingerprint}"
    if known:
        what = f"the host key of {host.name} has CHANGED: it shows {shown}, and {file} says otherwise"
    else:
        what = f"the host key of {host.name} is not known: it shows {shown}; add it to {file} if that is right"
    why = "changed" if known else "unknown"
    return WorldError(WorldKind.HOST_KEY, what, **about, fingerprint=fingerprint, shown=shown, why=why)
