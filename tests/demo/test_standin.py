"""The contract of the two load balancers: what the stand-in says and does, HAProxy says and does."""

import csv
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from demo.balancer import Balancer
from demo.fleet import SandboxHost

from demo import runtime_api

Say = Callable[[str], str]
PATIENCE_S = 10.0


def stat(say: Say, command: str = "show stat orders 4 -1") -> dict[str, dict[str, str]]:
    rows = csv.DictReader(say(command).removeprefix("# ").splitlines())
    return {row["svname"]: row for row in rows if row["svname"]}


def admin_state(say: Say, server: str) -> str:
    for line in say("show servers state orders").splitlines():
        fields = line.split()
        if fields[3:4] == [server]:
            return fields[6]
    raise AssertionError(f"{server} is not listed")


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def get(lb: Balancer, path: str = "/order?item=1") -> tuple[int, str]:
    """Status, and the version that answered."""
    try:
        with urllib.request.urlopen(lb.url + path, timeout=5) as answer:
            return answer.status, json.load(answer)["version"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("X-Version", "")


@pytest.fixture(autouse=True)
def _all_in(say: Say, hosts: list[SandboxHost]) -> None:
    """Each test begins with every server up and in."""
    for host in hosts:
        say(f"set server orders/{host.name} state ready")
    eventually(lambda: all(row["status"] == "UP" for row in stat(say).values()))


def test_columns_are_haproxys(say: Say) -> None:
    header = say("show stat").splitlines()[0].removeprefix("# ").split(",")
    assert header[: len(runtime_api.STAT_COLUMNS)] == runtime_api.STAT_COLUMNS


def test_state_columns_are_haproxys(say: Say) -> None:
    version, header, *_ = say("show servers state orders").splitlines()
    assert version == "1"
    assert header.removeprefix("# ").split() == runtime_api.STATE_COLUMNS


def test_lists_frontend_servers_and_backend(say: Say) -> None:
    rows = list(csv.DictReader(say("show stat").removeprefix("# ").splitlines()))
    named = [(row["pxname"], row["svname"], row["type"]) for row in rows if row["svname"]]
    servers = [("orders", f"app-0{n}", "2") for n in (1, 2, 3)]
    assert named == [("shop", "FRONTEND", "0"), *servers, ("orders", "BACKEND", "1")]


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        ("show stat -1 2 -1", {"BACKEND"}),
        ("show stat -1 4 -1", {"app-01", "app-02", "app-03"}),
        ("show stat orders 6 -1", {"app-01", "app-02", "app-03", "BACKEND"}),
        ("show stat shop 1 -1", {"FRONTEND"}),
        ("show stat orders 4 2", {"app-02"}),
    ],
)
def test_filters(say: Say, command: str, rows: set[str]) -> None:
    assert set(stat(say, command)) == rows


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("set server orders/app-01 state drain", "\n"),
        ("set server orders/app-99 state drain", "No such server.\n\n"),
        ("set server nope/app-01 state drain", "No such backend.\n\n"),
        (
            "set server orders/app-01 state asleep",
            "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n",
        ),
        ("show stat nope 4 -1", "No such proxy.\n\n"),
        ("show servers state nope", "Can't find backend.\n\n"),
    ],
)
def test_answers_word_for_word(say: Say, command: str, answer: str) -> None:
    assert say(command) == answer


def test_unknown_command(say: Say) -> None:
    assert say("frobnicate").startswith("Unknown command")


@pytest.mark.parametrize(("state", "status", "code"), [("drain", "DRAIN", "8"), ("maint", "MAINT", "1")])
def test_a_server_out_gets_no_request(lb: Balancer, say: Say, state: str, status: str, code: str) -> None:
    say(f"set server orders/app-01 state {state}")
    assert stat(say)["app-01"]["status"] == status
    assert admin_state(say, "app-01") == code
    before = int(stat(say)["app-01"]["stot"])
    assert {get(lb) for _ in range(12)} == {(200, "1.0")}
    assert int(stat(say)["app-01"]["stot"]) == before


def test_a_server_back_in_gets_its_share(lb: Balancer, say: Say) -> None:
    say("set server orders/app-02 state drain")
    say("set server orders/app-02 state ready")
    assert admin_state(say, "app-02") == "0"
    before = {name: int(row["stot"]) for name, row in stat(say).items()}
    for _ in range(12):
        get(lb)
    assert {name: int(row["stot"]) - before[name] for name, row in stat(say).items()} == dict.fromkeys(before, 4)


def test_counts_answers_by_class_and_server(lb: Balancer, say: Say) -> None:
    before = stat(say)
    answers = [get(lb, f"/order?item={item}") for item in range(1, 61) for _ in range(3)]
    bad = answers.count((500, "1.2"))
    after = stat(say)

    def grown(server: str, column: str) -> int:
        return int(after[server][column]) - int(before[server][column])

    assert bad > 0
    assert grown("app-01", "hrsp_5xx") == bad
    assert grown("app-01", "hrsp_2xx") == 60 - bad
    assert grown("app-02", "hrsp_5xx") == grown("app-03", "hrsp_5xx") == 0
    assert all(grown(server, "req_tot") == grown(server, "stot") == 60 for server in after)


def test_without_servers_says_503(lb: Balancer, say: Say, hosts: list[SandboxHost]) -> None:
    for host in hosts:
        say(f"set server orders/{host.name} state maint")
    assert get(lb)[0] == 503
    assert stat(say, "show stat orders 2 -1")["BACKEND"]["status"] == "DOWN"


def test_several_commands_on_one_line(say: Say) -> None:
    answer = say("set server orders/app-03 state drain; show stat orders 4 3")
    assert answer.startswith("\n# pxname,")
    assert ",DRAIN," in answer


@pytest.mark.parametrize(("wish", "ends"), [("close", True), ("keep-alive", False)])
def test_a_connection_ends_when_the_client_says_so(lb: Balancer, wish: str, ends: bool) -> None:
    port = int(lb.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection, connection.makefile("rb") as answer:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: {wish}\r\n\r\n".encode())
        head = list(iter(answer.readline, b"\r\n"))
        length = next(int(line.split()[1]) for line in head if line.lower().startswith(b"content-length"))
        answer.read(length)
        connection.settimeout(0.3)
        if ends:
            assert answer.read(1) == b""
        else:
            with pytest.raises(TimeoutError):
                answer.read(1)


def test_variables_are_remembered(say: Say) -> None:
    assert "Variable not found." in say("get var proc.liftlock_none")
    say("experimental-mode on;set var proc.liftlock_word str(cut:3)")
    assert "proc.liftlock_word: type=str value=<cut:3>" in say("get var proc.liftlock_word")
    before = int(time.time())
    said = say("experimental-mode on;set var proc.liftlock_time date();get var proc.liftlock_time")
    told = said.partition("type=sint value=<")[2].partition(">")[0]
    assert before <= int(told) <= int(time.time())
