"""Critical path and slack: what has slack may use it, what has none may not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.timetable.critical import critical
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import Capacity, Choice, Job, Link, Problem, Slack, Solution, Span
from tests.decide.timetable.making import anytime, placed, problem, problems

CHAIN = problem(
    Job("a", anytime(10)),
    Job("b", anytime(20), (Link("a", 5),)),
    Job("c", anytime(7), (Link("a"),)),
    Job("d", anytime(3), (Link("b"), Link("c", 2))),
)
BEGINS = {"a": 0, "b": 15, "c": 10, "d": 35}


def slack(given: Problem, begins: dict[str, int]) -> dict[str, int]:
    solution = placed(given, begins)
    assert verify(given, solution) == ()
    found = critical(given, solution)
    assert all(each.critical == (each.total == 0) for each in found.values())
    return {job: each.total for job, each in found.items()}


def test_the_critical_path_of_links() -> None:
    assert slack(CHAIN, BEGINS) == {"a": 0, "b": 0, "c": 16, "d": 0}


def test_a_job_that_follows_on_a_resource_binds_as_a_link_does() -> None:
    team = (Capacity("team", 1),)
    given = problem(*(Job(name, anytime(10), uses={"team": 1}) for name in "ab"), Job("c", anytime(5)), capacities=team)
    assert slack(given, {"a": 0, "b": 10, "c": 0}) == {"a": 0, "b": 0, "c": 15}
    assert slack(given, {"a": 0, "b": 12, "c": 0}) == {"a": 2, "b": 0, "c": 17}


@pytest.mark.parametrize(
    ("choices", "less", "total"),
    [
        ((Choice(0, 5, 10), Choice(20, 40, 10)), (), 30),
        ((Choice(0, 5, 10), Choice(31, 40, 10)), (), 5),
        (anytime(10), ((Span(25, 30), 1),), 30),
        (anytime(10), ((Span(25, 32), 1),), 15),
    ],
)
def test_slack_ends_where_windows_and_absences_say(
    choices: tuple[Choice, ...], less: tuple[tuple[Span, int], ...], total: int
) -> None:
    given = problem(Job("a", choices, uses={"p": 1}), Job("b", anytime(40)), capacities=(Capacity("p", 1, less),))
    assert slack(given, {"a": 0, "b": 0}) == {"a": total, "b": 0}


def test_a_deadline_ends_slack() -> None:
    given = problem(Job("a", anytime(10), deadline=14), Job("b", anytime(40)))
    assert slack(given, {"a": 0, "b": 0}) == {"a": 4, "b": 0}


def test_what_began_has_the_slack_of_its_end() -> None:
    given = problem(Job("a", anytime(10), began=0), Job("b", anytime(5), (Link("a"),)), Job("c", anytime(40)))
    assert slack(given, {"a": 0, "b": 10, "c": 0}) == {"a": 25, "b": 25, "c": 0}


def test_ten_thousand_jobs_have_slack() -> None:
    jobs = [Job(str(at), anytime(1, 20_000), uses={"p": 1}) for at in range(10_000)]
    given = problem(*jobs, horizon=20_000, capacities=(Capacity("p", 1),))
    found = critical(given, placed(given, {str(at): at for at in range(10_000)}))
    assert set(found.values()) == {Slack(0, True)}


@settings(max_examples=30, deadline=None)
@given(problems(), st.integers(0, 7))
def test_whoever_uses_its_slack_delays_nothing_but_what_follows(given: Problem, which: int) -> None:
    """Without absences and money, which are looked at job by job or not at all."""
    given = replace(given, capacities=tuple(replace(each, less=()) for each in given.capacities), limits=())
    solution, job = greedy(given), given.jobs[which % len(given.jobs)]
    assert isinstance(solution, Solution)
    later = pushed(given, solution, job.id, critical(given, solution)[job.id].total if job.began is None else 0)
    assert verify(given, later) == ()
    assert later.ends == solution.ends


def pushed(given: Problem, solution: Solution, job: str, minutes: int) -> Solution:
    """The job that much later, and all others, in the order of their begins, at the first minute that is still free."""
    begins = {each.job: each.begins for each in solution.placed}
    turn = sorted(begins, key=lambda name: (begins[name], [each.id for each in given.jobs].index(name)))
    begins[job] += minutes
    fixed = [name for name in turn if begins[name] < begins[job] - minutes]
    kept: dict[str, int] = {}
    for name in [*fixed, job, *(each for each in turn if each not in fixed and each != job)]:
        some = part(given, {*kept, name})
        trials = (placed(some, {**kept, name: minute}) for minute in range(begins[name], 3000))
        found = next(each for each in trials if not verify(some, each))
        kept[name] = next(each.begins for each in found.placed if each.job == name)
    return placed(given, kept)


def part(given: Problem, names: set[str]) -> Problem:
    jobs = (job for job in given.jobs if job.id in names)
    return replace(given, jobs=tuple(replace(o, after=tuple(k for k in o.after if k.job in names)) for o in jobs))
