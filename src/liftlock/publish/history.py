"""What happened in a run, gathered in one pass over its entries: the report's figures."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from msgspec import Struct, field, json

from liftlock.model import events as ev
from liftlock.model.actions import Evidence
from liftlock.model.events import Entry, LaneResult
from liftlock.model.schedule import host_of, lane_of, stage_of
from liftlock.publish.happenings import subject_of
from liftlock.publish.words import Words


class LaneHistory(Struct):
    lane: str
    begun_at: datetime
    ended_at: datetime | None = None
    result: LaneResult | None = None
    because: str = ""
    done: int = 0
    retries: int = 0
    failures: int = 0
    seen: dict[str, str] = field(default_factory=dict)  # the facts that were read last, by name


class Anomaly(Struct):
    """Something out of the ordinary, and what came of it."""

    at: datetime
    seq: int
    kind: str
    subject: str
    what: str
    settled: str = ""


class GateHistory(Struct):
    """A check's looks at one stage."""

    stage: str
    check: str
    looks: int = 0
    with_data: int = 0
    fails: int = 0
    lowest: float | None = None
    highest: float | None = None
    last: float | None = None


class Proof(Struct, frozen=True):
    """Evidence that is in the journal."""

    seq: int
    at: datetime
    step: str
    evidence: Evidence


class History(Struct):
    lanes: dict[str, LaneHistory] = field(default_factory=dict)
    anomalies: list[Anomaly] = field(default_factory=list)
    gates: dict[tuple[str, str], GateHistory] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    stages: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)  # opened, promoted
    open: dict[str, list[Anomaly]] = field(default_factory=dict)  # by lane or subject, until settled
    controller: str = ""  # who drives
    takeovers: int = 0


ANOMALIES = (
    ev.StepFailed,
    ev.StepNotStarted,
    ev.StepLost,
    ev.StepSkipped,
    ev.LaneTurned,
    ev.LaneSkipped,
    ev.LaneReopened,
    ev.HoldRaised,
    ev.RollbackBegan,
    ev.RunAborted,
    ev.RunAmended,
    ev.ControllerTookOver,
)


def gather(entries: Iterable[Entry], words: Words) -> History:
    history = History()
    for entry in entries:
        settle(history, entry, words)
        if isinstance(entry.event, ANOMALIES) and not comes_to_begin(history, entry.event):
            note(history, entry, words)
        count(history, entry)
    return history


def comes_to_begin(history: History, event: ev.Event) -> bool:
    """The controller that opened a run takes its epoch at once: nothing was taken over from anybody."""
    return isinstance(event, ev.ControllerTookOver) and event.controller == history.controller


def evidence_digest(evidence: Evidence) -> str:
    """SHA-256, in hex, of the evidence's canonical JSON."""
    return sha256(json.encode(evidence, order="deterministic")).hexdigest()


# --- anomalies ------------------------------------------------------------------------------------------


def note(history: History, entry: Entry, words: Words) -> None:
    kind, subject = type(entry.event).__name__, subject_of(entry.event)
    anomaly = Anomaly(entry.at, entry.seq, kind, subject, words.event(entry))
    history.anomalies.append(anomaly)
    if not isinstance(entry.event, ev.StepSkipped | ev.LaneSkipped | ev.RunAmended | ev.ControllerTookOver):
        history.open.setdefault(lane_or(subject), []).append(anomaly)


def settle(history: History, entry: Entry, words: Words) -> None:
    """What an event says about anomalies before it."""
    match entry.event:
        case ev.StepSucceeded(step=step, attempt=attempt):
            if lane_or(step) in history.open:
                close(history, step, words.say("ui.settled.attempt", attempt=attempt))
        case ev.StepSkipped() | ev.HoldSettled():
            close(history, subject_of(entry.event), words.event(entry))
        case ev.LaneTurned() | ev.LaneReopened() | ev.LaneEnded() | ev.LaneConfirmed():
            if entry.event.lane in history.open:
                close_all(history, entry.event.lane, words.event(entry))
        case ev.RollbackBegan(scope="all"):
            for place in [each for each in history.open if each]:
                close_all(history, place, words.event(entry))
        case ev.RunResumed() | ev.RunClosed() | ev.HoldRaised(subject="run"):
            close_all(history, "", words.event(entry))


def lane_or(subject: str) -> str:
    """A step's lane; anything else as it is."""
    return lane_of(subject) if subject.count("/") == 4 else subject


def close(history: History, subject: str, how: str) -> None:
    """What happened to one step, stage or the run is settled; what else happened in its lane stays open."""
    place = lane_or(subject)
    still = []
    for anomaly in history.open.pop(place, []):
        if anomaly.subject == subject:
            anomaly.settled = how
        else:
            still.append(anomaly)
    if still:
        history.open[place] = still


def close_all(history: History, place: str, how: str) -> None:
    for anomaly in history.open.pop(place, []):
        anomaly.settled = how


# --- figures --------------------------------------------------------------------------------------------


def count(history: History, entry: Entry) -> None:
    event = entry.event
    match event:
        case ev.RunOpened(controller=controller):
            history.controller = controller
        case ev.ControllerTookOver(controller=controller):
            history.takeovers += controller != history.controller
            history.controller = controller
        case ev.StageOpened(stage=stage):
            history.stages[stage] = (entry.at, None)
        case ev.StagePromoted(stage=stage) if stage in history.stages:
            history.stages[stage] = (history.stages[stage][0], entry.at)
        case ev.StageObserved(stage=stage, samples=samples):
            for sample in samples:
                look(history.gates.setdefault((stage, sample.check), GateHistory(stage, sample.check)), sample)
        case ev.StepStarted() | ev.StepSucceeded() | ev.StepFailed() | ev.StepNotStarted():
            count_step(history, entry, event)
        case ev.LaneEnded(lane=lane, result=result):
            view = lane_at(history, lane, entry.at)
            view.ended_at, view.result = entry.at, result
        case ev.LaneSkipped(lane=lane):
            view = lane_at(history, lane, entry.at)
            view.ended_at, view.result = entry.at, LaneResult.SKIPPED
        case ev.LaneReopened(lane=lane):
            view = lane_at(history, lane, entry.at)
            view.ended_at, view.result = None, None


def lane_at(history: History, lane: str, at: datetime) -> LaneHistory:
    return history.lanes.setdefault(lane, LaneHistory(lane, at))


def count_step(
    history: History, entry: Entry, event: ev.StepStarted | ev.StepSucceeded | ev.StepFailed | ev.StepNotStarted
) -> None:
    lane = lane_at(history, lane_of(event.step), entry.at)
    match event:
        case ev.StepStarted(attempt=attempt):
            lane.retries += attempt > 1
        case ev.StepSucceeded(step=step, evidence=evidence):
            lane.done += 1
            lane.seen |= {name: str(value) for name, value in evidence.facts.items()} | version_in(evidence)
            history.proofs.append(Proof(entry.seq, entry.at, step, evidence))
        case _:
            lane.failures += 1


def version_in(evidence: Evidence) -> dict[str, str]:
    """The version that a `verify` read out of a document, at a path that ends with `version`."""
    read = evidence.facts.get("read")
    paths = read if isinstance(read, Mapping) else {}
    return next(({"version": str(paths[path])} for path in paths if str(path).rpartition(".")[2] == "version"), {})


def look(gate: GateHistory, sample: ev.Sample) -> None:
    gate.looks += 1
    gate.fails += sample.fails
    if sample.value is not None:
        gate.with_data += 1
        gate.last = sample.value
        gate.lowest = sample.value if gate.lowest is None else min(gate.lowest, sample.value)
        gate.highest = sample.value if gate.highest is None else max(gate.highest, sample.value)


def by_stage(history: History) -> dict[str, list[LaneHistory]]:
    found: dict[str, list[LaneHistory]] = {}
    for lane in history.lanes.values():
        found.setdefault(stage_of(lane.lane), []).append(lane)
    return found


def host_of_lane(lane: LaneHistory) -> str:
    return host_of(lane.lane)
