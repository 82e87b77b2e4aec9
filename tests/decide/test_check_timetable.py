"""What is wrong with a timetable is found before anything is placed, and what is right is left alone."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from liftlock.decide.timetable.circles import first_circle, waits_of
from liftlock.model.calendars import Calendars
from liftlock.model.chapters import Absence, Person, Resource, Team
from liftlock.model.findings import Severity
from liftlock.model.load import Sample
from liftlock.model.plan import Freeze, Window
from liftlock.model.tasks import Lead, Load, OtherChange, Pool, Task, Timetable
from liftlock.model.workdays import Workdays
from tests.decide.asking import Given, ask, good_plan, only, with_plan

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=SHANGHAI)
STARTS = "2026-12-01"
TEAM = Team(people=(Person("li.wei", teams=("ops",)), Person("zhao", teams=("ops",))))


def planned(*tasks: Task, plan: dict[str, Any] | None = None, **fields: Any) -> Given:
    table = Timetable(starts=STARTS, tasks=tasks, **fields)
    return with_plan(good_plan(), timetable=table, **(plan or {}))


def told(given: Given, calendars: Calendars | None = None, **more: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Codes of the timetable with their places."""
    found = ask(given, now=NOW, calendars=calendars or Calendars(), **more)
    return [(each.code, each.path) for each in found if "L600" <= each.code <= "L669"]


def codes(given: Given, calendars: Calendars | None = None) -> list[str]:
    return [code for code, _ in told(given, calendars)]


FULL = (
    Task("survey", stage="needs", days=3, owner="li.wei", people=("li.wei",)),
    Task("rehearse", stage="rehearsal", days=1, after=("survey",), uses={"rig": 1}),
    Task("approve", stage="approval", days=0, after=("rehearse",)),
    Task("switch", stage="waves", takes_s=3600.0, windowed=True, after=("orders",)),
    Task("watch", stage="observation", days=5),
    Task("accept", stage="acceptance", days=0, after=("watch",), deadline="2027-01-29"),
)


def test_a_timetable_that_is_right_says_only_what_people_should_know() -> None:
    given = planned(
        *FULL,
        leads=(Lead(3), Lead(3, of="plan", before="orders")),
        pools=(Pool("ops", 2, ("orders",)),),
        closed=(Absence("2026-12-24", "2026-12-24"),),
        changes=(OtherChange("CHG1", "2026-12-05", "2026-12-06", people=("zhao",)),),
        plan={
            "team": TEAM,
            "resources": (Resource("rig"),),
            "windows": (Window("22:00", "04:00"),),
            "freezes": (Freeze("2026-12-28", "2027-01-04"),),
            "deadline": "2027-01-31",
        },
    )
    assert codes(given) == []


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        (planned(Task("a", days=1), Task("a", days=1)), "L600", ("tasks", 1, "id")),
        (planned(Task("waves", days=1)), "L601", ("tasks", 0, "id")),
        (planned(Task("orders", days=1)), "L601", ("tasks", 0, "id")),
        (planned(Task("tests", days=1)), "L601", ("tasks", 0, "id")),
        (planned(Task("orders/1/w1", days=1)), "L601", ("tasks", 0, "id")),
        (planned(Task("a", days=1, after=("b",))), "L602", ("tasks", 0, "after", 0)),
        (planned(Task("a", days=1, after=("orders/1/w1", "billing/1/w1"))), "L602", ("tasks", 0, "after", 1)),
        (planned(Task("a", days=1, after=("a",))), "L603", ("tasks",)),
        (planned(Task("a")), "L604", ("tasks", 0)),
        (planned(Task("a", days=1, takes_s=60.0)), "L604", ("tasks", 0)),
        (planned(Task("a", days=1, earliest="2026-02-30")), "L605", ("tasks", 0, "earliest")),
        (planned(Task("a", days=1, deadline="soon")), "L605", ("tasks", 0, "deadline")),
        (planned(ends="2026-13-01"), "L605", ("ends",)),
        (planned(ends="9999-12-31"), "L605", ("ends",)),
        (planned(Task("a", days=1, earliest="2026-12-01T10:00+02:00")), "L605", ("tasks", 0, "earliest")),
        (planned(closed=(Absence("2026-12-05T10:00", "2026-12-06"),)), "L605", ("closed", 0, "from")),
        (planned(closed=(Absence("2026-12-05", "2026-12-01"),)), "L606", ("closed", 0)),
        (planned(ends="2026-11-01"), "L606", ("ends",)),
        (planned(Task("a", days=1, ended="2026-11-01")), "L607", ("tasks", 0, "ended")),
        (planned(Task("a", days=1, began="2026-11-05", ended="2026-11-01")), "L607", ("tasks", 0, "ended")),
        (planned(Task("a", days=1, began="2026-12-24")), "L608", ("tasks", 0, "began")),
        (planned(Task("a", days=1, deadline="2026-11-30")), "L609", ("tasks", 0, "deadline")),
        (planned(Task("a", days=1, windowed=True)), "L611", ("tasks", 0, "days")),
        (planned(Task("a", days=1, uses={"rig": 1})), "L621", ("tasks", 0, "uses", "rig")),
        (planned(pools=(Pool("ops"),)), "L623", ("pools", 0, "team")),
        (planned(leads=(Lead(3, of="nobody"),)), "L630", ("leads", 0, "of")),
        (planned(leads=(Lead(3, before="plan"),)), "L630", ("leads", 0, "before")),
        (planned(leads=(Lead(3), Lead(5))), "L631", ("leads", 1)),
        (planned(leads=(Lead(3),), plan={"approvals": ()}), "L632", ("leads", 0)),
        (planned(leads=(Lead(3),), plan={"model": "emergency"}), "L633", ("leads", 0)),
        (planned(Task("a", days=1), leads=(Lead(3, of="a"),)), "L635", ("leads", 0)),
        (planned(plan={"deadline": "2026-11-30"}), "L643", ("starts",)),
        (planned(changes=(OtherChange("C", "2026-12-05", "2026-12-06", items=("billing",)),)), "L651", ("changes", 0)),
        (planned(changes=(OtherChange("C", "2026-12-05", "2026-12-06", items=("app-01",)),)), "L652", ("changes", 0)),
        (planned(load=Load()), "L660", ("load",)),
        (planned(load=Load(prometheus="http://x")), "L660", ("load",)),
        (planned(load=Load(file="a.csv", below="little")), "L661", ("load", "below")),
    ],
)
def test_what_is_wrong_is_found_at_its_place(given: Given, code: str, place: tuple[str | int, ...]) -> None:
    assert (code, ("timetable", *place)) in told(given)


def test_changes_of_one_number_are_found() -> None:
    change = OtherChange("C", "2026-12-05", "2026-12-06", items=("app-01",))
    assert codes(planned(changes=(change, change))).count("L650") == 1


@pytest.mark.parametrize(
    ("table", "leads", "circle"),
    [
        ((Task("a", days=1, after=("b",)), Task("b", days=1, after=("a",))), (), {"a", "b"}),
        ((Task("a", days=1, after=("waves",)),), (Lead(1, of="a"),), {"a", "waves", "waves (end)"}),
        ((Task("t", stage="tests", days=1, after=("w",)), Task("w", stage="observation", days=1)), (), None),
        ((Task("t", stage="tests", days=1, after=("orders/1/w1",)),), (Lead(1, of="t", before="orders/1/w2"),), None),
        (
            (Task("t", stage="tests", days=1, after=("orders/1/w1",)),),
            (Lead(1, of="t"),),
            {"t", "waves", "orders", "orders/1/w1"},
        ),
        (
            (Task("t", days=1, after=("orders/1/w2",)),),
            (Lead(0, of="t", before="orders/1/w1"),),
            {"t", "orders/1/w1", "orders/1/w2"},
        ),
        (
            (Task("t", days=1, after=("orders",)),),
            (Lead(0, of="t", before="orders/1/w2"),),
            {"t", "orders/1/w2", "orders (end)"},
        ),
        ((Task("t", stage="tests", days=1, after=("approval",)), Task("p", stage="approval", days=1)), (), None),
        ((Task("s", stage="waves", days=1, after=("w",)), Task("w", stage="observation", days=1)), (), {"s", "w"}),
        ((Task("x", stage="tests", days=1, after=("tests",)), Task("y", stage="tests", days=1)), (), None),
    ],
)
def test_circles_go_through_tasks_waves_and_leads(
    table: tuple[Task, ...], leads: tuple[Lead, ...], circle: set[str] | None
) -> None:
    plan, *_ = planned(*table, leads=leads)
    assert set(first_circle(waits_of(plan))) == (circle or set())


def test_a_long_chain_is_no_circle() -> None:
    tasks = [Task(f"t{n}", days=0, after=(f"t{n - 1}",) if n else ()) for n in range(3000)]
    assert first_circle(waits_of(planned(*tasks)[0])) == []


def test_a_windowed_task_fits_into_some_window() -> None:
    task = Task("switch", takes_s=7 * 3600.0, windowed=True)
    found = only(planned(task, plan={"windows": (Window("22:00", "04:00"),)}), "L610", now=NOW)
    assert (found.fields["needs_s"], found.fields["longest_s"]) == (7 * 3600.0, 6 * 3600.0)


def test_people_and_things_are_there_and_are_enough() -> None:
    given = planned(
        Task("a", days=1, people=("somebody",), owner="else", uses={"rig": 3}),
        Task("b", days=9, began="2026-11-30", people=("li.wei",)),
        pools=(Pool("ops", 3, ("billing",)),),
        plan={
            "resources": (Resource("rig", amount=2),),
            "team": replace(
                TEAM, people=(replace(TEAM.people[0], absences=(Absence("2026-12-07", "2026-12-08"),)), TEAM.people[1])
            ),
        },
    )
    assert sorted(codes(given)) == ["L620", "L620", "L622", "L624", "L625", "L626", "L641"]
    severities = [each.severity for each in ask(given) if each.code == "L620"]
    assert severities == [Severity.ERROR, Severity.WARNING]  # who works on it, and who answers for it


def test_a_lead_that_cannot_end_before_the_deadline_is_found_at_once() -> None:
    given = planned(Task("a", days=1), leads=(Lead(5, of="a"),), plan={"deadline": "2026-12-07"})
    found = only(given, "L634", now=NOW)
    assert found.fields["opens"] == "2026-12-09"
    assert "L634" not in codes(planned(Task("a", days=1), leads=(Lead(3, of="a"),), plan={"deadline": "2026-12-07"}))


# --- days -------------------------------------------------------------------------------------------------------


def test_a_year_without_an_official_calendar_is_said_if_work_may_fall_into_it() -> None:
    unknown = Calendars(Workdays(unknown_years=(2027, 2028)))
    found = only(planned(ends="2027-02-01"), "L640", calendars=unknown, now=NOW)
    assert found.fields == {"years": "2027"}
    assert "L640" not in codes(planned(ends="2026-12-31"), unknown)


def test_the_years_end_wants_a_freeze() -> None:
    assert "L641" in codes(planned(ends="2027-02-01"))
    assert "L641" not in codes(planned(ends="2027-02-01", plan={"freezes": (Freeze("2026-12-30", "2027-01-02"),)}))
    assert "L641" not in codes(planned(ends="2026-12-20"))


def test_long_holidays_are_named() -> None:
    spring = frozenset(date(2027, 2, 5) + timedelta(number) for number in range(7))
    days = Workdays(closed=spring, names={date(2027, 2, 6): "春节"})
    found = only(planned(ends="2027-03-01"), "L642", calendars=Calendars(days), now=NOW)
    assert found.fields == {"name": "春节", "since": "2027-02-05", "until": "2027-02-11", "days": 7}


def test_a_calendar_without_a_working_day_is_none() -> None:
    assert "L644" in codes(planned(), Calendars(Workdays(weekend=frozenset(range(7)))))


# --- traffic ----------------------------------------------------------------------------------------------------


def traffic(weeks: int = 2) -> Calendars:
    """Quiet from 00:00 to 06:00, busy else."""
    hours = (datetime(2026, 11, 2, tzinfo=SHANGHAI) + timedelta(hours=n) for n in range(weeks * 168))
    return Calendars(traffic=tuple(Sample(at, 5.0 if at.hour < 6 else 100.0) for at in hours))


def test_windows_outside_the_quiet_time_say_the_traffic() -> None:
    windows = (
        Window("01:00", "05:00"),
        Window("22:00", "02:00", days=("sat",)),
        Window("10:00", "11:00", date="2026-12-07"),
    )
    given = planned(load=Load(file="traffic.csv", below="10%"), plan={"windows": windows})
    found = [each for each in ask(given, now=NOW, calendars=traffic()) if each.code == "L662"]
    assert [(each.path, each.fields["percent"]) for each in found] == [(("windows", 1), 52), (("windows", 2), 100)]
    assert found[0].fields["quiet"] == "mon, tue, wed, thu, fri, sat, sun 00:00-06:00"


def test_where_nothing_is_quiet_the_quietest_is_told_and_what_is_not_known_is_said() -> None:
    windows = (Window("01:00", "05:00"),)
    flat = Calendars(traffic=tuple(replace(each, requests=100.0) for each in traffic().traffic))
    given = planned(load=Load(file="traffic.csv"), plan={"windows": windows})
    assert only(given, "L663", now=NOW, calendars=flat).fields["percent"] == 100
    short = Calendars(traffic=traffic().traffic[:24])
    assert "L664" in codes(given, short)
