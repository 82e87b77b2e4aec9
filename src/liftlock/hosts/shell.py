"""One long-lived shell on a host: questions go in as lines of program, answers come back as frames, in any order.

Nothing is ever in a command line: program, names and secrets go through standard input.
"""

import asyncio
from functools import cache
from importlib.resources import files
from typing import Protocol

from liftlock.hosts.frames import Frame, Garbled, Parser
from liftlock.hosts.limits import Limits
from liftlock.hosts.quote import word
from liftlock.model.inventory import Host

KEEPER = ("attempts", "greeting", "bounds", "looks", "keeping", "rights", "begin")


class Wire(Protocol):
    """The bytes' way to the shell's standard input."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Lost(Exception):
    """The shell is gone, or does not answer: what it was asked may have been done or not."""


class Shell:
    """`greeted` is its first frame. Everything else is asked with `ask`, or told with `tell`."""

    def __init__(self, nonce: str) -> None:
        self._parser = Parser(nonce)
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._pieces: dict[int, list[bytes]] = {}
        self._tags = 0
        self._why_lost = ""
        self.greeted = self.expect(0)

    def speak(self, wire: Wire, prelude: bytes) -> None:
        self._wire = wire
        wire.write(prelude)

    @property
    def lost(self) -> bool:
        return bool(self._why_lost)

    @property
    def noise(self) -> str:
        """The last thing the host said beside the protocol: the cause, where a question failed."""
        return self._parser.noise

    def next_tag(self) -> int:
        self._tags += 1
        return self._tags

    def expect(self, tag: int) -> "asyncio.Future[Frame]":
        """The answer to come for this tag. Fails with Lost."""
        answer: asyncio.Future[Frame] = self._loop.create_future()
        if self._why_lost:
            answer.set_exception(Lost(self._why_lost))
            answer.exception()  # whoever waits is told; nobody waiting is no error
        else:
            self._waiting[tag] = answer
        return answer

    def forget(self, tag: int) -> None:
        self._waiting.pop(tag, None)
        self._pieces.pop(tag, None)

    def tell(self, line: str) -> None:
        """Send a line; whether it arrives is seen by the answers.

        In braces: of a line that was cut by a lost connection, the shell runs nothing.
        """
        if self._wire is not None and not self._why_lost:
            self._wire.write(b"{ %s\n}\n" % line.encode("utf-8", "surrogateescape"))

    async def ask(self, line: str, *, within_s: float) -> Frame:
        """Send a line in which `{tag}` stands for its tag; the answer. Raises Lost."""
        tag = self.next_tag()
        answer = self.expect(tag)
        self.tell(line.replace("{tag}", str(tag), 1))
        return await self.answer(tag, answer, within_s)

    async def answer(self, tag: int, answer: "asyncio.Future[Frame]", within_s: float) -> Frame:
        try:
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError:
            self.fail(f"no answer within {within_s:.0f} s")
            raise Lost(self._why_lost) from None
        finally:
            self.forget(tag)

    def received(self, data: bytes) -> None:
        try:
            frames = self._parser.feed(data)
        except Garbled as error:
            self.fail(f"the host's shell is not understood: {error}")
            return
        for frame in frames:
            self._deliver(frame)

    def _deliver(self, frame: Frame) -> None:
        if frame.kind == "P":  # a piece of a longer answer, in hexadecimal
            self._pieces.setdefault(frame.tag, []).append(bytes.fromhex(frame.payload.decode("ascii", "replace")))
            return
        if pieces := self._pieces.pop(frame.tag, None):
            frame = Frame(frame.kind, frame.tag, frame.fields, b"".join(pieces) + frame.payload)
        answer = self._waiting.get(frame.tag)
        if answer is not None and not answer.done():
            answer.set_result(frame)

    def fail(self, why: str) -> None:
        """The connection is gone: everybody who waits is told."""
        if self._why_lost:
            return
        self._why_lost = why
        if self._wire is not None:
            self._wire.close()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(Lost(why))
                answer.exception()


def prelude(nonce: str, host: Host, limits: Limits, *, state: str, boot_file: str = "") -> bytes:
    """What a new shell is sent first: its settings, then the keeper."""
    settings = {
        "ll_n": nonce,
        "ll_s": state,
        "ll_b": boot_file,
        "ll_how": host.become.method,
        "ll_wrap": host.become.wrapper,
        "ll_admin": host.become.user,
        "ll_half": str(limits.keep_bytes // 2),
        "ll_grace": str(limits.grace_s),
    }
    lines = "".join(f"{name}={word(value)}\n" for name, value in settings.items())
    return lines.encode("utf-8", "surrogateescape") + keeper()


@cache
def keeper() -> bytes:
    """The host's half, without its comments and indentation."""
    folder = files("liftlock.hosts").joinpath("keeper")
    text = "\n".join(folder.joinpath(f"{name}.sh").read_text("utf-8") for name in KEEPER)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#")).encode() + b"\n"
