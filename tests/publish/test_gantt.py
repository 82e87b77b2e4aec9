"""The chart of a timetable: the same bytes for the same timetable, bounded, readable, harmless."""

import random
from datetime import datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.model.dated import Bond, Dated, Row, Shade
from liftlock.publish.gantt import gantt
from liftlock.publish.gantt_axis import bands, ticks
from liftlock.publish.gantt_lines import LINES_MAX, groups_of
from liftlock.publish.scales import Axis
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden
from tests.publish import timed_story as story

SVG = "{http://www.w3.org/2000/svg}"
EN = Words("en", zone="Asia/Shanghai")


def words_of(language: str) -> Words:
    return Words(language, zone="Asia/Shanghai")


def texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def classes(svg: str, name: str) -> int:
    return sum(name in (each.get("class") or "").split() for each in ElementTree.fromstring(svg).iter())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chart(language: str) -> None:
    golden.same_as(golden.FOLDER / f"gantt.{language}.svg", gantt(story.dated(), words_of(language), story.TODAY))


def test_the_order_of_jobs_and_shades_does_not_matter() -> None:
    made = story.dated()
    rows, shades = list(made.rows), list(made.shades)
    random.Random(7).shuffle(rows)
    random.Random(8).shuffle(shades)
    assert gantt(replace(made, rows=tuple(rows), shades=tuple(shades)), EN) == gantt(made, EN)


def test_every_job_has_its_form() -> None:
    svg = gantt(story.dated(), EN, story.TODAY)
    rows = story.rows()
    done = sum(row.ended is not None for row in rows)
    critical = sum(row.critical and not row.ended for row in rows)
    closer = sum(row.critical for row in rows if row.component)  # in the waves' own panel
    assert classes(svg, "ll-bar-critical") == critical + closer + 1  # and the legend's
    assert classes(svg, "ll-bar-done") == done + 1
    assert classes(svg, "ll-today") == 1
    assert classes(svg, "ll-due-line") == 1
    assert classes(svg, "ll-bond-critical") == critical


@pytest.mark.parametrize(("components", "waves"), [(12, 12), (40, 12), (330, 3)])
def test_a_fleet_stays_small_and_complete(components: int, waves: int) -> None:
    made = story.large(components, waves)
    groups = groups_of(made.rows, EN)
    lines = [line for group in groups for line in group.lines]
    assert len(lines) <= LINES_MAX
    assert sorted(row.id for line in lines for row in line.rows) == sorted(row.id for row in made.rows)
    assert len(gantt(made, EN)) < 400_000


def test_many_tasks_share_a_line_by_stage() -> None:
    rows = tuple(replace(row, id=f"{row.id}-{n}") for n in range(20) for row in story.rows())
    groups = groups_of(rows, EN)
    assert sum(len(group.lines) for group in groups) <= LINES_MAX
    assert [group.stage for group in groups][:2] == ["needs", "plan"]


def test_ten_thousand_jobs_make_a_file_of_bounded_size() -> None:
    assert len(gantt(story.large(1000, 10), EN)) < 1_500_000


def test_what_others_wrote_is_harmless() -> None:
    evil = '<script>alert("x")</script>\x1b[2J\n&\ufffe'
    made = story.dated()
    rows = tuple(replace(row, name=evil, owner=evil, people=(evil,)) for row in made.rows)
    shades = tuple(replace(shade, name=evil) for shade in made.shades)
    svg = gantt(replace(made, title=evil, rows=rows, shades=shades), EN)
    ElementTree.fromstring(svg)
    assert "<script" not in svg
    assert "\x1b" not in svg


def test_nothing_placed_is_said() -> None:
    assert "nothing is placed yet" in texts(gantt(Dated("u", "Orders", ()), EN))


def test_a_present_far_away_does_not_stretch_the_chart() -> None:
    far = story.TODAY + timedelta(days=4000)
    assert gantt(story.dated(), EN, far) == gantt(story.dated(), EN)


# --- the axis -----------------------------------------------------------------------------------------------


def span(zone: str, begins: str, days: float) -> list[str]:
    low = datetime.fromisoformat(begins).replace(tzinfo=ZoneInfo(zone)).timestamp()
    found = ticks(low, low + days * 86400, Words("en", zone=zone))
    return [f"{'#' if tick.major else ''}{tick.label}" for tick in found]


@pytest.mark.parametrize(
    ("begins", "days", "expected"),
    [
        (
            "2026-12-30T22:10",
            0.1,
            [
                "#30 Wed",
                "#31 Thu",
                "22:15",
                "22:30",
                "22:45",
                *(f"23:{m}" for m in ("00", "15", "30", "45")),
                "00:00",
                "00:15",
                "00:30",
            ],
        ),
        ("2026-12-30T22:00", 0.5, ["#30 Wed", "#31 Thu", "22:00", "23:00", *(f"{h:02d}:00" for h in range(10))]),
        ("2026-12-30T12:00", 3, ["#2026-12", "#2027-01", "31 Thu", "01 Fri", "02 Sat"]),
        ("2026-12-25T12:00", 30, ["#2026-12", "#2027-01", "28", "04", "11", "18"]),
        ("2026-11-20T00:00", 210, ["#2026", "#2027", *("12", "01", "02", "03", "04", "05", "06")]),
        ("2026-11-20T00:00", 1500, ["#2026", "#2027", "#2028", "#2029", "#2030"]),
    ],
)
def test_ticks(begins: str, days: float, expected: list[str]) -> None:
    assert span("Asia/Shanghai", begins, days) == expected


def test_days_are_the_clocks_also_where_it_is_changed() -> None:
    low = datetime(2026, 3, 27, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    found = [tick for tick in ticks(low, low + 3.9 * 86400, Words("en", zone="Europe/Berlin")) if not tick.major]
    assert [tick.label for tick in found] == ["27 Fri", "28 Sat", "29 Sun", "30 Mon"]
    assert [b.at - a.at for a, b in pairwise(found)] == [86400, 86400, 82800]


def test_shades_that_no_eye_would_tell_apart_are_one() -> None:
    first = story.at("2026-12-01T00:00")
    shades = [Shade("closed", first + timedelta(days=n), first + timedelta(days=n + 1)) for n in (0, 1, 5)]
    x = Axis(first.timestamp(), first.timestamp() + 10 * 86400, 0, 1000)
    assert [(band.begins, band.ends) for band in bands(shades, "closed", x)] == [(0, 200), (500, 600)]
    assert list(bands(shades, "freeze", x)) == []


@pytest.mark.parametrize(("days", "closer"), [(1, True), (10, False)])
def test_waves_that_are_too_thin_have_a_panel_of_their_own(days: int, closer: bool) -> None:
    first = story.at("2026-12-22T22:00")
    task = Row("scheme", first - timedelta(days=30), first - timedelta(days=29), stage="plan")
    waves = [
        Row(f"db/1/w{n}", at, at + timedelta(minutes=40), stage="waves", component="db")
        for n in range(1, 4)
        for at in (first + n * timedelta(days=days),)
    ]
    made = Dated("u", "Orders", (task, *waves))
    told = texts(gantt(made, EN))
    assert ("The waves, closer" in told) is closer
    assert told.count("db w2") == (2 if closer else 1)
    few = replace(made, rows=made.rows[:3])
    assert "The waves, closer" not in texts(gantt(few, EN))


def test_a_milestone_is_a_diamond() -> None:
    made = Dated("u", "Orders", (Row("go", story.TODAY, story.TODAY, name="Go"),))
    (path,) = [e for e in ElementTree.fromstring(gantt(made, EN)).iter(f"{SVG}path") if e.get("class") == "ll-bar"][:1]
    assert path.get("d", "").endswith("l6 -6 6 6 -6 6Z")


MINUTES = st.integers(0, 400 * 24 * 60)
JOBS = st.lists(
    st.tuples(MINUTES, st.integers(0, 60 * 24 * 60), st.sampled_from(["plan", "waves", "tests"]), st.text(max_size=8)),
    min_size=1,
    max_size=90,
)


@settings(max_examples=25, deadline=None)
@given(JOBS, st.booleans(), MINUTES)
def test_whatever_is_placed_the_chart_is_whole_and_stays_within_its_frame(
    jobs: list[tuple[int, int, str, str]], critical: bool, today: int
) -> None:
    rows = []
    for number, (begins, minutes, stage, name) in enumerate(jobs):
        first = story.TODAY + timedelta(minutes=begins)
        component = f"c{number % 7}" if stage == "waves" else ""
        after = (Bond(f"j/1/{number - 1}"),) if number % 3 else ()
        ends = first + timedelta(minutes=minutes)
        rows.append(
            Row(f"j/1/{number}", first, ends, name, stage, component, critical=critical, after=after, slack_s=3600.0)
        )
    svg = gantt(Dated("u", "t", tuple(rows), story.shades()), EN, story.TODAY + timedelta(minutes=today))
    root = ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert "inf" not in svg.replace("info", "")
    for each in root.iter():
        for key in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.get(key, "0")) <= 1280
        for key in ("width", "height"):
            assert each.tag.endswith("pattern") or float(each.get(key, "0")) >= 0
    assert len(list(root.iter(f"{SVG}title"))) > 1
