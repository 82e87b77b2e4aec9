"""One verdict for a check and its looks: failing first, and no data never passes."""

import pytest

from liftlock.decide.judge.checks import breaches, judge, judge_stage
from liftlock.model.actions import Action, Kind
from liftlock.model.canary import Verdict
from liftlock.model.plan import Check
from liftlock.model.run import Tally
from liftlock.model.schedule import Gate, Template


def gate(name: str, **fields) -> Gate:
    return Gate(Check(name, http="x", **fields), Template("look", Action(Kind.VERIFY, "verify")))


@pytest.mark.parametrize(
    ("tally", "verdict"),
    [
        (None, Verdict.NODATA),
        (Tally(), Verdict.NODATA),
        (Tally(samples=1), Verdict.INCONCLUSIVE),
        (Tally(samples=3), Verdict.PASS),
        (Tally(samples=3, fails=1), Verdict.PASS),
        (Tally(samples=3, fails=2), Verdict.FAIL),
        (Tally(samples=2, fails=2), Verdict.FAIL),  # failing needs no minimum of looks
    ],
)
def test_one_check(tally, verdict):
    assert judge(Check("errors", samples=3, allow=1), tally)[0] is verdict


def test_every_check_of_a_stage_counts_and_the_worst_says_why():
    gates = (gate("fine"), gate("silent"), gate("bad"))
    tallies = {"fine": Tally(samples=5), "bad": Tally(samples=5, fails=1, last=0.2)}
    verdict, why = judge_stage(gates, tallies, None)
    assert (verdict, why.fields["check"]) == (Verdict.FAIL, "bad")
    assert judge_stage(gates[:2], tallies, None)[0] is Verdict.NODATA
    assert judge_stage(gates[:1], tallies, None)[0] is Verdict.PASS


def test_a_check_that_nobody_looked_at_is_not_left_out_of_the_verdict():
    """Kayenta: a metric that crashed was not counted, and the group scored 100."""
    assert judge_stage((gate("crashed"),), {}, None)[0] is Verdict.NODATA


def test_a_person_may_call_it_failed():
    assert judge_stage((), {"settled": Tally(samples=1, fails=1)}, None)[0] is Verdict.FAIL


@pytest.mark.parametrize(
    ("fields", "value", "breach"),
    [
        ({"above": 0.05}, 0.05, False),
        ({"above": 0.05}, 0.06, True),
        ({"below": 10}, 10.0, False),
        ({"below": 10}, 9.0, True),
        ({}, 0.0, False),
        ({}, 0.1, True),
        ({"above": 0.0}, 0.0, False),
        ({"below": 0}, -1.0, True),
    ],
)
def test_thresholds(fields, value, breach):
    assert breaches(Check("errors", **fields), value) is breach
