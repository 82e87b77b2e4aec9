"""What a run promises about roles and quorums, checked against what took effect and what is recorded."""

from collections.abc import Iterator

from liftlock.model import events as ev
from liftlock.model.events import LaneResult
from liftlock.model.schedule import component_of as component_named
from liftlock.model.schedule import host_of, lane_of, stage_of
from liftlock.simulate.excuses import answered, waived, wave_of
from liftlock.simulate.promises_hosts import WRITE_STARTS, Key, hops_of
from liftlock.simulate.story import Story


def the_primary_goes_last(story: Story) -> Iterator[str]:
    """Nobody is written to on the way up without a look at its role; whoever was the primary then, after all others.

    A failover after that look is nobody's to see.
    """
    roles, over, excused, hops = dict[Key, str](), ended_at(story), answered(story), hops_of(story)
    for what in story.trace:
        key = (what.component, what.host)
        if what.kind == "role":
            roles[key] = what.what
        if what.kind not in WRITE_STARTS or what.back or key in excused or not story.fleet.roles[what.component]:
            continue
        if not roles.get(key):
            yield f"{what.host} written to at {what.at_s:.1f} without a look at its role"
        elif roles[key] == "primary":
            others = (host for host in story.fleet.roles[what.component] if host != what.host)
            hop = hops.get(what.what, what.component)
            before = [host for host in others if over.get((hop, host), what.at_s) >= what.at_s]
            if before:
                yield f"the primary {what.host} was written to at {what.at_s:.1f} before {before}"


def ended_at(story: Story) -> dict[Key, float]:
    """When each host's lane through its wave was over for the first time, by hop."""
    found: dict[Key, float] = {}
    for at_s, entry in zip(story.times, story.entries, strict=True):
        match entry.event:
            case ev.LaneEnded(lane) | ev.LaneSkipped(lane) if wave_of(lane)[0] == "w":
                found.setdefault((component_named(lane), host_of(lane)), at_s)
    return found


def a_quorum_is_kept(story: Story) -> Iterator[str]:
    """No step takes a member out while another one is out by our act, whatever the components."""
    ours, back, let = dict[str, str](), set[str](), waived(story)
    for entry in story.entries:
        match entry.event:
            case ev.LaneTurned(lane):
                back.add(lane)
            case ev.LaneReopened(lane):
                back.discard(lane)
            case ev.LaneEnded(lane, LaneResult.UPGRADED | LaneResult.RETURNED):
                ours.pop(lane, None)
            case ev.StepStarted(step) if not step.rpartition("/")[2].startswith("c"):
                lane, host = lane_of(step), host_of(lane_of(step))
                begins = host not in ours.values()
                ours[lane] = host
                if not begins or (lane in back and stage_of(lane) in let):
                    continue
                for quorum in (story.schedule.quorums or {}).values():
                    out = {other for other in ours.values() if other != host and other in quorum.members}
                    if host in quorum.members and out:
                        yield f"{step} began with {sorted(out)} of its quorum out"
