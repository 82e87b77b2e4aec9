"""On real graphs the way is the one that an independent search finds in the raw files; no stop is passed by.

The search here knows nothing of products: it reads channels, blocked edges and barriers as they are published, and
goes through all releases in order, keeping the best of all ways to each.
"""

import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from liftlock.decide.path.find import find, weight_of
from liftlock.model.path import NoWay, Way
from liftlock.planfile.importers import IMPORTERS

GRAPHS = Path(__file__).parents[1] / "planfile" / "graphs"
OPENSHIFT = GRAPHS / "openshift"
CHANNELS = ("stable-4.18", "eus-4.18", "stable-4.17")
SAMPLE = 60


def imported(kind: str, source: Path, channels: tuple[str, ...] = ()) -> Any:
    product = IMPORTERS[kind](source, channels).product
    assert product is not None
    return product


# --- OpenShift -------------------------------------------------------------------------------------------------


def numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


@cache
def raw_blocks() -> dict[str, list[dict[str, Any]]]:
    """By the release that they lead to."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted((OPENSHIFT / "blocked-edges").glob("*.yaml")):
        block = yaml.load(file.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        found.setdefault(block["to"], []).append(block)
    return found


@cache
def raw_releases(channel: str) -> list[str]:
    listed = yaml.safe_load((OPENSHIFT / "channels" / f"{channel}.yaml").read_text())["versions"]
    return sorted(listed, key=numbers)


def is_blocked(start: str, end: str, exposed: bool) -> bool:
    """`exposed`: queries of the cluster count as true; else only what always holds blocks."""
    for block in raw_blocks().get(end, ()):
        if re.search(block["from"], start + "+amd64"):
            always = any(rule["type"] == "Always" for rule in block["matchingRules"])
            if always or exposed:
                return True
    return False


@cache
def raw_suggestions(minor: str) -> dict[str, Any]:
    return yaml.safe_load((OPENSHIFT / "build-suggestions" / f"{minor}.yaml").read_text())["default"]


def suggested(start: str, end: str) -> bool:
    said = raw_suggestions(end.rpartition(".")[0])
    return any(
        numbers(said[f"{kind}_min"]) <= numbers(start) <= numbers(said[f"{kind}_max"])
        and start not in said[f"{kind}_block_list"]
        for kind in ("minor", "z")
    )


@cache
def raw_edges(channel: str, exposed: bool) -> dict[str, list[str]]:
    releases = raw_releases(channel)
    return {
        start: [end for end in releases[index + 1 :] if suggested(start, end) and not is_blocked(start, end, exposed)]
        for index, start in enumerate(releases)
    }


def best_to_all(channel: str, start: str, exposed: bool) -> dict[str, tuple[int, int]]:
    """(minor releases up, hops) of the best way to every release."""
    best: dict[str, tuple[int, int]] = {start: (0, 0)}
    for release in raw_releases(channel):
        if release in best:
            for end in raw_edges(channel, exposed)[release]:
                minors, hops = best[release]
                cost = (minors + (numbers(end)[:2] != numbers(release)[:2]), hops + 1)
                best[end] = min(best.get(end, cost), cost)
    return best


@pytest.mark.parametrize("exposed", [True, False], ids=["nothing is known", "nothing applies"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_ways_of_openshift(channel: str, exposed: bool) -> None:
    product = imported("openshift", OPENSHIFT, (channel,))
    facts = {} if exposed else {"cluster": {block.name: "false" for block in product.blocks}}
    chance = random.Random(418)
    starts = chance.sample(raw_releases(channel), 6)
    found_some = 0
    for start in starts:
        best = best_to_all(channel, start, exposed)
        later = [each for each in raw_releases(channel) if numbers(each) > numbers(start)]
        for end in chance.sample(later, min(SAMPLE // 6, len(later))):
            found = find(product, start, end, facts)
            if isinstance(found, NoWay):
                assert end not in best, (start, end)
                continue
            found_some += 1
            assert (weight_of(found.moves)[2], len(found.moves)) == best[end], (start, end)
            for move in found.moves:
                assert move.to in raw_edges(channel, exposed)[move.from_]
    assert found_some > 5


def test_what_is_behind_a_missing_way_opens_it() -> None:
    """For every end that cannot be reached: each set of blocks, accepted, makes a way, and no smaller one does."""
    product = imported("openshift", OPENSHIFT, ("stable-4.18",))
    best = best_to_all("stable-4.18", "4.16.5", True)
    shut = [each for each in raw_releases("stable-4.18") if numbers(each) > (4, 16, 5) and each not in best][:12]
    assert shut
    for end in shut:
        found = find(product, "4.16.5", end, {})
        assert isinstance(found, NoWay)
        assert found.behind
        for together in found.behind:
            names = {each.name for each in together}
            opened = find(product, "4.16.5", end, {}, accepted=names)
            assert isinstance(opened, Way)
            assert set(opened.accepted) <= names


# --- Fedora CoreOS, GitLab ---------------------------------------------------------------------------------------


def test_every_pair_of_fedora_coreos_goes_through_every_barrier_between() -> None:
    """As its own service: to the next barrier, and from the last one to what is being rolled out."""
    raw = json.loads((GRAPHS / "fedora-coreos" / "stable.json").read_text())["releases"]
    names = [each["version"] for each in raw]
    barriers = [each["version"] for each in raw if "barrier" in each["metadata"]]
    product = imported("fedora-coreos", GRAPHS / "fedora-coreos" / "stable.json")
    between = [
        "30.20200101.3.0",
        *(f"{name.rpartition('.')[0]}.9" for name in names),
    ]  # releases the file does not name
    pairs = 0
    for start in sorted([*names, *between], key=numbers):
        for end in names:
            if numbers(start) >= numbers(end):
                continue
            expected = [each for each in barriers if numbers(start) < numbers(each) < numbers(end)]
            found = find(product, start, end, {})
            assert isinstance(found, Way)
            assert [move.to for move in found.moves] == [*expected, end]
            pairs += 1
    assert pairs > 400


@pytest.mark.parametrize("needed", [True, False])
def test_every_pair_of_gitlab_goes_through_every_stop_between(needed: bool) -> None:
    lines = (GRAPHS / "gitlab-stops.csv").read_text().splitlines()
    stops = [line for line in lines if not line.startswith("#")]
    product = imported("gitlab", GRAPHS / "gitlab-stops.csv")
    facts = {} if needed else {"gitlab-1": {"gitlab-17.1-needed": "false"}}
    releases = sorted({(major, minor) for major in range(8, 19) for minor in (0, 2, 5, 8, 11)})
    chance = random.Random(17)
    for _ in range(250):
        (one, start_minor), (other, end_minor) = sorted(chance.sample(releases, 2))
        start, end = f"{one}.{start_minor}.3", f"{other}.{end_minor}.1"
        expected = [
            stop
            for stop in stops
            if (one, start_minor) < numbers(stop) < (other, end_minor) and (needed or stop != "17.1")
        ]
        found = find(product, start, end, facts)
        assert isinstance(found, Way)
        assert [move.to for move in found.moves] == [*expected, end]
