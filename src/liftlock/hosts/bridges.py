"""Bastions: one login at each, shared by all hosts behind it, and made again once for all when it was lost.

A bastion that could not be reached is not asked again by every host behind it: the answer holds for a moment. Each
carries so many hosts at most; beyond, there is another login.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED

from liftlock.hosts.limits import Limits
from liftlock.hosts.login import Client, options
from liftlock.hosts.proxy import start
from liftlock.hosts.trouble import login_error
from liftlock.hosts.userconfig import as_host, proxies
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Hop, Host
from liftlock.model.ports import Clock

Way = tuple[Hop, ...]
Carrier = asyncssh.SSHClientConnection


class Bridges:
    """Answers connections to hosts, over whatever leads there."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._piers: dict[Way, Pier] = {}
        self._endings: set[asyncio.Task[None]] = set()  # of proxy commands, which end with what they carry

    async def connect(self, host: Host, client: Client) -> Carrier:
        """A connection to a host. Raises WorldError, naming the bastion if that is what is wrong."""
        way = proxies(host)
        if way.command:
            return await self.connect_through(way.command, host, client)
        if not way.jump:
            return await login(host, client, self._limits, {})
        pier = self.pier(way.jump)
        carrier = await pier.carrier()
        connection = await login(host, client, self._limits, {"tunnel": carrier}, via=way.jump[-1].address)
        pier.carry(carrier, connection)
        return connection

    async def connect_through(self, command: str, host: Host, client: Client) -> Carrier:
        proxy = await start(command, host.name)
        try:
            connection = await login(host, client, self._limits, {"sock": proxy.sock})
        except WorldError as error:
            await proxy.end()
            if error.kind is not WorldKind.UNREACHABLE or not proxy.said:
                raise
            fields = {**error.fields, "said": proxy.said, "why": "proxy"}
            raise WorldError(error.kind, f"{error.message}: {proxy.said}", **fields) from error

        async def see_to_the_end() -> None:
            await connection.wait_closed()
            await proxy.end()

        ending = asyncio.create_task(see_to_the_end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        return connection

    def pier(self, way: Way) -> "Pier":
        if way not in self._piers:
            before = self.pier(way[:-1]) if len(way) > 1 else None
            self._piers[way] = Pier(way[-1], before, self)
        return self._piers[way]

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def limits(self) -> Limits:
        return self._limits

    async def close(self) -> None:
        for pier in reversed(self._piers.values()):
            pier.close()
        if self._endings:
            await asyncio.wait(self._endings)


class Pier:
    """A bastion, with the way to it."""

    def __init__(self, hop: Hop, before: "Pier | None", bridges: Bridges) -> None:
        self.hop = hop
        self._before = before
        self._bridges = bridges
        self._clock, self._limits = bridges.clock, bridges.limits
        self._lock = asyncio.Lock()
        self._carriers: dict[Carrier, list[Carrier]] = {}  # login -> what it carries
        self._failed: WorldError | None = None
        self._failed_at_s = 0.0

    async def carrier(self) -> Carrier:
        """A login with room for one more. Raises WorldError."""
        async with self._lock:
            self._carriers = {
                each: [one for one in carried if not one.is_closed()]
                for each, carried in self._carriers.items()
                if not each.is_closed()
            }
            for each, carried in self._carriers.items():
                if len(carried) < self._limits.carried:
                    return each
            return await self._log_in()

    def carry(self, carrier: Carrier, connection: Carrier) -> None:
        self._carriers.setdefault(carrier, []).append(connection)

    async def _log_in(self) -> Carrier:
        now_s = self._clock.monotonic()
        if self._failed is not None and now_s - self._failed_at_s < self._limits.backoff_max_s / 4:
            raise self._failed
        try:
            carrier = await self._try()
        except WorldError as error:
            self._failed, self._failed_at_s = error, self._clock.monotonic()
            raise
        self._failed = None
        self._carriers[carrier] = []
        return carrier

    async def _try(self) -> Carrier:
        host, client = as_host(self.hop), Client()
        try:
            if self._before is None:
                return await self._reach_first(host, client)
            carrier = await self._before.carrier()
            over = {"tunnel": carrier}
            connection = await login(host, client, self._limits, over, via=self._before.hop.address)
            self._before.carry(carrier, connection)
            return connection
        except WorldError as error:
            fields = {**error.fields, "via": error.fields.get("via") or self.hop.address}
            raise WorldError(error.kind, f"bastion {self.hop.address}: {error.message}", **fields) from error

    async def _reach_first(self, host: Host, client: Client) -> Carrier:
        if command := proxies(host).command:
            return await self._bridges.connect_through(command, host, client)
        return await login(host, client, self._limits, {})

    def close(self) -> None:
        for each in self._carriers:
            each.close()


async def login(host: Host, client: Client, limits: Limits, more: Mapping[str, Any], via: str = "") -> Carrier:
    """One login. Raises WorldError: HOST_KEY, AUTHENTICATION, REFUSED, UNREACHABLE."""
    try:
        asked = {"tunnel": None, "proxy_command": None, **options(host, limits), **more}
        return await asyncssh.connect(client_factory=lambda: client, **asked)
    except asyncssh.ChannelOpenError as error:
        if error.code == OPEN_ADMINISTRATIVELY_PROHIBITED:
            why = f"{via} does not forward: {error.reason}"
            raise WorldError(WorldKind.REFUSED, why, why="no-forwarding", via=via, host=host.name) from error
        raise login_error(host, client, error, via) from error
    except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
        raise login_error(host, client, error, via) from error
