"""kill -9 of the controller at every journal boundary of a real run over real sshd: steps lost, steps run twice.

    python -m bench.kill_everywhere [--hosts 8] [--stop]

For every commit of an undisturbed run, a fresh fleet: a controller dies right before, then (on another fleet) right
after that commit; a second one takes over and finishes. The hosts' own records are counted. `--stop`: the first
controller is stopped (SIGSTOP) instead, and wakes after the second has finished.
"""

import argparse
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from msgspec import json
from tests.real.fleet import STEPS, controller, counts, schedule_of
from tests.real.test_kill import entries
from tests.sshd import Sshd, start_sshd

ONCE = {f"step-{n}": 1 for n in range(STEPS)}


def fleet(folder: Path, sshd: Sshd, hosts: int) -> Path:
    folder.mkdir()
    (folder / "schedule.json").write_bytes(json.encode(schedule_of(folder, sshd, hosts), order="deterministic"))
    return folder


def commits(folder: Path) -> int:
    """How often an undisturbed controller appends: entries of one commit have the same time."""
    subprocess.run(controller(folder), check=True, capture_output=True)
    return len({entry.at for entry in entries(folder)})


def disturbed(folder: Path, at: int, when: str, how: str) -> str:
    """One disturbed run, finished by a second controller. Answers how the first one ended."""
    words = controller(folder, "--at", str(at), "--when", when, "--signal", how)
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if how == "STOP":
        wait_stopped(first)
    else:
        first.wait()
    if first.poll() == 0:
        return "finished"
    subprocess.run(controller(folder), check=True, capture_output=True)
    if how == "STOP":
        first.send_signal(signal.SIGCONT)
        first.wait(60)
    return {-signal.SIGKILL: "killed", 7: "woke too late"}.get(first.returncode, f"status {first.returncode}")


def wait_stopped(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.02)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hosts", type=int, default=8)
    options.add_argument("--stop", action="store_true")
    asked = options.parse_args()
    how = "STOP" if asked.stop else "KILL"
    lost = twice = 0
    ends: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="kill-") as name:
        folder = Path(name)
        sshd = start_sshd(folder / "sshd", listen="0.0.0.0")
        try:
            total = commits(fleet(folder / "calm", sshd, asked.hosts))
            for at in range(1, total + 1):
                for when in ("before", "after"):
                    place = fleet(folder / f"{at}-{when}", sshd, asked.hosts)
                    end = disturbed(place, at, when, how)
                    ends[end] = ends.get(end, 0) + 1
                    for found in counts(place).values():
                        lost += sum(step not in found for step in ONCE)
                        twice += sum(count > 1 for count in found.values())
                    print(f"\r{at}/{total} {when:6} lost {lost}, twice {twice}", end="", flush=True)
        finally:
            sshd.stop()
    runs = sum(ends.values())
    print(f"\n{runs} runs of {asked.hosts} hosts, {total} boundaries, before and after: first controller {ends}")
    print(f"steps lost {lost}, steps run twice {twice}")
    raise SystemExit(os.EX_OK if not lost and not twice else 1)


if __name__ == "__main__":
    main()
