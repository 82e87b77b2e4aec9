"""One simulated run from its opening to its end: controllers that crash, sleep and take over, people who answer."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from inspect import iscoroutinefunction
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from liftlock.execute import commands
from liftlock.execute.loop import drive
from liftlock.execute.opening import Refused, open_run
from liftlock.execute.world import Occasion, TakenOver, World
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.errors import StaleError
from liftlock.model.fold import fold
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from liftlock.model.secret import SecretRef
from liftlock.simulate.clock import EPOCH, VirtualClock, run_virtually
from liftlock.simulate.faults import Faults
from liftlock.simulate.fleet import Fleet, Happening
from liftlock.simulate.technology import AnyTechnology

STREAM = "u-simulated/r1"
CRASHES_MAX = 400
LONGEST_S = 10 * 86_400.0
ANSWERS_MAX = 6
COMMIT_S = 0.005  # a durable commit takes its time: what arrives meanwhile makes the next turn
HABITS = ("pause", "resume", "resume", "now", "skip", "rollback", "part", "again", "abort")
NEIGHBOURS_MAX = 4  # other runs that ask for a host of this one's


class Crash(Exception):
    """The controller's process died here."""


class Story(Struct, frozen=True):
    """What happened. `times`: the virtual second at which each entry was written."""

    schedule: Schedule
    run: Run
    driven: Run | None  # the last controller's own fold
    entries: tuple[ev.Entry, ...]
    times: tuple[float, ...]
    trace: tuple[Happening, ...]
    fleet: Fleet
    crashes: int
    lasted_s: float
    neighbours: tuple[tuple[float, str], ...] = ()  # other runs that were let in on one of its hosts, and when


class Silence:
    """Nobody is told anything in a simulation, and there are no secrets."""

    async def tell(self, occasion: Occasion, event: ev.RunEvents) -> None:
        """Nothing."""

    def resolve(self, ref: SecretRef) -> str:
        return ""


class Asleep:
    """A port as a stopped controller sees it: each call waits until the process wakes."""

    def __init__(self, port: Any, state: "Wakefulness") -> None:
        self.port, self.state = port, state

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        if not iscoroutinefunction(method):  # an answer that waits for nothing
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self.state.wait()
            if name == "append":
                await self.state.clock.sleep(COMMIT_S)
            return await method(*args, **kwargs)

        return call


class Wakefulness:
    """Until when a controller's process is stopped."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.until_s = clock, 0.0

    async def wait(self) -> None:
        while self.until_s > self.clock.monotonic():
            await self.clock.sleep(self.until_s - self.clock.monotonic())


class Teller:
    """Plays one story."""

    def __init__(
        self, schedule: Schedule, seed: int, faults: Faults, zone: tzinfo, begins: datetime, *, spool: bool = False
    ) -> None:
        self.schedule, self.faults = schedule, faults
        self.rng = random.Random(seed)
        self.clock = VirtualClock(zone, begins)
        self.fleet = Fleet(schedule, self.clock, self.rng, faults)
        self.times: list[float] = []
        self.store = MemoryStore(before_commit=self.maybe_crash, after_commit=self.committed, spool=spool)
        self.crashes = 0
        self.crashed_at: Counter[str] = Counter()  # the events around whose commit a controller died
        self.opened = False
        self.driven: Run | None = None
        self.sleepers: list[asyncio.Task[Run]] = []
        self.neighbours: list[tuple[float, str]] = []

    def maybe_crash(self, stream: str, events: Sequence[ev.Event]) -> None:
        if self.opened and stream == STREAM and self.crashes < CRASHES_MAX and self.fleet.happens("crash"):
            self.crashed_at.update(type(event).__name__ for event in events)
            raise Crash

    def committed(self, stream: str, events: Sequence[ev.Event]) -> None:
        if stream == STREAM:
            self.times += [self.clock.monotonic()] * len(events)
        self.maybe_crash(stream, events)

    async def play(self, people: "People") -> None:
        """From the opening to the end, or to a hold that nobody answers."""
        world = self.world(Wakefulness(self.clock))
        await open_run(world, STREAM, "u-simulated", self.schedule, by="li.wei", controller="c0")
        self.opened = True
        lives = [asyncio.create_task(life) for life in (people.live(self), self.other_runs())]
        try:
            async with asyncio.timeout(LONGEST_S):
                await self.live_through(people)
        finally:
            for task in (*lives, *self.sleepers):
                task.cancel()
            await asyncio.gather(*lives, *self.sleepers, return_exceptions=True)

    async def other_runs(self) -> None:
        """Now and then somebody else wants one of the hosts, for a run of their own."""
        rng = random.Random(self.rng.random())
        for n in range(NEIGHBOURS_MAX):
            await self.clock.sleep(rng.expovariate(1 / 200.0))
            stage = rng.choice(self.schedule.stages)
            wanted = replace(self.schedule, stages=(replace(stage, hosts=(rng.choice(stage.hosts),), needs=()),))
            stream = f"u-other/r{n}"
            try:
                world = self.world(Wakefulness(self.clock))
                await open_run(world, stream, "u-other", wanted, by="zhao", controller="elsewhere")
            except Refused:
                self.fleet.occurred["refused_neighbour"] += 1
            else:
                self.neighbours.append((self.clock.monotonic(), stream))

    async def tell(self, people: "People") -> Story:
        await self.play(people)
        entries = await self.store.entries(STREAM)
        return Story(
            self.schedule,
            fold(entries),
            self.driven,
            entries,
            tuple(self.times),
            tuple(self.fleet.trace),
            self.fleet,
            self.crashes,
            self.clock.monotonic(),
            tuple(self.neighbours),
        )

    async def live_through(self, people: "People") -> None:
        """Controllers come and go until the run is closed, or nobody answers its hold any more."""
        while True:
            run = await self.one_controller()
            if run is None:
                continue
            self.driven = run
            if run.result is not None or not await people.answer(self, run):
                return

    async def one_controller(self) -> Run | None:
        state = Wakefulness(self.clock)
        name = f"c{self.crashes + 1}-{self.rng.random():.6f}"
        task = asyncio.create_task(
            drive(self.world(state), STREAM, controller=name, watch=ignore, until=asyncio.Event())
        )
        if self.fleet.happens("rival"):
            return await self.fall_asleep(task, state)
        try:
            return await task
        except (Crash, TakenOver):
            self.crashes += 1
            return None

    async def fall_asleep(self, task: asyncio.Task[Run], state: Wakefulness) -> Run | None:
        """After a while this controller is stopped in the middle; another takes over before it wakes."""
        done, _ = await asyncio.wait([task], timeout=self.rng.uniform(0.0, 30.0))
        state.until_s = self.clock.monotonic() + self.rng.uniform(1.0, 120.0)
        self.crashes += 1
        if not done:
            self.sleepers.append(task)
            task.add_done_callback(self.woke)
            return None
        return task.result() if task.exception() is None else None

    def woke(self, sleeper: asyncio.Task[Run]) -> None:
        if not sleeper.cancelled() and isinstance(sleeper.exception(), TakenOver | StaleError):
            self.fleet.occurred["woke_to_find_another"] += 1

    def world(self, state: Wakefulness) -> World:
        silence: Any = Silence()
        hosts: Any = Asleep(self.fleet, state)
        store: Any = Asleep(self.store, state)
        return World(store, hosts, self.clock, AnyTechnology(), silence, silence, poll_s=15.0)


class People:
    """Nobody is there: holds stay unanswered."""

    async def live(self, teller: Teller) -> None:
        """What people do of their own accord while the run goes on."""

    async def answer(self, teller: Teller, run: Run) -> bool:
        """Answer what the run waits for; false if it is left as it is."""
        return False


class Operators(People):
    """People who now and then interfere, and who answer what they are asked, up to a point."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.answers = 0

    async def live(self, teller: Teller) -> None:
        while True:
            await teller.clock.sleep(self.rng.expovariate(1 / 300.0))
            await self.attempt(teller, self.rng.choice(HABITS))

    async def attempt(self, teller: Teller, what: str) -> None:
        store, now = teller.store, teller.clock.now()
        try:
            match what:
                case "pause":
                    await commands.pause(store, STREAM, now, "wang", "lunch")
                case "now":
                    await commands.pause(store, STREAM, now, "wang", "fire", at_once=True)
                case "resume":
                    await commands.resume(store, STREAM, now, "wang")
                case "abort":
                    await commands.abort(store, STREAM, now, "wang", "doubt")
                case "rollback":
                    await commands.rollback(store, STREAM, now, "wang", "asked")
                case "part":
                    stage = self.rng.choice(teller.schedule.stages)
                    scopes: tuple[tuple[ev.Scope, str], ...] = (("stage", stage.id), ("hosts", stage.hosts[0]))
                    scope, name = self.rng.choice(scopes)
                    await commands.rollback(store, STREAM, now, "wang", "asked", scope, [name])
                case "again":
                    await commands.retry(store, STREAM, now, "wang", why="mended")
                case "skip":
                    stage = self.rng.choice(teller.schedule.stages)
                    await commands.skip(store, STREAM, now, "wang", f"{stage.id}/{stage.hosts[-1]}", "known broken")
        except (Refused, Crash):
            return

    async def answer(self, teller: Teller, run: Run) -> bool:
        self.answers += 1
        if self.answers > ANSWERS_MAX:
            return False
        await teller.clock.sleep(self.rng.uniform(1.0, 600.0))
        if not run.holds:
            await self.attempt(teller, "resume")
            return True
        subject = self.rng.choice(sorted(run.holds))
        answers: tuple[ev.Answer, ...] = ("retry", "retry", "not-done") if subject.count("/") > 2 else ("retry", "done")
        try:
            now = teller.clock.now()
            await commands.settle(teller.store, STREAM, now, "wang", subject, self.rng.choice(answers), "looked")
        except (Refused, Crash):
            return True
        return True


def ignore(*_: Any) -> None:
    """Nobody watches."""


def tell_story(
    schedule: Schedule,
    seed: int,
    faults: Faults,
    zone: tzinfo,
    *,
    begins: datetime = EPOCH,
    people: Callable[[random.Random], People] | None = None,
) -> Story:
    """Play a run of this schedule with this seed; the same arguments give the same story."""
    teller = Teller(schedule, seed, faults, zone, begins)
    cast = people(teller.rng) if people else People()
    return run_virtually(teller.tell(cast))
