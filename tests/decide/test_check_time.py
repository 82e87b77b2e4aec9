"""Checking time: windows, freezes, deadlines, and whether the work and its way back fit."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.model.chapters import RollbackPlan
from liftlock.model.plan import Freeze, Window
from tests.decide.asking import codes, good_plan, only, rolled, with_items, with_plan
from tests.decide.fakes import item, orders_items

NIGHT = Window("22:00", "04:00", days=("tue", "wed", "thu"))


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"windows": (Window("25:00", "04:00"),)}, "L200", ("windows", 0, "from")),
        ({"windows": (NIGHT, Window("22:00", "4 o'clock"))}, "L200", ("windows", 1, "to")),
        ({"windows": (Window("22:00", "04:00", date="2026-02-30"),)}, "L200", ("windows", 0, "date")),
        ({"freezes": (Freeze("2026-13-01", "2027-01-01"),)}, "L201", ("freezes", 0, "from")),
        ({"freezes": (Freeze("2026-12-31", "soon"),)}, "L201", ("freezes", 0, "to")),
        ({"deadline": "christmas"}, "L201", ("deadline",)),
        ({"freezes": (Freeze("2026-12-31", "2026-12-30"),)}, "L202", ("freezes", 0)),
        ({"timezone": "not a zone"}, "L203", ("timezone",)),
        ({"windows": (Window("22:00", "22:05"),)}, "L204", ("windows",)),
        ({"windows": (NIGHT,), "reserve_s": 6 * 3600.0}, "L204", ("windows",)),
        ({"rollback": RollbackPlan(limit_s=10.0)}, "L209", ("rollback", "limit")),
    ],
)
def test_written_times(fields: dict[str, Any], code: str, path: tuple[str | int, ...]) -> None:
    assert only(with_plan(good_plan(), **fields), code).path == path


@pytest.mark.parametrize(
    "fields",
    [
        {"windows": (NIGHT, Window("00:00", "24:00"), Window("22:00", "23:30", date="2026-12-20"))},
        {"freezes": (Freeze("2026-12-31", "2026-12-31"), Freeze("2026-12-31T18:00", "2027-01-02T08:00"))},
        {"timezone": "Asia/Shanghai"},
        {"timezone": "America/Argentina/Buenos_Aires"},
        {"timezone": "Etc/GMT+8", "deadline": "2026-12-31T18:00"},
        {"rollback": RollbackPlan(limit_s=3600.0)},
    ],
)
def test_times_that_are_well(fields: dict[str, Any]) -> None:
    assert not [code for code in codes(with_plan(good_plan(), **fields)) if code.startswith("L20")]


@pytest.mark.parametrize(
    ("rollout", "code"),
    [
        ({"host_deadline_s": 200.0}, "L210"),
        ({"host_deadline_s": 7200.0}, "L211"),
        ({"soak_s": 600.0, "longest_soak_s": 599.0}, "L212"),
        ({"soak_s": 60.0, "look_every_s": 61.0}, "L213"),
        ({"soak_s": 0.0}, "L216"),
        ({"look_every_s": 0.0}, "L217"),
    ],
)
def test_deadlines_in_order(rollout: dict[str, Any], code: str) -> None:
    assert code in codes(rolled(good_plan(), **rollout))


@pytest.mark.parametrize(
    "rollout",
    [{"host_deadline_s": 7199.0}, {"soak_s": 600.0, "longest_soak_s": 600.0}, {"soak_s": 60.0, "look_every_s": 60.0}],
)
def test_deadlines_at_their_limit(rollout: dict[str, Any]) -> None:
    assert not [code for code in codes(rolled(good_plan(), **rollout)) if code.startswith("L21")]


def test_samples_that_cannot_be_had() -> None:
    plan, *_ = good_plan()
    (check,) = plan.rollout.checks
    many = rolled(good_plan(), checks=(replace(check, samples=1000),))
    assert only(many, "L215").fields["samples"] == 1000
    assert "L215" not in codes(rolled(good_plan(), checks=(replace(check, samples=13),)))


def test_a_lane_that_is_longer_than_its_deadline() -> None:
    slow = with_items(good_plan(), *orders_items(), item("command", "slow", estimate_s=4000.0))
    assert only(slow, "L214").fields["component"] == "orders"


def test_a_person_may_take_longer_than_a_host() -> None:
    assert "L210" not in codes(with_items(good_plan(), *orders_items(), item("manual", "look")))
    slow = with_items(good_plan(), *orders_items(), item("command", "slow", timeout_s=3601.0))
    assert only(slow, "L210").path == ("components", 0, "recipe", 6)


# --- the calendar -------------------------------------------------------------------------------------------


def test_no_window_before_the_deadline(noon: datetime) -> None:
    """Noon is a Tuesday's; the next window is that night's."""
    given = with_plan(good_plan(), windows=(NIGHT,), deadline="2026-12-01T21:00")
    assert only(given, "L205", now=noon).fields == {"deadline": "2026-12-01T21:00"}
    assert "L205" not in codes(with_plan(given, deadline="2026-12-02"), now=noon)
    assert "L205" not in codes(given)


def test_a_freeze_over_all_windows_before_the_deadline(noon: datetime) -> None:
    given = with_plan(
        good_plan(), windows=(NIGHT,), deadline="2026-12-20", freezes=(Freeze("2026-12-01", "2026-12-31"),)
    )
    assert "L205" in codes(given, now=noon)
    assert "L205" not in codes(with_plan(given, freezes=(Freeze("2026-12-01", "2026-12-09"),)), now=noon)


def test_windows_that_have_all_passed(noon: datetime) -> None:
    given = with_plan(good_plan(), windows=(Window("22:00", "23:00", date="2026-11-30"),))
    assert only(given, "L206", now=noon).path == ("windows",)
    assert "L206" not in codes(given)


def test_a_deadline_that_has_passed(noon: datetime) -> None:
    assert "L208" in codes(with_plan(good_plan(), deadline="2026-11-30"), now=noon)
    assert "L208" not in codes(with_plan(good_plan(), deadline="2026-12-01"), now=noon)


def test_windows_that_are_shorter_together_than_the_work(noon: datetime) -> None:
    window = Window("22:00", "22:30", date="2026-12-01")
    given = with_plan(rolled(good_plan(), soak_s=1000.0), windows=(window,), deadline="2026-12-20")
    found = only(given, "L207", now=noon)
    assert found.fields["open_s"] == 1800.0
    assert "L207" not in codes(rolled(given, soak_s=60.0), now=noon)


def test_the_window_must_hold_the_wave_and_its_way_back() -> None:
    """56 s a lane, four rounds of two, 65 s of soak; all eight back in four rounds of 45 s."""
    needs_s = 56 * 4 + 65 + 45 * 4
    assert "L204" not in codes(with_plan(good_plan(), windows=(Window("22:00", "22:08"),)))
    found = only(with_plan(good_plan(), windows=(Window("22:00", "22:07"),)), "L204")
    assert (found.fields["stage"], found.fields["needs_s"], found.fields["longest_s"]) == ("orders/1/w2", needs_s, 420)
