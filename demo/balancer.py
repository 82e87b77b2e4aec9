"""The load balancer in front of the fleet: HAProxy where it is installed, else the stand-in."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from demo import CHECKOUT, standin_lb
from demo.fleet import SandboxHost

FRONTEND, BACKEND = "shop", "orders"  # different names: HAProxy's `show stat NAME` shows the first of that name only
SOCKET_PATH_MAX = 100  # a Unix socket's path ends at 104 bytes on macOS, at 108 on Linux
ONLINE_S = 10.0
HAPROXY_CONFIG = """\
# The load balancer of the demo. The runtime commands come in on the socket below.
global
  stats socket {admin} mode 600 level admin

defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 30s
  option redispatch
  retries 3

frontend {frontend}
  bind {address}:{port}
  default_backend {backend}

backend {backend}
  balance roundrobin
  option httpchk GET /healthz
  http-check expect status 200
  default-server check inter 500ms fall 2 rise 1
{servers}
"""


@dataclass(frozen=True)
class Balancer:
    """A running load balancer: its process, its address for clients, its socket for commands."""

    kind: str  # haproxy | stand-in
    process: subprocess.Popen[bytes]
    url: str
    admin: Path

    def stop(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.terminate()
        self.process.wait(timeout=10)
        if self.admin.parent.name.startswith("liftlock-demo-"):
            shutil.rmtree(self.admin.parent, ignore_errors=True)


def haproxy_path() -> str | None:
    """Its program: Debian keeps it where a user's PATH may not look."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def socket_path(folder: Path) -> Path:
    """In the folder, or in a temporary one where that path is too long for a Unix socket."""
    path = folder / "admin.sock"
    if len(os.fsencode(path)) > SOCKET_PATH_MAX:
        path = Path(tempfile.mkdtemp(prefix="liftlock-demo-")) / "admin.sock"
    return path


def start(folder: Path, port: int, hosts: Sequence[SandboxHost], *, standin: bool = False) -> Balancer:
    """Start HAProxy (or the stand-in where it is missing or asked for), and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    admin = socket_path(folder)
    program = None if standin else haproxy_path()
    if program is None:
        command = [sys.executable, "-m", "demo.standin_lb", str(write_standin(folder, port, hosts, admin))]
    else:
        command = [program, "-db", "-f", str(write_haproxy(folder, port, hosts, admin))]
    with (folder / "lb.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=CHECKOUT,
            start_new_session=True,
        )
    balancer = Balancer("stand-in" if program is None else "haproxy", process, f"http://127.0.0.1:{port}", admin)
    wait_online(balancer, folder / "lb.log")
    return balancer


def wait_online(balancer: Balancer, log: Path) -> None:
    deadline = time.monotonic() + ONLINE_S
    while not listens(balancer.admin):
        if balancer.process.poll() is not None or time.monotonic() > deadline:
            balancer.process.kill()
            raise SystemExit(f"the load balancer does not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def listens(admin: Path) -> bool:
    """A socket's file is there a moment before anybody listens."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(admin)) == 0


def write_haproxy(folder: Path, port: int, hosts: Sequence[SandboxHost], admin: Path) -> Path:
    servers = "\n".join(f"  server {host.name} {host.address}:{host.port}" for host in hosts)
    config = folder / "haproxy.cfg"
    config.write_text(
        HAPROXY_CONFIG.format(
            admin=str(admin).replace(" ", "\\ "),
            frontend=FRONTEND,
            backend=BACKEND,
            address="127.0.0.1",
            port=port,
            servers=servers,
        )
    )
    return config


def write_standin(folder: Path, port: int, hosts: Sequence[SandboxHost], admin: Path) -> Path:
    targets = tuple(standin_lb.Target(host.name, host.address, host.port) for host in hosts)
    config = standin_lb.Config("127.0.0.1", port, str(admin), FRONTEND, BACKEND, targets)
    path = folder / "standin.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(config)))
    return path
