"""What a link asks of a way to its host: `local`, `sandbox` and `ssh` have it in common.

Every method raises WorldError and nothing else.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from liftlock.hosts.shell import Shell


class Pipe(Protocol):
    """A command on the host that reads what we send."""

    async def send(self, data: bytes) -> None: ...

    async def finish(self) -> tuple[int, str]:
        """Its exit status, and what it said."""

    def abort(self) -> None: ...


class Connection(Protocol):
    """An open way to a host, with its shell."""

    @property
    def shell(self) -> Shell: ...

    async def pipe(self, command: str) -> Pipe:
        """Run a command beside the shell, and send it data."""

    def converse(self, address: str, text: bytes) -> AsyncGenerator[bytes, None]:
        """Connect from the host to `/path` or `host:port`, send, and yield what comes until the peer closes."""

    def tunnel(self, host: str, port: int) -> AbstractAsyncContextManager[str]:
        """The path of a unix socket here that leads to host:port as the host sees it; empty: connect directly."""

    async def close(self) -> None: ...


def said(error: Exception) -> str:
    """What the system says, without numbers and calls."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else str(error) or "timed out"
