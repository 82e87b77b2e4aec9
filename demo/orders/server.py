"""The orders service: a small HTTP server that prices orders. It is packed into every release.

It keeps the promises that a service needs to be upgraded without losing a request: ready only when it is, and on
SIGTERM it answers what it has begun before it goes.
"""

import argparse
import configparser
import hashlib
import json
import os
import signal
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pricing

RELEASE = Path(__file__).resolve().parent.parent
WARM_UP_S = 0.3
LAST_ANSWERS_S = 5.0


class Orders(ThreadingHTTPServer):
    """The listening socket, and what its requests share."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], version: str, currency: str) -> None:
        super().__init__(address, Handler)
        self.version = version
        self.currency = currency
        self.prices = pricing.Prices()
        self.started = time.monotonic()
        self.closing = False
        self.lock = threading.Lock()
        self.in_flight = 0
        self.answered = 0

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, as HTTPServer would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def ready(self) -> bool:
        return not self.closing and time.monotonic() - self.started >= WARM_UP_S


class Handler(BaseHTTPRequestHandler):
    """GET /healthz and GET /order?item=N."""

    server: Orders
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.in_flight += 1
        try:
            self.answer()
            self.wfile.flush()
        finally:
            with self.server.lock:
                self.server.in_flight -= 1

    def answer(self) -> None:
        url = urlsplit(self.path)
        match url.path:
            case "/healthz":
                self.send(200 if self.server.ready else 503, self.health())
            case "/order":
                self.send(*self.order(parse_qs(url.query)))
            case _:
                self.send(404, {"error": "not found"})

    def health(self) -> dict[str, Any]:
        return {"version": self.server.version, "ready": self.server.ready, "pid": os.getpid()}

    def order(self, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Price the item: a little real work."""
        item = query.get("item", ["1"])[0]
        with self.server.lock:
            self.server.answered += 1
            number = self.server.answered
        try:
            price = self.server.prices.of(item)
        except KeyError as error:
            self.log_error("order %d of item %s: KeyError %s", number, item, error)
            return 500, {"error": "internal", "version": self.server.version}
        receipt = hashlib.pbkdf2_hmac("sha256", f"{number}:{item}".encode(), b"orders", 50).hex()[:16]
        answer = {"item": item, "price": price, "currency": self.server.currency}
        return 200, answer | {"receipt": receipt, "version": self.server.version}

    def send(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", self.server.version)
        if self.server.closing:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        if not self.path.startswith("/healthz"):
            super().log_request(code, size)


def main() -> None:
    options = parse_arguments()
    config = configparser.ConfigParser()
    config.read(options.config)
    orders = config["orders"]
    version = (RELEASE / "VERSION").read_text().strip()
    os.setsid()  # the service outlives whoever started it
    server = Orders((orders["address"], orders.getint("port")), version, orders["currency"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    options.pid_file.write_text(f"{os.getpid()}\n")
    stop.wait()
    close(server)
    options.pid_file.unlink(missing_ok=True)


def close(server: Orders) -> None:
    """Take no new connection, answer what was begun, go."""
    server.closing = True
    server.shutdown()
    deadline = time.monotonic() + LAST_ANSWERS_S
    while server.in_flight and time.monotonic() < deadline:
        time.sleep(0.01)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--pid-file", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
