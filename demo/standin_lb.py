"""A load balancer to stand in where HAProxy is not installed: an HTTP/1.1 proxy with HAProxy's runtime commands.

`python -m demo.standin_lb CONFIG.json` serves until its standard input closes. It speaks what an upgrade needs of the
runtime API (`show stat`, `show servers state`, `set server B/S state …`), word for word as HAProxy 2.6 does; the
same tests run against both. Requests without a body only.
"""

import asyncio
import contextlib
import itertools
import sys
import time
from pathlib import Path

import msgspec

from demo import lifeline, runtime_api
from demo.balancing import Backend, Server

DIAL_S = 1.0
ANSWER_S = 30.0
TRIES = 4
HEAD_MAX_BYTES = 64 * 1024


class Target(msgspec.Struct, frozen=True):
    name: str
    address: str
    port: int


class Config(msgspec.Struct, frozen=True):
    """Where to listen, whom to serve, how to look at their health."""

    address: str
    port: int
    admin: str  # path of a Unix socket
    frontend: str
    backend: str
    servers: tuple[Target, ...]
    check_path: str = "/healthz"
    check_every_s: float = 0.5
    fall: int = 2
    rise: int = 1


class Request(msgspec.Struct, frozen=True):
    """What a server is asked, and whether the client wants its connection closed then: that is between us and it."""

    head: bytes
    last: bool


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Takes clients' requests and hands them on, one server after the other."""

    def __init__(self, config: Config, backend: Backend) -> None:
        self.config = config
        self.backend = backend
        self.idle: dict[str, list[Connection]] = {server.name: [] for server in backend.servers}

    async def serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                writer.write(await self.answer(request.head))
                await writer.drain()
                if request.last:
                    break
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # the client went away, or does not speak HTTP
        finally:
            writer.close()

    async def answer(self, head: bytes) -> bytes:
        """A server's answer, or our own 502 or 503. A server that takes no connection is passed over."""
        for _ in range(TRIES):
            server = self.backend.next()
            if server is None:
                break
            connection = await self.connect(server)
            if connection is not None:
                return await self.exchange(server, connection, head)
            server.econ += 1
        return own_answer(503, "Service Unavailable")

    async def connect(self, server: Server) -> Connection | None:
        """A kept connection that still stands, or a new one."""
        kept = self.idle[server.name]
        while kept:
            reader, writer = kept.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(DIAL_S):
                return await asyncio.open_connection(server.address, server.port, limit=HEAD_MAX_BYTES)
        return None

    async def exchange(self, server: Server, connection: Connection, head: bytes) -> bytes:
        reader, writer = connection
        status = 502
        server.begin()
        try:
            async with asyncio.timeout(ANSWER_S):
                writer.write(head)
                status, answer, keep = await read_answer(reader)
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            server.eresp += 1
            answer, keep = own_answer(502, "Bad Gateway"), False
        finally:
            server.end(status)
        if keep:
            self.idle[server.name].append(connection)
        else:
            writer.close()
        return answer


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """A client's next request, or None at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except asyncio.LimitOverrunError as error:
        raise ValueError("the head is too long") from error
    first, *fields = head.rstrip("\r\n").split("\r\n")
    hop = [field for field in fields if field.lower().startswith(("connection:", "keep-alive:"))]
    last = first.endswith("HTTP/1.0") or any("close" in field.lower() for field in hop)
    passed_on = "\r\n".join([first, *(field for field in fields if field not in hop)])
    return Request(f"{passed_on}\r\n\r\n".encode("latin-1"), last)


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    """Status, the whole answer, and whether the connection stays open."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    keep = "content-length" in headers and headers.get("connection", "").lower() != "close"
    length = headers.get("content-length")
    body = await (reader.read() if length is None else reader.readexactly(int(length)))
    passed_on = "\r\n".join(line for line in lines if not line.lower().startswith(("connection:", "content-length:")))
    passed_on = passed_on.rstrip("\r\n") + f"\r\nContent-Length: {len(body)}\r\n\r\n"
    return int(lines[0].split()[1]), passed_on.encode("latin-1") + body, keep


def own_answer(status: int, words: str) -> bytes:
    body = f"{status} {words}\n"
    return f"HTTP/1.1 {status} {words}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def check_health(config: Config, server: Server) -> None:
    """Look at one server for ever: `fall` bad looks take it out, `rise` good ones bring it back."""
    while True:
        if server.admin != "maint":
            server.looked(await is_healthy(config, server), fall=config.fall, rise=config.rise)
        await asyncio.sleep(config.check_every_s)


async def is_healthy(config: Config, server: Server) -> bool:
    writer = None
    try:
        async with asyncio.timeout(DIAL_S):
            reader, writer = await asyncio.open_connection(server.address, server.port)
            writer.write(f"GET {config.check_path} HTTP/1.0\r\n\r\n".encode())
            return (await reader.readline()).split()[1:2] == [b"200"]
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()


async def serve_admin(backend: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One line of commands, its answers, and the end: HAProxy's way without `prompt`."""
    try:
        line = (await reader.readline()).decode(errors="replace").strip()
        for command in line.split(";"):
            writer.write((runtime_api.answer(backend, command.strip(), now=time.monotonic()) + "\n").encode())
        await writer.drain()
    except (OSError, ValueError):
        pass  # the asker went away
    finally:
        writer.close()


async def serve(config: Config) -> None:
    servers = [Server(t.name, t.address, t.port, number) for number, t in enumerate(config.servers, 1)]
    backend = Backend(config.frontend, config.backend, servers, itertools.count())
    proxy = Proxy(config, backend)
    stop = asyncio.Event()
    lifeline.at_end_of_input(asyncio.get_running_loop(), stop)
    checks = [asyncio.create_task(check_health(config, server)) for server in servers]
    await asyncio.start_unix_server(lambda r, w: serve_admin(backend, r, w), config.admin)
    await asyncio.start_server(proxy.serve_client, config.address, config.port, backlog=256, limit=HEAD_MAX_BYTES)
    await stop.wait()
    for check in checks:
        check.cancel()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Config)))
