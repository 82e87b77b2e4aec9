"""Nothing that the demo started outlives it, however the demo ends.

`python -m demo.lifeline FOLDER` is the demo's second: the demo holds the other end of its standard input. When that
closes, by an orderly end as well as by a kill, it ends what was announced on it (`watch PID`: a process, with its
group if it leads one) and then every service whose pid file lies under FOLDER, looking again until a moment passes
without one. There is no other clean-up: the demo's orderly end takes the same path.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from demo import CHECKOUT

GRACE_S = 3.0
QUIET_S = 1.5
LONGEST_S = 20.0


class Lifeline:
    """The demo's end of the line."""

    def __init__(self, hosts: Path, lock: int | None = None) -> None:
        """`lock`: a descriptor with a lock on it, which is held until everything is cleaned up."""
        command = [sys.executable, "-m", "demo.lifeline", str(hosts)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=CHECKOUT, start_new_session=True, text=True)

    def watch(self, pid: int) -> None:
        self.say(f"watch {pid}")

    def forget(self, pid: int) -> None:
        """This one has ended: its number may soon be another's."""
        self.say(f"forget {pid}")

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def cut(self) -> None:
        """Clean up, and wait for it."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(timeout=LONGEST_S + 10)


def at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` when our standard input closes: whoever started us has gone."""

    def read() -> None:
        sys.stdin.buffer.read()
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=read, daemon=True).start()


# --- the second -----------------------------------------------------------------------------------------


def main(hosts: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, None] = {}
    for line in sys.stdin:
        verb, _, pid = line.strip().partition(" ")
        if verb == "watch":
            groups[int(pid)] = None
        elif verb == "forget":
            groups.pop(int(pid), None)
    end_groups(tuple(groups))
    end_services(hosts)


def end_groups(groups: tuple[int, ...]) -> None:
    """Ask, wait, insist."""
    for number, patience_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, 0.0)):
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(-group if lives(-group) else group, number)
        deadline = time.monotonic() + patience_s
        while any(lives(-group) or lives(group) for group in groups) and time.monotonic() < deadline:
            time.sleep(0.05)


def end_services(hosts: Path) -> None:
    """A step in flight may start one more service: look until it has been quiet for a while."""
    begun = quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_S and time.monotonic() - begun < LONGEST_S:
        number = signal.SIGKILL if time.monotonic() - begun > LONGEST_S / 2 else signal.SIGTERM
        for pid in service_pids(hosts):
            quiet_since = time.monotonic()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        time.sleep(0.1)


def service_pids(hosts: Path) -> list[int]:
    """The live processes that the pid files name and that really are that host's service."""
    pids = []
    for file in hosts.glob("*/srv/orders/run/orders.pid"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(file.read_text())
            if lives(pid) and str(file) in command_of(pid):
                pids.append(pid)
    return pids


def lives(pid: int) -> bool:
    """Whether this process (or, if negative, anything of that group) is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_of(pid: int) -> str:
    """Its command line: from /proc where there is one, else from ps."""
    proc = Path(f"/proc/{pid}/cmdline")
    if proc.exists():
        return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
