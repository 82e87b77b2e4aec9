"""The bytes that a host's shell says, as frames. Pure: bytes in, frames out.

    \\1 NONCE ( KIND TAG FIELD… \\n PAYLOAD \\1 NONCE )

A frame is written at once and is short enough that a pipe takes it whole, but for the foreground's `O` (kept output),
in whose payload others may lie: they are taken out. What is outside of frames is noise (a profile's greeting, a
shell's complaint); its last line is kept for messages. The nonce keeps what a program prints from being a frame.
"""

from msgspec import Struct

LONGEST_NOISE = 500
LONGEST_FRAME = 4_000_000


class Frame(Struct, frozen=True):
    kind: str
    tag: int
    fields: tuple[str, ...]
    payload: bytes


class Garbled(Exception):
    """The other side does not speak the protocol."""


class Parser:
    """Feed it bytes in whatever pieces they come."""

    def __init__(self, nonce: str) -> None:
        self._mark = b"\1" + nonce.encode()
        self._rest = b""
        self._open: list[bytearray] = []  # frames that are not closed yet, outermost first
        self.noise = ""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete. Raises Garbled."""
        data = self._rest + data if self._rest else data
        frames: list[Frame] = []
        at, size = 0, len(self._mark)
        while (found := data.find(self._mark, at)) >= 0 and found + size < len(data):
            self._take(data[at:found])
            at = found + size + 1
            if data[at - 1 : at] == b"(":
                self._open.append(bytearray())
            elif self._open:
                frames.append(decode(bytes(self._open.pop())))
        hold = found if found >= 0 else data.find(b"\1", max(at, len(data) - size))
        self._take(data[at:hold] if hold >= 0 else data[at:])
        self._rest = data[hold:] if hold >= 0 else b""
        return frames

    def _take(self, text: bytes) -> None:
        if self._open:
            self._open[-1] += text
            if len(self._open[-1]) > LONGEST_FRAME:
                raise Garbled("a frame without an end")
        elif line := text.strip():
            self.noise = line[-LONGEST_NOISE:].decode("utf-8", "replace").splitlines()[-1]


def decode(frame: bytes) -> Frame:
    head, _, payload = frame.partition(b"\n")
    words = head.decode("utf-8", "replace").split()
    if len(words) < 2 or not words[1].isdigit():
        raise Garbled(f"a frame that begins with {head[:40]!r}")
    return Frame(words[0], int(words[1]), tuple(words[2:]), payload)
