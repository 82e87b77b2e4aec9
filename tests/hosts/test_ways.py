"""Bastions, proxies, certificates, agents and host keys, with real sshd: what works, and what each fault says.

All sshd listen on loopback; that a host is reached over its bastion is seen at the bastion, and by stopping it.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from liftlock.hosts.reach import Reach
from liftlock.model.actions import Exited, Script
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Hop, Host
from tests.hosts.grounds import QUICK, WallClock, run, until
from tests.sshd import SSHD, Sshd, start_sshd

pytestmark = pytest.mark.skipif(not SSHD, reason="sshd is not installed")
PROXY = """\
import os, socket, sys, threading
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while data := os.read(0, 65536): s.sendall(data)
    s.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
print("a word of warning", file=sys.stderr, flush=True)
while data := s.recv(65536): os.write(1, data)
"""
Start = Callable[..., Sshd]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Sshd] = []

    def one(name: str, **how: Any) -> Sshd:
        running.append(start_sshd(tmp_path / name, **how))
        return running[-1]

    yield one
    for sshd in running:
        if sshd.process.poll() is None:
            sshd.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's own folder, with an empty configuration."""
    (tmp_path / "home/.ssh").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / "home/.ssh"


def hop(sshd: Sshd) -> Hop:
    host = sshd.host("x")
    return Hop(host.address, host.user, host.port, host.known_hosts, host.key)


def placed(host: Host, tmp_path: Path) -> dict[str, Any]:
    return {"state": str(tmp_path / f"state-{host.name}")}


def reach(*hosts: Host) -> Reach:
    return Reach({host.name: host for host in hosts}, WallClock(), limits=QUICK)


async def said(reach: Reach, name: str, text: str = "echo here") -> str:
    done = await reach.look(name, Script(text), timeout_s=20, env={})
    assert isinstance(done, Exited)
    return done.output


def refused(*hosts: Host) -> WorldError:
    async def story() -> WorldError:
        tried = reach(*hosts)
        with pytest.raises(WorldError) as caught:
            await said(tried, hosts[0].name)
        await tried.close()
        return caught.value

    return run(story())


def works(*hosts: Host) -> None:
    async def story() -> None:
        tried = reach(*hosts)
        for host in hosts:
            assert await said(tried, host.name) == "here\n"
        await tried.close()

    run(story())


# --- bastions -------------------------------------------------------------------------------------------------


def test_many_hosts_behind_a_bastion_are_one_login_there(start: Start, home: Path, tmp_path: Path) -> None:
    bastion, target = start("bastion"), start("target", listen="0.0.0.0")
    hosts = [target.host(f"h{n}", f"127.0.1.{n}", jump=(hop(bastion),)) for n in range(1, 7)]

    async def story() -> None:
        tried = reach(*hosts)
        assert await asyncio.gather(*(said(tried, host.name) for host in hosts)) == ["here\n"] * 6
        assert (len(bastion.sessions()), len(target.sessions())) == (1, 6)
        await tried.close()

    run(story())


def test_a_bastion_carries_so_many_and_then_there_is_another_login(start: Start, home: Path) -> None:
    bastion, target = start("bastion"), start("target", listen="0.0.0.0")
    hosts = {f"h{n}": target.host(f"h{n}", f"127.0.1.{n}", jump=(hop(bastion),)) for n in range(1, 6)}

    async def story() -> None:
        tried = Reach(hosts, WallClock(), limits=few)
        for name in hosts:
            assert await said(tried, name) == "here\n"
        assert len(bastion.sessions()) == 3
        await tried.close()

    few = QUICK.__class__(**{**{f: getattr(QUICK, f) for f in QUICK.__struct_fields__}, "carried": 2})
    run(story())


def test_a_bastion_that_dies_in_the_middle_is_found_again_and_nothing_runs_twice(
    start: Start, home: Path, tmp_path: Path
) -> None:
    bastion, target = start("bastion"), start("target", listen="0.0.0.0")
    hosts = [
        target.host(f"h{n}", f"127.0.1.{n}", jump=(hop(bastion),), state=str(tmp_path / f"state-{n}"))
        for n in range(1, 4)
    ]
    started, trace = tmp_path / "started", tmp_path / "trace"

    async def story() -> None:
        tried = reach(*hosts)
        script = Script(f"echo on >>{started}; sleep 1; echo done >>{trace}")
        tasks = [
            asyncio.create_task(tried.perform(host.name, "r1.s.1", script, timeout_s=20, boot="", env={}))
            for host in hosts
        ]
        await until(lambda: started.exists() and len(started.read_text().split()) == 3)
        bastion.stop()
        bastion.start_again()
        assert [done.code for done in await asyncio.gather(*tasks) if isinstance(done, Exited)] == [0, 0, 0]
        assert len(bastion.sessions()) == 1
        await tried.close()

    run(story())
    assert trace.read_text() == "done\n" * 3


def test_a_bastion_that_is_gone_is_named_and_not_asked_by_every_host(start: Start, home: Path) -> None:
    bastion, target = start("bastion"), start("target", listen="0.0.0.0")
    hosts = [target.host(f"h{n}", f"127.0.1.{n}", jump=(hop(bastion),)) for n in range(1, 4)]
    bastion.stop()
    error = refused(*hosts)
    assert (error.kind, error.fields["via"], error.fields["why"]) == (WorldKind.UNREACHABLE, "127.0.0.1", "no-answer")


def test_a_chain_of_bastions(start: Start, home: Path) -> None:
    outer, inner, target = start("outer"), start("inner"), start("target")
    works(target.host("h1", jump=(hop(outer), hop(inner))))
    outer.stop()
    error = refused(target.host("h1", jump=(hop(outer), hop(inner))))
    assert error.kind is WorldKind.UNREACHABLE


def test_a_host_that_does_not_answer_behind_a_bastion(start: Start, home: Path) -> None:
    bastion, target = start("bastion"), start("target")
    target.stop()
    error = refused(target.host("h1", jump=(hop(bastion),)))
    assert (error.kind, error.fields["why"]) == (WorldKind.UNREACHABLE, "no-answer-behind")


def test_a_bastion_that_does_not_forward_is_said_so_at_once(start: Start, home: Path) -> None:
    bastion, target = start("bastion", more="AllowTcpForwarding no\n"), start("target")
    error = refused(target.host("h1", jump=(hop(bastion),)))
    assert (error.kind, error.fields["why"]) == (WorldKind.REFUSED, "no-forwarding")


def test_the_bastions_key_is_strict_as_well(start: Start, home: Path, tmp_path: Path) -> None:
    bastion, target = start("bastion"), start("target")
    (tmp_path / "none").write_text("")
    stranger = Hop("127.0.0.1", hop(bastion).user, bastion.port, str(tmp_path / "none"), bastion.key)
    error = refused(target.host("h1", jump=(stranger,)))
    assert (error.kind, error.fields["why"]) == (WorldKind.HOST_KEY, "unknown")
    assert error.fields["via"] == error.fields["who"] == "127.0.0.1", "it is the bastion's key, not the host's"
    asyncio.run(until(lambda: not target.sessions()))  # what asked whether it is up may still be leaving


# --- the person's own configuration ----------------------------------------------------------------------------------


def configured(home: Path, sshd: Sshd, **names: str) -> str:
    known = "".join(f"{pattern} {sshd_key(each)}\n" for pattern, each in (("*", sshd),))
    (home / "known").write_text(known)
    return f"IdentityFile {sshd.key}\nUserKnownHostsFile {home}/known\nUser {sshd.host('x').user}\n"


def sshd_key(sshd: Sshd) -> str:
    return " ".join((sshd.folder / "host_key.pub").read_text().split()[:2])


def test_proxyjump_with_include_and_match(start: Start, home: Path, tmp_path: Path) -> None:
    """`Host *` jumps over the bastion, the bastion itself too: it is reached directly, as people mean it."""
    bastion, target = start("bastion"), start("target")
    shutil.copy(bastion.folder / "host_key", target.folder / "host_key")
    target.stop()
    target.start_again()
    shutil.copy(bastion.folder / "user_key.pub", target.folder / "user_key.pub")
    (home / "conf.d").mkdir()
    (home / "config").write_text("Include conf.d/*.conf\nHost *\n  ProxyJump gate\n" + configured(home, bastion))
    (home / "conf.d/10.conf").write_text(f"Host gate\n  HostName 127.0.0.1\n  Port {bastion.port}\n")
    (home / "conf.d/20.conf").write_text(f"Match originalhost app-*\n  HostName 127.0.0.1\n  Port {target.port}\n")

    async def story() -> None:
        tried = reach(Host("app-1"), Host("app-2"))
        assert await asyncio.gather(said(tried, "app-1"), said(tried, "app-2")) == ["here\n"] * 2
        assert (len(bastion.sessions()), len(target.sessions())) == (1, 2)
        await tried.close()

    run(story())


def test_proxycommand_is_shell_words_with_its_tokens(start: Start, home: Path) -> None:
    target = start("target")
    (home / "proxy.py").write_text(PROXY)
    command = f"'{sys.executable}' '{home}/proxy.py' 127.0.0.1 %p 2>{home}/err"
    rest = configured(home, target)
    (home / "config").write_text(f"Host app\n  ProxyCommand {command}\n  Port {target.port}\n" + rest)
    works(Host("app"))
    (home / "config").write_text(
        f"Host app\n  ProxyCommand {command.partition(' 2>')[0]}\n  Port {target.port}\n" + rest
    )
    works(Host("app"))
    target.stop()
    error = refused(Host("app"))
    assert (error.kind, error.fields["why"]) == (WorldKind.UNREACHABLE, "proxy")
    assert "Connection refused" in error.message


@pytest.mark.parametrize(
    ("text", "line"),
    [("Host *\n  Port many\n", 2), ("Host *\n  ProxyJump a\n  IdentitiesOnly perhaps\n", 3), ("Match user\n", 1)],
)
def test_a_configuration_that_cannot_be_read_names_file_and_line(
    start: Start, home: Path, text: str, line: int
) -> None:
    (home / "config").write_text(text)
    error = refused(start("target").host("h1"))
    assert (error.kind, error.fields["why"]) == (WorldKind.REFUSED, "ssh-config")
    assert f"{home}/config line {line}: " in error.message


# --- who we are -------------------------------------------------------------------------------------------------------


def authority(folder: Path) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_public_key(str(folder / "ca.pub"))
    return key


@pytest.mark.parametrize(("before", "good"), [("+1h", True), ("20200102", False)])
def test_a_certificate_of_the_user(start: Start, home: Path, tmp_path: Path, before: str, good: bool) -> None:
    ca, person = authority(tmp_path), asyncssh.generate_private_key("ssh-ed25519")
    target = start("target", more=f"TrustedUserCAKeys {tmp_path}/ca.pub\n")
    host = target.host("h1", key=str(tmp_path / "me"))
    person.write_private_key(str(tmp_path / "me"))
    certificate = ca.generate_user_certificate(
        person, "me", principals=[host.user], valid_after="20200101", valid_before=before
    )
    certificate.write_certificate(str(tmp_path / "me-cert.pub"))
    if good:
        works(host)
    else:
        error = refused(host)
        assert (error.kind, error.fields["why"]) == (WorldKind.AUTHENTICATION, "certificate")
        assert "expired" in error.message


@pytest.fixture
def agent(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """An agent of our own; called with keys, it has them, without any, it dies."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("ssh-agent is not installed")
    socket = str(home / "agent")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", socket)

    def tell(*keys: str) -> None:
        if not keys:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for key in keys:
            while not os.path.exists(socket):
                os.sched_yield()
            subprocess.run(["ssh-add", "-q", key], check=True)

    yield tell
    process.kill()
    process.wait()


def test_the_agent_and_what_is_said_when_it_is_gone(start: Start, home: Path, agent: Callable[..., None]) -> None:
    target = start("target")
    agent(target.key)
    host = target.host("h1", key="")
    works(host)
    agent()
    error = refused(host)
    assert (error.kind, error.fields["why"]) == (WorldKind.AUTHENTICATION, "agent")


def test_identities_only_offers_no_other_key_of_the_agent(start: Start, home: Path, agent: Callable[..., None]) -> None:
    """An agent with many keys meets MaxAuthTries before the right one."""
    target = start("target", more="MaxAuthTries 2\n")
    others = [str(home / f"other-{n}") for n in range(4)]
    for path in others:
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(path)
        os.chmod(path, 0o600)
    agent(*others, target.key)
    error = refused(target.host("h1", key=""))
    assert (error.kind, error.fields["why"]) == (WorldKind.AUTHENTICATION, "too-many-keys")
    (home / "config").write_text(f"Host *\n  IdentitiesOnly yes\n  IdentityFile {target.key}\n")
    works(target.host("h1", key=""))


@pytest.mark.parametrize("content", [None, "no key at all\n"])
def test_a_key_that_cannot_be_used_is_named(start: Start, home: Path, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "mine").write_text(content)
    error = refused(start("target").host("h1", key=str(tmp_path / "mine")))
    assert (error.fields["why"], error.fields["file"]) == ("key", str(tmp_path / "mine"))


# --- who they are -----------------------------------------------------------------------------------------------------


def test_host_certificates_and_hashed_names(start: Start, home: Path, tmp_path: Path) -> None:
    ca, key = authority(tmp_path), asyncssh.generate_private_key("ssh-ed25519")
    certificate = ca.generate_host_certificate(key, "target", principals=["127.0.0.1"])
    key.write_private_key(str(tmp_path / "key"))
    (tmp_path / "key").chmod(0o600)
    certificate.write_certificate(str(tmp_path / "key-cert.pub"))
    target = start("target", more=f"HostKey {tmp_path}/key\nHostCertificate {tmp_path}/key-cert.pub\n")
    known = tmp_path / "known"
    known.write_text(f"@cert-authority [127.0.0.1]:{target.port} {(tmp_path / 'ca.pub').read_text()}")
    works(target.host("h1", known_hosts=str(known)))
    known.write_text(f"[127.0.0.1]:{target.port} {sshd_key(target)}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert "127.0.0.1" not in known.read_text()
    works(target.host("h1", known_hosts=str(known)))


def test_a_changed_host_key_is_said_to_have_changed(start: Start, home: Path, tmp_path: Path) -> None:
    target, other = start("target"), start("other")
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{target.port} {sshd_key(other)}\n")
    error = refused(target.host("h1", known_hosts=str(known)))
    assert (error.kind, error.fields["why"]) == (WorldKind.HOST_KEY, "changed")
    assert "ssh-ed25519 SHA256:" in str(error.fields["shown"])
