"""Commands as sources: the form of what they print as a table, and run under dash and busybox."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.drivers.figures import Unread, reading_of
from liftlock.drivers.measure_command import DRIVERS, NAME
from liftlock.drivers.measuring import BOUNDS
from liftlock.model.actions import Action, Evidence, Exited, Failure, TimedOut
from liftlock.model.canary import Reading, Span
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Setting
from tests.drivers.conftest import HOSTILE, Machine

(DRIVER,) = DRIVERS
SETTING = Setting("orders", "1.0", "1.1", False, {"h1": {}}, {}, {})


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("0.25\n", Reading(9.0, level=0.25)),
        ("\n# memory, MiB\n  812 \n", Reading(9.0, level=812.0)),
        ("-3", Reading(9.0, level=-3.0)),
        ("events 3\nof 100", Reading(9.0, events=3.0, of=100.0, cumulative=True)),
        ("increments\nevents 3\nof 100\n", Reading(9.0, events=3.0, of=100.0)),
        ("of 100\ncumulative\nevents 3\n", Reading(9.0, events=3.0, of=100.0, cumulative=True)),
        ("total 12.5\nsquares 3e1\nof 50", Reading(9.0, of=50.0, total=12.5, squares=30.0, cumulative=True)),
        (
            'le="+Inf" 50\nle=0.10 20\nle=1 48\nincrements',
            Reading(9.0, of=50.0, buckets={"0.1": 20.0, "1": 48.0, "+Inf": 50.0}),
        ),
        ("le=1 48\nof 50\nincrements", Reading(9.0, of=50.0, buckets={"1": 48.0, "+Inf": 50.0})),
        ("", Unread("-")),
        ("increments", Unread("-")),
        ("nan", Unread("nan")),
        ("inf", Unread("inf")),
        ("three", Unread("three")),
        ("12 %", Unread("12 %")),
        ("errors 3\nof 100", Unread("errors 3")),
        ("events -1\nof 100", Unread("events -1")),
        ("events 1\nevents 2", Unread("events 2")),
        ("0.25\nof 3", Unread("of 3")),
        ("of 3\n0.25", Unread("0.25")),
        ("0.25\n-1", Unread("-1")),
        ("le=x 3", Unread("le=x 3")),
        ("le=0.1 30\nle=1 20", Unread("le=")),
        ("le=0.1 30\nof 20", Unread("le=")),
    ],
)
def test_what_is_printed(printed: str, expected: Reading | Unread) -> None:
    assert reading_of(printed, 9.0) == expected


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=2, max_size=50))
@settings(max_examples=40, deadline=None)
def test_several_numbers_are_durations(values: list[float]) -> None:
    found = reading_of("\n".join(map(repr, values)), 9.0)
    assert isinstance(found, Reading)
    assert (found.of, found.total) == (len(values), pytest.approx(sum(values)))
    assert found.squares == pytest.approx(sum(value**2 for value in values))
    assert tuple(found.buckets) == (*BOUNDS, "+Inf")
    assert found.buckets["0.1"] == sum(value <= 0.1 for value in values)
    assert not found.cumulative


def action_of(command: str, kind: Any = "latency") -> Action:
    source = DRIVER.measure(Metric("m", kind, command=command), Canary(()), SETTING)
    assert source is not None
    assert (source.whole, source.template.at) == (False, "")
    return source.template.action


def reading(machine: Machine, command: str, kind: Any = "latency", **more: Any) -> Reading:
    context = machine.context(span=Span(940.0, 1000.0, 60.0), **more)
    facts = machine.good(DRIVER, action_of(command, kind), context)
    (found,) = msgspec.convert(facts["readings"], dict[str, tuple[Reading, ...]])[""]
    return found


def test_a_command_sees_its_host_and_the_interval(machine: Machine) -> None:
    assert reading(machine, 'echo "$until $since" | { read -r a b; echo "$((${a%.*} - ${b%.*}))"; }').level == 60
    known = {"pool": HOSTILE}
    assert reading(machine, 'test "$host" = h1; echo "$pool" >/dev/null; echo 7', variables=known).level == 7


def test_each_kind_takes_what_it_needs(machine: Machine) -> None:
    counts = "printf 'events 3\\nof 100\\ntotal 5\\n'"
    assert reading(machine, counts, "errors") == Reading(1000.0, events=3.0, of=100.0, cumulative=True)
    assert reading(machine, counts, "latency") == Reading(1000.0, of=100.0, total=5.0, cumulative=True)
    assert reading(machine, "echo 80", "saturation") == Reading(1000.0, level=80.0)
    assert reading(machine, "printf '0.1\\n0.3\\n'", "latency").total == 0.4


@pytest.mark.parametrize(
    ("command", "kind", "code"),
    [
        ("echo 1; false", "latency", "status"),
        ("cat /no/such/file", "latency", "status"),
        ("echo up", "latency", "unread"),
        (":", "latency", "unread"),
        ("echo 0.01", "errors", "other"),
        ("echo of 100", "errors", "other"),
        ("echo of 100", "latency", "other"),
        ("echo total 100", "latency", "other"),
        ("printf 'events 1\\nof 2\\n'", "saturation", "other"),
    ],
)
def test_what_is_no_figure_is_a_failure(machine: Machine, command: str, kind: str, code: str) -> None:
    failure = machine.bad(DRIVER, action_of(command, kind), machine.context())
    assert failure.code == f"{NAME}.{code}"
    assert DRIVER.manifest.words["zh"][failure.code].format(**failure.fields)


@pytest.mark.parametrize("output", ["0.1\n[...]\n0.2\n", "0.1\n0.2\n…"])
def test_an_output_that_was_cut_is_no_figure(output: str, machine: Machine) -> None:
    answer = DRIVER.read(action_of("x"), machine.context(), Exited(0, output))
    assert isinstance(answer, Failure)
    assert answer.code == f"{NAME}.cut"


def test_a_command_that_hangs_is_no_figure(machine: Machine) -> None:
    answer = DRIVER.read(action_of("x"), machine.context(), TimedOut("0.1"))
    assert isinstance(answer, Failure)
    assert not isinstance(answer, Evidence)
    assert answer.code == f"{NAME}.timeout"


def test_only_commands() -> None:
    assert DRIVER.measure(Metric("m", "latency", prometheus="x"), Canary(()), SETTING) is None
