"""A run told by hand: events in, decisions out, and a pretend world that answers them as it is told to."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from liftlock.decide.choose import choose
from liftlock.decide.expand import lay_out
from liftlock.model import events as ev
from liftlock.model.actions import Evidence, Failure, FailureKind
from liftlock.model.decisions import Decision, Observe, Perform, Record, Wait
from liftlock.model.fold import advance, fold
from liftlock.model.plan import Check
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule
from tests.decide.fakes import orders_plan, schedule_of

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ERRORS = Check("errors", haproxy="lb-1", backend="orders", metric="error_rate", above=0.01)
TURNS_MAX = 2_000

Fails = Callable[[str, int], FailureKind | None]
Looks = Callable[[str], ev.StageObserved]


def orders(size: int = 8, *, domains: int = 0, gated: bool = False, **more: Any) -> Schedule:
    """One component behind a load balancer; `more`: fields of its policy, of the schedule, or of the plan's rollout."""
    policy = {name: more.pop(name) for name in list(more) if name in POLICY}
    whole = {name: more.pop(name) for name in list(more) if name in Schedule.__struct_fields__}
    rollout = ({"checks": (ERRORS,)} if gated else {}) | {"soak_s": 0.0} | more
    schedule = schedule_of(*orders_plan(size, domains=domains, **rollout))
    return replace(with_policy(schedule, **policy), **whole)


POLICY = ("failures_max", "wave_failures_max", "attempts_max", "on_failure", "no_return_because", "longest_soak_s")


def with_policy(schedule: Schedule, **fields: Any) -> Schedule:
    policies = {name: replace(policy, **fields) for name, policy in schedule.policies.items()}
    return replace(schedule, policies=policies)


class History:
    def __init__(self, schedule: Schedule, now: datetime = NOON) -> None:
        self.schedule, self.layout, self.now = schedule, lay_out(schedule), now
        self.entries: list[ev.Entry] = []
        self.run = Run()
        self.say(ev.RunOpened("u", "0" * 64, "li.wei", "c1", "0.1.0"))

    # --- events in -----------------------------------------------------------------------------------------

    def say(self, *events: ev.RunEvents) -> "History":
        for event in events:
            entry = ev.Entry(self.run.size, self.now, 0, event)
            advance(self.run, entry)
            self.entries.append(entry)
        return self

    def later(self, by_s: float) -> "History":
        self.now += timedelta(seconds=by_s)
        return self

    def start(self, step: str, attempt: int = 1) -> "History":
        return self.say(ev.StepStarted(step, attempt))

    def end(self, step: str, failure: FailureKind | None = None) -> "History":
        attempt = self.run.step(step).attempt
        if failure is None:
            return self.say(ev.StepSucceeded(step, attempt, Evidence()))
        return self.say(ev.StepFailed(step, attempt, Failure(failure, "told")))

    def look(self, stage: str, value: float | None = 0.0, covers_s: float = 5.0, **sample: Any) -> "History":
        fails = value is not None and value > 0.01
        seen = ev.Sample("errors", value, fails=fails, **sample)
        return self.say(ev.StageObserved(stage, 0.0 if fails or value is None else covers_s, (seen,)))

    # --- decisions out -------------------------------------------------------------------------------------

    def ask(self) -> Sequence[Decision]:
        return choose(self.layout, fold(self.entries), self.now)

    def only(self) -> Decision:
        (found,) = self.ask()
        return found

    def event(self) -> Any:
        """The one event that follows."""
        found = self.only()
        assert isinstance(found, Record), found
        return found.event

    def why(self) -> str:
        """The code of what is waited for."""
        found = self.only()
        assert isinstance(found, Wait), found
        return found.because.code

    def steps(self) -> list[str]:
        """Steps that are to be performed now."""
        return [decision.step for decision in self.ask() if isinstance(decision, Perform)]

    # --- a world that answers ------------------------------------------------------------------------------

    def take(self, until: Callable[[Run], object] = lambda run: False) -> list[Decision]:
        """Write down what follows, and the intents, until choosing comes to rest; answers what is left."""
        for _ in range(TURNS_MAX):
            found = self.ask()
            told = [*records(found), *intents(found)]
            if not told:
                return list(found)
            for event in told:
                self.say(event)
                if until(self.run):
                    return []
        raise AssertionError("choosing does not come to rest")

    def play(
        self,
        fails: Fails = lambda step, attempt: None,
        *,
        until: Callable[[Run], object] = lambda run: False,
        errors: Callable[[str], float | None] = lambda stage: 0.0,
    ) -> "History":
        """Answer everything that is asked, until the run rests or `until` says so."""
        for _ in range(TURNS_MAX):
            left = self.take(until)
            if until(self.run):
                return self
            if not self.answer(left, fails, errors):
                return self
        raise AssertionError("the run does not come to rest")

    def answer(self, left: list[Decision], fails: Fails, errors: Callable[[str], float | None]) -> bool:
        if self.run.flying:
            self.later(1.0)
            step, view = next(iter(self.run.flying.items()))
            self.end(step, fails(step, view.attempt))
            return True
        for decision in left:
            match decision:
                case Observe(stage):
                    first = self.run.stages[stage].looked_at is None
                    self.look(stage, errors(stage), 0.0 if first else 5.0)
                    return True
                case Wait(until) if until is not None:
                    self.now = max(self.now, until.astimezone(self.now.tzinfo))
                    return True
        return False

    # --- what was told -------------------------------------------------------------------------------------

    def told(self, *kinds: type) -> list[Any]:
        return [entry.event for entry in self.entries if isinstance(entry.event, kinds)]

    def started(self) -> list[str]:
        return [event.step for event in self.told(ev.StepStarted)]

    def first(self, step: str) -> int:
        """When a step was started first, as a place among the started ones."""
        return self.started().index(step)


def records(found: Iterable[Decision]) -> list[ev.RunEvents]:
    return [decision.event for decision in found if isinstance(decision, Record)]


def intents(found: Iterable[Decision]) -> list[ev.RunEvents]:
    return [ev.StepStarted(d.step, d.attempt, d.boot) for d in found if isinstance(d, Perform)]


def failing(ending: str, kind: FailureKind, *, hosts: Sequence[str] = (), times: int = 1_000) -> Fails:
    """Steps with this name fail, on these hosts (or all), so many times."""

    def fails(step: str, attempt: int) -> FailureKind | None:
        host, name = step.split("/")[-2:]
        return kind if name == ending and (not hosts or host in hosts) and attempt <= times else None

    return fails
