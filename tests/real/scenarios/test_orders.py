"""The upgrade of all three tiers while customers order: nobody notices; or it is caught, and goes back or stops."""

from pathlib import Path

from tests.lab import Lab
from tests.real.scenarios import acts
from tests.real.scenarios.tiers import Tiers


def test_customers_notice_nothing_a_bad_version_is_caught_and_no_return_is_none(lab: Lab, tmp_path: Path) -> None:
    tiers = Tiers(lab, tmp_path, apps=2, rows=20_000)
    good = acts.upgrade(tiers, kills=3)
    assert (good.failed, good.lost, good.twice) == (0, 0, ()), good
    bad = acts.bad_version(tiers)
    assert (bad.lost, bad.twice) == (0, ()), bad
    assert bad.failed < bad.sent / 10
    last = acts.no_return(tiers)
    assert (last.failed, last.lost, last.back_s) == (0, 0, 0.0), last
