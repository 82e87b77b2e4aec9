"""Real sshd processes on loopback, with throwaway keys, as the current user: for tests and measurements."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from liftlock.model.inventory import Host
from tests.ports import free_port

SSHD = shutil.which("sshd") or next(
    (path for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(path).exists()), ""
)
# SHLVL: a bash that sshd starts would read the person's ~/.bashrc otherwise, whatever that costs.
CONFIG = """\
Port {port}
ListenAddress {listen}
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/user_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups {startups}
MaxSessions {sessions}
LogLevel ERROR
UseDNS no
SetEnv SHLVL=2
Subsystem sftp internal-sftp
"""


@dataclass
class Sshd:
    """A running sshd. One that listens on 0.0.0.0 serves every loopback address: `host("h1", "127.0.1.1")`."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def key(self) -> str:
        return str(self.folder / "user_key")

    @property
    def known_hosts(self) -> str:
        return str(self.folder / "known_hosts")

    def host(self, name: str, address: str = "127.0.0.1", **more: Any) -> Host:
        facts: dict[str, Any] = {"port": self.port, "key": self.key, "known_hosts": self.known_hosts}
        facts |= {"user": os.environ.get("USER") or "root"} | more
        return Host(name=name, address=address, connection="ssh", **facts)

    def sessions(self) -> list[int]:
        """Process ids of the connections that it serves now."""
        return [pid for pid, parent in processes() if parent == self.process.pid]

    def cut(self) -> None:
        """Kill every connection's process: what the network does."""
        for pid in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start_again(self) -> None:
        """After a stop: on the same port, with the same keys."""
        log = (self.folder / "sshd.log").open("ab")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")], stderr=log)
        wait_for(self.port, self.process, self.folder)

    def stop(self) -> None:
        self.cut()
        self.process.terminate()
        self.process.wait(10)
        self.cut()


def start_sshd(
    folder: Path, *, listen: str = "127.0.0.1", sessions: int = 10, startups: int = 500, more: str = ""
) -> Sshd:
    """Make keys in the folder, start it on a free port, wait until it answers. `more`: lines of its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_keys(folder)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    config = folder / "sshd_config"
    text = CONFIG.format(port=port, listen=listen, folder=folder, sessions=sessions, startups=startups)
    config.write_text(text + more)
    host_key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.*]:{port},[localhost]:{port} {host_key}\n")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=(folder / "sshd.log").open("wb"))
    wait_for(port, process, folder)
    return Sshd(folder, port, process)


def write_keys(folder: Path) -> None:
    for name in ("host_key", "user_key"):
        if not (folder / name).exists():
            key = asyncssh.generate_private_key("ssh-ed25519")
            key.write_private_key(str(folder / name))
            key.write_public_key(str(folder / f"{name}.pub"))
            (folder / name).chmod(0o600)


def wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.02)
    raise RuntimeError((folder / "sshd.log").read_text())


def processes() -> list[tuple[int, int]]:
    """(pid, parent) of all processes."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found.append((int(entry.name), int(fields[1])))
    return found
