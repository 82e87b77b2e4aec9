"""What a driver may know when a step is carried out, with the evidence that an undo or a proof reads."""

from typing import Any

from liftlock.decide.expand import Layout, variables
from liftlock.execute.perform import safe_run
from liftlock.execute.world import World
from liftlock.model import events as ev
from liftlock.model.actions import Context
from liftlock.model.run import Run, StepState
from liftlock.model.schedule import Step, lane_of, name_of


class ContextMaker:
    """Remembers the evidence of lanes under way; what it does not remember it reads from the journal."""

    def __init__(self, world: World, stream: str) -> None:
        self.world, self.stream = world, stream
        self.layout: Layout
        self.evidence: dict[str, dict[str, dict[str, Any]]] = {}  # lane -> step -> facts

    def use(self, layout: Layout) -> None:
        self.layout = layout

    def remember(self, event: ev.RunEvents) -> None:
        if isinstance(event, ev.StepSucceeded):
            self.evidence.setdefault(lane_of(event.step), {})[event.step] = event.evidence.facts

    def forget(self, lane: str) -> None:
        self.evidence.pop(lane, None)

    async def make(self, run: Run, step: Step) -> Context:
        schedule = self.layout.schedule
        component = self.layout.stages[run.lanes[step.lane].stage].component
        policy, host = schedule.policies[component], schedule.hosts[step.subject]
        back = step.name[0] in "ub"
        return Context(
            run=safe_run(self.stream),
            step=step.id,
            host=step.subject,
            address=host.address,
            component=name_of(component),
            version=policy.version_from if back else policy.version_to,
            from_version=policy.version_from,
            to_version=policy.version_to,
            variables=variables(schedule, component, step.subject, back=back),
            assumes=schedule.assumes.get(step.subject, {}),
            forward=await self.facts_of(run, step.undoes) if step.undoes else {},
            state=schedule.hosts[step.at].state if step.at in schedule.hosts else "",
            back=back,
            entry=host,
        )

    async def facts_of(self, run: Run, step_id: str) -> dict[str, Any]:
        """Facts of the step's last success; empty if it has none."""
        known = self.evidence.get(lane_of(step_id), {}).get(step_id)
        if known is not None:
            return known
        view = run.step(step_id)
        if view.state is not StepState.DONE or view.seq < 0:
            return {}
        entry = (await self.world.store.entries(self.stream, view.seq, 1))[0]
        return entry.event.evidence.facts if isinstance(entry.event, ev.StepSucceeded) else {}
