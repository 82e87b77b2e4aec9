"""A solution with its dates, and the chain that sets its end: small problems by hand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from liftlock.decide.timetable.back import minute_of
from liftlock.decide.timetable.dated import dated, kept_of, moved_to, shades_of
from liftlock.decide.timetable.driving import driving
from liftlock.model.chapters import Person, Team
from liftlock.model.dated import Bond
from liftlock.model.plan import Component, Freeze, Plan, Versions, Window
from liftlock.model.schedule import Schedule, Stage
from liftlock.model.tasks import Task, Timetable
from liftlock.model.timetable import Capacity, Choice, Job, Link, Placed, Problem, Slack, Solution
from liftlock.model.workdays import Workdays

ZONE = ZoneInfo("Asia/Shanghai")
ORIGIN = datetime(2026, 12, 21, tzinfo=ZONE)
DAY = 24 * 60


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def job(id: str, *after: str, kind: str = "tests", began: int | None = None, gap: int = 0, **uses: int) -> Job:
    anywhere = (Choice(0, 90 * DAY, DAY),)
    named = {name.replace("_", ":", 1): units for name, units in uses.items()}
    return Job(id, anywhere, tuple(Link(each, gap) for each in after), named, began=began, kind=kind)


def solved(*jobs: Job, **begins: int) -> tuple[Problem, Solution]:
    capacities = tuple(Capacity(name, 100) for name in ("person:li", "person:wang"))
    lengths = {each.id: 0 if each.kind == "approval" else DAY for each in jobs}
    placed = tuple(Placed(name, day * DAY, day * DAY + lengths[name]) for name, day in begins.items())
    return Problem(ORIGIN, 100 * DAY, jobs, capacities), Solution(placed, "greedy", bound=2 * DAY)


# --- the chain ----------------------------------------------------------------------------------------------


def test_the_chain_goes_over_links_to_what_was_waited_for_last() -> None:
    made = solved(job("a"), job("b"), job("c", "a", "b"), job("d", "c"), a=0, b=1, c=3, d=4)
    assert driving(*made) == ("b", "c", "d")


def test_a_gap_counts() -> None:
    jobs = (job("a"), job("b"), Job("c", (Choice(0, 90 * DAY, DAY),), (Link("a", 5 * DAY), Link("b"))))
    assert driving(*solved(*jobs, a=0, b=1, c=6)) == ("a", "c")


def test_who_holds_the_resource_is_waited_for_after_the_links() -> None:
    jobs = (job("a"), job("hold", person_li=60), job("c", "a", person_li=60))
    assert driving(*solved(*jobs, a=0, hold=1, c=2)) == ("hold", "c")


@pytest.mark.parametrize(("units", "chain"), [(60, ("hold", "c")), (40, ("a", "c"))])
def test_two_that_fit_together_do_not_wait_for_each_other(units: int, chain: tuple[str, ...]) -> None:
    jobs = (job("a"), job("hold", person_li=60), job("c", "a", person_li=units))
    assert driving(*solved(*jobs, a=0, hold=1, c=2)) == chain


def test_the_chain_begins_with_what_has_begun() -> None:
    jobs = (job("before"), job("a", "before", began=DAY), job("b", "a"))
    assert driving(*solved(*jobs, before=0, a=1, b=2)) == ("a", "b")


def test_a_chain_to_a_job_that_is_not_the_last() -> None:
    made = solved(job("a"), job("b", "a"), job("c", "b"), a=0, b=1, c=2)
    assert driving(*made, "b") == ("a", "b")


def test_nothing_placed_has_no_chain() -> None:
    assert driving(*solved()) == ()


# --- dates --------------------------------------------------------------------------------------------------


def plan_of(*tasks: Task, deadline: str = "2027-01-10") -> Plan:
    component = Component(name="db", version=Versions(from_="1", to="2"), hosts="db", recipe=({"manual": "x"},))
    team = Team(people=(Person(id="li", name="李伟"), Person(id="wang")))
    table = Timetable(starts="2026-12-21", tasks=tasks)
    return Plan(upgrade="Orders", components=(component,), deadline=deadline, team=team, timetable=table)


def schedule_of(*stages: str) -> Schedule:
    made = tuple(Stage(name, name.split("/")[0], name.split("/")[2], (), "r") for name in stages)
    return Schedule("orders", "Orders", "p", "Asia/Shanghai", "0", *({} for _ in range(5)), made, {}, {}, {})


def test_rows_have_dates_people_slack_and_what_they_wait_for() -> None:
    tasks = (
        Task(id="a", days=1, deadline="2026-12-24", began="2026-12-21T10:00", ended="2026-12-21T17:00"),
        Task(id="b", takes_s=3600.0),
    )
    jobs = (
        job("a", began=0, person_li=80),
        job("b", "a"),
        Job("lead:b:waves", (), (Link("b", 0, "lead"),), kind="lead"),
        Job("db/1/w1", (), (Link("lead:b:waves", 0, "lead"), Link("a", 0, "after")), kind="waves", owner="li"),
    )
    problem, solution = solved(*jobs, a=0, b=2, **{"lead:b:waves": 3, "db/1/w1": 5})
    slacks = {"a": Slack(0, True), "b": Slack(90, False), "db/1/w1": Slack(60, False)}
    kept = {"b": (at("2026-12-22T00:00"), at("2026-12-23T00:00"))}
    begun = {"db/1/w1": (at("2026-12-26T22:00"), None)}
    found = dated(problem, solution, plan_of(*tasks), schedule_of("db/1/w1"), slacks=slacks, kept=kept, begun=begun)
    a, b, wave = found.rows
    assert [row.id for row in found.rows] == ["a", "b", "db/1/w1"]  # a lead is nobody's job
    assert (a.begins, a.days, a.people, a.loads) == (ORIGIN, 1, ("li",), {"li": 80.0})
    assert (a.began, a.ended) == (at("2026-12-21T10:00"), at("2026-12-21T17:00"))
    assert a.deadline == at("2026-12-25T00:00")  # its day included
    assert (b.days, b.slack_s, b.kept_begins, b.moved_s) == (None, 5400.0, at("2026-12-22T00:00"), 86400.0)
    assert b.after == (Bond("a"),)
    assert wave.after == (Bond("b", "lead"), Bond("a"))
    assert (wave.component, wave.began, wave.ended) == ("db", at("2026-12-26T22:00"), None)
    assert [row.critical for row in found.rows] == [True, True, True]  # b and the wave: the end hangs on them
    assert (found.deadline, found.bound, found.names) == (
        at("2027-01-11T00:00"),
        at("2026-12-23T00:00"),
        {"li": "李伟"},
    )


def test_moments_are_real_where_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    origin = datetime(2026, 10, 24, tzinfo=berlin)
    problem = Problem(origin, 9 * DAY, (Job("a", (Choice(0, 9 * DAY, DAY),), kind="tests"),))
    found = dated(problem, Solution((Placed("a", DAY, 2 * DAY),), "greedy"), plan_of(), schedule_of())
    assert [found.rows[0].begins.isoformat(), found.rows[0].ends.isoformat()] == [
        "2026-10-25T00:00:00+02:00",
        "2026-10-25T23:00:00+01:00",
    ]


def test_a_kept_timetable_in_minutes_of_another_origin() -> None:
    problem, solution = solved(job("a"), a=3)
    later = ORIGIN + timedelta(days=2)
    moved = moved_to(solution, ORIGIN, later)
    assert [(each.begins, each.ends) for each in moved.placed] == [(DAY, 2 * DAY)]
    assert kept_of(problem, solution)["a"][0] == later + timedelta(minutes=moved.placed[0].begins)
    utc = ORIGIN.astimezone(ZoneInfo("UTC"))  # as it comes back from the record
    assert moved_to(solution, utc, later) == moved
    assert minute_of(later, at("2026-12-24T00:00")) == moved.placed[0].begins


def test_shades_are_closed_days_openings_and_freezes() -> None:
    windows = (Window("22:00", "02:00", days=("tue", "wed")),)
    plan = plan_of()
    plan = Plan(
        upgrade=plan.upgrade,
        components=plan.components,
        windows=windows,
        freezes=(Freeze("2026-12-30", "2027-01-03", "年终"), Freeze("2027-06-01", "2027-06-02", "far")),
    )
    days = Workdays(closed=frozenset({date(2027, 1, 1)}), opened=frozenset({date(2026, 12, 26)}))
    found = shades_of(plan, days, at("2026-12-26T00:00"), at("2027-01-01T00:00"), windows)
    closed = [each.begins.date().isoformat() for each in found if each.kind == "closed"]
    assert closed == ["2026-12-27", "2027-01-01", "2027-01-02", "2027-01-03"]
    assert [each.name for each in found if each.kind == "freeze"] == ["年终"]
    opens = [(each.begins, each.ends) for each in found if each.kind == "window"]
    assert opens == [
        (at("2026-12-22T22:00"), at("2026-12-23T02:00")),
        (at("2026-12-23T22:00"), at("2026-12-24T02:00")),
        (at("2026-12-29T22:00"), at("2026-12-30T00:00")),
    ]
    assert not [each for each in shades_of(plan, days, ORIGIN, ORIGIN, ()) if each.kind == "window"]
