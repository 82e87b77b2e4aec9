"""When a component's canaries are looked at, and what the last look says of a wave.

Before its first stage all its hosts are watched until a baseline is frozen: nothing is touched without one. Then looks
are made while a wave with upgraded hosts is open, the last wave's for as long as the plan watches it.
"""

from datetime import datetime

from msgspec import UNSET

from liftlock.decide.expand import Layout
from liftlock.decide.turn import Turn, later
from liftlock.model import events as ev
from liftlock.model.canary import Verdict
from liftlock.model.decisions import Compare, Record
from liftlock.model.reasons import Reason, because
from liftlock.model.run import CanaryView, Run, StageView
from liftlock.model.schedule import Policy, Schedule, Stage, Watching

STALE_LOOKS = 3


def watching_of(schedule: Schedule, component: str) -> Watching | None:
    return None if schedule.canaries is UNSET else schedule.canaries.get(component)


def waves_of(layout: Layout, component: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The component's waves in order, with those of their hosts that are read."""
    watching = watching_of(layout.schedule, component)
    sample = set(watching.sample) if watching is not None else set()
    return tuple(
        (stage.id, tuple(host for host in stage.hosts if not sample or host in sample))
        for stage in layout.schedule.stages
        if stage.component == component and stage.soaks
    )


def is_last(layout: Layout, stage: Stage) -> bool:
    waves = (other for other in reversed(layout.schedule.stages) if other.component == stage.component and other.soaks)
    return next(waves, stage).id == stage.id


# --- before ------------------------------------------------------------------------------------------------


def lacks_baseline(layout: Layout, run: Run, stage: Stage) -> bool:
    if watching_of(layout.schedule, stage.component) is None:
        return False
    view = run.canaries.get(stage.component)
    return view is None or view.baseline is None


def watch_before(turn: Turn, layout: Layout, run: Run, stage: Stage, begins: datetime) -> None:
    """Look, so that the baseline is there when the window opens; a source that gives none is a person's matter."""
    watching = watching_of(layout.schedule, stage.component)
    assert watching is not None
    view = run.canaries.get(stage.component, CanaryView())
    if view.look is not None and view.look.verdict is Verdict.NODATA:
        turn.decisions.append(Record(ev.HoldRaised(stage.id, view.look.because)))
        return
    ready_from = later(begins, -(watching.before_s + watching.every_s))
    if turn.now < ready_from:
        turn.wait(ready_from, because("window-closed", opens=begins.isoformat(timespec="minutes")))
    else:
        compare(turn, watching, view, stage, because("canary-watching-before", component=stage.component))


# --- while a wave is open ----------------------------------------------------------------------------------


def watch(turn: Turn, layout: Layout, run: Run, stage: Stage, view: StageView) -> None:
    watching = watching_of(layout.schedule, stage.component)
    if watching is not None and stage.soaks and view.upgraded:
        canary = run.canaries.get(stage.component, CanaryView())
        compare(turn, watching, canary, stage, because("soaking", stage=stage.id, left_s=0))


def compare(turn: Turn, watching: Watching, view: CanaryView, stage: Stage, why: Reason) -> None:
    due = turn.now if view.looked_at is None else later(view.looked_at, watching.every_s)
    if due <= turn.now:
        turn.decisions.append(Compare(stage.component, stage.id))
    else:
        turn.wait(due, why)


def judged(layout: Layout, run: Run, stage: Stage, now: datetime | None = None) -> tuple[Verdict, Reason] | None:
    """What the canary says of the wave; None if the plan has none for it. With `now`, a look of long ago, or from
    before the wave's last host came, says nothing of how they are."""
    watching = watching_of(layout.schedule, stage.component)
    if watching is None or not stage.soaks:
        return None
    view = run.canaries.get(stage.component)
    if view is None or view.look is None or view.look.stage != stage.id or view.looked_at is None:
        return Verdict.INCONCLUSIVE, because("canary-not-looked", stage=stage.id)
    if now is not None and is_stale(view.looked_at, watching, run.stages[stage.id], now):
        return Verdict.INCONCLUSIVE, because("canary-not-looked", stage=stage.id)
    return view.look.verdict, view.look.because


def is_stale(looked_at: datetime, watching: Watching, stage: StageView, now: datetime) -> bool:
    return now > later(looked_at, STALE_LOOKS * watching.every_s) or (
        stage.upgraded_at is not None and looked_at <= stage.upgraded_at
    )


def soak_s(layout: Layout, stage: Stage, policy: Policy) -> float:
    """How long the wave must be seen healthy: the last one also for as long as it is watched."""
    watching = watching_of(layout.schedule, stage.component)
    return max(policy.soak_s, watching.watch_s) if watching is not None and is_last(layout, stage) else policy.soak_s
