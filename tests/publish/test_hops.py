"""Hops read as such wherever a component is named, in both languages; what has one hop reads as it always did."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from liftlock.publish.comparison import Change, changes_text
from liftlock.publish.hops import after_text, is_of, title_of, titled
from liftlock.publish.live import progress_line
from liftlock.publish.plan_view import plan_text
from liftlock.publish.report import Record, report
from liftlock.publish.status import status_json, status_text
from liftlock.publish.words import Words
from tests.publish import story
from tests.simulate.scenarios import two_hops
from tests.simulate.test_seeds import story_over_hops

EN, ZH = Words("en"), Words("zh")
SCHEDULE = two_hops()


@pytest.mark.parametrize(
    ("component", "words", "expected"),
    [
        ("app", EN, "app (hop 1 of 2)"),
        ("app/2", EN, "app (hop 2 of 2)"),
        ("app/2", ZH, "app（第 2 跳，共 2 跳）"),
    ],
)
def test_a_hop_has_its_number(component, words, expected):
    assert title_of(SCHEDULE, component, words) == expected


def test_a_component_of_one_hop_has_its_name():
    assert title_of(story.SCHEDULE, "orders", EN) == "orders"
    assert (titled("orders", EN), titled("orders/2", EN), titled("orders/2", ZH)) == (
        "orders",
        "orders (hop 2)",
        "orders（第 2 跳）",
    )


def test_who_comes_after_all_hops_comes_after_the_component():
    policy = SCHEDULE.policies["app"]
    assert after_text(SCHEDULE, SCHEDULE.policies["app/2"], EN) == "app (hop 1 of 2)"
    assert after_text(SCHEDULE, replace(policy, after=("app", "app/2", "db")), EN) == "app, db"


def test_a_component_asked_for_is_all_its_hops():
    found = [name for name in ("app", "app/2", "web") if is_of(name, "app")]
    assert (found, is_of("app/2", "app/2"), is_of("app", "app/2"), is_of("web", "")) == (
        ["app", "app/2"],
        True,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("area", "name", "expected"),
    [
        ("policy", "app/2.soak_s", "app (hop 2).soak_s"),
        ("recipe", "app/2/before", "app (hop 2)/before"),
        ("step", "app/2/03-prove", "app (hop 2)/03-prove"),
        ("step", "app/03-prove", "app/03-prove"),
        ("stage", "app/2/w1.needs", "app/2/w1.needs"),
        ("check", "app/2/errors", "app/2/errors"),
    ],
)
def test_differences_say_which_hop(area, name, expected):
    assert f"~ {expected}: a → b" in changes_text([Change(area, name, "a", "b")], EN)


def test_the_plan_the_status_and_the_report_tell_hops_apart():
    told = story_over_hops(3)
    hops = [name for name in told.schedule.policies if "/" in name]
    title = title_of(told.schedule, hops[0], ZH)
    now = told.entries[-1].at + timedelta(seconds=1)
    for text in (
        plan_text(told.schedule, "d" * 64, ZH),
        status_text(told.schedule, told.run, now, ZH),
        report(Record(told.schedule, told.entries, told.run), ZH),
    ):
        assert title in text
    stages = status_json(told.schedule, told.run, now, EN)["stages"]
    assert {(each["component"], each["hop"]) for each in stages if each["id"].startswith(f"{hops[0]}/")} == {
        (hops[0].partition("/")[0], 2)
    }
    assert progress_line(told.schedule, told.run, now, EN)
