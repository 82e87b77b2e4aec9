"""A ProxyCommand: the person's own shell words, whose standard input and output are the connection.

What it says on standard error is kept for the message, and is never taken for the connection's data.
"""

import asyncio
import os
import signal
import socket
from contextlib import suppress

from liftlock.model.errors import WorldError, WorldKind

KEPT_BYTES = 2000
END_S = 3.0


class Proxy:
    """A running command, with our end of its socket. Ended with the connection that it carries."""

    def __init__(self, process: asyncio.subprocess.Process, sock: socket.socket) -> None:
        self.sock = sock
        self._process = process
        self._heard = b""
        self._listening = asyncio.create_task(self._listen())

    @property
    def said(self) -> str:
        """The last line that it said."""
        lines = self._heard.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(1024):
            self._heard = (self._heard + data)[-KEPT_BYTES:]
        await self._process.wait()

    async def end(self) -> None:
        """It ends by itself when its input does; else it is ended, with what it started."""
        for sign in (None, signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                if sign is not None:
                    os.killpg(self._process.pid, sign)
            with suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await asyncio.shield(self._listening)
                return


async def start(command: str, host: str) -> Proxy:
    """Raises WorldError(UNREACHABLE)."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            f"exec {command}",
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise WorldError(WorldKind.UNREACHABLE, f"no process could be started: {error}", host=host) from error
    finally:
        theirs.close()
    return Proxy(process, ours)
