"""Every document, in both languages, byte by byte; and what must hold of them whatever they say."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.chapters import BackupStrategy, Goal, Measure, Risk, RollbackPlan
from liftlock.model.events import Entry, LaneResult
from liftlock.model.inventory import Host
from liftlock.model.plan import Component, Plan, Versions
from liftlock.model.ports import Head
from liftlock.model.reasons import because
from liftlock.model.schedule import Recipe
from liftlock.publish.history import gather
from liftlock.publish.log import Filter, log_json, log_text, work_log
from liftlock.publish.plain import cells
from liftlock.publish.plan_view import Estimates, plan_json, plan_text
from liftlock.publish.report import Record, report
from liftlock.publish.standing import Outlook
from liftlock.publish.status import status_json, status_text
from liftlock.publish.words import LANGUAGES, Words
from tests.publish import golden, story

STORIES: dict[str, Callable[[], list[Entry]]] = {
    "upgraded": story.upgraded,
    "rolled-back": story.rolled_back,
    "held": story.held,
}
PLAN = Plan(
    upgrade="Orders 1.0 → 1.1",
    components=(Component("orders", Versions("1.0", "1.1"), "app", ()),),
    owner="li.wei",
    background="checkout is slow | in the evening",
    goals=(Goal("G1", "checkout answers within 200 ms", Measure("latency_p99", below="200ms", by="2026-12-20")),),
    risks=(Risk("old clients disagree", "data", "low", "high", "rehearse", "roll back", "wang.fang"),),
    backup=(BackupStrategy("/etc/orders", "/backup", 604800, "restored into a scratch folder"),),
    rollback=RollbackPlan("error rate above 1 %", 900, "contract migration"),
    acceptance=("all goals met",),
)
HEAD = Head("orders-1.1/run-1", 80, 2, "0f" * 32)
ESTIMATES = Estimates({"orders-db/1/w1": 60, "orders/1/w1": 700, "orders/1/w2": 900}, 1660, 240)
OUTLOOK = Outlook(600, story.START + timedelta(minutes=30), story.START + timedelta(hours=6), 240, True)


def record(name: str) -> Record:
    entries = STORIES[name]()
    return Record(story.SCHEDULE, entries, story.run_of(entries), story.UPGRADE_ENTRIES, "run-1", PLAN, HEAD)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORIES)
def test_report(name: str, language: str) -> None:
    golden.same_as(golden.FOLDER / f"report-{name}.{language}.md", report(record(name), Words(language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_plan_view(language: str) -> None:
    text = plan_text(story.SCHEDULE, story.DIGEST, Words(language), estimates=ESTIMATES, width=80)
    golden.same_as(golden.FOLDER / f"plan.{language}.txt", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORIES)
def test_status(name: str, language: str) -> None:
    entries = STORIES[name]()
    text = status_text(
        story.SCHEDULE,
        story.run_of(entries),
        entries[-1].at,
        Words(language),
        name="run-1",
        waiting=story.WAITING,
        outlook=OUTLOOK,
        width=80,
    )
    golden.same_as(golden.FOLDER / f"status-{name}.{language}.txt", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORIES)
def test_work_log(name: str, language: str) -> None:
    words = Words(language).within(story.SCHEDULE.zone)
    lines = log_text(work_log(STORIES[name](), words, story.UPGRADE_ENTRIES), words)
    golden.same_as(golden.FOLDER / f"log-{name}.{language}.txt", "\n".join(lines) + "\n")


# --- whatever they say --------------------------------------------------------------------------------------


def texts() -> list[str]:
    found = []
    for language in LANGUAGES:
        words = Words(language)
        for tell in STORIES.values():
            entries = tell()
            run = story.run_of(entries)
            found += [
                report(Record(story.SCHEDULE, entries, run), words),
                status_text(story.SCHEDULE, run, entries[-1].at, words),
                "\n".join(log_text(work_log(entries, words), words)),
            ]
    return found


def test_no_document_shows_a_bare_code() -> None:
    for text in texts():
        assert not re.search(r"\b(reason|failure|event|word|ui|world)\.[a-z]", text)


def test_no_control_character_of_a_host_comes_through() -> None:
    assert any("\\x1b" in text for text in texts())
    assert not any("\x1b" in text for text in texts())


@pytest.mark.parametrize("name", STORIES)
def test_a_reports_tables_hold_together(name: str) -> None:
    """Every row of every table has as many cells as its head."""
    tokens = MarkdownIt("commonmark").enable("table").parse(report(record(name), Words("zh")))
    columns, row = 0, 0
    for token in tokens:
        match token.type:
            case "thead_open":
                columns = 0
            case "th_open":
                columns += 1
            case "tr_open":
                row = 0
            case "td_open":
                row += 1
            case "tr_close" if row:
                assert row == columns
    for line in report(record(name), Words("zh")).splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_a_report_is_pure() -> None:
    assert report(record("held"), Words("zh")) == report(record("held"), Words("zh"))


def test_a_fleet_of_thousands_is_told_in_hundreds() -> None:
    """The report is bounded: what is not shown is counted, and hosts with trouble come first."""
    pen = story.Pen()
    pen.open()
    hosts = tuple(f"app-{i:05}" for i in range(1200))
    stage = replace(story.SCHEDULE.stages[1], hosts=hosts)
    schedule = replace(story.SCHEDULE, stages=(stage,), hosts={host: Host(host) for host in hosts})
    pen.write(ev.StageOpened(stage.id))
    for host in hosts:
        result = LaneResult.FAILED if host == hosts[-1] else LaneResult.UPGRADED
        why = because("host-deadline", host=host) if result is LaneResult.FAILED else None
        pen.write(
            ev.StepStarted(f"{stage.id}/{host}/03-install", 1), ev.StepSucceeded(f"{stage.id}/{host}/03-install", 1)
        )
        pen.write(ev.LaneEnded(f"{stage.id}/{host}", result, why))
    text = report(Record(schedule, pen.entries, story.run_of(pen.entries)), Words("en"))
    assert len(text.splitlines()) < 2500
    assert hosts[-1] in text
    assert "700 more are in the journal" in text


# --- width ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_views_keep_to_the_width(language: str) -> None:
    words = Words(language)
    for width in (60, 80, 120):
        for line in plan_text(story.SCHEDULE, story.DIGEST, words, estimates=ESTIMATES, width=width).splitlines():
            assert cells(line) <= width or story.DIGEST in line or story.SCHEDULE.plan in line


# --- data ----------------------------------------------------------------------------------------------------


def test_the_logs_filter() -> None:
    words = Words("en")
    lines = list(work_log(story.held(), words, story.UPGRADE_ENTRIES))

    def kinds(**wanted: object) -> list[str]:
        return [line.kind for line in lines if Filter(**wanted).wants(line)]  # type: ignore[arg-type]

    assert kinds(people=("chen.jie",)) == ["ApprovalGiven", "RunPaused"]
    assert kinds(hosts=("app-04",)) == ["LaneSkipped"]
    assert set(kinds(problems=True)) == {"StepLost", "HoldRaised"}
    assert kinds(stages=("orders-db",), kinds=("StagePromoted",)) == ["StagePromoted"]
    assert kinds(until=story.START) == ["PlanFrozen", "ApprovalGiven", "ApprovalGiven", "RunBegan"]
    assert kinds(since=lines[-1].at) == ["RunPaused"]
    assert "orders/1/w1" not in {line.stage for line in lines if Filter(stages=("orders/1/w2",)).wants(line)}


def test_log_json_has_the_event_and_its_words() -> None:
    first, *_, last = log_json(work_log(story.upgraded(), Words("zh")))
    assert first["event"]["type"] == "RunOpened"
    assert last["weight"] == "milestone"
    assert "执行结束" in last["what"]


def test_status_json_is_plain_data() -> None:
    entries = story.held()
    found = status_json(
        story.SCHEDULE, story.run_of(entries), entries[-1].at, Words("en"), name="run-1", outlook=OUTLOOK
    )
    assert found["standing"] == "held"
    assert found["holds"][0]["subject"] == "orders/1/w2/app-02/01-backup"
    assert found["holds"][0]["code"] == "outcome-unknown"
    assert [stage["standing"] for stage in found["stages"]] == ["passed", "passed", "held"]
    assert found["in_hand"][0]["host"] == "app-03"
    assert found["outlook"]["can_return"] is True


def test_plan_json_names_the_points_of_no_return() -> None:
    found = plan_json(story.SCHEDULE, story.DIGEST, ESTIMATES)
    assert found["digest"] == story.DIGEST
    assert found["no_return"] == [
        {"component": "orders-db", "step": "02-contract", "because": "the old columns are dropped"}
    ]
    assert found["schedule"]["stages"][0]["id"] == "orders-db/1/w1"


# --- people ---------------------------------------------------------------------------------------------------


def test_status_says_what_people_have_to_do() -> None:
    """A manual step shows who has confirmed it, and how the next one does."""
    manual = Recipe(("01-manual",), (story.template(Kind.MANUAL, "manual"),))
    schedule = replace(story.SCHEDULE, recipes={**story.SCHEDULE.recipes, "orders": manual})
    step = "orders/1/w1/app-01/01-manual"
    pen = story.Pen()
    pen.open()
    pen.write(ev.StageOpened("orders/1/w1"), ev.StepStarted(step, 1), ev.ManualConfirmed(step, "wang.fang", "plugged"))
    run = story.run_of(pen.entries)
    text = status_text(schedule, run, pen.now, Words("en"))
    assert f"liftlock confirm {step}" in text
    assert "confirmed so far by wang.fang" in text
    found = status_json(schedule, run, pen.now, Words("en"))
    assert found["manual"] == [{"step": step, "confirmed_by": ["wang.fang"]}]


@pytest.mark.parametrize(
    ("subject", "answers"),
    [("orders/1/w2/app-02/01-backup", "treated as failed"), ("orders/1/w2", "soak anew"), ("run", "close the run")],
)
def test_status_says_what_an_answer_means(subject: str, answers: str) -> None:
    pen = story.Pen()
    pen.open()
    pen.write(ev.StageOpened("orders/1/w2"))
    pen.write(ev.StepStarted("orders/1/w2/app-02/01-backup", 1), ev.HoldRaised(subject, because("outcome-unknown")))
    text = status_text(story.SCHEDULE, story.run_of(pen.entries), pen.now, Words("en"), width=200)
    assert answers in text


def test_an_anomaly_says_what_came_of_it() -> None:
    words = Words("en")
    pen = story.Pen()
    pen.open()
    pen.write(ev.StageOpened("orders/1/w1"))
    pen.fail("orders/1/w1/app-01/01-backup")
    pen.step("orders/1/w1/app-01/01-backup", 2)
    step = "orders/1/w1/app-01/03-install"
    pen.write(ev.StepStarted(step, 1), ev.StepLost(step, 1, because("no-probe")))
    pen.write(ev.HoldRaised(step, because("outcome-unknown")), ev.HoldSettled(step, "not-done", "chen.jie", "looked"))
    pen.write(ev.LaneTurned("orders/1/w1/app-01", because("step-failed", step=step, kind="timeout")))
    history = gather(pen.entries, words)
    settled = {each.kind: each.settled for each in history.anomalies}
    assert settled["StepFailed"] == "attempt 2 succeeded"
    assert settled["StepLost"] == settled["HoldRaised"] == f"chen.jie settled {step}, not done: looked"
    assert settled["LaneTurned"] == ""
    pen.write(ev.LaneEnded("orders/1/w1/app-01", LaneResult.RETURNED))
    history = gather(pen.entries, words)
    assert "brought back" in {each.kind: each.settled for each in history.anomalies}["LaneTurned"]
    assert not history.open
