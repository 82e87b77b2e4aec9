"""A real Prometheus that scrapes counters told by the test: looks add up to what happened, whatever fails."""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from liftlock.drivers.measure_prometheus import DRIVERS
from liftlock.model.actions import Context, Evidence, Failure, Replied
from liftlock.model.canary import Reading, Span
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Setting
from tests.ports import free_port

(DRIVER,) = DRIVERS
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})
HOSTS = ("127.0.0.1", "127.0.0.2")
SCRAPE_S = 0.2
CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 150ms}}
scrape_configs:
  - job_name: orders
    static_configs: [{{targets: [{targets}]}}]
  - job_name: itself
    static_configs: [{{targets: ["{own}"]}}]
"""


class Exporter:
    """One host's /metrics; `text` is what it says, None is a scrape that fails."""

    def __init__(self, address: str) -> None:
        self.text: str | None = ""
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                said = exporter.text
                self.send_response(200 if said is not None else 500)
                self.end_headers()
                self.wfile.write((said or "").encode())

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer((address, free_port()), Handler)
        self.target = f"{address}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def count(self, good: float, bad: float | None = None, **more: float) -> None:
        lines = [f'http_total{{code="200"}} {good}']
        lines += [f'http_total{{code="500"}} {bad}'] if bad is not None else []
        self.text = "\n".join([*lines, *(f"{name} {value}" for name, value in more.items())]) + "\n"


class Prometheus:
    def __init__(self, folder: Path) -> None:
        self.exporters = {address: Exporter(address) for address in HOSTS}
        targets = ", ".join(f'"{each.target}"' for each in self.exporters.values())
        self.own = f"localhost:{free_port()}"
        self.url = f"http://{self.own}"
        (folder / "prometheus.yml").write_text(CONFIG.format(targets=targets, own=self.own))
        told = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", "--log.level=error"]
        self.process = subprocess.Popen(
            ["prometheus", *told, f"--web.listen-address={self.url.removeprefix('http://')}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        for exporter in self.exporters.values():
            exporter.server.shutdown()
            exporter.server.server_close()

    def ask(self, path: str, query: str = "") -> Any:
        with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=5) as answer:
            return json.load(answer)

    def scraped(self) -> float:
        """Waits until every target was scraped once more, well or not, and the scrape after that has begun."""
        since = time.time()
        deadline = since + 20
        while time.time() < deadline:
            with contextlib.suppress(OSError):
                found = self.ask("/api/v1/targets")["data"]["activeTargets"]
                stamps = [datetime.fromisoformat(each["lastScrape"]).timestamp() for each in found]
                if len(stamps) == len(HOSTS) + 1 and min(stamps) > since + SCRAPE_S:
                    return time.time()
            time.sleep(0.05)
        raise AssertionError("Prometheus does not scrape")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    if shutil.which("prometheus") is None:
        assert os.environ.get("LIFTLOCK_REAL") != "required", "prometheus is missing"
        pytest.skip("prometheus is not installed")
    folder = tmp_path_factory.mktemp("prometheus")
    write_past(folder)
    one = Prometheus(folder)
    try:
        yield one
    finally:
        one.stop()


# --- a past of half an hour, each sample at a time of our own: (requests, failed) at a second, or no scrape -------

BEGAN = int(time.time()) // 60 * 60 - 3 * 3600
EVERY_S, LASTS_S = 15, 1800
NONE = (None, None)
PAST: dict[str, Callable[[int], tuple[float | None, float | None]]] = {
    "steady": lambda t: (1000 + t, t // 60),
    "restarted": lambda t: (
        (1000 + t, 40 + t // 30) if t < 645 else (2 * t - 1285, (t - 700) // 15 if t > 720 else None)
    ),
    "sparse": lambda t: NONE if t // EVERY_S * 7 % 10 == 0 else (3 * t, t // 15),
    "away": lambda t: NONE if 600 <= t < 900 else (3 * t, t // 15),
    "gone": lambda t: (3 * t, 0) if t < 900 else NONE,
    "new": lambda t: (5000 + 3 * t, 700 + t // 60) if t >= 615 else NONE,
    "confused": lambda t: (100_000 + t, 3) if t != 600 else (float("nan"), 3),
}


def samples(host: str, part: int) -> list[tuple[int, float]]:
    found = ((t, PAST[host](t)[part]) for t in range(0, LASTS_S, EVERY_S))
    return [(t, value) for t, value in found if value is not None]


def write_past(folder: Path) -> None:
    lines = [
        f'past_total{{instance="{host}:1",code="{code}"}} {value} {BEGAN + t}'
        for host in PAST
        for part, code in enumerate(("200", "500"))
        for t, value in samples(host, part)
    ]
    (folder / "past").write_text("\n".join(["# TYPE past counter", *lines, "# EOF\n"]))
    told = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", str(folder / "past"), str(folder / "data")]
    subprocess.run(told, check=True)


def happened(host: str, part: int, since: float, until: float) -> float:
    """What all scrapes in between brought, one after the other. The host's first one tells of what was before it."""
    began, before, brought = min(t for t, _ in samples(host, 0)), 0.0, 0.0
    for t, value in samples(host, part):
        if since < t <= until and t > began:
            brought += value - before if value >= before else value
        before = value
    return brought


class Looker:
    """Looks as the product does: each begins where the last one ended."""

    def __init__(self, prometheus: Prometheus, metric: Metric) -> None:
        self.prometheus = prometheus
        canary = Canary((metric,), prometheus=prometheus.url)
        self.action = DRIVER.measure(metric, canary, SETTING).template.action  # type: ignore[union-attr]
        self.at = prometheus.scraped()

    def look(self, until: float = 0.0) -> dict[str, Reading]:
        until = until or self.prometheus.scraped()
        span = Span(self.at, until, until - self.at)
        self.at = until
        return {key: found[-1] for key, found in self.readings(span).items()}

    def readings(self, span: Span) -> dict[str, list[Reading]]:
        answer = self.answer(span)
        assert isinstance(answer, Evidence), answer
        found = msgspec.convert(answer.facts["readings"], dict[str, list[Reading]])
        return {key.partition(":")[0]: each for key, each in found.items()}

    def answer(self, span: Span) -> Evidence | Failure:
        context = Context("r", "look", "h", "", "orders", "1.1", "1.0", "1.1", span=span)
        call = DRIVER.operate(self.action, context)
        request = urllib.request.Request(call.url, call.body.encode(), dict(call.headers), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                found = Replied(reply.status, reply.read().decode())
        except urllib.error.HTTPError as error:
            found = Replied(error.code, error.read().decode())
        read = DRIVER.read(self.action, context, found)
        assert isinstance(read, Evidence | Failure)
        return read


ERRORS = Metric(name="errors", kind="errors", prometheus='http_total{code=~"5.."}', of="http_total")


def test_increments_tile_time_through_births_resets_and_failed_scrapes(prometheus: Prometheus) -> None:
    one, other = (prometheus.exporters[address] for address in HOSTS)
    one.count(1000, 10)
    other.count(500)
    looker = Looker(prometheus, ERRORS)
    one.count(1100, 13)
    other.count(600)
    seen = looker.look()
    assert (seen[HOSTS[0]].events, seen[HOSTS[0]].of) == (3.0, 103.0)
    assert (seen[HOSTS[1]].events, seen[HOSTS[1]].of) == (0.0, 100.0)
    other.count(650, 2)  # its first errors: a series that was not there
    assert looker.look()[HOSTS[1]].events == 2.0
    one.count(40)  # restarted: counters begin anew, and no error series yet
    seen = looker.look()
    assert (seen[HOSTS[0]].events, seen[HOSTS[0]].of) == (0.0, 40.0)
    one.count(60, 1)
    assert looker.look()[HOSTS[0]].events == 1.0
    one.text = None  # scrapes fail
    other.count(700, 2)
    prometheus.scraped()
    assert HOSTS[1] in looker.look()
    prometheus.scraped()
    one.count(90, 4)
    seen = looker.look()
    assert (seen[HOSTS[0]].events, seen[HOSTS[0]].of) == (3.0, 33.0)


def test_what_a_histogram_and_a_gauge_say(prometheus: Prometheus) -> None:
    one = prometheus.exporters[HOSTS[0]]

    def histogram(fast: int, slow: int, total: float) -> str:
        buckets = {"0.1": fast, "0.5": fast + slow, "+Inf": fast + slow}
        lines = [f'http_seconds_bucket{{le="{le}"}} {count}' for le, count in buckets.items()]
        return (
            "\n".join([*lines, f"http_seconds_sum {total}", f"http_seconds_count {fast + slow}", "memory 7e8"]) + "\n"
        )

    one.text = histogram(100, 1, 5.0)
    latency = Looker(prometheus, Metric(name="latency", kind="latency", prometheus="http_seconds"))
    one.text = histogram(160, 3, 9.0)
    reading = latency.look()[HOSTS[0]]
    assert (reading.of, reading.total, reading.buckets) == (62.0, 4.0, {"0.1": 60.0, "0.5": 62.0, "+Inf": 62.0})
    memory = Looker(prometheus, Metric(name="memory", kind="saturation", prometheus="memory"))
    assert memory.look()[HOSTS[0]].level == 7e8


def test_an_exporter_of_the_wild(prometheus: Prometheus) -> None:
    """What Prometheus tells of itself: many series of one host, each handler and code its own."""
    requests = "prometheus_http_requests_total"
    errors = Metric(name="errors", kind="errors", prometheus=f'{requests}{{code="400"}}', of=requests)
    latency = Metric(name="latency", kind="latency", prometheus="prometheus_http_request_duration_seconds")
    memory = Metric(name="memory", kind="saturation", prometheus='process_resident_memory_bytes{job="itself"}')
    lookers = [Looker(prometheus, metric) for metric in (errors, latency, memory)]
    for _ in range(5):
        with pytest.raises(urllib.error.HTTPError):
            prometheus.ask("/api/v1/query", "query=sum(")
    wrong, slow, held = (looker.look()["localhost"] for looker in lookers)
    assert wrong.events == 5.0
    assert wrong.of is not None
    assert wrong.of > 5.0
    assert slow.buckets is not None
    assert slow.buckets["+Inf"] == slow.of
    assert slow.of is not None
    assert slow.of > 5.0
    assert held.level is not None
    assert held.level > 1e6


def test_the_past_comes_in_intervals_that_add_up(prometheus: Prometheus) -> None:
    one = prometheus.exporters[HOSTS[0]]
    one.count(1000, 0)
    looker = Looker(prometheus, ERRORS)
    began = looker.at
    for step in range(1, 5):
        one.count(1000 + 50 * step, step)
        until = prometheus.scraped()
    readings = looker.readings(Span(began, began + (until - began), (until - began) / 4))[HOSTS[0]]
    assert sum(reading.of or 0.0 for reading in readings) == 204.0
    assert sum(reading.events or 0.0 for reading in readings) == 4.0


PAST_ERRORS = Metric(name="errors", kind="errors", prometheus='past_total{code="500"}', of="past_total")


def test_looks_and_the_past_add_up_to_what_every_scrape_brought(prometheus: Prometheus) -> None:
    looker = Looker(prometheus, PAST_ERRORS)
    ends = [60.0 * minute + 0.137 * (minute % 3) for minute in range(2, 29)]
    seen: dict[str, list[Reading]] = {host: [] for host in PAST}
    for since, until in pairwise(ends):
        for host, readings in looker.readings(Span(BEGAN + since, BEGAN + until, 60.0)).items():
            seen[host] += readings
    whole = looker.readings(Span(BEGAN + 120.0, BEGAN + 1680.0, 60.0))
    for host in PAST.keys() - {"confused"}:
        for readings, since, until in ((seen[host], ends[0], ends[-1]), (whole[host], 120.0, 1680.0)):
            bad = happened(host, 1, since, until)
            assert sum(reading.events or 0.0 for reading in readings) == bad, host
            assert sum(reading.of or 0.0 for reading in readings) == happened(host, 0, since, until) + bad, host
    assert (
        1500 < sum(reading.of or 0.0 for reading in seen["confused"]) <= 1560
    )  # never what it has counted in its life
    assert len(whole["gone"]) < len(whole["away"]) < len(whole["steady"]) == 26


def test_several_values_of_one_host_are_refused(prometheus: Prometheus) -> None:
    own = Metric(
        name="errors",
        kind="errors",
        prometheus='increase(past_total{code="500"}[$interval])',
        of="increase(past_total[$interval])",
    )
    found = Looker(prometheus, own).answer(Span(BEGAN + 1200.0, BEGAN + 1260.0, 60.0))
    assert isinstance(found, Failure)
    assert found.code == "measure.prometheus.several"


def test_what_it_refuses_is_told_in_its_own_words(prometheus: Prometheus) -> None:
    wrong = Looker(prometheus, Metric(name="m", kind="saturation", prometheus="sum(rate(x[$interval])) by"))
    found = wrong.answer(Span(0.0, 60.0, 60.0))
    assert isinstance(found, Failure)
    assert (found.code, found.fields["type"]) == ("measure.prometheus.error", "bad_data")
    scalar = Looker(prometheus, Metric(name="m", kind="saturation", prometheus="scalar(sum(up)) * 1"))
    refused = scalar.answer(Span(0.0, 60.0, 60.0))
    assert isinstance(refused, Failure)
    unnamed = Looker(prometheus, Metric(name="m", kind="saturation", prometheus="sum(up) * 1"))
    found = unnamed.answer(Span(unnamed.at - 60, unnamed.at, 60.0))
    assert isinstance(found, Failure)
    assert found.code == "measure.prometheus.no_label"
