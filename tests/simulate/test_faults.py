"""What can go wrong does go wrong in the seeds that are played; and a crash at any boundary leads to the same end."""

import random
from collections import Counter

import pytest

from liftlock.model.events import RunResult
from liftlock.simulate.clock import EPOCH, run_virtually
from liftlock.simulate.faults import CALM, Faults, drawn
from liftlock.simulate.promises import broken
from liftlock.simulate.story import Crash, Operators, People, Teller
from tests.simulate.scenarios import drawn_schedule, two_hops
from tests.simulate.test_seeds import SHANGHAI

COUNTED = 250
FAULTS = {name for name in Faults.__struct_fields__ if name not in ("bad", "bad_hosts", "failover")}
OTHERS = {"bad_at-once", "bad_late", "bad_traffic", "came_back", "refused_neighbour", "woke_to_find_another"}
WRITTEN = {  # what a controller writes, each with a crash before or after its commit
    *("StageOpened", "StageObserved", "StageConfirming", "StagePromoted", "LaneTurned", "LaneEnded", "LaneConfirmed"),
    *("StepStarted", "StepSucceeded", "StepFailed", "StepNotStarted"),
    *("HoldRaised", "RollbackBegan", "RunClosed", "ControllerTookOver"),
}


def teller_of(seed: int) -> tuple[Teller, People]:
    rng = random.Random(seed)
    schedule, faults = drawn_schedule(rng), drawn(rng)
    teller = Teller(schedule, seed, faults, SHANGHAI, EPOCH)
    return teller, Operators(teller.rng) if rng.random() < 0.5 else People()


def test_every_fault_occurs_in_the_seeds():
    occurred, crashed_at, wards, results = Counter(), Counter(), Counter(), Counter()
    for seed in range(COUNTED):
        teller, people = teller_of(seed)
        story = run_virtually(teller.tell(people))
        occurred += teller.fleet.occurred
        crashed_at += teller.crashed_at
        wards.update(stage.wave for stage in teller.schedule.stages)
        results[story.run.result] += 1
    assert {*FAULTS, *OTHERS} - set(occurred) == set()
    assert WRITTEN - set(crashed_at) == set()
    assert {"stop", "before", "after"} <= set(wards)
    assert {*RunResult, None} <= set(results)


# --- a crash at every boundary ------------------------------------------------------------------------------


class OneCrash(Teller):
    """The controller dies once: around the commit with this number, before it or after it."""

    def __init__(self, schedule, faults, boundary: int) -> None:
        super().__init__(schedule, 1, faults, SHANGHAI, EPOCH)
        self.boundary, self.passed = boundary, 0

    def maybe_crash(self, stream, events) -> None:
        if self.opened and stream == "u-simulated/r1":
            self.passed += 1
            if self.passed == self.boundary:
                raise Crash


def end_of(story):
    """What a run came to, whatever it went through."""
    lanes = {name: (lane.result, lane.phase) for name, lane in story.run.lanes.items()}
    hosts = {
        name: {of: (service.version, service.running, service.in_service) for of, service in host.services.items()}
        for name, host in story.fleet.hosts.items()
    }
    return story.run.result, set(story.run.holds), lanes, hosts


@pytest.mark.parametrize("faults", [CALM, Faults(bad="at-once"), Faults(bad="traffic")], ids=["calm", "bad", "traffic"])
@pytest.mark.parametrize("seed", [3, 8, 21])
def test_a_crash_at_any_boundary_leads_to_the_same_end(seed, faults):
    schedule = drawn_schedule(random.Random(seed))
    whole = OneCrash(schedule, faults, 0)
    wanted = run_virtually(whole.tell(People()))
    assert whole.passed >= 20, "there is something to interrupt"
    for boundary in range(1, whole.passed + 1):
        story = run_virtually(OneCrash(schedule, faults, boundary).tell(People()))
        assert broken(story) == [], f"a crash at {boundary}"
        assert end_of(story) == end_of(wanted), f"a crash at {boundary}"


class BadInTheSecondHop(OneCrash):
    """On one host the version of the second hop is bad."""

    def __init__(self, schedule, boundary: int, host: str) -> None:
        super().__init__(schedule, CALM, boundary)
        self.fleet.hosts[host].services["app"].bad = ("1.2",)
        self.fleet.faults = Faults(bad="at-once")


@pytest.mark.parametrize("wave", ["w1", "w2"])
def test_a_crash_at_any_boundary_of_a_rollback_over_two_hops_leads_to_the_same_end(wave):
    schedule = two_hops()
    (host,) = next(stage.hosts for stage in schedule.stages if stage.id == f"app/2/{wave}")
    whole = BadInTheSecondHop(schedule, 0, host)
    wanted = run_virtually(whole.tell(People()))
    assert wanted.run.result is RunResult.ROLLED_BACK
    assert {name for name in wanted.run.stages if name.startswith("app/2/")} >= {f"app/2/{wave}"}
    for boundary in range(1, whole.passed + 1):
        story = run_virtually(BadInTheSecondHop(schedule, boundary, host).tell(People()))
        assert broken(story) == [], f"a crash at {boundary}"
        assert end_of(story) == end_of(wanted), f"a crash at {boundary}"
