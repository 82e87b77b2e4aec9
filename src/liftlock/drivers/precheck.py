"""Greet a host before anything is done to it: what it is must be what the schedule assumes."""

from liftlock.drivers.technology import VERSION, Technology, words
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Greet, Greeting, Kind, Outcome
from liftlock.model.part import Part
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template


class Precheck(Part, frozen=True):
    pass


class PrecheckDriver(Technology):
    manifest = Manifest(
        name="precheck",
        version=VERSION,
        item=Precheck,
        summary={
            "en": "Greets a host and compares it with what the schedule assumes",
            "zh": "连接主机，并与计划的假定比对",
        },
        words=words(
            "precheck",
            {
                "deviated": (
                    "The host's {fact} is {found}, the schedule assumes {assumed}",
                    "主机的 {fact} 为 {found}，而计划假定为 {assumed}",
                )
            },
            common=False,
        ),
        example="- precheck:",
    )

    def expand(self, item: Precheck, setting: Setting) -> tuple[Template, ...]:
        return (Template("precheck", Action(Kind.PRECHECK, "precheck"), timeout_s=60.0, estimate_s=1.0),)

    def operate(self, action: Action, context: Context) -> Greet:
        return Greet()

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        assert isinstance(outcome, Greeting)
        for fact, assumed in sorted(context.assumes.items()):
            found = outcome.facts.get(fact, assumed)
            if found != assumed:
                fields: dict[str, str | int | float] = {"fact": fact, "assumed": assumed, "found": found}
                return Failure(FailureKind.DEVIATED, "precheck.deviated", fields)
        return Evidence({**outcome.facts, "boot": outcome.boot, "clock_skew_s": round(outcome.clock_skew_s, 3)})


DRIVERS: tuple[Driver, ...] = (PrecheckDriver(),)
