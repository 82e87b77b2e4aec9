"""A host within this machine, for what takes a person who is not root: real users, sudo, su and PAM, over a real sshd.

A mount namespace with its own /etc, /home and /usr/local/sbin; nothing outside of it is touched, and it is gone with
its sshd. Needs root.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liftlock.model.inventory import Become, Host
from tests.ports import free_port
from tests.sshd import SSHD, Sshd, wait_for, write_keys

NOTHING_SAID = Become()
USER, PASSWORD, ROOT_PASSWORD = "deploy", "Lock-gate 7'$x\\", 'weir%8 "q'
SETUP = """\
set -eu
mount --bind "$1/etc" /etc
mount --bind "$1/home" /home
mount --bind "$1/sbin" /usr/local/sbin
useradd -m -s "$2" deploy
useradd -m -s /bin/sh orders
printf 'deploy:%s\\nroot:%s\\n' "$3" "$4" | chpasswd -c SHA512 -s 5000
cp "$1/user_key.pub" /etc/ssh/house_keys
rm -f /etc/sudoers.d/*
printf 'auth required pam_unix.so nodelay\n' >/etc/pam.d/common-auth
sed -i '/rootok/d' /etc/pam.d/su
sed -i '/^FAIL_DELAY/d' /etc/login.defs
printf 'FAIL_DELAY 0\n' >>/etc/login.defs
exec "$5" -D -e -f "$1/sshd_config"
"""
CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile /etc/ssh/house_keys
StrictModes no
UsePAM no
PrintMotd no
MaxStartups 500
LogLevel ERROR
UseDNS no
"""


@dataclass
class House:
    """`sudoers(text)` says what is allowed from now on; `host(become)` is its inventory entry."""

    folder: Path
    sshd: Sshd

    def sudoers(self, text: str) -> None:
        file = self.folder / "etc/sudoers.d/house"
        file.write_text(text + "\n")
        file.chmod(0o440)

    def host(self, become: Become = NOTHING_SAID, **more: Any) -> Host:
        return self.sshd.host("h1", user=USER, state=f"/home/{USER}/state", become=become, **more)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file of /etc or /usr/local/sbin, as the host sees it."""
        file = self.folder / path.lstrip("/").replace("usr/local/sbin", "sbin")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def stop(self) -> None:
        self.sshd.stop()


def missing() -> str:
    """Why there can be none here; empty if there can."""
    if os.getuid() != 0:
        return "a host with users of its own needs root"
    lacking = [name for name in ("sudo", "su", "unshare", "useradd") if shutil.which(name) is None]
    if lacking or not SSHD:
        return f"not installed: {', '.join(lacking) or 'sshd'}"
    probe = ["unshare", "-m", "--propagation", "private", "true"]
    return "" if subprocess.run(probe, capture_output=True, check=False).returncode == 0 else "no mount namespaces here"


def build(folder: Path, shell: str = "/bin/sh") -> House:
    """`shell`: of the login user."""
    folder.mkdir(parents=True, exist_ok=True)
    write_keys(folder)
    (folder / "home").mkdir()
    (folder / "sbin").mkdir()
    subprocess.run(["cp", "-a", "/etc", str(folder / "etc")], check=True)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder))
    host_key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    told = [str(folder), shell, PASSWORD, ROOT_PASSWORD, SSHD]
    process = subprocess.Popen(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", SETUP, "sh", *told],
        stderr=(folder / "sshd.log").open("wb"),
    )
    wait_for(port, process, folder)
    return House(folder, Sshd(folder, port, process))
