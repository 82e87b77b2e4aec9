"""The outcome of many simulated runs: how often it upgrades, rolls back, holds; how far a bad version gets."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, to_builtins

from liftlock.publish.paint import Paint, bare
from liftlock.publish.plain import cells, pad, table, wrap
from liftlock.publish.words import Words

SHARES = (0.05, 0.5, 0.9, 0.99)
SEEDS_SHOWN = 10
BAR = 30


class Broken(Struct, frozen=True):
    """A promise that a seed broke."""

    seed: int
    promise: str
    detail: str = ""


class Simulation(Struct, frozen=True):
    """Plain figures. `ends`: how a run ended (a RunResult's value, or `held`) -> seeds. `reached`: for each seed, the
    hosts that a bad version reached. `faults`: fault -> how often injected. `holds`: a reason's code -> seeds."""

    seeds: int
    hosts: int
    ends: Mapping[str, int]
    durations_s: Sequence[float] = ()
    reached: Sequence[int] = ()
    crashes: int = 0
    faults: Mapping[str, int] = {}
    holds: Mapping[str, int] = {}
    broken: Sequence[Broken] = ()


def simulation_text(outcome: Simulation, words: Words, *, width: int = 100, paint: Paint = bare) -> str:
    fields = {"seeds": outcome.seeds, "hosts": outcome.hosts, "crashes": outcome.crashes}
    lines = [paint("title", words.say("ui.simulation.title", **fields)), "", *end_lines(outcome, words)]
    rows = [[words.say("ui.column.figure"), *(f"{share:.0%}" for share in SHARES), "100%"]]
    if outcome.durations_s:
        rows.append([words.say("ui.simulation.duration"), *map(words.duration, spread(outcome.durations_s))])
    if outcome.reached:
        rows.append([words.say("ui.simulation.reached"), *map(words.number, spread(outcome.reached))])
    if len(rows) > 1:
        head, *body = table(rows, width)
        lines += ["", paint("dim", head), *body]
    holds = {words.code(code): number for code, number in outcome.holds.items()}
    for key, counts in (("faults", outcome.faults), ("holds", holds)):
        if counts:
            shown = words.join(f"{name} {number:,}" for name, number in counts.items())
            lines += ["", *wrap(words.say(f"ui.simulation.{key}") + words.say("ui.why", text=shown), width, "  ")]
    return "\n".join([*lines, "", *broken_lines(outcome, words, width, paint)]) + "\n"


def end_lines(outcome: Simulation, words: Words) -> list[str]:
    """How the runs ended, the most frequent first, with bars."""
    names = {end: words.word("RunResult", end) for end in outcome.ends}
    size = max(map(cells, names.values()), default=0)
    lines = []
    for end, number in sorted(outcome.ends.items(), key=lambda item: (-item[1], item[0])):
        share = number / outcome.seeds if outcome.seeds else 0.0
        bar = "█" * round(share * BAR) or ("▏" if number else "")
        lines.append(f"{pad(names[end], size)}  {number:>7,}  {share:>6.1%}  {bar}".rstrip())
    return lines


def broken_lines(outcome: Simulation, words: Words, width: int, paint: Paint) -> list[str]:
    if not outcome.broken:
        return [paint("good", words.say("ui.simulation.kept"))]
    lines = [paint("bad", words.say("ui.simulation.broken", count=len(outcome.broken)))]
    for each in outcome.broken[:SEEDS_SHOWN]:
        lines += wrap(words.value("", f"  --seed {each.seed}: {each.promise} {each.detail}"), width, "    ")
    more = len(outcome.broken) - SEEDS_SHOWN
    return [*lines, "  " + words.say("ui.more", more=more)] if more > 0 else lines


def spread(values: Sequence[float]) -> list[float]:
    """The values at SHARES of the ordered sequence, and the greatest: nearest rank, no interpolation."""
    ordered = sorted(values)
    ranks = [max(0, -int(-share * len(ordered) // 1) - 1) for share in SHARES]
    return [ordered[rank] for rank in ranks] + [ordered[-1]]


def simulation_json(outcome: Simulation) -> dict[str, Any]:
    """For programs."""
    names = [f"p{round(share * 100)}" for share in SHARES] + ["max"]
    built: dict[str, Any] = to_builtins(outcome)
    built["duration_s"] = dict(zip(names, spread(outcome.durations_s), strict=True)) if outcome.durations_s else {}
    built["reached_hosts"] = dict(zip(names, spread(outcome.reached), strict=True)) if outcome.reached else {}
    del built["durations_s"], built["reached"]
    return built
