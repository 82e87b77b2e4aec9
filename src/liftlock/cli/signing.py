"""A person's signature over a statement: with a private key file, or by the OpenSSH agent. No key is kept."""

import os
from collections.abc import Iterable, Sequence
from getpass import getpass
from pathlib import Path

import asyncssh

from liftlock.cli.trouble import refuse
from liftlock.execute import sshsig

AGENT_RSA_SHA2_512 = 4  # draft-ietf-sshm-ssh-agent, section 3.6.1


def sign_with_file(path: Path, statement: str) -> str:
    """Asks for the passphrase on the terminal if the key has one. Refused if it cannot be used."""
    try:
        key = read_key(path)
    except OSError as error:
        raise refuse("key-unreadable", file=str(path), why=str(error.strerror)) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise refuse("key-unreadable", file=str(path), why=str(error)) from error
    algorithm = best_algorithm(key.algorithm)
    return sshsig.armour(key.public_data, key.sign(sshsig.to_sign(statement.encode()), algorithm))


def read_key(path: Path) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path)
    except asyncssh.KeyImportError as error:
        if "passphrase" not in str(error).lower() or not os.isatty(0):
            raise
    return asyncssh.read_private_key(path, getpass(f"{path}: "))


def best_algorithm(key_type: bytes) -> bytes:
    """RSA keys must not sign with SHA-1."""
    return b"rsa-sha2-512" if key_type == b"ssh-rsa" else key_type


async def sign_with_agent(statement: str, allowed: Sequence[str], person: str) -> str:
    """With the agent's first key that the plan allows for this person. Refused if it holds none."""
    socket = os.environ.get("SSH_AUTH_SOCK", "")
    if not socket:
        raise refuse("no-agent")
    try:
        async with asyncssh.SSHAgentClient(socket) as agent:
            for pair in await agent.get_keys():
                if is_theirs(pair.public_data, allowed, person):
                    blob = pair.public_data
                    flags = AGENT_RSA_SHA2_512 if blob[4:11] == b"ssh-rsa" else 0
                    return sshsig.armour(blob, await agent.sign(blob, sshsig.to_sign(statement.encode()), flags))
    except (ValueError, OSError) as error:
        raise refuse("agent-failed", why=str(error)) from error
    raise refuse("agent-has-no-key", by=person)


def is_theirs(public_data: bytes, allowed: Iterable[str], person: str) -> bool:
    try:
        line = sshsig.one_line(public_data)
    except ValueError:
        return False
    return any(
        signer.key == line and not signer.authority and sshsig.matches(signer.principals, person)
        for signer in sshsig.allowed(allowed)
    )
