"""The way back of a lane, from what ran on the way up."""

from datetime import UTC, datetime

import pytest

from liftlock.decide.expand import ways_through
from liftlock.decide.way_back import no_return, way_back
from liftlock.model.actions import Irreversible, Kind, Restorable
from liftlock.model.run import LaneView, StepState, StepView
from tests.decide.history import orders
from tests.simulate.scenarios import outage_recipe, recipe, stop_recipe, template, usual_recipe

POLICY = orders().policies["orders"]
DONE = StepView(state=StepState.DONE, attempt=1, touched=True)


def lane_that_did(ways, count: int, **last) -> LaneView:
    names = ways.up[:count]
    steps = dict.fromkeys(names, DONE)
    return LaneView("app/1/w1", "app-01", datetime(2026, 1, 1, tzinfo=UTC), steps=steps)


USUAL = ways_through(usual_recipe())
DOWN, AGAIN = ["b04-drain"], ["b06-restart", "b07-verify", "b08-readmit"]


@pytest.mark.parametrize(
    ("count", "back"),
    [
        (0, []),
        (1, []),  # greeted
        (4, []),  # fetched, backed up, proved: nothing that matters
        (5, ["b07-verify", "b08-readmit"]),  # drained only: looked at, and back into service
        (6, [*DOWN, "u05-install", *AGAIN]),
        (9, [*DOWN, "u05-install", *AGAIN]),
    ],
)
def test_what_ran_says_what_is_undone(count, back):
    assert list(way_back(USUAL, lane_that_did(USUAL, count))) == back


def test_writes_are_undone_in_reverse_order():
    ways = ways_through(
        recipe(
            template(Kind.PRECHECK),
            template(Kind.CONFIGURE, undo=Kind.CONFIGURE, writes=True),
            template(Kind.INSTALL, undo=Kind.INSTALL, writes=True),
            template(Kind.RESTART),
        )
    )
    assert way_back(ways, lane_that_did(ways, 4)) == ("u02-install", "u01-configure", "b03-restart")


@pytest.mark.parametrize(("reversal", "restored"), [(Restorable(), True), (Irreversible("gone"), False)])
def test_a_backup_is_played_back_only_for_what_only_a_backup_brings_back(reversal, restored):
    ways = ways_through(usual_recipe(reversal))
    assert ("u02-backup" in way_back(ways, lane_that_did(ways, 6))) is restored


def test_a_host_that_an_outage_stopped_stays_down_until_its_stop_is_rolled_back():
    ways, stop = ways_through(outage_recipe()), ways_through(stop_recipe())
    assert way_back(ways, lane_that_did(ways, 8), stays_down=True) == ("b04-stop", "u05-install")
    assert way_back(ways, lane_that_did(ways, 8)) == ("b04-stop", "u05-install", "b06-start", "b07-verify")
    assert way_back(stop, lane_that_did(stop, 2)) == ("b02-start", "b03-verify")


@pytest.mark.parametrize(
    ("reversal", "on_failure", "count", "final"),
    [
        (Irreversible("columns dropped"), "roll back", 5, ""),  # it has not run
        (Irreversible("columns dropped"), "roll back", 6, "columns dropped"),
        (Irreversible("columns dropped"), "restore", 6, "columns dropped"),
        (Restorable(), "roll back", 6, "install"),
        (Restorable(), "restore", 6, ""),
    ],
)
def test_where_there_is_no_return(reversal, on_failure, count, final):
    from msgspec.structs import replace

    ways = ways_through(usual_recipe(reversal))
    assert no_return(ways, replace(POLICY, on_failure=on_failure), lane_that_did(ways, count)) == final
