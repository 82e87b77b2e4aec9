"""A command given too early, too late or about something else says where one is, and what comes next."""

from pathlib import Path

import pytest

from tests.cli.conftest import Site

UNSIGNED = "approvals: [{role: business, by: zhang.min, signed: false}]\nunsigned_approvals: true"
EARLY = ["status", "log", "archive", "pause", "watch", "run"]


def test_approving_before_planning_is_told_to_plan(site: Site) -> None:
    problem = site.data("approve", "plan.yaml", "--as", "zhang.min", expect=6)
    assert problem["message"].startswith("nothing is recorded in")
    assert "liftlock plan" in problem["help"]


@pytest.mark.parametrize("command", ["approve", "run", "status", "amend", "log"])
def test_a_plan_that_is_not_there_is_named_and_nothing_is_made(site: Site, command: str) -> None:
    problem = site.run(command, "other.yaml", expect=1)
    assert "other.yaml" in problem.output
    assert str(site.folder / "other.yaml") in problem.output
    assert not (site.folder / ".liftlock").exists()


@pytest.mark.parametrize("command", EARLY)
def test_before_anything_was_planned(site: Site, command: str) -> None:
    site.run("journal", "key")
    assert site.data(command, expect=1)["error"] == "nothing-planned-yet"


@pytest.mark.parametrize("command", EARLY)
def test_between_planning_and_running(site: Site, command: str) -> None:
    site.run("plan", "plan.yaml")
    problem = site.data(command, expect=1)
    assert problem["error"] == "no-run-yet"
    assert "liftlock run" in problem["help"]


def test_a_plan_of_which_nothing_was_planned(site: Site) -> None:
    site.run("plan", "plan.yaml")
    site.write_plan("next.yaml", to="1.2")
    assert site.data("status", "next.yaml", expect=1)["error"] == "nothing-planned"


def test_a_run_that_is_not_there_shows_those_that_are(site: Site) -> None:
    site.run("run", "plan.yaml")
    upgrade = site.data("status")["upgrade"]
    assert f"{upgrade}/r1" in site.data("status", f"{upgrade}/r9", expect=1)["message"]


def test_a_closed_run_is_named_as_people_name_it_and_says_how_to_go_on(site: Site) -> None:
    site.run("run", "plan.yaml")
    name = site.data("status")["run"]
    problem = site.data("rollback", "--all", expect=1)
    assert problem["message"] == f"the run {name} is closed (upgraded)"
    assert "`from` is the version that runs now" in problem["help"]


def test_a_missing_approval_says_with_which_commands_it_is_given(site: Site) -> None:
    site.write_plan(more=UNSIGNED)
    problem = site.data("run", "plan.yaml", expect=1)
    assert "liftlock plan plan.yaml" in problem["help"]
    assert "liftlock approve plan.yaml --as NAME --role ROLE" in problem["help"]


def test_who_may_approve_is_named(site: Site) -> None:
    site.write_plan(more=UNSIGNED)
    site.run("plan", "plan.yaml")
    assert "business (zhang.min)" in site.data("approve", "plan.yaml", "--as", "li.na", expect=1)["message"]


def test_a_key_that_is_not_there_is_a_matter_of_the_key(site: Site) -> None:
    site.write_plan(more=UNSIGNED)
    site.run("plan", "plan.yaml")
    problem = site.data("approve", "plan.yaml", "--as", "zhang.min", "--key", "nokey", expect=1)
    assert problem["error"] == "key-unreadable"


def test_an_unknown_digest_or_host_shows_what_there_is(site: Site) -> None:
    digest = site.data("plan", "plan.yaml")["digest"]
    assert digest[:12] in site.data("plan", "plan.yaml", "--against", "000000", expect=1)["help"]
    assert "app-01" in site.data("plan", "plan.yaml", "--diff-host", "nope", expect=1)["help"]


@pytest.mark.parametrize("place", ["plan.yaml", "plan.yaml/inside"])
def test_a_file_is_no_place_for_the_record(site: Site, place: str) -> None:
    problem = site.data("plan", "plan.yaml", "--store", place, expect=6)
    assert (problem["error"], "only a folder" in problem["message"]) == ("refused", True)


@pytest.mark.parametrize("name", ["nothing.liftlock", "."])
def test_what_is_no_archive_is_not_called_a_journal(site: Site, name: str) -> None:
    problem = site.data("verify", name, expect=6)
    assert problem["message"] == f"there is no archive {name}"


@pytest.mark.parametrize("command", [["archive"], ["report"]])
def test_a_folder_that_is_not_there_is_named(site: Site, command: list[str], tmp_path: Path) -> None:
    site.run("run", "plan.yaml")
    shown = site.run(*command, "-o", str(tmp_path / "none" / "out"), expect=6).output
    assert f"the folder {tmp_path / 'none'} is not there" in shown


def test_a_copy_goes_into_an_empty_folder_only(site: Site) -> None:
    site.run("plan", "plan.yaml")
    problem = site.data("journal", "backup", str(site.folder), expect=6)
    assert "empty" in problem["help"]


def test_an_event_that_does_not_exist_is_refused_with_its_nearest(site: Site) -> None:
    site.run("run", "plan.yaml")
    assert "StepFailed" in site.data("log", "--kind", "StepFail", expect=1)["help"]


def test_a_log_without_a_line_says_so_beside_it(site: Site) -> None:
    site.run("run", "plan.yaml")
    told = site.run("log", "--host", "nope")
    assert (told.stdout, "no entry" in told.stderr) == ("", True)


@pytest.mark.parametrize(
    "words",
    [["rollback"], ["settle", "run", "maybe"], ["check"], ["chek"], ["status", "--foo"], ["log", "--since", "x"]],
)
def test_a_command_line_that_is_not_understood_is_json_too(site: Site, words: list[str]) -> None:
    problem = site.data(*words, expect=2)
    assert (problem["error"], problem["status"]) == ("usage", 2)
    assert problem["message"]
    assert "--help" in problem["help"]
