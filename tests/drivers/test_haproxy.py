"""drain and readmit: against a real HAProxy with two backends, by unix socket and by TCP; and as tables."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.haproxy import DRIVERS, DrainHaproxy, ReadmitHaproxy
from liftlock.model.actions import Action, Again, Context, Evidence, Failure, FailureKind, Kind, Said, SocketCall
from liftlock.model.plan import Check
from liftlock.model.ports import Setting
from tests.ports import free_port

DRAIN, READMIT = DRIVERS
CONTEXT = Context("r", "orders/1/w1/s1/02-drain", "s1", "", "orders", "1.1", "1.0", "1.1")
CONFIG = """
global
    stats socket {folder}/admin.sock mode 600 level admin
    stats socket {folder}/reader.sock mode 600 level user
    stats socket ipv4@127.0.0.1:{admin} level admin
defaults
    mode http
    timeout connect 500ms
    timeout client 5s
    timeout server 5s
    retries 0
listen orders
    bind 127.0.0.1:{port}
    option httpchk GET /healthz
    default-server check inter 50ms fall 1 rise 1
    server s1 127.0.0.1:{first} weight 80
    server s2 127.0.0.1:{second}
backend fixed
    balance static-rr
    server s1 127.0.0.1:{first} weight 80
backend raw
    mode tcp
    server only 127.0.0.1:{first}
"""


class Handler(BaseHTTPRequestHandler):
    """`/slow` waits for the server's `release`; `/bad` is a 500; `/garbage` is no HTTP."""

    def do_GET(self) -> None:
        match self.path:
            case "/slow":
                self.server.release.wait(5)  # type: ignore[attr-defined]
                self.send_response(200)
            case "/bad":
                self.send_response(500)
            case "/garbage":
                self.wfile.write(b"garbage\r\n\r\n")
                self.close_connection = True
                return
            case _:
                self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Backend:
    """One small service that can be stopped and started on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.release = threading.Event()  # type: ignore[attr-defined]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def release(self) -> None:
        self.server.release.set()  # type: ignore[attr-defined]

    def stop(self) -> None:
        self.release()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Haproxy:
    def __init__(self, folder: Path) -> None:
        self.folder, self.backends = folder, (Backend(), Backend())
        self.port, self.admin = free_port(), free_port()
        config = folder / "haproxy.cfg"
        ports = {"first": self.backends[0].port, "second": self.backends[1].port}
        config.write_text(CONFIG.format(folder=folder, admin=self.admin, port=self.port, **ports))
        self.process = subprocess.Popen(["haproxy", "-db", "-f", config], stderr=subprocess.DEVNULL)
        until(
            lambda: (folder / "admin.sock").exists() and b"s1" in ask(SocketCall(self.unix, "show stat\n")).encode(), 30
        )

    @property
    def unix(self) -> str:
        return str(self.folder / "admin.sock")

    @property
    def tcp(self) -> str:
        return f"127.0.0.1:{self.admin}"

    def get(self, path: str) -> int:
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return int(read_all(client).split(None, 2)[1])

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for backend in self.backends:
            backend.stop()


def read_all(client: socket.socket) -> bytes:
    data = b""
    while chunk := client.recv(65536):
        data += chunk
    return data


def ask(call: SocketCall) -> str:
    """A SocketCall as the loop's port makes it."""
    if call.address.startswith("/"):
        client = socket.socket(socket.AF_UNIX)
        client.connect(call.address)
    else:
        host, _, port = call.address.rpartition(":")
        client = socket.create_connection((host, int(port)))
    with client:
        client.settimeout(5)
        client.sendall(call.text.encode())
        return read_all(client).decode()


def until(true: Any, within_s: float = 5.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Haproxy]:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    with contextlib.closing(Haproxy(tmp_path_factory.mktemp("ha"))) as made:
        yield made


@pytest.fixture(params=["unix", "tcp"])
def address(haproxy: Haproxy, request: pytest.FixtureRequest) -> str:
    return haproxy.unix if request.param == "unix" else haproxy.tcp


def setting(address: str, via: str = "") -> Setting:
    variables = {"haproxy": address} | ({"haproxy_via": via} if via else {})
    return Setting("orders", "1.0", "1.1", False, {"lb-1": variables, "lb-2": {}}, {}, {})


def drain(address: str, **more: Any) -> Action:
    item = DrainHaproxy(**{"haproxy": "lb-1", "backend": "orders", "server": "s1", **more})
    return DRAIN.expand(item, setting(address))[0].action


def readmit(address: str, **more: Any) -> Action:
    item = ReadmitHaproxy(**{"haproxy": "lb-1", "backend": "orders", "server": "s1", **more})
    return READMIT.expand(item, setting(address))[0].action


def act(action: Action) -> Evidence | Failure | Again:
    """Look, and say what is wanted where it is not so, as the loop does."""
    driver = DRAIN if action.driver == "drain.haproxy" else READMIT
    operation = driver.operate(action, CONTEXT)
    assert isinstance(operation, SocketCall)
    assert operation.repeatable
    answer = driver.read(action, CONTEXT, Said(ask(operation)))
    if isinstance(answer, Again) and isinstance(answer.then, SocketCall) and "set" in answer.then.text:
        assert answer.then.repeatable
        return driver.read(action, CONTEXT, Said(ask(answer.then)))
    return answer


def finish(action: Action) -> Evidence | Failure:
    """Ask again until there is an answer, as the loop does."""
    answers: list[Evidence | Failure] = []

    def answered() -> bool:
        answer = act(action)
        if not isinstance(answer, Again):
            answers.append(answer)
        return bool(answers)

    until(answered)
    return answers[0]


def settle(action: Action) -> Evidence | Failure | None:
    driver = DRAIN if action.driver == "drain.haproxy" else READMIT
    probe = driver.probe(action, CONTEXT)
    assert isinstance(probe, SocketCall)
    assert "set" not in probe.text
    return driver.settle(action, CONTEXT, Said(ask(probe)))


def test_out_and_in_again(haproxy: Haproxy, address: str) -> None:
    out, back = drain(address), readmit(address)
    assert isinstance(finish(back), Evidence)
    assert isinstance(settle(back), Evidence)
    assert isinstance(settle(out), Failure)
    result = finish(out)
    assert isinstance(result, Evidence), result
    assert (result.facts["status"], result.facts["sessions"]) == ("DRAIN", 0)
    assert isinstance(settle(out), Evidence)
    assert isinstance(settle(back), Failure)
    assert finish(out) == result  # asking twice is asking once
    assert finish(back) == act(back)
    result = act(back)
    assert isinstance(result, Evidence)
    assert result.facts["status"] == "UP"


def test_a_drain_waits_for_sessions_and_says_how_many_are_left(haproxy: Haproxy) -> None:
    assert isinstance(finish(drain(haproxy.unix, server="s2")), Evidence)  # so that s1 gets the request
    client = threading.Thread(target=haproxy.get, args=("/slow",))
    client.start()
    try:
        until(lambda: settle_sessions(haproxy) == 1)
        answer = act(drain(haproxy.unix, deadline_s=7))
        assert isinstance(answer, Again)
        assert answer.so_far is not None
        assert (answer.so_far.kind, answer.so_far.code) == (FailureKind.TIMEOUT, "drain.haproxy.sessions")
        assert answer.so_far.fields["sessions"] == 1
        assert isinstance(act(drain(haproxy.unix, wait=False)), Evidence)
        haproxy.backends[0].release()
        assert isinstance(finish(drain(haproxy.unix)), Evidence)
    finally:
        haproxy.backends[0].release()
        client.join()
        for server in ("s1", "s2"):
            finish(readmit(haproxy.unix, server=server))


def settle_sessions(haproxy: Haproxy) -> int:
    action = Action(
        Kind.VERIFY,
        "drain.haproxy",
        {"address": haproxy.unix, "backend": "orders", "server": "s1", "metric": "sessions"},
    )
    answer = act(action)
    assert isinstance(answer, Evidence)
    return int(answer.facts["value"])


def test_readmitting_waits_until_haproxy_sees_it_up(haproxy: Haproxy) -> None:
    out, back = drain(haproxy.unix, server="s2"), readmit(haproxy.unix, server="s2")
    finish(out)
    haproxy.backends[1].stop()
    try:
        until(lambda: isinstance(act(back), Again))
        answer = act(back)
        assert isinstance(answer, Again)
        assert answer.so_far is not None
        assert (answer.so_far.kind, answer.so_far.code) == (FailureKind.UNHEALTHY, "readmit.haproxy.down")
        assert answer.so_far.fields["status"] == "DOWN"
        assert isinstance(act(readmit(haproxy.unix, server="s2", wait=False)), Evidence)
    finally:
        haproxy.backends[1].start()
    assert isinstance(finish(back), Evidence)


def test_a_server_in_maintenance_is_somebody_elses(haproxy: Haproxy, address: str) -> None:
    """Neither drained, which would let requests in again, nor readmitted: a person is asked."""
    say(haproxy, "set server orders/s1 state maint")
    try:
        for action in (drain(address), readmit(address), drain(address, wait=False), readmit(address, wait=False)):
            result = act(action)
            assert isinstance(result, Failure)
            assert (result.kind, result.code) == (FailureKind.DEVIATED, f"{action.driver}.maintenance")
            assert result.fields["status"] == "MAINT"
            assert isinstance(settle(action), Failure)
        assert status(haproxy) == "MAINT"
    finally:
        say(haproxy, "set server orders/s1 state ready")
    until(lambda: isinstance(act(readmit(address)), Evidence))


def test_a_server_that_came_into_maintenance_between_look_and_order_is_told(haproxy: Haproxy) -> None:
    before = "# pxname,svname,status,scur,\norders,s1,MAINT,0,\n\n\n# pxname,svname,status,scur,\norders,s1,DRAIN,0,\n"
    result = DRAIN.read(drain(haproxy.unix), CONTEXT, Said(before))
    assert isinstance(result, Failure)
    assert result.code == "drain.haproxy.maintenance"


def test_a_server_that_is_down_is_drained_and_readmitted_all_the_same(haproxy: Haproxy) -> None:
    haproxy.backends[1].stop()
    try:
        until(lambda: status(haproxy, "s2").startswith("DOWN"))
        assert isinstance(act(drain(haproxy.unix, server="s2")), Evidence)
        assert "Again" in type(act(readmit(haproxy.unix, server="s2"))).__name__
    finally:
        haproxy.backends[1].start()
    assert isinstance(finish(readmit(haproxy.unix, server="s2")), Evidence)


def say(haproxy: Haproxy, text: str) -> str:
    return ask(SocketCall(haproxy.unix, f"{text}\n"))


def status(haproxy: Haproxy, server: str = "s1") -> str:
    rows = [line.split(",") for line in say(haproxy, "show stat orders 4 -1").splitlines() if line]
    return next(row[17] for row in rows if row[1] == server)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"server": "nobody"}, "-"),
        ({"backend": "nothing"}, "No such proxy."),
        ({"server": "s1 state maint;show stat"}, "-"),
        ({"server": "s1\nset server orders/s2 state maint"}, "-"),
    ],
)
def test_what_haproxy_does_not_know_is_refused_by_name(haproxy: Haproxy, item: dict[str, str], said: str) -> None:
    for action in (drain(haproxy.unix, **item), readmit(haproxy.unix, **item)):
        result = act(action)
        assert isinstance(result, Failure)
        assert (result.kind, result.code) == (FailureKind.REFUSED, f"{action.driver}.unknown")
        assert result.fields["said"] == said
        assert result.fields["server"] == item.get("server", "s1")
    assert isinstance(settle(readmit(haproxy.unix, server="s2")), Evidence)


def test_a_socket_that_may_not_is_refused(haproxy: Haproxy) -> None:
    result = act(drain(str(haproxy.folder / "reader.sock")))
    assert isinstance(result, Failure)
    assert (result.kind, result.code) == (FailureKind.REFUSED, "drain.haproxy.refused")
    assert result.fields["said"] == "Permission denied"


def test_error_counters_count_each_error_once(haproxy: Haproxy) -> None:
    template = DRAIN.gauge(
        Check("errors", haproxy="lb-1", backend="orders", metric="error_rate"), setting(haproxy.unix)
    )
    assert template is not None
    action = Action(Kind.VERIFY, "drain.haproxy", template.action.args | {"server": "s1"})

    def counters() -> tuple[int, int]:
        answer = act(action)
        assert isinstance(answer, Evidence)
        assert answer.facts["value"] is None
        return answer.facts["requests"], answer.facts["errors"]

    finish(drain(haproxy.unix, server="s2"))
    try:
        before = counters()
        assert [haproxy.get(path) for path in ("/", "/", "/bad", "/garbage")] == [200, 200, 500, 502]
        after = counters()
        assert (after[0] - before[0], after[1] - before[1]) == (4, 2)
    finally:
        finish(readmit(haproxy.unix, server="s2"))


def test_a_backend_without_checks_counts_as_up(haproxy: Haproxy) -> None:
    for action in (
        drain(haproxy.unix, backend="raw", server="only"),
        readmit(haproxy.unix, backend="raw", server="only"),
    ):
        assert isinstance(finish(action), Evidence)
    result = act(readmit(haproxy.unix, backend="raw", server="only"))
    assert isinstance(result, Evidence)
    assert result.facts["status"] == "no check"
    check = Check("errors", haproxy=haproxy.unix, backend="raw", metric="error_rate")
    template = DRAIN.gauge(check, setting(""))
    assert template is not None
    figure = act(Action(Kind.VERIFY, "drain.haproxy", template.action.args | {"server": "only"}))
    assert figure == Evidence({"requests": 0, "errors": 0, "value": None})


def test_shown_to_people(haproxy: Haproxy) -> None:
    back = readmit(haproxy.unix)
    finish(back)
    look = DRAIN.preview(drain(haproxy.unix), CONTEXT)
    assert isinstance(look, SocketCall)
    shown = DRAIN.show(drain(haproxy.unix), CONTEXT, Said(ask(look)))
    assert (shown.changes, shown.text) == (True, "orders/s1: UP, 0 sessions")


def test_expands_with_each_as_the_others_undo() -> None:
    item = DrainHaproxy(haproxy=("lb-1", "/run/x.sock"), backend="orders", deadline_s=9)
    first, second = DRAIN.expand(item, setting("/run/ha.sock", via="host"))
    assert (first.verb, first.at, first.timeout_s) == ("drain-lb-1", "lb-1", 9)
    assert (second.verb, second.at) == ("drain-2", "controller")
    assert first.action.args["address"] == "/run/ha.sock"
    assert second.action.args["address"] == "/run/x.sock"
    assert first.action.traits.lowers_capacity
    assert first.undo is not None
    assert (first.undo.kind, first.undo.driver) == (Kind.READMIT, "readmit.haproxy")
    back = READMIT.expand(ReadmitHaproxy(haproxy="lb-1", backend="orders"), setting("/run/ha.sock"))[0]
    assert (back.verb, back.at) == ("readmit", "controller")
    assert back.undo is not None
    assert (back.undo.kind, back.undo.driver) == (Kind.DRAIN, "drain.haproxy")
    assert not back.action.traits.lowers_capacity


def test_complains_of_load_balancers_without_an_address() -> None:
    def codes(haproxy: Any) -> list[str]:
        return [code for code, _ in DRAIN.complain(DrainHaproxy(haproxy=haproxy, backend="b"), setting("/run/x"))]

    assert codes("lb-1") == []
    assert codes("127.0.0.1:9999") == []
    assert codes("/run/x") == []
    assert codes("{lb}") == []
    assert codes(("lb-2", "lb-3")) == ["drain.haproxy.address", "drain.haproxy.host"]


def test_only_one_driver_reads_a_check() -> None:
    check = Check("c", haproxy="lb-1", backend="orders", metric="queue")
    assert READMIT.gauge(check, setting("/x")) is None
    template = DRAIN.gauge(check, setting("/x"))
    assert template is not None
    assert template.action.args["server"] == "{host}"
    assert DRAIN.gauge(Check("c", http="http://x"), setting("/x")) is None
