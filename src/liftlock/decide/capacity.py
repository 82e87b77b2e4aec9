"""How many more hosts may go out of service? One count for all waves and components that share a group.

Drained, failed, unreachable, unhealthy and in-progress hosts count together. Acting on a host that is already out
costs nothing, so that the rollback of many bad hosts cannot block itself. Two members of a quorum are never out
together by our acts, whatever their components; nor is more taken out than it can spare, with those already down.
"""

from msgspec import Struct, field

from liftlock.decide.expand import Layout
from liftlock.decide.roles import spare
from liftlock.model.run import Run
from liftlock.model.schedule import Quorum


class Room(Struct):
    """The hosts that are out, by capacity, and those that one call has let go out beside them."""

    layout: Layout
    run: Run
    out: dict[str, set[str] | dict[str, int]]
    going: dict[str, set[str]]
    members: set[str] = field(default_factory=set)  # of quorums, among those that were let go

    def take(self, stage: str, host: str, *, back: bool) -> bool:
        """Let a host go out of service; false if that would break a promise."""
        quorums = self.layout.quorums.get(host, ())
        if not all(self.spares(quorum, host) for quorum in quorums) or not self.fits(stage, host, back=back):
            return False
        if quorums:
            self.members.add(host)
        return True

    def spares(self, quorum: Quorum, host: str) -> bool:
        """Can the quorum do without this member, with those that are out or down already?"""
        if self.is_ours(host):
            return True
        others = [member for member in quorum.members if member != host]
        if any(self.is_ours(member) for member in others):
            return False
        return sum(self.is_down(member) for member in others) < spare(quorum.size) or self.is_down(host)

    def is_ours(self, host: str) -> bool:
        """Out of service by an act of this run, whatever the component."""
        return host in self.members or any(host in hosts for hosts in self.run.out.values())

    def is_down(self, host: str) -> bool:
        """Found unhealthy, or silent, by a look at whatever component."""
        return any(host in view.bad or host in view.unread for view in self.run.stages.values())

    def fits(self, stage: str, host: str, *, back: bool) -> bool:
        name = self.layout.schedule.policies[self.layout.stages[stage].component].capacity
        capacity = self.layout.schedule.capacities[name]
        out, going = self.hosts_out(name), self.going.setdefault(name, set())
        count = len(out) + len(going)
        limit = capacity.back_out_max if back else capacity.out_max
        if host in out or host in going:
            return count <= limit or not self.may_serve(name, host)
        if count >= limit:
            return False
        going.add(host)
        return True

    def may_serve(self, capacity: str, host: str) -> bool:
        """Counted as out only because it did not answer a look, whosever: it may serve all the same."""
        components = self.layout.sharers[capacity]
        if any(host in self.run.out.get(component, ()) for component in components):
            return False
        looks = [view for name, view in self.run.stages.items() if name.partition("/")[0] in components]
        return not any(host in view.bad for view in looks) and any(host in view.unread for view in looks)

    def hosts_out(self, capacity: str) -> set[str] | dict[str, int]:
        if capacity not in self.out:
            self.out[capacity] = hosts_out(self.layout, self.run, capacity)
        return self.out[capacity]


def room_for(layout: Layout, run: Run) -> Room:
    return Room(layout, run, {}, {})


def hosts_out(layout: Layout, run: Run, capacity: str) -> set[str] | dict[str, int]:
    """Hosts of a group that are out of service now, for whatever reason; not to be changed by the caller."""
    components = layout.sharers[capacity]
    ours = [stage for name, stage in run.stages.items() if name.partition("/")[0] in components]
    unhealthy = [hosts for stage in ours for hosts in (stage.bad, stage.unread) if hosts]
    found = [run.out[component] for component in components if run.out.get(component)]
    if len(found) == 1 and not unhealthy:
        return found[0]
    return set().union(*found, *unhealthy)
