"""Every host of an inventory, behind the port `Hosts`: connections `local`, `ssh` and `sandbox`.

What was asked and not answered, because the connection was lost, is asked again on a new one: that is safe, since a
mark is made once. A mark begins with its run's id followed by a dot; a run's id has none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from random import Random
from typing import TYPE_CHECKING, TypeVar

from liftlock.hosts import attempts, calls
from liftlock.hosts.carry import carry
from liftlock.hosts.limits import Limits
from liftlock.hosts.link import Gangway, Link
from liftlock.hosts.local import converse, open_local
from liftlock.hosts.quote import exports, file_name, program, run_name, words
from liftlock.hosts.shell import Lost, Shell
from liftlock.hosts.wires import Connection
from liftlock.model.actions import (
    Delivered,
    Exited,
    Greeting,
    HttpCall,
    Replied,
    Said,
    Script,
    SocketCall,
    TimedOut,
    Transfer,
)
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host
from liftlock.model.ports import Absent, Clock, ScriptOutcome
from liftlock.model.schedule import CONTROLLER
from liftlock.model.secret import SecretRef

if TYPE_CHECKING:  # asyncssh is imported where a host is reached by it only
    from liftlock.hosts.bridges import Bridges

Answer = TypeVar("Answer")
USUAL = Limits()
Heard = Callable[[str, WorldError | None], None]
PASSWORD = "ll_secret"  # its name in keeper/rights.sh
NOTHING_STARTED = (WorldKind.HOST_FULL, WorldKind.REBOOTED)


def unheard(host: str, error: WorldError | None) -> None:
    """Nobody listens."""


class Reach:
    """Implements `liftlock.model.ports.Hosts`. `seed`: of the jitter between logins; `shell`: what runs on the hosts;
    `heard`: is told of a host that is waited for in vain, and once it answers again.

    `controller` is where the program itself runs: a `local` host that needs no inventory entry. `here`: its state
    folder, beside the journal whose runs have their marks there: another journal may name a run the same.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host],
        clock: Clock,
        *,
        limits: Limits = USUAL,
        seed: int = 0,
        shell: str = "sh",
        heard: Heard = unheard,
        here: str = "",
    ) -> None:
        self._hosts = {CONTROLLER: Host(CONTROLLER, connection="local", state=here), **hosts}
        self._clock = clock
        self._limits = limits
        self._random = Random(seed)
        self._shell = shell
        self._heard = heard
        self._silent: set[str] = set()
        self._gangway: Gangway | None = None
        self._links: dict[str, Link] = {}
        self._bridges: Bridges | None = None

    async def greet(self, host: str) -> Greeting:
        link = self._link(host)
        greeting = await link.greet()
        (await link.welcome()).folder()
        return greeting

    async def perform(
        self, host: str, mark: str, script: Script, *, timeout_s: float, boot: str, env: Mapping[str, str]
    ) -> ScriptOutcome:
        name, text, secrets = file_name(mark), program(script), exports(env)

        async def once(shell: Shell, left_s: float) -> ScriptOutcome:
            frame = await attempts.start(shell, name, text, secrets, timeout_s=left_s, boot=boot, limits=self._limits)
            if frame.kind != "E":
                return await attempts.read(shell, name, frame, self._limits)
            found = await self._settle(shell, name, left_s, bury=False)
            if isinstance(found, Absent):
                raise WorldError(WorldKind.REFUSED, "this attempt was buried before it began", mark=mark)
            return found

        return await self._insist(host, timeout_s, once)

    async def attach(self, host: str, mark: str, *, timeout_s: float) -> ScriptOutcome | Absent:
        name = file_name(mark)

        async def once(shell: Shell, left_s: float) -> ScriptOutcome | Absent:
            return await self._settle(shell, name, left_s, bury=True)

        return await self._insist(host, timeout_s, once)

    async def cancel(self, host: str, mark: str) -> None:
        name = file_name(mark)
        patience_s = self._limits.grace_s + self._limits.reply_s

        async def once(shell: Shell, left_s: float) -> None:
            await shell.ask(f"ll_cancel {{tag}} {name} C &", within_s=patience_s)

        await self._insist(host, patience_s, once)

    async def look(self, host: str, script: Script, *, timeout_s: float, env: Mapping[str, str]) -> Exited | TimedOut:
        text = words(program(script), exports(env))

        async def once(shell: Shell, left_s: float) -> Exited | TimedOut:
            return await attempts.look(shell, text, timeout_s=left_s, limits=self._limits)

        return await self._insist(host, timeout_s, once, stateless=True)

    def rights(self, host: str, script: Script) -> dict[str, SecretRef]:
        """The password, for a script that may ask for other rights (drivers/sh/prelude.sh)."""
        password = self._host(host).become.password
        asks = script.interpreter == "sh" and ("as_root" in script.body or "as_user" in script.body)
        return {PASSWORD: password} if password is not None and asks else {}

    async def http(self, at: str, call: HttpCall, env: Mapping[str, str]) -> Replied:
        if self._is_here(at):
            return await calls.ask_http(call, env, uds="", body_bytes=self._limits.body_bytes)
        connection = await self._link(at).connection()
        async with connection.tunnel(*calls.target(call.url)) as uds:
            return await calls.ask_http(call, env, uds=uds, body_bytes=self._limits.body_bytes)

    async def socket(self, at: str, call: SocketCall) -> Said:
        text = call.text.encode()
        if self._is_here(at):
            answers = converse(call.address, text)
        else:
            answers = (await self._link(at).connection()).converse(call.address, text)
        async with aclosing(answers):
            return await calls.ask_socket(call, answers, self._limits.body_bytes)

    async def transfer(self, host: str, transfer: Transfer) -> Delivered:
        link = self._link(host)
        for attempt in range(self._limits.attempts):
            connection = await link.connection()
            state = (await link.welcome()).folder()
            try:
                return await carry(connection, state, transfer, self._limits)
            except Lost:
                await link.pause(attempt)
        raise WorldError(WorldKind.UNREACHABLE, "the connection is lost again and again", host=host)

    async def sweep(self, host: str, run: str) -> None:
        name = run_name(run)

        async def once(shell: Shell, left_s: float) -> None:
            frame = await shell.ask(f"ll_sweep {{tag}} {name}", within_s=self._limits.reply_s)
            if frame.kind == "F":
                raise WorldError(WorldKind.HOST_FULL, f"the run's tombstone cannot be made: {shell.noise}", host=host)

        await self._insist(host, self._limits.reply_s, once)

    async def close(self) -> None:
        await asyncio.gather(*(link.close() for link in self._links.values()))
        self._links.clear()
        if self._bridges is not None:
            await self._bridges.close()

    # --- within -------------------------------------------------------------------------------------------

    async def _insist(
        self,
        host: str,
        timeout_s: float,
        once: Callable[[Shell, float], Awaitable[Answer]],
        *,
        stateless: bool = False,
    ) -> Answer:
        """Ask until it is answered, through lost connections, within the time. Raises WorldError.

        Before anything was asked, a host that cannot be reached is said to be so after the usual number of logins.
        """
        link, until_s = self._link(host), self._clock.monotonic() + timeout_s
        asked = lost = False
        for attempt in range(1_000_000):
            try:
                shell = (await link.connection()).shell
                self._note(host, None)
                if not stateless:
                    (await link.welcome()).folder()
                asked = True
                return await once(shell, max(until_s - self._clock.monotonic(), 0.1))
            except Lost as error:
                lost = True
                why = WorldError(WorldKind.UNREACHABLE, f"the connection was lost: {error}", host=host)
            except WorldError as error:
                if lost and error.kind in NOTHING_STARTED:  # that is said of the second request, not of the first
                    raise WorldError(WorldKind.UNREACHABLE, error.message, **error.fields) from error
                if error.kind is not WorldKind.UNREACHABLE or not asked:
                    raise
                why = error
                self._note(host, error)
            if self._clock.monotonic() >= until_s:
                raise why
            await link.pause(attempt)
        raise AssertionError("unreachable")

    def _note(self, host: str, error: WorldError | None) -> None:
        if (error is None) is (host in self._silent):
            self._silent ^= {host}
            self._heard(host, error)

    async def _settle(self, shell: Shell, name: str, left_s: float, *, bury: bool) -> ScriptOutcome | Absent:
        found = await attempts.settle(shell, name, timeout_s=left_s, bury=bury, clock=self._clock, limits=self._limits)
        return found if isinstance(found, Absent) else await attempts.read(shell, name, found, self._limits)

    def _is_here(self, at: str) -> bool:
        return self._host(at).connection != "ssh"

    def _host(self, name: str) -> Host:
        try:
            return self._hosts[name]
        except KeyError:
            raise WorldError(WorldKind.MISSING, f"no host {name!r} in the inventory", host=name) from None

    def _link(self, name: str) -> Link:
        link = self._links.get(name)
        if link is None:
            host = self._host(name)
            self._gangway = self._gangway or Gangway(self._clock, self._limits)
            link = Link(name, self._opener(host), self._gangway, self._clock, self._limits, self._random)
            self._links[name] = link
        return link

    def _opener(self, host: Host) -> Callable[[str], Awaitable[Connection]]:
        async def open_(nonce: str) -> Connection:
            if host.connection == "ssh":
                from liftlock.hosts.bridges import Bridges
                from liftlock.hosts.ssh import open_ssh

                self._bridges = self._bridges or Bridges(self._clock, self._limits)
                return await open_ssh(host, self._bridges, nonce, self._shell, self._limits)
            return await open_local(host, nonce, self._shell, self._limits)

        return open_
