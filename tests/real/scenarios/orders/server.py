"""The orders service of the scenarios: what its clients were told is in the database.

POST /orders {"id", "item", "quantity"} writes an order and answers 201 when it is committed; the same id again is the
same order. GET /orders/ID reads it; GET /healthz tells the version. 1.1 knows the column `quantity`, 1.2 `channel` as
well; 1.2 also forgets every eighth customer, which no health check sees.
"""

import configparser
import itertools
import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import psycopg2.errors

VERSION = "@VERSION@"
PATIENCE_S = 15.0  # how long a request waits for a database that fails over
WRITES = {
    "1.0": "INSERT INTO orders (id, item, qty) VALUES (%(id)s, %(item)s, %(quantity)s)",
    "1.1": "INSERT INTO orders (id, item, quantity) VALUES (%(id)s, %(item)s, %(quantity)s)",
    "1.2": "INSERT INTO orders (id, item, quantity, channel) VALUES (%(id)s, %(item)s, %(quantity)s, 'web')",
}
WRITES["1.3"] = WRITES["1.1"]
READS = {"1.0": "qty", "1.1": "quantity", "1.2": "quantity", "1.3": "quantity"}
GONE = (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.errors.ReadOnlySqlTransaction)

settings = configparser.ConfigParser()
settings.read("/etc/orders/orders.conf")
here = threading.local()
written = itertools.count(1)


def ask(query, values):
    """The first row, or None. A lost connection is opened anew: every statement here may be said twice."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            if getattr(here, "connection", None) is None:
                here.connection = psycopg2.connect(settings["database"]["dsn"], connect_timeout=2)
            with here.connection, here.connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchone() if cursor.description else None
        except GONE:
            here.connection = None
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200, {"version": VERSION, "ready": True})
        query = f"SELECT item, {READS[VERSION]} FROM orders WHERE id = %(id)s"
        row = ask(query, {"id": self.path.rpartition("/")[2]})
        return self.answer(200, {"item": row[0], "quantity": row[1]}) if row else self.answer(404, {})

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if VERSION == "1.2" and next(written) % 8 == 0:
            return self.answer(500, {"error": "customer is None"})
        ask(f"{WRITES[VERSION]} ON CONFLICT (id) DO NOTHING", order)
        return self.answer(201, {"id": order["id"]})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Version", VERSION)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """The balancer logs the requests."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    server = Server(("0.0.0.0", int(settings["server"]["port"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"orders {VERSION} is ready", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    sys.exit(0)


main()
