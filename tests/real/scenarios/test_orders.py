"""An upgrade of all three tiers while customers order: nobody notices, or it is caught and goes back."""

from pathlib import Path

import pytest

from tests.lab import Lab
from tests.real.scenarios.tiers import Tiers


@pytest.fixture
def tiers(lab: Lab, tmp_path: Path) -> Tiers:
    return Tiers(lab, tmp_path, apps=2, rows=20_000)


def test_customers_notice_nothing_and_a_bad_version_is_caught(tiers: Tiers) -> None:
    tiers.begin_load()
    tiers.write_plan("1.1")
    tiers.liftlock("check", "plan.yaml")
    tiers.liftlock("survey", "plan.yaml")
    tiers.liftlock("run", "plan.yaml", "--yes")
    assert tiers.versions() == ["1.1", "1.1"]
    assert {"qty", "quantity"} <= tiers.columns()
    assert not tiers.account().failed

    tiers.write_plan("1.2", "1.1")
    said = tiers.liftlock("run", "plan.yaml", "--yes", expect=3)
    assert "errors" in said
    seen = tiers.end_load()
    assert tiers.versions() == ["1.1", "1.1"]
    assert "channel" in tiers.columns()  # what 1.2 wrote into it stays
    assert {each.version for each in seen.failed} == {"1.2"}
    assert seen.acknowledged
    assert not seen.lost(tiers.present())
