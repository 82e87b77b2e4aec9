"""Connections `local` and `sandbox`: the shell is a child process in a session of its own.

A sandbox is a folder that plays a host: HOME and the working folder are its root, its state lies in `state`, and its
boot id in `boot_id`, where there is one. The controller's own environment (its secrets) is not handed on.
"""

import asyncio
import os
import shlex
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import cast

from liftlock.hosts.limits import Limits
from liftlock.hosts.shell import Shell, prelude
from liftlock.hosts.wires import said
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host

HANDED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
READ_BYTES = 65_536
LONGEST_CLOSE_S = 5.0


class LocalConnection:
    def __init__(self, child: "Child", process: asyncio.SubprocessTransport, folder: str, env: dict[str, str]) -> None:
        self._child = child
        self._shell = child.shell
        self._process = process
        self._folder = folder
        self._env = env

    @property
    def shell(self) -> Shell:
        return self._shell

    async def pipe(self, command: str) -> "LocalPipe":
        try:
            process = await asyncio.create_subprocess_exec(
                "sh",
                "-c",
                command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self._folder,
                env=self._env,
                start_new_session=True,
            )
        except OSError as error:
            raise WorldError(WorldKind.UNREACHABLE, f"no process could be started: {error}") from error
        return LocalPipe(process)

    def converse(self, address: str, text: bytes) -> AsyncGenerator[bytes, None]:
        return converse(address, text)

    def tunnel(self, host: str, port: int) -> AbstractAsyncContextManager[str]:
        return nullcontext("")

    async def close(self) -> None:
        """Close its input: the shell sees to what still runs, and ends. Killed, as closing the transport would, it
        could not; so its end is waited for."""
        self._shell.fail("closed")
        try:
            async with asyncio.timeout(LONGEST_CLOSE_S):
                await self._child.ended.wait()
        except TimeoutError:
            return
        self._process.close()


class LocalPipe:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # it has ended; its status says why

    async def finish(self) -> tuple[int, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        said = await self._process.stdout.read()
        return await self._process.wait(), said.decode("utf-8", "replace")

    def abort(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


class Child(asyncio.SubprocessProtocol):
    """The shell's process: its output goes to the shell's parser, its end is the shell's end."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.ended = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        self.shell.received(data if isinstance(data, bytes) else data.encode())

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 0:
            self.shell.fail(f"the shell closed its input: {exc or 'it ended'}")

    def process_exited(self) -> None:
        self.ended.set()
        self.shell.fail("the shell ended")


async def open_local(host: Host, nonce: str, command: str, limits: Limits) -> LocalConnection:
    """Start the shell. Raises WorldError(UNREACHABLE)."""
    folder, state, env = places(host)
    child = Child(Shell(nonce))
    try:
        process, _ = await asyncio.get_running_loop().subprocess_exec(
            lambda: child,
            *shlex.split(command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        raise WorldError(WorldKind.UNREACHABLE, f"no shell could be started: {error}", host=host.name) from error
    pipe = cast(asyncio.WriteTransport, process.get_pipe_transport(0))  # uvloop's is one, but not by inheritance
    boot_file = f"{folder}/boot_id" if host.connection == "sandbox" else ""
    child.shell.speak(pipe, prelude(nonce, host, limits, state=state, boot_file=boot_file))
    return LocalConnection(child, process, folder, env)


def places(host: Host) -> tuple[str, str, dict[str, str]]:
    """Working folder, state folder (empty: the default) and environment."""
    if host.connection == "sandbox":
        root = os.path.abspath(host.root)
        return root, host.state or f"{root}/state", environment(root)
    return os.path.expanduser("~"), host.state, environment("")


def environment(home: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name in HANDED_ON or name.startswith("LC_")}
    env.setdefault("PATH", os.defpath)
    return env | ({"HOME": home} if home else {})


async def converse(address: str, text: bytes) -> AsyncGenerator[bytes, None]:
    """Connect from here. Raises WorldError(UNREACHABLE)."""
    try:
        if address.startswith("/"):
            reader, writer = await asyncio.open_unix_connection(address)
        else:
            host, _, port = address.rpartition(":")
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, ValueError) as error:
        raise WorldError(WorldKind.UNREACHABLE, f"{address}: {said(error)}", address=address) from error
    try:
        if text:
            writer.write(text)
            while data := await reader.read(READ_BYTES):
                yield data
    except OSError as error:
        raise WorldError(WorldKind.UNREACHABLE, f"{address}: {said(error)}", address=address) from error
    finally:
        writer.close()
