"""OpenSSH's signatures over a statement, and who may give them.

Rule: what is written here `ssh-keygen -Y verify` accepts, and the other way round. Formats: PROTOCOL.sshsig of OpenSSH
(armoured blob) and ssh-keygen(1), ALLOWED SIGNERS. Certificates are not supported: a line with `cert-authority` counts
for nobody.
"""

import base64
import binascii
import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256, sha512
from typing import Any, Literal

import asyncssh
from msgspec import Struct

NAMESPACE = "liftlock"
MAGIC = b"SSHSIG"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
HASHES = {b"sha256": sha256, b"sha512": sha512}
LONGEST_BYTES = 64 * 1024


class Signed(Struct, frozen=True):
    """A signature taken apart. `key` is the public key in OpenSSH's one-line form, without a comment."""

    key: str
    namespace: str
    hash_name: bytes
    signature: bytes


class Signer(Struct, frozen=True):
    """One line of allowed signers. `principals` are patterns; `key` as in `Signed`."""

    principals: tuple[str, ...]
    key: str
    namespaces: tuple[str, ...] = ()
    valid_after: datetime | None = None
    valid_before: datetime | None = None
    authority: bool = False


# --- the blob -----------------------------------------------------------------------------------------


def to_sign(message: bytes, hash_name: bytes = b"sha512", namespace: str = NAMESPACE) -> bytes:
    """The bytes that the key signs: the message's digest, wrapped so that it can be mistaken for nothing else."""
    digest = HASHES[hash_name](message).digest()
    return MAGIC + b"".join(map(packed, (namespace.encode(), b"", hash_name, digest)))


def armour(public_blob: bytes, signature: bytes, hash_name: bytes = b"sha512", namespace: str = NAMESPACE) -> str:
    """The text that is kept: `public_blob` and `signature` in SSH's wire form."""
    parts = (public_blob, namespace.encode(), b"", hash_name, signature)
    blob = MAGIC + (1).to_bytes(4, "big") + b"".join(map(packed, parts))
    text = base64.b64encode(blob).decode()
    lines = [text[start : start + 70] for start in range(0, len(text), 70)]
    return "\n".join([BEGIN, *lines, END, ""])


def open_armour(text: str) -> Signed | None:
    """None if it is not a signature in this form."""
    body = text.strip()
    if len(body) > LONGEST_BYTES or not (body.startswith(BEGIN) and body.endswith(END)):
        return None
    try:
        blob = base64.b64decode("".join(body[len(BEGIN) : -len(END)].split()), validate=True)
        if blob[:10] != MAGIC + (1).to_bytes(4, "big"):
            return None
        public, namespace, reserved, hash_name, signature = strings(blob[10:])
        if reserved:
            return None
        return Signed(one_line(public), namespace.decode(), hash_name, signature)
    except (ValueError, binascii.Error):
        return None


def one_line(public_blob: bytes) -> str:
    """A public key as in `authorized_keys`. ValueError if it is none."""
    algorithm = next(strings(public_blob, all_of_it=False), b"")
    return f"{algorithm.decode()} {base64.b64encode(public_blob).decode()}"


def packed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def strings(data: bytes, *, all_of_it: bool = True) -> Iterator[bytes]:
    """The length-prefixed strings of `data`. ValueError if they do not fill it."""
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise ValueError("cut short")
        yield data[4 : 4 + length]
        if not all_of_it:
            return
        data = data[4 + length :]


def holds(signed: Signed, message: bytes) -> bool:
    """Whether the signature is the key's own, over this message, in our namespace."""
    if signed.namespace != NAMESPACE or signed.hash_name not in HASHES:
        return False
    algorithm = signed.key.partition(" ")[0]
    if algorithm == "ssh-rsa" and signed.signature[4:16] not in (b"rsa-sha2-256", b"rsa-sha2-512"):
        return False
    try:
        key = asyncssh.import_public_key(signed.key)
        return key.verify(to_sign(message, signed.hash_name), signed.signature)
    except (ValueError, asyncssh.KeyImportError):
        return False


# --- allowed signers -----------------------------------------------------------------------------------

WORDS = re.compile(r'(?:[^\s"]|"(?:\\.|[^"\\])*")+')
KEY_TYPES = re.compile(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w.@-]+$")


def allowed(lines: Iterable[str]) -> Iterator[Signer]:
    """Lines that cannot be read count for nobody: `wrong_lines` tells of them."""
    for line in lines:
        if (signer := read_line(line)) is not None:
            yield signer


def wrong_lines(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#") and read_line(line) is None]


def read_line(line: str) -> Signer | None:
    """`principals [options] type base64 [comment]`; None if it is something else."""
    words = WORDS.findall(line)
    at = next((i for i, word in enumerate(words[:3]) if i and KEY_TYPES.match(word)), 0)
    if line.lstrip().startswith("#") or not at or len(words) < at + 2:
        return None
    options = words[1] if at == 2 else ""
    try:
        asyncssh.import_public_key(f"{words[at]} {words[at + 1]}")
        return Signer(tuple(words[0].strip('"').split(",")), f"{words[at]} {words[at + 1]}", **read_options(options))
    except (ValueError, asyncssh.KeyImportError):
        return None


def read_options(text: str) -> dict[str, Any]:
    """ValueError for an option that we do not know: what narrows a key must never be passed over."""
    found: dict[str, Any] = {}
    parts = shlex.shlex(text, posix=True)
    parts.whitespace, parts.whitespace_split, parts.commenters = ",", True, ""
    for part in parts:
        name, _, value = part.partition("=")
        match name.lower():
            case "namespaces":
                found["namespaces"] = tuple(value.split(","))
            case "valid-after":
                found["valid_after"] = read_time(value)
            case "valid-before":
                found["valid_before"] = read_time(value)
            case "cert-authority":
                found["authority"] = True
            case _:
                raise ValueError(name)
    return found


def read_time(text: str) -> datetime:
    """YYYYMMDD[HHMM[SS]][Z]; read as UTC, so that every controller reads it alike."""
    digits = text.removesuffix("Z")
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(digits))
    if form is None:
        raise ValueError(text)
    return datetime.strptime(digits, form).replace(tzinfo=UTC)


def may_sign(signer: Signer, person: str, key: str, at: datetime) -> bool:
    """Whether this line lets `person` sign with `key` at that time."""
    if signer.authority or signer.key.split()[:2] != key.split()[:2] or not matches(signer.principals, person):
        return False
    if signer.namespaces and not matches(signer.namespaces, NAMESPACE):
        return False
    early = signer.valid_after is not None and at < signer.valid_after
    late = signer.valid_before is not None and at >= signer.valid_before
    return not (early or late)


def fault_of(
    statement: str, armoured: str, keys: Iterable[str], person: str, at: datetime
) -> Literal["", "bad-signature", "unknown-key"]:
    """What is wrong with a person's signature over a statement, by lines of allowed_signers; empty if nothing is."""
    signed = open_armour(armoured)
    if signed is None or not holds(signed, statement.encode()):
        return "bad-signature"
    known = any(may_sign(signer, person, signed.key, at) for signer in allowed(keys))
    return "" if known else "unknown-key"


def matches(patterns: Iterable[str], name: str) -> bool:
    """OpenSSH's pattern lists: one that begins with `!` and matches, refuses."""
    found = False
    for pattern in patterns:
        if pattern.startswith("!") and fnmatchcase(name, plain_pattern(pattern[1:])):
            return False
        found = found or fnmatchcase(name, plain_pattern(pattern))
    return found


def plain_pattern(pattern: str) -> str:
    """OpenSSH knows `*` and `?` only; a bracket is itself."""
    return pattern.replace("[", "[[]")
