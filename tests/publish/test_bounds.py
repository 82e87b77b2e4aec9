"""People who approve read what binds the run in time, and what of it changed."""

from datetime import date

import pytest

from liftlock.decide.compare import compare
from liftlock.model.schedule import Bounds, Closure, LeadRule
from liftlock.publish.bounds import bounds_rows
from liftlock.publish.words import Words
from tests.decide.history import orders

BOUNDS = Bounds(
    leads=(LeadRule(3, "approval", "waves"), LeadRule(1, "plan", "orders")),
    closed=(date(2027, 1, 1),),
    opened=(date(2027, 1, 2),),
    not_before="2027-01-05T00:00",
    closures=(Closure("CHG1", "2027-01-06", "2027-01-07", tuple(f"app-{n:02d}" for n in range(9))),),
    observe_s=43200.0,
)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                (
                    "Lead",
                    "full working days between the last approval and the first wave: 3; "
                    "full working days between the plan's submission and orders: 1",
                ),
                ("Working days", "closed: 1, make-up days: 1, 2027-01-01 to 2027-01-02"),
                ("Not before", "2027-01-05 00:00"),
                ("Observation between waves", "12 h"),
                ("Other change", "CHG1, 2027-01-06–2027-01-07: app-00, app-01, app-02, app-03, app-04, app-05, …"),
            ],
        ),
        (
            "zh",
            [
                ("提前量", "最后一项批准与首批之间须间隔 3 个整工作日；方案提交与orders之间须间隔 1 个整工作日"),
                ("工作日历", "放假 1 天、调休上班 1 天，2027-01-01 至 2027-01-02"),
                ("不早于", "2027-01-05 00:00"),
                ("批次间观察", "12 小时"),
                ("其他变更", "CHG1，2027-01-06–2027-01-07：app-00、app-01、app-02、app-03、app-04、app-05、…"),
            ],
        ),
    ],
)
def test_all_that_binds_is_read(language: str, expected: list[tuple[str, str]]) -> None:
    assert bounds_rows(orders(bounds=BOUNDS), Words(language)) == expected
    assert bounds_rows(orders(), Words(language)) == []


def test_a_change_of_a_bound_is_a_difference() -> None:
    shorter = Bounds(leads=(LeadRule(1, "approval", "waves"),))
    longer = Bounds(leads=(LeadRule(3, "approval", "waves"),))
    (change,) = compare(orders(bounds=shorter), orders(bounds=longer))
    assert (change.area, change.name) == ("bounds", "leads")
    assert '"days":1' in change.before
    assert '"days":3' in change.after
    (gone,) = compare(orders(bounds=shorter), orders())
    assert (gone.area, gone.name, gone.after) == ("bounds", "leads", "")
    assert compare(orders(bounds=BOUNDS), orders(bounds=BOUNDS)) == ()
