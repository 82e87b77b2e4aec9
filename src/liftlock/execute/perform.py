"""Carry a step out and read what came of it: one place turns the world's answers and errors into an event.

A script that changes something goes to its host under a mark, named after run, step and attempt, and runs once. What is
asked of a peer (HTTP, a socket) is repeated within its deadline only if asking twice is asking once.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.roles import LOOK, role_changed
from liftlock.execute.redact import Redactor
from liftlock.execute.rights import before_refusal, refusal, secrets_at
from liftlock.execute.world import World
from liftlock.model import events as ev
from liftlock.model.actions import (
    Again,
    Ask,
    Confirmed,
    Context,
    Delay,
    Elapsed,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Greet,
    HttpCall,
    Kind,
    Operation,
    Outcome,
    Script,
    SocketCall,
    TimedOut,
    Transfer,
    Vanished,
)
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Absent, Driver
from liftlock.model.reasons import because
from liftlock.model.schedule import CONTROLLER, Step
from liftlock.model.secret import SecretRef

READ_ONLY = (Kind.VERIFY, Kind.PRECHECK)
ASK_AGAIN_S = 1.0
GROWN_S = 60.0  # a wait that grows does not grow beyond this
OUTPUT_MAX = 4096  # characters of output kept in the journal itself
CUT = "\n…"  # ends what a look printed if it printed more
KINDS = {
    WorldKind.UNREACHABLE: FailureKind.UNREACHABLE,
    WorldKind.TIMEOUT: FailureKind.TIMEOUT,
    WorldKind.REBOOTED: FailureKind.TRANSIENT,
}
ENDED_FROM_OUTSIDE = (129, 143)  # by SIGHUP or SIGTERM, as an orderly shutdown does; our own deadline says TimedOut
NOT_STARTED = (WorldKind.REBOOTED, WorldKind.HOST_FULL, WorldKind.MISSING)


class Unresolved(WorldError):
    """A secret could not be fetched, for whatever reason: what needs it was not sent."""


class Job(Struct, frozen=True):
    """One attempt at a step, with what its driver may know."""

    step: Step
    attempt: int
    boot: str
    context: Context
    mark: str


def mark_of(run: str, step_id: str, attempt: int) -> str:
    """A safe name of at most 255 bytes for an attempt; its run's name and a dot come first."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", step_id)[-120:]
    return f"{safe_run(run)}.{readable}.{sha256(step_id.encode()).hexdigest()[:12]}.{attempt}"


@cache
def safe_run(run: str) -> str:
    """The run's name in marks: readable, safe, at most 80 bytes."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", run)[:64]
    return f"{readable}-{sha256(run.encode()).hexdigest()[:12]}"


class Performer:
    """Carries jobs out. `confirmations`: who confirmed a manual step; `guard`: raises if the run is no longer ours."""

    def __init__(
        self,
        world: World,
        confirmations: Callable[[str], tuple[str, ...]],
        guard: Callable[[], Awaitable[None]],
    ) -> None:
        self.world = world
        self.confirmations = confirmations
        self.guard = guard
        self.redactor = Redactor()

    def know(self, refs: Iterable[SecretRef]) -> None:
        """Learn secrets before anything is recorded: what another process, or another step, used may be printed now."""
        for ref in refs:
            with suppress(WorldError):
                self.redactor.learn(self.world.secrets.resolve(ref))

    async def perform(self, job: Job, driver: Driver) -> ev.RunEvents:
        """Do it, for the first time as far as this attempt's mark goes."""
        operation = driver.operate(job.step.action, job.context)
        if isinstance(operation, Failure):
            return await self.ended(job, operation)
        try:
            result = await self.result(job, driver, operation)
            return await (self.look(job, driver) if result is None else self.ended(job, result))
        except WorldError as error:
            return await self.after_error(job, driver, operation, error)

    async def settle(self, job: Job, driver: Driver, *, elsewhere: bool = False) -> ev.RunEvents:
        """Find out what became of an attempt that this process did not see the end of. `elsewhere`: begun from
        another machine, where the mark of a step at the controller lies."""
        operation = driver.operate(job.step.action, job.context)
        try:
            if isinstance(operation, Script) and not is_read_only(job):
                self.resolve(self.secrets(job, operation))  # what cannot be taken out of the outcome is not recorded
                if elsewhere and job.step.at == CONTROLLER:
                    return await self.look(job, driver)
                return await self.settle_script(job, driver)
            if is_unrepeatable(operation):
                return await self.look(job, driver)
            return await self.perform(job, driver)
        except WorldError as error:
            return ev.StepLost(
                job.step.id, job.attempt, because("unreachable", message=self.redactor.clean(error.message))
            )

    # --- scripts -------------------------------------------------------------------------------------------

    async def settle_script(self, job: Job, driver: Driver) -> ev.RunEvents:
        found = await self.world.hosts.attach(job.step.at, job.mark, timeout_s=job.step.timeout_s)
        match found:
            case Absent():
                return ev.StepNotStarted(job.step.id, job.attempt, Failure(FailureKind.INTERRUPTED, "not-started"))
            case _ if is_unknown(found):
                return await self.look(job, driver)
        answer = self.read(job, driver, found)
        if isinstance(answer, Again):
            answer = Failure(FailureKind.TRANSIENT, "not-ready")
        return await self.ended(job, answer)

    async def look(self, job: Job, driver: Driver) -> ev.RunEvents:
        """The outcome is unknown: the action's own probe says, or a person."""
        probe = driver.probe(job.step.action, job.context)
        if probe is None:
            return ev.StepLost(job.step.id, job.attempt, because("no-probe"))
        outcome = await self.once(job, probe, read_only=True)
        if (refused := refusal(outcome, job.step.at)) is not None:
            raise refused
        settled = driver.settle(job.step.action, job.context, outcome)
        if settled is None:
            return ev.StepLost(job.step.id, job.attempt, because("probe-unclear"))
        return await self.ended(job, settled)

    async def after_error(self, job: Job, driver: Driver, operation: Operation, error: WorldError) -> ev.RunEvents:
        """The world did not answer. A script may have started all the same: then look; nothing else is guessed."""
        if isinstance(operation, Script) and not is_read_only(job) and not is_before(error):
            return await self.settle(job, driver)
        if is_unrepeatable(operation) and not is_before(error) and error.fields.get("sent") != "no":
            return await self.settle(job, driver)
        failure = self.failure_of(error)
        if is_before(error):
            return ev.StepNotStarted(job.step.id, job.attempt, failure)
        return await self.ended(job, failure)

    # --- any operation ---------------------------------------------------------------------------------------

    async def result(self, job: Job, driver: Driver, operation: Operation) -> Evidence | Failure | None:
        """Ask until the driver has its answer or the step's deadline is over; None: a script was lost, its outcome is
        unknown. Raises WorldError."""
        clock = self.world.clock
        deadline = clock.monotonic() + job.step.timeout_s
        asked = 0
        while True:
            try:
                outcome = await self.once(job, operation, read_only=is_read_only(job))
                if not is_read_only(job) and is_unknown(outcome):
                    return None
                answer = self.read(job, driver, outcome)
            except WorldError as error:
                if not asked_again(job, operation, error) or clock.monotonic() + ASK_AGAIN_S > deadline:
                    raise
                answer = Again(ASK_AGAIN_S)
            if not isinstance(answer, Again):
                return answer
            asked += 1
            pause_s = min(answer.after_s * 2 ** min(asked - 1, 10), GROWN_S) if answer.grows else answer.after_s
            if clock.monotonic() + pause_s > deadline or 0 < answer.times < asked:
                late = Failure(FailureKind.TIMEOUT, "deadline", {"timeout_s": round(job.step.timeout_s)})
                return answer.so_far or late
            operation = answer.then or operation
            await clock.sleep(pause_s)

    async def once(self, job: Job, operation: Operation, *, read_only: bool) -> Outcome:
        hosts, at, timeout_s = self.world.hosts, job.step.at, job.step.timeout_s
        match operation:
            case Script() if read_only:
                env = self.resolve(self.secrets(job, operation))
                seen = await hosts.look(at, operation, timeout_s=timeout_s, env=env)
                return replace(seen, output=seen.output + CUT) if isinstance(seen, Exited) and seen.cut else seen
            case Script():
                env = self.resolve(self.secrets(job, operation))
                boot = job.boot if at == job.step.subject else ""
                return await hosts.perform(at, job.mark, operation, timeout_s=timeout_s, boot=boot, env=env)
            case Greet():
                return await hosts.greet(at)
            case Transfer():
                return await hosts.transfer(at, operation)
            case Delay():
                await self.world.clock.sleep(operation.for_s)
                return Elapsed()
            case Ask():
                return await self.ask(job, operation)
        await self.guard()
        if isinstance(operation, HttpCall):
            return await hosts.http(at, operation, self.resolve(operation.secrets))
        return await hosts.socket(at, operation)

    async def ask(self, job: Job, operation: Ask) -> Confirmed | TimedOut:
        deadline = self.world.clock.monotonic() + job.step.timeout_s
        while len(by := self.confirmations(job.step.id)) < operation.people:
            if self.world.clock.monotonic() > deadline:
                return TimedOut()
            await self.world.clock.sleep(self.world.poll_s)
        return Confirmed(by)

    def read(self, job: Job, driver: Driver, outcome: Outcome) -> Evidence | Failure | Again:
        if isinstance(outcome, TimedOut):
            fields: dict[str, Any] = {"timeout_s": round(job.step.timeout_s)}
            return Failure(FailureKind.TIMEOUT, "deadline", fields, outcome.output)
        if isinstance(outcome, Exited) and (refused := refusal(outcome, job.step.at)) is not None:
            return replace(self.failure_of(refused), output=before_refusal(outcome.output))
        answer = driver.read(job.step.action, job.context, outcome)
        if job.step.name.startswith(LOOK) and isinstance(answer, Evidence):
            return role_changed(job.context.component, job.context.assumes, answer) or answer
        return answer

    def secrets(self, job: Job, script: Script) -> dict[str, SecretRef]:
        return secrets_at(self.world.hosts, job.step.at, script)

    def resolve(self, refs: Mapping[str, SecretRef]) -> dict[str, str]:
        """Raises Unresolved."""
        try:
            found = {name: self.world.secrets.resolve(ref) for name, ref in refs.items()}
        except WorldError as error:
            raise Unresolved(error.kind, error.message, **error.fields) from error
        for value in found.values():
            self.redactor.learn(value)
        return found

    # --- what is recorded ------------------------------------------------------------------------------------

    async def ended(self, job: Job, result: Evidence | Failure) -> ev.RunEvents:
        """The event of an attempt's end: secrets taken out, long output kept as a blob with its tail inline."""
        output = self.redactor.clean(result.output)
        if isinstance(result, Evidence):
            facts = self.redactor.clean(result.facts)
            if len(output) > OUTPUT_MAX:
                facts = facts | {"output_sha256": await self.world.store.put(output.encode())}
            kept = Evidence(facts, output[-OUTPUT_MAX:])
            return ev.StepSucceeded(job.step.id, job.attempt, kept)
        failure = replace(result, fields=self.redactor.clean(result.fields), output=output[-OUTPUT_MAX:])
        return ev.StepFailed(job.step.id, job.attempt, failure)

    def failure_of(self, error: WorldError) -> Failure:
        kind = KINDS.get(error.kind, FailureKind.REFUSED)
        fields = {**error.fields, "message": error.message}
        return Failure(kind, f"world-{error.kind.value}", self.redactor.clean(fields))


def is_read_only(job: Job) -> bool:
    return job.step.action.kind in READ_ONLY


def is_before(error: WorldError) -> bool:
    """Whether it came before anything was started."""
    return isinstance(error, Unresolved) or error.kind in NOT_STARTED


def is_unknown(outcome: Outcome) -> bool:
    """The script is gone without a word, or was ended by somebody in the middle: what it did, only a look can tell."""
    return isinstance(outcome, Vanished) or (isinstance(outcome, Exited) and outcome.code in ENDED_FROM_OUTSIDE)


def is_unrepeatable(operation: Operation | Failure) -> bool:
    """Asking once more could do it twice: what became of it is looked at, or a person is asked."""
    return isinstance(operation, HttpCall | SocketCall) and not operation.repeatable


def asked_again(job: Job, operation: Operation, error: WorldError) -> bool:
    """A peer that does not answer yet is asked again: a service that starts, a balancer that reloads, a reboot."""
    passing = error.kind in (WorldKind.UNREACHABLE, WorldKind.TIMEOUT, WorldKind.REFUSED)
    repeatable = isinstance(operation, HttpCall | SocketCall) and operation.repeatable
    return passing and (repeatable or (isinstance(operation, Greet) and job.step.action.kind is Kind.VERIFY))
