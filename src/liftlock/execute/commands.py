"""What people tell a run: pause, resume, abort, roll back, retry, skip, settle, confirm, amend.

Each is an event with the person's name, appended to the stream by whoever is at hand; the epoch rises, so that the
controller's next intent is refused until it has read the command. No claim is needed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import json

from liftlock.decide.expand import Layout, expand, lay_out
from liftlock.decide.rollback import built_on, started_on
from liftlock.decide.way_back import no_return
from liftlock.execute.opening import NOTHING, Refused
from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.errors import StaleError
from liftlock.model.events import LaneResult
from liftlock.model.fold import advance, fold
from liftlock.model.ports import Store
from liftlock.model.reasons import Reason, because
from liftlock.model.run import IllegalEvent, Run, StepState
from liftlock.model.schedule import Schedule, host_of, lane_of, stage_of

Entries = tuple[ev.Entry, ...]
TRIES = 20  # a busy controller writes between our reading and our writing


async def pause(store: Store, stream: str, now: datetime, by: str, because: str = "", at_once: bool = False) -> Entries:
    """Nothing new begins; begun hosts finish to readmission. `at_once`: steps in flight end, then everything stops."""
    return await tell(store, stream, now, lambda run: [ev.RunPaused(by, because, at_once)])


async def resume(store: Store, stream: str, now: datetime, by: str, because: str = "") -> Entries:
    return await tell(store, stream, now, lambda run: [ev.RunResumed(by, because)])


async def abort(store: Store, stream: str, now: datetime, by: str, because: str = "") -> Entries:
    """Like a pause, then hold: a person rolls back, resumes, or settles `run` as done."""
    return await tell(store, stream, now, lambda run: [ev.RunAborted(by, because)])


async def rollback(
    store: Store, stream: str, now: datetime, by: str, why: str = "", scope: ev.Scope = "all", names: Sequence[str] = ()
) -> Entries:
    """Roll everything, stages or hosts back. Refused where a lane is past its point of no return, or would go back
    from under what was built on it."""
    layout = await layout_of(store, stream)

    def events(run: Run) -> list[ev.RunEvents]:
        if run.rollback is not None and (run.to_turn or run.returning):
            raise Refused(because("rolls-back-already"))
        lanes = [lane for lane in run.lanes if in_scope(lane, scope, names)]
        if not lanes:
            raise Refused(because("nothing-to-roll-back", names=", ".join(names)))
        if blocker := next(filter(None, (final_of(layout, run, lane) for lane in lanes)), None):
            raise Refused(because("cannot-roll-back", lane=blocker[0], why=blocker[1]))
        if scope != "all" and (above := built_on(layout, run, frozenset(lanes))):
            raise Refused(because("built-upon", subject=", ".join(names), above=above))
        return [ev.RollbackBegan(scope, because("asked", by=by, why=why), tuple(names), by)]

    return await tell(store, stream, now, events)


def in_scope(lane: str, scope: ev.Scope, names: Sequence[str]) -> bool:
    return scope == "all" or (stage_of(lane) if scope == "stage" else host_of(lane)) in names


def final_of(layout: Layout, run: Run, lane_id: str) -> tuple[str, str] | None:
    lane = run.lanes[lane_id]
    policy = layout.schedule.policies[layout.stages[lane.stage].component]
    why = no_return(layout.ways_of(lane.stage), policy, lane)
    return (lane_id, why) if why else None


async def retry(store: Store, stream: str, now: datetime, by: str, names: Sequence[str] = (), why: str = "") -> Entries:
    """Another try for lanes that failed, returned or were skipped: of the named hosts, lanes or stages, or all.

    Refused in a planned outage once something was started on the tier: it would be written to while that is at work.
    """
    layout = await layout_of(store, stream)

    def events(run: Run) -> list[ev.RunEvents]:
        if run.rollback is not None and (run.to_turn or run.returning):
            raise Refused(because("rolls-back-already"))
        lanes = [lane for lane, view in run.lanes.items() if view.result in REOPENED and matches(lane, names)]
        if not lanes:
            raise Refused(because("nothing-to-retry", names=", ".join(names)))
        for lane in lanes:
            if above := used_by(layout, run, lane):
                raise Refused(because("outage-is-over", lane=lane, above=above))
        return [ev.LaneReopened(lane, by, why) for lane in lanes]

    return await tell(store, stream, now, events)


def used_by(layout: Layout, run: Run, lane: str) -> str:
    """What was started on this lane's tier, if the tier goes out as a whole: it must not be touched under that."""
    stage = layout.stages[stage_of(lane)]
    return started_on(layout, run, stage.id) if layout.schedule.policies[stage.component].outage else ""


REOPENED = (LaneResult.FAILED, LaneResult.RETURNED, LaneResult.SKIPPED)


def matches(lane: str, names: Iterable[str]) -> bool:
    return not names or any(name in (lane, stage_of(lane), host_of(lane)) for name in names)


async def skip(store: Store, stream: str, now: datetime, by: str, subject: str, why: str) -> Entries:
    """Leave out a step, or a host's whole lane before it began. A reason is required: it goes on record."""
    require_reason(why)
    layout = await layout_of(store, stream)

    def events(run: Run) -> list[ev.RunEvents]:
        stage = layout.stages.get(stage_of(subject))
        if stage is not None and host_of(subject) in stage.hosts:
            return [ev.LaneSkipped(subject, by, why)]
        if stage_of(subject) not in run.lanes:
            raise Refused(because("unknown-subject", subject=subject))
        if run.step(subject).state is StepState.RUNNING:
            raise Refused(because("step-is-running", step=subject))
        return [ev.StepSkipped(subject, by, why)]

    return await tell(store, stream, now, events)


async def settle(
    store: Store, stream: str, now: datetime, by: str, subject: str, answer: ev.Answer, why: str
) -> Entries:
    """Answer a hold, with a reason."""
    require_reason(why)

    def events(run: Run) -> list[ev.RunEvents]:
        if subject not in run.holds:
            held = ", ".join(run.holds) or "-"
            raise Refused(because("not-held", subject=subject, held=held))
        return [ev.HoldSettled(subject, answer, by, why)]

    return await tell(store, stream, now, events)


async def confirm(store: Store, stream: str, now: datetime, by: str, step: str, note: str = "") -> Entries:
    """A person has done a manual step, or looked at another's work (双人复核)."""
    layout = await layout_of(store, stream)

    def events(run: Run) -> list[ev.RunEvents]:
        if step not in run.flying or not is_manual(layout, step):
            raise Refused(because("not-waiting-for-a-person", step=step))
        if by in run.confirmations.get(step, ()):
            raise Refused(because("confirmed-already", step=step, by=by))
        return [ev.ManualConfirmed(step, by, note)]

    return await tell(store, stream, now, events)


def is_manual(layout: Layout, step_id: str) -> bool:
    stage = layout.stages.get(stage_of(lane_of(step_id)))
    return stage is not None and expand(layout, step_id).action.kind is Kind.MANUAL


async def amend(
    store: Store,
    stream: str,
    now: datetime,
    by: str,
    schedule: Schedule,
    why: str,
    approvals: Sequence[ev.Approved] = (),
    since: Mapping[str, datetime] = NOTHING,
) -> Entries:
    """A new schedule adopts what was done; lanes of hosts that it leaves out are dropped. The caller has compared
    the two schedules and collected the approvals that the difference wants."""
    require_reason(why)
    digest = await store.put(json.encode(schedule, order="deterministic"))
    layout = lay_out(schedule)

    def events(run: Run) -> list[ev.RunEvents]:
        dropped = tuple(lane for lane in run.lanes if not is_in(layout, lane))
        return [ev.RunAmended(digest, by, why, dropped, tuple(approvals), dict(since))]

    return await tell(store, stream, now, events)


def is_in(layout: Layout, lane: str) -> bool:
    stage = layout.stages.get(stage_of(lane))
    return stage is not None and host_of(lane) in stage.hosts


def require_reason(why: str) -> None:
    if not why.strip():
        raise Refused(because("reason-required"))


async def layout_of(store: Store, stream: str) -> Layout:
    run = fold(await store.entries(stream))
    if not run.size:
        raise Refused(because("no-such-run", run=stream))
    return lay_out(json.decode(await store.get(run.schedule), type=Schedule))


async def tell(store: Store, stream: str, now: datetime, make: Callable[[Run], Sequence[ev.RunEvents]]) -> Entries:
    """Append a person's command to the run as it is now; if somebody wrote in between, look at it again."""
    run = fold(await store.entries(stream))
    for _ in range(TRIES):
        if not run.size:
            raise Refused(because("no-such-run", run=stream))
        if run.result is not None:
            raise Refused(because("run-is-closed", run=stream, result=run.result.value))
        events, size = make(run), run.size
        refuse_illegal(run, now, events)
        try:
            return await store.append(stream, events, now, size=size, raise_epoch=True)
        except StaleError:
            run = fold(await store.entries(stream))
    raise Refused(Reason("stream-too-busy", {"run": stream}))


def refuse_illegal(run: Run, now: datetime, events: Sequence[ev.RunEvents]) -> None:
    """Try the events on the fold, which is the caller's to spoil: an impossible command never reaches the journal."""
    try:
        for event in events:
            advance(run, ev.Entry(run.size, now, run.epoch + 1, event))
    except IllegalEvent as error:
        raise Refused(because("not-possible-now", why=str(error))) from None
