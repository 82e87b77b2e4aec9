"""The journal's signing key: made at first use, `signing.key`, 0600, PEM.

Rule: it is written whole before it has its name, and never over another.
"""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from liftlock.journal.blobs import sync_folder
from liftlock.journal.checkpoint import Signer
from liftlock.journal.faults import corrupt, faults_of


def load_signer(place: Path) -> Signer:
    """Raises WorldError if the key cannot be read, or not be made."""
    with faults_of(place):
        if not place.exists():
            make_key(place)
        data = place.read_bytes()
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise corrupt(place, "not a private key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise corrupt(place, "not an Ed25519 key")
    return Signer(key)


def make_key(place: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".part")
    try:
        with open(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, place)
        except FileExistsError:
            return  # another process was first: its key is the key
        sync_folder(place.parent)
    finally:
        os.unlink(temporary)
