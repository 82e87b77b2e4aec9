"""Ansible Vault's format: `$ANSIBLE_VAULT;1.1;AES256`, `…;1.2;AES256;id`, then lines of hexadecimal digits.

Rule (Ansible's documentation, "Ansible Vault payload format"): PBKDF2-HMAC-SHA256, 10,000 iterations, makes 80 bytes of
password and salt: the key of AES-256-CTR, the key of HMAC-SHA256 over the ciphertext, the counter's first block. The
HMAC is looked at before anything is decrypted.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from hashlib import pbkdf2_hmac
from hmac import compare_digest
from hmac import digest as hmac_digest

HEADER = re.compile(r"\$ANSIBLE_VAULT;(1\.1|1\.2);(\w+)(?:;([^;\s]+))?")
MARK = "$ANSIBLE_VAULT"
ITERATIONS = 10_000
DEFAULT = "default"

Passwords = Mapping[str, Sequence[bytes]]  # vault id -> passwords that may be it


class BadVault(Exception):
    """`why`: malformed, cipher, password."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_encrypted(text: bytes | str) -> bool:
    return text.startswith(MARK.encode()) if isinstance(text, bytes) else text.startswith(MARK)


def decrypt(text: str, passwords: Passwords) -> bytes:
    """The plain bytes. The passwords of the text's own id are tried first, then all others. Raises BadVault."""
    vault_id, salt, mac, ciphertext = unpack(text)
    own = passwords.get(vault_id, ())
    others = [password for name, each in passwords.items() if name != vault_id for password in each]
    for password in (*own, *others):
        keys = pbkdf2_hmac("sha256", password, salt, ITERATIONS, 80)
        if compare_digest(hmac_digest(keys[32:64], ciphertext, "sha256"), mac):
            return unpad(decipher(ciphertext, keys[:32], keys[64:]))
    raise BadVault("password")


def unpack(text: str) -> tuple[str, bytes, bytes, bytes]:
    """Vault id, salt, HMAC, ciphertext. Raises BadVault."""
    head, *lines = text.split() or [""]
    header = HEADER.fullmatch(head)
    if not header:
        raise BadVault("malformed")
    if header[2] != "AES256":
        raise BadVault("cipher")
    try:
        salt, mac, ciphertext = map(binascii.unhexlify, binascii.unhexlify("".join(lines)).split(b"\n", 2))
    except ValueError as error:
        raise BadVault("malformed") from error
    return header[3] or DEFAULT, salt, mac, ciphertext


def decipher(ciphertext: bytes, key: bytes, counter: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def unpad(data: bytes) -> bytes:
    """PKCS#7. Raises BadVault."""
    count = data[-1] if data else 0
    if not 1 <= count <= 16 or data[-count:] != bytes([count]) * count:
        raise BadVault("malformed")
    return data[:-count]
