"""Tell people: a command that gets the message on its standard input, a webhook, or an Apprise address.

A notice that cannot be sent stops no upgrade; it is reported through `report`.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import json

from liftlock.execute.redact import Learning, Redactor
from liftlock.execute.world import Occasion
from liftlock.model.errors import WorldError
from liftlock.model.events import RunEvents
from liftlock.model.plan import Notify
from liftlock.model.ports import Secrets
from liftlock.model.secret import SecretRef

LIMIT_S = 20.0


class ChannelNotifier:
    """Sends what `say` words to every channel that wants the occasion. `report(channel, problem)` hears of failures."""

    def __init__(
        self,
        channels: Sequence[Notify],
        say: Callable[[Occasion, RunEvents], str],
        report: Callable[[str, str], None],
        secrets: Secrets,
    ) -> None:
        self.channels, self.say, self.report = channels, say, report
        self.redactor = Redactor()
        self.secrets = Learning(secrets, self.redactor)

    async def tell(self, occasion: Occasion, event: RunEvents) -> None:
        wanted = [channel for channel in self.channels if occasion in channel.on]
        if wanted:
            text = self.say(occasion, event)
            await asyncio.gather(*(self.send(channel, occasion, text) for channel in wanted))

    async def send(self, channel: Notify, occasion: Occasion, text: str) -> None:
        name = name_of(channel)
        try:
            async with asyncio.timeout(LIMIT_S):
                problem = await self.deliver(channel, occasion, text)
        except TimeoutError:
            problem = f"no answer within {LIMIT_S:.0f} s"
        except OSError as error:
            problem = str(error)
        except WorldError as error:
            problem = error.message
        if problem:
            self.report(name, self.redactor.clean_text(problem))

    async def deliver(self, channel: Notify, occasion: Occasion, text: str) -> str:
        """Answers what went wrong, or nothing."""
        if channel.command:
            return await run_command(channel.command, occasion, text)
        if channel.webhook:
            secret = isinstance(channel.webhook, SecretRef)
            return await post(self.address(channel.webhook), occasion, text, secret=secret)
        return await send_with_apprise(self.address(channel.apprise), text)

    def address(self, said: str | SecretRef) -> str:
        """Fetched when it is used. Raises WorldError."""
        return self.secrets.resolve(said) if isinstance(said, SecretRef) else said


def name_of(channel: Notify) -> str:
    """What may be shown of a channel: the address of a webhook, and of an Apprise service, is its password."""
    address = channel.apprise or channel.webhook
    if isinstance(address, SecretRef):
        return address.secret
    scheme, _, rest = address.partition("://")
    return channel.command or (scheme if channel.apprise else f"{scheme}://{host_of(rest)}")


def host_of(rest: str) -> str:
    return rest.partition("/")[0].partition("?")[0].rpartition("@")[2]


async def run_command(command: str, occasion: Occasion, text: str) -> str:
    """The message is a file, not a pipe: a command that ends without reading it leaves nobody writing."""
    with tempfile.TemporaryFile() as message:
        message.write(json.encode({"occasion": occasion, "text": text}) + b"\n")
        message.seek(0)
        process = await asyncio.create_subprocess_shell(
            command,
            stdin=message,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    said = errors[-200:].decode(errors="replace")
    return "" if process.returncode == 0 else f"exit status {process.returncode}: {said}"


async def post(url: str, occasion: Occasion, text: str, *, secret: bool = False) -> str:
    """The status is all that is wanted: a redirect is none, and an answer's body is not read.

    `secret`: the address is; what an error says may repeat a part of it.
    """
    import httpx

    told = {"occasion": occasion, "text": text}
    try:
        async with (
            httpx.AsyncClient(timeout=LIMIT_S, follow_redirects=False) as client,
            client.stream("POST", url, json=told) as answer,
        ):
            return "" if answer.is_success else f"status {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__ if secret else str(error) or type(error).__name__


async def send_with_apprise(address: str, text: str) -> str:
    try:
        import apprise
    except ImportError:
        return "install liftlock[notify] for this channel"
    sender = apprise.Apprise()
    sender.add(address)
    return "" if await sender.async_notify(body=text, title="Liftlock") else "not delivered"
