"""Others' changes from the files that people have."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from liftlock.model.tasks import OtherChange
from liftlock.planfile.changes import read_changes
from tests.planfile.seen import seen

SHANGHAI = ZoneInfo("Asia/Shanghai")
EXPECTED = OtherChange(
    "CHG0031", "2026-12-05T22:00", "2026-12-06T02:00", ("app-01", "app-02"), ("zhang.min",), "new switch"
)
YAML = """\
- id: CHG0031
  from: 2026-12-05T22:00
  to: 2026-12-06T02:00
  items: [app-01, app-02]
  people: [zhang.min]
  title: new switch
"""
SERVICENOW = """\
number,short_description,start_date,end_date,cmdb_ci,assigned_to
CHG0031,new switch,2026-12-05 22:00:00,2026-12-06 02:00:00,"app-01,app-02",zhang.min
"""
CHINESE = """\
变更编号,标题,计划开始时间,计划结束时间,配置项,负责人
CHG0031,new switch,2026-12-05 22:00,2026-12-06 02:00,app-01、app-02,zhang.min
"""
CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a calendar//EN
BEGIN:VEVENT
UID:CHG0031
SUMMARY:new switch
DTSTART:20261205T140000Z
DURATION:PT4H
RESOURCES:app-01,app-02
ATTENDEE;CN=zhang.min:mailto:zhang@example.com
END:VEVENT
BEGIN:VEVENT
UID:CHG0032
STATUS:CANCELLED
DTSTART:20261205T140000Z
END:VEVENT
END:VCALENDAR
"""


def load(folder: Path, name: str, text: str, encoding: str = "utf-8"):
    (folder / name).write_bytes(text.encode(encoding))
    return read_changes(name, folder, SHANGHAI)


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.yaml", YAML, "utf-8"),
        ("a.yml", "changes:\n" + "".join(f"  {line}\n" for line in YAML.splitlines()), "utf-8"),
        ("a.csv", SERVICENOW, "utf-8"),
        ("a.csv", CHINESE, "gb18030"),
        ("a.ics", CALENDAR.replace("\n", "\r\n"), "utf-8"),
    ],
)
def test_one_change_however_it_is_written(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    loaded = load(tmp_path, name, text, encoding)
    assert loaded.findings == ()
    assert loaded.changes == (EXPECTED,)


def test_whole_days_of_a_calendar_end_with_the_last_one(tmp_path: Path) -> None:
    days = CALENDAR.replace("DTSTART:20261205T140000Z\nDURATION:PT4H", "DTSTART;VALUE=DATE:20261205", 1)
    (change,) = load(tmp_path, "a.ics", days).changes
    assert (change.from_, change.to) == ("2026-12-05T00:00", "2026-12-06T00:00")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.doc", "", [("L485", 0, 0)]),
        ("a.yaml", "- {id: A, from: never, to: 2026-12-01}\n", [("L051", 1, 11)]),
        ("a.yaml", "- {id: A, since: 2026-12-01}\n", [("L020", 1, 3), ("L020", 1, 3), ("L013", 1, 11)]),
        ("a.csv", "id,begin\n", [("L486", 0, 0)]),
        (
            "a.csv",
            "id,from,to\n,2026-12-01,2026-12-02\nA,soon,\nB,2026-12-02,2026-12-01\n",
            [("L487", 2, 1), ("L488", 3, 1), ("L489", 4, 1)],
        ),
        ("a.ics", "hello", [("L494", 0, 0)]),
        ("a.ics", CALENDAR.replace("20261205T140000Z\nDUR", "20261399\nDUR"), [("L488", 0, 0)]),
        ("a.ics", CALENDAR.replace("DURATION:", "DTSTART:20261206\nDURATION:"), [("L488", 0, 0)]),
        ("a.ics", CALENDAR.replace("PT4H", "-PT4H"), [("L489", 0, 0)]),
        ("a.ics", CALENDAR.replace("DURATION", "RRULE:FREQ=DAILY\nDURATION", 1), [("L495", 0, 0)]),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, name: str, text: str, expected: list[object]) -> None:
    loaded = load(tmp_path, name, text)
    assert seen(loaded.findings, loaded.positions) == expected


def test_a_file_that_is_not_there_is_found(tmp_path: Path) -> None:
    assert [found.code for found in read_changes("gone.yaml", tmp_path, SHANGHAI).findings] == ["L070"]
