"""Recorded traffic is read as a spreadsheet writes it, and every fault has its line."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from liftlock.model.load import Sample
from liftlock.planfile.loads import read_traffic
from liftlock.planfile.nodes import Positions
from tests.planfile.seen import seen

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_table_is_read_in_order_of_time_in_the_plans_zone() -> None:
    text = "备注,时间,业务量\n,2026-10-20 02:00,5\n,2026-10-05T01:00:00+00:00,7.5\n\n,1791176400,6\n"
    found = read_traffic(text.encode(), SHANGHAI)
    assert found.findings == []
    assert found.samples == [
        Sample(datetime(2026, 10, 5, 9, 0, tzinfo=SHANGHAI), 7.5),
        Sample(datetime.fromtimestamp(1791176400, SHANGHAI), 6.0),
        Sample(datetime(2026, 10, 20, 2, 0, tzinfo=SHANGHAI), 5.0),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time,host\n", [("L492", 0, 0), ("L490", 1, 1)]),
        ("time,requests\n2026-10-05,many\nyesterday,5\n", [("L491", 2, 1), ("L491", 3, 1)]),
        ("time,requests\n2026-10-05,-1\n", [("L491", 2, 1)]),
        ("time,requests\n0001-01-01,1\n9999-12-31T23:59,1\n", [("L491", 2, 1), ("L491", 3, 1)]),
        ("time,requests\n2026-10-05,1\n2026-10-09,1\n", [("L493", 0, 0)]),
        ("", [("L492", 0, 0)]),
    ],
)
def test_what_cannot_be_used_is_said(text: str, expected: list[object]) -> None:
    assert seen(read_traffic(text.encode(), SHANGHAI).findings, Positions(None)) == expected
