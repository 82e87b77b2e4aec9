"""A real nginx's and a real HAProxy's log, rotated while clients ask: the looks tell exactly what the clients saw."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from liftlock.drivers.measure_log import DRIVERS, NAME
from liftlock.execute.rights import refusal
from liftlock.hosts.reach import Reach
from liftlock.model.actions import Action, Context, Evidence, Kind, Script
from liftlock.model.canary import Reading, Span
from liftlock.model.errors import WorldError
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Setting
from tests import house
from tests.drivers.conftest import Machine
from tests.drivers.test_haproxy import Backend, until
from tests.drivers.test_measure_log import line
from tests.hosts.grounds import QUICK, WallClock
from tests.ports import free_port

(DRIVER,) = DRIVERS
SETTING = Setting("orders", "1.0", "1.1", False, {"h1": {}}, {}, {})
NGINX = """
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" rt=$request_time';
    log_format json escape=json '{{"status":$status,"request_time":$request_time,"agent":"$http_user_agent"}}';
    log_format balancer '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" rt=$request_time upstream=$upstream_addr us=$upstream_status urt=$upstream_response_time';
    upstream orders {{ server 127.0.0.1:{first} max_fails=0; server 127.0.0.1:{dead} max_fails=0; }}
    access_log {folder}/access.log timed;
    access_log {folder}/json.log json;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200; }}
        location /bad {{ return 503; }}
    }}
    server {{
        listen 127.0.0.1:{balancer};
        access_log {folder}/balancer.log balancer;
        location / {{ proxy_pass http://orders; }}
    }}
}}
"""
HAPROXY = """
global
    stats socket {folder}/admin.sock mode 600 level admin
    log 127.0.0.1:{log} len 4096 local0
defaults
    log global
    mode http
    option httplog
    timeout connect 500ms
    timeout client 5s
    timeout server 300ms
    retries 0
listen web
    bind 127.0.0.1:{port}
    balance roundrobin
    server app-1 127.0.0.1:{first}
    server app-2 127.0.0.1:{second}
"""
AGENT = 'rt=99 " 500 "status":500,"request_time":77,'  # as a client that wants to be counted otherwise would say


class Looks:
    """A metric's looks, one after the other, each told in sums by host; `lose`: the answer does not arrive."""

    def __init__(self, machine: Machine, **metric: Any) -> None:
        source = DRIVER.measure(Metric(**{"name": "m", "kind": "latency", **metric}), Canary(()), SETTING)
        assert source is not None
        self.machine, self.action, self.cursor = machine, source.template.action, ""
        self.of: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.seconds = 0.0

    def look(self, *, lose: bool = False) -> None:
        context = self.machine.context(span=Span(940.0, 1000.0, 60.0, self.cursor))
        operation = DRIVER.operate(self.action, context)
        assert isinstance(operation, Script)
        answer = DRIVER.read(self.action, context, self.machine.run(operation))
        if lose:
            return
        assert isinstance(answer, Evidence), answer
        assert answer.facts["lost"] == "no"
        assert answer.facts["malformed"] == 0
        self.cursor = answer.facts["cursor"]
        found = msgspec.convert(answer.facts["readings"], dict[str, list[Reading]])
        for host, (reading,) in found.items():
            self.of[host] += int(reading.of or 0)
            self.failed[host] += int(reading.events or 0)
            self.seconds += reading.total or 0.0
            assert not reading.buckets or reading.buckets["+Inf"] == reading.of


class Clients:
    """Three clients that ask for the paths in turn, each time on a new connection. `seen`: statuses that came back."""

    def __init__(self, port: int, *paths: str) -> None:
        self.port, self.paths, self.over = port, paths, threading.Event()
        self.seen: list[int] = []
        self.threads = [threading.Thread(target=self.run) for _ in range(3)]

    def run(self) -> None:
        while not self.over.is_set():
            for path in self.paths:
                self.seen.append(ask(self.port, path))
                self.over.wait(0.002)  # others want the machine as well

    def more(self, count: int = 30) -> None:
        wanted = len(self.seen) + count
        until(lambda: len(self.seen) >= wanted)

    def __enter__(self) -> "Clients":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


def ask(port: int, path: str) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nUser-Agent: {AGENT}\r\n\r\n".encode())
        data = b""
        while chunk := client.recv(65536):
            data += chunk
    return int(data.split(None, 2)[1])


# --- nginx -----------------------------------------------------------------------------------------------------


class Nginx:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.backend = folder, free_port(), Backend()
        self.balancer, self.dead = free_port(), free_port()
        user = "user root;" if os.getuid() == 0 else ""  # so that workers may open the log anew
        ports = {"port": self.port, "balancer": self.balancer, "first": self.backend.port, "dead": self.dead}
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user, **ports))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        subprocess.run([program, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL, check=True)
        self.process = int((folder / "nginx.pid").read_text())

    def rename(self, clients: Clients) -> None:
        """Between the renaming and the signal nginx still writes into the old files."""
        for log in ("access.log", "json.log"):
            for number in (2, 1):
                with contextlib.suppress(FileNotFoundError):
                    (self.folder / f"{log}.{number}").rename(self.folder / f"{log}.{number + 1}")
            (self.folder / log).rename(self.folder / f"{log}.1")
            (self.folder / log).touch()
        clients.more()
        os.kill(self.process, signal.SIGUSR1)

    def close(self) -> None:
        if (self.folder / "nginx.pid").exists():
            os.kill(self.process, signal.SIGQUIT)
        until(lambda: not (self.folder / "nginx.pid").exists())

    def stop(self) -> None:
        self.close()
        self.backend.stop()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    if shutil.which("nginx") is None and not Path("/usr/sbin/nginx").exists():
        pytest.skip("nginx is not installed")
    made = Nginx(tmp_path)
    yield made
    made.stop()


def test_nginx_is_counted_as_its_clients_count(machine: Machine, nginx: Nginx) -> None:
    errors = Looks(machine, kind="errors", access_log=f"{nginx.folder}/access.log")
    timed = Looks(machine, access_log=f"{nginx.folder}/json.log")
    for each in (errors, timed):
        each.look()
    with Clients(nginx.port, "/", "/", "/bad") as clients:
        for turn in range(3):
            clients.more()
            for each in (errors, timed):
                each.look(lose=turn == 1)
            nginx.rename(clients)
            for each in (errors, timed):
                each.look()
    nginx.close()  # what is in flight is logged
    for each in (errors, timed):
        each.look()
    assert errors.of[""] == timed.of[""] == len(clients.seen)
    assert errors.failed[""] == clients.seen.count(503)
    assert timed.seconds < 5


def test_nginx_at_the_load_balancer_tells_of_a_server_whose_requests_others_answered(
    machine: Machine, nginx: Nginx
) -> None:
    known = {"access_log": f"{nginx.folder}/balancer.log", "at": "lb-1", "format": "nginx"}
    errors, timed = Looks(machine, kind="errors", **known), Looks(machine, **known)
    for each in (errors, timed):
        each.look()
    with Clients(nginx.balancer, "/", "/bad") as clients:
        clients.more()
    nginx.close()
    for each in (errors, timed):
        each.look()
    alive, dead = f"127.0.0.1:{nginx.backend.port}", f"127.0.0.1:{nginx.dead}"
    assert set(clients.seen) == {200, 500}
    assert (errors.of[alive], errors.failed[alive]) == (len(clients.seen), clients.seen.count(500))
    assert errors.failed[dead] == errors.of[dead] > 0
    assert timed.of[dead] == 0 < timed.of[alive]


# --- HAProxy ---------------------------------------------------------------------------------------------------


class Syslog:
    """What rsyslog is to HAProxy: takes datagrams, writes lines."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "haproxy.log"
        self.path.touch()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)  # HAProxy waits for nobody
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.lines, self.writing = 0, threading.Lock()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while data := self.socket.recv(8192):
            with self.writing, self.path.open("ab") as out:
                out.write(data.rstrip(b"\n") + b"\n")
                self.lines += b" web" in data

    def copy_and_cut(self) -> None:
        """As logrotate's copytruncate, but that nothing is written in between: that would be logrotate's own loss."""
        with self.writing:
            shutil.copyfile(self.path, f"{self.path}.1")
            os.truncate(self.path, 0)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[tuple[Syslog, int]]:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    backends, port = (Backend(), Backend()), free_port()
    ports = {"port": port, "first": backends[0].port, "second": backends[1].port}
    with contextlib.closing(Syslog(tmp_path)) as syslog:
        (tmp_path / "haproxy.cfg").write_text(HAPROXY.format(folder=tmp_path, log=syslog.port, **ports))
        process = subprocess.Popen(["haproxy", "-db", "-f", tmp_path / "haproxy.cfg"], stderr=subprocess.DEVNULL)
        until(lambda: (tmp_path / "admin.sock").exists())
        yield syslog, port
        process.kill()
        process.wait()
    for backend in backends:
        backend.stop()


def test_haproxys_log_is_counted_as_the_clients_count(machine: Machine, haproxy: tuple[Syslog, int]) -> None:
    """One look at the load balancer answers for each server; a server's 500, and its answer that is no HTTP."""
    syslog, port = haproxy
    known = {"access_log": str(syslog.path), "at": "lb-1", "backend": "web"}
    errors, timed = Looks(machine, kind="errors", **known), Looks(machine, **known)
    for each in (errors, timed):
        each.look()
    with Clients(port, "/", "/bad", "/", "/garbage", "/") as clients:
        for turn in range(3):
            clients.more()
            for each in (errors, timed):
                each.look(lose=turn == 1)
            syslog.copy_and_cut()
            clients.more()
            for each in (errors, timed):
                each.look()
    until(lambda: syslog.lines >= len(clients.seen))
    for each in (errors, timed):
        each.look()
    assert errors.of.keys() == {"app-1", "app-2"}
    assert errors.of.total() == syslog.lines == len(clients.seen)
    assert errors.failed.total() == clients.seen.count(500) + clients.seen.count(502)
    assert clients.seen.count(502) > 0
    assert timed.of.total() == len(clients.seen) - clients.seen.count(502)  # what is no answer has no duration


# --- a log that only root may read ---------------------------------------------------------------------------------

RULE = (
    "deploy ALL=(root) NOPASSWD: /usr/bin/ls -1 {0}/, /usr/bin/stat -L -c * {0}/*, /usr/bin/tail -c +* {0}/access.log*"
)


@pytest.mark.skipif(bool(house.missing()), reason=house.missing() or "-")
def test_a_log_that_only_root_may_read(tmp_path: Path) -> None:
    built, logs = house.build(tmp_path / "house"), tmp_path / "house/etc/logs"
    try:
        built.write("/etc/logs/access.log", "")
        logs.chmod(0o750)
        action = Action(
            Kind.VERIFY,
            NAME,
            {"path": "/etc/logs/access.log", "kind": "errors", "format": "nginx", "backend": "", "whole": False},
        )

        async def looks(*texts: str) -> list[Evidence | WorldError]:
            reach, found, cursor = Reach({"h1": built.host()}, WallClock(), limits=QUICK), [], ""
            try:
                for text in texts:
                    with (logs / "access.log").open("a") as out:
                        out.write(text)
                    context = Context("r", "look", "h1", "", "orders", "1.1", "1.0", "1.1")
                    context = replace(context, span=Span(940.0, 1000.0, 60.0, cursor))
                    operation = DRIVER.operate(action, context)
                    assert isinstance(operation, Script)
                    seen = await reach.look("h1", operation, timeout_s=20, env={})
                    refused = refusal(seen, "h1")
                    answer = refused or DRIVER.read(action, context, seen)
                    assert isinstance(answer, Evidence | WorldError), answer
                    found.append(answer)
                    cursor = answer.facts["cursor"] if isinstance(answer, Evidence) else cursor
            finally:
                await reach.close()
            return found

        (answer,) = asyncio.run(looks(""))
        assert isinstance(answer, WorldError)
        assert answer.fields["command"] == "/usr/bin/ls -1 /etc/logs/"
        built.sudoers(RULE.format("/etc/logs"))
        _, answer = asyncio.run(looks("", line(200) + line(500)))
        assert isinstance(answer, Evidence)
        assert answer.facts["readings"][""][0]["of"] == 2
    finally:
        built.stop()
