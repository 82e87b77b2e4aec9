"""A look at canaries in words: what status, log, report, figures and `liftlock canary` say of it alike.

Evidence stands beside where it decides: `3.1 of 40`. How far it is on the way is told on the scale of its logarithm,
since evidence multiplies: every cell of a bar is as hard to earn as the one before.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol

from liftlock.model import events as ev
from liftlock.model.canary import CanaryLook, Comparison, Counts, MetricLook, Test, Verdict
from liftlock.model.events import Entry
from liftlock.publish.plain import plain

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
Looks = tuple[CanaryLook, ...]


class Saying(Protocol):
    """What is asked of the catalogue here."""

    def say(self, code: str, /, **fields: object) -> str: ...

    def term(self, value: Enum) -> str: ...

    def word(self, family: str, value: str) -> str: ...

    def join(self, parts: Iterable[str]) -> str: ...


def looks_of(entries: Iterable[Entry]) -> dict[str, Looks]:
    """All looks of each component, in order."""
    found: dict[str, list[CanaryLook]] = {}
    for entry in entries:
        if isinstance(entry.event, ev.CanaryLooked):
            found.setdefault(entry.event.component, []).append(entry.event.look)
    return {component: tuple(looks) for component, looks in found.items()}


def last_of_waves(looks: Sequence[CanaryLook]) -> list[CanaryLook]:
    """The last look of every wave, in order of the waves; those before the first wave are no wave's."""
    return list({look.stage: look for look in looks if look.stage}.values())


def only(look: CanaryLook, metrics: Sequence[str]) -> tuple[MetricLook, ...]:
    """The metrics that are asked for; all if none is."""
    return tuple(each for each in look.metrics if not metrics or each.metric in metrics)


def every_test(looks: Iterable[CanaryLook], metrics: Sequence[str] = ()) -> list[tuple[str, Test]]:
    """Every metric's tests that occur, in order."""
    found = {(each.metric, test.test): None for look in looks for each in only(look, metrics) for test in each.tests}
    return list(found)


def find(look: CanaryLook, metric: str, test: Test) -> Comparison | None:
    return next((t for m in look.metrics if m.metric == metric for t in m.tests if t.test == test), None)


def moment_of(look: CanaryLook) -> datetime:
    return datetime.fromtimestamp(look.at, UTC)


def wave_of(look: CanaryLook, words: Saying) -> str:
    """`w1`, or `before`."""
    return words.word("Wave", look.stage.rpartition("/")[2]) if look.stage else words.say("ui.canary.before")


# --- figures ------------------------------------------------------------------------------------------------


def progress(evidence: float | None, threshold: float | None) -> float:
    """ln E over ln of the threshold, from 0 to 1."""
    if evidence is None or threshold is None or evidence <= 1.0:
        return 0.0
    if evidence >= threshold:
        return 1.0
    return math.log(evidence) / math.log(threshold)


def amount(evidence: float | None) -> str:
    """An E-value as a person reads it: two digits, and powers of ten where it is large."""
    if evidence is None or evidence != evidence:
        return "-"
    if evidence < 0.01:
        return "<0.01"
    if evidence < 10:
        return f"{evidence:.2g}"
    if evidence < 9999.5:
        return f"{evidence:,.0f}"
    if evidence > 1e99:
        return ">10⁹⁹"
    digit, _, power = f"{evidence:.0e}".partition("e")
    ten = f"10{str(int(power)).translate(SUPERSCRIPTS)}"
    return ten if digit == "1" else f"{digit}·{ten}"


def ratio(test: Test, value: float | None) -> str:
    """Upgraded over reference: means as a change in percent, rates as a ratio."""
    if value is None or value != value or math.isinf(value):
        return "…"
    if test == "contrast" and value < 3:
        if abs(value - 1) < 5e-4:
            return "0.0 %"
        return f"{(value - 1) * 100:+.{0 if abs(value - 1) >= 0.1 else 1}f} %"
    return f"×{value:.2f}" if value < 10 else f"×{value:,.0f}"


def mark(test: Test, value: float) -> str:
    """A round ratio, as axes and margins have it."""
    if test != "contrast" or value >= 3:
        return f"×{value:.3g}"
    return "0 %" if abs(value - 1) < 1e-9 else f"{(value - 1) * 100:+.3g} %"


def spread(comparison: Comparison) -> str:
    """Its interval; open where it has no end yet."""
    test = comparison.test
    return f"{ratio(test, comparison.low)} … {ratio(test, comparison.high)}"


def share(counts: Counts) -> str:
    """Events in percent of all."""
    return f"{100 * counts.events / counts.of:.3g} %" if counts.of else "-"


# --- sentences ----------------------------------------------------------------------------------------------


def compared(look: CanaryLook, words: Saying) -> str:
    """Who is compared with whom."""
    number = {"canaries": len(look.canaries), "controls": look.controls}
    match look.reference:
        case "untouched":
            return words.say("ui.canary.untouched", **number)
        case "promoted":
            return words.say("ui.canary.promoted", **number)
        case "past":
            return words.say("ui.canary.past", **number)


def weaker(look: CanaryLook, words: Saying) -> str:
    """Why the judgement is the weaker one; empty if it is not."""
    if not look.weaker or not look.stage:
        return ""
    match look.reference:
        case "past":
            return words.say("ui.canary.weaker.past")
        case "promoted":
            return words.say("ui.canary.weaker.promoted")
        case "untouched":
            return words.say("ui.canary.weaker.few", controls=look.controls)


def standing(look: CanaryLook, words: Saying) -> str:
    """How the canary stands, in one line: `look 12: errors passes, latency fails (57 of 40 against it)`."""
    if not look.stage:
        return words.say("ui.canary.look_before", number=look.number)
    told = words.join(metric_standing(each, words) for each in look.metrics) or words.term(look.verdict)
    return words.say("ui.canary.look", number=look.number, told=told)


def name_of(look: MetricLook, words: Saying) -> str:
    return plain(look.metric) if look.required else words.say("ui.canary.advisory", metric=look.metric)


def metric_standing(look: MetricLook, words: Saying) -> str:
    """`latency is not decided yet (3.1 of 40 against it, 17 of 20 for it)`."""
    told = f"{name_of(look, words)} {words.term(look.verdict)}"
    against = max(look.tests, key=lambda test: progress(test.against, test.against_at), default=None)
    if against is None or look.verdict in (Verdict.PASS, Verdict.NODATA):
        return told
    parts = [words.say("ui.canary.against", evidence=amount(against.against), at=amount(against.against_at))]
    if look.verdict is Verdict.INCONCLUSIVE:
        parts += [
            words.say("ui.canary.for", evidence=amount(test.clear), at=amount(test.clear_at))
            for test in bottleneck(look)
        ]
    return words.say("ui.canary.figures", told=told, figures=words.join(parts))


def bottleneck(look: MetricLook) -> Iterator[Comparison]:
    """Of the tests that can pass, the one that is farthest from it: the metric passes with the last of them."""
    able = [test for test in look.tests if test.clear_at is not None and test.verdict is not Verdict.PASS]
    yield from sorted(able, key=lambda test: progress(test.clear, test.clear_at))[:1]
