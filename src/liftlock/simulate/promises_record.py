"""What a run promises about its record: order, time, windows, pauses, budgets, and one run at a time on a host."""

from collections.abc import Iterator

from liftlock.decide.windows import is_open
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind
from liftlock.model.events import LaneResult
from liftlock.model.fold import advance, fold
from liftlock.model.run import Phase, Run
from liftlock.model.schedule import component_of as component_named
from liftlock.model.schedule import host_of, lane_of, stage_of
from liftlock.simulate.excuses import component_of, waived
from liftlock.simulate.story import Story

EPSILON_S = 0.001
NOTICED_S = 20.0  # a person's pause is read at the next poll, and a look may be under way


def waves_keep_their_order_and_soak(story: Story) -> Iterator[str]:
    """No wave opens, and no lane begins, before what it needs is promoted; none is promoted before it has soaked."""
    promoted: set[str] = set()
    stages, let, soaks = {stage.id: stage for stage in story.schedule.stages}, waived(story), Soaks()
    for at_s, entry in zip(story.times, story.entries, strict=True):
        soaks.take(at_s, entry.event)
        match entry.event:
            case ev.StagePromoted(stage):
                promoted.add(stage)
                wanted_s = story.schedule.policies[component_named(stage)].soak_s if stages[stage].soaks else 0.0
                if stage not in let and soaks.shortest_s(at_s, stage) < wanted_s - EPSILON_S:
                    yield f"{stage} soaked {soaks.shortest_s(at_s, stage):.1f} s of {wanted_s:.1f}"
            case ev.StageOpened(stage):
                missing = set(stages[stage].needs) - promoted
                if missing:
                    yield f"{stage} opened before {sorted(missing)}"


class Soaks:
    """How long each stage has soaked: since its last host was upgraded, and as far as it was looked at.

    A look covers no time in which nobody drove the run, nor a pause once the controller has noticed it.
    """

    def __init__(self) -> None:
        self.ended_s: dict[str, float] = {}
        self.observed_s: dict[str, float] = {}
        self.looked_s: dict[str, tuple[float, float]] = {}  # when, and how long the run had been paused until then
        self.paused_at_s: float | None = None
        self.paused_s = 0.0

    def take(self, at_s: float, event: ev.Event) -> None:
        match event:
            case ev.LaneEnded(lane, LaneResult.UPGRADED):
                self.ended_s[stage_of(lane)] = at_s
                self.observed_s[stage_of(lane)] = 0.0
            case ev.ControllerTookOver():
                self.looked_s = {}
            case ev.RunPaused() if self.paused_at_s is None:
                self.paused_at_s = at_s
            case ev.RunResumed() | ev.RollbackBegan():
                self.paused_s, self.paused_at_s = self.paused_until(at_s), None
            case ev.StageObserved(stage, covers_s):
                self.observed_s[stage] = self.observed_s.get(stage, 0.0) + min(covers_s, self.covered_s(at_s, stage))
                self.looked_s[stage] = at_s, self.paused_until(at_s)

    def covered_s(self, at_s: float, stage: str) -> float:
        before_s, paused_s = self.looked_s.get(stage, (at_s, self.paused_until(at_s)))
        passed_s, stood_s = at_s - before_s, self.paused_until(at_s) - paused_s
        return passed_s if not stood_s else min(passed_s, max(passed_s - stood_s, NOTICED_S))

    def paused_until(self, at_s: float) -> float:
        return self.paused_s + (0.0 if self.paused_at_s is None else at_s - self.paused_at_s)

    def shortest_s(self, at_s: float, stage: str) -> float:
        return min(at_s - self.ended_s.get(stage, at_s), self.observed_s.get(stage, 0.0))


# --- what begins --------------------------------------------------------------------------------------------


def nothing_begins_outside_a_window(story: Story) -> Iterator[str]:
    for entry, what, _ in begun(story):
        if not is_open(story.schedule.windows, story.schedule.freezes, entry.at):
            yield f"{what} began at {entry.at}"


def paused_means_that_nothing_new_begins(story: Story) -> Iterator[str]:
    """Nor while the run is aborted or rolls back; while it is held, or a part rolls back, only what a person asked for
    again."""
    for _, what, run in begun(story):
        standstill = (run.rollback is not None or bool(run.holds)) and what not in run.lanes
        whole = run.rollback is not None and run.rollback.scope == "all"
        if run.paused is not None or run.aborted is not None or whole or standstill:
            yield f"{what} began while it should not"


def at_once_means_that_no_step_begins(story: Story) -> Iterator[str]:
    at_once = False
    for entry in story.entries:
        match entry.event:
            case ev.RunPaused(at_once=now):
                at_once = now
            case ev.RunResumed() | ev.RollbackBegan():
                at_once = False
            case ev.StepStarted(step) if at_once:
                yield f"{step} started"


def the_budget_is_kept(story: Story) -> Iterator[str]:
    """No lane begins once more hosts have failed than the plan tolerates, unless a person let it; no step is tried more
    often than the plan says."""
    for _, lane, run in begun(story):
        stage = run.stages.get(stage_of(lane))
        policy = story.schedule.policies[component_of(lane)]
        if stage is None or stage.waived:
            continue
        if failures(run, component_of(lane)) > policy.failures_max or failures(run, stage_of(lane)) > (
            policy.wave_failures_max
        ):
            yield f"{lane} began over the budget"
    yield from tried_too_often(story)


def failures(run: Run, name: str) -> int:
    """Hosts that failed, of a component or of a stage: turned back by themselves, or left as they are."""
    return sum(lane.failed for lane_id, lane in run.lanes.items() if lane_id.startswith(f"{name}/"))


def tried_too_often(story: Story) -> Iterator[str]:
    tries: dict[str, int] = {}
    for entry in story.entries:
        match entry.event:
            case ev.StepStarted(step):
                tries[step] = tries.get(step, 0) + 1
                if tries[step] > story.schedule.policies[component_of(step)].attempts_max:
                    yield f"{step} was tried {tries[step]} times"
            case ev.StepNotStarted(step, failure=failure) if failure.kind is FailureKind.INTERRUPTED:
                tries[step] -= 1  # our own absence
            case ev.HoldSettled(step):
                tries.pop(step, None)
            case ev.LaneReopened(lane) | ev.LaneTurned(lane):
                tries = {step: count for step, count in tries.items() if lane_of(step) != lane}
            case ev.StageConfirming(stage):
                tries = {step: count for step, count in tries.items() if stage_of(lane_of(step)) != stage}


def begun(story: Story) -> Iterator[tuple[ev.Entry, str, Run]]:
    """Each stage that opens, and each lane's first step, also when it is tried again: with the fold just before."""
    run = Run()
    for entry in story.entries:
        match entry.event:
            case ev.StageOpened(stage):
                yield entry, stage, run
            case ev.StepStarted(step) if begins(run, lane_of(step)):
                yield entry, lane_of(step), run
        advance(run, entry)


def begins(run: Run, lane_id: str) -> bool:
    """A lane has its host from its first step to its end."""
    lane = run.lanes.get(lane_id)
    return lane is None or (lane.phase is Phase.UP and run.busy.get(lane.host) != lane_id)


# --- one at a time ------------------------------------------------------------------------------------------


def one_lane_at_a_time_on_a_host(story: Story) -> Iterator[str]:
    """From its first step to its end a lane has its host for itself; looks after the soak are made one at a time."""
    flying: dict[str, str] = {}
    owner: dict[str, str] = {}
    for entry in story.entries:
        match entry.event:
            case ev.StepStarted(step):
                lane, host = lane_of(step), host_of(lane_of(step))
                if host in flying:
                    yield f"{step} while {flying[host]}"
                if owner.setdefault(host, lane) != lane:
                    yield f"{step} while {owner[host]} has {host}"
                flying[host] = step
            case ev.StepSucceeded(step) | ev.StepFailed(step) | ev.StepNotStarted(step) | ev.StepLost(step):
                flying.pop(host_of(lane_of(step)), None)
            case ev.LaneEnded(lane) | ev.LaneConfirmed(lane) if owner.get(host_of(lane)) == lane:
                del owner[host_of(lane)]


def two_runs_never_share_a_host(story: Story) -> Iterator[str]:
    """No other run that wants one of its hosts is let in from this one's opening to its end."""
    closed = (at for at, entry in zip(story.times, story.entries, strict=True) if isinstance(entry.event, ev.RunClosed))
    ends_s = next(closed, float("inf"))
    for at_s, stream in story.neighbours:
        if at_s < ends_s:
            yield f"{stream} was let in at {at_s:.1f}, before {ends_s:.1f}"


# --- the record itself --------------------------------------------------------------------------------------


def the_record_is_legal_and_is_the_state(story: Story) -> Iterator[str]:
    """Every event is legal (folding raises if not), and the controller's own fold equals the fold of the journal."""
    if story.driven is not None and fold(story.entries[: story.driven.size]) != story.driven:
        yield "the cache is not the fold"


def the_run_ends_or_holds_with_a_reason(story: Story) -> Iterator[str]:
    run = story.run
    reasons = [run.closed_because, run.paused, run.aborted, *run.holds.values()]
    if not any(reason.code for reason in reasons if reason is not None):
        yield "neither closed nor held"
    if run.result is not None and run.flying:
        yield f"closed while {sorted(run.flying)} ran"
