"""Working days as the State Council published them; a site's file wins; what is not known yet is said."""

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from liftlock.decide.workdays import is_open
from liftlock.model.chapters import Absence
from liftlock.model.tasks import WorkCalendar
from liftlock.planfile.calendars import read_workdays
from tests.planfile.seen import seen

HERE = Path()
NOTHING_OWN = WorkCalendar()


def test_every_day_of_china_since_2015_is_as_it_was_published() -> None:
    workdays = read_workdays(NOTHING_OWN, HERE, range(2015, 2027)).workdays
    days = [date(2015, 1, 1) + timedelta(number) for number in range(4383)]
    assert days[-1] == date(2026, 12, 31)
    assert [day for day in days if is_open(workdays, day) != chinese_calendar.is_workday(day)] == []
    assert workdays.unknown_years == ()


def test_a_year_whose_calendar_is_not_published_is_named() -> None:
    assert read_workdays(NOTHING_OWN, HERE, [2026, 2027, 2028]).workdays.unknown_years == (2027, 2028)
    assert read_workdays(WorkCalendar(country="DE"), HERE, [2026, 2031]).workdays.unknown_years == ()


OWN = """\
closed:
  - 2027-02-05
  - {from: 2027-02-06, to: 2027-02-11, because: 春节}
opened:
  - 2027-01-30
official: [2027]
comment: as the notice of November 2026 says
"""


def own(folder: Path, text: str) -> WorkCalendar:
    (folder / "days.yaml").write_text(text, encoding="utf-8")
    return WorkCalendar(override="days.yaml")


def test_a_sites_file_is_official_for_the_years_that_it_lists(tmp_path: Path) -> None:
    loaded = read_workdays(own(tmp_path, OWN), tmp_path, [2026, 2027])
    workdays = loaded.workdays
    assert loaded.findings == ()
    assert workdays.unknown_years == ()
    closed = [day for day in sorted(workdays.closed) if day.year == 2027]
    assert closed == [date(2027, 2, 5) + timedelta(number) for number in range(7)]
    assert is_open(workdays, date(2027, 1, 30))
    assert is_open(workdays, date(2027, 10, 1))  # a Friday that the file does not close
    assert not is_open(workdays, date(2026, 10, 1))
    assert workdays.names[date(2027, 2, 8)] == "春节"


def test_a_sites_file_wins_over_the_country_and_the_plan_over_both(tmp_path: Path) -> None:
    calendar = own(tmp_path, "closed: [2026-10-10]\nopened: [2026-10-05]\n")  # a make-up day, and a holiday
    workdays = read_workdays(calendar, tmp_path, [2026]).workdays
    assert not is_open(workdays, date(2026, 10, 10))
    assert is_open(workdays, date(2026, 10, 5))
    stock_taking = Absence(from_="2026-10-05", to="2026-10-05", because="stock-taking")
    assert not is_open(read_workdays(calendar, tmp_path, [2026], [stock_taking]).workdays, date(2026, 10, 5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("closed: [2026-02-30]\n", [("L051", 1, 10)]),
        ("closed:\n  - {from: 2026-02-03, to: 2026-02-01}\n", [("L482", 2, 5)]),
        ("closed: [2026-02-03]\nopened: [2026-02-03]\n", [("L483", 2, 1)]),
        ("close: [2026-02-03]\n", [("L012", 1, 1)]),
        ("closed: 5\n", [("L082", 1, 1)]),
    ],
)
def test_what_is_wrong_in_a_sites_file_has_its_place(tmp_path: Path, text: str, expected: list[object]) -> None:
    loaded = read_workdays(own(tmp_path, text), tmp_path, [2026])
    assert seen(loaded.findings, loaded.positions) == expected
    assert is_open(loaded.workdays, date(2026, 10, 10))  # the country's calendar is there all the same


@pytest.mark.parametrize(
    ("calendar", "code"),
    [
        (WorkCalendar(country="XX"), "L480"),
        (WorkCalendar(country="DE", subdivision="XX"), "L481"),
        (WorkCalendar(override="nowhere.yaml"), "L070"),
        (WorkCalendar(from_="9 o'clock"), "L050"),
        (WorkCalendar(from_="18:00", to="09:00"), "L484"),
    ],
)
def test_what_is_wrong_in_the_plans_calendar_is_found(calendar: WorkCalendar, code: str) -> None:
    assert [found.code for found in read_workdays(calendar, HERE, [2026]).findings] == [code]


def test_a_province_has_days_of_its_own() -> None:
    bavaria = read_workdays(WorkCalendar(country="DE", subdivision="BY"), HERE, [2026]).workdays
    berlin = read_workdays(WorkCalendar(country="DE", subdivision="BE"), HERE, [2026]).workdays
    assert not is_open(bavaria, date(2026, 1, 6))
    assert is_open(berlin, date(2026, 1, 6))
