"""Where the timetable lets a wave begin, the executor opens it; a minute before and a minute after, it does not."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.timetable.back import moment_of
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.problem import problem_of
from liftlock.model import events as ev
from liftlock.model.decisions import Record
from liftlock.model.plan import Freeze, Window
from liftlock.model.tasks import Lead, OtherChange, Timetable
from liftlock.model.timetable import Solution
from liftlock.model.workdays import Workdays
from tests.decide.fakes import orders_plan, schedule_of
from tests.decide.history import History

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 20, 12, 0, tzinfo=BERLIN)  # clocks go back on the 25th
HOURS = st.sampled_from(["00:00", "01:00", "02:30", "04:00", "20:15", "22:00", "23:30"])
DAYS = st.sampled_from([(), ("sat", "sun"), ("tue", "thu"), ("sun",)])
WHEN = st.integers(0, 9 * 24 * 4).map(lambda quarters: NOW.replace(tzinfo=None) + timedelta(minutes=15 * quarters))


@st.composite
def spans(draw):
    begins = draw(WHEN)
    ends = begins + timedelta(minutes=15 * draw(st.integers(1, 200)))
    return begins.isoformat(timespec="minutes"), ends.isoformat(timespec="minutes")


def opens(schedule, at: datetime, approved: datetime | None = None) -> bool:
    """Whether a run that is opened then opens its first wave at once."""
    told = History(schedule, at.astimezone(BERLIN))
    since = {"approval": approved} if approved else {}
    told.entries[0] = ev.Entry(0, told.now, 0, ev.RunOpened("u", "0" * 64, "li.wei", "c1", "0.1.0", (), since))
    found = told.ask()
    return any(isinstance(each, Record) and isinstance(each.event, ev.StageOpened) for each in found)


@given(
    hours=st.tuples(HOURS, HOURS),
    days=DAYS,
    freeze=spans(),
    change=spans(),
    reserve_min=st.sampled_from([0, 30, 90]),
)
@settings(max_examples=40, deadline=None)
def test_the_problem_and_the_executor_agree_on_when_a_wave_may_begin(hours, days, freeze, change, reserve_min):
    plan, inventory, recipes = orders_plan(4)
    table = Timetable(starts="2026-10-20", changes=(OtherChange("C", *change, items=("app",)),))
    plan = replace(
        plan,
        timezone="Europe/Berlin",
        windows=(Window(*hours, days=days),),
        freezes=(Freeze(*freeze),),
        reserve_s=reserve_min * 60.0,
        timetable=table,
    )
    schedule = schedule_of(plan, inventory, recipes)
    problem = problem_of(plan, schedule, Workdays(), NOW)
    wave = problem.jobs[0]
    allowed = [(each.first, each.last) for each in wave.choices if each.first < 12 * 24 * 60]
    for first, last in allowed:
        for minute in (first, last):
            assert opens(schedule, moment_of(problem.origin, minute)), (minute, wave.needs)
        for minute in (first - 1, last + 2):  # the last one is rounded: work ends within its minute
            inside = any(begins <= minute <= ends for begins, ends in allowed)
            earlier = moment_of(problem.origin, minute) < NOW
            assert inside or earlier or not opens(schedule, moment_of(problem.origin, minute)), (minute, wave.needs)


@given(
    since=st.integers(0, 20 * 24 * 4),
    days=st.integers(1, 6),
    closed=st.frozensets(st.dates(date(2026, 10, 10), date(2026, 11, 20)), max_size=12),
    opened=st.frozensets(st.dates(date(2026, 10, 10), date(2026, 11, 20)), max_size=8),
    windows=st.sampled_from([(), (Window("22:00", "04:00"),), (Window("08:00", "12:00", days=("wed", "sat")),)]),
)
@settings(max_examples=40, deadline=None)
def test_the_timetable_and_the_executor_count_a_lead_alike(since, days, closed, opened, windows):
    approved = NOW - timedelta(days=12) + timedelta(minutes=15 * since)
    workdays = Workdays(closed=closed, opened=opened)
    plan, inventory, recipes = orders_plan(4)
    table = Timetable(starts="2026-10-20", leads=(Lead(days),))
    plan = replace(plan, timezone="Europe/Berlin", windows=windows, timetable=table)
    schedule = schedule_of(plan, inventory, recipes, workdays=workdays)
    problem = problem_of(plan, schedule, workdays, NOW, since={"approval": approved})
    found = greedy(problem)
    assert isinstance(found, Solution)
    first = next(each.begins for each in found.placed if each.job == problem.jobs[0].id)
    assert opens(schedule, moment_of(problem.origin, first), approved)
    before = moment_of(problem.origin, first - 1)
    assert before < NOW or not opens(schedule, before, approved)
