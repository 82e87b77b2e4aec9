"""A driver's whole way on a real host, with the loop's own performer: preview, act, probe, and the way back.

    way = Way(lab.host(), apt.DRIVERS)
    done = way.up({"packages": {"orders": "1.1"}})     # every step's evidence; each probe finds it in place
    way.back(done)                                     # the undos, in reverse order

`way.fails(item)` answers the Failure that the item ends with. What the driver says must have words in both languages.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from liftlock.decide.expand import fill, fill_action
from liftlock.execute.perform import Job, Performer, mark_of
from liftlock.execute.world import World
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.actions import Action, Context, Evidence, Failure, Operation, Outcome, Preview
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Artifact, Driver, Setting
from liftlock.model.schedule import Step, Template
from liftlock.model.secret import SecretRef
from tests.hosts.grounds import WallClock
from tests.lab import Lab, LabHost

RUN = "u-contract/r1"


class Done(Struct, frozen=True):
    """One step that was done, under the name that its undo reads its evidence by."""

    name: str
    template: Template
    facts: dict[str, Any]


class Way:
    """One driver module's drivers on these hosts; the first is the lane's own."""

    def __init__(
        self,
        lab: Lab,
        hosts: LabHost | Sequence[LabHost],
        drivers: Sequence[Driver],
        *,
        versions: tuple[str, str] = ("1.0", "1.1"),
        component: str = "orders",
        stateful: bool = False,
        variables: Mapping[str, str] | None = None,
        artifacts: Mapping[str, Artifact] | None = None,
        texts: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        run: str = RUN,
    ) -> None:
        self.hosts = [hosts] if isinstance(hosts, LabHost) else list(hosts)
        self.host = self.hosts[0]
        self.drivers = {driver.manifest.name: driver for driver in drivers}
        self.from_version, self.to_version = versions
        self.run, self.variables, self.attempts = run, dict(variables or {}), 0
        known = {host.name: {"address": host.address, **self.variables} for host in self.hosts}
        self.setting = Setting(component, *versions, stateful, known, dict(artifacts or {}), dict(texts or {}))
        self.lab, self.secrets = lab, Known(secrets or {})

    # --- whole ways ------------------------------------------------------------------------------------------

    def up(self, item: Any, driver: str = "") -> list[Done]:
        """Preview, act, and look whether it is in place, step by step."""
        done: list[Done] = []
        for number, template in enumerate(self.expand(item, driver), 1):
            name = f"{number:02}-{template.verb}"
            facts = self.good(self.perform(name, template.action, template, earlier(done, template)))
            done.append(Done(name, template, facts))
            settled = self.settle(name, template.action, template, earlier(done[:-1], template))
            assert not isinstance(settled, Failure), f"{name} was done, and its probe does not find it: {settled}"
        return done

    def back(self, done: Sequence[Done]) -> list[dict[str, Any]]:
        """The undo of each, the last first; its evidence."""
        return [
            self.good(self.perform(f"u{each.name}", each.template.undo, each.template, each.facts, back=True))
            for each in reversed(done)
            if each.template.undo is not None
        ]

    def fails(self, item: Any, driver: str = "") -> Failure:
        """What the item ends with, which is no success."""
        done: list[Done] = []
        for number, template in enumerate(self.expand(item, driver), 1):
            name = f"{number:02}-{template.verb}"
            ended = self.perform(name, template.action, template, earlier(done, template))
            if isinstance(ended, Failure):
                return self.worded(ended, template)
            done.append(Done(name, template, ended.facts))
        raise AssertionError(f"it did not fail: {done}")

    # --- single acts -----------------------------------------------------------------------------------------

    def expand(self, item: Any, driver: str = "") -> tuple[Template, ...]:
        """An item (a struct, or a mapping as a plan has it) of the one driver, or of the named one."""
        chosen = self.drivers[driver or next(iter(self.drivers))]
        decoded = msgspec.convert(item, chosen.manifest.item) if isinstance(item, Mapping) else item
        assert chosen.complain(decoded, self.setting) == ()
        return chosen.expand(decoded, self.setting)

    def perform(
        self, name: str, action: Action, template: Template, forward: dict[str, Any], *, back: bool = False
    ) -> Evidence | Failure:
        """Once, under a mark of its own; the same name again is another attempt."""
        self.attempts += 1
        job = self.job(name, action, template, forward, back)

        async def work(performer: Performer) -> ev.RunEvents:
            return await performer.perform(job, self.drivers[action.driver])

        ended = self.asked(work)
        match ended:
            case ev.StepSucceeded():
                return ended.evidence
            case ev.StepFailed() | ev.StepNotStarted():
                return ended.failure
        raise AssertionError(f"{name}: {ended}")

    def settle(
        self, name: str, action: Action, template: Template, forward: dict[str, Any]
    ) -> Evidence | Failure | None:
        """What the probe says; None where there is none, or it cannot tell."""
        driver, job = self.drivers[action.driver], self.job(name, action, template, forward, False)
        probe = driver.probe(job.step.action, job.context)
        return None if probe is None else driver.settle(job.step.action, job.context, self.look(job, probe))

    def preview(self, item: Any, driver: str = "") -> list[Preview]:
        """What each step would change."""
        shown = []
        for number, template in enumerate(self.expand(item, driver), 1):
            job = self.job(f"{number:02}-{template.verb}", template.action, template, {}, False)
            own = self.drivers[template.action.driver]
            if (operation := own.preview(job.step.action, job.context)) is not None:
                shown.append(own.show(job.step.action, job.context, self.look(job, operation)))
        return shown

    def facts(self, item: Any, driver: str = "") -> dict[str, Any]:
        """What the driver's inquiry reads on the host."""
        chosen = self.drivers[driver or next(iter(self.drivers))]
        decoded = msgspec.convert(item, chosen.manifest.item) if isinstance(item, Mapping) else item
        template = chosen.inquire(decoded, self.setting)
        assert template is not None
        return self.good(self.perform("00-inquire", template.action, template, {}))

    # --- inside ----------------------------------------------------------------------------------------------

    def job(self, name: str, action: Action, template: Template, forward: dict[str, Any], back: bool) -> Job:
        known, step_id = self.known(back), f"{self.setting.component}/1/w1/{self.host.name}/{name}"
        step = Step(
            id=step_id,
            lane=step_id.rpartition("/")[0],
            name=name,
            subject=self.host.name,
            at=fill(template.at, known) or self.host.name,
            action=fill_action(action, known),
            timeout_s=template.timeout_s,
        )
        context = Context(
            run=RUN.replace("/", "-"),
            step=step_id,
            host=self.host.name,
            address=self.host.address,
            component=self.setting.component,
            version=known["version"],
            from_version=self.from_version,
            to_version=self.to_version,
            variables=known,
            forward=forward,
            back=back,
        )
        return Job(step, self.attempts, "", context, mark_of(self.run, step_id, self.attempts))

    def known(self, back: bool) -> dict[str, str]:
        """What placeholders may name."""
        return self.variables | {
            "host": self.host.name,
            "address": self.host.address,
            "component": self.setting.component,
            "from_version": self.from_version,
            "to_version": self.to_version,
            "version": self.from_version if back else self.to_version,
        }

    def look(self, job: Job, operation: Operation) -> Outcome:
        async def work(performer: Performer) -> Outcome:
            return await performer.once(job, operation, read_only=True)

        return self.asked(work)

    def asked(self, work: Any) -> Any:
        async def story() -> Any:
            hosts = self.lab.reach(*self.hosts)
            nobody: Any = None
            world = World(MemoryStore(), hosts, WallClock(), self.drivers, self.secrets, nobody)
            try:
                return await work(Performer(world, lambda _: (), free))
            finally:
                await hosts.close()

        return asyncio.run(story())

    def good(self, ended: Evidence | Failure) -> dict[str, Any]:
        assert isinstance(ended, Evidence), ended
        return ended.facts

    def worded(self, failure: Failure, template: Template) -> Failure:
        words = self.drivers[template.action.driver].manifest.words
        if failure.code not in ("deadline", "not-started") and not failure.code.startswith("world-"):
            for language in ("en", "zh"):
                words[language][failure.code].format(**failure.fields)
        return failure


class Known:
    """Secrets by reference."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def resolve(self, ref: SecretRef) -> str:
        if ref.secret not in self.values:
            raise WorldError(WorldKind.MISSING, f"{ref.secret}: no such secret", what=ref.secret)
        return self.values[ref.secret]


def earlier(done: Sequence[Done], template: Template) -> dict[str, Any]:
    """The evidence that a step reads: that of the last step before it of the same driver."""
    return next((each.facts for each in reversed(done) if each.template.action.driver == template.action.driver), {})


async def free() -> None:
    """Nobody else drives the run."""
