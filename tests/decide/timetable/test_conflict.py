"""Why there is no timetable: a set that cannot hold together, and can without any one of its parts."""

from hypothesis import given, settings
from msgspec.structs import replace

from liftlock.decide.timetable.conflict import conflict, loosened, parts_of, smallest
from liftlock.model.timetable import Capacity, Choice, Infeasible, Job, Limit, Problem, Span
from tests.decide.timetable.making import DAY, anytime, nights, problem, shortest, tiny


def by_trying(given: Problem) -> bool:
    return shortest(given) is not None


def codes(found: Infeasible | None) -> list[tuple[str, tuple[str, ...]]]:
    assert found is not None
    return [(fault.code, fault.jobs) for fault in found.faults]


def test_a_deadline_and_a_resource() -> None:
    given = problem(
        Job("a", anytime(10), uses={"team": 1}, deadline=15),
        Job("b", anytime(10), uses={"team": 1}, deadline=19),
        Job("c", anytime(10), uses={"team": 1}),
        Job("d", anytime(10), deadline=12),
        capacities=(Capacity("team", 1), Capacity("other", 1)),
        limits=(Limit(Span(0, 9), 1),),
    )
    found = conflict(given)
    assert codes(found) == [("keep-deadline", ("a",)), ("keep-deadline", ("b",)), ("keep-capacity", ("a", "b"))]
    assert found is not None
    assert found.irreducible
    assert found.faults[2].fields == {"resource": "team", "amount": 1}


def test_many_jobs_that_are_too_much_for_a_team_are_said_as_a_whole() -> None:
    jobs = [Job(str(at), nights(100, 10), uses={"team": 1}) for at in range(100)]
    found = conflict(problem(*jobs, horizon=10 * DAY, capacities=(Capacity("team", 2),)))
    assert found is not None
    assert not found.irreducible
    assert [fault.code for fault in found.faults] == ["overload"]
    fields = found.faults[0].fields
    assert (fields["work_minutes"], fields["there_minutes"]) == (
        5000,
        9 * 200 + 100,
    )  # the horizon cuts the tenth night


def test_what_can_be_has_no_conflict() -> None:
    assert conflict(problem(Job("a", anytime(10)))) is None


def test_what_cannot_be_told_is_not_called_smallest() -> None:
    given = problem(
        *(Job(str(at), anytime(5), uses={"a": 1}) for at in range(3)), horizon=14, capacities=(Capacity("a", 1),)
    )
    found = conflict(given, lambda asked: False if len(asked.jobs) == 3 else None)
    assert found is not None
    assert not found.irreducible


@settings(max_examples=30, deadline=None)
@given(tiny())
def test_the_set_is_impossible_and_smallest(given: Problem) -> None:
    found = conflict(given, by_trying)
    assert (found is None) == by_trying(given)
    if found is None or any(not fault.code.startswith("keep-") for fault in found.faults):
        return
    assert found.irreducible
    named = {job for fault in found.faults for job in fault.jobs}
    few = only(given, named)
    parts = [part for part in parts_of(few) if not by_trying(loosened(few, [part]))]
    assert not by_trying(few)
    assert all(by_trying(only(given, named - {job})) for job in named)
    assert len(parts) <= len(found.faults)


def only(given: Problem, names: set[str]) -> Problem:
    jobs = (job for job in given.jobs if job.id in names)
    kept = (replace(job, after=tuple(link for link in job.after if link.job in names)) for job in jobs)
    return replace(given, jobs=tuple(kept))


def test_quickxplain_finds_the_smallest_of_many() -> None:
    asked: list[int] = []

    def impossible(some: object) -> bool:
        asked.append(1)
        return {3, 40, 41} <= set(some)  # type: ignore[call-overload]

    assert smallest(list(range(64)), impossible) == [3, 40, 41]
    assert len(asked) < 40


def test_a_window_that_says_nothing_is_not_blamed() -> None:
    given = problem(
        *(Job(str(at), (Choice(0, 99, 6),), uses={"a": 1}) for at in range(2)),
        horizon=11,
        capacities=(Capacity("a", 1),),
    )
    assert codes(conflict(given)) == [("keep-capacity", ("0", "1")), ("keep-horizon", ())]
