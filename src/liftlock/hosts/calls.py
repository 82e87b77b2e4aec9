"""Requests that are not scripts: HTTP and sockets, from the controller or from where a host stands."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from json import dumps
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from liftlock.model.actions import HttpCall, Replied, Said, SocketCall
from liftlock.model.errors import WorldError, WorldKind

if TYPE_CHECKING:
    import httpx

IN_BODY = "body:"


async def ask_http(call: HttpCall, env: Mapping[str, str], *, uds: str, body_bytes: int) -> Replied:
    """Ask, and read at most `body_bytes` of the answer. A new connection each time: the answer is today's process's.

    `env`: resolved secrets by header name, or mark in the body. `uds`: connect to this socket instead of the URL's
    host. Raises WorldError: UNREACHABLE, TIMEOUT, REFUSED (not a URL); `sent` is "no" where nothing can have arrived.
    """
    import httpx

    headers, body = filled(call, env)
    try:
        async with asyncio.timeout(call.timeout_s), client(call.url, uds, call.ca) as asking:
            request = asking.build_request(call.method, call.url, headers=headers, content=body or None)
            answer = await asking.send(request, stream=True)
            try:
                body = await bounded(answer.aiter_bytes(), max(body_bytes, call.most_bytes))
            finally:
                await answer.aclose()
            text = body.decode(answer.charset_encoding or "utf-8", "replace")
            return Replied(answer.status_code, text, answer.headers.get("retry-after", ""))
    except httpx.ConnectError as error:
        raise WorldError(WorldKind.UNREACHABLE, f"{call.url}: {error}", url=call.url, sent="no") from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise WorldError(WorldKind.TIMEOUT, f"{call.url}: no answer in {call.timeout_s} s", url=call.url) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, LookupError, ValueError) as error:
        raise WorldError(WorldKind.REFUSED, f"{call.url}: {error}", url=call.url, sent="no") from error
    except (httpx.HTTPError, OSError) as error:
        raise WorldError(WorldKind.UNREACHABLE, f"{call.url}: {error or type(error).__name__}", url=call.url) from error


def filled(call: HttpCall, env: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Headers and body with the secrets in their places."""
    body = call.body
    for name, value in env.items():
        if name.startswith(IN_BODY):
            body = body.replace(name.removeprefix(IN_BODY), dumps(value, ensure_ascii=False)[1:-1])
    return {**call.headers, **{n: v for n, v in env.items() if not n.startswith(IN_BODY)}}, body.encode()


def client(url: str, uds: str, ca: str = "") -> "httpx.AsyncClient":
    """No proxies, no redirects, no connection kept. Certificates are loaded where they are needed only."""
    import httpx

    verify: bool | ssl.SSLContext = url.lower().startswith("https:")
    if verify and ca:
        verify = ssl.create_default_context(cadata=ca)
    transport = httpx.AsyncHTTPTransport(uds=uds or None, verify=verify, trust_env=False)
    return httpx.AsyncClient(transport=transport, trust_env=False, timeout=None)


def target(url: str) -> tuple[str, int]:
    """Host and port of a URL. Raises WorldError(REFUSED)."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise WorldError(WorldKind.REFUSED, f"{url}: {error}", url=url) from error
    return parts.hostname or "", port


async def ask_socket(call: SocketCall, answers: AsyncIterator[bytes], body_bytes: int) -> Said:
    """Read until the peer closes. Raises WorldError: UNREACHABLE, TIMEOUT."""
    try:
        async with asyncio.timeout(call.timeout_s):
            return Said((await bounded(answers, body_bytes)).decode("utf-8", "replace"))
    except TimeoutError as error:
        why = f"{call.address}: no end of the answer in {call.timeout_s} s"
        raise WorldError(WorldKind.TIMEOUT, why, address=call.address) from error


async def bounded(chunks: AsyncIterator[bytes], most: int) -> bytes:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) >= most:
            break
    return bytes(data[:most])
