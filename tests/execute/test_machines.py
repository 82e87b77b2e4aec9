"""On another machine than its controller's, a step without a mark is not one that never started."""

from datetime import UTC, datetime

from liftlock.execute.machines import begun_elsewhere, machine_of
from liftlock.model import events as ev

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entries(*events: ev.RunEvents) -> list[ev.Entry]:
    return [ev.Entry(seq, NOW, 1, event) for seq, event in enumerate(events)]


def test_what_another_machine_began_last() -> None:
    record = entries(
        ev.RunOpened("u", "d", "li", "li@one:1", "0"),
        ev.StepStarted("a", 1, ""),
        ev.StepStarted("b", 1, ""),
        ev.ControllerTookOver("li@two:7"),
        ev.StepStarted("b", 2, ""),
        ev.StepStarted("c", 1, ""),
        ev.ControllerTookOver("li@one:9"),
    )
    assert begun_elsewhere(record, ("a", "b"), "li@one:9") == {"b"}
    assert begun_elsewhere(record, ("a", "b", "c"), "li@two:9") == {"a"}
    assert begun_elsewhere(record, (), "li@three:9") == frozenset()


def test_a_controller_that_names_no_machine_is_here() -> None:
    assert (machine_of("li@a.example:5"), machine_of("first")) == ("a.example", "")
