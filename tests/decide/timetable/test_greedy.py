"""Without a solver: what is found holds, is good where that can be proved, and stays where it was promised."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from liftlock.decide.timetable.bounds import lower_bound
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.network import net_of
from liftlock.decide.timetable.profile import steps_of
from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import Capacity, Choice, Infeasible, Job, Limit, Link, Problem, Solution, Span
from tests.decide.timetable.making import DAY, anytime, nights, placed, problem, problems, shortest, tiny


def found(given: Problem, previous: Solution | None = None) -> Solution:
    solution = greedy(given, previous)
    assert isinstance(solution, Solution)
    assert verify(given, solution) == ()
    return solution


def begins(solution: Solution) -> dict[str, int]:
    return {each.job: each.begins for each in solution.placed}


def test_a_later_choice_that_takes_less_fits_before_the_resource_is_free_for_long() -> None:
    """Held until 131: what takes a minute from the second choice must wait, what takes none from the third need not."""
    holds = Job("holds", (Choice(50, 50, 81),), uses={"a": 2})
    short = Job("short", (Choice(60, 100, 1), Choice(130, 2000, 0)), uses={"a": 2})
    given = problem(holds, short, capacities=(Capacity("a", 2),))
    assert begins(found(given)) == {"holds": 50, "short": 130}


@settings(max_examples=25, deadline=None)
@given(tiny())
def test_it_never_claims_more_than_trying_everything_finds(given: Problem) -> None:
    best, solution = shortest(given), greedy(given)
    if isinstance(solution, Infeasible):
        assert best is None or not solution.irreducible
        return
    assert verify(given, solution) == ()
    assert best is not None
    assert solution.bound <= best <= solution.ends
    assert not solution.proved or solution.ends == best


@settings(max_examples=25, deadline=None)
@given(problems())
def test_the_same_problem_gives_the_same_timetable(given: Problem) -> None:
    assert greedy(given) == greedy(given)


@pytest.mark.parametrize(
    ("jobs", "people", "length", "nights_needed"),
    [
        (12, 2, 80, 2),  # three of 80 min fit into 4 h, so six a night
        (12, 2, 81, 3),  # two of 81 min: four a night
        (12, 3, 240, 4),
        (1, 3, 240, 1),
    ],
)
def test_nights_are_filled_with_whole_jobs_and_the_bound_proves_it(
    jobs: int, people: int, length: int, nights_needed: int
) -> None:
    team = Capacity("team", people)
    many = [Job(str(at), nights(length, 20), uses={"team": 1}) for at in range(jobs)]
    solution = found(problem(*many, horizon=20 * DAY, capacities=(team,)))
    assert solution.ends // DAY + (solution.ends % DAY > 720) == nights_needed
    assert solution.proved


def test_clusters_wait_for_their_observation_and_the_whole_is_proved() -> None:
    jobs = [
        Job(
            f"{cluster}.{member}",
            nights(60, 30),
            (Link(f"{cluster}.{member - 1}", 12 * 60, "observation"),) if member else (),
            {"team": 1, f"quorum {cluster}": 1},
        )
        for cluster in range(8)
        for member in range(3)
    ]
    quorums = [Capacity(f"quorum {cluster}", 1) for cluster in range(8)]
    solution = found(problem(*jobs, horizon=30 * DAY, capacities=(Capacity("team", 2), *quorums)))
    assert solution.proved
    assert solution.ends == 2 * DAY + 22 * 60 + 240


def test_a_deadline_that_comes_first_goes_first() -> None:
    jobs = [Job(str(at), anytime(10), uses={"a": 1}, deadline=10 * (8 - at)) for at in range(8)]
    solution = found(problem(*jobs, capacities=(Capacity("a", 1),)))
    assert begins(solution) == {str(at): 10 * (7 - at) for at in range(8)}


def test_money_of_a_period_pushes_a_job_into_the_next() -> None:
    jobs = [Job(str(at), anytime(5), cost=4) for at in range(3)]
    solution = found(problem(*jobs, limits=(Limit(Span(0, 100), 9),)))
    assert sorted(begins(solution).values()) == [0, 0, 100]


BASE = problem(
    *(Job(str(at), anytime(10), (Link(str(at - 1)),) if at % 3 else (), {"a": 1}) for at in range(9)),
    capacities=(Capacity("a", 2),),
)


def test_nothing_moves_without_need() -> None:
    first = found(BASE)
    later = replace(first, placed=tuple(replace(e, begins=e.begins + 7, ends=e.ends + 7) for e in first.placed))
    assert begins(found(BASE, later)) == begins(later)


def test_only_what_a_longer_job_pushes_moves() -> None:
    jobs = (
        Job("a", anytime(10)),
        Job("b", anytime(10), (Link("a"),)),
        Job("c", anytime(10), (Link("b"),)),
        Job("d", anytime(9)),
    )
    first = found(problem(*jobs))
    slow = found(problem(Job("a", anytime(13)), *jobs[1:]), first)
    assert begins(slow) == {"a": 0, "b": 13, "c": 23, "d": 0}
    roomy = replace(first, placed=tuple(replace(e, begins=30, ends=40) if e.job == "c" else e for e in first.placed))
    assert begins(found(problem(Job("a", anytime(13)), *jobs[1:]), roomy)) == {"a": 0, "b": 13, "c": 30, "d": 0}


def test_all_are_pushed_where_that_ends_earlier_than_one_that_jumps_over_the_others() -> None:
    jobs = [Job(name, anytime(10), uses={"a": 1}) for name in "abc"] + [Job("x", anytime(100), (Link("b"),))]
    capacities = (Capacity("a", 1),)
    first = placed(problem(*jobs, capacities=capacities), {"a": 0, "b": 10, "c": 20, "x": 20})
    slow = problem(Job("a", anytime(15), uses={"a": 1}), *jobs[1:], capacities=capacities)
    assert begins(found(slow, first)) == {"a": 0, "b": 15, "c": 25, "x": 25}
    roomy = replace(first, placed=(*first.placed[:3], replace(first.placed[3], begins=60, ends=160)))
    assert begins(found(slow, roomy)) == {"a": 0, "b": 30, "c": 20, "x": 60}


def test_what_began_does_not_move_and_is_given_its_share() -> None:
    first = found(BASE)
    jobs = tuple(replace(job, began=50) if job.id == "0" else job for job in BASE.jobs)
    again = begins(found(replace(BASE, jobs=jobs), first))
    assert again["0"] == 50


def test_what_began_before_the_first_day_is_given_its_share_of_it() -> None:
    jobs = (Job("a", (Choice(-30, -30, 50),), uses={"a": 1}, began=-30), Job("b", anytime(5), (Link("a"),), {"a": 1}))
    given = problem(*jobs, Job("c", anytime(5), uses={"a": 1}), capacities=(Capacity("a", 1),))
    assert begins(found(given)) == {"a": -30, "b": 20, "c": 25}


@settings(max_examples=25, deadline=None)
@given(problems())
def test_previous_begins_are_kept_where_they_hold(given: Problem) -> None:
    first = greedy(given)
    if isinstance(first, Solution):
        assert greedy(given, first) == first or begins(found(given, first)) == begins(first)


@pytest.mark.parametrize(
    ("jobs", "code"),
    [
        ((Job("a", ()),), "choices"),
        ((Job("a", (), needs=300, longest=240),), "window"),
        ((Job("a", anytime(10), began=2000),), "began-outside"),
        ((Job("a", anytime(10), deadline=9),), "too-late"),
        ((Job("a", (Choice(0, 1, 1001),)),), "too-long"),
        ((Job("a", anytime(10), uses={"team": 3}),), "resource"),
        ((Job("a", anytime(10), uses={"nobody": 1}),), "unknown-resource"),
        ((Job("a", anytime(10), (Link("z"),)),), "unknown"),
        ((Job("a", anytime(1), (Link("b"),)), Job("b", anytime(1), (Link("a"),))), "cycle"),
        ((Job("a", anytime(10)), Job("b", anytime(10), (Link("a", 5),), deadline=24)), "late"),
        ((Job("a", anytime(10)), Job("b", anytime(10, 14), (Link("a", 5),))), "closed"),
    ],
)
def test_what_lies_open_is_said_at_once(jobs: tuple[Job, ...], code: str) -> None:
    answer = greedy(problem(*jobs, capacities=(Capacity("team", 2),)))
    assert isinstance(answer, Infeasible)
    assert [fault.code for fault in answer.faults] == [code]
    assert answer.irreducible


def test_a_chain_that_is_late_is_named() -> None:
    jobs = (
        Job("a", anytime(10)),
        Job("b", anytime(10), (Link("a", 5),)),
        Job("c", anytime(10), (Link("b"),), deadline=30),
    )
    answer = greedy(problem(*jobs))
    assert isinstance(answer, Infeasible)
    assert answer.faults[0].jobs == ("a", "b", "c")
    assert answer.faults[0].fields == {"job": "c", "soonest_at": 25, "last_at": 20, "deadline_at": 30}


def test_no_jobs_is_a_timetable() -> None:
    assert found(problem()) == Solution((), "greedy", bound=0, proved=True)


def test_ten_clusters_that_meet_no_bound_still_have_a_true_one() -> None:
    jobs = [Job(str(at), anytime(7 + at % 4), uses={"a": 2}) for at in range(10)]
    given = problem(*jobs, capacities=(Capacity("a", 5, ((Span(20, 30), 4),)),))
    assert lower_bound(net_of(given)) <= found(given).ends


@pytest.mark.parametrize(
    ("gone", "times", "free"),
    [
        ([], [0], [3]),
        ([(5, 8, 1)], [0, 5, 8], [3, 2, 3]),
        ([(-5, 8, 1), (6, 9, 4)], [0, 6, 9], [2, 0, 3]),
        ([(5, 5, 1)], [0], [3]),
    ],
)
def test_steps(gone: list[tuple[int, int, int]], times: list[int], free: list[int]) -> None:
    steps = steps_of(3, gone)
    assert (steps.times, steps.free) == (times, free)


def test_steps_backwards_are_steps() -> None:
    steps = steps_of(3, [(5, 8, 1), (12, 20, 2)]).turned(15)
    assert [steps.free[max(i for i, t in enumerate(steps.times) if t <= m)] for m in range(16)] == [
        *[1] * 3, *[3] * 4, *[2] * 3, *[3] * 5, 0,
    ]  # fmt: skip
