"""Lead rules and others' changes hold an upgrade back, and it is said until when, in both languages."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.cli.conftest import Site

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
BOUND = """\
timetable:
  starts: {today}
  calendar: {{override: days.yaml}}
  leads:
    - {{days: 3, of: {of}}}
unsigned_approvals: true
approvals:
  - {{role: business, by: zhang.min, signed: false}}
"""
EVERY_DAY = "".join(f"  - {TODAY + timedelta(n)}\n" for n in range(-1, 30))  # that every day of these weeks is worked


def bound(site: Site, of: str = "approval", more: str = "") -> None:
    (site.folder / "days.yaml").write_text(f"opened:\n{EVERY_DAY}", encoding="utf-8")
    site.write_plan(more=BOUND.format(today=TODAY, of=of) + more)


def test_an_upgrade_is_refused_until_the_lead_is_over(site: Site) -> None:
    bound(site)
    site.run("plan", "plan.yaml")
    site.run("approve", "plan.yaml", "--as", "zhang.min")
    refused = site.data("run", "plan.yaml", expect=1)
    assert refused["error"] == "lead-approval"
    first = TODAY + timedelta(days=4)  # three whole days lie between
    assert str(first) in refused["message"]
    assert "emergency" in refused["help"]
    assert site.versions() == ["1.0"] * 4
    chinese = site.run("run", "plan.yaml", "--lang", "zh", expect=1).output
    assert "3 个整工作日" in chinese


def test_a_lead_of_the_plan_counts_from_its_submission(site: Site) -> None:
    bound(site, of="plan")
    site.run("plan", "plan.yaml")
    site.run("approve", "plan.yaml", "--as", "zhang.min")
    assert site.data("run", "plan.yaml", expect=1)["error"] == "lead-plan"


def test_an_emergency_needs_its_approvals_and_no_lead(site: Site) -> None:
    bound(site, more="model: emergency\nemergency: {scenarios: [{situation: it burns, response: put it out}]}\n")
    checked = site.run("check", "plan.yaml").output
    assert "L633" in checked
    site.run("run", "plan.yaml", expect=1)  # not without an approval
    site.run("plan", "plan.yaml")
    site.run("approve", "plan.yaml", "--as", "zhang.min")
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4


def test_what_binds_is_shown_before_it_is_approved(site: Site) -> None:
    bound(site)
    shown = " ".join(site.run("plan", "plan.yaml").output.split())  # lines break where they must
    assert "full working days between the last approval and the first wave: 3" in shown
    site.write_plan(more=BOUND.format(today=TODAY, of="approval").replace("days: 3", "days: 1"))
    changed = site.run("plan", "plan.yaml", "--against", site.data("plan", "plan.yaml")["digest"][:10]).output
    assert changed


def test_a_calendar_that_is_wrong_is_found_in_its_file(site: Site) -> None:
    bound(site)
    Path("days.yaml").write_text("closed: [2026-02-30]\n", encoding="utf-8")
    shown = site.run("check", "plan.yaml", expect=1).output
    assert "L051" in shown
    assert "days.yaml:1:10" in shown


def test_what_a_lead_counted_from_is_on_record(site: Site) -> None:
    bound(site)
    site.write_plan(more=BOUND.format(today=TODAY, of="approval").replace("days: 3", "days: 0"))
    site.run("plan", "plan.yaml")
    site.run("approve", "plan.yaml", "--as", "zhang.min")
    site.run("run", "plan.yaml")
    lines = site.run("log", "--kind", "RunOpened", "--json").stdout.splitlines()
    event = json.loads(lines[0])
    assert set(event["event"]["since"]) == {"approval", "plan"}
    assert "zhang.min" in site.run("report").output
