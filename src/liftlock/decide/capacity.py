"""How many more hosts may go out of service? One count for all waves and components that share a group.

Drained, failed, unreachable, unhealthy and in-progress hosts count together. Acting on a host that is already out
costs nothing, so that the rollback of many bad hosts cannot block itself.
"""

from msgspec import Struct

from liftlock.decide.expand import Layout
from liftlock.model.run import Run


class Room(Struct):
    """The hosts that are out, by capacity, kept up to date while one call hands out room."""

    layout: Layout
    run: Run
    out: dict[str, set[str] | dict[str, int]] = {}

    def take(self, stage: str, host: str, *, back: bool) -> bool:
        """Let a host go out of service; false if that would break the promise."""
        name = self.layout.schedule.policies[self.layout.stages[stage].component].capacity
        capacity = self.layout.schedule.capacities[name]
        out = self.hosts_out(name)
        if host in out:
            return True
        if len(out) >= (capacity.back_out_max if back else capacity.out_max):
            return False
        self.out[name] = out = out if isinstance(out, set) else set(out)
        out.add(host)
        return True

    def hosts_out(self, capacity: str) -> set[str] | dict[str, int]:
        if capacity not in self.out:
            self.out[capacity] = hosts_out(self.layout, self.run, capacity)
        return self.out[capacity]


def room_for(layout: Layout, run: Run) -> Room:
    return Room(layout, run, {})


def hosts_out(layout: Layout, run: Run, capacity: str) -> set[str] | dict[str, int]:
    """Hosts of a group that are out of service now, for whatever reason; not to be changed by the caller."""
    components = layout.sharers[capacity]
    unhealthy = [
        host
        for stage_id, stage in run.stages.items()
        if stage.bad and stage_id.partition("/")[0] in components
        for host in stage.bad
    ]
    found = [run.out[component] for component in components if run.out.get(component)]
    if len(found) == 1 and not unhealthy:
        return found[0]
    return set(unhealthy).union(*found)
