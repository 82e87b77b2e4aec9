"""`liftlock` that kills itself with SIGKILL just before its n-th act: a process, a folder, a file, a rename.

    python -m tests.real.doomed N lab up --hosts 2

With N = 0 it lives, and the last line that it prints is how many acts there were.
"""

import os
import signal
import sys
from typing import Any

from liftlock.cli.main import app
from liftlock.hosts.lab import fleet, image, machine, packages, power

ACTS = ("subprocess.Popen", "os.mkdir", "os.rename", "os.chmod", "os.chown", "os.link")
IMPORTED = (fleet, image, machine, packages, power)  # so that no import counts as an act


class Doom:
    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event in ACTS or (event == "open" and isinstance(args[1], str) and args[1][0] in "wax"):
            self.seen += 1
            if self.seen == self.at:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    doom = Doom(int(sys.argv.pop(1)))
    sys.addaudithook(doom)
    try:
        app(prog_name="liftlock")
    finally:
        print(doom.seen)


if __name__ == "__main__":
    main()
