"""The canary judge in its worlds, beside its incumbents: `python -m bench.judge [--quick] [--only PART] [--json]`.

The full run takes 2,000 replicates of every world in which nothing is wrong and 500 of the others. Ours is the judge of
the product, look by look; in the table of the line one metric has the whole chance of 5 % and no margin, as the
incumbents have.
"""

import argparse
import json
import math
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np

from bench.judge import afterwards, extra, line, nab
from bench.judge.line import Figure
from liftlock.decide.judge.before import baseline_of
from liftlock.decide.judge.canary import look_at
from liftlock.model.actions import Action, Kind
from liftlock.model.canary import Heard, JudgeState, Reading, Standing
from liftlock.model.plan import Metric
from liftlock.model.run import CanaryView
from liftlock.model.schedule import Measured, Source, Template, Watching

NAB = Path(__file__).parent / "data"  # Numenta Anomaly Benchmark, realAWSCloudwatch; its licence is beside it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates")
    parser.add_argument("--replicates", type=int, default=0, help="of each world, at most; else 2,000 and 500")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--nab", type=Path, default=NAB, help="folder of series (CSV: timestamp, value)")
    parser.add_argument("--only", choices=("line", "extra", "nab", "speed"), help="one part")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    given = parser.parse_args()
    nulls, others = (200, 50) if given.quick else (2000, 500)
    nulls, others = (min(given.replicates or each, each) for each in (nulls, others))
    report: dict[str, object] = {}
    for part in [given.only] if given.only else ["speed", "line", "extra", "nab"]:
        match part:
            case "speed":
                report["speed_ms"] = speed_ms()
                say(given, f"one look at 100 hosts x 10 metrics: {report['speed_ms']:.1f} ms\n")
            case "line":
                report["line"] = the_line(given, nulls, others)
            case "extra":
                report["extra"] = the_rest(given, nulls, others)
            case "nab":
                report["nab"] = real_noise(given, others)
    if given.json:
        json.dump(report, sys.stdout, indent=1)


def say(given: argparse.Namespace, text: str) -> None:
    if not given.json:
        print(text, flush=True)


def progress(text: str) -> None:
    print(f"  … {text}", file=sys.stderr, flush=True)


def percent(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    return f"{100 * figure.share:.1f} ± {100 * figure.error:.1f} %"


def peers_of(seen: line.Measured) -> dict[str, Figure | None]:
    return {
        "once": seen.once,
        "peeked": seen.peeked,
        "kayenta": seen.kayenta,
        "kayenta_peeked": seen.kayenta_peeked,
    }


def median(figure: Figure | None) -> str:
    if figure is None or not math.isfinite(figure.requests):
        return ""
    return f" @ {figure.requests:,.0f}"


def the_line(given: argparse.Namespace, nulls: int, others: int) -> list[dict[str, object]]:
    say(
        given,
        "| the line | ours | asked | Mann-Whitney once | peeked | Kayenta once | peeked |\n| "
        + " | ".join(["---"] * 7)
        + " |",
    )
    found = []
    for row in line.rows():
        began = time.monotonic()
        seen = line.measure(row, nulls if row.null else others, given.jobs, progress)
        asked = f"≤ {100 * row.limit:.0f} %" if row.null else f"≥ {100 * row.limit:.0f} %"
        asked += f" @ ≤ {row.requests:,.0f}" if math.isfinite(row.requests) else ""
        verdict = "" if seen.holds else " **falls short**"
        peers = " | ".join(f"{percent(each)}{median(each)}" for each in peers_of(seen).values())
        say(given, f"| {row.name} | {percent(seen.ours)}{median(seen.ours)}{verdict} | {asked} | {peers} |")
        figures = {"ours": seen.ours, **peers_of(seen)}
        shown = {name: each.__dict__ for name, each in figures.items() if each is not None}
        found.append({"row": row.name, "holds": seen.holds, "took_s": time.monotonic() - began, **shown})
    for name, figure in extra.wrong_promotions(nulls, given.jobs, progress):
        say(given, f"| {name} | {percent(figure)} | ≤ 5 % | - | - | - | - |")
        found.append({"row": name, "holds": figure.share <= 0.05, "ours": figure.__dict__})
    for name, figure in afterwards.day_watch(nulls, given.jobs, progress):
        look = f", look {figure.requests:,.0f}" if math.isfinite(figure.requests) else ""
        say(given, f"| {name} | {percent(figure)}{look} | {'≤ 5 %' if 'twice' not in name else ''} | - | - | - | - |")
        found.append({"row": name, "ours": figure.__dict__})
    return found


def the_rest(given: argparse.Namespace, nulls: int, others: int) -> list[dict[str, object]]:
    say(given, "\n| other worlds, margins as shipped | rolled back | median look |\n| --- | --- | --- |")
    found = []
    for case in extra.cases():
        long = case.world.looks > 200
        replicates = max(20, (nulls if case.null else others) // (10 if long else 2))
        _, figure = extra.measure(case, replicates, given.jobs, progress)
        look = f"{figure.requests:,.0f}" if math.isfinite(figure.requests) else "-"
        say(given, f"| {case.name} | {percent(figure)} | {look} |")
        found.append({"case": case.name, "figure": figure.__dict__})
    return found


def real_noise(given: argparse.Namespace, replicates: int) -> list[dict[str, object]]:
    names = ("regression", "ten others at the same time", "own past", "naive before/after", "naive, margin 5 %")
    say(given, f"\n| real noise (NAB) | {' | '.join(names)} |\n| {' | '.join(['---'] * 6)} |")
    found = []
    for span, times in product(nab.SPANS, (1.0, 1.1, 1.25)):
        progress(f"real noise, {span[0]} values before and {span[1]} after, ×{times:g}")
        for each in nab.measure(given.nab, span, times, replicates, given.jobs):
            ways = ("concurrent", "own_past", "naive", "naive_within")
            figures = {way: getattr(each, way) for way in ways}
            shown = " | ".join(percent(figure) for figure in figures.values())
            say(given, f"| {each.series}, {span[0]} + {span[1]} | ×{times:g} | {shown} |")
            shares = {way: figure.__dict__ for way, figure in figures.items()}
            found.append({"series": each.series, "span": span, "times": times, **shares})
    return found


def speed_ms(hosts: int = 100, metrics: int = 10, looks: int = 30) -> float:
    """The median time of one look of the product's judge."""
    rng = np.random.default_rng(1)
    source = Source(Template("look", Action(Kind.VERIFY, "bench")))
    kinds = ("errors", "latency", "saturation")
    measured = tuple(
        Measured(Metric(name=f"m{n}", kind=kinds[n % 3]), source, 0.005, 1.25, 2.0) for n in range(metrics)
    )
    watching = Watching(measured, 60.0, 3600.0, 0.0, 300.0, 0.0, 120)
    names = [f"app-{n:03d}" for n in range(hosts)]
    own = dict(zip(names, np.exp(0.2 * rng.normal(size=hosts)), strict=True))
    waves = (("app/1/w1", tuple(names[:10])), ("app/1/w2", tuple(names[10:])))

    def reading(kind: str, host: str, at: float) -> Reading:
        if kind == "errors":
            return Reading(at, events=float(rng.poisson(2 * own[host])), of=200.0)
        if kind == "saturation":
            return Reading(at, level=float(np.exp(0.05 * rng.normal())))
        took = np.exp(0.6 * rng.normal(size=200))
        within = np.searchsorted(np.sort(took), (0.5, 1.0, 2.0, 4.0, 8.0), side="right")
        buckets = dict(zip(("0.5", "1", "2", "4", "8"), map(float, within), strict=True)) | {"+Inf": 200.0}
        return Reading(at, of=200.0, total=float(took.sum()), buckets=buckets)

    def row(at: float) -> dict[str, dict[str, Reading]]:
        return {one.metric.name: {host: reading(one.metric.kind, host, at) for host in names} for one in measured}

    base = baseline_of(watching, [row(60.0 * n) for n in range(60)], 3600.0, 3600.0)
    view = CanaryView(JudgeState(number=60, at=3600.0), baseline=base)
    standings = {host: Standing("upgraded", 3600.0, "app/1/w1") for host in names[:10]}
    standings |= {host: Standing("untouched", wave="app/1/w2") for host in names[10:]}
    took = []
    for look in range(1, looks + 1):
        at = 3600.0 + 60.0 * look
        heard = {name: Heard({host: (one,) for host, one in found.items()}) for name, found in row(at).items()}
        began = time.perf_counter()
        view.state = look_at(watching, waves, view, "app/1/w1", standings, heard, at).state
        took.append(time.perf_counter() - began)
    return float(np.median(took)) * 1e3


if __name__ == "__main__":
    main()
