"""A plan's timetable as a problem: what the plan and the executor hold to is what the problem holds to."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.timetable.back import minute_of, moments_of
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.problem import problem_of
from liftlock.decide.timetable.verify import verify
from liftlock.decide.workdays import open_between
from liftlock.model.chapters import Absence, Amount, Money, Period, Person, Resource, Team
from liftlock.model.plan import Freeze, Plan, Share, Window
from liftlock.model.schedule import Schedule
from liftlock.model.tasks import Lead, OtherChange, Pool, Task, Timetable
from liftlock.model.timetable import Choice, Job, Problem, Solution, Span
from liftlock.model.workdays import Workdays
from tests.decide.fakes import orders_plan, schedule_of, two_tiers

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 30, 8, 0, tzinfo=SHANGHAI)  # a Monday
NEW_YEAR = Workdays(closed=frozenset({date(2027, 1, 1)}), opened=frozenset({date(2027, 1, 2)}))
NIGHTS = (Window("22:00", "04:00"),)
DAY = 24 * 60


def posed(
    table: Timetable | None = None, *, now: datetime = NOW, workdays: Workdays = NEW_YEAR, **fields: Any
) -> Problem:
    more = {name: fields.pop(name) for name in ("since", "begun", "others", "load_windows") if name in fields}
    plan, inventory, recipes = orders_plan(8, waves=(Share(count=1), Share(percent=100)), soak_s=600.0)
    plan = replace(plan, timetable=table, **fields)
    return problem_of(plan, schedule_of(plan, inventory, recipes), workdays, now, **more)


def starting(*tasks: Task, **fields: Any) -> Timetable:
    return Timetable(starts="2026-11-30", tasks=tasks, **fields)


def job(problem: Problem, name: str) -> Job:
    return next(each for each in problem.jobs if each.id == name)


def solved(problem: Problem) -> dict[str, tuple[datetime, datetime]]:
    """By job, where the greedy scheduler puts it; proved by the checker."""
    found = greedy(problem)
    assert isinstance(found, Solution), found
    assert verify(problem, found) == ()
    return {each.job: moments_of(problem, each) for each in found.placed}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# --- waves ----------------------------------------------------------------------------------------------------


def test_a_plan_without_a_timetable_has_its_waves_from_now_on() -> None:
    placed = solved(posed())
    assert list(placed) == ["orders/1/w1", "orders/1/w2"]
    assert placed["orders/1/w1"][0] == NOW
    assert placed["orders/1/w2"][0] == placed["orders/1/w1"][1]


def test_a_wave_begins_only_where_its_way_back_and_the_reserve_fit_behind_it() -> None:
    problem = posed(windows=NIGHTS, reserve_s=3600.0)
    wave = job(problem, "orders/1/w1")
    opens = minute_of(problem.origin, at("2026-11-30T22:00"))
    assert wave.choices[0].first == opens
    assert wave.choices[0].last == opens + 6 * 60 - wave.needs
    assert wave.needs >= wave.choices[0].takes + 60
    assert wave.longest == 6 * 60


def test_freezes_and_others_changes_at_its_hosts_close_a_wave() -> None:
    change = OtherChange("CHG1", "2026-12-01T22:00", "2026-12-02T01:00", items=("app",))
    elsewhere = OtherChange("CHG2", "2026-12-02T22:00", "2026-12-03T04:00", items=("billing",))
    freeze = Freeze("2026-11-30", "2026-11-30")
    problem = posed(starting(changes=(change, elsewhere)), windows=NIGHTS, freezes=(freeze,))
    first = job(problem, "orders/1/w1").choices[:3]
    begins = [
        minute_of(problem.origin, at(text)) for text in ("2026-12-01T00:00", "2026-12-02T01:00", "2026-12-02T22:00")
    ]
    assert [choice.first for choice in first] == begins
    named_otherwise = posed(windows=NIGHTS, freezes=(freeze,), others=(change,))
    assert job(named_otherwise, "orders/1/w1").choices == job(problem, "orders/1/w1").choices


def test_windows_found_from_the_traffic_count_where_the_plan_has_none() -> None:
    quiet = (Window("02:00", "05:00"),)
    assert solved(posed(load_windows=quiet))["orders/1/w1"][0] == at("2026-12-01T02:00")
    assert solved(posed(load_windows=quiet, windows=NIGHTS))["orders/1/w1"][0] == at("2026-11-30T22:00")


def test_observation_lies_between_two_waves() -> None:
    placed = solved(posed(starting(observe_s=12 * 3600.0), windows=NIGHTS))
    assert placed["orders/1/w2"][0] - placed["orders/1/w1"][1] >= timedelta(hours=12)
    assert placed["orders/1/w2"][0] == at("2026-12-01T22:00")


def test_what_a_run_has_begun_does_not_move() -> None:
    began = at("2026-11-28T23:00")
    problem = posed(begun={"orders/1/w1": (began, at("2026-11-28T23:30"))}, windows=NIGHTS)
    assert problem.origin == at("2026-11-28")
    placed = solved(problem)
    assert placed["orders/1/w1"] == (began, at("2026-11-28T23:30"))
    assert placed["orders/1/w2"][0] == at("2026-11-30T22:00")
    under_way = posed(begun={"orders/1/w1": (NOW - timedelta(hours=5), None)})
    assert solved(under_way)["orders/1/w1"][1] == NOW


def test_components_on_the_same_hosts_come_one_after_the_other() -> None:
    plan, inventory, recipes = two_tiers()
    beside = replace(plan, components=tuple(replace(each, after=(), hosts="app") for each in plan.components))
    schedule = schedule_of(beside, inventory, recipes)
    problem = problem_of(beside, schedule, NEW_YEAR, NOW)
    (shared,) = problem.capacities
    assert (shared.amount, shared.kind) == (1, "domain")
    assert all(each.uses == {shared.id: 1} for each in problem.jobs)
    spans = sorted(solved(problem).values())
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_minutes_are_real_ones_when_clocks_change() -> None:
    now = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)
    problem = posed(now=now, timezone="Europe/Berlin", windows=(Window("01:00", "04:00"),))
    assert job(problem, "orders/1/w1").longest == 4 * 60  # in October
    night = job(problem, "orders/1/w1").choices[0]
    assert night.last - night.first + job(problem, "orders/1/w1").needs == 2 * 60  # 02:00 to 03:00 does not exist
    assert solved(problem)["orders/1/w1"][0] == datetime(2026, 3, 29, 1, 0, tzinfo=BERLIN)


# --- tasks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "begins", "ends"),
    [
        (Task("t", days=1), "2026-11-30T09:00", "2026-11-30T18:00"),
        (Task("t", days=1, earliest="2026-11-30T09:01"), "2026-12-01T09:00", "2026-12-01T18:00"),
        # the make-up Saturday counts
        (Task("t", days=4, earliest="2026-12-31"), "2026-12-31T09:00", "2027-01-05T18:00"),
        (Task("t", days=0), "2026-11-30T09:00", "2026-11-30T09:00"),
        (Task("t", takes_s=7200.0, people=("li.wei",)), "2026-11-30T09:00", "2026-11-30T11:00"),
        (Task("t", takes_s=7200.0), "2026-11-30T08:00", "2026-11-30T10:00"),
        (Task("t", takes_s=7200.0, windowed=True), "2026-11-30T22:00", "2026-12-01T00:00"),
        (Task("t", days=2, began="2026-11-27T10:00"), "2026-11-27T10:00", "2026-11-30T18:00"),
        (Task("t", days=1, began="2026-11-26"), "2026-11-26T00:00", "2026-11-30T08:00"),  # late: it lasts until now
        (Task("t", days=9, began="2026-11-26", ended="2026-11-27T12:00"), "2026-11-26T00:00", "2026-11-27T12:00"),
    ],
)
def test_a_task_begins_and_ends(task: Task, begins: str, ends: str) -> None:
    placed = solved(posed(starting(task), windows=NIGHTS))["t"]
    assert placed == (at(begins), at(ends))


def test_the_projects_stages_come_in_order() -> None:
    tasks = (
        Task("rehearse", stage="rehearsal", days=1),
        Task("approve", stage="approval", days=0, after=("rehearse",)),
        Task("accept", stage="acceptance", days=1),
        Task("check", stage="tests", takes_s=3600.0, after=("waves",)),
    )
    problem = posed(starting(*tasks), windows=NIGHTS)
    placed = solved(problem)
    assert placed["approve"][0] >= placed["rehearse"][1]
    assert placed["orders/1/w1"][0] >= placed["approve"][1]
    assert placed["accept"][0] >= placed["orders/1/w2"][1]
    assert placed["check"][0] >= placed["orders/1/w2"][1]
    assert [link.job for link in job(problem, "orders/1/w1").after] == ["approve"]


def test_a_stages_name_stands_for_all_of_its_tasks() -> None:
    tasks = (
        Task("tests", stage="tests", days=1),
        Task("load", stage="tests", days=3),
        Task("report", days=1, after=("tests",)),
    )
    placed = solved(posed(starting(*tasks)))
    assert placed["report"][0] >= placed["load"][1]


def test_gaps_deadlines_and_money_are_the_plans() -> None:
    tasks = (Task("a", days=1), Task("b", takes_s=60.0, after=("a",), gap_s=7200.0, deadline="2026-12-04"))
    budget = Money(
        amounts=(Amount("licence", planned=800.5, task="a"), Amount("rack", planned=100, on="2026-12-02")),
        periods=(Period("2026-12-01", "2026-12-31", 1000),),
    )
    problem = posed(starting(*tasks), budget=budget, deadline="2026-12-20")
    assert [(link.job, link.gap) for link in job(problem, "b").after] == [("a", 120)]
    assert job(problem, "b").deadline == 5 * DAY
    assert job(problem, "orders/1/w1").deadline == 21 * DAY
    assert job(problem, "a").cost == 80050
    assert [(limit.span, limit.amount) for limit in problem.limits] == [(Span(DAY, 32 * DAY), 90000)]


# --- people and things ----------------------------------------------------------------------------------------


def test_people_give_what_they_have_and_are_away_on_working_days() -> None:
    absence = Absence(from_="2026-12-04", to="2026-12-07")  # Friday to Monday
    li = Person("li.wei", load=50, absences=(absence,))
    change = OtherChange("CHG1", "2026-12-02T09:00", "2026-12-02T12:00", people=("li.wei",))
    table = starting(Task("t", days=1, people=("li.wei",)), changes=(change,))
    problem = posed(table, team=Team(people=(li,)))
    (person,) = problem.capacities
    assert (person.id, person.amount, job(problem, "t").uses) == ("person:li.wei", 50, {"person:li.wei": 50})
    spans = [Span(2 * DAY + 540, 2 * DAY + 720), Span(4 * DAY, 5 * DAY), Span(7 * DAY, 8 * DAY)]
    assert [span for span, less in person.less if less == 50] == spans


def test_waves_need_people_of_a_team_and_tasks_need_things() -> None:
    dba = [Person(name, teams=("dba",)) for name in ("a", "b")]
    away = replace(dba[0], absences=(Absence("2026-12-05", "2026-12-05"),))
    rig = Resource("rig", amount=2)
    table = starting(Task("t", takes_s=60.0, uses={"rig": 1}), pools=(Pool("dba", 2, ("orders",)),))
    problem = posed(table, team=Team(people=(away, dba[1])), resources=(rig,), windows=NIGHTS)
    assert job(problem, "orders/1/w1").uses == {"team:dba": 2}
    assert job(problem, "t").uses == {"equipment:rig": 1}
    team = next(each for each in problem.capacities if each.id == "team:dba")
    assert (team.amount, team.less) == (2, ((Span(5 * DAY, 6 * DAY), 1),))


# --- leads ----------------------------------------------------------------------------------------------------


def test_a_lead_holds_the_waves_back_so_many_full_working_days() -> None:
    approve = Task("approve", stage="approval", days=0, earliest="2026-12-30")  # Thursday, the make-up Saturday, Monday
    placed = solved(posed(starting(approve, leads=(Lead(3),)), windows=NIGHTS))
    assert placed["approve"][0] == at("2026-12-30T09:00")
    assert placed["orders/1/w1"][0] == at("2027-01-05T00:00")


def test_a_lead_counts_from_the_record_where_there_is_one_and_from_now_where_there_is_nothing() -> None:
    table = starting(leads=(Lead(3),))
    assert solved(posed(table, windows=NIGHTS))["orders/1/w1"][0] == at("2026-12-04T00:00")
    approved = {"approval": at("2026-11-26T15:00")}  # a Thursday
    assert solved(posed(table, windows=NIGHTS, since=approved))["orders/1/w1"][0] == at("2026-12-02T00:00")
    long_ago = {"approval": at("2026-11-12T15:00")}
    assert solved(posed(table, windows=NIGHTS, since=long_ago))["orders/1/w1"][0] == at("2026-11-30T22:00")


def test_an_emergency_has_no_lead() -> None:
    placed = solved(posed(starting(leads=(Lead(3),)), model="emergency"))
    assert placed["orders/1/w1"][0] == NOW


@given(
    over=st.integers(0, 30 * DAY),
    lead=st.integers(1, 9),
    closed=st.frozensets(st.dates(date(2026, 12, 1), date(2027, 1, 15))),
)
@settings(max_examples=25, deadline=None)
def test_leads_are_exact(over: int, lead: int, closed: frozenset[date]) -> None:
    """Not a day too early, not a day too late, whenever what must be over is over."""
    ends = NOW + timedelta(minutes=over)
    workdays = Workdays(closed=closed, opened=frozenset({date(2027, 1, 2)}))
    began = Task("x", takes_s=0.0, began=NOW.isoformat()[:16], ended=ends.isoformat()[:16])
    placed = solved(posed(starting(began, leads=(Lead(lead, of="x"),)), workdays=workdays))
    begins = placed["orders/1/w1"][0]
    assert begins.time().isoformat() == "00:00:00"
    last = (ends - timedelta(minutes=1)).date() if ends.time().isoformat() == "00:00:00" else ends.date()
    assert open_between(workdays, last, begins.date()) == lead
    assert open_between(workdays, last, begins.date() - timedelta(days=1)) == lead - 1


def test_zero_days_only_put_things_in_order() -> None:
    problem = posed(starting(Task("dry", days=1), leads=(Lead(0, of="dry"),)))
    assert [(link.job, link.why) for link in job(problem, "orders/1/w1").after] == [("dry", "lead")]


def test_choices_are_ascending_and_apart() -> None:
    windows = (Window("20:00", "23:00"), Window("22:00", "04:00"))  # they overlap
    for each in posed(starting(Task("t", takes_s=60.0, windowed=True)), windows=windows).jobs:
        assert all(isinstance(choice, Choice) and choice.first <= choice.last for choice in each.choices)
        assert all(one.last < two.first for one, two in pairwise(each.choices))


def plan_and_schedule() -> tuple[Plan, Schedule]:
    plan, inventory, recipes = orders_plan(8)
    return plan, schedule_of(plan, inventory, recipes)


def test_the_same_plan_poses_the_same_problem() -> None:
    plan, schedule = plan_and_schedule()
    assert problem_of(plan, schedule, NEW_YEAR, NOW) == problem_of(plan, schedule, NEW_YEAR, NOW)
