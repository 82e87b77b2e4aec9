"""Whatever has happened so far: choosing is a pure question, and never lets more hosts go than were promised."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from liftlock.decide.choose import choose
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.decisions import Observe, Perform, Record, Wait
from liftlock.model.fold import fold
from liftlock.model.reasons import because
from liftlock.model.run import IllegalEvent, Phase, Run
from liftlock.model.schedule import lane_of
from tests.decide.history import History
from tests.simulate.scenarios import drawn_schedule

EVENTS = 120
KINDS = tuple(FailureKind)
ANSWERS: tuple[ev.Answer, ...] = ("done", "not-done", "retry", "skip")


def wander(seed: int, length: int) -> History:
    """A run that goes where chance takes it: any outcome, any word of a person that is possible, any time between."""
    rng = random.Random(seed)
    told = History(drawn_schedule(rng))
    while len(told.entries) < length and told.run.result is None:
        found = told.ask()
        if rng.random() < 0.04:
            interfere(told, rng)
        elif told.run.flying and rng.random() < 0.6:
            told.later(rng.expovariate(0.2)).end(*outcome(told, rng))
        elif not move(told, rng, found):
            told.later(rng.expovariate(0.01))
            interfere(told, rng)
    return told


def move(told: History, rng: random.Random, found) -> bool:
    for decision in found:
        match decision:
            case Record(event):
                told.say(event)
            case Perform(step, attempt, boot):
                told.say(ev.StepStarted(step, attempt, boot))
            case Observe(stage):
                value = rng.choice((0.0, 0.0, 0.0, 0.5, None))
                hosts = tuple(told.run.lanes[lane].host for lane in told.run.stages[stage].lanes)
                told.look(stage, value, bad_hosts=hosts[:1] if value else (), unread=() if value is not None else hosts)
            case Wait(until):
                told.now = max(told.now, until or told.now)
                return until is not None
    return True


def outcome(told: History, rng: random.Random) -> tuple[str, FailureKind | None]:
    step = rng.choice(sorted(told.run.flying))
    return step, rng.choice(KINDS) if rng.random() < 0.1 else None


def interfere(told: History, rng: random.Random) -> None:
    words: list[ev.RunEvents] = [
        ev.RunPaused("wang", at_once=rng.random() < 0.5),
        ev.RunResumed("wang"),
        ev.RunResumed("wang"),
        ev.RunAborted("wang"),
        ev.ControllerTookOver("c2"),
        *(ev.HoldSettled(subject, rng.choice(ANSWERS), "wang", "looked") for subject in told.run.holds),
        *(ev.StepLost(step, view.attempt, because("no-probe")) for step, view in told.run.flying.items()),
    ]
    if told.run.lanes and rng.random() < 0.3:
        words = [ev.RollbackBegan("all", because("asked")), ev.LaneReopened(rng.choice(sorted(told.run.lanes)), "wang")]
    try:
        told.say(rng.choice(words))
    except IllegalEvent:
        # the events before it stand; the fold is made anew, as an event that was refused may have been half taken in
        told.run = fold(told.entries)


def going_out(told: History, decisions) -> dict[tuple[str, bool], set[str]]:
    """Hosts that are in service and that these decisions take out, by capacity and direction."""
    found: dict[tuple[str, bool], set[str]] = {}
    for decision in decisions:
        if not isinstance(decision, Perform):
            continue
        lane = told.run.lanes.get(lane_of(decision.step))
        component, host = decision.step.partition("/")[0], decision.step.split("/")[3]
        if lane is not None and (lane.out or lane.phase is Phase.CONFIRM):
            continue
        back = lane is not None and lane.phase is Phase.BACK
        found.setdefault((told.schedule.policies[component].capacity, back), set()).add(host)
    return found


def out_now(told: History, run: Run, capacity: str) -> set[str]:
    """Hosts of a capacity that are out for any reason: kept out by a lane, unhealthy or silent at the last look."""
    found: set[str] = set()
    for component, policy in told.schedule.policies.items():
        if policy.capacity == capacity:
            found |= set(run.out.get(component, ()))
    for stage, view in run.stages.items():
        if told.schedule.policies[stage.partition("/")[0]].capacity == capacity:
            found |= view.bad | view.unread
    return found


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, EVENTS))
def test_no_more_hosts_go_out_than_the_group_promises(seed, length):
    told = wander(seed, length)
    run = fold(told.entries)
    for (name, back), hosts in going_out(told, choose(told.layout, run, told.now)).items():
        capacity = told.schedule.capacities[name]
        limit = capacity.back_out_max if back else capacity.out_max
        out = out_now(told, run, name)
        assert not hosts - out or len(hosts | out) <= limit


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, EVENTS))
def test_asking_changes_nothing_and_the_same_question_has_the_same_answer(seed, length):
    told = wander(seed, length)
    run = fold(told.entries)
    before = json.encode(run, order="deterministic")
    assert choose(told.layout, run, told.now) == choose(told.layout, run, told.now)
    assert json.encode(run, order="deterministic") == before
    assert choose(told.layout, fold(told.entries), told.now) == choose(told.layout, run, told.now)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, EVENTS))
def test_every_answer_is_possible_and_no_host_is_given_away_twice(seed, length):
    told = wander(seed, length)
    found = told.ask()
    performed = [decision.step for decision in found if isinstance(decision, Perform)]
    hosts = [step.split("/")[3] for step in performed]
    assert len(hosts) == len(set(hosts))
    assert bool(found) is (told.run.result is None)
    for decision in found:
        match decision:
            case Record(event):
                told.say(event)  # raises IllegalEvent if it is not
            case Perform(step, attempt, boot):
                told.say(ev.StepStarted(step, attempt, boot))
