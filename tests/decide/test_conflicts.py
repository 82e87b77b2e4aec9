"""Each cause of a conflict is found, named by what both want, and only while both are."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from liftlock.decide.conflicts import conflicts_of
from liftlock.decide.timetable.back import minute_of
from liftlock.decide.timetable.problem import problem_of
from liftlock.model.chapters import Absence, Person, Team
from liftlock.model.conflicts import Conflict
from liftlock.model.plan import Freeze, Share, Window
from liftlock.model.tasks import OtherChange, Pool, Relation, Task, Timetable
from liftlock.model.timetable import Placed, Solution
from liftlock.model.workdays import Workdays
from tests.decide.fakes import orders_plan, schedule_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 8, 0, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


WAVE = (at("2026-12-01T22:00"), at("2026-12-02T00:00"))


def found(*changes: OtherChange, table: Timetable | None = None, spans: Any = None, **fields: Any) -> list[Conflict]:
    """A wave on the night of 1 December, and what stands in its way."""
    plan, inventory, recipes = orders_plan(4, waves=(Share(percent=100),))
    table = replace(table or Timetable(starts="2026-11-30"), changes=changes)
    component = replace(plan.components[0], systems=("shop",))
    plan = replace(plan, timetable=table, components=(component,), **fields)
    schedule = schedule_of(plan, inventory, recipes)
    problem = problem_of(plan, schedule, Workdays(), NOW)
    spans = spans or {"orders/1/w1": WAVE}
    placed = tuple(Placed(job, *(minute_of(problem.origin, each) for each in span)) for job, span in spans.items())
    return list(conflicts_of(plan, schedule, problem, Solution(placed, "person")))


def change(*items: str, people: tuple[str, ...] = (), since: str = "2026-12-01T23:00") -> OtherChange:
    return OtherChange("CHG1", since, "2026-12-02T02:00", items=items, people=people, title="new switch")


RELATIONS = Timetable(
    starts="2026-11-30",
    relations=(
        Relation("app-01", ("rack-1",)),
        Relation("rack-1", ("room-1", "app-01")),  # a circle, as registers have them
        Relation("report", ("shop",)),
    ),
    pools=(Pool("dba"),),
)
BOTH = (at("2026-12-01T23:00"), at("2026-12-02T00:00"))


@pytest.mark.parametrize(
    ("other", "cause", "what"),
    [
        (change("app-03"), "item", "app-03"),
        (change("app"), "item", "app"),
        (change("orders", "shop"), "item", "orders, shop"),
        (change("room-1"), "parent", "room-1"),
        (change("report"), "child", "report"),
        (change(people=("li.wei",)), "assignee", "li.wei"),
        (change(people=("dba",)), "assignee", "dba"),
    ],
)
def test_a_change_of_others_at_the_same_time(other: OtherChange, cause: Any, what: str) -> None:
    people = (Person("a", teams=("dba",)),)
    assert found(other, table=RELATIONS, team=Team(people=people)) == [
        Conflict(cause, "orders/1/w1", *BOTH, "CHG1", what, "new switch")
    ]


def test_what_has_nothing_in_common_or_comes_later_is_no_conflict() -> None:
    assert found(change("billing", people=("somebody",)), table=RELATIONS) == []
    assert found(change("app", since="2026-12-02T00:00")) == []


def test_windows_and_freezes() -> None:
    nights = (Window("22:00", "23:00"),)
    assert [each.cause for each in found(windows=nights)] == ["window"]
    assert found(windows=(Window("22:00", "04:00"),)) == []
    (frozen,) = found(freezes=(Freeze("2026-12-01T23:30", "2026-12-03", "year end"),))
    assert (frozen.cause, frozen.other, frozen.begins) == ("blackout", "year end", at("2026-12-01T23:30"))


def test_a_person_is_wanted_twice_or_away() -> None:
    table = Timetable(starts="2026-11-30", tasks=tuple(Task(name, days=1, people=("li.wei",)) for name in "ab"))
    day = (at("2026-12-01T09:00"), at("2026-12-01T18:00"))
    later = (at("2026-12-01T12:00"), at("2026-12-02T18:00"))
    assert found(table=table, spans={"a": day, "b": later}) == [
        Conflict("capacity", "b", at("2026-12-01T12:00"), day[1], "a", "li.wei")
    ]
    away = Person("li.wei", absences=(Absence("2026-12-01", "2026-12-01"),))
    (missing,) = found(table=table, spans={"a": day}, team=Team(people=(away,)))
    assert (missing.cause, missing.job, missing.other, missing.what) == ("capacity", "a", "", "li.wei")


def test_only_what_people_must_look_at_does_not_block() -> None:
    causes: tuple[Any, ...] = ("item", "parent", "child", "window", "blackout", "assignee", "capacity")
    blocking = [each for each in causes if Conflict(each, "x", NOW, NOW).blocks]
    assert blocking == ["item", "window", "blackout", "assignee", "capacity"]
