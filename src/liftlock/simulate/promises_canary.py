"""What a run promises about its canaries: a baseline before anything is touched, promotion on a pass, counts once."""

from collections.abc import Iterator

from liftlock.decide.watching import watching_of
from liftlock.model import events as ev
from liftlock.model.canary import Counts, Verdict
from liftlock.model.schedule import component_of as component_named
from liftlock.model.schedule import lane_of, name_of
from liftlock.simulate.excuses import waived
from liftlock.simulate.story import Story


def nothing_is_touched_without_a_baseline(story: Story) -> Iterator[str]:
    known: set[str] = set()
    for entry in story.entries:
        match entry.event:
            case ev.CanaryLooked(component, baseline=baseline) if baseline is not None:
                known.add(component)
            case ev.StepStarted(step):
                component = component_named(step)
                if watching_of(story.schedule, component) is not None and component not in known:
                    yield f"{step} began before the baseline of {component} was known"


def a_wave_is_promoted_on_a_pass(story: Story) -> Iterator[str]:
    """The last look before a wave's promotion is its own, and has passed; unless a person answered for it."""
    last: dict[str, ev.CanaryLooked] = {}
    stages, let = {stage.id: stage for stage in story.schedule.stages}, waived(story)
    for entry in story.entries:
        match entry.event:
            case ev.CanaryLooked(component):
                last[component] = entry.event
            case ev.StagePromoted(name) if name not in let and stages[name].soaks:
                component = stages[name].component
                if watching_of(story.schedule, component) is None:
                    continue
                look = last[component].look if component in last else None
                if look is None or look.stage != name or look.verdict is not Verdict.PASS:
                    yield f"{name} was promoted, and the last look said {look.verdict if look else None}"


def every_request_counts_at_most_once(story: Story) -> Iterator[str]:
    """What the looks counted is no more than the hosts served: no interval is taken in twice."""
    for hop, view in story.run.canaries.items():
        component = name_of(hop)
        services = (host.services[component] for host in story.fleet.hosts.values() if component in host.services)
        served = sum(service.served_ever for service in services)
        for name, kept in view.state.metrics.items():
            arms: tuple[Counts, ...] = kept.rate.seen if kept.rate is not None else ()
            arms = arms[:1] if view.state.reference == "past" else arms  # there the other arm is what was expected
            counted = sum(arm.of for arm in arms)
            if counted > served:
                yield f"{component} {name}: {counted:.0f} requests counted of {served} served"


def nothing_begins_after_canaries_failed(story: Story) -> Iterator[str]:
    """Once a look has failed, no further lane of the component begins, unless a person answered for it."""
    failed: set[str] = set()
    begun: set[str] = set()
    for entry in story.entries:
        match entry.event:
            case ev.CanaryLooked(component, look) if look.stage and look.verdict is Verdict.FAIL:
                failed.add(component)
            case ev.HoldSettled() | ev.LaneReopened() | ev.RunResumed() | ev.RunAmended():
                failed.clear()
            case ev.StepStarted(step):
                lane = lane_of(step)
                if lane not in begun and component_named(step) in failed:
                    yield f"{lane} began after its component's canaries had failed"
                begun.add(lane)
