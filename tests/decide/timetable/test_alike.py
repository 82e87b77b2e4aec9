"""Clusters that may change places, and those that may not."""

from msgspec.structs import replace

from liftlock.decide.timetable.alike import alike, in_order
from liftlock.decide.timetable.network import net_of, starts_of
from liftlock.decide.timetable.verify import verify
from liftlock.model.timetable import Capacity, Job, Link, Placed, Problem, Solution
from tests.decide.timetable.making import anytime, placed, problem

NAMES = [f"{cluster}{member}" for cluster in "abcd" for member in "12"]


def clusters(**changed: Job) -> Problem:
    """Four clusters of two, each with a quorum of its own, in one team."""
    jobs = [
        Job(name, anytime(10), (Link(f"{name[0]}1", 5),) if name[1] == "2" else (), {"team": 1, f"quorum {name[0]}": 1})
        for name in NAMES
    ]
    quorums = [Capacity(f"quorum {cluster}", 1) for cluster in "abcd"]
    return problem(*(changed.get(job.id, job) for job in jobs), capacities=(Capacity("team", 2), *quorums))


def families(given: Problem) -> list[list[str]]:
    return [["".join(given.jobs[at].id for at in group) for group in family] for family in alike(net_of(given))]


def test_clusters_that_are_alike_are_a_family() -> None:
    assert families(clusters()) == [["a1a2", "b1b2", "c1c2", "d1d2"]]


def test_length_windows_cost_needs_and_what_began_set_a_cluster_apart() -> None:
    jobs = {job.id: job for job in clusters().jobs}
    for other in (
        replace(jobs["b2"], choices=anytime(11)),
        replace(jobs["b2"], cost=1),
        replace(jobs["b2"], uses={"team": 2, "quorum b": 1}),
        replace(jobs["b2"], after=(Link("b1", 6),)),
        replace(jobs["b2"], deadline=500),
        replace(jobs["b1"], began=3),
    ):
        assert families(clusters(**{other.id: other})) == [["a1a2", "c1c2", "d1d2"]]


def test_a_resource_that_two_share_is_not_their_own() -> None:
    jobs = {job.id: job for job in clusters().jobs}
    shared = replace(jobs["b2"], uses={"team": 1, "quorum a": 1})
    assert families(clusters(b2=shared)) == [["c1c2", "d1d2"]]


def test_groups_change_places_until_they_begin_in_order() -> None:
    given = clusters()
    before = placed(given, dict(zip(NAMES, (40, 60, 0, 20, 40, 70, 5, 20), strict=True)))
    assert verify(given, before) == ()
    begins = in_order(starts_of(net_of(given), before), alike(net_of(given)))
    assert begins == [0, 20, 5, 20, 40, 60, 40, 70]
    after = tuple(Placed(name, begin, begin + 10) for name, begin in zip(NAMES, begins, strict=True))
    assert verify(given, Solution(after, "person")) == ()
