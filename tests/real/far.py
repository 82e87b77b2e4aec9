"""The site of tests/cli with its hosts behind real sshds, one each: what happens to one host happens to it alone."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import HOSTS, Site
from tests.sshd import Sshd, start_sshd


class FarSite(Site):
    """Hosts are reached over ssh, and have their own folder as the variable `home`."""

    def __init__(self, folder: Path) -> None:
        self.sshds: dict[str, Sshd] = {}
        super().__init__(folder)
        for host in HOSTS:
            self.sshds[host] = start_sshd(folder / "sshd" / host)
        self.write_inventory()

    def write_inventory(self, **state: str) -> None:
        """`state`: another state folder, by host with `_` for `-`."""
        lines = [self.line(host, state.get(host.replace("-", "_"), "")) for host in HOSTS]
        text = "hosts:\n" + "".join(lines) + 'groups:\n  app: ["app-[01:04]"]\n'
        (self.folder / "hosts.yaml").write_text(text)

    def line(self, host: str, state: str) -> str:
        sshd = self.sshds[host]
        parts = {
            "address": "127.0.0.1",
            "port": sshd.port,
            "user": sshd.host(host).user,
            "key": sshd.key,
            "known_hosts": sshd.known_hosts,
            "state": state or f"{self.root(host)}/state",
            "variables": f"{{home: {self.root(host)}}}",
        }
        return f"  {host}: {{{', '.join(f'{key}: {value}' for key, value in parts.items())}}}\n"

    def write_plan(self, name: str = "plan.yaml", **how: Any) -> Path:
        path = super().write_plan(name, **how)
        path.write_text(path.read_text().replace("{root}", "{home}"))
        return path

    def wait_until(self, true: Callable[[], bool], *, within_s: float = 20.0) -> None:
        deadline = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < deadline, self.run_any("log")
            time.sleep(0.02)

    def close(self) -> None:
        super().close()
        for sshd in self.sshds.values():
            sshd.stop()
