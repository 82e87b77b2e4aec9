"""Times of the path search: `python -m bench.path [--graphs FOLDER] [--pairs 60] [--rounds 3]`.

FOLDER is a clone of openshift/cincinnati-graph-data (without it the subset that the tests have); every channel of it
makes one graph. Measured for pairs of releases at random (fixed seed), with nothing known of the cluster, in turns:
the whole question (building the graph, the search, and the reasons if there is no way); building alone; and the same
question with every condition known to be false. Beside it the shipped Kubernetes with all parts, minor by minor.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from liftlock.decide.path.find import find, find_together
from liftlock.decide.path.ground import Ground
from liftlock.model.path import NoWay
from liftlock.model.product import Product
from liftlock.planfile.importers import IMPORTERS
from liftlock.planfile.products import shipped

SUBSET = Path(__file__).parents[2] / "tests" / "planfile" / "graphs" / "openshift"
Pair = tuple[str, str]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--graphs", type=Path, default=SUBSET)
    options.add_argument("--pairs", type=int, default=60)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    began = time.perf_counter()
    product = imported(given.graphs)
    print(f"import              {time.perf_counter() - began:6.2f} s")
    pairs = pairs_of(product, given.pairs)
    edges = count_edges(product)
    print(f"releases {len(product.releases)}, hops {edges}, blocks {len(product.blocks)}, pairs {len(pairs)}")
    report(openshift(product, pairs, given.rounds))
    report(kubernetes(given.rounds))


def imported(folder: Path) -> Product:
    channels = sorted(file.stem for file in (folder / "channels").glob("*.yaml"))
    product = IMPORTERS["openshift"](folder, channels).product
    assert product is not None
    return product


def pairs_of(product: Product, count: int) -> list[Pair]:
    """The whole way first, then at random."""
    names = [release.version for release in product.releases]
    chance = random.Random(4)
    found = [(names[0], names[-1])]
    while len(found) < count:
        one, other = sorted(chance.sample(range(len(names)), 2))
        found.append((names[one], names[other]))
    return found


def count_edges(product: Product) -> int:
    ends = (product.releases[0].version, product.releases[-1].version)
    ground = Ground(product, ends, {})
    return sum(len(ground.hops("", index)) for index in range(len(ground.releases)))


def openshift(product: Product, pairs: list[Pair], rounds: int) -> dict[str, list[float]]:
    known = {"cluster": {block.name: "false" for block in product.blocks}}
    none = [isinstance(find(product, *pair, {}), NoWay) for pair in pairs]
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for pair, without in zip(pairs, none, strict=True):
            kind = "no way, with reasons" if without else "a way"
            timed(times, kind, lambda pair=pair: find(product, *pair, {}))
            timed(times, "building the graph", lambda pair=pair: Ground(product, pair, {}))
            timed(times, "everything known", lambda pair=pair: find(product, *pair, known))
        timed(times, "the whole span", lambda: find(product, *pairs[0], {}))
    return times


def kubernetes(rounds: int) -> dict[str, list[float]]:
    loaded = shipped("kubernetes")
    assert loaded is not None
    product = loaded.product
    assert product is not None
    names = [part.name for part in product.parts]
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for end in ("1.21.14", "1.25.16", "1.31.14"):
            ends = (dict.fromkeys(names, "1.20.15"), dict.fromkeys(names, end))
            timed(times, f"7 parts, 1.20 to {end}", lambda ends=ends: find_together(product, *ends, {}))
    return times


def timed(times: dict[str, list[float]], kind: str, work: Callable[[], object]) -> None:
    began = time.perf_counter()
    work()
    times.setdefault(kind, []).append(time.perf_counter() - began)


def report(times: dict[str, list[float]]) -> None:
    for kind, each in times.items():
        ranked = sorted(each)
        high = ranked[int(0.9 * (len(ranked) - 1))]
        median, most = statistics.median(each), ranked[-1]
        print(f"{kind:<24} median {1000 * median:7.1f} ms   90 % {1000 * high:7.1f}   most {1000 * most:7.1f}")


if __name__ == "__main__":
    main()
