"""Quiet windows: where the traffic of past weeks says that few would notice."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.quiet import (
    WEEK_SLOTS,
    Profile,
    limit_of,
    profile_of,
    quiet_windows,
    quietest,
    runs,
    traffic_in,
)
from liftlock.model.load import Sample
from liftlock.model.plan import Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 10, 5, tzinfo=SHANGHAI)
WORKED = ("mon", "tue", "wed", "thu", "fri")


def usual(at: datetime) -> float:
    """A bank: busy by day, quiet from 23:00 to 05:00, and on Sundays altogether."""
    if at.weekday() == 6:
        return 40.0
    return 60.0 if at.hour >= 23 or at.hour < 5 else 1000.0 * (0.6 + 0.4 * math.sin((at.hour - 5) / 18 * math.pi))


def recorded(weeks: int = 4, *, every_min: int = 15, without: tuple[datetime, datetime] | None = None) -> list[Sample]:
    times = (MONDAY + timedelta(minutes=every_min * n) for n in range(weeks * 7 * 24 * 60 // every_min))
    return [Sample(at, usual(at)) for at in times if without is None or not without[0] <= at < without[1]]


@pytest.mark.parametrize("every_min", [5, 15, 60])
def test_nights_and_sundays_are_quiet(every_min: int) -> None:
    found = quiet_windows(recorded(every_min=every_min), below="10%", longer_than_s=3 * 3600)
    hours = {(each.window.from_, each.window.to, each.window.days) for each in found}
    assert hours == {
        ("23:00", "05:00", WORKED),
        ("23:00", "24:00", ("sat",)),  # the whole of Sunday follows, and Monday's early morning
        ("00:00", "24:00", ("sun",)),
        ("00:00", "05:00", ("mon",)),
    }
    assert [each.share_of_peak for each in found] == sorted(each.share_of_peak for each in found)
    assert found[0].window.days == ("sun",)
    assert found[0].expected == 40.0
    assert found[0].weeks == 4


def test_one_quiet_week_makes_no_slot_quiet_and_one_incident_hardly_a_busy_one() -> None:
    holiday = (MONDAY + timedelta(days=7), MONDAY + timedelta(days=14))
    samples = [Sample(each.at, 1.0 if holiday[0] <= each.at < holiday[1] else each.requests) for each in recorded()]
    assert quiet_windows(samples, below="10%") == quiet_windows(recorded(), below="10%")
    night = MONDAY + timedelta(hours=24 + 2)
    storm = [Sample(each.at, 9000.0 if each.at == night else each.requests) for each in recorded(weeks=12)]
    assert traffic_in(profile_of(storm), Window("02:00", "03:00", days=("tue",))) == 60.0


def test_missing_data_is_never_quiet() -> None:
    gap = (MONDAY + timedelta(hours=24 + 1), MONDAY + timedelta(hours=24 + 2))
    found = quiet_windows(recorded(weeks=1, without=gap), below="10%", longer_than_s=3600)
    tuesdays = [(each.window.from_, each.window.to) for each in found if "tue" in each.window.days]
    assert ("23:00", "05:00") in tuesdays  # Tuesday evening
    assert ("02:00", "05:00") in tuesdays
    assert traffic_in(profile_of(recorded(weeks=1, without=gap)), Window("00:00", "03:00", days=("tue",))) is None
    assert quiet_windows([]) == ()


def test_a_limit_is_a_share_of_the_peak_or_a_figure() -> None:
    profile = Profile((100.0,) * WEEK_SLOTS, 2)
    assert [limit_of(profile, text) for text in ("", "25%", "70")] == [30.0, 25.0, 70.0]


def test_the_quietest_stretch_is_told_where_nothing_is_quiet() -> None:
    profile = profile_of(recorded())
    assert quiet_windows(recorded(), below="1%") == ()
    best = quietest(profile, 8 * 3600)
    assert best is not None
    assert best.window.days == ("sun",)
    assert best.expected == 40.0
    assert traffic_in(profile, Window("10:00", "16:00")) == pytest.approx(
        traffic_in(profile, Window("10:00", "16:00", ("mon",)))
    )
    assert quietest(Profile((None,) * WEEK_SLOTS, 0), 3600) is None


@given(quiet=st.lists(st.booleans(), min_size=WEEK_SLOTS, max_size=WEEK_SLOTS), needed=st.integers(1, 8))
@settings(max_examples=15)
def test_runs_are_all_that_is_quiet_long_enough(quiet: list[bool], needed: int) -> None:
    profile = Profile(tuple(0.0 if each else 1.0 for each in quiet), 1)
    found = [slot % WEEK_SLOTS for run in runs(profile, 0.5, needed * 900.0) for slot in run]
    assert len(found) == len(set(found))
    assert all(quiet[slot] for slot in found)
    twice = "".join("q" if each else "." for each in quiet) * 2
    for slot in range(WEEK_SLOTS):
        if quiet[slot] and slot not in found:  # then no stretch around it is long enough
            begins = twice.rfind(".", 0, slot + WEEK_SLOTS) + 1
            assert "q" * needed not in twice[begins : twice.find(".", slot + WEEK_SLOTS) % (2 * WEEK_SLOTS)]
