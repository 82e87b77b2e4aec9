"""What a person may not ask for: taking a tier away from under what was built on it."""

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec import json

from liftlock.execute import commands
from liftlock.execute.opening import Refused
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from tests.decide.fakes import schedule_of, two_tiers
from tests.decide.history import History, orders

NOW, STREAM = datetime(2026, 12, 1, 12, tzinfo=UTC), "u/r1"
DB, APP, STOP = "orders-db/1/w1", "orders/1/w1", "orders/1/stop"


def told_until(until) -> History:
    return History(schedule_of(*two_tiers(soak_s=0.0))).play(until=until)


def all_begun(stage: str, count: int):
    return lambda run: stage in run.stages and run.stages[stage].begun == count


def refusal(told: History, command, *given, **more) -> str:
    """The code with which a command is refused; empty if it is not."""

    async def ask() -> str:
        store = MemoryStore()
        opened = ev.RunOpened("u", await store.put(json.encode(told.schedule, order="deterministic")), "li", "c", "1")
        await store.append(STREAM, [opened, *(entry.event for entry in told.entries[1:])], NOW)
        try:
            await command(store, STREAM, NOW, "li.wei", *given, **more)
        except Refused as refused:
            return refused.reason.code
        return ""

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("scope", "name", "code"),
    [
        ("stage", DB, "built-upon"),
        ("hosts", "db-01", "built-upon"),
        ("hosts", "app-03", "built-upon"),  # its stop, with the tier on its new version
        ("stage", STOP, "built-upon"),
        ("stage", APP, ""),
    ],
)
def test_a_part_is_not_rolled_back_under_what_was_built_on_it(scope, name, code):
    told = told_until(all_begun(APP, 4))
    assert refusal(told, commands.rollback, "asked", scope, [name]) == code
    assert refusal(told, commands.rollback, "asked") == ""


def test_a_host_that_nothing_was_built_on_goes_back_by_itself():
    assert refusal(told_until(all_begun(STOP, 4)), commands.rollback, "asked", "hosts", ["app-03"]) == ""
    told = History(orders()).play(until=all_begun("orders/1/w2", 1))
    canary = told.run.lanes[told.run.stages["orders/1/w1"].lanes[0]].host
    assert refusal(told, commands.rollback, "asked", "hosts", [canary]) == ""


@pytest.mark.parametrize(("begun", "code"), [((DB, 2), ""), ((APP, 4), "outage-is-over")])
def test_a_tier_of_an_outage_is_not_tried_again_under_what_was_started_on_it(begun, code):
    told = told_until(lambda run: DB in run.stages and not any(lane.startswith(DB) for lane in run.lanes))
    told.say(ev.LaneSkipped(f"{DB}/db-02", "li.wei", "is slow")).play(until=all_begun(*begun))
    assert refusal(told, commands.retry, ["db-02"]) == code
