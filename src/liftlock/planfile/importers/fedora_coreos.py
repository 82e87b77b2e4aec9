"""coreos/fedora-coreos-streams, `updates/STREAM.json`: barriers, dead ends and rollouts as a product.

How Fedora CoreOS itself comes to its edges (github.com/coreos/fedora-coreos-cincinnati, `compute_edges`): every release
leads to the next barrier, and those since the last barrier to the releases that are being rolled out; nothing leads
elsewhere, and dead ends lead nowhere. The stream's full list of releases (`releases.json`) is another file: the
releases here are those that the updates file names, and any other may be given as the start.
"""

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

from msgspec import DecodeError, Struct, json

from liftlock.model.product import Edge, Product, Release, Stop
from liftlock.planfile.codes import complain
from liftlock.planfile.importers.imported import Imported, Unfit, not_of_the_format, read_bytes

SOURCES = (
    "https://github.com/coreos/fedora-coreos-streams",
    "https://docs.fedoraproject.org/en-US/fedora-coreos/update-streams/",
)
NOTES = (
    "Only the releases that the updates file names are listed; the start may be any other release of the stream.",
    "A release that is being rolled out is offered to a growing share of hosts; this file does not know which hosts.",
)


class Reason(Struct, frozen=True):
    reason: str = ""


class About(Struct, frozen=True):
    barrier: Reason | None = None
    deadend: Reason | None = None
    rollout: dict[str, Any] | None = None


class Entry(Struct, frozen=True):
    version: str
    metadata: About = About()


class Updates(Struct, frozen=True):
    """The file."""

    stream: str
    releases: list[Entry]


def import_fedora_coreos(file: FilePath, channels: Sequence[str]) -> Imported:
    """`channels`: none, or the file's own stream."""
    try:
        updates = json.decode(read_bytes(file), type=Updates)
    except DecodeError as error:
        return Imported(None, (not_of_the_format(file, str(error)).finding,))
    except Unfit as unfit:
        return Imported(None, (unfit.finding,))
    for given in channels:
        if given != updates.stream:
            return Imported(None, (complain("L472", (), "import", given=given, known=updates.stream),))
    return Imported(product_of(updates))


def product_of(updates: Updates) -> Product:
    barriers = {each.version: each.metadata.barrier for each in updates.releases if each.metadata.barrier}
    rolled = [each.version for each in updates.releases if each.metadata.rollout is not None]
    ends = [*barriers, *(version for version in rolled if version not in barriers)]
    return Product(
        product="fedora-coreos",
        scheme="natural",
        title="Fedora CoreOS",
        sources=SOURCES,
        notes=NOTES,
        licence="MIT (coreos/fedora-coreos-streams)",
        releases=tuple(release_of(updates.stream, each) for each in updates.releases),
        edges=(Edge("*", " | ".join(ends), note="Reboots into the new deployment.", url=SOURCES[1]),) if ends else (),
        stops=tuple(stop_of(version, barrier) for version, barrier in barriers.items()),
    )


def release_of(stream: str, entry: Entry) -> Release:
    dead_end = entry.metadata.deadend
    return Release(entry.version, (stream,), (dead_end.reason or "generic") if dead_end else "")


def stop_of(version: str, barrier: Reason) -> Stop:
    is_address = barrier.reason.startswith("https://")
    return Stop(version, "" if is_address else barrier.reason, barrier.reason if is_address else "")
