"""Bringing an artifact to a host: on a channel of its own, verified there, moved into its place at once."""

import asyncio
import secrets
from hashlib import sha256
from pathlib import Path

from liftlock.hosts.limits import Limits
from liftlock.hosts.quote import word
from liftlock.hosts.wires import Connection, Pipe
from liftlock.model.actions import Delivered, Transfer
from liftlock.model.errors import WorldError, WorldKind

CHUNK_BYTES = 1_048_576


async def carry(connection: Connection, state: str, transfer: Transfer, limits: Limits) -> Delivered:
    """Raises Lost, and WorldError: MISSING (not here), REFUSED (wrong digest), HOST_FULL, UNREACHABLE, TIMEOUT."""
    source = Path(transfer.source)
    size = size_of(source)
    if not transfer.sha256.isalnum():
        raise ValueError(f"not a SHA-256: {transfer.sha256!r}")
    place = f"{state}/blobs/{transfer.sha256}"
    shell = connection.shell
    there = await shell.ask(f"ll_blob {{tag}} {transfer.sha256} &", within_s=patience_s(size, limits))
    if there.kind == "F":
        raise WorldError(WorldKind.HOST_FULL, f"no folder for artifacts: {shell.noise}")
    if there.kind == "W":
        part = f"{transfer.sha256}.{secrets.token_hex(4)}.part"
        found = await send(connection, source, f"{state}/blobs/{part}", limits)
        if found != transfer.sha256:
            shell.tell(f"rm -f {word(f'{state}/blobs/{part}')}")
            why = f"{source}: its digest is {found}, not {transfer.sha256}, which was approved"
            raise WorldError(WorldKind.REFUSED, why, path=str(source), found=found)
        kept = await shell.ask(f"ll_keep {{tag}} {transfer.sha256} {part} &", within_s=patience_s(size, limits))
        if kept.kind != "K":
            found = (*kept.fields, "")[0]
            why = f"{source}: arrived with digest {found}, not {transfer.sha256}"
            raise WorldError(WorldKind.REFUSED, why, path=str(source), found=found)
    return Delivered(place, size)


def size_of(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError as error:
        raise WorldError(WorldKind.MISSING, f"{source}: {error.strerror}", path=str(source)) from error


def patience_s(size: int, limits: Limits) -> float:
    """Time for a host to read and hash it, at 10 MB/s or faster."""
    return limits.reply_s + size / 10_000_000


async def send(connection: Connection, source: Path, part: str, limits: Limits) -> str:
    """Send a file into `part`; the SHA-256 of what was sent."""
    pipe = await connection.pipe(f"umask 077; cat > {word(part)} || {{ rm -f {word(part)}; exit 1; }}")
    try:
        found = await pour(source, pipe, limits.stall_s)
        async with asyncio.timeout(limits.stall_s):
            code, said = await pipe.finish()
    except TimeoutError as error:
        raise WorldError(WorldKind.TIMEOUT, f"{source}: nothing moved for {limits.stall_s:.0f} s") from error
    finally:
        pipe.abort()
    if code != 0:
        raise WorldError(WorldKind.HOST_FULL, f"{source} was not kept on the host: {said.strip()[-300:]}")
    return found


async def pour(source: Path, pipe: Pipe, stall_s: float) -> str:
    """Send a file; the SHA-256 of what was sent. Raises TimeoutError if nothing moves for `stall_s`."""
    digest = sha256()
    try:
        with source.open("rb") as file:
            while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
                digest.update(data)
                async with asyncio.timeout(stall_s):
                    await pipe.send(data)
    except TimeoutError:
        raise
    except OSError as error:
        raise WorldError(WorldKind.MISSING, f"{source}: {error.strerror}", path=str(source)) from error
    return digest.hexdigest()
