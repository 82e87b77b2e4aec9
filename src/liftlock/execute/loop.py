"""One turn: take in what happened, choose, record the intents, act. Nothing that matters lives between two turns but
the journal, so a restart is an ordinary turn.

What arrives while one commit is under way makes the next turn. An act never precedes the commit of its intent, and
outcomes travel to the journal in the same commit as the intents that follow from them.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from msgspec import json

from liftlock.decide.choose import choose
from liftlock.decide.expand import Layout, expand, lay_out
from liftlock.execute.compare import Comparer
from liftlock.execute.context import ContextMaker
from liftlock.execute.machines import begun_elsewhere, leaves_marks_here
from liftlock.execute.observe import Observer
from liftlock.execute.perform import Job, Performer, mark_of, safe_run
from liftlock.execute.redact import secrets_of
from liftlock.execute.world import Occasion, TakenOver, World
from liftlock.model import events as ev
from liftlock.model.decisions import Compare, Decision, Observe, Perform, Record, Wait
from liftlock.model.errors import StaleError, WorldError
from liftlock.model.fold import advance, fold
from liftlock.model.run import Run
from liftlock.model.schedule import CONTROLLER, Schedule

SWEEPS_AT_ONCE = 64
SHARE = "lanes"  # one controller drives all lanes; its claim has a generation
ROUNDS_MAX = 100_000  # choosing in one turn must come to rest
Watch = Callable[[Run, Sequence[ev.Entry], Wait | None], None]

TOLD: dict[type, Occasion] = {
    ev.HoldRaised: "hold",
    ev.LaneTurned: "failure",
    ev.RollbackBegan: "rollback",
    ev.RunClosed: "end",
    ev.RunOpened: "start",
}
SIGNED = (ev.StagePromoted, ev.RollbackBegan, ev.HoldRaised, ev.RunClosed)


def collect_rarely() -> None:
    """For a process that drives large fleets: look for cycles among its objects less often than Python does by itself.

    Each turn makes many objects that die soon beside those of the fleet, which live; at the usual thresholds more than
    half of a run of 40,000 hosts went into walking through the latter (bench.simulated_fleet: 80 s, and 31 s so).
    """
    gc.set_threshold(50_000, 20, 20)


async def load_schedule(world: World, digest: str) -> Schedule:
    """The schedule with this digest, from the store's blobs: its bytes are what was approved."""
    return json.decode(await world.store.get(digest), type=Schedule)


async def drive(
    world: World,
    stream: str,
    *,
    controller: str,
    watch: Watch,
    until: asyncio.Event,
    leave_when_held: bool = True,
) -> Run:
    """Take the run over and drive it until it is closed, until it waits for a person, or until `until` is set.

    Raises TakenOver if another controller takes it, WorldError if the journal fails: nothing is done unrecorded.
    """
    loop = Loop(world, stream, controller, watch)
    await loop.take_over()
    try:
        await loop.turn_until(until, leave_when_held)
    finally:
        await loop.let_go()
    if loop.run.result is not None:
        await loop.clean_up()
    return loop.run


class Loop:
    """One controller's work on one run. Everything here can be lost at any time."""

    def __init__(self, world: World, stream: str, controller: str, watch: Watch) -> None:
        self.world, self.stream, self.controller, self.watch = world, stream, controller, watch
        self.run = Run()
        self.layout: Layout
        self.generation = 0
        self.inbox: list[ev.RunEvents] = []
        self.wake = asyncio.Event()
        self.flights: dict[str, asyncio.Task[None]] = {}
        self.looking: dict[str, asyncio.Task[None]] = {}
        self.elsewhere: frozenset[str] = frozenset()  # in flight at the take-over, begun by another machine
        self.notices: set[asyncio.Task[None]] = set()
        self.polled_at = float("-inf")
        self.crash: BaseException | None = None
        self.performer = Performer(world, lambda step: self.run.confirmations.get(step, ()), self.guard)
        self.observer = Observer(world, self.performer)
        self.comparer = Comparer(world, self.performer)
        self.contexts = ContextMaker(world, stream)

    # --- taking over and leaving ---------------------------------------------------------------------------

    async def take_over(self) -> None:
        """Raise the epoch, so that whoever drove before is refused, and settle what was in flight."""
        event = ev.ControllerTookOver(self.controller)
        await self.world.store.append(self.stream, [event], self.world.clock.now(), raise_epoch=True)
        await self.reload()
        self.generation = await self.world.store.claim(self.stream, SHARE, epoch=self.run.epoch)
        flying = dict(self.run.flying)
        if flying:
            self.elsewhere = begun_elsewhere(await self.world.store.entries(self.stream), flying, self.controller)
        for step_id, view in flying.items():
            self.fly(step_id, view.attempt, view.boot, settle=True)

    async def reload(self) -> None:
        self.run = fold(await self.world.store.entries(self.stream))
        self.check_ownership()
        self.layout = lay_out(await load_schedule(self.world, self.run.schedule))
        self.performer.know(secrets_of(self.layout.schedule))
        self.contexts.use(self.layout)

    def check_ownership(self) -> None:
        if self.run.controller != self.controller:
            raise TakenOver(self.run.controller)

    async def guard(self) -> None:
        """Before asking a peer that has no marks: is the run still ours?"""
        head = await self.world.store.head(self.stream)
        if head is not None and head.epoch != self.run.epoch:
            since = await self.world.store.entries(self.stream, self.run.size)
            if any(isinstance(entry.event, ev.ControllerTookOver) for entry in since):
                raise TakenOver

    async def let_go(self) -> None:
        """Leave at once: steps go on at their hosts, and are found again."""
        tasks = [*self.flights.values(), *self.looking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self.notices)

    async def clean_up(self) -> None:
        """After the end: hosts are swept, as far as they answer, and locks are given back."""
        places = asyncio.Semaphore(SWEEPS_AT_ONCE)

        async def sweep(host: str) -> None:
            async with places:
                with suppress(WorldError):
                    await self.world.hosts.sweep(host, safe_run(self.stream))

        hosts = {lane.host for lane in self.run.lanes.values()}
        if leaves_marks_here(self.layout.schedule):
            hosts.add(CONTROLLER)
        await asyncio.gather(*(sweep(host) for host in sorted(hosts)))
        await self.world.store.unlock(self.stream)

    # --- turns ---------------------------------------------------------------------------------------------

    async def turn_until(self, until: asyncio.Event, leave_when_held: bool) -> None:
        while not until.is_set():
            waiting = await self.turn()
            if self.run.result is not None:
                return
            if leave_when_held and waiting is not None and self.is_waiting_for_people(waiting):
                return
            await self.rest(waiting, until)

    def is_waiting_for_people(self, waiting: Wait) -> bool:
        standing = self.run.paused or self.run.holds
        return bool(standing) and waiting.until is None and not (self.flights or self.looking or self.inbox)

    async def turn(self) -> Wait | None:
        """Take in, choose, record, act. Answers the Wait if there is nothing left to do now."""
        await self.look_for_others()
        now = self.world.clock.now()
        arrived, self.inbox = self.inbox, []
        batch: list[ev.RunEvents] = []
        before = self.run.size
        for event in arrived:
            if self.is_in_time(event):
                self.take_in(batch, now, event)
        acts, waiting = self.decide(batch, now)
        if batch and not await self.record(batch, before, now, arrived):
            return None
        for act in acts:
            self.act(act)
        return waiting

    def take_in(self, batch: list[ev.RunEvents], now: datetime, event: ev.RunEvents) -> None:
        advance(self.run, ev.Entry(self.run.size, now, self.run.epoch, event))
        batch.append(event)

    def is_in_time(self, event: ev.RunEvents) -> bool:
        """A look at canaries is one too late if people let its evidence go while it was under way."""
        if not isinstance(event, ev.CanaryLooked):
            return True
        view = self.run.canaries.get(event.component)
        return event.look.number == (view.state.number if view is not None else 0) + 1

    def decide(self, batch: list[ev.RunEvents], now: datetime) -> tuple[list[Decision], Wait | None]:
        """Choose until nothing more follows; the events go to the batch, what is to be done is answered."""
        acts: list[Decision] = []
        for _ in range(ROUNDS_MAX):
            waiting, settled = None, True
            for decision in choose(self.layout, self.run, now):
                match decision:
                    case Record(event):
                        self.take_in(batch, now, event)
                        settled = False
                    case Perform(step, attempt, boot):
                        self.take_in(batch, now, ev.StepStarted(step, attempt, boot))
                        acts.append(decision)
                        settled = False
                    case Observe(stage):
                        if stage not in self.looking and decision not in acts:
                            acts.append(decision)
                    case Compare(component):
                        if canary_of(component) not in self.looking and decision not in acts:
                            acts.append(decision)
                    case Wait():
                        waiting = decision
            if settled:
                return acts, waiting
        raise AssertionError("choosing does not come to rest")

    async def record(self, batch: list[ev.RunEvents], before: int, now: datetime, arrived: list[ev.RunEvents]) -> bool:
        """Make the turn durable. If somebody else wrote first, nothing of it holds: load, and decide again."""
        try:
            entries = await self.world.store.append(
                self.stream, batch, now, epoch=self.run.epoch, size=before, claims={SHARE: self.generation}
            )
        except StaleError:
            await self.reload()
            self.inbox = [event for event in arrived if self.still_wanted(event)] + self.inbox
            self.wake.set()
            return False
        self.watch(self.run, entries, None)
        await self.tell(batch)
        return True

    def still_wanted(self, event: ev.RunEvents) -> bool:
        match event:
            case ev.StageObserved():
                return event.stage in self.run.stages
            case ev.CanaryLooked():
                return True  # whether it is in time is asked when it is taken in
            case ev.StepSucceeded() | ev.StepFailed() | ev.StepNotStarted() | ev.StepLost():
                view = self.run.flying.get(event.step)
                return view is not None and view.attempt == event.attempt
        return False

    async def tell(self, batch: Sequence[ev.RunEvents]) -> None:
        if any(isinstance(event, SIGNED) for event in batch):
            await self.world.store.checkpoint(self.stream)
        for event in batch:
            if isinstance(event, ev.LaneEnded):
                self.contexts.forget(event.lane)
            if occasion := TOLD.get(type(event)):
                task = asyncio.create_task(self.world.notifier.tell(occasion, event))
                self.notices.add(task)
                task.add_done_callback(self.notices.discard)

    async def look_for_others(self) -> None:
        """People's commands and other controllers write to the same stream."""
        if self.crash is not None:
            raise self.crash
        now = self.world.clock.monotonic()
        if now - self.polled_at < self.world.poll_s:
            return
        self.polled_at = now
        head = await self.world.store.head(self.stream)
        if head is None or head.size == self.run.size:
            return
        schedule = self.run.schedule
        news = await self.world.store.entries(self.stream, self.run.size)
        for entry in news:
            advance(self.run, entry)
        self.check_ownership()
        if self.run.schedule != schedule:
            await self.reload()
        self.drop_what_was_amended_away()
        self.watch(self.run, news, None)

    def drop_what_was_amended_away(self) -> None:
        for step_id in [step_id for step_id in self.flights if step_id not in self.run.flying]:
            self.flights.pop(step_id).cancel()

    async def rest(self, waiting: Wait | None, until: asyncio.Event) -> None:
        """Until something arrives, a time has come, or it is time to look for others."""
        if self.inbox or until.is_set():
            return
        self.watch(self.run, (), waiting)
        for_s = self.world.poll_s
        if waiting is not None and waiting.until is not None:
            for_s = min(for_s, max((waiting.until - self.world.clock.now()).total_seconds(), 0.0))
        self.wake.clear()
        try:
            async with asyncio.timeout(for_s):
                await self.wake.wait()
        except TimeoutError:
            pass

    # --- acts ----------------------------------------------------------------------------------------------

    def act(self, decision: Decision) -> None:
        match decision:
            case Perform(step, attempt, boot):
                self.fly(step, attempt, boot, settle=False)
            case Observe(stage, since):
                self.look(stage, self.observe(stage, since))
            case Compare(component, stage):
                self.look(canary_of(component), self.compare(component, stage))

    def look(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.looking[name] = task
        task.add_done_callback(partial(self.landed, self.looking, name))

    def fly(self, step_id: str, attempt: int, boot: str, *, settle: bool) -> None:
        task = asyncio.create_task(self.carry_out(step_id, attempt, boot, settle))
        self.flights[step_id] = task
        task.add_done_callback(partial(self.landed, self.flights, step_id))

    def landed(self, tasks: dict[str, asyncio.Task[None]], name: str, task: asyncio.Task[None]) -> None:
        """A task is over. If it raised, that is our own bug or a lost run: the loop stops with it."""
        if tasks.get(name) is task:
            del tasks[name]
        if not task.cancelled() and task.exception() is not None:
            self.crash = self.crash or task.exception()
        self.wake.set()

    async def carry_out(self, step_id: str, attempt: int, boot: str, settle: bool) -> None:
        step = expand(self.layout, step_id)
        context = await self.contexts.make(self.run, step)
        job = Job(step, attempt, boot, context, mark_of(self.stream, step_id, attempt))
        driver = self.world.drivers[step.action.driver]
        if settle:
            event = await self.performer.settle(job, driver, elsewhere=step_id in self.elsewhere)
        else:
            event = await self.performer.perform(job, driver)
        self.contexts.remember(event)
        self.inbox.append(event)

    async def observe(self, stage: str, since: datetime | None) -> None:
        event = await self.observer.look(self.layout, self.run, stage, since)
        self.inbox.append(event)  # only now: a turn has replaced the inbox since the look began

    async def compare(self, component: str, stage: str) -> None:
        event = await self.comparer.look(self.layout, self.run, component, stage)
        self.inbox.append(event)


def canary_of(component: str) -> str:
    """The name of a component's look among those under way; no stage is called so."""
    return f"canary {component}"
