"""A canary's judgement as a figure: for each test a row, evidence over the looks beside the estimate with its interval.

Rules: one SVG file that needs nothing else: no script, no fonts but the reader's own, light and dark by the reader's
preference. The same looks give the same bytes. Lines are labelled where they are; the two colours differ for everybody
(Okabe and Ito's vermilion and blue), and the line styles differ as well.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

from msgspec import Struct

from liftlock.model.canary import CanaryLook, Comparison, Test
from liftlock.model.schedule import Measured, Watching
from liftlock.publish.hops import titled
from liftlock.publish.looks import amount, every_test, find, mark, moment_of, ratio, wave_of
from liftlock.publish.plain import cells, plain
from liftlock.publish.scales import Axis, apart, power_ticks, ratio_ticks, time_ticks
from liftlock.publish.svg import line, n, path
from liftlock.publish.words import Words

STYLE = """
.ll-paper{fill:#fff}.ll-panel{fill:#f7f8fa}
text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",
sans-serif;font-size:12px;fill:#24292f}
.ll-title{font-size:18px;font-weight:600}.ll-row{font-size:14px;font-weight:600}.ll-soft{fill:#57606a}
.ll-head{font-weight:600;fill:#57606a}.ll-now{font-weight:600}.ll-worse-text{fill:#b34700}.ll-clear-text{fill:#005f96}
.ll-grid{stroke:#dfe3e8;stroke-width:1}.ll-wave{stroke:#8c959f;stroke-width:1;stroke-dasharray:2 3}
.ll-one{stroke:#57606a;stroke-width:1}
.ll-worse{stroke:#d55e00;fill:none;stroke-width:2}.ll-clear{stroke:#0072b2;fill:none;stroke-width:2}
.ll-line{stroke:#24292f;fill:none;stroke-width:2}.ll-band{fill:#57606a;fill-opacity:.2}
.ll-limit{stroke-width:1.2;stroke-dasharray:6 4}
.ll-worse-dot{fill:#d55e00}.ll-clear-dot{fill:#0072b2}.ll-dot{fill:#24292f}
@media (prefers-color-scheme:dark){
.ll-paper{fill:#0d1117}.ll-panel{fill:#161b22}text,.ll-dot{fill:#e6edf3}.ll-soft,.ll-head{fill:#9da7b3}
.ll-worse-text{fill:#ff9a57}.ll-clear-text{fill:#6cc4f5}.ll-grid{stroke:#2d333b}.ll-wave{stroke:#6e7681}
.ll-one{stroke:#9da7b3}.ll-worse{stroke:#f5813f}.ll-clear{stroke:#56b4e9}.ll-line{stroke:#e6edf3}
.ll-band{fill:#9da7b3;fill-opacity:.25}.ll-worse-dot{fill:#f5813f}.ll-clear-dot{fill:#56b4e9}}
""".strip()
WIDTH, TOP, FOOT, ROW, TITLE = 1120, 96, 50, 182, 28
PANEL_W, PANEL_H = 350, 124
LEFTS = (70, 618)  # of the two panels of a row; labels stand at their right
LABEL_GAP, LINE_H = 8, 14
FLOOR, CEILING = 0.05, 1e6  # evidence beyond these stands at the edge
FARTHEST = 20.0  # a ratio beyond this, either way, stands at the edge

Value = Callable[[Comparison], float | None]


class Place(Struct, frozen=True):
    """One panel: the time's axis, and where it stands."""

    x: Axis
    top: float

    @property
    def bottom(self) -> float:
        return self.top + PANEL_H


class Seen(Struct, frozen=True):
    """A test as one look saw it, in which stage."""

    at: float
    stage: str
    test: Comparison


def canary_figure(
    component: str,
    looks: Sequence[CanaryLook],
    words: Words,
    watching: Watching | None = None,
    *,
    metrics: Sequence[str] = (),
) -> str:
    """The SVG document. `watching` has the margins; without it they are not drawn."""
    tests = every_test(looks, metrics)
    height = TOP + max(1, len(tests)) * ROW + FOOT
    body = list(heading(component, looks, words))
    if tests:
        body += rows(looks, tests, words, watching)
    else:
        body.append(text(WIDTH / 2, TOP + ROW / 2, words.say("ui.figure.nothing"), "ll-soft", "middle"))
    title = escape(plain(words.say("ui.figure.title", component=titled(component, words))))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    paper = f'<rect class="ll-paper" width="{WIDTH}" height="{height}"/>'
    lines = [f'{head} role="img" aria-label="{title}">', f"<title>{title}</title>", f"<style>{STYLE}</style>", paper]
    return "\n".join([*lines, *body, "</svg>"]) + "\n"


def heading(component: str, looks: Sequence[CanaryLook], words: Words) -> Iterator[str]:
    yield text(24, 36, words.say("ui.figure.title", component=titled(component, words)), "ll-title")
    if looks:
        last = looks[-1]
        state = words.say("ui.figure.state", number=last.number, at=moment_of(last), verdict=words.term(last.verdict))
        yield text(24, 58, state + words.say("ui.why", text=words.reason(last.because)), "ll-soft")


def rows(
    looks: Sequence[CanaryLook], tests: Sequence[tuple[str, Test]], words: Words, watching: Watching | None
) -> Iterator[str]:
    judged = [look for look in looks if any(each.tests for each in look.metrics)]
    first, last = judged[0].at, judged[-1].at
    span = max(last - first, 1.0)
    axes = [Axis(first - 0.02 * span, last + 0.02 * span, left, left + PANEL_W) for left in LEFTS]
    for axis, key in zip(axes, ("ui.figure.evidence", "ui.figure.estimates"), strict=True):
        yield text(axis.start, TOP - 12, words.say(key), "ll-head")
    for index, (metric, test) in enumerate(tests):
        top = TOP + index * ROW + TITLE
        seen = [Seen(look.at, look.stage, one) for look in judged if (one := find(look, metric, test)) is not None]
        yield text(24, top - 19, f"{metric} · {words.word('Test', test)}", "ll-row")
        evidence, estimates = (Place(axis, top) for axis in axes)
        for place in (evidence, estimates):
            yield from frame(place, judged, words, names=index == 0)
        yield from evidence_panel(evidence, seen, words)
        yield from estimate_panel(estimates, test, seen, words, margins_of(watching, metric, test))
    bottom = TOP + (len(tests) - 1) * ROW + TITLE + PANEL_H
    for axis in axes:
        yield text(
            (axis.start + axis.end) / 2,
            bottom + 36,
            words.say("ui.figure.time", zone=words.zone_name),
            "ll-soft",
            "middle",
        )


def frame(place: Place, looks: Sequence[CanaryLook], words: Words, *, names: bool) -> Iterator[str]:
    """The panel, its time axis, and where waves begin."""
    x = place.x
    yield f'<rect class="ll-panel" x="{x.start}" y="{n(place.top)}" width="{PANEL_W}" height="{PANEL_H}"/>'
    for at, label in time_ticks(x.low, x.high, words.zone):
        yield line(x.at(at), place.bottom, x.at(at), place.bottom + 4, "ll-one")
        yield text(x.at(at), place.bottom + 17, label, "ll-soft", "middle")
    stages = [next(group) for _, group in groupby(looks, lambda look: look.stage)]
    for look in stages if len(stages) > 1 else ():
        yield line(x.at(look.at), place.top, x.at(look.at), place.bottom, "ll-wave")
        if names:
            yield text(x.at(look.at), place.top - 4, wave_of(look, words), "ll-soft", "middle")


def margins_of(watching: Watching | None, metric: str, test: Test) -> tuple[float, float] | None:
    """Rollback's and promotion's, as ratios of what is measured."""
    found = next((m for m in watching.measured if m.metric.name == metric), None) if watching else None
    return None if found is None else turned(found, test)


def turned(measured: Measured, test: Test) -> tuple[float, float]:
    """Where lower is worse, a regression is a ratio below 1."""
    pair = (measured.tail_rollback, measured.tail_promote) if test == "tail" else (measured.rollback, measured.promote)
    return (1 / pair[0], 1 / pair[1]) if test == "contrast" and measured.metric.worse == "lower" else pair


# --- evidence -----------------------------------------------------------------------------------------------


def evidence_panel(place: Place, seen: Sequence[Seen], words: Words) -> Iterator[str]:
    values = [v for s in seen for v in (s.test.against, s.test.clear) if v is not None]
    limits = [v for v in (seen[-1].test.against_at, seen[-1].test.clear_at) if v is not None]
    high = min(
        max([10.0, *(3 * v for v in limits), *(2 * v for v in values)]), max([CEILING, *(9 * v for v in limits)])
    )
    low = max(min([0.5, *(v / 2 for v in values)]), FLOOR)
    y = Axis(low, high, place.bottom, place.top, log=True)
    for value in power_ticks(low, high):
        yield from level(place, y.at(value), amount(value))
    yield line(place.x.start, y.at(1), place.x.end, y.at(1), "ll-one")
    labels: list[tuple[float, str, str]] = []
    for name, figure, limit, at_key, key in (
        ("ll-worse", against, seen[-1].test.against_at, "ui.figure.roll_back_at", "ui.figure.worse"),
        ("ll-clear", clear, seen[-1].test.clear_at, "ui.figure.promote_at", "ui.figure.not_worse"),
    ):
        if limit is not None:
            yield line(place.x.start, y.at(limit), place.x.end, y.at(limit), f"{name} ll-limit")
            labels.append((y.at(limit), words.say(at_key, at=amount(limit)), f"{name}-text"))
            yield from trace(place, y, seen, figure, name, f"{name}-dot")
            if (last := figure(seen[-1].test)) is not None:
                labels.append((y.at(last), f"{words.say(key)}: {amount(last)}", f"{name}-text"))
    yield from labelled(place, labels)


def against(test: Comparison) -> float | None:
    return test.against


def clear(test: Comparison) -> float | None:
    return test.clear


def estimate(test: Comparison) -> float | None:
    return test.estimate


# --- estimates ----------------------------------------------------------------------------------------------


def estimate_panel(
    place: Place, test: Test, seen: Sequence[Seen], words: Words, margins: tuple[float, float] | None
) -> Iterator[str]:
    y = ratio_axis(place, seen, margins)
    for value in ratio_ticks(y.low, y.high):
        yield from level(place, y.at(value), mark(test, value))
    yield from bands(place, y, seen)
    yield line(place.x.start, y.at(1), place.x.end, y.at(1), "ll-one")
    labels = [(y.at(1), words.say("ui.figure.no_change"), "ll-soft")]
    for margin, name, key in zip(
        margins or (),
        ("ll-worse", "ll-clear"),
        ("ui.figure.roll_back_beyond", "ui.figure.promote_within"),
        strict=False,
    ):
        yield line(place.x.start, y.at(margin), place.x.end, y.at(margin), f"{name} ll-limit")
        labels.append((y.at(margin), words.say(key, margin=mark(test, margin)), f"{name}-text"))
    yield from trace(place, y, seen, estimate, "ll-line", "ll-dot")
    if (last := seen[-1].test.estimate) is not None:
        labels.append((y.at(last), ratio(test, last), "ll-now"))
    yield from labelled(place, labels)


def ratio_axis(place: Place, seen: Sequence[Seen], margins: tuple[float, float] | None) -> Axis:
    """Margins, estimates, and the later half's intervals: the first are wide, and would leave nothing to see."""
    settled = seen[len(seen) // 2 :]
    ends = [v for s in settled for v in (s.test.low, s.test.high) if v is not None]
    values = [v for v in (*ends, *(margins or ()), *(s.test.estimate for s in seen), 0.95, 1.05) if v]
    low, high = max(min(values), 1 / FARTHEST), min(max(values), FARTHEST)
    return Axis(low * (low / high) ** 0.08, high * (high / low) ** 0.08, place.bottom, place.top, log=True)


def bands(place: Place, y: Axis, seen: Sequence[Seen]) -> Iterator[str]:
    """The interval as an area, broken where there is none and where another wave begins."""
    for run in runs(seen, lambda test: None if test.low is None and test.high is None else 1.0):
        shown = last_of_pixels(place, run)
        lows = [(place.x.at(s.at), y.at(s.test.low or y.low)) for s in shown]
        highs = [(place.x.at(s.at), y.at(y.high if s.test.high is None else s.test.high)) for s in shown]
        if len(shown) == 1:
            (x, bottom), (_, top) = lows[0], highs[0]
            lows, highs = [(x - 3, bottom), (x + 3, bottom)], [(x - 3, top), (x + 3, top)]
        yield f'<path class="ll-band" d="{path([*lows, *reversed(highs)])}Z"/>'


# --- lines, labels, elements --------------------------------------------------------------------------------


def runs(seen: Sequence[Seen], value: Value) -> Iterator[list[Seen]]:
    """What is drawn without a break: looks of one stage that have the value."""
    for (_, there), group in groupby(seen, lambda s: (s.stage, value(s.test) is not None)):
        if there:
            yield list(group)


def last_of_pixels(place: Place, seen: Sequence[Seen]) -> list[Seen]:
    """Of looks closer together than a pixel, the last: a file's size is bounded by the figure's."""
    return list({round(place.x.at(s.at)): s for s in seen}.values())


def trace(place: Place, y: Axis, seen: Sequence[Seen], value: Value, name: str, dot: str) -> Iterator[str]:
    for run in runs(seen, value):
        points = [(place.x.at(s.at), y.at(value(s.test) or y.low)) for s in last_of_pixels(place, run)]
        if len(points) > 1:
            yield f'<path class="{name}" d="{path(points)}"/>'
        yield f'<circle class="{dot}" cx="{n(points[-1][0])}" cy="{n(points[-1][1])}" r="3"/>'


def labelled(place: Place, labels: Sequence[tuple[float, str, str]]) -> Iterator[str]:
    """At the right of the panel, none over another."""
    places = apart([y for y, _, _ in labels], LINE_H, place.top + 2, place.bottom - 2)
    for at, (_, label, name) in zip(places, labels, strict=True):
        yield text(place.x.end + LABEL_GAP, at + 4, label, name)


def level(place: Place, at: float, label: str) -> Iterator[str]:
    yield line(place.x.start, at, place.x.end, at, "ll-grid")
    yield text(place.x.start - 6, at + 4, label, "ll-soft", "end")


def text(x: float, y: float, words: str, name: str = "", anchor: str = "start") -> str:
    """Cut where it would leave the figure."""
    room = int((WIDTH - x) / 6.2) if anchor == "start" else 200
    shown = plain(words)
    while cells(shown) > room:
        shown = shown[:-2] + "…"
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    kind = f' class="{name}"' if name else ""
    return f'<text x="{n(x)}" y="{n(y)}"{kind}{side}>{escape(shown)}</text>'
