"""fetch: got once, whole, gone on with after a cut; used only with its digest and its signature."""

import hashlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.artifact import listed, matches
from liftlock.drivers.command import Secret
from liftlock.drivers.fetch import DRIVERS, Fetch
from liftlock.model.actions import (
    Action,
    Delivered,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Script,
    Transfer,
)
from liftlock.model.ports import Artifact, Setting
from liftlock.model.schedule import CONTROLLER
from liftlock.model.secret import SecretRef

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]
DATA = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(DATA).hexdigest()


class Site:
    """A web server with one file. `stop_after`: bytes after which it drops the next answer; `etag`: what it is."""

    def __init__(self) -> None:
        self.data, self.etag, self.stop_after, self.ranges = DATA, '"one"', 0, True
        self.seen: list[tuple[str, str, str]] = []  # method, path, Range
        self.token, self.sized = "", True
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(False)

            def do_GET(self) -> None:
                self.answer(True)

            def answer(self, whole: bool) -> None:
                site.seen.append((self.command, self.path, self.headers.get("Range", "")))
                if self.path.startswith("/loop"):
                    self.redirect(self.path + "x")
                elif self.path == "/moved":
                    self.redirect("/file")
                elif self.path == "/none" or (site.token and self.headers.get("X-Token") != site.token):
                    self.send_error(404 if self.path == "/none" else 403)
                else:
                    self.tell(whole)

            def tell(self, whole: bool) -> None:
                begin = 0
                if site.ranges and (asked := self.headers.get("Range", "")):
                    begin = int(asked.removeprefix("bytes=").rstrip("-"))
                self.send_response(206 if begin else 200)
                self.send_header("ETag", site.etag)
                if site.sized:
                    self.send_header("Content-Length", str(len(site.data) - begin))
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(site.data) - 1}/{len(site.data)}")
                self.end_headers()
                if whole:
                    end, site.stop_after = begin + site.stop_after if site.stop_after else len(site.data), 0
                    self.wfile.write(site.data[begin:end])

            def redirect(self, to: str) -> None:
                self.send_response(302)
                self.send_header("Location", to)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def got(self) -> list[str]:
        return [asked for method, _, asked in self.seen if method == "GET"]


@pytest.fixture
def web() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def actions(texts: dict[str, str] | None = None, *, data: bytes = DATA, **item: Any) -> list[Action]:
    """An item's actions: what brings it, then what puts it in its place and takes it away again."""
    there = {"dist/tool": Artifact("/x/dist/tool", hashlib.sha256(data).hexdigest(), len(data))}
    setting = Setting("orders", "1.0", "1.1", False, {}, there, texts or {})
    templates = DRIVER.expand(Fetch(**item), setting)
    return [each for template in templates for each in (template.action, template.undo) if each is not None]


@pytest.fixture
def machine(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Where there are applets only: with curl, since their wget checks no certificates."""
    if "applets" in machine.path:
        folder = tmp_path_factory.mktemp("curl")
        (folder / "curl").symlink_to(shutil.which("curl") or "curl")
        machine.path += f":{folder}"
    return machine


def get(machine: Machine, address: str, **item: Any) -> Evidence | Failure:
    (action,) = actions(source=address, **{"sha256": DIGEST, **item})
    return machine.operate(DRIVER, action, machine.context())


def blob(machine: Machine) -> Path:
    return machine.state / "blobs" / DIGEST


def test_it_is_got_once(machine: Machine, web: Site) -> None:
    result = get(machine, f"{web.address}/file")
    assert isinstance(result, Evidence), result
    assert (result.facts["size"], result.facts["already"]) == (str(len(DATA)), "no")
    assert blob(machine).read_bytes() == DATA
    assert blob(machine).stat().st_mode & 0o077 == 0
    again = get(machine, f"{web.address}/file")
    assert isinstance(again, Evidence)
    assert again.facts["already"] == "yes"
    assert len(web.got()) == 1
    assert not list(blob(machine).parent.glob("*.part*"))


def test_what_was_cut_is_gone_on_with(machine: Machine, web: Site) -> None:
    web.stop_after = 300_000
    result = get(machine, f"{web.address}/file")
    assert isinstance(result, Evidence), result
    assert blob(machine).read_bytes() == DATA
    assert web.got()[-1].startswith("bytes=")


@pytest.mark.parametrize("same", [True, False])
def test_a_part_of_an_earlier_attempt_counts_if_the_file_is_the_same(machine: Machine, web: Site, same: bool) -> None:
    (action,) = actions(source=f"{web.address}/file", sha256=DIGEST)
    script = DRIVER.operate(action, machine.context())
    assert isinstance(script, Script)
    part = machine.state / "blobs" / f"{DIGEST}.{script.variables['key']}.part"
    part.parent.mkdir()
    part.write_bytes(DATA[:500_000] if same else b"x" * 500_000)
    Path(f"{part}.of").write_text(f'{len(DATA)} "{"one" if same else "two"}" ')
    result = machine.operate(DRIVER, action, machine.context())
    assert isinstance(result, Evidence), result
    assert result.facts["resumed"] == ("500000" if same else "0")
    assert web.got() == ["bytes=500000-" if same else ""]


def test_a_server_that_cannot_go_on_begins_anew(machine: Machine, web: Site) -> None:
    web.stop_after, web.ranges = 300_000, False
    assert isinstance(get(machine, f"{web.address}/file"), Evidence)
    assert blob(machine).read_bytes() == DATA


def test_another_file_is_refused_and_nothing_is_left(machine: Machine, web: Site) -> None:
    web.data = b"something else"
    result = get(machine, f"{web.address}/file")
    assert isinstance(result, Failure)
    assert (result.code, result.fields["expected"]) == ("fetch.checksum", DIGEST)
    assert list(blob(machine).parent.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "item", "code"),
    [
        ("/none", {}, "refused"),
        ("/loop", {"redirects": 3}, "refused"),
        ("/moved", {"redirects": 0}, "refused"),
        ("/file", {"max_mb": 1}, ""),
    ],
)
def test_what_cannot_be_got(machine: Machine, web: Site, path: str, item: dict[str, Any], code: str) -> None:
    result = get(machine, f"{web.address}{path}", **item)
    assert isinstance(result, Failure) is bool(code)
    assert not isinstance(result, Failure) or (result.code, result.kind) == (f"fetch.{code}", FailureKind.REFUSED)


def test_a_redirect_is_followed(machine: Machine, web: Site) -> None:
    assert isinstance(get(machine, f"{web.address}/moved"), Evidence)


def test_too_much_is_not_got(machine: Machine, web: Site) -> None:
    web.data = DATA + b"more"
    result = get(machine, f"{web.address}/file", max_mb=1)
    assert isinstance(result, Failure)
    assert result.code == "fetch.size"
    web.sized = False  # then it is not known before
    result = get(machine, f"{web.address}/file", max_mb=1)
    assert isinstance(result, Failure)
    assert result.code == "fetch.size"
    assert not blob(machine).exists()


def test_without_a_tool_that_checks_certificates_it_says_so(machine: Machine, web: Site) -> None:
    if "applets" in machine.path:
        machine.path = machine.path.partition(":")[0]
        result = get(machine, f"{web.address}/file")
        assert isinstance(result, Failure)
        assert result.code == "fetch.no_tool"


def test_nobody_there(machine: Machine, web: Site) -> None:
    if "applets" in machine.path:
        pytest.skip("it is waited for: once is enough")
    web.server.shutdown()
    web.server.server_close()
    result = get(machine, f"{web.address}/file")
    assert isinstance(result, Failure)
    assert (result.code, result.kind) == ("fetch.broken", FailureKind.TRANSIENT)


@pytest.mark.parametrize("tool", ["curl", "wget"])
def test_credentials_are_in_no_command_line(machine: Machine, web: Site, tool: str, tmp_path: Path) -> None:
    """A tool that notes how it was called, and calls the real one."""
    if "applets" in machine.path or shutil.which(tool) is None:
        pytest.skip(f"no {tool} here")
    web.token = 's3cret "quoted\\'
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    machine.shell = [shutil.which("dash") or "", "-s"]
    tools = "sh cat sed awk wc tr df mkdir rm mv tail sha256sum grep sleep env date id"
    for name in tools.split():
        (bin_folder / name).symlink_to(shutil.which(name) or "")
    spy = f'#!/bin/sh\n{{ printf "%s\\n" "$@"; env; }} >>"{tmp_path}/seen"\nexec {shutil.which(tool)} "$@"\n'
    (bin_folder / tool).write_text(spy)
    (bin_folder / tool).chmod(0o755)
    machine.path = str(bin_folder)
    (action,) = actions(source=f"{web.address}/file", sha256=DIGEST, headers={"X-Token": Secret("env:T"), "X-A": "b"})
    script = DRIVER.operate(action, machine.context())
    assert isinstance(script, Script)
    assert script.secrets == {"LIFTLOCK_HEADER_0": SecretRef("env:T")}
    result = machine.operate(DRIVER, action, machine.context(), {"LIFTLOCK_HEADER_0": web.token})
    assert isinstance(result, Evidence), result
    assert result.facts["tool"] == tool
    assert "s3cret" not in (tmp_path / "seen").read_text()
    assert not list(machine.state.glob("saved/*/*"))


def test_certificates_are_checked(machine: Machine, web: Site, tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *named, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    address = web.address.replace("http:", "https:") + "/file"
    refused = get(machine, address)
    assert isinstance(refused, Failure)
    assert "certificate" in str(refused.fields["why"])
    assert isinstance(get_with_ca(machine, address, cert.read_text()), Evidence)


def get_with_ca(machine: Machine, address: str, ca: str) -> Evidence | Failure:
    (action,) = actions({"ca.pem": ca}, source=address, sha256=DIGEST, ca="ca.pem")
    return machine.operate(DRIVER, action, machine.context())


def test_after_a_loss_it_is_looked_for(machine: Machine, web: Site) -> None:
    (action,) = actions(source=f"{web.address}/file", sha256=DIGEST)
    context = machine.context()
    look = DRIVER.probe(action, context)
    assert isinstance(look, Script)
    missing = DRIVER.settle(action, context, machine.run(look))
    assert isinstance(missing, Failure)
    assert missing.kind is FailureKind.INTERRUPTED
    machine.good(DRIVER, action, context)
    assert isinstance(DRIVER.settle(action, context, machine.run(look)), Evidence)


def test_through_the_controller() -> None:
    download, carry = actions(source="https://x/tool-{version}", sha256=DIGEST, via="controller")
    context = Machine.context.__get__(type("M", (), {"state": Path("/s")})())()
    script = DRIVER.operate(download, context)
    assert isinstance(script, Script)
    assert (script.variables["state"], script.variables["url"]) == ("", "https://x/tool-{to_version}")
    there = replace(context, forward={"path": "/here/blobs/x"})
    assert DRIVER.operate(carry, there) == Transfer("/here/blobs/x", DIGEST)
    assert isinstance(DRIVER.operate(carry, context), Failure)
    assert DRIVER.read(carry, context, Delivered("/s/x", 3)) == Evidence({"path": "/s/x", "size": 3, "sha256": DIGEST})
    setting = Setting("orders", "1.0", "1.1", False, {}, {}, {})
    steps = DRIVER.expand(Fetch(source="https://x/a", sha256=DIGEST, via="controller"), setting)
    assert [(step.verb, step.at) for step in steps] == [("download", CONTROLLER), ("fetch", "")]


# --- in its place ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"old", None])
def test_it_is_put_in_its_place_and_taken_away_again(machine: Machine, before: bytes | None) -> None:
    to = machine.root / HOSTILE / "tool"
    if before is not None:
        to.parent.mkdir()
        to.write_bytes(before)
        to.chmod(0o640)
    _, place, undo = actions(source="dist/tool", to=str(to), mode="755")
    blob(machine).parent.mkdir()
    blob(machine).write_bytes(DATA)
    context, back = machine.context(), machine.context("orders/1/w1/h1/u03-x")
    look = DRIVER.probe(place, context)
    assert isinstance(look, Script)
    assert DRIVER.show(place, context, machine.run(look)).changes
    for _ in range(2):
        assert isinstance(DRIVER.settle(place, context, machine.run(look)), Failure) is not to.exists() or before
        machine.good(DRIVER, place, context)
    assert (to.read_bytes(), to.stat().st_mode & 0o777) == (DATA, 0o755)
    assert isinstance(DRIVER.settle(place, context, machine.run(look)), Evidence)
    assert not DRIVER.show(place, context, machine.run(look)).changes
    assert isinstance(DRIVER.settle(undo, back, machine.run(look)), Failure)
    for _ in range(2):
        machine.good(DRIVER, undo, back)
    assert isinstance(DRIVER.settle(undo, back, machine.run(look)), Evidence)
    if before is None:
        assert list(to.parent.iterdir()) == []
    else:
        assert (to.read_bytes(), to.stat().st_mode & 0o777) == (before, 0o640)
    to.write_bytes(b"newer")  # the lane is opened again, and goes back again
    machine.good(DRIVER, place, context)
    machine.good(DRIVER, undo, back)
    assert to.read_bytes() == b"newer"


def test_what_somebody_changed_stays(machine: Machine) -> None:
    to = machine.root / "tool"
    _, place, undo = actions(source="dist/tool", to=str(to))
    blob(machine).parent.mkdir()
    blob(machine).write_bytes(DATA)
    machine.good(DRIVER, place, machine.context())
    to.write_text("edited")
    failure = machine.bad(DRIVER, undo, machine.context("orders/1/w1/h1/u03-x"))
    assert (failure.code, failure.kind) == ("fetch.changed", FailureKind.DEVIATED)
    assert to.read_text() == "edited"


def test_it_is_hashed_again_before_it_is_used(machine: Machine) -> None:
    _, place, _ = actions(source="dist/tool", to=str(machine.root / "tool"))
    assert machine.bad(DRIVER, place, machine.context()).code == "fetch.blob"
    blob(machine).parent.mkdir()
    blob(machine).write_bytes(DATA[1:])
    assert machine.bad(DRIVER, place, machine.context()).code == "fetch.checksum"
    assert not (machine.root / "tool").exists()


# --- signatures --------------------------------------------------------------------------------------------


class Desk:
    """Somebody who signs. `texts`: what the plan's files hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: dict[str, str] = {}

    def ssh(self, data: bytes, *, namespace: str = "file", options: str = "") -> None:
        key = self.folder / "key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        done = subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace], input=data, check=True, capture_output=True
        )
        public = " ".join((self.folder / "key.pub").read_text().split()[:2])
        self.texts |= {"sig": done.stdout.decode(), "signers": f"# ours\nrelease@x {options}{public}\n"}

    def gpg(self, data: bytes) -> str:
        home = self.folder / "gpg"
        home.mkdir(mode=0o700, exist_ok=True)
        gpg = ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]
        subprocess.run([*gpg, "--quick-generate-key", "release@x", "ed25519", "sign"], check=True, capture_output=True)
        signed = subprocess.run([*gpg, "--armor", "--detach-sign"], input=data, check=True, capture_output=True)
        key = subprocess.run([*gpg, "--armor", "--export"], check=True, capture_output=True)
        told = subprocess.run([*gpg, "--with-colons", "--fingerprint"], check=True, capture_output=True, text=True)
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
        self.texts |= {"sig": signed.stdout.decode(), "ring": key.stdout.decode()}
        return next(line for line in told.stdout.splitlines() if line.startswith("fpr")).split(":")[9]


@pytest.fixture
def desk(machine: Machine, tmp_path: Path) -> Desk:
    if "applets" in machine.path:
        pytest.skip("a signature needs its own tool")
    blob(machine).parent.mkdir()
    blob(machine).write_bytes(DATA)
    return Desk(tmp_path)


def verify(machine: Machine, desk: Desk, **item: Any) -> Evidence | Failure:
    _, action = actions(desk.texts, source="dist/tool", signature="sig", **item)
    return machine.operate(DRIVER, action, machine.context())


OURS = {"signers": "signers", "identity": "release@x"}


def test_a_good_signature_of_openssh(machine: Machine, desk: Desk) -> None:
    desk.ssh(DATA)
    result = verify(machine, desk, **OURS)
    assert isinstance(result, Evidence), result
    assert result.facts == {"signed_by": "release@x", "signature": "ssh"}
    assert "SHA256:" in result.output
    _, action = actions(desk.texts, source="dist/tool", signature="sig", **OURS)
    look = DRIVER.probe(action, machine.context())
    assert isinstance(look, Script)
    assert isinstance(DRIVER.settle(action, machine.context(), machine.run(look)), Evidence)
    assert not list(machine.state.glob("saved/*/*"))


@pytest.mark.parametrize(
    ("signed", "how", "asked"),
    [
        (DATA + b"x", {}, {}),
        (DATA, {"namespace": "mail"}, {}),
        (DATA, {}, {"identity": "somebody@x"}),
        (DATA, {"options": 'valid-before="20200101" '}, {}),
        (DATA, {"options": 'namespaces="git" '}, {}),
    ],
)
def test_bad_signatures_of_openssh(
    machine: Machine, desk: Desk, signed: bytes, how: dict[str, str], asked: dict[str, str]
) -> None:
    desk.ssh(signed, **how)
    result = verify(machine, desk, **(OURS | asked))
    assert isinstance(result, Failure)
    assert (result.code, result.kind) == ("fetch.unsigned", FailureKind.REFUSED)
    assert result.fields["why"]


def test_what_is_signed_is_hashed_as_well(machine: Machine, desk: Desk) -> None:
    desk.ssh(b"another")
    blob(machine).write_bytes(b"another")
    result = verify(machine, desk, **OURS)
    assert isinstance(result, Failure)
    assert result.code == "fetch.checksum"


def test_a_signed_list_of_checksums(machine: Machine, desk: Desk) -> None:
    text = f"{'0' * 64}  other\n{DIGEST} *tool\n"
    desk.ssh(text.encode())
    desk.texts["sums"] = text
    assert isinstance(verify(machine, desk, checksums="sums", **OURS), Evidence)
    desk.texts["sums"] = text + "\n"
    assert isinstance(verify(machine, desk, checksums="sums", **OURS), Failure)


def test_a_signature_of_gpg(machine: Machine, desk: Desk) -> None:
    if not all(map(shutil.which, ("gpg", "gpgv"))):
        pytest.skip("gpg is not installed")
    fingerprint = desk.gpg(DATA)
    for identity, good in ((fingerprint, True), ("", True), ("A" * 40, False)):
        result = verify(machine, desk, keyring="ring", identity=identity)
        assert isinstance(result, Evidence) is good, result
    blob(machine).write_bytes(b"x")
    (_, action) = actions(desk.texts, source="dist/tool", signature="sig", keyring="ring", data=b"x")
    (machine.state / "blobs" / hashlib.sha256(b"x").hexdigest()).write_bytes(b"x")
    assert machine.bad(DRIVER, action, machine.context()).code == "fetch.unsigned"


def test_a_signature_of_minisign(machine: Machine, desk: Desk) -> None:
    if shutil.which("minisign") is None:
        pytest.skip("minisign is not installed")
    folder = desk.folder
    subprocess.run(
        ["minisign", "-G", "-W", "-p", folder / "m.pub", "-s", folder / "m.key"], check=True, capture_output=True
    )
    (folder / "data").write_bytes(DATA)
    signing = ["minisign", "-S", "-s", folder / "m.key", "-m", folder / "data", "-x", folder / "m.sig"]
    subprocess.run(signing, check=True, capture_output=True, input=b"\n")
    desk.texts["sig"] = (folder / "m.sig").read_text()
    key = (folder / "m.pub").read_text().splitlines()[1]
    assert isinstance(verify(machine, desk, minisign_key=key), Evidence)
    desk.texts["sig"] = desk.texts["sig"].replace("timestamp:", "timestamp:1")
    assert isinstance(verify(machine, desk, minisign_key=key), Failure)


def test_without_its_tool_nothing_is_verified(machine: Machine) -> None:
    _, action = actions({"sig": "x"}, source="dist/tool", signature="sig", minisign_key="RWx")
    if shutil.which("minisign", path=machine.path) is None:
        assert machine.bad(DRIVER, action, machine.context()).code == "fetch.no_verifier"


# --- what no host needs to be asked for ----------------------------------------------------------------------

SIGNERS = '# x\nrelease@* namespaces="file,git" ssh-ed25519 AAAA\n!bad@x,*@x ecdsa-sha2-nistp256 AAAA\n'


@pytest.mark.parametrize(
    ("item", "codes"),
    [
        ({"source": "dist/tool"}, []),
        ({"source": "http://x/tool", "sha256": DIGEST}, []),
        ({"source": "http://x/tool"}, ["digest"]),
        ({"source": "https://x/tool-{version}", "checksums": "sums"}, []),
        ({"source": "https://x/other", "checksums": "sums"}, ["unlisted"]),
        ({"source": "dist/tool", "checksums": "sums"}, ["unlisted"]),
        ({"source": "https://me:pw@x/tool", "sha256": DIGEST}, ["credentials"]),
        ({"source": "dist/tool", "to": "bin/tool"}, ["to"]),
        ({"source": "dist/tool", "headers": {"A b": "c"}}, ["header"]),
        ({"source": "dist/tool", "signature": "sig"}, ["verifier"]),
        ({"source": "dist/tool", "signature": "sig", "signers": "signers", "keyring": "k"}, ["verifier"]),
        ({"source": "dist/tool", "signers": "signers"}, ["nothing_signed"]),
        ({"source": "dist/tool", "signature": "sig", "signers": "signers"}, ["signer"]),
        ({"source": "dist/tool", "signature": "sig", "signers": "signers", "identity": "release@y"}, []),
        ({"source": "dist/tool", "signature": "sig", "signers": "signers", "identity": "good@x"}, []),
        ({"source": "dist/tool", "signature": "sig", "signers": "signers", "identity": "bad@x"}, ["signer"]),
        (
            {"source": "dist/tool", "signature": "s", "signers": "signers", "identity": "release@y", "namespace": "a"},
            ["signer"],
        ),
    ],
)
def test_complains(item: dict[str, Any], codes: list[str]) -> None:
    texts = {"sums": f"{DIGEST}  dist/tool-1.1\n{'1' * 64}  tool\n", "signers": SIGNERS}
    there = {"dist/tool": Artifact("/x", DIGEST, 3)}
    found = DRIVER.complain(Fetch(**item), Setting("orders", "1.0", "1.1", False, {}, there, texts))
    assert [code for code, _ in found] == [f"fetch.{code}" for code in codes]
    for code, fields in found:
        DRIVER.manifest.words["zh"][code].format(**fields)


def test_lists_and_patterns() -> None:
    assert listed(f"{DIGEST.upper()} *a/b.tar\n", "b.tar") == DIGEST
    assert listed("garbage\n", "b.tar") == ""
    assert (matches("a@x", "*@x,!b@x"), matches("b@x", "*@x,!b@x")) == (True, False)


def test_an_unread_outcome_is_unknown() -> None:
    (fetch,) = actions(source="https://x/a", sha256=DIGEST)
    context = Machine.context.__get__(type("M", (), {"state": Path("/s")})())()
    assert DRIVER.settle(fetch, context, Exited(1)) is None
    assert fetch.kind is Kind.FETCH
