"""Nothing begins before hosts are what was planned, and people said so of what only they can see."""

import json
from pathlib import Path

from tests.cli.conftest import Site

CHECKLIST = """\
readiness:
  hosts:
    - {{hosts: app, cpus: 1, disks: {{/: 0.001}}, {more}}}
  checklist:
    - {{id: C1, item: two power lines are connected, by: [chen.jie], area: rack and power}}
    - {{id: C2, item: the clients are installed, by: [wang.fang, chen.jie], area: clients}}
"""


def written(site: Site, more: str = "memory: 0.1") -> None:
    site.write_plan(more=CHECKLIST.format(more=more))


def test_a_run_waits_for_the_checklist(site: Site) -> None:
    written(site)
    refused = json.loads(site.run("run", "plan.yaml", "--json", expect=1).stdout)
    assert (refused["error"], "C1, C2" in refused["message"]) == ("items-not-ready", True)
    site.run("tick", "plan.yaml", "C1", "--as", "chen.jie")
    site.run("tick", "plan.yaml", "C2", "--as", "wang.fang", "--not-ready", "-m", "two desks are left")
    assert "C2" in site.run("run", "plan.yaml", expect=1).stderr
    shown = site.data("ready", "plan.yaml", expect=1)
    assert [each["state"] for each in shown["checklist"]] == ["ready", "not-ready"]
    site.run("tick", "plan.yaml", "C2", "--as", "chen.jie")
    site.run("survey", "plan.yaml")
    assert "two power lines" in site.run("ready", "plan.yaml").stdout
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4


def test_who_may_answer_and_what_there_is_to_answer(site: Site) -> None:
    written(site)
    assert site.data("tick", "plan.yaml", "C1", "--as", "li.wei", expect=1)["error"] == "item-not-named"
    assert site.data("tick", "plan.yaml", "C9", "--as", "chen.jie", expect=1)["error"] == "no-such-item"
    site.run("tick", "plan.yaml", "C1", "--as", "chen.jie", "--not-ready", expect=2)
    site.run("ready", "plan.yaml", expect=1)


def test_hosts_that_are_not_as_planned_stop_the_start(site: Site) -> None:
    written(site, "cpu_model: no such processor, reaches: ['127.0.0.1:9'], settings: {kernel.nothing: '1'}")
    for item in ("C1", "C2"):
        site.run("tick", "plan.yaml", item, "--as", "chen.jie")
    seen = site.data("survey", "plan.yaml", expect=1)
    told = {(each["code"], each["fields"]["what"]) for each in seen["readiness"]["findings"]}
    assert told == {("L345", "cpu_model"), ("L345", "reaches:127.0.0.1:9"), ("L346", "setting:kernel.nothing")}
    assert "L345" in site.run("run", "plan.yaml", expect=1).stdout
    assert site.versions() == ["1.0"] * 4


def test_the_log_says_who_answered(site: Site) -> None:
    written(site)
    for item in ("C1", "C2"):
        site.run("tick", "plan.yaml", item, "--as", "chen.jie", "-m", "looked at both")
    site.run("run", "plan.yaml")
    said = site.run("log", "plan.yaml").stdout
    assert "chen.jie says of item C1: ready (two power lines are connected): looked at both" in said


def test_what_has_begun_is_amended_whatever_has_come_of_the_items(site: Site) -> None:
    written(site)
    text = Path("plan.yaml").read_text()
    for item in ("C1", "C2"):
        site.run("tick", "plan.yaml", item, "--as", "chen.jie")
    site.bad.add("1.1")
    Path("plan.yaml").write_text(text.replace("on_failure: roll back", "on_failure: freeze"))
    site.run("run", "plan.yaml", expect=4)
    site.bad.clear()
    site.run("tick", "plan.yaml", "C1", "--as", "chen.jie", "--not-ready", "-m", "a line is gone")
    Path("plan.yaml").write_text(Path("plan.yaml").read_text().replace("within: 2s", "within: 3s"))
    site.run("amend", "plan.yaml", "-m", "the check may take longer")
    site.run("settle", "app/1/w1", "skip", "-m", "looked")
    assert site.data("status")["holds"] == []
