"""What people see of a canary's judgement: views, figures, one-liners and the report, in both languages."""

import io
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from rich.console import Console

from liftlock.model.canary import CanaryLook, Comparison, MetricLook, Verdict
from liftlock.model.events import Entry
from liftlock.model.fold import fold
from liftlock.model.plan import Metric
from liftlock.model.reasons import because
from liftlock.model.schedule import Measured
from liftlock.publish.canary import canary_text, look_json, look_lines, margins_json
from liftlock.publish.figures import canary_figure, turned
from liftlock.publish.happenings import Weight
from liftlock.publish.live import live_view
from liftlock.publish.log import log_text, work_log
from liftlock.publish.looks import Looks, amount, looks_of, progress, ratio, standing
from liftlock.publish.paint import ansi
from liftlock.publish.plain import cells
from liftlock.publish.report import Record, report
from liftlock.publish.scales import Axis, apart, power_ticks, ratio_ticks, time_ticks
from liftlock.publish.status import status_json, status_text
from liftlock.publish.words import LANGUAGES, Words, zone_of
from tests.publish import canary_story as story
from tests.publish import golden

STORIES: dict[str, Callable[[], list[Entry]]] = {
    "watching": story.watching,
    "soaking": story.soaking,
    "upgraded": story.upgraded,
    "caught": story.caught,
}
EN, ZH = Words("en", zone="Asia/Shanghai"), Words("zh", zone="Asia/Shanghai")


def words_of(language: str) -> Words:
    return ZH if language == "zh" else EN


def looks(name: str) -> Looks:
    return looks_of(STORIES[name]())["orders"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORIES)
def test_the_view(name: str, language: str) -> None:
    text = "\n".join(canary_text("orders", looks(name)[-1], words_of(language), width=80)) + "\n"
    golden.same_as(golden.FOLDER / f"canary-{name}.{language}.txt", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_view_keeps_to_the_width(name: str, language: str, width: int) -> None:
    lines = canary_text("orders", looks(name)[-1], words_of(language), width=width)
    assert max(cells(line) for line in lines) <= width


def test_colours_change_no_word() -> None:
    bare = canary_text("orders", looks("caught")[-1], EN)
    painted = canary_text("orders", looks("caught")[-1], EN, paint=ansi)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in painted] == bare
    assert painted != bare


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_look_is_a_line(language: str) -> None:
    shown = look_lines("orders", looks("caught"), words_of(language))
    golden.same_as(golden.FOLDER / f"canary-looks.{language}.txt", "\n".join(shown) + "\n")
    assert len(shown) == len(looks("caught"))


def test_one_metric_is_told_with_its_figures() -> None:
    (line,) = look_lines("orders", looks("caught")[-1:], EN, metrics=["latency"])
    assert "mean +21 %" in line
    assert "164 of 100 against it" in line
    assert "errors" not in line
    text = "\n".join(canary_text("orders", looks("caught")[-1], EN, metrics=["errors"]))
    assert "errors  passes" in text
    assert "latency  " not in text


def test_programs_read_what_was_recorded() -> None:
    told = look_json("orders", looks("caught")[-1], EN, ["latency"])
    assert told["verdict"] == "fail"
    assert told["why"] == "latency: 90 % against the hosts compared with"
    assert [each["metric"] for each in told["metrics"]] == ["latency"]
    assert told["metrics"][0]["tests"][1]["against_at"] == 100.0
    assert margins_json(story.WATCHING)[1] == {
        "metric": "latency", "alpha": 0.02, "rollback": 1.05, "promote": 1.1,
        "tail_rollback": 1.25, "tail_promote": 2.0,
    }  # fmt: skip


def test_weaker_is_said_with_its_cause() -> None:
    look = looks("soaking")[-1]
    for reference, said in (
        ("untouched", "3 hosts"),
        ("promoted", "no untouched hosts are left"),
        ("past", "no hosts"),
    ):
        text = "\n".join(canary_text("orders", replace(look, reference=reference), EN, width=200))
        assert f"! a weaker judgement: {said}" in text
    assert "!" not in canary_text("orders", replace(look, weaker=False, controls=12), EN, metrics=["errors"])[3]


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb", "<script>"])
def test_a_name_paints_no_terminal_and_no_page(name: str) -> None:
    test = Comparison(
        "rate", Verdict.FAIL, because("canary-worse", metric=name, change=3), 2.0, 1.5, 3.0, 50, 40, 1, 20
    )
    look = CanaryLook(
        1, 0, f"{name}/1/w1", "untouched", Verdict.FAIL, because("x", metric=name), metrics=(
            MetricLook(name, Verdict.FAIL, because("canary-worse", metric=name, change=3), True, (test,)),
        ), canaries=(name,), controls=4,
    )  # fmt: skip
    for text in ("\n".join(canary_text(name, look, EN)), "\n".join(look_lines(name, [look], EN))):
        assert "\x1b" not in text
    figure = canary_figure(name, (look,), EN)
    assert "<script" not in figure
    ElementTree.fromstring(figure)


# --- figures of one line ---------------------------------------------------------------------------------------


def test_how_a_canary_stands() -> None:
    told = "look 11: errors is not decided yet (0.058 of 100 against it, 11 of 20 for it), latency is not decided yet"
    assert standing(looks("soaking")[-1], EN).startswith(told)
    assert "latency fails (122 of 100 against it)" in standing(looks("caught")[-1], EN)


@pytest.mark.parametrize(
    ("evidence", "at", "part"),
    [(None, 20, 0), (0.3, 20, 0), (1, 20, 0), (20**0.5, 20, 0.5), (20, 20, 1), (1e300, 20, 1), (5, None, 0)],
)
def test_progress_is_that_of_the_logarithm(evidence: float | None, at: float | None, part: float) -> None:
    assert progress(evidence, at) == pytest.approx(part)


def test_figures_read_well() -> None:
    shown = [amount(each) for each in (None, 0.0, 0.058, 3.14, 57.4, 1234, 3.2e6, 9.7e6, 1e150)]
    assert shown == ["-", "<0.01", "0.058", "3.1", "57", "1,234", "3·10⁶", "10⁷", ">10⁹⁹"]
    assert [ratio("rate", each) for each in (None, 1.0, 12.4)] == ["…", "×1.00", "×12"]
    assert [ratio("contrast", each) for each in (1.082, 0.9999, 0.4, 4.0)] == ["+8.2 %", "0.0 %", "-60 %", "×4.00"]


# --- status, live, log, report ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["watching", "soaking"])
def test_status(name: str, language: str) -> None:
    entries = STORIES[name]()
    run = fold(entries)
    text = status_text(story.SCHEDULE, run, entries[-1].at, words_of(language), name="run-1", width=80)
    golden.same_as(golden.FOLDER / f"status-canary-{name}.{language}.txt", text)
    out = io.StringIO()
    view = live_view(story.SCHEDULE, run, entries[-1].at, words_of(language), width=80)
    Console(file=out, width=80, color_system=None, legacy_windows=False).print(view)
    shown = [line.rstrip() for line in out.getvalue().splitlines()]
    assert [line for line in text.splitlines() if line.startswith("orders: ") or "look 11" in line] == [
        line for line in shown if line.startswith("orders: ") or "look 11" in line
    ]
    data = status_json(story.SCHEDULE, run, entries[-1].at, words_of(language))
    assert data["canaries"]["orders"]["number"] == {"watching": 3, "soaking": 11}[name]


def test_a_promoted_wave_is_no_news() -> None:
    entries = story.upgraded()
    assert "look" not in status_text(story.SCHEDULE, fold(entries), entries[-1].at, EN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["upgraded", "caught"])
def test_report(name: str, language: str) -> None:
    entries = STORIES[name]()
    text = report(Record(story.SCHEDULE, entries, fold(entries), (), "run-1"), words_of(language))
    title = words_of(language).say("ui.report.canary")
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    golden.same_as(golden.FOLDER / f"report-canary-{name}.{language}.md", section)


def test_the_log_tells_a_failed_look_as_a_problem() -> None:
    lines = list(work_log(story.caught(), EN))
    told = [line for line in lines if line.kind == "CanaryLooked"]
    assert [line.weight for line in told[-3:]] == [Weight.DETAIL, Weight.PROBLEM, Weight.PROBLEM]
    assert "canary of orders, look 22: fails, latency: 90 % against" in "\n".join(log_text(told, EN))


# --- SVG -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "language"), [("caught", "en"), ("caught", "zh"), ("upgraded", "en"), ("watching", "zh")]
)
def test_the_figure(name: str, language: str) -> None:
    figure = canary_figure("orders", looks(name), words_of(language), story.WATCHING)
    golden.same_as(golden.FOLDER / f"canary-{name}.{language}.svg", figure)


@pytest.mark.parametrize("shown", [0, 1, 2, 4, 5, 9])
def test_figures_of_few_looks(shown: int) -> None:
    figure = canary_figure("orders", looks("soaking")[:shown], EN, story.WATCHING)
    root = ElementTree.fromstring(figure)
    assert ("compared yet" in figure) == (shown <= story.BEFORE)
    for each in root.iter():
        for name in ("x", "y", "cx", "cy", "x1", "x2", "y1", "y2"):
            assert 0 <= float(each.get(name, 0)) <= float(root.get("width" if "x" in name else "height", 0))


def test_a_figure_needs_nothing_else() -> None:
    figure = canary_figure("orders", looks("caught"), ZH, story.WATCHING)
    assert "prefers-color-scheme:dark" in figure
    assert not re.search(r"<script|@import|@font-face|url\(|href", figure)


def test_a_long_run_is_no_longer_a_file() -> None:
    last = looks("caught")[-1]
    many = [replace(last, number=i, at=last.at + i) for i in range(20_000)]
    assert len(canary_figure("orders", many, EN)) < 80_000


def test_where_lower_is_worse_the_margin_is_below_one() -> None:
    measured = Measured(Metric("free", "saturation", worse="lower"), story.SOURCE, 0.05, 1.25, 2.0)
    assert turned(measured, "contrast") == (0.8, 0.5)
    assert turned(measured, "rate") == (1.25, 2.0)


def test_ticks() -> None:
    zone = zone_of("Asia/Kathmandu")  # 5:45 ahead
    day = 1_795_000_000.0
    labels = [label for _, label in time_ticks(day, day + 7200, zone)]
    assert {label[-2:] for label in labels} == {"00", "30"}
    assert 2 <= len(labels) <= 6
    assert all("-" in label for _, label in time_ticks(day, day + 20 * 86400, zone))
    assert len(time_ticks(day, day, zone)) == 1
    assert power_ticks(0.05, 600) == [0.1, 1, 10, 100]
    assert power_ticks(0.05, 1e12) == [1, 1e3, 1e6, 1e9, 1e12]
    assert ratio_ticks(0.91, 1.19) == pytest.approx([0.95, 1.0, 1.05, 1.1, 1.15]) or len(ratio_ticks(0.91, 1.19)) <= 6
    assert ratio_ticks(0.3, 4) == [0.5, 1.0, 2.0]


def test_labels_cover_none() -> None:
    placed = apart([100, 100, 101, 40], 14, 0, 110)
    assert sorted(placed) == [40, 82, 96, 110]
    assert Axis(1, 100, 0, 10, log=True).at(10) == pytest.approx(5)
    assert Axis(1, 100, 0, 10).at(1000) == 10
