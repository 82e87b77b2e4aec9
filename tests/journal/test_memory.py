"""The simulator's store: it never waits, it crashes where it is told to, and it can forget."""

import pytest

from liftlock.journal.memory import MemoryStore
from liftlock.model.errors import StaleError
from liftlock.model.events import StepStarted
from tests.journal.conftest import NOW

STARTED = StepStarted("s", 1)


class Crash(Exception):
    """What the simulator raises."""


def at_once(coroutine):
    """The coroutine's answer; it must not wait for anything."""
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    return done.value.value


def test_nothing_waits():
    store = MemoryStore()
    (entry,) = at_once(store.append("r", [STARTED], NOW))
    assert at_once(store.entries("r")) == (entry,)
    assert at_once(store.head("r")).size == 1
    assert at_once(store.claim("r", "x", epoch=0)) == 1
    assert at_once(store.lock("r", ["a"])) == {}
    assert at_once(store.locked("r")) == ("a",)
    at_once(store.unlock("r"))
    assert at_once(store.get(at_once(store.put(b"x")))) == b"x"
    assert at_once(store.checkpoint("r")) == at_once(store_with(STARTED).checkpoint("r"))
    at_once(store.close())


def store_with(event):
    store = MemoryStore()
    at_once(store.append("r", [event], NOW))
    return store


def test_a_crash_before_the_commit_leaves_nothing_and_one_after_it_leaves_all():
    def crash(stream, events):
        seen.append((stream, list(events)))
        raise Crash

    seen = []
    before, after = MemoryStore(before_commit=crash), MemoryStore(after_commit=crash)
    for store, kept in ((before, 0), (after, 2)):
        with pytest.raises(Crash):
            at_once(store.append("r", [STARTED, STARTED], NOW, raise_epoch=True))
        assert len(at_once(store.entries("r"))) == kept
        head = at_once(store.head("r"))
        assert (head and (head.size, head.epoch)) == ((2, 1) if kept else None)
    assert seen == [("r", [STARTED, STARTED])] * 2


def test_a_crash_before_the_commit_does_not_raise_the_epoch():
    def crash_on_raise(stream, events):
        if not events:
            raise Crash

    store = MemoryStore(before_commit=crash_on_raise)
    at_once(store.append("r", [STARTED], NOW))
    with pytest.raises(Crash):
        at_once(store.append("r", [], NOW, raise_epoch=True))
    assert at_once(store.head("r")).epoch == 0


def test_hooks_are_not_asked_about_what_is_refused():
    def crash(stream, events):
        raise Crash

    with pytest.raises(StaleError):
        at_once(MemoryStore(before_commit=crash).append("r", [STARTED], NOW, size=3))


def test_a_store_that_spools_its_entries_answers_as_one_that_does_not():
    usual, spooled = MemoryStore(), MemoryStore(spool=True)
    for store in (usual, spooled):
        at_once(store.append("r", [STARTED] * 5, NOW, size=0))
        with pytest.raises(StaleError):
            at_once(store.append("r", [STARTED], NOW, size=0))
        at_once(store.append("r", [STARTED] * 2, NOW, size=5))
    for since, limit in ((0, None), (3, 2), (6, 5), (7, None), (0, 0)):
        assert at_once(spooled.entries("r", since, limit)) == at_once(usual.entries("r", since, limit))
    assert at_once(spooled.head("r")) == at_once(usual.head("r"))
