"""Connection `ssh`: asyncssh, one connection and one shell a host, host keys strict.

How the login is made is said in login.py, and over which hosts in bridges.py.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from liftlock.hosts.bridges import Bridges
from liftlock.hosts.limits import Limits
from liftlock.hosts.login import Client
from liftlock.hosts.shell import Shell, prelude
from liftlock.hosts.wires import said
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host

READ_BYTES = 65_536
LONGEST_CLOSE_S = 5.0


class ShellSession(asyncssh.SSHClientSession[bytes]):
    """The channel of the long-lived shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._shell.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._shell.fail(str(exc) if exc else "the shell ended")


class SshConnection:
    def __init__(self, shell: Shell, connection: asyncssh.SSHClientConnection) -> None:
        self._shell = shell
        self._connection = connection

    @property
    def shell(self) -> Shell:
        return self._shell

    async def pipe(self, command: str) -> "SshPipe":
        try:
            process = await self._connection.create_process(command, encoding=None, stderr=asyncssh.STDOUT)
        except (asyncssh.Error, OSError) as error:
            raise WorldError(WorldKind.UNREACHABLE, f"no second channel: {error}") from error
        return SshPipe(process)

    async def converse(self, address: str, text: bytes) -> AsyncGenerator[bytes, None]:
        try:
            if address.startswith("/"):
                reader, writer = await self._connection.open_unix_connection(address)
            else:
                host, _, port = address.rpartition(":")
                reader, writer = await self._connection.open_connection(host.strip("[]"), int(port))
            if text:
                writer.write(text)
                while data := await reader.read(READ_BYTES):
                    yield data
            writer.close()
        except (asyncssh.Error, OSError, ValueError) as error:
            raise WorldError(WorldKind.UNREACHABLE, f"{address}: {said(error)}", address=address) from error

    @asynccontextmanager
    async def tunnel(self, host: str, port: int) -> AsyncIterator[str]:
        with tempfile.TemporaryDirectory(prefix="liftlock-") as folder:
            path = f"{folder}/s"
            try:
                listener = await self._connection.forward_local_path_to_port(path, host, port)
            except (asyncssh.Error, OSError) as error:
                raise WorldError(WorldKind.UNREACHABLE, f"{host}:{port}: {error}") from error
            try:
                yield path
            finally:
                listener.close()

    async def close(self) -> None:
        self._shell.fail("closed")
        self._connection.close()
        try:
            async with asyncio.timeout(LONGEST_CLOSE_S):
                await self._connection.wait_closed()
        except TimeoutError:
            self._connection.abort()


class SshPipe:
    def __init__(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        self._process = process

    async def send(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (asyncssh.Error, OSError) as error:
            raise WorldError(WorldKind.UNREACHABLE, f"the connection was lost: {error}") from error

    async def finish(self) -> tuple[int, str]:
        try:
            self._process.stdin.write_eof()
            done = await self._process.wait()
        except (asyncssh.Error, OSError) as error:
            raise WorldError(WorldKind.UNREACHABLE, f"the connection was lost: {error}") from error
        said = done.stdout if isinstance(done.stdout, bytes) else b""
        return done.returncode if done.returncode is not None else 255, said.decode("utf-8", "replace")

    def abort(self) -> None:
        self._process.close()


async def open_ssh(host: Host, bridges: Bridges, nonce: str, command: str, limits: Limits) -> SshConnection:
    """Log in and start the shell. Raises WorldError: HOST_KEY, AUTHENTICATION, REFUSED, UNREACHABLE."""
    connection = await bridges.connect(host, Client())
    shell = Shell(nonce)
    try:
        channel, _ = await connection.create_session(lambda: ShellSession(shell), f"exec {command}", encoding=None)
    except (asyncssh.Error, OSError) as error:
        connection.abort()
        raise WorldError(WorldKind.UNREACHABLE, f"no shell: {error}", host=host.name) from error
    shell.speak(channel, prelude(nonce, host, limits, state=host.state))
    return SshConnection(shell, connection)
