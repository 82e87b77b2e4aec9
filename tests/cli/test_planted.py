"""A distinctive secret from every source, in every place where one may stand, through an upgrade that fails.

Then everything that was written, shown or could be seen is searched for all of them. Nothing is found.
"""

import base64
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import indent
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from tests.cli.conftest import HOSTS, Site
from tests.cli.test_steering import end
from tests.vaults import encrypt

PASSWORD = "Vq-the-vault's own password"
SECRETS = {
    "env": "Zenv-8fq'\"$x&<y> é中",
    "file": "Zfile-k2v line one\nZfile-two/+=",
    "vault": "Zvault-9sk{{not a template}}",
    "inline": "Zinline-77ab%41",
    "host": "Zhost-{}-5d2c",
    "sealed": "Zsealed-30xw;echo",
    "plain": "Zplain-in-the-inventory",
    "command": "Zcommand-p1p2",
    "keyring": "Zkeyring-q8q8",
    "become": "Zbecome-m4m4",
    "webhook": "Zwebhook-token-11",
}
INVENTORY = "inventory/hosts.yml"
SOURCES = {
    "env": "env:PLANTED",
    "file": "file:private/secret.txt",
    "vault": "vault:private/vault.yml#db.password",
    "inline": f"inventory:{INVENTORY}#{{host}}/dsn_password",
    "host": f"inventory:{INVENTORY}#{{host}}/own_token",
    "sealed": f"inventory:{INVENTORY}#{{host}}/from_file",
    "plain": f"inventory:{INVENTORY}#{{host}}/plain_password",
    "command": "command:private/tell 'the db'",
    "keyring": "keyring:orders/prod/deploy",
}
PRINTING = r"""
for name in env file vault inline host sealed plain command keyring; do
  eval "value=\$S_$name"
  printf '%s\n' "$value"; echo $value; printf '@found=%s\n' "$value"
  printf '%s' "$value" | base64 -w0; echo
  printf 'deploy:%s' "$value" | base64 -w0; echo
  printf '%s' "$value" | od -An -v -tx1 | tr -d ' \n'; echo
  V="$value" python3 -c 'import html, json, os, urllib.parse as u
v = os.environ["V"]
print(json.dumps(v), repr(v), u.quote(v), u.quote_plus(v), html.escape(v))'
done
"""
LONG = """
i=0; while [ $i -lt 1000 ]; do printf '%s' "$S_env$S_file$S_sealed"; i=$((i + 1)); done
"""
KEYRING = f"""
from keyring.backend import KeyringBackend

class Planted(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return {SECRETS["keyring"]!r} if (service, username) == ("orders/prod", "deploy") else None

    def set_password(self, service, username, password):
        raise NotImplementedError

    def delete_password(self, service, username):
        raise NotImplementedError
"""


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, as a failing service's debug page does."""

    seen: list[str] = []

    def do_GET(self) -> None:
        body = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode("utf-8", "replace")
        self.seen.append(body.decode("utf-8", "replace"))
        self.send_response(500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def plant(site: Site) -> None:
    """The sources, each as a person has it."""
    private = site.folder / "private"
    private.mkdir(mode=0o700)
    (private / "secret.txt").write_text(SECRETS["file"] + "\n")
    (private / "vault.yml").write_text(encrypt(f"db: {{password: '{SECRETS['vault']}'}}\n", PASSWORD, "prod"))
    (private / "password").write_text(PASSWORD + "\n")
    (private / "tell").write_text(f"#!/bin/sh\n[ \"$1\" = 'the db' ] && echo {SECRETS['command']}\n")
    (private / "planted_keyring.py").write_text(KEYRING)
    for file in private.iterdir():
        file.chmod(0o700 if file.name == "tell" else 0o600)
    folder = site.folder / "inventory"
    (folder / "group_vars").mkdir(parents=True)
    (folder / "host_vars").mkdir()
    (folder / "group_vars" / "app.yml").write_text(encrypt(f"from_file: '{SECRETS['sealed']}'\n", PASSWORD))
    for host in HOSTS:
        text = indent(encrypt(SECRETS["host"].format(host), PASSWORD), "  ")
        (folder / "host_vars" / f"{host}.yml").write_text(f"own_token: !vault |\n{text}")
    inline, become = (indent(encrypt(SECRETS[name], PASSWORD), "        ") for name in ("inline", "become"))
    (folder / "hosts.yml").write_text(
        f"""\
app:
  hosts: {{'app-[01:04]': }}
  vars:
    liftlock_connection: sandbox
    liftlock_root: "{site.folder}/fleet/{{{{ inventory_hostname }}}}"
    dsn_password: "{{{{ vault_inline }}}}"
    vault_inline: !vault |
{inline}
    ansible_become_password: !vault |
{become}
    plain_password: {SECRETS["plain"]}
    unit: orders-{{{{ inventory_hostname }}}}
"""
    )


def environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.folder / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(site.folder / "tmp"))
    monkeypatch.setenv("PLANTED", SECRETS["env"])
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:9/{SECRETS['webhook']}")  # nobody answers there, which is reported
    monkeypatch.setenv("LIFTLOCK_VAULT_PASSWORD_FILE", str(site.folder / "private" / "password"))
    monkeypatch.setenv("PYTHONPATH", str(site.folder / "private"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "planted_keyring.Planted")


def command(run: str, undo: str) -> str:
    env = ", ".join(f'S_{name}: {{secret: "{source}"}}' for name, source in SOURCES.items())
    blocks = "".join(
        f"          {key}: |\n{indent(text.strip(), ' ' * 12)}\n" for key, text in (("run", run), ("undo", undo))
    )
    return f"      - command:\n{blocks}          env: {{{env}}}\n"


def write_plan(site: Site, address: str, failing: str) -> None:
    """Commands print everything, as their undo does; what fails is a command, or a look that is answered 500."""
    headers = ", ".join(f'X-{name}: {{secret: "{SOURCES[name]}"}}' for name in ("vault", "inline", "host", "command"))
    look = f'      - verify: {{http: "{address}", headers: {{{headers}}}, within: 0.1s}}\n'
    last = {"look": look, "command": command(f"{PRINTING}\nexit 7", "true")}[failing]
    more = "notify:\n  - {command: 'cat >>notices', on: [start, hold, failure, rollback, end]}\n"
    more += '  - {webhook: {secret: "env:HOOK"}, on: [start, hold, end]}\n'
    path = site.write_plan(first=command(PRINTING + LONG, PRINTING) + last, more=more)
    path.write_text(path.read_text().replace("timezone:", f"inventory: {INVENTORY}\ntimezone:", 1))


def pieces() -> list[bytes]:
    """What is looked for: parts of every secret that occur nowhere else, in every encoding that was printed."""
    found: list[bytes] = []
    for name, secret in SECRETS.items():
        for text in [secret.format(host) for host in HOSTS] if name == "host" else [secret]:
            raw = text.encode()
            found += [raw, raw.split(b"\n")[0], base64.b64encode(raw)[:12], base64.b64encode(b"deploy:" + raw)[12:22]]
            found += [raw.hex().encode(), quote(text).encode()]
    return [*found, *(secret[:7].encode() for secret in SECRETS.values()), PASSWORD.encode()]


class Watcher(threading.Thread):
    """Looks at every process's words while the run goes on."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.seen: set[bytes] = set()

    def run(self) -> None:
        while not self.over.is_set():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    self.seen.add(Path("/proc", pid, "cmdline").read_bytes())
                except OSError:
                    continue
            time.sleep(0.005)


def places(site: Site, *, held: bool) -> Iterator[tuple[str, bytes]]:
    """Every file below the site, but what the person keeps the secrets in.

    While a run is held, what steps printed waits in the hosts' state folders, closed to others, to be looked at again.
    """
    for path in site.folder.rglob("*"):
        parts = set(path.relative_to(site.folder).parts)
        if "state" in parts and path.is_dir() and path.name == "state":
            assert path.stat().st_mode & 0o077 == 0
        if path.is_file() and not parts & {"private", "hosts.yml", "state" if held else ""}:
            yield str(path), path.read_bytes()


def asked(site: Site) -> Iterator[tuple[str, bytes]]:
    """What the commands say about the run, in both languages."""
    commands = [
        "check plan.yaml",
        "plan plan.yaml",
        "plan plan.yaml --json",
        "survey plan.yaml --json",
        "status --json",
    ]
    commands += ["log", "log --json", "report", "report --lang zh", "plan plan.yaml --diff-host app-01"]
    for words in commands:
        yield words, site.run_any(*words.split()).encode()
    site.run_any("archive", "-o", "up.liftlock")
    with ZipFile(site.folder / "up.liftlock") as archive:
        for name in archive.namelist():
            yield f"archive: {name}", archive.read(name)


@pytest.mark.parametrize("failing", ["command", "look"])
def test_no_secret_is_found_anywhere(site: Site, monkeypatch: pytest.MonkeyPatch, echo: str, failing: str) -> None:
    plant(site)
    environment(site, monkeypatch)
    write_plan(site, echo, failing)
    watcher = Watcher()
    watcher.start()
    status, out = end(site.start("run", "plan.yaml", "--yes"))
    watcher.over.set()
    assert status == {"command": 3, "look": 4}[failing], out
    looked_for = pieces()
    seen = [
        ("screen", out.encode()),
        *asked(site),
        *places(site, held=failing == "look"),
        *(("/proc", words) for words in watcher.seen),
    ]
    assert [(where, piece) for where, data in seen for piece in looked_for if piece in data] == []
    log = site.run_any("log", "--json")
    assert "[secret]" in log
    assert len(seen) > 40
    if failing == "look":
        assert SECRETS["vault"] in Echo.seen[-1]  # it was used
