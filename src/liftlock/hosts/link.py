"""One host's connection: opened when it is needed, opened again when it was lost, bounded in number and pace."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from random import Random

from liftlock.hosts.greet import Welcome, read_welcome
from liftlock.hosts.limits import Limits
from liftlock.hosts.shell import Lost, Shell
from liftlock.hosts.wires import Connection
from liftlock.model.actions import Greeting
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Clock

Open = Callable[[str], Awaitable[Connection]]


class Gangway:
    """How many logins are in flight, and how fast they begin: shared by all links."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._pause_s = 1 / limits.starts_per_s
        self._next_s = 0.0
        self._places = asyncio.Semaphore(limits.logins)

    async def __aenter__(self) -> None:
        await self._places.acquire()
        now_s = self._clock.monotonic()
        self._next_s = max(self._next_s + self._pause_s, now_s)
        if self._next_s > now_s:
            await self._clock.sleep(self._next_s - now_s)

    async def __aexit__(self, *_: object) -> None:
        self._places.release()


class Link:
    """`connection()` answers an open one; who waits for the same host waits for the same login."""

    def __init__(self, name: str, open_: Open, gangway: Gangway, clock: Clock, limits: Limits, random: Random) -> None:
        self.name = name
        self._open = open_
        self._gangway = gangway
        self._clock = clock
        self._limits = limits
        self._random = random
        self._connection: Connection | None = None
        self._welcome: Welcome | None = None
        self._fresh = False
        self._login: asyncio.Task[Connection] | None = None

    async def connection(self) -> Connection:
        """Raises WorldError after `limits.attempts` logins."""
        if self._connection is not None and not self._connection.shell.lost:
            return self._connection
        if self._login is None or self._login.done():
            self._login = asyncio.create_task(self._connect(), name=f"login {self.name}")
        return await asyncio.shield(self._login)

    async def welcome(self) -> Welcome:
        await self.connection()
        assert self._welcome is not None
        return self._welcome

    async def greet(self) -> Greeting:
        """The greeting of a connection that answers now."""
        connection = await self.connection()
        assert self._welcome is not None
        if not self._fresh:
            try:
                await self._ask_welcome(connection)
            except Lost:
                return await self.greet_anew()
        self._fresh = False
        return self._welcome.greeting

    async def greet_anew(self) -> Greeting:
        await self.connection()
        assert self._welcome is not None
        return self._welcome.greeting

    async def close(self) -> None:
        if self._login is not None and not self._login.done():
            self._login.cancel()
            await asyncio.wait([self._login])
        if self._connection is not None:
            await self._connection.close()

    async def pause(self, attempt: int) -> None:
        """Back-off with jitter, before the attempt after this one (counted from 0)."""
        longest_s = min(self._limits.backoff_s * 2**attempt, self._limits.backoff_max_s)
        await self._clock.sleep(longest_s * self._random.uniform(0.5, 1.0))

    async def _connect(self) -> Connection:
        for attempt in range(self._limits.attempts):
            try:
                async with self._gangway:
                    return await self._connect_once()
            except WorldError as error:
                if error.kind is not WorldKind.UNREACHABLE or attempt + 1 >= self._limits.attempts:
                    raise
            await self.pause(attempt)
        raise WorldError(WorldKind.UNREACHABLE, "no login was tried", host=self.name)

    async def _connect_once(self) -> Connection:
        if self._connection is not None:
            lost, self._connection = self._connection, None
            await lost.close()
        connection = await self._open(secrets.token_hex(8))
        shell = connection.shell
        try:
            frame = await shell.answer(0, shell.greeted, self._limits.login_timeout_s)
        except Lost as error:
            await connection.close()
            why = f"no shell answered: {error} {shell.noise}".strip()
            raise WorldError(WorldKind.UNREACHABLE, why, host=self.name) from error
        self._welcome = read_welcome(frame.payload, self._clock.now().timestamp(), shell.noise)
        self._connection, self._fresh = connection, True
        return connection

    async def _ask_welcome(self, connection: Connection) -> None:
        shell: Shell = connection.shell
        frame = await shell.ask("ll_folder; ll_greet {tag}", within_s=self._limits.reply_s)
        self._welcome = read_welcome(frame.payload, self._clock.now().timestamp(), shell.noise)
