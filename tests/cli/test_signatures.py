"""What we sign, OpenSSH verifies, and the other way round; and what must not pass does not."""

import base64
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from liftlock.cli.signing import sign_with_file
from liftlock.execute import sshsig
from liftlock.execute.opening import Refused

STATEMENT = "liftlock approval v1\nrole: business\n"
AT = datetime(2026, 12, 20, 14, 0, tzinfo=UTC)
KINDS = [("ssh-ed25519", {}), ("ecdsa-sha2-nistp256", {}), ("ssh-rsa", {"key_size": 2048})]
needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture(params=KINDS, ids=[kind for kind, _ in KINDS])
def key(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind, options = request.param
    pair = asyncssh.generate_private_key(kind, **options)
    path = tmp_path / "id"
    pair.write_private_key(path)
    path.chmod(0o600)
    pair.write_public_key(tmp_path / "id.pub")
    return path


def line_for(key: Path, who: str, options: str = "") -> str:
    public = key.with_name("id.pub").read_text().strip()
    return " ".join(filter(None, (who, options, public)))


def verify_with_openssh(tmp_path: Path, line: str, who: str, signature: str, text: str) -> bool:
    (tmp_path / "allowed").write_text(line + "\n")
    (tmp_path / "sig").write_text(signature)
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", who, "-n", "liftlock", "-s", "sig"]
    return subprocess.run(command, cwd=tmp_path, input=text.encode(), capture_output=True, check=False).returncode == 0


@needs_openssh
def test_openssh_accepts_our_signature(key: Path, tmp_path: Path) -> None:
    signature = sign_with_file(key, STATEMENT)
    line = line_for(key, "zhang.min", 'namespaces="liftlock"')
    assert verify_with_openssh(tmp_path, line, "zhang.min", signature, STATEMENT)
    assert not verify_with_openssh(tmp_path, line, "zhang.min", signature, STATEMENT + "x")
    assert not verify_with_openssh(tmp_path, line, "wang.fang", signature, STATEMENT)


@needs_openssh
def test_we_accept_openssh_signatures(key: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text(STATEMENT)
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", "liftlock", "text"], cwd=tmp_path, check=True
    )
    signed = sshsig.open_armour((tmp_path / "text.sig").read_text())
    assert signed is not None
    assert sshsig.holds(signed, STATEMENT.encode())
    assert not sshsig.holds(signed, b"something else")
    (signer,) = sshsig.allowed([line_for(key, "zhang.*")])
    assert sshsig.may_sign(signer, "zhang.min", signed.key, AT)


@needs_openssh
def test_a_signature_for_another_purpose_does_not_count(key: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text(STATEMENT)
    subprocess.run(["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", "git", "text"], cwd=tmp_path, check=True)
    signed = sshsig.open_armour((tmp_path / "text.sig").read_text())
    assert signed is not None
    assert not sshsig.holds(signed, STATEMENT.encode())


def test_every_changed_byte_of_the_signature_is_found(tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "id")
    armoured = sign_with_file(tmp_path / "id", STATEMENT)
    blob = base64.b64decode("".join(armoured.splitlines()[1:-1]))
    whole = sshsig.open_armour(armoured)
    assert whole is not None
    assert sshsig.holds(whole, STATEMENT.encode())
    for at in range(len(blob)):
        changed = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        signed = sshsig.open_armour(f"{sshsig.BEGIN}\n{base64.b64encode(changed).decode()}\n{sshsig.END}")
        assert signed is None or signed.key != whole.key or not sshsig.holds(signed, STATEMENT.encode()), at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n!!!\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n" + "A" * 100_000 + "\n-----END SSH SIGNATURE-----",
    ],
)
def test_garbage_is_no_signature(text: str) -> None:
    assert sshsig.open_armour(text) is None


def test_options_narrow_who_may_sign_when_and_for_what(tmp_path: Path) -> None:
    pair = asyncssh.generate_private_key("ssh-ed25519")
    public = pair.export_public_key().decode().strip()
    blob = " ".join(public.split()[:2])

    def may(line: str, who: str = "zhang.min") -> bool:
        return any(sshsig.may_sign(each, who, blob, AT) for each in sshsig.allowed([line]))

    assert may(f"zhang.min {public}")
    assert may(f"li.wei,zhang.min {public}")
    assert may(f"*,!li.wei {public}")
    assert not may(f"*,!zhang.* {public}")
    assert not may(f"[a-z]hang.min {public}")
    assert may(f'zhang.min namespaces="git,lift*" {public}')
    assert not may(f'zhang.min namespaces="git" {public}')
    assert not may(f'zhang.min valid-after="20261221" {public}')
    assert may(f'zhang.min valid-after="20261220",valid-before="202612201500Z" {public}')
    assert not may(f'zhang.min valid-before="20261220" {public}')
    assert not may(f"zhang.min cert-authority {public}")
    assert not may(f"zhang.min made-up-option {public}")


def test_lines_that_count_for_nobody_are_named() -> None:
    pair = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    wrong = [pair, "zhang.min", "zhang.min ssh-ed25519 nothing", f"zhang.min odd=1 {pair}"]
    assert sshsig.wrong_lines(["", "# a comment", f"zhang.min {pair}", *wrong]) == wrong


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("hello")
    with pytest.raises(Refused):
        sign_with_file(tmp_path / "id", STATEMENT)
