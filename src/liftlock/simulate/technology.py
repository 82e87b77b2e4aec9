"""One driver for every technology: what it asks of the simulated fleet names the action's kind, nothing else.

The loop, the journal and the deciding are the real ones; only the drivers and the hosts are played.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from liftlock.model.actions import (
    Action,
    Again,
    Confirmed,
    Context,
    Delay,
    Delivered,
    Elapsed,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Greet,
    Greeting,
    Kind,
    Operation,
    Outcome,
    Preview,
    Said,
    Script,
    SocketCall,
    Transfer,
)
from liftlock.model.plan import Canary, Check, Metric
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Source, Template

BUSY, UNWELL, PERMANENT = 75, 3, 1  # exit statuses of the simulated fleet


class NoItem(Struct, frozen=True):
    pass


def is_look(context: Context) -> bool:
    """Is this a look at a check's figure, the share of requests that fail at a host?"""
    return "/look-" in context.step


def said_of(action: Action, context: Context) -> dict[str, str]:
    """What the fleet is told: `to`, the new version, says which hop's backup is meant."""
    versions = {"version": context.version, "to": context.to_version}
    return {"kind": action.kind.value, "host": context.host, "of": context.component, **versions}


class Simulated:
    """A driver that can play any action."""

    manifest = Manifest("simulated", "1", NoItem, {"en": "simulated", "zh": "模拟"})

    def expand(self, item: Any, setting: Setting) -> tuple[Template, ...]:
        return ()

    def complain(self, item: Any, setting: Setting) -> tuple[tuple[str, dict[str, str | int | float]], ...]:
        return ()

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        return None

    def operate(self, action: Action, context: Context) -> Operation | Failure:
        if context.span is not None:
            return Script("simulated", {"kind": "requests", "host": context.host, "of": context.component})
        if is_look(context):
            return Script("simulated", {"kind": "gauge", "host": context.host, "of": context.component})
        if "look" in action.args:
            return Script("simulated", {"kind": "role", "host": context.host, "of": context.component})
        said = said_of(action, context)
        match action.kind:
            case Kind.PRECHECK:
                return Greet()
            case Kind.FETCH:
                return Transfer("simulated", "0" * 64)
            case Kind.WAIT:
                return Delay(5.0)
            case Kind.DRAIN | Kind.READMIT:
                return SocketCall(
                    "simulated", f"{action.kind.value} {context.component} {context.host}{' back' * context.back}"
                )
            case _:
                undo = {"back": "yes"} if context.back else {}
                return Script("simulated", said | undo)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        match outcome:
            case Exited(code=0, output=output) if context.span is not None:
                events, of = map(float, output.split())
                counted = {"at": context.span.until, "events": events, "of": of, "cumulative": True}
                return Evidence({"readings": {"": [counted]}})
            case Exited(code=0, output=output) if is_look(context):
                return Evidence({"value": float(output)})
            case Exited(code=0, output=output) if "look" in action.args:
                return Evidence({"role": output})
            case Exited(code=0, output=output):
                return Evidence({"output": output})
            case Exited(code=code):
                kinds = {BUSY: FailureKind.TRANSIENT, UNWELL: FailureKind.UNHEALTHY}
                return Failure(kinds.get(code, FailureKind.REFUSED), "simulated", {"status": code})
            case Greeting(boot=boot):
                return Evidence({"boot": boot})
            case Said("wait"):
                return Again(1.0)
            case Said("busy"):
                return Failure(FailureKind.TRANSIENT, "simulated", {"status": BUSY})
            case Said() | Delivered() | Confirmed() | Elapsed():
                return Evidence()
        return Failure(FailureKind.REFUSED, "simulated", {"status": -1})

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        return None

    def inquire(self, item: Any, setting: Setting) -> Template | None:
        return None

    def probe(self, action: Action, context: Context) -> Operation | None:
        asked = said_of(action, context)
        return Script("simulated", asked | {"probe": "yes"})

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        match outcome:
            case Exited(code=0):
                return Evidence({"output": "found in place"})
            case Exited(code=1):
                return Failure(FailureKind.INTERRUPTED, "simulated", {"status": 1})
        return None

    def preview(self, action: Action, context: Context) -> Operation | None:
        return None

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        return Preview(False)


class AnyTechnology(Mapping[str, Driver]):
    """Every driver's name finds the simulated one."""

    def __init__(self) -> None:
        self.driver: Driver = Simulated()

    def __getitem__(self, name: str) -> Driver:
        return self.driver

    def __iter__(self) -> Iterator[str]:
        return iter(("simulated",))

    def __len__(self) -> int:
        return 1
