"""One look at a stage's health: every check on every host that was upgraded, as one event.

A host that could not be read makes the look one without data, which never adds to the soak and never passes.
Cumulative counters (`requests`, `errors`) are read against the first look of this controller at that host.
"""

import asyncio
from datetime import datetime

from liftlock.decide.expand import Layout, fill, fill_action, variables
from liftlock.decide.judge.checks import breaches
from liftlock.execute.perform import Job, Performer, safe_run
from liftlock.execute.world import World
from liftlock.model import events as ev
from liftlock.model.actions import Again, Context, Evidence, Failure, Operation, TimedOut
from liftlock.model.errors import WorldError
from liftlock.model.events import LaneResult
from liftlock.model.run import Run
from liftlock.model.schedule import Gate, Stage, Step, Template, name_of

AT_ONCE = 64  # hosts looked at side by side
COVERS_MAX = 3.0  # a look covers at most so many intervals: what was not looked at is not observed


class Observer:
    def __init__(self, world: World, performer: Performer) -> None:
        self.world, self.performer = world, performer
        self.baselines: dict[tuple[str, str], tuple[float, float]] = {}
        self.looked: dict[str, float] = {}  # stage -> when this process looked last, by the clock that never jumps
        self.places = asyncio.Semaphore(AT_ONCE)

    async def look(self, layout: Layout, run: Run, stage_id: str, since: datetime | None) -> ev.StageObserved:
        stage = layout.stages[stage_id]
        hosts = [
            run.lanes[lane].host for lane in run.stages[stage_id].lanes if run.lanes[lane].result is LaneResult.UPGRADED
        ]
        gates = layout.schedule.gates.get(stage.component, ())
        samples = tuple([await self.sample(layout, stage, gate, hosts) for gate in gates])
        healthy = all(sample.value is not None and not sample.fails for sample in samples)
        covers_s = self.covers(layout, run, stage, since)
        return ev.StageObserved(stage_id, covers_s if healthy else 0.0, samples)

    def covers(self, layout: Layout, run: Run, stage: Stage, since: datetime | None) -> float:
        """Seconds of health observed since the last look: this process's own, and since the last host was upgraded."""
        view = run.stages[stage.id]
        if view.ended < len(stage.hosts):
            self.looked.pop(stage.id, None)
            return 0.0
        now_s = self.world.clock.monotonic()
        passed_s = now_s - self.looked.get(stage.id, now_s)
        self.looked[stage.id] = now_s
        if since is None or view.upgraded_at is None:
            return 0.0
        whole_s = (self.world.clock.now() - view.upgraded_at).total_seconds()
        return max(0.0, min(passed_s, whole_s, layout.schedule.policies[stage.component].look_every_s * COVERS_MAX))

    async def sample(self, layout: Layout, stage: Stage, gate: Gate, hosts: list[str]) -> ev.Sample:
        values = await asyncio.gather(*(self.value(layout, stage, gate, host) for host in hosts))
        known = [value for value in values if value is not None]
        read = list(zip(hosts, values, strict=True))
        bad = tuple(host for host, value in read if value is not None and breaches(gate.check, value))
        unread = tuple(host for host, value in read if value is None)
        worst = (min if gate.check.below is not None else max)(known, default=None)
        return ev.Sample(gate.check.name, None if unread else worst, bad, unread, bool(bad))

    async def value(self, layout: Layout, stage: Stage, gate: Gate, host: str) -> float | None:
        """The check's figure for one host; None where it could not be read."""
        job = self.job(layout, stage, gate, host)
        driver = self.world.drivers[job.step.action.driver]
        operation = driver.operate(job.step.action, job.context)
        if isinstance(operation, Failure):
            return None
        async with self.places:
            try:
                return await self.figure(job, operation, gate.check.name, host)
            except WorldError:
                return None

    async def figure(self, job: Job, operation: Operation, check: str, host: str) -> float | None:
        """Asked again as a step is, and no longer than a step: a look that never ends would keep a wave for ever."""
        driver, clock = self.world.drivers[job.step.action.driver], self.world.clock
        deadline = clock.monotonic() + job.step.timeout_s
        while True:
            outcome = await self.performer.once(job, operation, read_only=True)
            if isinstance(outcome, TimedOut):
                return None
            answer = driver.read(job.step.action, job.context, outcome)
            if isinstance(answer, Evidence):
                return self.reading(answer, check, host)
            if not isinstance(answer, Again) or clock.monotonic() + answer.after_s > deadline:
                return None
            await clock.sleep(answer.after_s)

    def reading(self, evidence: Evidence, check: str, host: str) -> float | None:
        facts = evidence.facts
        if "requests" not in facts:
            value = facts.get("value")
            return float(value) if isinstance(value, int | float) else None
        requests, errors = float(facts["requests"]), float(facts.get("errors", 0))
        base = self.baselines.setdefault((check, host), (requests, errors))
        if requests < base[0]:  # the counter was reset
            base = self.baselines[check, host] = (0.0, 0.0)
        seen = requests - base[0]
        return (errors - base[1]) / seen if seen > 0 else None

    def job(self, layout: Layout, stage: Stage, gate: Gate, host: str) -> Job:
        return looking_job(layout, stage, gate.template, gate.check.name, host)


def looking_job(layout: Layout, stage: Stage, template: Template, name: str, host: str) -> Job:
    """A look at one host's figure: no step of the schedule, it has no attempts and leaves no mark."""
    schedule = layout.schedule
    policy, known = schedule.policies[stage.component], variables(schedule, stage.component, host, back=False)
    step = Step(
        id=f"{stage.id}/{host}/look-{name}",
        lane=f"{stage.id}/{host}",
        name="look",
        subject=host,
        at=fill(template.at, known) or host,
        action=fill_action(template.action, known),
        timeout_s=template.timeout_s,
    )
    context = Context(
        run=safe_run(schedule.upgrade),
        step=step.id,
        host=host,
        address=schedule.hosts[host].address,
        component=name_of(stage.component),
        version=policy.version_to,
        from_version=policy.version_from,
        to_version=policy.version_to,
        variables=known,
        state=schedule.hosts[host].state,
    )
    return Job(step, 0, "", context, "")
