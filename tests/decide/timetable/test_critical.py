"""Critical path and slack: what has slack may use it, what has none may not."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.timetable.critical import critical, follows
from liftlock.decide.timetable.greedy import greedy
from liftlock.decide.timetable.network import net_of, starts_of
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


def test_slack_reaches_over_a_weekend_though_the_job_takes_longer_then() -> None:
    """Two days of work from Thursday on, or from Friday on over the weekend; what waits for it begins on Tuesday."""
    lead = Job("lead", (Choice(0, 0, 20), Choice(10, 10, 50)))
    given = problem(lead, Job("wave", (Choice(20, 20, 5), Choice(60, 61, 5)), (Link("lead"),)), Job("c", anytime(70)))
    assert slack(given, {"lead": 0, "wave": 20, "c": 0}) == {"lead": 10, "wave": 41, "c": 0}


def test_an_absence_is_met_by_what_takes_longer_later() -> None:
    away = (Capacity("p", 1, ((Span(40, 45), 1),)),)
    given = problem(
        Job("a", (Choice(0, 0, 20), Choice(10, 10, 50)), uses={"p": 1}), Job("b", anytime(70)), capacities=away
    )
    assert slack(given, {"a": 0, "b": 0}) == {"a": 0, "b": 0}


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


@settings(max_examples=300, deadline=None)
@given(problems(), st.integers(0, 7))
def test_whoever_uses_its_slack_delays_nothing_but_what_follows(given: Problem, which: int) -> None:
    """Without absences and money, which are looked at job by job or not at all."""
    given = replace(given, capacities=tuple(replace(each, less=()) for each in given.capacities), limits=())
    solution, job = greedy(given), given.jobs[which % len(given.jobs)]
    assert isinstance(solution, Solution)
    later = pushed(given, solution, job.id, critical(given, solution))
    assert verify(given, later) == ()
    assert later.ends == solution.ends


def pushed(given: Problem, solution: Solution, job: str, slacks: Mapping[str, Slack]) -> Solution:
    """The job as late as its slack says, and with it all that follows, by a link or on a resource."""
    net = net_of(given)
    ids = [each.id for each in net.jobs]
    kept = {each.job: each for each in solution.placed}
    edges = follows(net, starts_of(net, solution), [kept[name].ends for name in ids])
    reached, ahead = set[int](), [ids.index(job)]
    while ahead:
        at = ahead.pop()
        if at not in reached:
            reached.add(at)
            ahead.extend(edges[at])
    late = {ids[at]: slacks[ids[at]].total for at in reached if net.jobs[at].began is None}
    return placed(given, {name: each.begins + late.get(name, 0) for name, each in kept.items()})
