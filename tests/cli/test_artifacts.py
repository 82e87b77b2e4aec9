"""Artifacts from a web server, signed, through a whole run: got by each host itself, or by the controller."""

import hashlib
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.cli.conftest import HOSTS, Site


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def signed(site: Site) -> str:
    """Somebody signs the archive; answers its digest."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key"], cwd=site.folder, check=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", "key", "-n", "file", "app-1.1.tar.gz"], cwd=site.folder, check=True
    )
    (site.folder / "signers").write_text(f"release@x {(site.folder / 'key.pub').read_text()}")
    return hashlib.sha256((site.folder / "app-1.1.tar.gz").read_bytes()).hexdigest()


def write(site: Site, address: str, via: str, identity: str = "release@x") -> None:
    said = f"via: {via}, sha256: {signed(site)}, signature: app-1.1.tar.gz.sig, signers: signers, identity: {identity}"
    path = site.write_plan()
    text = path.read_text().replace("archive: app-1.1.tar.gz", f'archive: "{address}/app-{{version}}.tar.gz", {said}')
    path.write_text(text)


@pytest.mark.parametrize("via", ["host", "controller"])
def test_a_release_from_a_web_server(site: Site, address: str, via: str) -> None:
    write(site, address, via)
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * len(HOSTS)
    log = site.run("log", "--json").stdout
    assert log.count('"signed_by":"release@x"') == len(HOSTS)
    kept = site.folder / ".liftlock" / "controller" / "blobs"
    assert kept.exists() is (via == "controller")


def test_what_is_not_signed_is_not_unpacked(site: Site, address: str) -> None:
    write(site, address, "host")
    signature = site.folder / "app-1.1.tar.gz.sig"
    other = site.folder / "other"
    other.write_text("something else")
    signature.unlink()
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", "key", "-n", "file", "other"], cwd=site.folder, check=True)
    (site.folder / "other.sig").rename(signature)
    out = site.run("run", "plan.yaml", expect=3).stdout
    assert "is not a good one of release@x" in out
    assert not (site.root("app-01") / "srv" / "releases" / "1.1").exists()


def test_who_signs_is_known_before_anything_begins(site: Site, address: str) -> None:
    write(site, address, "host", identity="nobody@x")
    assert "nobody@x" in site.run("check", "plan.yaml", expect=1).stdout
