"""Are hosts what was planned for them? What nobody could read is said as well: no data never passes."""

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from liftlock.model.readiness import Expected

MEMORY_LEFT = 0.93  # the kernel and the firmware keep some of what was bought
RUNNING = ("active", "running", "reloading")
GIB_MB = 1024


class Wanted(Struct, frozen=True):
    """One expectation: the plan's `key`, the survey's `fact`, what is expected, and whether a value is that."""

    key: str
    fact: str
    expected: str
    holds: Callable[[str], bool]


def deviations(expected: Expected, facts: Mapping[str, str]) -> Iterator[tuple[Wanted, str]]:
    """What is not as planned, each with what was found; empty where nobody could say."""
    for wanted in wishes(expected):
        found = facts.get(wanted.fact, "")
        if not found or found == "unknown" or not wanted.holds(found):
            yield wanted, "" if found == "unknown" else found


def wishes(expected: Expected) -> Iterator[Wanted]:
    yield from of_the_system(expected)
    yield from of_the_hardware(expected)
    yield from of_the_network(expected)
    for name, value in expected.settings.items():
        yield Wanted("settings", f"setting:{name}", value, is_same_words(value))
    for name in expected.services:
        yield Wanted("services", f"service:{name}", RUNNING[0], RUNNING.__contains__)


def of_the_system(expected: Expected) -> Iterator[Wanted]:
    for key, fact in (("os", "os"), ("arch", "arch"), ("zone", "zone")):
        if value := str(getattr(expected, key)):
            yield Wanted(key, fact, value, value.__eq__)
    for key in ("os_version", "kernel"):
        if value := str(getattr(expected, key)):
            yield Wanted(key, key, value, begins_with(value))
    if expected.name:
        yield Wanted("name", "hostname", expected.name, is_like(expected.name))


def of_the_hardware(expected: Expected) -> Iterator[Wanted]:
    if expected.cpu_model:
        yield Wanted("cpu_model", "cpu_model", expected.cpu_model, has(expected.cpu_model))
    if expected.cpus is not None:
        yield Wanted("cpus", "cpus", f"≥ {expected.cpus}", is_at_least(expected.cpus))
    if expected.memory is not None:
        least = expected.memory * GIB_MB
        yield Wanted("memory", "memory_mb", f"≥ {least:g}", is_at_least(least * MEMORY_LEFT))
    for path, free in expected.disks.items():
        yield Wanted("disks", f"free:{path}", f"≥ {free * GIB_MB:g}", is_at_least(free * GIB_MB))
    for path, kind in expected.mounts.items():
        yield Wanted("mounts", f"mount:{path}", kind, kind.__eq__)
    if expected.fibre_channel is not None:
        yield Wanted(
            "fibre_channel", "fibre_channel", f"≥ {expected.fibre_channel}", is_at_least(expected.fibre_channel)
        )


def of_the_network(expected: Expected) -> Iterator[Wanted]:
    for name, state in expected.interfaces.items():
        yield Wanted("interfaces", f"interface:{name}", "up", "up".__eq__)
        if (speed := number(state)) is not None:
            yield Wanted("interfaces", f"speed:{name}", f"≥ {state}", is_at_least(speed))
    for port in expected.ports_free:
        yield Wanted("ports_free", f"port:{port}", "free", "free".__eq__)
    for name in expected.resolves:
        yield Wanted("resolves", f"resolves:{name}", "yes", "yes".__eq__)
    for address in expected.reaches:
        yield Wanted("reaches", f"reaches:{address}", "yes", "yes".__eq__)


# --- what a value must be ----------------------------------------------------------------------------------


def is_at_least(least: float) -> Callable[[str], bool]:
    return lambda found: (value := number(found)) is not None and value >= least


def begins_with(version: str) -> Callable[[str], bool]:
    """`12` is not the beginning of `120`."""
    return lambda found: re.match(rf"{re.escape(version)}(?![0-9A-Za-z])", found) is not None


def is_like(pattern: str) -> Callable[[str], bool]:
    return lambda found: re.fullmatch(pattern, found) is not None


def has(text: str) -> Callable[[str], bool]:
    return lambda found: text.lower() in found.lower()


def is_same_words(value: str) -> Callable[[str], bool]:
    """The kernel separates several values by tabs."""
    return lambda found: found.split() == value.split()


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
