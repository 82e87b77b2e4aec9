from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.model.actions import Failure, FailureKind
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import Entry, HoldRaised, RollbackBegan, RunPaused
from liftlock.model.findings import Finding, Severity
from liftlock.model.reasons import Reason, because
from liftlock.publish.happenings import last_words
from liftlock.publish.words import Words, choose_language, merge_words

EN, ZH = Words("en"), Words("zh")
AT = datetime(2026, 11, 24, 14, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("flag", "plan", "environ", "language"),
    [
        ("zh", "en", {"LANG": "en_US.UTF-8"}, "zh"),
        ("", "zh", {"LANG": "en_US.UTF-8"}, "zh"),
        ("", "", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("", "", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ("", "", {"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ("zh-Hans", "", {}, "zh"),
        ("fr", "", {"LANG": "de_DE"}, "en"),
        ("", "", {}, "en"),
    ],
)
def test_flag_then_plan_then_locale(flag: str, plan: str, environ: dict[str, str], language: str) -> None:
    assert choose_language(flag, plan, environ) == language


def test_a_code_without_words_shows_the_code_and_the_fields() -> None:
    assert EN.say("reason.never-heard-of", host="app-01", n=3) == "reason.never-heard-of host=app-01 n=3"


def test_a_missing_field_shows_the_code_and_what_there_is() -> None:
    assert EN.say("event.StageOpened") == "event.StageOpened"


def test_a_drivers_malformed_text_does_not_raise() -> None:
    words = Words("en", {"en": {"bad": "{", "worse": "{x.y.z} {0}"}})
    assert words.say("bad", a=1) == "bad a=1"
    assert words.say("worse", x=1) == "worse x=1"


@given(st.text(), st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.floats())))
def test_saying_never_raises(code: str, fields: dict[str, object]) -> None:
    for words in (EN, ZH):
        assert isinstance(words.say(code, **fields), str)
        assert isinstance(words.reason(Reason(code, fields)), str)  # type: ignore[arg-type]


def test_values_cannot_move_the_cursor_or_break_the_line() -> None:
    said = EN.say("ui.why", text="a\x1b[2Jb\nc\u202ed")
    assert "\x1b" not in said
    assert "\n" not in said
    assert "\u202e" not in said


def test_drivers_words_come_after_ours_and_fall_back_to_english() -> None:
    extra = merge_words([{"en": {"no-link": "no link at {path}"}, "zh": {}}, {"zh": {"other": "其他"}}])
    failure = Failure(FailureKind.REFUSED, "no-link", {"path": "/srv"})
    assert Words("en", extra).failure(failure) == "no link at /srv"
    assert Words("zh", extra).failure(failure) == "no link at /srv"
    assert Words("zh", extra).finding(Finding("other", Severity.ERROR)) == "其他"


def test_a_failure_of_the_world_is_worded_as_the_world_is() -> None:
    failure = Failure(FailureKind.UNREACHABLE, "world-unreachable", {"message": "app-01: no route"})
    assert EN.failure(failure) == EN.world(WorldError(WorldKind.UNREACHABLE, "app-01: no route"))


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"),
        (0.35, "350 ms", "350 毫秒"),
        (45, "45 s", "45 秒"),
        (600, "10 min", "10 分"),
        (4830, "1 h 20 min", "1 小时 20 分"),
        (90000, "1 d 1 h", "1 天 1 小时"),
        (86405, "1 d", "1 天"),
        (-60, "-1 min", "-1 分"),
    ],
)
def test_durations(seconds: float, en: str, zh: str) -> None:
    assert (EN.duration(seconds), ZH.duration(seconds)) == (en, zh)


def test_a_fields_name_says_its_unit() -> None:
    assert EN.value("left_s", 90.0) == "1 min 30 s"
    assert EN.value("size_bytes", 2048) == "2 KiB"
    assert EN.value("disk_free_mb", 1024) == "1 GiB"
    assert EN.value("hosts", 1234567) == "1,234,567"
    assert EN.value("kind", "timeout") == "timed out"


def test_no_data_is_not_a_number() -> None:
    assert EN.number(None) == EN.number(float("nan")) == "no data"


def test_times_are_in_the_zone() -> None:
    assert EN.within("Asia/Shanghai").moment(AT) == "2026-11-24 22:05:06"
    assert EN.within("No/Such_Zone").time(AT) == "14:05:06"


def test_an_event_reads_as_a_sentence() -> None:
    paused = Entry(0, AT, 1, RunPaused("li.wei", "network"))
    assert EN.event(paused) == "li.wei paused the run: network"
    assert ZH.event(paused) == "li.wei 暂停执行：network"
    assert EN.event(Entry(0, AT, 1, RunPaused("li.wei"))) == "li.wei paused the run"


def test_a_reason_inside_an_event_is_worded() -> None:
    held = Entry(0, AT, 1, HoldRaised("run", because("rolled-back-in-part", scope="hosts")))
    assert "reason." not in EN.event(held)
    back = Entry(0, AT, 1, RollbackBegan("hosts", because("asked", by="li.wei", why="slow"), ("app-01",), "li.wei"))
    assert "app-01" in EN.event(back)


def test_facts_are_no_words_of_a_host() -> None:
    assert last_words("it broke\n") == "it broke"
    assert last_words("it broke\n@before_process=97\n") == ""
    assert last_words("@host: it broke") == "@host: it broke"
