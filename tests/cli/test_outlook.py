"""What is left, and whether it could still go back: from estimates, corrected by what was seen."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from liftlock.execute.outlook import lanes_seen_s, outlook_of
from liftlock.model.actions import Action, Kind, Traits
from liftlock.model.events import RunResult
from liftlock.model.inventory import Host
from liftlock.model.plan import Window
from liftlock.model.reasons import because
from liftlock.model.run import LaneView, Phase, Rollback, Run, StageView
from liftlock.model.schedule import (
    Bounds,
    Capacity,
    Closure,
    LeadRule,
    Policy,
    Recipe,
    Schedule,
    Stage,
    Template,
)

AT = datetime(2026, 12, 20, 23, 0, tzinfo=UTC)
HOSTS = tuple(f"h{i}" for i in range(4))
INSTALL = Template(
    "install",
    Action(Kind.INSTALL, "x", traits=Traits(writes=True)),
    undo=Action(Kind.INSTALL, "x"),
    estimate_s=60.0,
)


def schedule() -> Schedule:
    return Schedule(
        upgrade="u",
        title="U",
        plan="",
        zone="UTC",
        program="0",
        drivers={},
        policies={"app": Policy("1", "2", (), "app", "roll back", 0, 0, 2, 3600, 7200, 30.0, 5, 600)},
        capacities={"app": Capacity("app", 4, 2, 4)},
        recipes={"app": Recipe(("01-install",), (INSTALL,))},
        gates={},
        stages=(
            Stage("app/1/w1", "app", "w1", HOSTS[:1], "app"),
            Stage("app/1/w2", "app", "w2", HOSTS[1:], "app", needs=("app/1/w1",)),
        ),
        hosts={name: Host(name) for name in HOSTS},
        assumes={},
        artifacts={},
    )


def test_at_the_start_everything_is_left() -> None:
    ahead = outlook_of(schedule(), Run(), AT)
    assert ahead.remaining_s == (60 + 30) + (2 * 60 + 30)
    assert ahead.ends_at == AT + timedelta(seconds=240)
    assert ahead.closes_at is None
    assert ahead.can_return is None


def test_what_is_done_is_not_left() -> None:
    run = Run(stages={"app/1/w1": StageView(AT, promoted=True), "app/1/w2": StageView(AT, upgraded=2, soaked_s=10)})
    assert outlook_of(schedule(), run, AT).remaining_s == 60 + 30 - 10


def test_lanes_that_take_longer_than_estimated_count_as_they_are() -> None:
    assert outlook_of(schedule(), Run(), AT, lanes_s={"app": 100.0}).remaining_s == (100 + 30) + (200 + 30)


def test_too_late_to_go_back_before_the_window_closes() -> None:
    windowed = replace(schedule(), windows=(Window("22:00", "23:01"),))
    run = Run(stages={"app/1/w1": StageView(AT, stepped=1)})
    ahead = outlook_of(windowed, run, AT)
    assert ahead.closes_at == AT + timedelta(minutes=1)
    assert ahead.can_return is True
    assert outlook_of(windowed, run, AT + timedelta(seconds=30)).can_return is False


def test_before_the_window_the_end_counts_from_its_opening() -> None:
    windowed = replace(schedule(), windows=(Window("23:30", "23:59"),))
    ahead = outlook_of(windowed, Run(), AT)
    assert ahead.closes_at is None
    assert ahead.ends_at == AT + timedelta(minutes=30, seconds=240)


def test_a_rollback_has_its_own_time() -> None:
    run = Run(
        stages={"app/1/w1": StageView(AT, stepped=1)},
        rollback=Rollback("all", (), because("asked", by="", why="")),
    )
    assert outlook_of(schedule(), run, AT).remaining_s == 60


def test_a_closed_run_has_no_outlook() -> None:
    assert outlook_of(schedule(), Run(result=RunResult.UPGRADED), AT).remaining_s is None


def test_a_running_mean_of_the_lanes_that_went_up() -> None:
    lanes = {
        name: LaneView("app/1/w1", "h0", AT, phase=phase)
        for name, phase in (("app/1/w1/a", Phase.UP), ("app/1/w1/b", Phase.BACK))
    }
    run = Run(lanes=lanes)
    seen = lanes_seen_s(run, {"app/1/w1/a": 10.0, "app/1/w1/b": 99.0}, {})
    assert seen == {"app": 10.0}
    assert lanes_seen_s(run, {"app/1/w1/a": 20.0}, seen) == {"app": 12.0}


def test_what_a_lead_or_another_change_holds_back_ends_so_much_later() -> None:
    free = outlook_of(schedule(), Run(), AT)
    held = replace(schedule(), bounds=Bounds(leads=(LeadRule(1, "approval", "waves"),)))
    assert free.remaining_s is not None
    ends = datetime(2026, 12, 22, tzinfo=UTC) + timedelta(seconds=free.remaining_s)  # the 20th is a Sunday
    assert outlook_of(held, Run(since={"approval": AT}), AT).ends_at == ends
    change = Closure("CHG1", "2026-12-20T22:00", "2026-12-20T23:30", HOSTS[:1])
    closed = replace(schedule(), bounds=Bounds(closures=(change,)))
    assert outlook_of(closed, Run(), AT).ends_at == AT + timedelta(minutes=30, seconds=free.remaining_s)
    begun = Run(stages={"app/1/w1": StageView(AT)})
    assert outlook_of(closed, begun, AT).ends_at == outlook_of(schedule(), begun, AT).ends_at
