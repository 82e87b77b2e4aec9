"""What is approved beside windows binds the run: leads, others' changes, observation. What may begin, and when?"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET, json
from msgspec.structs import replace

from liftlock.decide.binding import held_at_first
from liftlock.model import events as ev
from liftlock.model.decisions import Wait
from liftlock.model.plan import Hop, Plan, Window
from liftlock.model.reasons import because
from liftlock.model.schedule import Bounds, Closure, LeadRule, Schedule, digest
from liftlock.model.tasks import Lead, OtherChange, Task, Timetable
from liftlock.model.workdays import Workdays
from tests.decide.fakes import item, orders_plan, schedule_of
from tests.decide.history import History, orders
from tests.decide.test_hops import hops

SHANGHAI = ZoneInfo("Asia/Shanghai")
W1, W2 = "orders/1/w1", "orders/1/w2"
AFTER_APPROVAL = LeadRule(3, "approval", "waves")
MONDAY = datetime(2026, 11, 30, 15, 0, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def opened(now: datetime, since: dict[str, datetime] | None = None, **fields: Any) -> History:
    """A run that is opened now, bound by these."""
    told = History(orders(bounds=Bounds(**fields)), now)
    told.run.since = since or {}
    told.entries[0] = ev.Entry(0, now, 0, ev.RunOpened("u", "0" * 64, "li.wei", "c1", "0.1.0", (), since or {}))
    return told


# --- leads ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "now", "opens"),
    [
        ({"approval": MONDAY}, "2026-12-03T23:59", "2026-12-04T00:00"),
        ({"approval": MONDAY, "plan": at("2026-11-02")}, "2026-12-01T09:00", "2026-12-04T00:00"),
        ({"plan": MONDAY}, "2026-12-01T09:00", "2026-12-04T00:00"),  # no approval on record: the submission counts
        ({}, "2026-12-01T09:00", "2026-12-05T00:00"),  # nothing on record: it is as young as the run
    ],
)
def test_the_first_wave_waits_for_the_lead(since: dict[str, datetime], now: str, opens: str) -> None:
    told = opened(at(now), since, leads=(AFTER_APPROVAL,))
    assert told.only() == Wait(at(opens), because("lead-approval", days=3, opens=f"{opens}+08:00"))
    told.now = at(opens)
    assert told.event() == ev.StageOpened(W1)


@pytest.mark.parametrize(("days", "opens"), [(3, "2026-12-05"), (4, "2026-12-06"), (5, "2026-12-08")])
def test_days_are_those_that_were_frozen_with_the_schedule(days: int, opens: str) -> None:
    """Wednesday is closed, Saturday is a make-up day."""
    frozen: dict[str, Any] = {"closed": (date(2026, 12, 2),), "opened": (date(2026, 12, 5),)}
    told = opened(MONDAY, {"approval": MONDAY}, leads=(LeadRule(days, "approval", "waves"),), **frozen)
    assert told.only().until == at(opens)


def test_a_lead_of_the_plan_counts_from_its_submission() -> None:
    since = {"approval": at("2026-11-02"), "plan": MONDAY}
    told = opened(at("2026-12-01T09:00"), since, leads=(LeadRule(3, "plan", "waves"),))
    assert told.why() == "lead-plan"


def test_a_lead_binds_only_what_it_is_before_and_only_until_that_has_begun() -> None:
    lead = LeadRule(3, "approval", W2)
    told = opened(MONDAY, {"approval": MONDAY}, leads=(lead,))
    assert told.event() == ev.StageOpened(W1)
    told.play(until=lambda run: W1 in run.stages and run.stages[W1].promoted)
    assert told.why() == "lead-approval"
    begun = opened(at("2026-12-04"), {"approval": MONDAY}, leads=(AFTER_APPROVAL,))
    begun.play(until=lambda run: W1 in run.stages and run.stages[W1].promoted)
    begun.say(ev.RunAmended("1" * 64, "li.wei", "a longer window", since={"approval": begun.now}))
    assert begun.event() == ev.StageOpened(W2)


def test_an_amendment_before_anything_began_counts_anew() -> None:
    told = opened(at("2026-12-04"), {"approval": MONDAY}, leads=(AFTER_APPROVAL,))
    told.say(ev.RunAmended("1" * 64, "li.wei", "other hosts", since={"approval": told.now}))
    assert told.why() == "lead-approval"


def test_a_rollback_waits_for_no_lead_and_no_change() -> None:
    told = opened(at("2026-12-04"), {"approval": MONDAY}, leads=(AFTER_APPROVAL,))
    told.play(until=lambda run: bool(run.lanes) and not run.busy)
    told.say(ev.RollbackBegan("all", because("asked")))
    everywhere = tuple(sorted(told.schedule.hosts))
    told.layout = replace(
        told.layout,
        schedule=replace(
            told.schedule, bounds=Bounds(closures=(Closure("C", "2026-12-01", "2026-12-31", everywhere),))
        ),
    )
    assert isinstance(told.event(), ev.LaneTurned)


def test_a_run_is_refused_where_all_of_its_first_stages_are_held() -> None:
    schedule = orders(bounds=Bounds(leads=(AFTER_APPROVAL,)))
    held = held_at_first(schedule, {"approval": MONDAY}, at("2026-12-01"))
    assert held is not None
    assert held.until == at("2026-12-04")
    assert held_at_first(schedule, {"approval": MONDAY}, at("2026-12-04")) is None
    assert held_at_first(orders(), {}, MONDAY) is None
    assert held_at_first(orders(bounds=Bounds(leads=(LeadRule(3, "approval", W2),))), {}, MONDAY) is None


# --- others' changes ------------------------------------------------------------------------------------------


def change(since: str, until: str, host: str = "") -> Closure:
    (first,) = orders().stages[0].hosts
    return Closure("CHG1", since, until, (host or first,))


def test_a_wave_waits_while_others_change_one_of_its_hosts() -> None:
    told = opened(MONDAY, closures=(change("2026-11-30T14:00", "2026-11-30T16:00"),))
    opens = "2026-11-30T16:00"
    assert told.only() == Wait(at(opens), because("other-change", change="CHG1", opens=f"{opens}+08:00"))
    elsewhere = opened(MONDAY, closures=(change("2026-11-30T14:00", "2026-11-30T16:00", "db-01"),))
    assert elsewhere.event() == ev.StageOpened(W1)


def test_a_wave_that_could_not_go_back_before_the_change_waits_for_its_end() -> None:
    told = opened(MONDAY, closures=(change("2026-11-30T15:01", "2026-11-30T18:00"),))
    assert told.why() == "does-not-fit"
    told.now = told.only().until
    assert told.only().until == at("2026-11-30T18:00")


def test_no_host_begins_while_a_change_is_there_that_the_wave_ran_into() -> None:
    told = opened(MONDAY).play(until=lambda run: W2 in run.stages)
    hosts = told.layout.stages[W2].hosts
    closed = Bounds(closures=(Closure("CHG1", "2026-11-30", "2026-11-30", (hosts[-1],)),))
    told.layout = replace(told.layout, schedule=replace(told.schedule, bounds=closed))
    assert told.why() == "other-change"


# --- observation ----------------------------------------------------------------------------------------------


def test_the_next_wave_waits_until_the_last_was_observed() -> None:
    told = opened(MONDAY, observe_s=12 * 3600.0)
    told.play(until=lambda run: W1 in run.stages and run.stages[W1].promoted)
    promoted = told.now
    assert told.why() == "observing"
    assert told.only().until == promoted + timedelta(hours=12)
    told.now = promoted + timedelta(hours=12)
    assert told.event() == ev.StageOpened(W2)


def test_what_is_done_once_between_two_hops_does_not_part_their_waves() -> None:
    once: dict[str, Any] = {"once_before": ({"command": "x"},), "once_after": ({"command": "x"},)}
    plan, inventory, recipes = hops(orders_plan(4, soak_s=0.0), Hop("1.1"), **once)
    items = (item("command", "x"),)
    recipes = replace(recipes, before={"orders": items}, after={"orders": items})
    schedule = replace(schedule_of(plan, inventory, recipes), bounds=Bounds(observe_s=12 * 3600.0))
    told = History(schedule, MONDAY)
    last = [stage.id for stage in schedule.stages if stage.soaks and stage.component == "orders"][-1]
    told.play(until=lambda run: last in run.stages and run.stages[last].promoted)
    promoted = told.now
    told.play(until=lambda run: "orders/2/before" in run.stages and run.stages["orders/2/before"].promoted)
    assert told.why() == "observing"
    assert told.only().until == promoted + timedelta(hours=12)


# --- clocks that are set back ---------------------------------------------------------------------------------


def test_what_has_passed_is_not_waited_for_when_clocks_are_set_back() -> None:
    """02:40 came before 02:30 came again: a wait until then would have no end but the clock's."""
    berlin = ZoneInfo("Europe/Berlin")
    told = opened(datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin), not_before="2026-10-25T02:40")
    assert told.event() == ev.StageOpened(W1)


# --- from the plan --------------------------------------------------------------------------------------------


def arranged(table: Timetable | None, workdays: Workdays | None = None, **fields: Any) -> Schedule:
    plan, inventory, recipes = orders_plan(4)
    plan = replace(plan, timetable=table, **fields)
    return schedule_of(plan, inventory, recipes, **({"workdays": workdays} if workdays else {}))


def test_a_plan_that_binds_nothing_more_keeps_its_schedules_bytes() -> None:
    plain = arranged(None)
    assert plain.bounds is UNSET
    assert b"bounds" not in json.encode(plain)
    free = arranged(Timetable(starts="2026-11-30", tasks=(Task("t", days=1),), leads=(Lead(3, of="t", before="t"),)))
    assert digest(free) == digest(plain)


def test_bounds_are_frozen_with_the_days_that_differ() -> None:
    days = Workdays(
        closed=frozenset({date(2027, 1, 1), date(2027, 1, 3), date(2020, 1, 1)}), opened=frozenset({date(2027, 1, 2)})
    )
    table = Timetable(
        starts="2026-11-30",
        leads=(Lead(3), Lead(1, of="plan", before="orders"), Lead(2, of="dry")),
        tasks=(Task("dry", days=1, began="2026-12-29", ended="2026-12-30T17:00"),),
        changes=(
            OtherChange("CHG1", "2026-12-05T22:00", "2026-12-06", items=("app", "billing")),
            OtherChange("CHG2", "2026-12-05", "2026-12-06", items=("billing",)),
        ),
        observe_s=3600.0,
    )
    bounds = arranged(table, days).bounds
    assert bounds == Bounds(
        leads=(AFTER_APPROVAL, LeadRule(1, "plan", "orders")),
        closed=(date(2027, 1, 1),),  # a Sunday is closed anyhow
        opened=(date(2027, 1, 2),),
        not_before="2027-01-03T00:00",  # Thursday and the make-up Saturday lie between
        closures=(Closure("CHG1", "2026-12-05T22:00", "2026-12-06", ("app-01", "app-02", "app-03", "app-04")),),
        observe_s=3600.0,
    )


def test_an_emergency_change_has_no_lead() -> None:
    table = Timetable(starts="2026-11-30", leads=(Lead(3),))
    assert arranged(table, model="emergency").bounds is UNSET
    assert arranged(table, model="normal").bounds != UNSET


def test_a_change_of_the_bounds_is_another_schedule() -> None:
    digests = {digest(arranged(Timetable(starts="2026-11-30", leads=(Lead(days),)))) for days in (1, 2, 3)}
    assert len(digests) == 3


def test_windows_and_leads_hold_together() -> None:
    plan, inventory, recipes = orders_plan(4)
    plan = with_nights(plan)
    told = History(schedule_of(plan, inventory, recipes), MONDAY)
    assert told.only().until == at("2026-12-04T00:00")
    told.now = at("2026-12-04T05:00")
    assert told.only().until == at("2026-12-04T22:00")


def with_nights(plan: Plan) -> Plan:
    table = Timetable(starts="2026-11-30", leads=(Lead(3),))
    return replace(plan, windows=(Window("22:00", "04:00"),), timetable=table)
