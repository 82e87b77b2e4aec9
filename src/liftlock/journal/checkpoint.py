"""Signed statements about the journal: C2SP signed notes (https://c2sp.org/signed-note) with Ed25519.

Rule: a note's text ends in a newline, an empty line follows, then one line a signature: `— name base64(hash || sig)`.
What is not exactly so is refused. A checkpoint (https://c2sp.org/tlog-checkpoint) is a note over origin, size and root.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from liftlock.model.ports import Head

KEY_NAME = "liftlock"
ED25519 = b"\x01"
DASH = "— "
NOTE_MAX_BYTES = 65_536


class BadNote(Exception):
    """A note, a key or a signature is not what it should be; says which."""


class Checkpoint(Struct, frozen=True):
    """What a checkpoint states: that this stream had this many entries and this root (hex)."""

    stream: str
    size: int
    root: str


class Verifier(Struct, frozen=True):
    """A public key as others keep it: `name+hash+base64` (the verifier key of signed-note)."""

    name: str
    key: bytes

    @property
    def hash(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{b64encode(ED25519 + self.key).decode()}"

    def open(self, note: str) -> str:
        """The text of a note that this key signed. Raises BadNote."""
        text, signatures = divide(note)
        for name, data in signatures:
            if name == self.name and data[:4] == self.hash:
                try:
                    Ed25519PublicKey.from_public_bytes(self.key).verify(data[4:], text.encode())
                except InvalidSignature:
                    raise BadNote("the signature does not fit the text") from None
                return text
        raise BadNote("not signed by this key")


class Signer:
    """The journal's private key."""

    def __init__(self, key: Ed25519PrivateKey, name: str = KEY_NAME) -> None:
        self._key = key
        self.verifier = Verifier(name, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """A note over `text`, which ends in a newline."""
        if not text.endswith("\n"):
            raise ValueError("a note's text ends in a newline")
        signature = b64encode(self.verifier.hash + self._key.sign(text.encode())).decode()
        return f"{text}\n{DASH}{self.verifier.name} {signature}\n"

    def checkpoint(self, head: Head) -> str:
        root = b64encode(bytes.fromhex(head.root)).decode()
        return self.sign(f"{origin_of(head.stream)}\n{head.size}\n{root}\n")


def origin_of(stream: str) -> str:
    """The stream's name as an origin: no spaces, no plus, one line."""
    return f"{KEY_NAME}/{quote(stream, safe='/')}"


def parse_verifier(text: str) -> Verifier:
    """Read a verifier key string. Raises BadNote."""
    name, _, rest = text.strip().partition("+")
    given_hash, _, encoded = rest.partition("+")
    data = strict_base64(encoded)
    if not name or len(data) != 33 or data[:1] != ED25519:
        raise BadNote("not an Ed25519 verifier key")
    verifier = Verifier(name, data[1:])
    if verifier.hash.hex() != given_hash:
        raise BadNote("the verifier key's hash does not fit")
    return verifier


def read_checkpoint(text: str) -> Checkpoint:
    """The statement in a note's text. Raises BadNote."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0].startswith(f"{KEY_NAME}/"):
        raise BadNote("not a checkpoint of a journal's stream")
    stream = unquote(lines[0].removeprefix(f"{KEY_NAME}/"))
    root = strict_base64(lines[2])
    canonical_size = lines[1].isascii() and lines[1].isdigit() and len(lines[1]) < 20 and str(int(lines[1])) == lines[1]
    if origin_of(stream) != lines[0] or not canonical_size or len(root) != 32:
        raise BadNote("not a checkpoint of a journal's stream")
    return Checkpoint(stream, int(lines[1]), root.hex())


def divide(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A note's text and its signatures (name, hash and signature). Raises BadNote."""
    if len(note) > NOTE_MAX_BYTES:
        raise BadNote("a note of more than 64 KiB")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise BadNote("no signatures")
    return head + "\n", [read_signature(line) for line in tail[:-1].split("\n")]


def read_signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not name or not space:
        raise BadNote("a signature line is not one")
    data = strict_base64(encoded)
    if len(data) < 5:
        raise BadNote("a signature is too short")
    return name, data


def strict_base64(text: str) -> bytes:
    """Only the one canonical spelling, so that no changed character goes unnoticed. Raises BadNote."""
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise BadNote("not base64") from None
    if b64encode(data).decode() != text:
        raise BadNote("not canonical base64")
    return data
