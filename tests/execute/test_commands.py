"""What people tell a run, on a real stream: what would break a promise is refused before it is recorded."""

import asyncio

import pytest
from msgspec import json

from liftlock.execute import commands
from liftlock.execute.opening import Refused
from liftlock.journal.memory import MemoryStore
from liftlock.model.recipe import Recipes
from tests.decide.fakes import item, orders_plan, schedule_of
from tests.decide.history import NOON, History
from tests.decide.test_choose_back import tiers


async def recorded(told: History) -> MemoryStore:
    """The history as a stream `u-x/r1` of a store that has its schedule."""
    store = MemoryStore()
    digest = await store.put(json.encode(told.schedule, order="deterministic"))
    events = [entry.event for entry in told.entries]
    events[0] = events[0].__class__("u", digest, "li.wei", "c1", "0.1.0")
    await store.append("u-x/r1", events, NOON)
    return store


def test_only_what_a_person_does_is_confirmed_and_by_each_person_once():
    items = item("manual", "plug the cable"), item("release"), item("verify")
    plan, inventory, _ = orders_plan()
    told = History(schedule_of(plan, inventory, Recipes({"orders": items})))
    step = "orders/1/w1/app-07/02-manual"

    async def refusal(store: MemoryStore, by: str, what: str) -> str:
        try:
            await commands.confirm(store, "u-x/r1", NOON, by, what)
        except Refused as refused:
            return refused.reason.code
        return ""

    async def play():
        told.play(until=lambda run: "orders/1/w1/app-07/01-fetch" in run.flying)
        store = await recorded(told)
        assert await refusal(store, "li.wei", "orders/1/w1/app-07/01-fetch") == "not-waiting-for-a-person"
        assert await refusal(store, "li.wei", step) == "not-waiting-for-a-person"
        told.play(until=lambda run: step in run.flying)
        store = await recorded(told)
        assert [await refusal(store, by, step) for by in ("li.wei", "li.wei", "wang.fang")] == [
            "",
            "confirmed-already",
            "",
        ]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("scope", "names", "code"),
    [
        ("stage", ("db/1/w1",), "built-upon"),
        ("hosts", ("app-01",), "built-upon"),
        ("stage", ("nothing",), "nothing-to-roll-back"),
        ("stage", ("web/1/w1",), ""),
        ("all", (), ""),
    ],
)
def test_what_may_be_rolled_back(scope, names, code):
    async def play():
        store = await recorded(tiers())
        size = (await store.head("u-x/r1")).size
        if not code:
            await commands.rollback(store, "u-x/r1", NOON, "li.wei", scope=scope, names=names)
            return
        with pytest.raises(Refused) as refused:
            await commands.rollback(store, "u-x/r1", NOON, "li.wei", scope=scope, names=names)
        assert refused.value.reason.code == code
        assert (await store.head("u-x/r1")).size == size

    asyncio.run(play())
