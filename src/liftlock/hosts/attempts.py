"""One attempt of one script on one shell: start it once, or find out what became of it.

The host decides, by what it creates exclusively (see keeper/attempts.sh); this side asks, waits and bounds the waiting.
"""

import asyncio
from math import ceil

from liftlock.hosts.frames import Frame
from liftlock.hosts.limits import Limits
from liftlock.hosts.quote import words
from liftlock.hosts.shell import Lost, Shell
from liftlock.model.actions import Exited, TimedOut, Vanished
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Absent, Clock, ScriptOutcome

PATIENCE_S = 2.0  # between a mark and its first word lies nothing: longer than this, its maker is gone
FIRST_POLL_S, LONGEST_POLL_S = 0.05, 1.0
SPARE_S = 2  # the host's own deadline is a little later than ours: ours is exact, its is there if we are not


class Watch:
    """The bounds of one waiting, one timer at a time: most steps end before the first rings.

    First the host is asked to guard it, then to end it; if even that is not answered, the shell is given up.
    """

    def __init__(self, shell: Shell, mark: str, timeout_s: float, limits: Limits) -> None:
        self._shell = shell
        self._mark = mark
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + timeout_s
        self._timer = self._loop.call_later(min(limits.guard_after_s, timeout_s), self._guard)

    def _guard(self) -> None:
        self._shell.tell(f"ll_watch {self._mark}")
        self._timer = self._loop.call_at(self._ends_at, self._end)

    def _end(self) -> None:
        self._shell.tell(f"ll_cancel 0 {self._mark} T &")
        self._timer = self._loop.call_later(self._limits.grace_s + self._limits.reply_s, self._give_up)

    def _give_up(self) -> None:
        self._shell.fail("it does not say that it ended, not even when it is killed")

    def stop(self) -> None:
        self._timer.cancel()


async def start(
    shell: Shell, mark: str, program: str, exports: str, *, timeout_s: float, boot: str, limits: Limits
) -> Frame:
    """Ask the host to run it, and wait for its end or its refusal. Raises Lost."""
    tag = shell.next_tag()
    answer = shell.expect(tag)
    shell.tell(f"ll_start {tag} {mark} {ceil(timeout_s) + SPARE_S} {words(boot, program, exports)}")
    watch = Watch(shell, mark, timeout_s, limits)
    try:
        return await answer
    finally:
        watch.stop()
        shell.forget(tag)


async def settle(
    shell: Shell, mark: str, *, timeout_s: float, bury: bool, clock: Clock, limits: Limits
) -> Frame | Absent:
    """Wait for the end of an attempt that another started, or bury it. Raises Lost.

    `bury`: an attempt without a mark gets a tombstone at once; else, it gets one if no mark is made soon.
    """
    since, pause_s, watched, ended = clock.monotonic(), FIRST_POLL_S, False, False
    while True:
        waited_s = clock.monotonic() - since
        digging = int(bury or waited_s > PATIENCE_S)
        frame = await shell.ask(f"ll_ask {{tag}} {mark} {digging}", within_s=limits.reply_s)
        match frame.kind:
            case "A":
                return Absent()
            case "H" if waited_s > PATIENCE_S:
                return Frame("X", frame.tag, ("-", "-", "-"), b"")
            case "N" | "H":
                pass
            case "R":
                if not watched:
                    shell.tell(f"ll_watch {mark}")
                    watched = True
                if waited_s > timeout_s and not ended:
                    shell.tell(f"ll_cancel 0 {mark} T &")
                    ended = True
                if waited_s > timeout_s + limits.grace_s + limits.reply_s:
                    raise Lost("it does not end, not even when it is killed")
            case _:
                return frame
        await clock.sleep(max(min(pause_s, timeout_s - waited_s), FIRST_POLL_S))
        pause_s = min(pause_s * 1.6, LONGEST_POLL_S)


async def read(shell: Shell, mark: str, frame: Frame, limits: Limits) -> ScriptOutcome:
    """The outcome that the host's answer tells. Raises WorldError where nothing was started, and Lost."""
    match frame.kind:
        case "X":
            return await read_end(shell, mark, frame, limits)
        case "B":
            raise WorldError(
                WorldKind.REBOOTED, "the host has rebooted since the step was decided", boot=(*frame.fields, "")[0]
            )
        case "C":
            raise WorldError(WorldKind.REFUSED, "the run is closed on this host: nothing of it starts any more")
        case "A":
            raise WorldError(WorldKind.REFUSED, "this attempt was buried before it began: it will never start")
        case "F":
            raise WorldError(WorldKind.HOST_FULL, f"the host cannot keep the step's mark: {shell.noise}")
        case kind:
            raise WorldError(WorldKind.REFUSED, f"the host's shell answered {kind!r}: {shell.noise}")


async def read_end(shell: Shell, mark: str, frame: Frame, limits: Limits) -> ScriptOutcome:
    code, killed, more = frame.fields
    data, cut = frame.payload, False
    if more == "M":
        kept = await shell.ask(f"ll_out {{tag}} {mark}", within_s=limits.reply_s)
        data, cut = kept.payload, kept.fields[0] == "cut"
    output = data.decode("utf-8", "replace")
    if killed == "T":
        return TimedOut(output)
    if killed == "C" or code == "-":
        return Vanished(output)
    return Exited(int(code), output, cut)


async def look(shell: Shell, text: str, *, timeout_s: float, limits: Limits) -> Exited | TimedOut:
    """Run a read-only program (`text`: program and exports, quoted). Raises Lost."""
    loop = asyncio.get_running_loop()
    tag = shell.next_tag()
    answer = shell.expect(tag)
    until_s = loop.time() + timeout_s
    timer = loop.call_at(until_s, shell.tell, f"ll_drop {tag}")
    shell.tell(f"ll_look {tag} {text}")
    try:
        async with asyncio.timeout_at(until_s + limits.grace_s + SPARE_S):
            frame = await answer
    except TimeoutError:
        return TimedOut()
    finally:
        timer.cancel()
        shell.forget(tag)
    output = frame.payload.decode("utf-8", "replace")
    if loop.time() >= until_s:
        return TimedOut(output)
    code, cut = frame.fields
    return Exited(int(code) if code.isdigit() else 255, output, cut == "cut")
