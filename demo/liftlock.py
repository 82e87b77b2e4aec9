"""Liftlock as a person uses it: its command line, one process a command."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from demo.lifeline import Lifeline
from demo.teller import Teller

POLL_S = 0.02
QUIET_LINES = 12
LOCALES = {"en": "en_US.UTF-8", "zh": "zh_CN.UTF-8"}


class Unexpected(Exception):
    """Something did not go as the demo promises: the key of its words, with fields."""

    def __init__(self, key: str, **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields


class Liftlock:
    """Runs `liftlock …` in the demo's folder, where its record is kept too; what a command printed goes to logs/."""

    def __init__(self, folder: Path, line: Lifeline, teller: Teller) -> None:
        self.folder = folder
        self.line = line
        self.teller = teller
        self.number = 0
        (folder / "logs").mkdir()

    def show(self, *words: str, expect: Sequence[int] = (0,)) -> None:
        """Run it with its output on the terminal."""
        self.teller.command(self.typed(words))
        with self.started(words, None) as process:
            self.check(words, process.wait(), expect)

    def keep(self, *words: str, to: str = "", tail: int = QUIET_LINES, expect: Sequence[int] = (0,)) -> str:
        """Run it with its output in a file (`to`, else one in logs/); shows the last `tail` lines."""
        self.number += 1
        path = self.folder / (to or f"logs/{self.number:02d}-{words[0]}.txt")
        path.parent.mkdir(exist_ok=True)
        self.teller.command(self.typed(words) + (f" > {to}" if to else ""))
        with path.open("wb") as file, self.started(words, file.fileno()) as process:
            status = process.wait()
        text = path.read_text(errors="replace")
        for line in text.splitlines()[-tail:] if tail or status not in expect else ():
            self.teller.console.out(line)
        self.check(words, status, expect)
        return text

    def kill_when(self, moment: Callable[[], str], *words: str) -> tuple[int, str]:
        """Run it on the terminal, and SIGKILL it as soon as `moment` names a host. Answers pid and host."""
        self.teller.command(self.typed(words))
        with self.started(words, None) as process:
            while not (host := moment()):
                try:
                    process.wait(POLL_S)
                except subprocess.TimeoutExpired:
                    continue
                raise Unexpected("not-killed")
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.teller.after_kill()
        return process.pid, host

    @contextmanager
    def started(self, words: Sequence[str], output: int | None) -> Iterator[subprocess.Popen[bytes]]:
        """It dies with the demo, or when the demo is interrupted: the record makes that safe."""
        command = [str(Path(sys.executable).parent / "liftlock"), *words]
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        self.line.watch(process.pid)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            self.line.forget(process.pid)

    def environment(self) -> dict[str, str]:
        # a person's own settings must not change what the demo shows
        ours = {name: value for name, value in os.environ.items() if not name.startswith("LIFTLOCK_")}
        ours = {name: value for name, value in ours.items() if name not in ("LC_ALL", "LANGUAGE")}
        return ours | {"LIFTLOCK_PERSON": "li.wei", "LC_MESSAGES": LOCALES[self.teller.language]}

    def typed(self, words: Sequence[str]) -> str:
        return shlex.join(["liftlock", *words])

    def check(self, words: Sequence[str], status: int, expect: Sequence[int]) -> None:
        if status not in expect:
            wanted = " / ".join(map(str, expect))
            raise Unexpected("status-was", command=self.typed(words), status=status, expected=wanted)
