"""The last look at a component's canaries, or all of them, as text for a terminal and as data for programs."""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins

from liftlock.model.actions import Failure, FailureKind
from liftlock.model.canary import Band, CanaryLook, Comparison, MetricLook, Verdict
from liftlock.model.schedule import Watching
from liftlock.publish.hops import titled
from liftlock.publish.looks import (
    amount,
    compared,
    metric_standing,
    moment_of,
    name_of,
    only,
    progress,
    ratio,
    share,
    spread,
    standing,
    wave_of,
    weaker,
)
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import cut, plain, table, wrap
from liftlock.publish.words import Words

STYLES: dict[Verdict, Style] = {Verdict.PASS: "good", Verdict.FAIL: "bad", Verdict.NODATA: "warn"}
PLAIN = ("canary-clear", "canary-undecided")  # reasons that say no more than the verdict
HOSTS_MAX = 6
BAR_MAX = 10
TABLE_NEEDS = 70  # columns that the figures take beside the two bars


def canary_text(
    component: str,
    look: CanaryLook,
    words: Words,
    *,
    metrics: Sequence[str] = (),
    width: int = 100,
    paint: Paint = bare,
) -> list[str]:
    """The last look of one component, line by line, at most `width` columns wide."""
    number, wave = look.number, wave_of(look, words)
    title = words.say(
        "ui.canary.title", component=titled(component, words), wave=wave, number=number, at=moment_of(look)
    )
    lines = [paint("title", cut(title, width))]
    lines += painted(
        f"  {words.term(look.verdict)}{words.say('ui.why', text=words.reason(look.because))}",
        look.verdict,
        width,
        paint,
    )
    if look.stage:
        lines += wrap(f"  {compared(look, words)}{hosts(look.canaries, words)}", width, "    ")
    if note := weaker(look, words):
        lines += [paint("warn", each) for each in wrap(f"  ! {note}", width, "    ")]
    chosen = only(look, metrics)
    is_narrow = width < TABLE_NEEDS
    rows = iter(table(rows_of(chosen, words, width), width, "  " if is_narrow else "    ", " " if is_narrow else "  "))
    if any(each.tests for each in chosen):
        lines += ["", paint("dim", next(rows))]
    for each in chosen:
        lines += metric_lines(each, [next(rows) for _ in each.tests], words, width, paint)
    return lines


def painted(text: str, verdict: Verdict, width: int, paint: Paint) -> list[str]:
    style = STYLES.get(verdict)
    return [paint(style, each) if style else each for each in wrap(text, width, "    ")]


def hosts(names: Sequence[str], words: Words) -> str:
    some = words.join(plain(name) for name in names[:HOSTS_MAX]) + (" …" if len(names) > HOSTS_MAX else "")
    return words.say("ui.why", text=some) if names else ""


def rows_of(metrics: Sequence[MetricLook], words: Words, width: int) -> list[list[str]]:
    keys = ("test", "change", "interval", "against", "clear")
    size = min(BAR_MAX, max(0, (width - TABLE_NEEDS) // 2))
    head = [words.say(f"ui.column.{key}") for key in keys]
    return [head, *(test_row(test, words, size) for each in metrics for test in each.tests)]


def test_row(test: Comparison, words: Words, size: int) -> list[str]:
    return [
        words.word("Test", test.test),
        ratio(test.test, test.estimate),
        spread(test),
        meter(test.against, test.against_at, words, size),
        meter(test.clear, test.clear_at, words, size),
    ]


def meter(evidence: float | None, threshold: float | None, words: Words, size: int) -> str:
    """A bar of ln E on its way to ln of the threshold, and both figures."""
    if threshold is None:
        return "-"
    full = int(progress(evidence, threshold) * size)
    bar = "█" * full + "░" * (size - full) + " " if size else ""
    return bar + words.say("ui.canary.of", evidence=amount(evidence), at=amount(threshold))


def metric_lines(look: MetricLook, rows: Sequence[str], words: Words, width: int, paint: Paint) -> list[str]:
    """The metric's verdict, its tests with their counts, and what is missing."""
    name = name_of(look, words)
    plainly = look.because.code in PLAIN
    why = "" if plainly else words.say("ui.why", text=words.reason(look.because))
    lines = painted(f"  {name}  {words.term(look.verdict)}{why}", look.verdict, width, paint)
    for test, row in zip(look.tests, rows, strict=True):
        lines.append(row)
        if test.canary.of or test.control.of:
            lines += [paint("dim", each) for each in wrap(f"      {counts(test, words)}", width, "      ")]
    if look.p99 is not None:
        ours, theirs = (band_text(band, words) for band in look.p99)
        told = words.say("ui.canary.p99", ours=ours, theirs=theirs)
        lines += [paint("dim", each) for each in wrap(f"      {told}", width, "      ")]
    if look.silent:
        lines += [paint("warn", each) for each in wrap(silent(look, words), width, "      ")]
    if look.trouble is not None:
        told = words.failure(Failure(FailureKind.REFUSED, look.trouble.code, look.trouble.fields))
        lines += [paint("warn", each) for each in wrap(f"    ! {told}", width, "      ")]
    return lines


def band_text(band: Band, words: Words) -> str:
    """`412 ms (200 ms … 800 ms)`: the band holds at all looks, and is as coarse as the buckets."""
    middle = "…" if band.estimate is None else words.duration(band.estimate)
    high = "" if band.high is None else words.duration(band.high)
    return f"{middle} ({words.duration(band.low)} … {high})".replace(" )", ")")


def counts(test: Comparison, words: Words) -> str:
    ours, theirs = test.canary, test.control
    fields = {"events": round(ours.events), "of": round(ours.of), "share": share(ours)}
    other = {"other_events": round(theirs.events), "other_of": round(theirs.of), "other_share": share(theirs)}
    return words.say("ui.canary.counts", **fields, **other)


def silent(look: MetricLook, words: Words) -> str:
    shown = words.join(look.silent[:HOSTS_MAX]) + (" …" if len(look.silent) > HOSTS_MAX else "")
    return f"    ! {words.say('ui.canary.silent', hosts=shown)}"


# --- all looks ----------------------------------------------------------------------------------------------


def look_lines(
    component: str, looks: Sequence[CanaryLook], words: Words, *, metrics: Sequence[str] = (), width: int = 0
) -> list[str]:
    """A line a look; with `metrics` chosen, their estimates and evidence. `width` 0 cuts nothing."""
    rows = [look_row(component, look, words, metrics) for look in looks]
    return table(rows, width or 10_000)


def look_row(component: str, look: CanaryLook, words: Words, metrics: Sequence[str]) -> list[str]:
    place = [
        words.time(moment_of(look)),
        plain(titled(component, words)),
        wave_of(look, words),
        str(look.number),
        words.term(look.verdict),
    ]
    if not look.stage:
        return [*place, words.reason(look.because)]
    if metrics:
        return [*place, words.say("ui.semicolon").join(figures(each, words) for each in only(look, metrics))]
    told = words.say("ui.semicolon").join(metric_standing(each, words) for each in look.metrics)
    return [*place, told or words.reason(look.because)]


def figures(look: MetricLook, words: Words) -> str:
    told = [test_figures(test, words) for test in look.tests] or [words.term(look.verdict)]
    return f"{plain(look.metric)} {words.join(told)}"


def test_figures(test: Comparison, words: Words) -> str:
    against = words.say("ui.canary.against", evidence=amount(test.against), at=amount(test.against_at))
    shown = f"{words.word('Test', test.test)} {ratio(test.test, test.estimate)} ({spread(test)})"
    if test.clear_at is None:
        return f"{shown} {against}"
    clear = words.say("ui.canary.for", evidence=amount(test.clear), at=amount(test.clear_at))
    return f"{shown} {against} {clear}"


# --- for programs -------------------------------------------------------------------------------------------


def look_json(component: str, look: CanaryLook, words: Words, metrics: Sequence[str] = ()) -> dict[str, Any]:
    """One look as it is recorded, with its words beside it. Estimates are ratios, evidence is E (of t-tests 1/p)."""
    found: dict[str, Any] = to_builtins(look)
    chosen = only(look, metrics)
    said = {"component": component, "why": words.reason(look.because), "standing": standing(look, words)}
    return {**said, **found, "metrics": [{**to_builtins(m), "why": words.reason(m.because)} for m in chosen]}


def margins_json(watching: Watching) -> list[dict[str, Any]]:
    """What was agreed before: margins as ratios, and each metric's share of the chance of a false rollback."""
    names = ("alpha", "rollback", "promote", "tail_rollback", "tail_promote")
    return [{"metric": m.metric.name, **{name: getattr(m, name) for name in names}} for m in watching.measured]
