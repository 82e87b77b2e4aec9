"""A small fleet of sandbox hosts with a service that tells its version over HTTP, and Liftlock's command line."""

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from liftlock.cli.main import root
from tests.hosts.grounds import belongs, with_no_fear
from tests.sshd import processes

POLLED_S = 0.02  # how soon the server notices that it is to stop
HOSTS = ("app-01", "app-02", "app-03", "app-04")

PLAN = """\
upgrade: {title}
timezone: Asia/Shanghai
owner: li.wei
components:
  - name: app
    version: {{from: "1.0", to: "{to}"}}
    hosts: app
    recipe:
      - backup: {{files: "{{root}}/etc"}}
{first}
      - release: {{archive: app-{to}.tar.gz, into: "{{root}}/srv"}}
{steps}
      - verify: {{http: "{address}/{{host}}", json: {{version: "{{version}}"}}, within: {within}}}
rollout:
  waves: [1, 100%]
  soak: 0.2s
  look_every: 0.1s
  max_unavailable: 50%
  failure_budget: {{hosts: 0}}
  on_failure: {on_failure}
  checks:
    - {{name: health, http: "{address}/{{host}}", value: errors, above: 0.5}}
{more}
"""


class Site:
    """A folder with a plan, an inventory, artifacts and hosts. `bad`: versions whose service is never healthy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bad: set[str] = set()
        self.unhealthy: set[str] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, args=(POLLED_S,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        for host in HOSTS:
            self.make_host(host)
        hosts = "".join(f"  {name}: {{root: {self.root(name)}}}\n" for name in HOSTS)
        (folder / "hosts.yaml").write_text(
            f'defaults: {{connection: sandbox}}\nhosts:\n{hosts}groups:\n  app: ["app-[01:04]"]\n'
        )
        for version in ("1.1", "1.2"):
            self.make_release(version)
        self.write_plan()

    def root(self, host: str) -> Path:
        return self.folder / "fleet" / host

    def make_host(self, host: str) -> None:
        old = self.root(host) / "srv" / "releases" / "1.0"
        old.mkdir(parents=True)
        (old / "version").write_text("1.0\n")
        (self.root(host) / "srv" / "current").symlink_to("releases/1.0")
        (self.root(host) / "etc").mkdir()
        (self.root(host) / "etc" / "app.conf").write_text("old = true\n")

    def make_release(self, version: str) -> None:
        with tarfile.open(self.folder / f"app-{version}.tar.gz", "w:gz") as archive:
            data = f"{version}\n".encode()
            member = tarfile.TarInfo("version")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))

    def write_plan(
        self,
        name: str = "plan.yaml",
        *,
        to: str = "1.1",
        title: str = "",
        first: str = "",
        steps: str = "",
        more: str = "",
        within: str = "2s",
        on_failure: str = "roll back",
    ) -> Path:
        text = PLAN.format(
            title=title or f"App to {to}",
            to=to,
            first=first,
            steps=steps,
            address=self.address,
            more=more,
            within=within,
            on_failure=on_failure,
        )
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in text.splitlines() if line.strip()))
        return path

    def version(self, host: str) -> str:
        return (self.root(host) / "srv" / "current" / "version").read_text().strip()

    def versions(self) -> list[str]:
        return [self.version(host) for host in HOSTS]

    def answer(self, host: str) -> dict[str, Any]:
        version = self.version(host)
        shown = "broken" if version in self.bad else version
        return {"version": shown, "errors": 1 if version in self.unhealthy else 0}

    def handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(site.answer(self.path.strip("/"))).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler

    # --- the command line ----------------------------------------------------------------------------------

    def run(self, *words: str, expect: int = 0) -> Result:
        """In this process: quick."""
        result = CliRunner().invoke(root, list(words))
        if result.exit_code != expect:
            error = result.exception
            raise AssertionError(
                f"{words}: status {result.exit_code}, not {expect}\n{result.output}\n{error!r}"
            ) from error
        return result

    def run_any(self, *words: str) -> str:
        """Whatever its status is."""
        return CliRunner().invoke(root, list(words)).stdout

    def wait_for(self, kind: str, text: str = "", *, within_s: float = 20.0) -> None:
        """Until the log has an event of this kind that says so."""
        deadline = time.monotonic() + within_s
        said = ""
        while time.monotonic() < deadline:
            said = self.run_any("log", "--kind", kind, "--json")
            if f'"kind":"{kind}"' in said and text in said:
                return
            time.sleep(0.05)
        raise AssertionError(f"no {kind} {text}: {said}\n{self.run_any('log')}")

    def data(self, *words: str, expect: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", expect=expect).stdout)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """As a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "liftlock", *words],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def close(self) -> None:
        """Nothing of the site's goes on: a step that waits for something would wait for ever."""
        self.server.shutdown()
        self.server.server_close()
        for pid, _ in processes():
            if belongs(pid, self.folder):
                with_no_fear(pid)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("LIFTLOCK_STORE", "LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIFTLOCK_PERSON", "li.wei")
    monkeypatch.chdir(tmp_path)
    made = Site(tmp_path)
    yield made
    made.close()
