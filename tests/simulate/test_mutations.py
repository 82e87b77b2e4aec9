"""Each promise bites: with the rule behind it taken away, some seed breaks exactly that promise."""

import random
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from liftlock.decide import binding, rollback, stages, way_back
from liftlock.decide import choose as choosing
from liftlock.decide.capacity import Room
from liftlock.decide.choose import policy_of
from liftlock.decide.judge import canary
from liftlock.decide.windows import ALWAYS
from liftlock.execute import commands, loop
from liftlock.execute import perform as performing
from liftlock.execute.observe import Observer
from liftlock.execute.perform import Performer
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.actions import Failure, FailureKind
from liftlock.model.canary import Verdict
from liftlock.model.fold import advance
from liftlock.model.run import IllegalEvent
from liftlock.simulate import story as stories
from liftlock.simulate.faults import Faults, drawn
from liftlock.simulate.promises import PROMISES
from liftlock.simulate.story import Operators, tell_story
from tests.simulate.scenarios import (
    drawn_schedule,
    drawn_with_bounds,
    drawn_with_canaries,
    drawn_with_hops,
    drawn_with_roles,
)

SEEDS = 400


def without_steps(monkeypatch, *kinds):
    """The way up leaves these steps out."""
    real = choosing.path

    def shorter(*given):
        return tuple(name for name in real(*given) if not name.endswith(kinds))

    monkeypatch.setattr(choosing, "path", shorter)


def no_capacity(monkeypatch):
    monkeypatch.setattr(Room, "take", lambda *args, **kwargs: True)


def no_attaching(monkeypatch):
    async def guess(self, job, driver):
        return ev.StepNotStarted(job.step.id, job.attempt, Failure(FailureKind.INTERRUPTED, "not-started"))

    monkeypatch.setattr(Performer, "settle_script", guess)


def no_memory_of_success(monkeypatch):
    async def forget(self, job, driver, operation, error):
        return ev.StepFailed(job.step.id, job.attempt, Failure(FailureKind.TRANSIENT, "lost"))

    monkeypatch.setattr(Performer, "after_error", forget)


def no_way_back_to_service(monkeypatch):
    real = way_back.reviving
    monkeypatch.setattr(
        way_back, "reviving", lambda ways, ran: (name for name in real(ways, ran) if not name.endswith("readmit"))
    )


def no_soak(monkeypatch):
    monkeypatch.setattr(stages, "soaked", lambda *args: True)


def no_windows(monkeypatch):
    monkeypatch.setattr(stages, "openings", lambda windows, freezes, now: iter([(now, now + ALWAYS)]))


def no_standstill(monkeypatch):
    monkeypatch.setattr(stages, "standstill", lambda run: None)


def no_stop_at_once(monkeypatch):
    real = loop.choose

    def heedless(layout, run, now):
        at_once, run.paused_at_once = run.paused_at_once, False
        try:
            return real(layout, run, now)
        finally:
            run.paused_at_once = at_once

    monkeypatch.setattr(loop, "choose", heedless)


def no_budget(monkeypatch):
    monkeypatch.setattr(stages, "failure_of", lambda *args: None)


def no_order_back(monkeypatch):
    monkeypatch.setattr(rollback, "waits_for_others", lambda *args: False)


def no_staying_down(monkeypatch):
    monkeypatch.setattr(choosing, "stays_down", lambda *args: False)


def staying_down_in_a_rollback_only(monkeypatch):
    """A host that goes back alone is started, over the new tier."""
    monkeypatch.setattr(choosing, "stays_down", lambda run, lane: choosing.is_to_turn(run, choosing.stop_of(lane)))


def parts_go_back_at_will(monkeypatch):
    monkeypatch.setattr(commands, "built_on", lambda *args: "")


def tiers_are_tried_again_at_will(monkeypatch):
    monkeypatch.setattr(commands, "used_by", lambda *args: "")


def absence_is_soak(monkeypatch):
    def generous(self, layout, run, stage, since):
        return 30.0

    monkeypatch.setattr(Observer, "covers", generous)


def trying_for_ever(monkeypatch):
    monkeypatch.setattr(choosing, "policy_of", lambda layout, lane: replace(policy_of(layout, lane), attempts_max=9))


def no_locks(monkeypatch):
    async def nothing_is_taken(self, stream, names):
        return {}

    monkeypatch.setattr(MemoryStore, "lock", nothing_is_taken)


def no_host_for_itself(monkeypatch):
    real = loop.choose

    def crowded(layout, run, now):
        busy, run.busy = run.busy, {}
        try:
            return real(layout, run, now)
        finally:
            run.busy = busy

    monkeypatch.setattr(loop, "choose", crowded)


def a_cache_of_its_own(monkeypatch):
    def careless(run, entry):
        advance(run, entry)
        run.failures["nobody"] = 1

    monkeypatch.setattr(loop, "advance", careless)


def no_reason(monkeypatch):
    monkeypatch.setattr(choosing, "choose_end", lambda *args: None)
    monkeypatch.setattr(stories, "LONGEST_S", 7200.0)


def roles_are_believed(monkeypatch):
    monkeypatch.setattr(performing, "role_changed", lambda *args: None)


def no_quorum(monkeypatch):
    monkeypatch.setattr(Room, "spares", lambda *args: True)


def no_baseline(monkeypatch):
    monkeypatch.setattr(stages, "lacks_baseline", lambda *args: False)


def unearned_promotion(monkeypatch):
    """What is not decided passes for a pass."""
    real = stages.judged

    def generous(*args):
        found = real(*args)
        return found if found is None or found[0] is Verdict.FAIL else (Verdict.PASS, found[1])

    monkeypatch.setattr(stages, "judged", generous)


def counters_taken_for_increments(monkeypatch):
    monkeypatch.setattr(canary, "brought", lambda before, now: now)


def deaf_to_canaries(monkeypatch):
    monkeypatch.setattr(stages, "judged", lambda *args: None)


def no_leads(monkeypatch):
    monkeypatch.setattr(binding, "held_by_lead", lambda *args: None)


def no_closures(monkeypatch):
    monkeypatch.setattr(stages, "closed_for", lambda *args: ())


def no_observation(monkeypatch):
    monkeypatch.setattr(binding, "held_by_observation", lambda *args: [])


def hops_begin_at_will(monkeypatch):
    real = stages.choose_opening

    def heedless(turn, layout, run, stage):
        real(turn, layout, run, replace(stage, needs=()))

    monkeypatch.setattr(stages, "choose_opening", heedless)
    monkeypatch.setattr(stages, "unfinished_below", lambda *args: "")


def hops_begin_on_any_host(monkeypatch):
    for module in (stages, choosing):
        monkeypatch.setattr(module, "left_below", lambda *args: None)


BOUND = frozenset(promise.__name__ for promise in PROMISES if promise.__module__.endswith("promises_bounds"))
HOPS = frozenset(promise.__name__ for promise in PROMISES if promise.__module__.endswith("promises_hops"))
JUDGED = frozenset(promise.__name__ for promise in PROMISES if promise.__module__.endswith("promises_canary"))
MUTATIONS = {
    "nothing_begins_before_its_lead": no_leads,
    "nothing_begins_while_others_change_a_host": no_closures,
    "a_wave_is_observed_before_the_next": no_observation,
    "a_hop_begins_where_the_one_before_arrived": hops_begin_at_will,
    "nothing_is_touched_without_a_baseline": no_baseline,
    "a_wave_is_promoted_on_a_pass": unearned_promotion,
    "every_request_counts_at_most_once": counters_taken_for_increments,
    "nothing_begins_after_canaries_failed": deaf_to_canaries,
    "the_primary_goes_last": roles_are_believed,
    "a_quorum_is_kept": no_quorum,
    "capacity_is_kept": no_capacity,
    "no_step_runs_twice": no_memory_of_success,
    "not_started_is_true": no_attaching,
    "no_write_before_a_proved_backup": lambda patch: without_steps(patch, "prove"),
    "no_write_while_serving": lambda patch: without_steps(patch, "drain"),
    "no_readmission_unverified": lambda patch: without_steps(patch, "verify"),
    "nothing_stays_drained_without_a_reason": no_way_back_to_service,
    "waves_keep_their_order_and_soak": no_soak,
    "nothing_begins_outside_a_window": no_windows,
    "paused_means_that_nothing_new_begins": no_standstill,
    "at_once_means_that_no_step_begins": no_stop_at_once,
    "the_budget_is_kept": no_budget,
    "undo_follows_dependents": no_order_back,
    "an_outage_is_complete": no_staying_down,
    "one_lane_at_a_time_on_a_host": no_host_for_itself,
    "two_runs_never_share_a_host": no_locks,
    "rolled_back_means_the_old_version_verified": lambda patch: without_steps(patch, "u05-install", "b07-verify"),
    "upgraded_means_the_new_version_verified": lambda patch: without_steps(patch, "install", "verify"),
    "the_record_is_legal_and_is_the_state": a_cache_of_its_own,
    "the_run_ends_or_holds_with_a_reason": no_reason,
}


FAILOVERS = Faults(failover=0.1)
UNDER = {"the_primary_goes_last": FAILOVERS, "a_quorum_is_kept": FAILOVERS}
ROUGH = Faults(transient=0.05, permanent=0.05)
FEW_FAIL = Faults(permanent=0.02)
MORE = [  # the promise, what is taken away, and the faults under which it shows soon; ROUGH: in planned outages
    ("an_outage_is_complete", staying_down_in_a_rollback_only, ROUGH),
    ("an_outage_is_complete", tiers_are_tried_again_at_will, ROUGH),
    ("a_hop_begins_where_the_one_before_arrived", hops_begin_on_any_host, FEW_FAIL),
    ("undo_follows_dependents", parts_go_back_at_will, None),
    ("waves_keep_their_order_and_soak", absence_is_soak, None),
    ("the_budget_is_kept", trying_for_ever, None),
    ("upgraded_means_the_new_version_verified", lambda patch: without_steps(patch, "verify"), None),
    ("rolled_back_means_the_old_version_verified", lambda patch: without_steps(patch, "b07-verify"), None),
]


def test_every_promise_has_a_mutation():
    assert set(MUTATIONS) == {promise.__name__ for promise in PROMISES}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_the_promise_bites(promise, monkeypatch):
    MUTATIONS[promise.__name__](monkeypatch)
    faults = UNDER.get(promise.__name__)
    assert any(bites(promise, seed, faults) for seed in range(SEEDS)), "no seed shows what was taken away"


@pytest.mark.parametrize(("name", "mutate", "faults"), MORE)
def test_the_promise_bites_on_each_part_of_it(name, mutate, faults, monkeypatch):
    mutate(monkeypatch)
    (promise,) = (promise for promise in PROMISES if promise.__name__ == name)
    assert any(bites(promise, seed, faults) for seed in range(SEEDS)), "no seed shows what was taken away"


def schedule_for(promise, rng, faults):
    if promise.__name__ in JUDGED:
        return drawn_with_canaries(rng)
    if promise.__name__ in BOUND:
        return drawn_with_bounds(rng)
    if promise.__name__ in HOPS:
        return drawn_with_hops(rng)
    return drawn_with_roles(rng) if faults is FAILOVERS else drawn_schedule(rng, outage=faults is ROUGH)


def bites(promise, seed, faults=None):
    rng = random.Random(seed)
    schedule = schedule_for(promise, rng, faults)
    people = Operators if rng.random() < 0.5 else None
    try:
        found = tell_story(schedule, seed, faults or drawn(rng), ZoneInfo("Asia/Shanghai"), people=people)
    except TimeoutError:
        return promise.__name__ == "the_run_ends_or_holds_with_a_reason"
    except (AssertionError, IllegalEvent, LookupError):
        return False  # the mutation broke something else as well: another seed shows this promise
    return any(promise(found))
