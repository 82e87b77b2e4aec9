"""What a survey saw, as findings of readiness."""

from datetime import datetime
from typing import Any

import pytest

from liftlock.decide.check import check
from liftlock.decide.readiness import readiness
from liftlock.decide.rules.codes import CODES
from liftlock.model.findings import Severity
from liftlock.model.ports import Artifact
from liftlock.model.survey import HostSurvey, Survey
from tests.decide.fakes import fake_drivers, orders_plan

GOOD = {"os": "debian", "arch": "x86_64", "disk_free_mb": "9000", "version:orders": "1.0", "service:orders": "active"}
ARTIFACTS = {"a.tar": Artifact("/a.tar", "6f2c", 100 * 1024 * 1024)}


def look(noon: datetime, facts: dict[str, str] | None = None, **fields: Any) -> list[tuple[str, str]]:
    """One host of two is as given, the other is well."""
    plan, inventory, recipes = orders_plan(2)
    host = HostSurvey("app-01", **{"reachable": True, "facts": GOOD | (facts or {})} | fields)
    previous = {"app-01": {"os": "debian", "hostname": "a1"}}
    survey = Survey(noon, {"app-01": host, "app-02": HostSurvey("app-02", True, GOOD)})
    found = readiness(plan, inventory, recipes, survey, previous, artifacts=ARTIFACTS)
    for finding in found:
        assert set(finding.fields) == set(CODES[finding.code])
        assert finding.source == "survey"
    return [(finding.code, finding.severity.value) for finding in found]


def test_hosts_that_are_well_say_nothing(noon: datetime) -> None:
    assert look(noon) == []


@pytest.mark.parametrize(
    ("facts", "fields", "expected"),
    [
        ({}, {"reachable": False, "problem": "refused"}, [("L300", "error")]),
        ({}, {"clock_skew_s": -31.0}, [("L302", "warning")]),
        ({}, {"clock_skew_s": 30.0}, []),
        ({}, {"clock_skew_s": 3600.0}, [("L303", "error")]),
        ({"disk_free_mb": "299"}, {}, [("L304", "error")]),
        ({"disk_free_mb": "300"}, {}, []),
        ({"disk_free_mb": "unknown"}, {}, []),
        ({"version:orders": "0.9"}, {}, [("L305", "error")]),
        ({"version:orders": "1.1"}, {}, [("L306", "info")]),
        ({"version:orders": ""}, {}, []),
        ({"service:orders": "failed"}, {}, [("L307", "warning")]),
        ({"service:orders": "offline"}, {}, []),
        ({"os": "ubuntu"}, {}, [("L308", "warning"), ("L309", "error")]),
        ({"arch": "aarch64"}, {}, [("L308", "warning")]),
        ({"hostname": "a2"}, {}, [("L309", "error")]),
        ({"memory_free_mb": "10"}, {}, [("L310", "warning")]),
    ],
)
def test_what_is_not_ready(
    noon: datetime, facts: dict[str, str], fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert look(noon, facts, **fields) == expected


def test_a_host_that_nobody_looked_at(noon: datetime) -> None:
    plan, inventory, recipes = orders_plan(2)
    found = readiness(plan, inventory, recipes, Survey(noon, {"app-01": HostSurvey("app-01", True, GOOD)}))
    assert [(finding.code, finding.fields) for finding in found] == [("L301", {"host": "app-02"})]


def test_checking_with_a_survey_tells_of_readiness(noon: datetime) -> None:
    plan, inventory, recipes = orders_plan(8)
    found = check(plan, inventory, recipes, fake_drivers(), artifacts={}, texts={}, survey=Survey(noon, {}))
    assert sum(finding.code == "L301" for finding in found) == 8
    assert not any(finding.severity is Severity.ERROR for finding in found)
