"""Access logs read on, under dash and busybox: formats, and every way in which a log is cut, renamed or copied."""

import itertools
import os
import random
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from liftlock.drivers.measure_log import DRIVERS, NAME
from liftlock.drivers.measuring import BOUNDS
from liftlock.model.actions import Evidence, Exited, Failure, FailureKind, Script
from liftlock.model.canary import Reading, Span
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Setting
from tests.drivers.conftest import HOSTILE, Machine

(DRIVER,) = DRIVERS
SETTING = Setting("orders", "1.0", "1.1", False, {"h1": {}}, {}, {})
COMBINED = (
    '10.0.0.9 - - [25/Nov/2026:14:36:53 +0000] "GET /{path} HTTP/1.1" {status} 51 "-" "Mozilla/5.0 (X11)"{more}\n'
)
HTTPLOG = (
    "{head}10.0.1.2:33317 [25/Nov/2026:14:36:53.655] web~ {place} {timers} {status} 2750 - - {state} "
    '1/1/1/1/0 0/0 {{shop.example}} "GET /x HTTP/1.1"\n'
)


class Log:
    """A log with its program: what was written through it, and what the looks have told of it."""

    def __init__(self, machine: Machine, **metric: Any) -> None:
        self.machine, self.path = machine, machine.root / "access.log"
        given: dict[str, Any] = {"name": "m", "kind": "errors", "access_log": str(self.path), **metric}
        source = DRIVER.measure(Metric(**given), Canary(()), SETTING)
        assert source is not None
        self.source, self.cursor, self.facts = source, "", dict[str, Any]()
        self.written = self.seen = 0

    def script(self) -> Script:
        return DRIVER.operate(self.source.template.action, self.context())

    def context(self) -> Any:
        return self.machine.context(span=Span(940.0, 1000.0, 60.0, self.cursor))

    def look(self) -> dict[str, Reading]:
        answer = DRIVER.read(self.source.template.action, self.context(), self.machine.run(self.script()))
        assert isinstance(answer, Evidence), answer
        self.facts, self.cursor = answer.facts, answer.facts["cursor"]
        assert len(self.cursor) < 400
        found = msgspec.convert(answer.facts["readings"], dict[str, list[Reading]])
        return {key: readings[0] for key, readings in found.items()}

    def fails(self) -> Failure:
        answer = DRIVER.read(self.source.template.action, self.context(), self.machine.run(self.script()))
        assert isinstance(answer, Failure), answer
        for language in ("en", "zh"):
            assert DRIVER.manifest.words[language][answer.code].format(**answer.fields)
        return answer

    def requests(self) -> int:
        """How many requests a look tells of."""
        found = self.look()
        self.seen += int(found[""].of or 0) if found else 0
        return int(found[""].of or 0) if found else 0

    def write(self, count: int = 1, file: Path | None = None) -> None:
        with (file or self.path).open("a") as out:
            for _ in range(count):
                self.written += 1
                out.write(COMBINED.format(path=f"orders/{self.written}", status=200, more=""))

    def write_part(self, text: str) -> None:
        with self.path.open("a") as out:
            out.write(text)

    def old(self, number: int = 1) -> Path:
        return self.path.with_name(f"access.log.{number}")

    def rotate(self, *, create: bool = True) -> None:
        """As logrotate does: older numbers first."""
        for number in range(8, 0, -1):
            if self.old(number).exists():
                self.old(number).rename(self.old(number + 1))
        self.path.rename(self.old())
        if create:
            self.path.touch()


@pytest.fixture
def log(machine: Machine) -> Log:
    made = Log(machine)
    made.write(3)
    assert made.look() == {}
    assert made.facts["lines"] == 0
    return made


# --- formats -------------------------------------------------------------------------------------------------


def read(machine: Machine, text: str, **metric: Any) -> tuple[dict[str, Reading], dict[str, Any]]:
    made = Log(machine, **metric)
    made.path.touch()
    made.look()
    made.write_part(text)
    return made.look(), made.facts


def line(status: int, more: str = "") -> str:
    return COMBINED.format(path="orders", status=status, more=more)


def test_nginx_combined_tells_of_errors(machine: Machine) -> None:
    text = line(200) + line(404) + line(499) + line(500) + line(503) + "cut in the middl\n" + "\n"
    found, facts = read(machine, text)
    assert found == {"": Reading(1000.0, events=2.0, of=5.0)}
    assert (facts["lines"], facts["malformed"]) == (7, 2)


@pytest.mark.parametrize(
    "more",
    [
        " rt=0.250",
        ' rt=0.250 uct="0.001" urt="0.240"',
        ' uct="0.001" rt="0.250" urt="0.240"',
        ' "10.1.1.1" request_time=0.250, urt=0.100',
        " 0.250 0.240 .",
        ' "-" 1764 0.250',
    ],
)
def test_nginx_durations_behind_the_request(machine: Machine, more: str) -> None:
    text = line(200, more) * 3 + line(502)
    found, _ = read(machine, text, kind="latency")
    reading = found[""]
    assert (reading.of, reading.total, reading.squares) == (3, 0.75, 0.1875)
    assert (reading.buckets["0.2"], reading.buckets["0.3"], reading.buckets["+Inf"]) == (0, 3, 3)
    assert reading.events is None


def test_nginx_json(machine: Machine) -> None:
    known = '{{"time":"2026","status": {status},"request_time":{time},"ua":"{agent}"}}\n'
    forged = r"x\" \"status\": 500, \"request_time\": 99"
    text = known.format(status=200, time="0.100", agent="curl") + known.format(
        status='"500"', time='"3.5"', agent=forged
    )
    found, facts = read(machine, text, kind="latency")
    assert (found[""].of, found[""].total, facts["malformed"]) == (2, 3.6, 0)
    assert [found[""].buckets[bound] for bound in ("0.07", "0.1", "3", "4")] == [0, 1, 1, 2]
    assert read(machine, text)[0] == {"": Reading(1000.0, events=1.0, of=2.0)}


def test_a_client_cannot_write_itself_a_status_or_a_duration(machine: Machine) -> None:
    mean = COMBINED.replace("/{path}", "/ rt=9 status=500").replace("Mozilla", "rt=99 \\x22 500 \\x22 status=500")
    found, _ = read(machine, mean.format(status=200, more=" rt=0.002"), kind="latency")
    assert (found[""].of, found[""].total) == (1, 0.002)
    found, _ = read(machine, mean.format(status=200, more=""))
    assert found[""] == Reading(1000.0, events=0.0, of=1.0)


def test_what_is_no_text_is_a_line_all_the_same(machine: Machine) -> None:
    made = Log(machine)
    made.path.touch()
    made.look()
    raw = b"\x00\xff\x80 \n" + line(500).replace("orders", "订单\udcff").encode("utf-8", "surrogateescape")
    made.path.write_bytes(raw + b"\x00" * 100)
    assert made.look() == {"": Reading(1000.0, events=1.0, of=1.0)}
    assert made.facts["malformed"] == 1
    made.write_part("\n" + line(200))
    assert made.look()[""].of == 1


def haproxy_line(
    place: str, timers: str = "0/0/1/249/300", status: int = 200, state: str = "----", head: str = ""
) -> str:
    return HTTPLOG.format(place=place, timers=timers, status=status, state=state, head=head)


def test_haproxys_log_answers_for_every_server(machine: Machine) -> None:
    syslog = "<134>Nov 25 14:36:53 lb-1 haproxy[14389]: "
    text = (
        haproxy_line("orders/app-1", head=syslog) * 2
        + haproxy_line("orders/app-1", "0/50/-1/-1/300", 503, "SC--")
        + haproxy_line("orders/app-2", status=500)
        + haproxy_line("orders/app-2", status=200, state="SD--")  # the server broke off
        + haproxy_line("orders/app-2", "0/0/0/5/1", 101, "SD--")  # a websocket ends
        + haproxy_line("orders/app-2", "0/0/1/-1/9", -1, "CH--")  # the client went away
        + haproxy_line("orders/<NOSRV>", "0/-1/-1/-1/0", 503, "SC--")
        + haproxy_line("web/<NOSRV>", "-1/-1/-1/-1/0", 400, "PR--")
        + haproxy_line("billing/app-1", status=500)
        + "Nov 25 14:36:53 lb-1 haproxy[14389]: Server orders/app-1 is UP.\n"
    )
    found, facts = read(machine, text, at="lb-1", backend="orders")
    assert found == {"app-1": Reading(1000.0, events=1.0, of=3.0), "app-2": Reading(1000.0, events=2.0, of=4.0)}
    assert (facts["lines"], facts["malformed"], facts["nobody"]) == (11, 1, 1)
    found, _ = read(machine, text, at="lb-1", backend="orders", kind="latency")
    assert (found["app-1"].of, found["app-1"].total, found["app-1"].squares) == (2, 0.5, 0.125)
    assert found["app-2"].buckets["0.005"] == 1
    found, facts = read(machine, text, format="haproxy")  # one beside each host: all that it says is of this host
    assert found == {"": Reading(1000.0, events=4.0, of=8.0)}
    assert facts["nobody"] == 2


def test_a_log_of_another_format_is_said(machine: Machine) -> None:
    made = Log(machine, format="haproxy")
    made.path.touch()
    made.look()
    made.write(5)
    failure = made.fails()
    assert (failure.code, failure.fields["lines"], failure.kind) == (f"{NAME}.format", 5, FailureKind.REFUSED)
    for metric, code in (({"kind": "latency"}, "untimed"), ({"at": "lb-1", "format": "nginx"}, "unnamed")):
        made = Log(machine, **metric)
        made.look()
        made.write(2)
        assert made.fails().code == f"{NAME}.{code}"


def test_more_servers_than_an_answer_holds_are_said(machine: Machine) -> None:
    made = Log(machine, at="lb-1")
    action = made.source.template.action
    output = "@cursor=1:2:3\n@servers=3\n10 3 0 0\na 1 0 0 0 0\nb 1 0 0 0"
    answer = DRIVER.read(action, made.context(), Exited(0, output + " 0\n\n…"))
    assert isinstance(answer, Failure)
    assert (answer.code, answer.fields["servers"]) == (f"{NAME}.many", 2)


@pytest.mark.parametrize("form", ["{0} us={1} urt={2} end=1", '"{0}" us="{1}" urt="{2}"', "json"])
def test_nginx_at_the_load_balancer_tells_of_each_server_that_was_tried(machine: Machine, form: str) -> None:
    def written(status: int, tried: str, statuses: str, times: str) -> str:
        if form != "json":
            return line(status, " rt=9 upstream=" + form.format(tried, statuses, times))
        names = f'"upstream_addr":"{tried}","upstream_status":"{statuses}","upstream_response_time":"{times}"'
        return f'{{"status":{status},"request_time":9,{names}}}\n'

    text = (
        written(200, "10.0.0.1:80", "200", "0.250") * 2
        + written(200, "10.0.0.2:80, 10.0.0.1:80", "502, 200", "0.000, 0.250")  # dead, and another one answered
        + written(404, "10.0.0.2:80", "404", "0.500")
        + written(504, "10.0.0.1:80", "504", "3.000")
        + written(502, "orders", "502", "0.000")  # nobody was left
        + written(200, "-", "-", "-")  # nginx itself
    )
    found, facts = read(machine, text, at="lb-1", format="nginx")
    assert found == {
        "10.0.0.1:80": Reading(1000.0, events=1.0, of=4.0),
        "10.0.0.2:80": Reading(1000.0, events=1.0, of=2.0),
    }
    assert (facts["malformed"], facts["nobody"]) == (0, 2)
    found, _ = read(machine, text, at="lb-1", format="nginx", kind="latency")
    assert {server: (reading.of, reading.total) for server, reading in found.items()} == {
        "10.0.0.1:80": (3, 0.75),
        "10.0.0.2:80": (1, 0.5),
    }


def test_nginx_at_the_load_balancer_with_nothing_but_the_address(machine: Machine) -> None:
    text = line(200, " rt=0.250 upstream=10.0.0.1:80") + line(200, " upstream=10.0.0.2:80, unix:/run/a.sock rt=0.1")
    found, _ = read(machine, text, at="lb-1", format="nginx")
    assert {server: (reading.events, reading.of) for server, reading in found.items()} == {
        "10.0.0.1:80": (0, 1),
        "10.0.0.2:80": (1, 1),
        "unix:/run/a.sock": (0, 1),
    }
    found, _ = read(machine, text, at="lb-1", format="nginx", kind="latency")
    assert {server: reading.total for server, reading in found.items() if reading.of} == {"10.0.0.1:80": 0.25}


# --- reading on -----------------------------------------------------------------------------------------------


def test_only_what_has_come_since(log: Log) -> None:
    log.write(4)
    assert log.requests() == 4
    assert log.requests() == 0
    log.write(1)
    assert log.requests() == 1
    assert (log.facts["lost"], log.facts["behind"]) == ("no", 0)


def test_a_look_whose_answer_is_lost_is_made_again(log: Log) -> None:
    log.write(4)
    before = log.cursor
    assert log.requests() == 4
    log.cursor = before
    log.write(2)
    log.rotate()
    log.write(3)
    assert log.requests() == 9


def test_a_line_counts_when_it_is_whole(log: Log) -> None:
    whole = line(200)
    log.write_part(whole + whole[:70])
    assert log.requests() == 1
    log.write_part(whole[70:-1])
    assert log.requests() == 0
    log.write_part("\n")
    assert log.requests() == 1
    assert log.facts["malformed"] == 0


def test_the_first_look_begins_with_a_whole_line(machine: Machine) -> None:
    made = Log(machine)
    made.path.write_text(line(200) + line(200)[:30])
    made.look()
    made.write_part(line(200)[30:])
    assert made.requests() == 1
    assert made.facts["malformed"] == 0


def test_a_renamed_log_is_read_to_its_end_also_what_is_written_there_later(log: Log) -> None:
    log.write(2)
    log.rotate()
    assert log.requests() == 2
    log.write(3, log.old())  # until it is told to open its log anew
    assert log.requests() == 3
    log.write(4, log.old())
    log.write(5)
    assert log.requests() == 9
    log.write(1, log.old())  # a worker that is late
    log.write(1)
    assert log.requests() == 2
    log.write(1)
    assert log.requests() == 1
    assert log.cursor.count(";") == 0  # quiet for a whole look
    assert log.facts["lost"] == "no"


def test_a_new_log_that_grows_at_once_does_not_hide_what_comes_late_to_the_old_one(log: Log) -> None:
    log.rotate()
    log.write(1)
    assert log.requests() == 1
    log.write(1, log.old())
    assert log.requests() == 1


def test_an_old_log_is_not_left_before_the_new_one_grows(log: Log) -> None:
    log.rotate()
    for late in (0, 0, 1, 0, 2):
        log.write(late, log.old())
        assert log.requests() == late


def test_two_rotations_between_looks(log: Log) -> None:
    log.write(1)
    log.rotate()
    log.write(2)
    log.rotate()
    log.write(3)
    assert log.requests() == 6


@pytest.mark.parametrize(
    "name", ["access.log-20261125", "access-20261125.log", "access.log.2026-11-25", "access.log.0"]
)
def test_names_of_rotated_logs(log: Log, name: str) -> None:
    for foreign in ("access.log.7.gz", "access-api.log", "access.log.bak", "access.log.19", "error.log"):
        log.path.with_name(foreign).write_text(line(500) * 3)
    log.write(2)
    log.path.rename(log.path.with_name(name))
    log.write(3)
    assert log.look() == {"": Reading(1000.0, events=0.0, of=5.0)}


def test_a_log_with_a_hostile_name(machine: Machine) -> None:
    path = machine.root / HOSTILE.replace("/", "_") / "[a]*.log"
    path.parent.mkdir()
    made = Log(machine, access_log=str(path).replace("{", "{{"))
    made.path = path
    made.write(1)
    made.look()
    made.write(2)
    path.rename(path.with_name(f"{path.name}.1"))
    made.write(3)
    assert made.requests() == 5
    assert not (machine.root / "pwned").exists()


def test_a_log_that_is_not_there_for_a_while(log: Log) -> None:
    log.write(2)
    log.rotate(create=False)
    assert log.requests() == 2
    assert log.requests() == 0
    log.write(3)
    assert log.requests() == 3


def test_a_copy_and_a_cut(log: Log) -> None:
    log.write(2)
    assert log.requests() == 2
    log.write(3)
    shutil.copyfile(log.path, log.old())
    os.truncate(log.path, 0)
    log.write(1)
    assert log.requests() == 4
    log.write(40)  # beyond the old place, before the next look
    assert log.requests() == 40
    assert log.facts["lost"] == "no"


def test_a_cut_log_that_is_longer_again_is_known_for_another(log: Log) -> None:
    os.truncate(log.path, 0)
    log.write(30)
    assert log.requests() == 30
    assert log.facts["lost"] == "yes"


def test_another_file_with_the_same_inode_is_not_taken_for_the_old_one(log: Log) -> None:
    log.write(2)
    inode = log.path.stat().st_ino
    assert log.requests() == 2
    text = "".join(COMBINED.format(path=f"new/{number}", status=500, more="") for number in range(50))
    with log.path.open("r+") as out:  # what a deleted log's inode given to a new log looks like
        out.write(text)
        out.truncate()
    assert log.path.stat().st_ino == inode
    assert log.look()[""] == Reading(1000.0, events=50.0, of=50.0)


def test_what_was_compressed_before_it_was_read_is_told_as_lost(log: Log) -> None:
    log.write(2)
    log.rotate()
    log.old().rename(log.old().with_suffix(".1.gz"))
    log.write(1)
    assert log.requests() == 1
    assert log.facts["lost"] == "yes"
    log.write(1)
    assert log.requests() == 1
    assert log.facts["lost"] == "no"


def test_no_log_is_a_failure(log: Log) -> None:
    log.path.unlink()
    failure = log.fails()
    assert (failure.code, failure.kind) == (f"{NAME}.missing", FailureKind.TRANSIENT)
    log.cursor = ""
    assert log.fails().code == f"{NAME}.missing"
    nowhere = Log(log.machine, access_log=f"{log.machine.root}/no/such/access.log")
    assert nowhere.fails().fields["path"] == f"{log.machine.root}/no/such/access.log"


def test_work_is_bounded_and_goes_on_in_the_next_look(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liftlock.drivers.measure_log.MOST_BYTES", 1000)
    log.write(20)
    log.rotate()
    log.write(20)
    looks = []
    while (found := log.requests()) or log.facts["behind"]:
        looks.append(found)
    assert sum(looks) == 40
    assert len(looks) > 3
    assert max(looks) < 12


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_to_the_log_each_line_counts_once(log: Log, seed: int) -> None:
    """Appending, renaming with late lines in the old file, copying and cutting, lost answers: in any order."""
    rng, log.written = random.Random(seed), 0
    for _ in range(30):
        match rng.choice("wwwlrpcx"):
            case "w":
                log.write(rng.randint(1, 5))
            case "l":
                before, seen = log.cursor, log.seen
                log.requests()
                if rng.random() < 0.3:
                    log.cursor, log.seen = before, seen
            case "r":
                log.rotate(create=rng.random() < 0.5)
                log.write(rng.randint(0, 3), log.old())
                log.write(1)
            case "p":
                log.write(1, log.old() if log.cursor.count(";") and log.old().exists() else None)
            case "c" if not log.old().exists():
                shutil.copyfile(log.path, log.old())
                os.truncate(log.path, 0)
            case "x":
                log.requests()
    log.requests()
    assert log.seen == log.written


# --- where a metric is read ------------------------------------------------------------------------------------


def test_sources() -> None:
    def source(**metric: Any) -> Any:
        return DRIVER.measure(Metric(**{"name": "m", "kind": "errors", **metric}), Canary(()), SETTING)

    here = source(access_log="/var/log/nginx/access.log")
    assert (here.whole, here.key, here.template.at, here.template.action.args["format"]) == (False, "", "", "nginx")
    there = source(access_log="/var/log/haproxy.log", at="lb-1", backend="orders", server="{host}-http")
    assert (there.whole, there.key, there.template.at) == (True, "{host}-http", "lb-1")
    assert there.template.action.args["format"] == "haproxy"
    assert source(prometheus="x") is None
    there = source(access_log="/var/log/nginx/access.log", at="lb-1", format="nginx")
    assert (there.whole, there.key) == (True, "{address}")
    assert source(access_log="/a", kind="saturation") is None


def test_bounds_lie_between_a_millisecond_and_a_minute() -> None:
    bounds = [float(bound) for bound in BOUNDS]
    assert bounds == sorted(set(bounds))
    assert (bounds[0], bounds[-1], len(bounds)) == (0.001, 60.0, 35)
    assert all(1.1 < after / before <= 1.5 for before, after in itertools.pairwise(bounds))
