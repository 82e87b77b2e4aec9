"""A thousand seeds: every promise, whatever goes wrong."""

import os
import random
from zoneinfo import ZoneInfo

import pytest

from liftlock.simulate.faults import drawn
from liftlock.simulate.promises import broken
from liftlock.simulate.story import Operators, Story, tell_story
from tests.simulate.scenarios import drawn_schedule

SHANGHAI = ZoneInfo("Asia/Shanghai")
SEEDS = int(os.environ.get("LIFTLOCK_SEEDS", "1000"))
BATCH = 50


def story_of(seed: int, *, outage: bool = False) -> Story:
    rng = random.Random(seed)
    schedule, faults = drawn_schedule(rng, outage=outage), drawn(rng)
    return tell_story(schedule, seed, faults, SHANGHAI, people=Operators if rng.random() < 0.5 else None)


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_promise_holds(first):
    for seed in range(first, min(first + BATCH, SEEDS)):
        assert broken(story_of(seed)) == [], f"seed {seed}"


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_promise_holds_in_planned_outages(first):
    for seed in range(first, min(first + BATCH, SEEDS)):
        assert broken(story_of(seed, outage=True)) == [], f"seed {seed}"
