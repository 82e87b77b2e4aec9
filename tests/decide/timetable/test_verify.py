"""A timetable that holds is broken in every way; the checker names each."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import (
    Capacity,
    Choice,
    Fault,
    Infeasible,
    Job,
    Limit,
    Link,
    Placed,
    Problem,
    Solution,
    Span,
)
from tests.decide.timetable.making import anytime, placed, problem, problems

GIVEN = problem(
    Job("a", (Choice(0, 100, 10), Choice(200, 300, 20)), uses={"team": 1}, cost=5, deadline=230),
    Job("b", anytime(10), (Link("a", gap=5),), {"team": 1}, cost=5),
    Job("c", anytime(10), uses={"team": 1}, began=60),
    capacities=(Capacity("team", 1, ((Span(150, 160), 1),)),),
    limits=(Limit(Span(0, 50), 9),),
)
BEGINS = {"a": 0, "b": 50, "c": 60}


def test_what_holds_has_no_fault() -> None:
    assert verify(GIVEN, placed(GIVEN, BEGINS)) == ()


@pytest.mark.parametrize(
    ("begins", "code", "jobs"),
    [
        ({"a": 0, "c": 60}, "missing", ("b",)),
        ({**BEGINS, "a": 110}, "start", ("a",)),
        ({**BEGINS, "a": -1}, "start", ("a",)),
        ({**BEGINS, "c": 61}, "began", ("c",)),
        ({**BEGINS, "a": 40}, "after", ("b", "a")),
        ({**BEGINS, "a": 36}, "after", ("b", "a")),
        ({**BEGINS, "b": 55}, "capacity", ("b", "c")),
        ({**BEGINS, "b": 65}, "capacity", ("c", "b")),
        ({**BEGINS, "b": 145}, "capacity", ("b",)),
        ({**BEGINS, "b": 159}, "capacity", ("b",)),
        ({**BEGINS, "a": 211, "b": 300}, "deadline", ("a",)),
        ({**BEGINS, "b": 991}, "horizon", ("b",)),
        ({**BEGINS, "b": 49}, "budget", ("a", "b")),
    ],
)
def test_each_way_to_break_it_is_seen(begins: dict[str, int], code: str, jobs: tuple[str, ...]) -> None:
    assert (code, jobs) in [(fault.code, fault.jobs) for fault in verify(GIVEN, placed(GIVEN, begins))]


def swapped(change: Callable[[Placed], tuple[Placed, ...]]) -> Solution:
    whole = placed(GIVEN, BEGINS)
    return msgspec.structs.replace(whole, placed=tuple(each for one in whole.placed for each in change(one)))


@pytest.mark.parametrize(
    ("solution", "faults"),
    [
        (swapped(lambda one: (one, one) if one.job == "c" else (one,)), [Fault("twice", ("c",), {"times": 2})]),
        (
            swapped(lambda one: (Placed("b", 50, 59),) if one.job == "b" else (one,)),
            [Fault("length", ("b",), {"takes_minutes": 10, "found_minutes": 9})],
        ),
        (swapped(lambda one: (one, Placed("d", 0, 1)) if one.job == "a" else (one,)), [Fault("unknown", ("d",))]),
        (
            msgspec.structs.replace(placed(GIVEN, BEGINS), bound=69, proved=True),
            [Fault("bound", (), {"ends_at": 70, "bound_at": 69})],
        ),
        (
            msgspec.structs.replace(placed(GIVEN, BEGINS), bound=71),
            [Fault("bound", (), {"ends_at": 70, "bound_at": 71})],
        ),
    ],
)
def test_a_solution_that_is_put_together_wrongly_is_seen(solution: Solution, faults: list[Fault]) -> None:
    assert list(verify(GIVEN, solution)) == faults


def test_the_length_is_that_of_the_choice_that_is_taken() -> None:
    late = placed(GIVEN, {**BEGINS, "a": 205, "b": 230})
    assert verify(GIVEN, late) == ()
    short = msgspec.structs.replace(late, placed=(Placed("a", 205, 215), *late.placed[1:]))
    assert [fault.code for fault in verify(GIVEN, short)] == ["length"]


def test_what_began_is_not_at_fault_for_what_only_it_breaks() -> None:
    facts = problem(
        Job("a", anytime(10), uses={"team": 1}, began=0, cost=5),
        Job("b", anytime(10), (Link("a"),), {"team": 1}, began=5, cost=5),
        Job("c", anytime(10), uses={"team": 1}),
        capacities=(Capacity("team", 1),),
        limits=(Limit(Span(0, 50), 5),),
    )
    assert verify(facts, placed(facts, {"a": 0, "b": 5, "c": 15})) == ()
    assert [fault.code for fault in verify(facts, placed(facts, {"a": 0, "b": 5, "c": 14}))] == ["capacity"]


def test_an_unknown_resource_or_predecessor_is_a_fault() -> None:
    wrong = problem(Job("a", anytime(1), (Link("z"),), {"nobody": 1}))
    assert [(f.code, f.jobs) for f in verify(wrong, placed(wrong, {"a": 0}))] == [
        ("unknown", ("z",)),
        ("unknown-resource", ("a",)),
    ]


def minutes_over(given: Problem, solution: Solution) -> bool:
    """A naive count, minute by minute."""
    jobs = {job.id: job for job in given.jobs}
    for capacity in given.capacities:
        for minute in range(solution.ends):
            here = [jobs[each.job] for each in solution.placed if each.begins <= minute < each.ends]
            users = [job for job in here if job.uses.get(capacity.id)]
            less = sum(units for span, units in capacity.less if span.begins <= minute < span.ends)
            over = sum(job.uses[capacity.id] for job in users) > max(0, capacity.amount - less)
            if over and any(job.began is None for job in users):
                return True
    return False


@settings(max_examples=40, deadline=None)
@given(problems(), st.lists(st.integers(0, 100), min_size=8, max_size=8))
def test_the_sweep_finds_what_a_count_of_every_minute_finds(given: Problem, begins: list[int]) -> None:
    solution = placed(given, {job.id: begins[at] for at, job in enumerate(given.jobs)})
    found = any(fault.code == "capacity" for fault in verify(given, solution))
    assert found == minutes_over(given, solution)


@settings(max_examples=40, deadline=None)
@given(problems(), st.data())
def test_what_greedy_gives_holds_until_one_job_is_moved_before_its_predecessor(
    given: Problem, data: st.DataObject
) -> None:
    solution = greedy(given)
    if isinstance(solution, Infeasible):
        assert not solution.irreducible
        return
    assert verify(given, solution) == ()
    bound = [job for job in given.jobs if job.after and job.began is None]
    if bound:
        job = data.draw(st.sampled_from(bound))
        ends = {each.job: each.ends for each in solution.placed}
        too_soon = max(ends[link.job] + link.gap for link in job.after) - 1
        moved = tuple(
            Placed(each.job, too_soon, too_soon + each.ends - each.begins) if each.job == job.id else each
            for each in solution.placed
        )
        assert "after" in {fault.code for fault in verify(given, msgspec.structs.replace(solution, placed=moved))}
