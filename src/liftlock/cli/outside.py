"""Programs of the person's own that tell something: a secret, a vault's password, an inventory.

Rules: no shell; nothing is asked of the terminal; they run where the plan is (an inventory, where it is itself), with
the environment that Liftlock has; time and output are bounded. What they print is answered and shown nowhere, not
even where they fail.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from liftlock.model.errors import WorldError, WorldKind

LIMIT_S = 30.0
INVENTORY_LIMIT_S = 120.0
INVENTORY_MAX_BYTES = 64 * 1024 * 1024


def run_outside(words: Sequence[str], folder: Path, *, limit_s: float, limit_bytes: int) -> bytes:
    """What the program prints. Raises WorldError: MISSING, TIMEOUT, REFUSED."""
    name = Path(words[0]).name if words else ""
    try:
        process = subprocess.Popen(
            list(words),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError, IndexError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WorldError(WorldKind.MISSING, f"{name}: {why}", program=name, problem=why) from error
    try:
        told, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired as error:
        end(process)
        why = f"no answer within {limit_s:.0f} s"
        raise WorldError(WorldKind.TIMEOUT, f"{name}: {why}", program=name, problem=why) from error
    if process.returncode:
        why = f"status {process.returncode}"
        raise WorldError(WorldKind.REFUSED, f"{name}: {why}", program=name, problem=why)
    if len(told) > limit_bytes:
        why = f"more than {limit_bytes} bytes"
        raise WorldError(WorldKind.REFUSED, f"{name}: {why}", program=name, problem=why)
    return told


def end(process: "subprocess.Popen[bytes]") -> None:
    """It and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def words_of(command: str) -> list[str]:
    """As a shell splits them, without anything else that a shell does. Raises WorldError(REFUSED)."""
    try:
        return shlex.split(command)
    except ValueError as error:
        raise WorldError(WorldKind.REFUSED, f"command: {error}", problem=str(error)) from error


def run_inventory(program: Path) -> bytes:
    """What an inventory program prints for `--list`; the person's plan said that it is to be run."""
    whole = program.resolve()
    return run_outside([str(whole), "--list"], whole.parent, limit_s=INVENTORY_LIMIT_S, limit_bytes=INVENTORY_MAX_BYTES)
