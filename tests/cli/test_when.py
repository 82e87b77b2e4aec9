"""`liftlock when`: from a plan file to a timetable that is shown, explained, moved, written and kept."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from liftlock.execute import solver
from tests.cli.conftest import POLLED_S, Site

TIMETABLE = """\
windows:
  - {{days: [tue, wed, thu], from: "22:00", to: "04:00"}}
freezes:
  - {{from: 2036-03-25, to: 2036-03-28, because: quarter's end}}
team:
  people:
    - {{id: li.wei, name: 李伟, contact: {{mail: li.wei@bank.example}}}}
    - {{id: chen.jie, name: 陈洁, absences: [{{from: 2036-03-17, to: 2036-03-18}}]}}
budget:
  amounts:
    - {{what: vendor, planned: 900, task: uat}}
  periods:
    - {{from: 2036-03-01, to: 2036-03-31, limit: 1000}}
timetable:
  starts: {starts}
  calendar: {{country: DE}}
{more}
  tasks:
    - {{id: scheme, name: 实施方案, stage: plan, days: {days}, owner: li.wei, people: [li.wei]}}
    - {{id: uat, name: UAT, stage: tests, days: 3, after: [scheme], owner: chen.jie, people: [chen.jie]}}
    - {{id: sign-off, name: Go, stage: approval, days: 0, after: [uat], owner: li.wei}}
    - {{id: accept, name: Acceptance, stage: acceptance, days: 1, owner: li.wei}}
{tasks}
"""
STARTS = "2036-03-03"  # a Monday


def write(site: Site, *, days: int = 2, more: str = "", tasks: str = "", starts: str = STARTS) -> None:
    text = TIMETABLE.format(starts=starts, days=days, more=more, tasks=tasks)
    site.write_plan(more=text)


def begins(found: dict[str, Any]) -> dict[str, str]:
    return {task["id"]: task["begins"][:16] for task in found["tasks"]}


FIRST = {
    "scheme": "2036-03-03T09:00",
    "uat": "2036-03-05T09:00",
    "sign-off": "2036-03-07T18:00",
    "app/1/w1": "2036-03-11T22:00",
    "app/1/w2": "2036-03-11T22:02",
    "accept": "2036-03-12T09:00",
}


def test_the_timetable(site: Site) -> None:
    write(site)
    found = site.data("when", "plan.yaml")
    assert begins(found) == FIRST
    assert found["proved"] is True
    assert found["critical"] == list(FIRST)
    assert found["conflicts"] == []
    assert found["budget"]["periods"][0]["planned"] == 900
    assert {load["person"] for load in found["workload"]} == {"li.wei", "chen.jie"}
    shown = site.run("when", "plan.yaml").stdout
    assert "* uat" in shown
    assert "critical path (6): 实施方案 → UAT → Go → app w1…w2 → Acceptance" in shown
    assert "关键路径" in site.run("when", "plan.yaml", "--lang", "zh").stdout


def test_looking_makes_no_record(site: Site) -> None:
    write(site)
    site.run("when", "plan.yaml")
    assert not (site.folder / ".liftlock").exists()


def test_a_plan_without_a_timetable_has_its_waves(site: Site) -> None:
    found = site.data("when", "plan.yaml")
    assert [task["id"] for task in found["tasks"]] == ["app/1/w1", "app/1/w2"]


# --- why then, what if there --------------------------------------------------------------------------------


def test_why_a_task_begins_when_it_does(site: Site) -> None:
    write(site)
    (told,) = site.data("when", "plan.yaml", "--explain", "app/1/w1")["explained"]
    assert {each["code"] for each in told["because"]} >= {"window"}
    assert told["followers"] == ["app/1/w2"]
    assert told["chain"] == ["scheme", "uat", "sign-off"]
    shown = site.run("when", "plan.yaml", "--explain", "uat").stdout
    assert "2036-03-05 09:00" in shown
    assert "These wait for it: sign-off" in shown
    assert "critical path" not in shown


def test_a_task_that_is_not_there_is_refused_with_those_that_are(site: Site) -> None:
    write(site)
    for words in (("--explain", "ua"), ("--move", "ua", "2036-03-10")):
        said = site.data("when", "plan.yaml", *words, expect=1)
        assert said["error"] == "no-such-task"
        assert said["message"].endswith(": uat")


def test_what_a_move_moves(site: Site) -> None:
    write(site)
    found = site.data("when", "plan.yaml", "--move", "uat", "2036-03-10")
    assert found["move"]["task"] == "uat"
    assert {each["task"] for each in found["move"]["moved"]} == {"uat", "sign-off", "app/1/w1", "app/1/w2", "accept"}
    assert begins(found)["app/1/w1"] == "2036-03-12T22:00"
    assert (found["move"]["ends_before"][:10], found["move"]["ends_after"][:10]) == ("2036-03-12", "2036-03-13")
    shown = site.run("when", "plan.yaml", "--move", "uat", "2036-03-10").stdout
    assert "The whole ends 2036-03-13 18:00: 1 d later." in shown
    assert begins(site.data("when", "plan.yaml")) == FIRST  # nothing was written


@pytest.mark.parametrize(
    ("task", "day", "near"),
    [
        ("uat", "2036-03-08", "2036-03-07 09:00, 2036-03-10 09:00"),  # a Saturday
        ("app/1/w1", "2036-03-26T23:00", "2036-03-21 03:58, 2036-04-01 22:00"),  # the freeze
        ("uat", "2036-03-10T10:00", "2036-03-10 09:00, 2036-03-11 09:00"),
    ],
)
def test_a_move_to_where_nothing_may_begin_is_refused_with_what_is_near(
    site: Site, task: str, day: str, near: str
) -> None:
    write(site)
    said = site.data("when", "plan.yaml", "--move", task, day, expect=1)
    assert said["error"] == "task-not-then"
    assert near in said["help"]


def test_a_move_that_cannot_be_says_with_what_it_is_at_odds(site: Site) -> None:
    write(site)
    said = site.data("when", "plan.yaml", "--move", "uat", "2036-03-17", expect=1)
    assert said["feasible"] is False
    assert any(fault["fields"].get("resource") == "person:chen.jie" for fault in said["faults"])


def test_what_has_begun_does_not_move(site: Site) -> None:
    began = "    - {id: lab, name: Lab, stage: tests, days: 2, began: 2036-03-03T09:00}"
    write(site, tasks=began)
    assert site.data("when", "plan.yaml", "--move", "lab", "2036-03-10", expect=1)["error"] == "task-has-begun"


def test_a_date_that_is_none_is_a_usage_error(site: Site) -> None:
    write(site)
    site.run("when", "plan.yaml", "--move", "uat", "soon", expect=2)
    site.run("when", "plan.yaml", "--limit", "0s", expect=2)


# --- there is none, or it is in somebody's way --------------------------------------------------------------


def test_no_timetable_is_status_1_with_the_reason(site: Site) -> None:
    write(site, more="  ends: 2036-03-10")
    said = site.data("when", "plan.yaml", expect=1)
    assert said["feasible"] is False
    assert said["faults"]
    shown = site.run("when", "plan.yaml", expect=1).stdout
    assert shown.startswith("There is no timetable")
    assert "ui." not in shown


def test_a_conflict_that_blocks_is_status_1(site: Site) -> None:
    change = "  changes: [{id: CHG7, from: 2036-03-03T08:00, to: 2036-03-03T12:00, people: [li.wei]}]"
    began = "    - {id: lab, stage: tests, days: 1, began: 2036-03-03T09:00, people: [li.wei]}"
    write(site, more=change, tasks=began)
    found = site.data("when", "plan.yaml", "--conflicts", expect=1)
    assert {(each["cause"], each["other"]) for each in found["conflicts"]} >= {("assignee", "CHG7")}
    assert "CHG7" in site.run("when", "plan.yaml", "--conflicts", expect=1).stdout
    write(site)
    assert site.run("when", "plan.yaml", "--conflicts").stdout == "no conflicts\n"


def test_without_the_solver_rules_place_it_and_say_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write(site)
    monkeypatch.setattr(solver, "find_spec", lambda name: None)
    result = site.run("when", "plan.yaml", "--json")
    assert "liftlock[solver]" in result.stderr
    assert begins(json.loads(result.stdout)) == FIRST


# --- files --------------------------------------------------------------------------------------------------


def test_files_are_written_and_read_by_others(site: Site) -> None:
    write(site)
    words = ("--svg", "t.svg", "--csv", "t.csv", "--xlsx", "t.xlsx", "--ics", "cal")
    said = site.run("when", "plan.yaml", *words).stdout
    assert said.count("written") == 6
    ElementTree.parse(site.folder / "t.svg")
    book = load_workbook(io.BytesIO((site.folder / "t.xlsx").read_bytes()))
    assert book.sheetnames == ["Timetable", "Workload", "Budget"]
    assert book["Timetable"].max_row == len(FIRST) + 1
    assert (site.folder / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfTask,")
    folder = site.folder / "cal"
    assert sorted(path.name for path in folder.iterdir()) == ["all.ics", "chen.jie.ics", "li.wei.ics"]
    events = Calendar.from_ical((folder / "chen.jie.ics").read_bytes()).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["App to 1.1: UAT"]
    assert "replaced" in site.run("when", "plan.yaml", "--svg", "t.svg").stdout
    assert site.data("when", "plan.yaml", "--ics", "one.ics")["files"] == ["one.ics"]


def test_a_folder_that_is_not_there_is_told_before_anything_is_solved(site: Site) -> None:
    write(site)
    assert site.data("when", "plan.yaml", "--svg", "no/t.svg", expect=6)["error"] == "missing"


# --- kept ---------------------------------------------------------------------------------------------------


def test_a_kept_timetable_stays_where_it_is(site: Site) -> None:
    write(site)
    assert "recorded" in site.run("when", "plan.yaml", "--keep").stdout
    assert "already" in site.run("when", "plan.yaml", "--keep").stdout
    assert site.run("when", "plan.yaml", "--moved").stdout == "nothing differs from the timetable that was kept\n"
    write(site, tasks="    - {id: train, stage: training, days: 1, owner: chen.jie}")
    found = site.data("when", "plan.yaml")
    assert FIRST.items() <= begins(found).items()
    write(site, days=4)
    moved = {task["id"] for task in site.data("when", "plan.yaml")["tasks"] if task["begins"] != task["kept_begins"]}
    assert moved == {"uat", "sign-off"}
    shown = site.run("when", "plan.yaml", "--moved").stdout
    assert "later" in shown
    assert "scheme" in shown  # it begins when it did, and ends later


def test_a_task_that_was_kept_and_is_no_more_is_forgotten(site: Site) -> None:
    write(site, tasks="    - {id: train, stage: training, days: 1, owner: chen.jie}")
    site.run("when", "plan.yaml", "--keep")
    write(site)
    assert begins(site.data("when", "plan.yaml")) == FIRST


def test_a_moved_timetable_can_be_kept(site: Site) -> None:
    write(site)
    site.run("when", "plan.yaml", "--move", "uat", "2036-03-10", "--keep")
    assert begins(site.data("when", "plan.yaml"))["uat"] == "2036-03-10T09:00"


def test_what_a_run_began_has_its_real_times_and_the_archive_proves_it_all(site: Site) -> None:
    today = date.today()
    text = TIMETABLE.format(starts=today, days=1, more="", tasks="").replace("2036-03", "2036-01")
    site.write_plan(more=text[text.index("team:") :])
    site.run("when", "plan.yaml", "--keep")
    site.run("run", "plan.yaml")
    waves = [task for task in site.data("when", "plan.yaml")["tasks"] if task["stage"] == "waves"]
    assert all(task["began"] and task["ended"] for task in waves)
    assert all(date.fromisoformat(task["began"][:10]) - today <= timedelta(days=1) for task in waves)
    log = [json.loads(line) for line in site.run("log", "--json").stdout.splitlines()]
    assert [line["who"] for line in log if line["kind"] == "TimetableKept"] == ["li.wei"]
    site.run("archive", "--output", "app.liftlock")
    site.run("verify", "app.liftlock")
    with zipfile.ZipFile("app.liftlock") as bundle:
        told = json.loads(bundle.read("documents/timetable.json"))
        ElementTree.fromstring(bundle.read("documents/timetable-zh.svg"))
        assert "实际开始" in bundle.read("documents/timetable-zh.csv").decode()
    assert {task["id"]: task["ended"] is not None for task in told["tasks"]}["app/1/w1"]


# --- quiet hours --------------------------------------------------------------------------------------------


def quiet_at(hour: int) -> int:
    return 10 if hour % 24 in (2, 3, 4) else 100


def test_quiet_hours_from_recorded_traffic(site: Site) -> None:
    rows = [f"2036-02-{1 + n // 24:02d}T{n % 24:02d}:00,{quiet_at(n)}" for n in range(24 * 21)]
    Path("traffic.csv").write_text("\n".join(["time,requests", *rows]))
    write(site, more="  load: {file: traffic.csv, below: 30%, longer_than: 2h}")
    (found,) = site.data("when", "plan.yaml", "--quiet")["quiet"]
    assert (found["window"]["from"], found["window"]["to"]) == ("02:00", "05:00")
    assert "02:00" in site.run("when", "plan.yaml", "--quiet").stdout
    write(site)
    assert site.data("when", "plan.yaml", "--quiet", expect=1)["error"] == "no-traffic"


def test_a_plan_without_windows_has_its_waves_in_the_quiet_hours(site: Site) -> None:
    rows = [f"2036-02-{1 + n // 24:02d}T{n % 24:02d}:00,{quiet_at(n)}" for n in range(24 * 21)]
    Path("traffic.csv").write_text("\n".join(["time,requests", *rows]))
    text = TIMETABLE.format(starts=STARTS, days=2, more="  load: {file: traffic.csv, longer_than: 2h}", tasks="")
    site.write_plan(more=text[text.index("freezes:") :])
    assert begins(site.data("when", "plan.yaml"))["app/1/w1"] == "2036-03-08T02:00"
    assert "quiet hours" in site.run("when", "plan.yaml").stdout


@pytest.fixture
def prometheus() -> Iterator[tuple[str, list[str]]]:
    """A server that answers range queries as Prometheus does; its address, and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            asked.append(query["query"])
            times = range(int(query["start"]), int(query["end"]) + 1, int(query["step"]))
            values = [(at, str(quiet_at((at + 8 * 3600) // 3600))) for at in times]
            data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
            ok = query["query"] != "bad"
            answer = {"status": "success", "data": data} if ok else {"status": "error", "error": "parse error"}
            self.send_response(200 if ok else 400)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(POLLED_S,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_quiet_hours_are_asked_of_prometheus(site: Site, prometheus: tuple[str, list[str]]) -> None:
    address, asked = prometheus
    write(site, more=f"  load: {{prometheus: '{address}', query: 'sum(rate(x[15m]))', longer_than: 2h}}")
    (found,) = site.data("when", "plan.yaml", "--quiet")["quiet"]
    assert (found["window"]["from"], found["window"]["to"]) == ("02:00", "05:00")
    assert asked == ["sum(rate(x[15m]))"]
    write(site, more=f"  load: {{prometheus: '{address}', query: bad}}")
    said = site.data("when", "plan.yaml", "--quiet", expect=1)
    assert (said["error"], "parse error" in said["message"]) == ("traffic-unread", True)
    write(site, more="  load: {prometheus: 'http://127.0.0.1:1', query: x}")
    site.data("when", "plan.yaml", "--quiet", expect=6)


def test_changes_of_others_from_a_file_keep_their_hosts(site: Site) -> None:
    Path("others.csv").write_text("id,from,to,items\nCHG9,2036-03-11T22:00,2036-03-12T03:59,app\n")
    write(site, more="  changes_from: others.csv")
    moved = begins(site.data("when", "plan.yaml"))
    assert moved["sign-off"] == FIRST["sign-off"]
    assert moved["app/1/w1"] > FIRST["app/1/w1"]
