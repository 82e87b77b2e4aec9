"""A plan beside an older one: what was revised, what it touches, and whose word falls."""

from msgspec.structs import replace

from liftlock.execute.fallen import Bound, words_beside
from liftlock.model.plan import Approval
from liftlock.model.revision import Word
from liftlock.model.schedule import digest
from tests.cli.conftest import Site
from tests.cli.test_standing import AT, entries, schedule_with, word

CHAPTERS = """\
goals:
  - {{id: G1, statement: quick, measure: {{metric: p99, below: 200ms}}}}
requirements:
  - id: R1
    statement: {statement}
    goals: [G1]
    changes: [app]
    tests: [T1]
    confirmed_by: [zhang.min]{more}
tests:
  - {{id: T1, kind: functional}}
risks:
  - {{risk: rain, owner: {owner}}}
unsigned_approvals: true
approvals:
  - {{role: business, by: zhang.min, signed: false}}
  - {{role: risk, by: chen.jie, signed: false}}
"""


def chapters(statement: str = "orders in euros", owner: str = "li.wei", more: str = "") -> str:
    return CHAPTERS.format(statement=statement, owner=owner, more=f"\n{more}" if more else "")


def approved(site: Site) -> str:
    """The first plan, planned and approved by business."""
    site.write_plan(more=chapters())
    planned: str = site.data("plan", "plan.yaml")["digest"]
    site.run("approve", "plan.yaml", "--as", "zhang.min")
    return planned


def test_a_digest_gives_the_old_plan_back(site: Site) -> None:
    planned = approved(site)
    site.write_plan(more=chapters("orders in every currency", "zhao.lei"))
    found = site.data("plan", "plan.yaml", "--against", planned[:10])
    assert found["against"] == planned
    (requirement,) = found["requirements"]
    assert (requirement["id"], requirement["what"], requirement["again"]) == ("R1", "changed", ["zhang.min"])
    assert requirement["touched"] == {
        "requirements": [],
        "goals": ["G1"],
        "components": ["app"],
        "tests": ["T1"],
        "tasks": ["waves"],
    }
    assert [(each["chapter"], each["name"]) for each in found["chapters"]] == [("risks", "rain")]
    assert [(each["role"], each["state"], each["by"]) for each in found["approvals"]] == [
        ("business", "falls", "zhang.min"),
        ("risk", "open", ""),
    ]
    assert [(each["code"], each["line"]) for each in found["findings"]] == [("L690", 24)]
    assert {"area": "plan", "name": "plan"}.items() <= found["changes"][0].items()


def test_a_raised_revision_with_its_reason_is_no_finding(site: Site) -> None:
    planned = approved(site)
    site.write_plan(more=chapters("all currencies", more="    revision: 2\n    because: asked for by sales"))
    found = site.data("plan", "plan.yaml", "--against", planned)
    assert found["findings"] == []
    (requirement,) = found["requirements"]
    assert (requirement["before"], requirement["after"], requirement["because"]) == (1, 2, "asked for by sales")


def test_the_same_plan_lets_nothing_fall(site: Site) -> None:
    planned = approved(site)
    found = site.data("plan", "plan.yaml", "--against", planned)
    assert (found["requirements"], found["chapters"], found["findings"]) == ([], [], [])
    assert found["approvals"][0]["state"] == "stands"
    shown = site.run("plan", "plan.yaml", "--against", planned).stdout
    assert "No requirement changed." in shown
    assert "Nothing falls: the digest is the same." in shown


def test_a_file_that_was_planned_brings_its_approvals(site: Site) -> None:
    planned = approved(site)
    (site.folder / "plan.yaml").rename(site.folder / "old.yaml")
    site.write_plan(more=chapters("all currencies"))
    found = site.data("plan", "plan.yaml", "--against", "old.yaml")
    assert found["against"] == planned
    assert found["approvals"][0]["state"] == "falls"
    shown = site.run("plan", "plan.yaml", "--against", "old.yaml", "--lang", "zh").stdout
    touched = next(line for line in shown.splitlines() if "影响：" in line)
    assert all(name in touched for name in ("G1", "组件 app", "T1", "waves"))
    assert "失效  business：zhang.min" in shown
    assert f"审批了 {planned[:12]}" in shown


def test_a_file_that_was_planned_is_compared_although_its_files_have_gone(site: Site) -> None:
    planned = approved(site)
    (site.folder / "plan.yaml").rename(site.folder / "old.yaml")
    (site.folder / "app-1.1.tar.gz").unlink()
    site.write_plan(to="1.2", title="App to 1.1", more=chapters())
    found = site.data("plan", "plan.yaml", "--against", "old.yaml")
    assert found["against"] == planned
    assert found["approvals"][0]["state"] == "falls"
    site.write_plan("other.yaml", more=chapters("never planned"))
    told = site.run("plan", "plan.yaml", "--against", "other.yaml", expect=1).stdout
    assert "L070" in told


def test_a_file_that_nobody_planned_has_no_approvals_to_fall(site: Site) -> None:
    site.write_plan("old.yaml", more=chapters())
    site.write_plan(more=chapters("all currencies"))
    shown = site.run("plan", "plan.yaml", "--against", "old.yaml").stdout
    assert "Nothing falls: nobody had approved the older schedule." in shown


def test_a_printed_schedule_without_its_plan_on_record_is_compared_as_far_as_it_goes(site: Site) -> None:
    approved(site)
    (site.folder / "old.json").write_text(site.run("plan", "plan.yaml", "--json").stdout)
    site.write_plan(more=chapters("all currencies"))
    assert site.data("plan", "plan.yaml", "--against", "old.json")["requirements"][0]["id"] == "R1"
    elsewhere = site.data("plan", "plan.yaml", "--against", "old.json", "--store", "empty")
    assert (elsewhere["requirements"], elsewhere["chapters"]) == (None, None)
    shown = site.run("plan", "plan.yaml", "--against", "old.json", "--store", "none").stdout
    assert "is not on record" in shown


# --- the rule ---------------------------------------------------------------------------------------------


def test_every_word_on_another_digest_falls_and_a_role_that_is_gone_is_told() -> None:
    old = schedule_with(Approval("business", "zhang.min"), Approval("risk", "chen.jie"), unsigned=True)
    new = replace(old, title="Orders 1.0 → 1.2", approvals=(Approval("risk", "chen.jie"), Approval("it", "wu.di")))
    given = entries(word(old, "zhang.min", "business"), word(old, "chen.jie", "risk"), word(new, "chen.jie", "risk"))
    found = words_beside(Bound(old, digest(old)), Bound(new, digest(new)), given)
    assert found == (
        Word("risk", "stands", "chen.jie", AT, digest(new)),
        Word("it", "open"),
        Word("business", "falls", "zhang.min", AT, digest(old)),
    )


def test_a_word_that_never_counted_does_not_fall() -> None:
    old = schedule_with(Approval("business", "zhang.min"), unsigned=True)
    given = entries(word(old, "wang.fang", "business"))
    assert words_beside(Bound(old, digest(old)), Bound(replace(old, title="x"), "d" * 64), given) == (
        Word("business", "open"),
    )
