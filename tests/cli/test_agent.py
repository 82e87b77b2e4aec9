"""Signing through a real OpenSSH agent."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from liftlock.cli.signing import sign_with_agent
from liftlock.execute import sshsig
from liftlock.execute.opening import Refused

STATEMENT = "liftlock approval v1\n"

pytestmark = pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="ssh-agent is not installed")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An agent in the foreground, ended by its own process id."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    try:
        yield socket
    finally:
        process.terminate()
        process.wait()


def add(tmp_path: Path, kind: str, name: str) -> str:
    """A key in the agent; its public line."""
    pair = asyncssh.generate_private_key(kind)
    path = tmp_path / name
    pair.write_private_key(path)
    path.chmod(0o600)
    subprocess.run(["ssh-add", "-q", str(path)], check=True, env=os.environ.copy())
    return pair.export_public_key().decode().strip()


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp384"])
def test_the_agents_key_that_the_plan_allows_signs(agent: Path, tmp_path: Path, kind: str) -> None:
    add(tmp_path, "ssh-ed25519", "another")
    line = f"zhang.min {add(tmp_path, kind, 'mine')}"
    signature = asyncio.run(sign_with_agent(STATEMENT, [line], "zhang.min"))
    signed = sshsig.open_armour(signature)
    assert signed is not None
    assert sshsig.holds(signed, STATEMENT.encode())
    assert line.startswith(f"zhang.min {signed.key}")


def test_no_key_of_the_agent_is_theirs(agent: Path, tmp_path: Path) -> None:
    line = f"zhang.min {add(tmp_path, 'ssh-ed25519', 'mine')}"
    with pytest.raises(Refused) as caught:
        asyncio.run(sign_with_agent(STATEMENT, [line], "chen.jie"))
    assert caught.value.reason.code == "agent-has-no-key"


def test_no_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(Refused) as caught:
        asyncio.run(sign_with_agent(STATEMENT, [], "zhang.min"))
    assert caught.value.reason.code == "no-agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "gone"))
    with pytest.raises(Refused) as caught:
        asyncio.run(sign_with_agent(STATEMENT, [], "zhang.min"))
    assert caught.value.reason.code == "agent-failed"
