"""openshift/cincinnati-graph-data: channels, blocked edges and build suggestions as a product.

How OpenShift itself comes to its edges: every release image names the releases before it (`previous` in its metadata),
which was written from the build suggestions as they stood when the image was built; a channel then keeps the releases
that it lists, and blocked edges take edges away, or put a condition on them (github.com/openshift/cincinnati, plugins
release-scrape-dockerv2, openshift-secondary-metadata-parse, edge-add-remove). The images are not in this data. So the
edges here follow the build suggestions as they stand today: a release that was built before a suggestion changed may
have more or fewer edges in truth. A blocked edge's `from` is searched for in the version with its architecture, as
there (`Regex::is_match`), and is kept as the channel's releases that it finds. Suggestions for single architectures,
and `raw` metadata of old releases, are not read.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath
from typing import Any

from msgspec.structs import replace

from liftlock.model.product import Block, Condition, Edge, Product, Release
from liftlock.planfile.codes import complain
from liftlock.planfile.importers.imported import Imported, Unfit, not_of_the_format, read_mapping, texts

ARCHITECTURE = "+amd64"
SOURCES = (
    "https://github.com/openshift/cincinnati-graph-data",
    "https://github.com/openshift/cincinnati-graph-data/tree/master/build-suggestions#semantics",
)
NOTES = (
    "Edges follow today's build suggestions. The releases' own lists of predecessors (release images, `previous`) are "
    "not in this data: before an upgrade compare with `oc adm upgrade`.",
    "Blocks that OpenShift decides by a query of the cluster (PromQL) hold until a host's variable of the block's name "
    'says "false", or an override accepts them.',
    "Worker pools that are paused between two EUS releases are not described here.",
)


def import_openshift(folder: FilePath, channels: Sequence[str]) -> Imported:
    """`folder`: a clone of the repository, or its three folders. `channels`: like stable-4.18; at least one."""
    try:
        releases = releases_of(folder, channels)
        blocks = blocks_of(folder, list(releases))
        minors = dict.fromkeys(minor(each) for each in releases)
        edges = tuple(edge for each in minors for edge in edges_to(folder, each, set(minors)))
    except Unfit as unfit:
        return Imported(None, (unfit.finding,))
    product = Product(
        product="openshift",
        scheme="semver",
        title="OpenShift Container Platform",
        sources=SOURCES,
        notes=NOTES,
        licence="Apache-2.0 (openshift/cincinnati-graph-data)",
        releases=tuple(Release(each, tuple(where)) for each, where in releases.items()),
        complete=True,
        edges=edges,
        blocks=blocks,
    )
    return Imported(product)


def releases_of(folder: FilePath, channels: Sequence[str]) -> dict[str, list[str]]:
    """The channels' releases in the order of their versions, each with its channels."""
    known = sorted(file.stem for file in (folder / "channels").glob("*.yaml"))
    if not known:
        raise not_of_the_format(folder, "channels/")
    for name in channels or ("",):
        if name not in known:
            raise Unfit(complain("L472", (), "import", given=name, known=", ".join(known)))
    found: dict[str, list[str]] = {}
    for name in channels:
        file = folder / "channels" / f"{name}.yaml"
        for release in texts(read_mapping(file).get("versions"), file):
            found.setdefault(release.partition("+")[0], []).append(name)
    return {release: found[release] for release in sorted(found, key=order)}


def order(release: str) -> tuple[Any, ...]:
    """For the listing: numbers, and candidates before their release."""
    numbers, _, candidate = release.partition("-")
    kind, _, count = candidate.partition(".")
    parts = tuple(int(part) for part in numbers.split(".") if part.isdigit())
    return (*parts, not candidate, kind, int(count) if count.isdigit() else 0)


def minor(release: str) -> str:
    return ".".join(release.split(".")[:2])


def edges_to(folder: FilePath, name: str, minors: set[str]) -> Iterable[Edge]:
    """Into a minor release: from the minor one before, if that is there, and within it."""
    file = folder / "build-suggestions" / f"{name}.yaml"
    said = read_mapping(file).get("default")
    if not isinstance(said, dict):
        raise not_of_the_format(file, "default")
    for kind, note in (("minor", "A minor release up."), ("z", "")):
        low, high = said.get(f"{kind}_min"), said.get(f"{kind}_max")
        if not isinstance(low, str) or not isinstance(high, str):
            raise not_of_the_format(file, f"{kind}_min, {kind}_max")
        if kind == "z" or minor(low) in minors:
            without = [f"!={each}" for each in texts(said.get(f"{kind}_block_list"), file)]
            yield Edge(
                from_=", ".join([f">={low}", f"<={high}", *without]),
                to=f"{name}.*",
                risk="medium" if kind == "minor" else "low",
                note=note,
                url=SOURCES[1],
            )


# --- blocked edges -------------------------------------------------------------------------------------------


def blocks_of(folder: FilePath, releases: list[str]) -> tuple[Block, ...]:
    """Blocks that differ only in where they lead are one."""
    ends: dict[Block, list[str]] = {}
    for file in sorted((folder / "blocked-edges").glob("*.yaml")):
        if (block := block_of(file, read_mapping(file), releases)) is not None:
            ends.setdefault(replace(block, to="*"), []).append(block.to)
    return tuple(
        replace(block, to=runs([each for each in releases if each in found], releases)) for block, found in ends.items()
    )


def block_of(file: FilePath, said: dict[str, Any], releases: list[str]) -> Block | None:
    """None where it leads to no release that is listed, or comes from none."""
    end, pattern = str(said.get("to", "")).partition("+")[0], said.get("from")
    if not isinstance(pattern, str):
        raise not_of_the_format(file, "from")
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise Unfit(complain("L474", (), "import", file=str(file), given=pattern)) from error
    found = [each for each in releases if wanted.search(each + ARCHITECTURE)]
    if end not in releases or not found:
        return None
    name = str(said.get("name") or f"Blocked-{end}")  # a block without a name takes the edges away for good
    return Block(
        name=name,
        to=end,
        from_="*" if pattern == ".*" else runs(found, releases),
        when=conditions(name, said.get("matchingRules"), file),
        message=" ".join(str(said.get("message", "")).split()),
        url=str(said.get("url", "")),
        fixed_in=str(said.get("fixedIn", "")),
    )


def conditions(name: str, rules: object, file: FilePath) -> tuple[Condition, ...]:
    """In order, as there. Before a query stands what a host says of itself by a variable of the block's name."""
    if rules is None:
        return (Condition(always=True),)
    if not isinstance(rules, list) or not rules:
        raise not_of_the_format(file, "matchingRules")
    found: list[Condition] = []
    for rule in rules:
        match rule:
            case {"type": "Always"}:
                found.append(Condition(always=True))
            case {"type": "PromQL", "promql": {"promql": str(query)}}:
                found += [Condition(fact=name, is_="true"), Condition(expression=" ".join(query.split()))]
            case _:
                raise not_of_the_format(file, "matchingRules")
    return tuple(found)


def runs(found: Sequence[str], releases: Sequence[str]) -> str:
    """Releases as a range, neighbours of the listing taken together."""
    places = [releases.index(each) for each in found]
    parts: list[str] = []
    begin = 0
    for index in range(1, len(places) + 1):
        if index == len(places) or places[index] != places[index - 1] + 1:
            first, last = found[begin], found[index - 1]
            parts.append(first if first == last else f">={first}, <={last}")
            begin = index
    return " | ".join(parts)
