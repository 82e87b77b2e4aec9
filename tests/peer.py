"""A web server to talk to, in good faith and in bad."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class Peer(ThreadingHTTPServer):
    """Answers by path, and remembers what it was asked. `elsewhere`: where it sends people."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.elsewhere = ""
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Peer

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        match self.path:
            case "/moved":
                self.send_response(307)
                self.send_header("Location", f"{self.server.elsewhere}/caught")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/endless":
                self.send_response(200)
                self.end_headers()
                try:
                    while True:
                        self.wfile.write(b"x" * 65536)
                except OSError:
                    return
            case "/drip":
                self.send_response(200)
                self.end_headers()
                try:
                    for _ in range(600):
                        self.wfile.write(b"x")
                        self.wfile.flush()
                        time.sleep(0.05)
                except OSError:
                    return
            case _:
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def peers() -> Iterator[tuple[Peer, Peer]]:
    first, second = Peer(), Peer()
    first.elsewhere = second.url
    yield first, second
    for peer in (first, second):
        peer.shutdown()
        peer.server_close()
