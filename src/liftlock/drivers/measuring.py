"""What all sources of a canary's metrics share: they change nothing, and answer with readings.

Rules: a host that the source says nothing about is absent, never zero. Durations that we put into buckets ourselves
come into the same ones everywhere: seven a decade, from 1 ms to a minute.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from liftlock.drivers.technology import VERSION, Technology, words
from liftlock.model.actions import Action, Context, Evidence, Kind
from liftlock.model.canary import Reading
from liftlock.model.part import Part
from liftlock.model.ports import Manifest, Setting
from liftlock.model.schedule import Template

LOOK_S = 60.0  # a look takes no longer
STEPS = (1, 1.5, 2, 3, 4, 5, 7)
BOUNDS = (*(f"{step * 10**power / 1000:g}" for power in range(5) for step in STEPS if step * 10**power < 60_000), "60")
ALL = "+Inf"  # the bucket that has all


class Nothing(Part, frozen=True):
    """No recipe's item is a source's."""


class Measuring(Technology):
    """A driver that only measures."""

    def expand(self, item: Nothing, setting: Setting) -> tuple[Template, ...]:
        return ()


def manifest_of(
    name: str, summary: dict[str, str], texts: Mapping[str, tuple[str, str]], *, common: bool = True
) -> Manifest:
    return Manifest(name, VERSION, Nothing, summary, words=words(name, texts, common=common), recipe=False)


def look(driver: str, args: dict[str, Any], *, at: str = "", literal: tuple[str, ...] = ()) -> Template:
    action = Action(Kind.VERIFY, driver, args, literal=literal)
    return Template("measure", action, at=at, timeout_s=LOOK_S, estimate_s=1.0)


def until(context: Context) -> float:
    """The moment that a reading is of."""
    return context.span.until if context.span else 0.0


def evidence(readings: Mapping[str, Iterable[Reading]], facts: Mapping[str, Any], cursor: str = "") -> Evidence:
    told = {key: [to_builtins(reading) for reading in found] for key, found in readings.items()}
    return Evidence({**facts, "readings": told} | ({"cursor": cursor} if cursor else {}))


def of_kind(kind: str, reading: Reading) -> Reading | None:
    """What a metric of this kind needs of a reading; None if it has nothing of it."""
    match kind:
        case "errors" if reading.events is not None and reading.of is not None:
            return replace(reading, level=None, total=None, squares=None, buckets={})
        case "latency" if reading.of is not None and (reading.total is not None or reading.buckets):
            return replace(reading, level=None, events=None)
        case "latency" | "saturation" if reading.level is not None:
            return Reading(reading.at, level=reading.level)
    return None
