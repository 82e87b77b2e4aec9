"""The passwords of Ansible Vault files, from where people have them already; never from a command line.

Rules: LIFTLOCK_VAULT_PASSWORD; the file of LIFTLOCK_VAULT_PASSWORD_FILE or ANSIBLE_VAULT_PASSWORD_FILE;
ANSIBLE_VAULT_IDENTITY_LIST (`prod@file, dev@prompt`). A file that can be executed is run, and prints the password, as
in Ansible; any other must be closed to everybody else. Who has said nothing is asked once, if there is a terminal.
They are asked for when something encrypted is met, and kept for as long as the command runs.
"""

import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from liftlock.cli.outside import LIMIT_S, run_outside
from liftlock.cli.private import LONGEST_BYTES, read_private
from liftlock.planfile.ansible.vault import DEFAULT, Passwords

PROMPT = "prompt"
FILES = ("LIFTLOCK_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_PASSWORD_FILE")
NAMES = ("LIFTLOCK_VAULT_PASSWORD", *FILES, "ANSIBLE_VAULT_IDENTITY_LIST")


def vault_passwords() -> Passwords:
    """Vault id -> passwords. Empty: none is known, and nobody can be asked. Raises WorldError."""
    return gathered(tuple((name, os.environ.get(name, "")) for name in NAMES))


@cache
def gathered(said: tuple[tuple[str, str], ...]) -> Passwords:
    found: dict[str, list[bytes]] = {}
    for name, password in told(dict(said)):
        found.setdefault(name, []).append(password)
    if not found and sys.stdin.isatty() and sys.stderr.isatty():
        found[DEFAULT] = [ask(DEFAULT)]
    return found


def told(environ: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    if password := environ.get("LIFTLOCK_VAULT_PASSWORD"):
        yield DEFAULT, password.encode()
    for name in FILES:
        if file := environ.get(name):
            yield DEFAULT, from_file(Path(file).expanduser(), DEFAULT)
    for identity in filter(None, map(str.strip, environ.get("ANSIBLE_VAULT_IDENTITY_LIST", "").split(","))):
        name, sign, file = identity.partition("@")
        name, file = (name or DEFAULT, file) if sign else (DEFAULT, identity)
        yield name, ask(name) if file.startswith(PROMPT) else from_file(Path(file).expanduser(), name)


def from_file(file: Path, vault_id: str) -> bytes:
    """A password file's text, or what it prints if it is a program (`…-client` is told which id, as Ansible does)."""
    if not os.access(file, os.X_OK) or file.is_dir():
        return read_private(file, str(file)).strip().encode()
    whole = file.resolve()
    asks = whole.stem.endswith("-client") and vault_id != DEFAULT
    words = [str(whole), "--vault-id", vault_id] if asks else [str(whole)]
    return run_outside(words, Path.cwd(), limit_s=LIMIT_S, limit_bytes=LONGEST_BYTES).strip()


def ask(vault_id: str) -> bytes:
    return getpass.getpass(f"Vault password ({vault_id}): ", stream=sys.stderr).strip().encode()
