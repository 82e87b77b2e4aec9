"""Requests over HTTP: where they go, how long they may take, how much they may answer, and whom they trust."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from liftlock.hosts.calls import ask_http
from liftlock.model.actions import HttpCall, Replied
from liftlock.model.errors import WorldError, WorldKind
from tests.peer import Peer


def ask(url: str, env: dict[str, str] | None = None, timeout_s: float = 5.0) -> Replied:
    return asyncio.run(ask_http(HttpCall(url, timeout_s=timeout_s), env or {}, uds="", body_bytes=1000))


def test_a_redirect_is_an_answer_and_is_not_followed(peers: tuple[Peer, Peer]) -> None:
    first, second = peers
    assert ask(f"{first.url}/moved", {"Authorization": "Bearer tr0ub4dor"}).status == 307
    assert first.asked[0][2]["Authorization"] == "Bearer tr0ub4dor"
    assert second.asked == []


def test_an_answer_is_bounded_in_length_and_in_time(peers: tuple[Peer, Peer]) -> None:
    assert ask(f"{peers[0].url}/endless") == Replied(200, "x" * 1000)
    with pytest.raises(WorldError) as late:
        ask(f"{peers[0].url}/drip", timeout_s=0.3)
    assert late.value.kind is WorldKind.TIMEOUT


def test_no_proxy_of_the_environment_hears_of_it(peers: tuple[Peer, Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, peers[1].url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert ask(f"{peers[0].url}/").body == "ok"
    assert peers[1].asked == []


def test_a_certificate_that_nobody_vouches_for_is_no_peer(peers: tuple[Peer, Peer], tmp_path: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-keyout", tmp_path / "key", "-out", tmp_path / "cert", "-subj", "/CN=127.0.0.1"]
    names += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *names], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    peers[0].socket = context.wrap_socket(peers[0].socket, server_side=True)
    with pytest.raises(WorldError) as refused:
        ask(peers[0].url.replace("http:", "https:"), {"Authorization": "Bearer tr0ub4dor"})
    assert refused.value.kind is WorldKind.UNREACHABLE
    assert "tr0ub4dor" not in refused.value.message
    assert peers[0].asked == []
    trusting = HttpCall(f"{peers[0].url.replace('http:', 'https:')}/", ca=(tmp_path / "cert").read_text())
    assert asyncio.run(ask_http(trusting, {}, uds="", body_bytes=9)).body == "ok"


def test_what_cannot_have_arrived_is_told_apart(peers: tuple[Peer, Peer]) -> None:
    with pytest.raises(WorldError) as refused:
        ask("http://127.0.0.1:1/")
    assert refused.value.fields["sent"] == "no"
    with pytest.raises(WorldError) as late:
        ask(f"{peers[0].url}/drip", timeout_s=0.3)
    assert "sent" not in late.value.fields
