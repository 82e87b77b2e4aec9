"""Why a job begins when it does."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.move import move
from liftlock.decide.timetable.reason import because
from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import Capacity, Choice, Infeasible, Job, Limit, Link, Problem, Solution, Span
from tests.decide.timetable.making import anytime, placed, problem, problems

GIVEN = problem(
    Job("began", anytime(10), began=3),
    Job("first", anytime(10)),
    Job("chain", anytime(10), (Link("first", 5, "observation"),)),
    Job("night", (Choice(100, 120, 20),), (Link("chain"),)),
    Job("held", anytime(10), uses={"team": 1}),
    Job("holds", anytime(30), uses={"team": 1}),
    Job("early", anytime(30), uses={"leave": 1}),
    Job("late", anytime(5)),
    Job("paid", anytime(5), cost=7),
    capacities=(Capacity("team", 1), Capacity("leave", 1, ((Span(20, 50), 1),))),
    limits=(Limit(Span(0, 60), 5),),
)
BEGINS = {
    "began": 3,
    "first": 0,
    "chain": 15,
    "night": 100,
    "held": 30,
    "holds": 0,
    "early": 50,
    "late": 9,
    "paid": 60,
}


@pytest.mark.parametrize(
    ("job", "reasons"),
    [
        ("began", [("began", ("began",), {"began_at": 3})]),
        ("first", [("first", ("first",), {"begins_at": 0})]),
        (
            "chain",
            [
                (
                    "after",
                    ("chain", "first"),
                    {"ends_at": 10, "gap_minutes": 5, "soonest_at": 15, "why": "observation"},
                )
            ],
        ),
        (
            "night",
            [
                ("window", ("night",), {"opens_at": 100, "soonest_at": 25}),
                ("after", ("night", "chain"), {"ends_at": 25, "gap_minutes": 0, "soonest_at": 25, "why": "after"}),
            ],
        ),
        ("held", [("taken", ("held", "holds"), {"resource": "team", "begins_at": 30})]),
        ("early", [("absent", ("early",), {"resource": "leave", "begins_at": 50})]),
        ("late", [("could", ("late",), {"earliest_at": 0, "begins_at": 9})]),
        ("paid", [("budget", ("paid",), {"from_at": 0, "to_at": 60, "left": 5, "cost": 7})]),
    ],
)
def test_what_holds_a_begin(job: str, reasons: list[tuple[str, tuple[str, ...], dict[str, object]]]) -> None:
    solution = placed(GIVEN, BEGINS)
    assert verify(GIVEN, solution) == ()
    assert [(each.code, each.jobs, each.fields) for each in because(GIVEN, solution, job)] == reasons


@settings(max_examples=40, deadline=None)
@given(problems())
def test_there_is_always_a_reason_and_could_is_true(given: Problem) -> None:
    solution = greedy(given)
    assert isinstance(solution, Solution)
    for job in given.jobs:
        reasons = because(given, solution, job.id)
        assert reasons
        minute = reasons[0].fields.get("earliest_at") if reasons[0].code == "could" else None
        others = {each.job: each.begins for each in solution.placed}
        if isinstance(minute, int):
            assert verify(given, placed(given, {**others, job.id: minute})) == ()
        elif job.began is None and others[job.id] > 0:
            assert verify(given, placed(given, {**others, job.id: others[job.id] - 1})) != ()


def test_a_job_that_is_moved_is_there_and_the_rest_makes_room() -> None:
    found = greedy(move(GIVEN, "holds", 40))
    assert isinstance(found, Solution)
    begins = {each.job: each.begins for each in found.placed}
    assert (begins["holds"], begins["held"]) == (40, 0)


def test_a_job_cannot_be_moved_out_of_its_windows() -> None:
    refused = greedy(move(GIVEN, "night", 99))
    assert isinstance(refused, Infeasible)
    assert [(each.code, each.jobs) for each in refused.faults] == [("choices", ("night",))]


def test_moving_keeps_the_length_of_the_choice() -> None:
    given = problem(Job("a", (Choice(0, 10, 5), Choice(20, 30, 9))))
    assert move(given, "a", 25).jobs[0].choices == (Choice(25, 25, 9),)
    assert move(given, "b", 25) == replace(given)
