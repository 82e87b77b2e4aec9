"""What people do themselves: a step that a person does and confirms (a second one too, 双人复核)，and plain waiting."""

from typing import Annotated

from msgspec import Meta, field

from liftlock.drivers.command import look_of, reversal_of_words
from liftlock.drivers.technology import VERSION, Complaints, Technology, split_facts, words
from liftlock.model.actions import (
    Action,
    Ask,
    Confirmed,
    Context,
    Delay,
    Elapsed,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Outcome,
    Script,
    TimedOut,
    Traits,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import CONTROLLER, Template

People = Annotated[int, Meta(ge=1, le=5)]


class Manual(Part, frozen=True):
    text: Text
    people: People = 1
    done_when: str = ""
    undo: str = ""
    irreversible: str = ""
    restorable: bool = False
    writes: bool | None = None  # not said: if it has or lacks a way back, in so many words
    within_s: Duration = field(default=86400.0, name="within")


class Pause(Part, frozen=True):
    for_s: Duration = field(name="for")


class ManualDriver(Technology):
    manifest = Manifest(
        name="manual",
        version=VERSION,
        item=Manual,
        summary={
            "en": "A person does it and confirms; two, if the plan says so",
            "zh": "由人工操作并确认，可要求双人复核",
        },
        shorthand="text",
        literal=("done_when",),
        words=words(
            "manual",
            {
                "both": (
                    "Say one of undo, irreversible and restorable",
                    "undo、irreversible、restorable 只能写一个",
                ),
                "late": ("Nobody confirmed it in time", "规定时间内无人确认"),
                "not_done": ("It is not done", "尚未完成"),
            },
            common=False,
        ),
        example='- manual: {text: "Switch the storage path of {host}", people: 2, undo: "Switch it back"}',
    )

    def expand(self, item: Manual, setting: Setting) -> tuple[Template, ...]:
        args = {"text": item.text, "people": item.people, "done_when": item.done_when}
        reversal = reversal_of_words(item.irreversible, item.restorable)
        declared = bool(item.undo or item.irreversible or item.restorable)
        writes = declared if item.writes is None else item.writes
        traits = Traits(writes=writes, reversal=reversal)
        undo = None
        if item.undo:
            undone = {"text": item.undo, "people": item.people, "done_when": ""}
            undo = Action(Kind.MANUAL, "manual", undone, Traits(writes=writes), ("done_when",))
        action = Action(Kind.MANUAL, "manual", args, traits, ("done_when",))
        return (Template("manual", action, undo, timeout_s=item.within_s, estimate_s=300.0),)

    def complain(self, item: Manual, setting: Setting) -> Complaints:
        both = sum(map(bool, (item.undo, item.irreversible, item.restorable))) > 1
        return (("manual.both", {}),) if both else ()

    def operate(self, action: Action, context: Context) -> Ask:
        return Ask(action.args["text"], action.args["people"])

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        if isinstance(outcome, TimedOut):
            return Failure(FailureKind.TIMEOUT, "manual.late")
        assert isinstance(outcome, Confirmed)
        return Evidence({"by": list(outcome.by), "note": outcome.note})

    def probe(self, action: Action, context: Context) -> Script | None:
        return look_of(action, context) if action.args["done_when"] else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        if split_facts(outcome.output)[0].get("done") == "yes":
            return Evidence({"done": "yes"})
        return Failure(FailureKind.INTERRUPTED, "manual.not_done")


class WaitDriver(Technology):
    manifest = Manifest(
        name="wait",
        version=VERSION,
        item=Pause,
        summary={"en": "Waits", "zh": "等待"},
        shorthand="for",
        example="- wait: 30s",
    )

    def expand(self, item: Pause, setting: Setting) -> tuple[Template, ...]:
        action = Action(Kind.WAIT, "wait", {"for_s": item.for_s})
        return (Template("wait", action, at=CONTROLLER, timeout_s=item.for_s + 60.0, estimate_s=item.for_s),)

    def operate(self, action: Action, context: Context) -> Delay:
        return Delay(action.args["for_s"])

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence:
        assert isinstance(outcome, Elapsed)
        return Evidence({"waited_s": action.args["for_s"]})


DRIVERS: tuple[Driver, ...] = (ManualDriver(), WaitDriver())
