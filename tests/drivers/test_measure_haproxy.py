"""A real HAProxy's counters of each server as readings, against what its clients saw; and as tables."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from liftlock.drivers.measure_haproxy import DRIVERS
from liftlock.model.actions import Context, Evidence, Failure, Said, SocketCall
from liftlock.model.canary import Reading, Span
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Setting
from tests.drivers.test_haproxy import Backend, ask, until
from tests.ports import free_port

(DRIVER,) = DRIVERS
SPAN = Span(940.0, 1000.0, 60.0)
CONTEXT = Context("r", "look", "s1", "", "orders", "1.1", "1.0", "1.1", span=SPAN)
CONFIG = """
global
    stats socket {folder}/reader.sock mode 600 level user
defaults
    mode http
    timeout connect 200ms
    timeout client 5s
    timeout server 300ms
    retries 1
listen orders
    bind 127.0.0.1:{orders}
    server app-1 127.0.0.1:{first}
listen both
    bind 127.0.0.1:{both}
    option redispatch
    server app-1 127.0.0.1:{first}
    server app-2 127.0.0.1:{dead}
listen dead
    bind 127.0.0.1:{lone}
    server app-2 127.0.0.1:{dead}
listen raw
    mode tcp
    bind 127.0.0.1:{raw}
    server app-1 127.0.0.1:{first}
    server app-9 127.0.0.1:{first} disabled
"""


class Haproxy:
    def __init__(self, folder: Path) -> None:
        self.folder, self.backend = folder, Backend()
        self.ports = {name: free_port() for name in ("orders", "both", "lone", "raw", "dead")}
        text = CONFIG.format(folder=folder, first=self.backend.port, **self.ports)
        (folder / "haproxy.cfg").write_text(text)
        self.start()

    def start(self) -> None:
        command = ["haproxy", "-db", "-f", self.folder / "haproxy.cfg"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(lambda: self.answers())

    def answers(self) -> bool:
        try:
            return "raw" in ask(SocketCall(str(self.folder / "reader.sock"), "show stat\n"))
        except OSError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.stop()
        self.backend.stop()

    def get(self, listener: str, *paths: str) -> list[int]:
        """Of one connection after the other: the status, or 0."""
        found = []
        for path in paths:
            with socket.create_connection(("127.0.0.1", self.ports[listener])) as client:
                client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                data = b""
                while chunk := client.recv(65536):
                    data += chunk
            word = data.split(None, 2)[1:2]
            found.append(int(word[0]) if word and word[0].isdigit() else 0)
        return found

    def read(self, backend: str, kind: Any, context: Context = CONTEXT) -> dict[str, Reading]:
        setting = Setting("orders", "1.0", "1.1", False, {"lb": {"haproxy": f"{self.folder}/reader.sock"}}, {}, {})
        source = DRIVER.measure(Metric("m", kind, haproxy="lb", backend=backend), Canary(()), setting)
        assert source is not None
        assert (source.whole, source.key, source.history) == (True, "{host}", False)
        call = DRIVER.operate(source.template.action, context)
        assert isinstance(call, SocketCall)
        answer = DRIVER.read(source.template.action, context, Said(ask(call)))
        assert isinstance(answer, Evidence), answer
        found = msgspec.convert(answer.facts["readings"], dict[str, list[Reading]])
        assert all(len(readings) == 1 and readings[0].at == SPAN.until for readings in found.values())
        return {name: readings[0] for name, readings in found.items()}

    def counts(self, backend: str, server: str) -> tuple[float, float]:
        reading = self.read(backend, "errors")[server]
        assert reading.cumulative
        return reading.events or 0.0, reading.of or 0.0


@pytest.fixture(scope="module")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Haproxy]:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    with contextlib.closing(Haproxy(tmp_path_factory.mktemp("ha"))) as made:
        yield made


def test_each_failed_request_counts_once(haproxy: Haproxy) -> None:
    """A 500, no HTTP at all, and no answer in time; a 404 would be the client's own."""
    before = haproxy.counts("orders", "app-1")
    assert haproxy.get("orders", "/", "/", "/bad", "/garbage", "/slow") == [200, 200, 500, 502, 504]
    haproxy.backend.release()
    after = haproxy.counts("orders", "app-1")
    assert (after[0] - before[0], after[1] - before[1]) == (3, 5)


def test_a_server_that_takes_no_connection_fails_its_requests_once_each_whatever_is_tried(haproxy: Haproxy) -> None:
    before = haproxy.counts("dead", "app-2")
    assert haproxy.get("lone", "/", "/") == [503, 503]
    after = haproxy.counts("dead", "app-2")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 2)


def test_a_server_that_is_dead_is_seen_although_others_answer_for_it(haproxy: Haproxy) -> None:
    before = {server: haproxy.counts("both", server) for server in ("app-1", "app-2")}
    assert haproxy.get("both", *["/"] * 6) == [200] * 6
    after = {server: haproxy.counts("both", server) for server in ("app-1", "app-2")}
    assert (after["app-1"][0] - before["app-1"][0], after["app-1"][1] - before["app-1"][1]) == (0, 6)
    tried = after["app-2"][1] - before["app-2"][1]
    assert tried > 0
    assert after["app-2"][0] - before["app-2"][0] == tried


def test_tcp_counts_connections(haproxy: Haproxy) -> None:
    before = haproxy.counts("raw", "app-1")
    assert haproxy.get("raw", "/", "/bad") == [200, 500]
    after = haproxy.counts("raw", "app-1")
    assert (after[0] - before[0], after[1] - before[1]) == (0, 2)


def test_a_server_without_a_request_has_no_mean_and_one_that_is_out_no_load(haproxy: Haproxy) -> None:
    haproxy.get("raw", "/")
    assert haproxy.read("raw", "latency").keys() == {"app-1"}
    load = haproxy.read("raw", "saturation")
    assert load == {"app-1": Reading(SPAN.until, level=0.0)}


def test_counters_begin_anew_with_the_process(haproxy: Haproxy) -> None:
    haproxy.get("orders", "/bad")
    assert haproxy.counts("orders", "app-1")[1] > 0
    haproxy.stop()
    haproxy.start()
    assert haproxy.counts("orders", "app-1") == (0, 0)
    assert haproxy.read("orders", "latency") == {}


HEAD = "# pxname,svname,qcur,scur,stot,econ,eresp,wretr,wredis,status,lastsess,rtime,ttime,mode,hrsp_5xx,\n"


def row(**more: Any) -> str:
    names = HEAD.removeprefix("# ").strip().strip(",").split(",")
    known = {"pxname": "orders", "svname": "s1", "stot": 10, "status": "UP", "mode": "http", **more}
    return ",".join(str(known.get(name, 0)) for name in names) + ",\n"


def read(kind: Any, text: str, metric: Metric | None = None, context: Context = CONTEXT) -> Any:
    given = metric or Metric("m", kind, haproxy="/run/ha.sock", backend="orders")
    source = DRIVER.measure(given, Canary(()), Setting("orders", "1", "2", False, {}, {}, {}))
    assert source is not None
    action = msgspec.structs.replace(source.template.action, args=source.template.action.args | {"server": "s1"})
    answer = DRIVER.read(action, context, Said(text))
    return answer.facts["readings"] if isinstance(answer, Evidence) else answer


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("latency", {"rtime": 83}, {"at": 1000.0, "level": 0.083}),
        ("latency", {"rtime": 0, "ttime": 2500, "mode": "tcp"}, {"at": 1000.0, "level": 2.5}),
        ("latency", {"rtime": 83, "lastsess": 61}, None),
        ("latency", {"rtime": 0, "stot": 0, "lastsess": -1}, None),
        ("saturation", {"scur": 3, "qcur": 4}, {"at": 1000.0, "level": 7.0}),
        ("saturation", {"scur": 3, "status": "UP 1/3"}, {"at": 1000.0, "level": 3.0}),
        ("saturation", {"status": "DOWN 1/2"}, None),
        ("saturation", {"status": "MAINT (via x/y)"}, None),
        ("saturation", {"status": "DRAIN"}, None),
        (
            "errors",
            {"hrsp_5xx": 1, "econ": 2, "eresp": 3, "wredis": 1, "wretr": 4},
            {"at": 1000.0, "events": 7.0, "of": 6.0, "cumulative": True},
        ),
    ],
)
def test_figures(kind: str, more: dict[str, Any], expected: dict[str, Any] | None) -> None:
    found = read(kind, HEAD + row(**more) + "\n")
    assert found == ({"s1": [expected]} if expected else {})


def test_a_haproxy_beside_each_host_answers_for_that_host_alone() -> None:
    metric = Metric("m", "errors", haproxy="{address}:9999", backend="orders", server="s1")
    text = HEAD + row() + row(svname="s2", stot=20) + "\n"
    assert read("errors", text, metric) == {"": [{"at": 1000.0, "events": 0.0, "of": 10.0, "cumulative": True}]}
    source = DRIVER.measure(metric, Canary(()), Setting("orders", "1", "2", False, {}, {}, {}))
    assert source is not None
    assert not source.whole


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("No such proxy.\n", "unknown"),
        (HEAD + "\n", "unknown"),
        ("Permission denied\n", "refused"),
        (HEAD + row() + row(svname="s2")[:9], "cut"),
        (HEAD + row() + row(svname="s2"), "cut"),
    ],
)
def test_an_answer_that_is_none_is_a_failure(text: str, code: str) -> None:
    found = read("errors", text)
    assert isinstance(found, Failure)
    assert found.code == f"measure.haproxy.{code}"
    assert DRIVER.manifest.words["zh"][found.code].format(**found.fields)


def test_what_is_not_asked_of_haproxy_is_not_measured_here() -> None:
    setting = Setting("orders", "1", "2", False, {"lb": {}}, {}, {})
    for metric in (
        Metric("m", "errors", prometheus="x"),
        Metric("m", "errors", haproxy="lb", backend="orders"),  # the host has no address of a socket
        Metric("m", "errors", haproxy="elsewhere", backend="orders"),
        Metric("m", "errors", haproxy="/run/ha.sock"),
    ):
        assert DRIVER.measure(metric, Canary(()), setting) is None
