"""What the report says of canaries: the last look of every wave, with who was compared with whom, and its tests."""

from collections.abc import Iterable, Sequence

from liftlock.model.canary import CanaryLook, Comparison, MetricLook
from liftlock.model.events import Entry
from liftlock.model.schedule import Schedule, Watching
from liftlock.publish.hops import titled
from liftlock.publish.looks import (
    amount,
    compared,
    last_of_waves,
    looks_of,
    moment_of,
    name_of,
    ratio,
    share,
    spread,
    wave_of,
    weaker,
)
from liftlock.publish.plain import markdown
from liftlock.publish.words import Words

COLUMNS = ("metric", "test", "change", "interval", "against", "clear", "canary", "control", "verdict")


def canaries(schedule: Schedule, entries: Iterable[Entry], words: Words) -> list[str]:
    """Nothing where no component was compared."""
    watched = schedule.canaries if isinstance(schedule.canaries, dict) else {}
    lines: list[str] = []
    for component, looks in looks_of(entries).items():
        if component in watched:
            lines += [f"{markdown(titled(component, words))}: {markdown(shares(watched[component], words))}", ""]
        lines += [line for look in last_of_waves(looks) for line in wave(component, look, words)]
    return lines[:-1]


def shares(watching: Watching, words: Words) -> str:
    told = words.join(f"{each.metric.name} {100 * each.alpha:.3g} %" for each in watching.measured)
    return words.say("ui.report.alpha", shares=told)


def wave(component: str, look: CanaryLook, words: Words) -> list[str]:
    title = words.say(
        "ui.canary.title",
        component=titled(component, words),
        wave=wave_of(look, words),
        number=look.number,
        at=moment_of(look),
    )
    verdict = f"{words.term(look.verdict)}{words.say('ui.why', text=words.reason(look.because))}"
    said = [compared(look, words), *filter(None, [weaker(look, words)])]
    lines = [
        f"### {markdown(title)}",
        "",
        f"**{markdown(verdict)}**",
        "",
        *(f"- {markdown(each)}" for each in said),
        "",
    ]
    head = " | ".join(words.say(f"ui.column.{key}") for key in COLUMNS)
    rows = [f"| {' | '.join(row)} |" for each in look.metrics for row in metric_rows(each, words)]
    return [*lines, f"| {head} |", "|" + " --- |" * len(COLUMNS), *rows, ""] if rows else lines


def metric_rows(look: MetricLook, words: Words) -> Sequence[list[str]]:
    name = name_of(look, words)
    if not look.tests:
        return [[markdown(name), *["-"] * (len(COLUMNS) - 2), words.term(look.verdict)]]
    return [[markdown(name), *test_cells(test, words)] for test in look.tests]


def test_cells(test: Comparison, words: Words) -> list[str]:
    """Counts stand where there are any."""
    arms = [
        words.say("ui.report.share", events=round(arm.events), of=round(arm.of), share=share(arm)) if arm.of else "-"
        for arm in (test.canary, test.control)
    ]
    evidence = [
        markdown(words.say("ui.canary.of", evidence=amount(found), at=amount(at))) if at is not None else "-"
        for found, at in ((test.against, test.against_at), (test.clear, test.clear_at))
    ]
    change = [ratio(test.test, test.estimate), spread(test)]
    return [words.word("Test", test.test), *change, *evidence, *arms, words.term(test.verdict)]
