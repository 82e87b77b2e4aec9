"""The driver of the how-to is a whole driver: loaded as a stranger's would be, and run as data and in a shell."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

from liftlock.cli.discovery import as_drivers, find_drivers
from liftlock.model.actions import Action, Context, Evidence, Exited, Failure, FailureKind, Script
from liftlock.model.ports import Driver, Setting
from liftlock.planfile.load import load_plan

DOCS = Path(__file__).parents[2] / "docs"
FILE = DOCS / "examples/maintenance-driver/liftlock_maintenance.py"
CONTEXT = Context("r1", "web/1/w1/a/02-maintenance", "a", "10.0.0.1", "web", "2", "1", "2")
SETTING = Setting("web", "1", "2", False, {}, {}, {})


@pytest.fixture(scope="module")
def driver() -> Driver:
    spec = importlib.util.spec_from_file_location("liftlock_maintenance", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (found,) = as_drivers(module.DRIVERS)
    return found


def sh(script: Script | object) -> Exited:
    assert isinstance(script, Script)
    done = subprocess.run(
        ["sh", "-c", script.body], env={"PATH": "/usr/bin:/bin", **script.variables}, capture_output=True
    )
    return Exited(done.returncode, done.stdout.decode())


def actions(driver: Driver, page: Path, text: str = "back soon") -> tuple[Action, Action]:
    (template,) = driver.expand(driver.manifest.item(str(page), text), SETTING)
    assert template.undo is not None
    return template.action, template.undo


def test_what_it_does_is_read_back_and_undone(driver: Driver, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    show, remove = actions(driver, page)

    shown = driver.read(show, CONTEXT, sh(driver.operate(show, CONTEXT)))
    assert shown == Evidence({"page": str(page)})
    assert page.read_text() == "back soon\n"
    assert driver.settle(show, CONTEXT, sh(driver.probe(show, CONTEXT))) == Evidence({"page": str(page)})
    assert isinstance(driver.settle(remove, CONTEXT, sh(driver.probe(remove, CONTEXT))), Failure)

    driver.read(remove, CONTEXT, sh(driver.operate(remove, CONTEXT)))
    assert not page.exists()
    again = driver.settle(show, CONTEXT, sh(driver.probe(show, CONTEXT)))
    assert isinstance(again, Failure)
    assert again.kind is FailureKind.INTERRUPTED


def test_somebody_elses_page_is_left_alone(driver: Driver, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("mine\n")
    show, _ = actions(driver, page)
    failure = driver.read(show, CONTEXT, sh(driver.operate(show, CONTEXT)))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.code) == (FailureKind.REFUSED, "maintenance.foreign")
    assert page.read_text() == "mine\n"


def test_every_failure_has_words_in_both_languages(driver: Driver) -> None:
    words = driver.manifest.words
    assert words["en"].keys() == words["zh"].keys() >= {"maintenance.foreign", "maintenance.not_there"}


def test_a_plan_can_name_it(driver: Driver) -> None:
    drivers = {**find_drivers().drivers, "maintenance": driver}
    plan = f"""\
upgrade: Web 1 → 2
components:
  - name: web
    version: {{from: "1", to: "2"}}
    hosts: web
    recipe:
      {driver.manifest.example}
      - maintenance: /srv/www/other.html
"""
    loaded = load_plan(plan, drivers)
    assert loaded.findings == ()
    assert [item.args.page for item in loaded.recipes.items["web"]] == [
        "/srv/www/maintenance.html",
        "/srv/www/other.html",
    ]
