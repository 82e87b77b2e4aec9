"""However the demo ends, what it started ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from demo import CHECKOUT, fleet, lifeline

DEMO = """
import subprocess, sys, time
from pathlib import Path
from demo import lifeline
line = lifeline.Lifeline(Path(sys.argv[1]))
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
line.watch(child.pid)
print(child.pid, line.process.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_demo_leaves_nothing(
    tmp_path: Path, archives: dict[str, Path], wait_gone: Callable[..., None]
) -> None:
    host = fleet.lay_out(tmp_path)[0]
    config = f"[orders]\naddress = {host.address}\nport = {host.port}\ncurrency = CNY\n"
    fleet.found(host, archives["1.0"], "1.0", config)
    service = int((host.base / "run/orders.pid").read_text())
    demo = subprocess.Popen(
        [sys.executable, "-c", DEMO, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    assert demo.stdout is not None
    child, second = (int(pid) for pid in demo.stdout.readline().split())
    assert all(lifeline.lives(pid) for pid in (service, child, second))
    os.kill(demo.pid, signal.SIGKILL)
    demo.wait()
    demo.stdout.close()
    wait_gone(service, child, second)


def test_only_a_real_service_is_ended(tmp_path: Path) -> None:
    """A stale pid file that names somebody else's process harms nobody."""
    pid_file = tmp_path / "app-01/srv/orders/run/orders.pid"
    pid_file.parent.mkdir(parents=True)
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        pid_file.write_text(f"{bystander.pid}\n")
        assert lifeline.service_pids(tmp_path) == []
        pid_file.write_text("not a number\n")
        assert lifeline.service_pids(tmp_path) == []
    finally:
        bystander.kill()
        bystander.wait()


def test_forgotten_is_left_alone(tmp_path: Path) -> None:
    line = lifeline.Lifeline(tmp_path)
    bystander = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        line.watch(bystander.pid)
        line.forget(bystander.pid)
        line.cut()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
