"""Recorded series: what is read, and what is said of a table that cannot be."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from liftlock.model.canary import Reading
from liftlock.planfile.recorded import Recorded, read_recorded

HEAD = "time,host,arm,metric,value,events,of,total\n"


def read(text: str) -> Recorded:
    return read_recorded(text.encode(), "series.csv", UTC)


def complaints(text: str) -> list[tuple[str, int]]:
    return [(each.finding.code, each.line) for each in read(text).findings]


def test_three_kinds_of_figures() -> None:
    found = read(
        HEAD
        + "1764021660,a,canary,memory,512.5,,,\n"
        + "1764021600,a,canary,memory,500,,,\n"
        + "2025-11-24T22:00:00Z,b,control,errors,,3,200,\n"
        + "2025-11-24T22:00:00,b,control,latency,,,200,20.5\n"
    )
    assert not found.findings
    assert found.series["memory"]["a"] == [Reading(1764021600, level=500), Reading(1764021660, level=512.5)]
    assert found.series["errors"]["b"] == [Reading(1764021600, events=3, of=200)]
    assert found.series["latency"]["b"] == [Reading(1764021600, of=200, total=20.5)]
    assert found.arms == {"a": "canary", "b": "control"}
    assert (found.hosts, found.times) == (["a", "b"], [1764021600, 1764021660])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_chinese_names_semicolons_and_marks(encoding: str) -> None:
    text = "时间;主机;组别;指标;数值\r\n2025-11-25T06:00:00;应用-1;灰度;内存;3\r\n\r\n"
    found = read_recorded(text.encode(encoding), "序列.csv", ZoneInfo("Asia/Shanghai"))
    assert not found.findings
    assert found.series == {"内存": {"应用-1": [Reading(1764021600, level=3)]}}
    assert found.arms == {"应用-1": "canary"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("yesterday,a,canary,m,1,,,", "L461"),
        ("-5,a,canary,m,1,,,", "L461"),
        ("1e300,a,canary,m,1,,,", "L461"),
        ("60,,canary,m,1,,,", "L461"),
        ("60,a,canary,,1,,,", "L461"),
        ("60,a,green,m,1,,,", "L461"),
        ("60,a,canary,m,nan,,,", "L461"),
        ("60,a,canary,m,many,,,", "L461"),
        ("60,a,canary,m,,-1,5,", "L461"),
        ("60,a,canary,m,,6,5,", "L461"),
        ("60,a,canary,m,,6,,", "L461"),
        ("60,a", "L461"),
        ("0,a,canary,m,1,,,", "L462"),
        ("60,a,control,m,1,,,", "L463"),
    ],
)
def test_a_row_that_is_wrong_has_its_line(row: str, code: str) -> None:
    assert complaints(HEAD + "0,a,canary,m,1,,,\n" + row + "\n") == [(code, 3)]


def test_a_table_without_what_is_needed() -> None:
    assert ("L460", 1) in complaints("time,host,value\n0,a,1\n")
    assert ("L460", 1) in complaints("time,host,metric\n0,a,m\n")
    assert complaints("") == [("L464", 0)]
    assert complaints(HEAD) == [("L464", 0)]


def test_every_error_is_told_up_to_a_bound() -> None:
    assert len(complaints(HEAD + "x,a,canary,m,1,,,\n" * 3)) == 3
    assert len(complaints(HEAD + "x,a,canary,m,1,,,\n" * 3000)) == 1000
