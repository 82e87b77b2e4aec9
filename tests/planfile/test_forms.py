import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.model.plan import Share
from liftlock.planfile import forms


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600), ("30s", 30), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("200ms", 0.2), ("1h30m", 5400),
        ("1.5h", 5400), ("1h 30m", 5400), ("0s", 0), (" 5m ", 300), ("5 m", 300), ("1m500ms", 60.5),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert forms.duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "m", "10", "-5m", "5min", "1m1h", "1m1m", "22:00", "1e3s", "9" * 50 + "s", "9999999d", "٣m", "1.s"]
)
def test_what_is_no_duration(text: str) -> None:
    assert forms.duration_s(text) is None


@given(st.integers(min_value=0, max_value=int(forms.DURATION_MAX_S * 1000)))
def test_durations_round_trip_by_the_millisecond(ms: int) -> None:
    assert forms.duration_s(forms.duration_text(ms / 1000)) == pytest.approx(ms / 1000, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "share"),
    [(3, Share(count=3)), (0, Share(count=0)), ("25%", Share(percent=25)), ("12.5 %", Share(percent=12.5))],
)
def test_shares(value: object, share: Share) -> None:
    assert forms.share(value) == share


@pytest.mark.parametrize("value", [-1, True, 0.5, "101%", "-1%", "25", "x%", None, "1e1%"])
def test_what_is_no_share(value: object) -> None:
    assert forms.share(value) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [(2, 2.0), (0.5, 0.5), ("2%", 0.02), ("200ms", 0.2), ("1.5s", 1.5), ("-3", -3.0), ("2m", 120.0), ("7 %", 0.07)],
)
def test_numbers_with_units(value: object, number: float) -> None:
    assert forms.number(value) == number


@pytest.mark.parametrize("value", [True, None, "", "%", "fast", "1e9", float("inf"), float("nan"), "1,5"])
def test_what_is_no_number(value: object) -> None:
    assert forms.number(value) is None


def test_dates_and_zones() -> None:
    assert forms.is_date("2028-02-29")
    assert not forms.is_date("2027-02-29")
    assert not forms.is_date("20271201")
    assert forms.is_moment("2026-12-31T18:00")
    assert not forms.is_moment("2026-12-31T25:00")
    assert forms.is_zone("Asia/Shanghai")
    assert not forms.is_zone("Asia")
    assert not forms.is_zone("Mars/Olympus")
    assert not forms.is_zone("../etc/passwd")
    assert not forms.is_zone("")
