"""The timetable by CP-SAT: never later than the greedy one, as early as trying everything finds, with few moves."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.verify import verify
from liftlock.execute import solver
from liftlock.execute.solver import solve
from liftlock.model.timetable import Capacity, Infeasible, Job, Link, Problem, Progress, Solution, Span
from tests.decide.timetable.making import DAY, anytime, nights, problem, problems, shortest, tiny

LIMIT_S = 5.0


def solved(given: Problem, previous: Solution | None = None) -> Solution:
    found = solve(given, previous, limit_s=LIMIT_S, workers=1)
    assert isinstance(found, Solution)
    assert verify(given, found) == ()
    return found


@settings(max_examples=25, deadline=None)
@given(tiny())
def test_it_finds_what_trying_everything_finds(given: Problem) -> None:
    best, found = shortest(given), solve(given, limit_s=LIMIT_S, workers=1)
    if isinstance(found, Infeasible):
        assert best is None
        assert found.faults
    else:
        assert (found.ends, found.bound, found.proved) == (best, best, True)


JOBS = [Job(str(at), anytime(takes), uses={"a": units}) for at, (takes, units) in enumerate(
    [(7, 2), (7, 2), (5, 3), (5, 1), (9, 1), (9, 4), (3, 2), (4, 3), (6, 2), (8, 1), (2, 5)]
)]  # fmt: skip
PACKING = problem(*JOBS, capacities=(Capacity("a", 5, ((Span(11, 13), 2),)),))


def test_a_packing_is_solved_to_its_proof_and_better_answers_are_told() -> None:
    heard: list[Progress] = []
    found = solve(PACKING, limit_s=LIMIT_S, workers=2, progress=heard.append)
    first = greedy(PACKING)
    assert isinstance(found, Solution)
    assert isinstance(first, Solution)
    assert found.proved
    assert found.ends <= first.ends
    assert [each.best for each in heard] == sorted((each.best for each in heard), reverse=True)
    assert all(each.bound <= found.ends <= each.best for each in heard)


def test_few_jobs_move_where_one_becomes_longer() -> None:
    first = solved(PACKING)
    longer = replace(PACKING, jobs=tuple(replace(j, choices=anytime(11)) if j.id == "5" else j for j in PACKING.jobs))
    again = solved(longer, first)
    before = {each.job: each.begins for each in first.placed}
    alone = solved(longer)
    moved = [sum(before[each.job] != each.begins for each in one.placed) for one in (again, alone)]
    assert moved[0] <= moved[1]
    assert again.ends <= max(alone.ends, first.ends)


def test_an_earlier_end_is_not_bought_with_moves() -> None:
    given = problem(*(Job(str(at), anytime(10), uses={"a": 1}) for at in range(3)), capacities=(Capacity("a", 2),))
    late = solved(given)
    late = replace(late, placed=tuple(replace(e, begins=e.begins + 50, ends=e.ends + 50) for e in late.placed))
    assert solved(given, late).placed == late.placed


def test_what_began_is_where_it_was() -> None:
    jobs = tuple(replace(job, began=4) if job.id == "5" else job for job in PACKING.jobs)
    found = solved(replace(PACKING, jobs=jobs), solved(PACKING))
    assert next(each.begins for each in found.placed if each.job == "5") == 4


def test_a_horizon_that_is_one_minute_short_is_refused_with_the_smallest_set() -> None:
    best = solved(PACKING).ends
    short = replace(
        PACKING, horizon=best - 1, jobs=tuple(replace(job, choices=anytime(job.choices[0].takes, 99)) for job in JOBS)
    )
    refused = solve(short, limit_s=LIMIT_S, workers=2)
    assert isinstance(refused, Infeasible)
    assert refused.irreducible
    assert {fault.code for fault in refused.faults} == {"keep-capacity", "keep-horizon"}


def test_windows_and_an_observation_before_a_deadline() -> None:
    given = problem(
        Job("one", nights(60, 5), uses={"team": 1}),
        Job("two", nights(60, 5), (Link("one", 12 * 60, "observation"),), {"team": 1}, deadline=2 * DAY),
        Job("three", nights(200, 2), uses={"team": 1}),
        Job("four", nights(100, 1), uses={"team": 1}),
        Job("free", anytime(7), uses={"team": 1}),
        horizon=5 * DAY,
        capacities=(Capacity("team", 1),),
    )
    refused = solve(given, limit_s=LIMIT_S, workers=1)
    assert isinstance(refused, Infeasible)
    assert refused.irreducible
    assert [(fault.code, fault.jobs) for fault in refused.faults] == [
        ("keep-window", ("one",)),
        ("keep-window", ("two",)),
        ("keep-after", ("two", "one")),
        ("keep-deadline", ("two",)),
        ("keep-window", ("three",)),
        ("keep-capacity", ("one", "two", "three")),
    ]


def test_without_ortools_it_is_the_greedy_timetable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "available", lambda: False)
    assert solve(PACKING, limit_s=LIMIT_S, workers=1) == greedy(PACKING)


def test_a_wrong_answer_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(greedy(PACKING), placed=())
    monkeypatch.setattr(solver, "available", lambda: False)
    monkeypatch.setattr(solver, "greedy", lambda problem, previous: wrong)
    with pytest.raises(solver.WrongAnswer):
        solve(PACKING, limit_s=LIMIT_S, workers=1)


@settings(max_examples=10, deadline=None)
@given(problems())
def test_windows_of_several_lengths_absences_money_and_what_began(given: Problem) -> None:
    first, found = greedy(given), solved(given)
    assert isinstance(first, Solution)
    assert first.bound <= found.bound <= found.ends <= first.ends
    assert solved(given, found).placed == found.placed
