"""Windows and freezes, as spans of time in the plan's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.windows import is_open, opening, openings
from liftlock.model.plan import Freeze, Window

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
NIGHT = Window(from_="22:00", to="04:00")


def at(text: str, zone=SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        ("2026-12-01T21:59", "2026-12-01T22:00", "2026-12-02T04:00"),
        ("2026-12-01T22:00", "2026-12-01T22:00", "2026-12-02T04:00"),
        ("2026-12-02T03:59", "2026-12-01T22:00", "2026-12-02T04:00"),
        ("2026-12-02T04:00", "2026-12-02T22:00", "2026-12-03T04:00"),
    ],
)
def test_a_window_past_midnight(now, begins, ends):
    assert opening((NIGHT,), (), at(now)) == (at(begins), at(ends))


def test_without_windows_it_is_always_open():
    begins, ends = opening((), (), at("2026-12-01T12:00"))
    assert begins < at("2026-12-01T12:00") < ends


def test_a_whole_day():
    whole = Window(from_="00:00", to="24:00", days=("sun",))
    assert opening((whole,), (), at("2026-12-01T12:00")) == (at("2026-12-06T00:00"), at("2026-12-07T00:00"))


def test_one_date_only():
    once = Window(from_="22:00", to="23:00", date="2026-12-20")
    assert opening((once,), (), at("2026-12-01T12:00")) == (at("2026-12-20T22:00"), at("2026-12-20T23:00"))
    assert opening((once,), (), at("2026-12-21T12:00")) is None


def test_a_freeze_in_the_middle_cuts_a_window_in_two():
    freeze = Freeze(from_="2026-12-01T23:00", to="2026-12-02T01:00")
    found = openings((NIGHT,), (freeze,), at("2026-12-01T12:00"))
    assert next(found) == (at("2026-12-01T22:00"), at("2026-12-01T23:00"))
    assert next(found) == (at("2026-12-02T01:00"), at("2026-12-02T04:00"))


def test_freezes_that_overlap_are_one():
    freezes = (Freeze(from_="2026-12-02", to="2026-12-04"), Freeze(from_="2026-12-01", to="2026-12-02"))
    assert opening((NIGHT,), freezes, at("2026-12-01T12:00"))[0] == at("2026-12-05T00:00") or is_open(
        (NIGHT,), (), at("2026-12-05T00:00")
    )


def test_a_window_across_a_change_of_clocks_is_shorter_or_longer_by_an_hour():
    spring = opening((NIGHT,), (), at("2026-03-28T23:00", BERLIN))
    autumn = opening((NIGHT,), (), at("2026-10-24T23:00", BERLIN))
    lasts = [ends.astimezone(UTC) - begins.astimezone(UTC) for begins, ends in (spring, autumn)]
    assert lasts == [timedelta(hours=5), timedelta(hours=7)]


def test_in_the_hour_that_comes_twice_a_window_closes_once():
    """22:00 to 02:30: the first 02:40 is past it, and so is the second 02:20."""
    window = Window(from_="22:00", to="02:30")
    first = at("2026-10-25T02:20", BERLIN)
    assert is_open((window,), (), first)
    assert not is_open((window,), (), at("2026-10-25T02:40", BERLIN))
    assert not is_open((window,), (), first.replace(fold=1))


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=3),
    st.sampled_from((BERLIN, SHANGHAI)),
)
def test_openings_come_in_order_and_end_after_now(now, hours, zone):
    windows = tuple(Window(from_=f"{begins:02d}:00", to=f"{ends:02d}:00") for begins, ends in hours)
    now = now.replace(tzinfo=zone)
    found = [span for _, span in zip(range(6), openings(windows, (), now), strict=False)]
    assert found
    assert all(ends > now.astimezone(UTC) for _, ends in found)
    assert [begins for begins, _ in found] == sorted(begins for begins, _ in found)
