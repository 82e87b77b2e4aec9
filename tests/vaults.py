"""Writes Ansible Vault's format, for tests: what Liftlock itself only reads."""

import os
from hashlib import pbkdf2_hmac
from hmac import digest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def encrypt(text: str, password: str, vault_id: str = "") -> str:
    """`$ANSIBLE_VAULT;1.1;AES256` or, with an id, 1.2."""
    salt = os.urandom(32)
    keys = pbkdf2_hmac("sha256", password.encode(), salt, 10_000, 80)
    raw = text.encode()
    padding = 16 - len(raw) % 16
    encryptor = Cipher(algorithms.AES(keys[:32]), modes.CTR(keys[64:])).encryptor()
    ciphertext = encryptor.update(raw + bytes([padding]) * padding) + encryptor.finalize()
    mac = digest(keys[32:64], ciphertext, "sha256")
    inner = b"\n".join(part.hex().encode() for part in (salt, mac, ciphertext)).hex()
    lines = [inner[at : at + 80] for at in range(0, len(inner), 80)]
    head = f"$ANSIBLE_VAULT;1.2;AES256;{vault_id}" if vault_id else "$ANSIBLE_VAULT;1.1;AES256"
    return "\n".join([head, *lines, ""])
