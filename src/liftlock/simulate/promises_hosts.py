"""What a run promises about its hosts, checked against what took effect on them."""

from collections.abc import Iterator

from liftlock.execute.perform import mark_of
from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.schedule import Capacity, Schedule, host_of, lane_of, name_of, stage_of
from liftlock.model.schedule import component_of as component_named
from liftlock.simulate.excuses import answered, component_of, left_out, tried_again, waived, wave_of
from liftlock.simulate.story import STREAM, Story

WRITES = ("install", "configure", "migrate", "command", "restore")
WRITE_STARTS = tuple(f"start-{kind}" for kind in WRITES)
DISTURBS = ("install", "configure", "command", "restore", "restart", "start", "stop", "reboot")
ONCE = {"before": 0, "after": 2}  # the waves, of whatever name, stand between them
Key = tuple[str, str]  # component and host


# --- capacity -----------------------------------------------------------------------------------------------


def capacity_is_kept(story: Story) -> Iterator[str]:
    """No act of ours takes one more host out than the plan allows: neither by the record nor on the hosts."""
    yield from lanes_within_capacity(story)
    yield from drains_within_capacity(story)


class Out:
    """Hosts out of service by the record, of each capacity: in progress, left as they are, or found unhealthy."""

    def __init__(self, story: Story) -> None:
        self.policies = story.schedule.policies
        self.ours: dict[str, dict[str, str]] = {name: {} for name in story.schedule.capacities}  # lane -> host
        self.unhealthy: dict[str, set[str]] = {}  # by stage
        self.unread: dict[str, set[str]] = {}

    def hosts(self, capacity: str) -> set[str]:
        looked = [
            found[stage]
            for found in (self.unhealthy, self.unread)
            for stage in found
            if self.policies[component_of(stage)].capacity == capacity
        ]
        return set(self.ours[capacity].values()).union(*looked)

    def take(self, event: ev.Event) -> None:
        match event:
            case ev.StageObserved(stage, samples=samples):
                self.unhealthy[stage] = {host for sample in samples for host in sample.bad_hosts}
                self.unread[stage] = {host for sample in samples for host in sample.unread}
            case ev.LaneEnded(lane, LaneResult.UPGRADED | LaneResult.RETURNED as result):
                self.ours[self.capacity_of(lane)].pop(lane, None)
                if result is LaneResult.RETURNED:
                    for found in (self.unhealthy, self.unread):
                        found.get(stage_of(lane), set()).discard(host_of(lane))

    def capacity_of(self, lane: str) -> str:
        return self.policies[component_of(lane)].capacity


def lanes_within_capacity(story: Story) -> Iterator[str]:
    out, back, let = Out(story), set[str](), waived(story)
    for entry in story.entries:
        match entry.event:
            case ev.LaneTurned(lane):
                back.add(lane)
            case ev.LaneReopened(lane):
                back.discard(lane)
            case ev.StepStarted(step) if not step.rpartition("/")[2].startswith("c"):
                lane = lane_of(step)
                name = out.capacity_of(lane)
                capacity, before = story.schedule.capacities[name], out.hosts(name)
                out.ours[name][lane] = host_of(lane)
                excused = lane in back and stage_of(lane) in let
                if len(out.hosts(name)) > max(len(before), limit(capacity, lane in back)) and not excused:
                    yield f"{step} began with {sorted(before)} out of {name}"
            case event:
                out.take(event)


def limit(capacity: Capacity, back: bool) -> int:
    return max(capacity.out_max, capacity.back_out_max) if back else capacity.out_max


def drains_within_capacity(story: Story) -> Iterator[str]:
    """By the load balancer: healthy hosts that we hold drained; more may be on their way back."""
    drained: dict[str, dict[str, bool]] = {name: {} for name in story.schedule.capacities}  # host -> on its way back
    sick, let = Sickness(story), waived(story)
    for what in story.trace:
        name = story.schedule.policies[what.component].capacity
        if what.kind == "readmit":
            drained[name].pop(what.host, None)
        elif what.kind == "drain":
            again = what.host in drained[name]
            drained[name][what.host] = what.back or drained[name].get(what.host, False)
            ours = drained[name].keys() - sick.hosts_at(what.at_s)
            allowed = limit(story.schedule.capacities[name], any(drained[name].values()))
            excused = again or any(component_of(stage) == what.component for stage in let)
            if what.host in ours and len(ours) > allowed and not excused:
                yield f"{len(ours)} out of {name}, {allowed} allowed, at {what.at_s:.1f} ({what.host})"


class Sickness:
    """Which hosts the looks have found unhealthy, and when."""

    def __init__(self, story: Story) -> None:
        looks = zip(story.times, story.entries, strict=True)
        self.looks = [(at_s, e.event) for at_s, e in looks if isinstance(e.event, ev.StageObserved | ev.LaneEnded)]

    def hosts_at(self, at_s: float) -> set[str]:
        found: dict[str, set[str]] = {}
        for seen_s, event in self.looks:
            match event:
                case _ if seen_s > at_s:
                    break
                case ev.StageObserved(stage, samples=samples):
                    found[stage] = {host for sample in samples for host in sample.bad_hosts}
                case ev.LaneEnded(lane, LaneResult.RETURNED):
                    found.get(stage_of(lane), set()).discard(host_of(lane))
        return set().union(*found.values())


# --- once ---------------------------------------------------------------------------------------------------


def no_step_runs_twice(story: Story) -> Iterator[str]:
    """A mark starts once; a step that took effect and said so is not started again but by a person's word on it."""
    steps, again = marks_of(story), tried_again(story)
    succeeded = {entry.event.step for entry in story.entries if isinstance(entry.event, ev.StepSucceeded)}
    started: set[str] = set()
    done: set[str] = set()
    for what in story.trace:
        if what.what not in steps:
            continue
        step = steps[what.what]
        if what.kind.startswith("start-"):
            if what.what in started:
                yield f"{what.what} started twice"
            if step in done and not again & {step, lane_of(step)}:
                yield f"{step} started again after it was done"
            started.add(what.what)
        elif step in succeeded:
            done.add(step)


def not_started_is_true(story: Story) -> Iterator[str]:
    """What the record says never started has no start on any host, neither before nor after."""
    started = {what.what for what in story.trace if what.kind.startswith("start-")}
    for entry in story.entries:
        match entry.event:
            case ev.StepNotStarted(step, attempt) if mark_of(STREAM, step, attempt) in started:
                yield f"{step} attempt {attempt}"


def marks_of(story: Story) -> dict[str, str]:
    return {
        mark_of(STREAM, entry.event.step, entry.event.attempt): entry.event.step
        for entry in story.entries
        if isinstance(entry.event, ev.StepStarted)
    }


# --- on one host --------------------------------------------------------------------------------------------


def no_write_before_a_proved_backup(story: Story) -> Iterator[str]:
    """Of a component's hops each has its own."""
    proved, excused, hops = set[Key](), answered(story), hops_of(story)
    recipes = story.schedule.recipes
    prove = {
        stage.component
        for stage in story.schedule.stages
        if any(t.action.kind is Kind.PROVE for t in recipes[stage.recipe].templates)
    }
    for what in story.trace:
        key = (hops.get(what.what, what.component), what.host)
        if what.kind == "prove":
            proved.add(key)
        elif (what.component, what.host) in excused or what.back or key in proved:
            continue
        elif key[0] in prove and what.kind in WRITE_STARTS:
            yield f"{what.kind} on {what.host} at {what.at_s:.1f} without a proved backup of {key[0]}"


def hops_of(story: Story) -> dict[str, str]:
    """Of each mark, the hop in which its step is."""
    return {mark: component_named(step) for mark, step in marks_of(story).items()}


def no_write_while_serving(story: Story) -> Iterator[str]:
    """Promised where the plan drains: one that writes to serving hosts was warned of by its check."""
    draining = {
        name_of(stage.component)
        for stage in story.schedule.stages
        for template in story.schedule.recipes[stage.recipe].templates
        if template.action.kind is Kind.DRAIN
    }
    drained, excused = set[Key](), answered(story)
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind in ("drain", "stop"):
            drained.add(key)
        elif what.kind in ("readmit", "start"):
            drained.discard(key)
        elif what.kind == "start-install" and what.component in draining and key not in drained | excused:
            yield f"{what.host} written to at {what.at_s:.1f} while it served"


def no_readmission_unverified(story: Story) -> Iterator[str]:
    """Verified since it was last disturbed, for the version that is on it, and not found unwell since."""
    verified, excused = Verified(story), answered(story)
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind == "readmit" and key not in excused and not verified.is_so(key, what.at_s):
            yield f"{what.host} readmitted at {what.at_s:.1f} unverified"


class Verified:
    """For which version each host was last verified, since it was last disturbed. Untouched hosts are as they were."""

    def __init__(self, story: Story) -> None:
        self.changes: dict[Key, list[tuple[float, str]]] = {}
        for what in story.trace:
            if what.kind == "verify" or what.kind in (*DISTURBS, "verify-failed"):
                version = what.what if what.kind == "verify" else ""
                self.changes.setdefault((what.component, what.host), []).append((what.at_s, version))

    def version(self, key: Key, at_s: float = float("inf")) -> str | None:
        """The version, empty if it is disturbed, None if nothing ever touched it."""
        return next((version for seen_s, version in reversed(self.changes.get(key, [])) if seen_s <= at_s), None)

    def is_so(self, key: Key, at_s: float = float("inf")) -> bool:
        return self.version(key, at_s) != ""


# --- at the end ---------------------------------------------------------------------------------------------


def nothing_stays_drained_without_a_reason(story: Story) -> Iterator[str]:
    """At the end every host runs and serves, or its own lane, or a person, says why not."""
    if story.run.result is None:
        return
    excused = {*answered(story), *left_out(story), *left_with_a_reason(story)}
    for name, host in story.fleet.hosts.items():
        for component, service in host.services.items():
            if not (service.in_service and service.running) and (component, name) not in excused:
                yield f"{name} of {component} stays out: running {service.running}, served {service.in_service}"


def left_with_a_reason(story: Story) -> Iterator[Key]:
    """Lanes left as they are; hosts that stay stopped for an outage; and what a person left stopped by closing."""
    for lane_id, lane in story.run.lanes.items():
        down = lane.because is not None and (lane.result is LaneResult.FAILED or lane.because.code == "stays-down")
        closed = story.run.result is RunResult.ABORTED and wave_of(lane_id) == "stop"
        if down or (closed and lane.result is LaneResult.UPGRADED):
            yield component_of(lane_id), lane.host


def upgraded_means_the_new_version_verified(story: Story) -> Iterator[str]:
    """On every lane's host that ended upgraded in a run closed as upgraded; on every host, if without exception."""
    if story.run.result not in (RunResult.UPGRADED, RunResult.UPGRADED_WITH_EXCEPTIONS):
        return
    verified, excused = Verified(story), answered(story)
    for (component, name), new in sorted(versions_reached(story).items()):
        service = story.fleet.hosts[name].services[component]
        fine = service.version == new and service.running and service.in_service
        if (component, name) not in excused and not (fine and verified.version((component, name)) == new):
            yield f"{name}: {component} {service.version}, verified {verified.version((component, name))}"


def versions_reached(story: Story) -> dict[Key, str]:
    """What each host should run in the end: the last hop's version without exception, else as far as its lanes came. Of
    a host that was left as it is in the middle of a hop nothing is promised."""
    policies, lanes, found = story.schedule.policies, story.run.lanes, dict[Key, str]()
    for stage in story.schedule.stages:
        for host in stage.hosts if stage.wave[0] == "w" else ():
            key, lane = (name_of(stage.component), host), lanes.get(f"{stage.id}/{host}")
            if lane is not None and lane.result is LaneResult.UPGRADED:
                found[key] = policies[stage.component].version_to
            elif lane is not None and lane.result is LaneResult.FAILED:
                found.pop(key, None)
    if story.run.result is RunResult.UPGRADED:
        last = {name_of(component): policy.version_to for component, policy in policies.items()}
        found |= {(component, host): last[component] for component, host in homes(story.schedule)}
    return found


def homes(schedule: Schedule) -> set[Key]:
    """Where each component lives; what is done once for it may be done on another's host."""
    return {(name_of(each.component), host) for each in schedule.stages if each.wave not in ONCE for host in each.hosts}
