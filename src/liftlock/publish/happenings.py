"""What an event holds, as fields for its sentence."""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from msgspec import Struct, json

from liftlock.model import events as ev
from liftlock.model.actions import Evidence, Failure
from liftlock.model.canary import CanaryLook, Verdict
from liftlock.model.events import Approved, Event, Sample
from liftlock.model.reasons import Reason
from liftlock.model.schedule import host_of, lane_of, stage_of
from liftlock.publish.looks import standing
from liftlock.publish.plain import lines_of

SAID_MAX = 160  # characters; the report and `log --json` have all that was kept
FACT = re.compile(r"@\w+=")


class Wording(Protocol):
    """What is asked of the catalogue here."""

    def say(self, code: str, /, **fields: object) -> str: ...

    def reason(self, reason: Reason) -> str: ...

    def failure(self, failure: Failure) -> str: ...

    def term(self, value: Enum) -> str: ...

    def word(self, family: str, value: str) -> str: ...

    def number(self, value: float | None) -> str: ...

    def join(self, parts: Iterable[str]) -> str: ...


def fields_of(event: Event, words: Wording) -> dict[str, object]:
    """An event's own fields, worded, and what follows from them: host, stage and name of a step, `why`, `names`."""
    fields: dict[str, object] = {}
    for name in event.__struct_fields__:
        fields |= worded(name, getattr(event, name), words)
    if isinstance(event, ev.RollbackBegan):
        names = words.join(event.names) if event.scope != "all" else ""
        fields["target"] = names or words.word("Scope", event.scope)
        said = not event.by or event.because.code == "asked"  # that reason names the person itself
        fields["asked"] = "" if said else words.say("ui.asked", by=event.by)
    return fields | where(event)


def last_words(output: str) -> str:
    """The last line that a host printed before a step failed there: most often it says why. Empty if there is none, or
    if what came last are facts (`@name=value`), which are no words for people."""
    last = next((line.strip() for line in reversed(lines_of(output)) if line.strip()), "")
    if FACT.match(last):
        return ""
    return last if len(last) <= SAID_MAX else f"{last[:SAID_MAX]}…"


def worded(name: str, value: object, words: Wording) -> dict[str, object]:
    match value:
        case Reason():
            text = words.reason(value)
            return {name: text, "why": words.say("ui.why", text=text)}
        case Failure():
            said = last_words(value.output)
            told = words.say("ui.host_said", said=said) if said else ""
            return {name: words.failure(value), "kind": words.term(value.kind), "said": told}
        case Approved():
            return {"by": value.by, "role": value.role, "digest": short(value.digest), "signed": signed(value, words)}
        case CanaryLook():
            verdict, why = words.term(value.verdict), words.reason(value.because)
            told = words.say("ui.canary_look", number=value.number, verdict=verdict, why=why)
            return {name: told if value.verdict is Verdict.FAIL or not value.stage else standing(value, words)}
        case Evidence():
            return {"facts": facts(value)}
        case Enum():
            return {name: words.term(value)}
        case tuple():
            return {name: listed(value, words), f"{name}_count": len(value)}
        case dict():
            return {name: words.join(f"{key}={part}" for key, part in value.items())}
        case None:
            return {name: "", "why": ""}
    if name == "because":
        return {name: value, "why": words.say("ui.why", text=str(value)) if value else ""}
    if name == "note":
        return {name: words.say("ui.why", text=str(value)) if value else ""}
    if name in ("answer", "scope", "readiness"):
        return {name: words.word(name.capitalize(), str(value))}
    if name in ("schedule", "plan", "inventory"):
        return {name: short(str(value))}
    return {name: value}


def listed(values: tuple[object, ...], words: Wording) -> str:
    return words.join(sample(each, words) if isinstance(each, Sample) else name_of(each) for each in values)


def name_of(value: object) -> str:
    return value.by if isinstance(value, Approved) else str(value)


def sample(sample: Sample, words: Wording) -> str:
    shown = f"{sample.check} = {words.number(sample.value)}"
    return words.say("ui.sample_fails", sample=shown) if sample.fails else shown


def signed(approved: Approved, words: Wording) -> str:
    return words.say("ui.signed" if approved.signature else "ui.unsigned")


def facts(evidence: Evidence) -> str:
    return ", ".join(f"{name}={fact(value)}" for name, value in evidence.facts.items() if name not in ("boot",))


def fact(value: object) -> str:
    """As it was read: a document as JSON, a text as it is."""
    return value if isinstance(value, str) else json.encode(value).decode()


def short(digest: str) -> str:
    """Enough of a digest for a line; documents print it whole."""
    return digest[:12]


def subject_of(event: Struct) -> str:
    """The step, lane or stage that an event is about; empty for the run itself."""
    for name in ("step", "lane", "subject", "stage"):
        if isinstance(value := getattr(event, name, None), str):
            return "" if value == "run" else value
    return ""


def where(event: Struct) -> dict[str, object]:
    """Stage, host and step name, by the number of parts of the subject's id."""
    subject = subject_of(event)
    match subject.count("/"):
        case 4:
            lane = lane_of(subject)
            return {"stage": stage_of(lane), "host": host_of(lane), "name": subject.rpartition("/")[2]}
        case 3:
            return {"stage": stage_of(subject), "host": host_of(subject)}
        case 2:
            return {"stage": subject}
    return {}


class Weight(Enum):
    """How much an event asks of a reader."""

    PROBLEM = "problem"
    MILESTONE = "milestone"
    DETAIL = "detail"


DETAILS = (ev.StepStarted, ev.StepSucceeded, ev.StageObserved, ev.CanaryLooked, ev.LaneConfirmed, ev.StageConfirming)
PROBLEMS = (
    ev.StepFailed,
    ev.StepNotStarted,
    ev.StepLost,
    ev.LaneTurned,
    ev.RollbackBegan,
    ev.HoldRaised,
    ev.RunAborted,
)


def weight(event: Event) -> Weight:
    """What went wrong, what moved the run on, and the rest."""
    match event:
        case ev.StageObserved(samples=samples) if any(s.fails or s.value is None for s in samples):
            return Weight.PROBLEM
        case ev.LaneEnded(result=result) if result in (ev.LaneResult.FAILED, ev.LaneResult.RETURNED):
            return Weight.PROBLEM
        case ev.CanaryLooked(look=look) if look.verdict is Verdict.FAIL:
            return Weight.PROBLEM
        case ev.RunClosed(result=result) if result is not ev.RunResult.UPGRADED:
            return Weight.PROBLEM
    if isinstance(event, PROBLEMS):
        return Weight.PROBLEM
    return Weight.DETAIL if isinstance(event, DETAILS) else Weight.MILESTONE
