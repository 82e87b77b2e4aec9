"""Replicas before their primary, never two members of a quorum; and what a host is now against what was assumed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from liftlock.decide.amend import amendable, lanes_begun
from liftlock.decide.capacity import room_for
from liftlock.decide.expand import lay_out
from liftlock.decide.readiness import readiness
from liftlock.decide.roles import LEADERS, quorum_of, role_changed, spare
from liftlock.model.actions import Evidence, FailureKind
from liftlock.model.plan import Rollout, Share
from liftlock.model.run import Run, StageView
from liftlock.model.schedule import digest
from liftlock.model.survey import HostSurvey, Survey
from tests.decide.asking import codes, good_plan, with_component
from tests.decide.fakes import component, fake_drivers, orders_plan, schedule_of

NOON = datetime(2026, 12, 20, 12, tzinfo=UTC)


def drivers_with_roles():
    drivers = fake_drivers()
    drivers["backup"].inquires = True
    return drivers


def seen(roles, **more):
    """A survey in which hosts have these roles in `orders`; None: the host does not answer."""
    facts = {h: {"orders.role": r} | {f"orders.{k}": v for k, v in more.items()} for h, r in roles.items() if r}
    return Survey(NOON, {h: HostSurvey(h, r is not None, facts.get(h, {})) for h, r in roles.items()})


def arranged(roles, plan=None, **more):
    plan, inventory, recipes = plan or orders_plan(len(roles), max_unavailable=Share(percent=100))
    return schedule_of(plan, inventory, recipes, drivers=drivers_with_roles(), survey=seen(roles), **more)


def waves_of(schedule):
    return {stage.wave: stage.hosts for stage in schedule.stages}


def named(*roles):
    return {f"app-{n:02d}": role for n, role in enumerate(roles, 1)}


# --- order ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "last"),
    [
        (("primary", "replica", "replica"), ("app-01",)),
        (("replica", "master", "standby"), ("app-02",)),
        (("follower", "follower", "leader"), ("app-03",)),
        (("Primary ", "secondary"), ("app-01",)),
        (("primary", "replica", "primary", "replica"), ("app-01", "app-03")),  # of two clusters
    ],
)
def test_the_primary_has_the_last_wave_for_itself(roles, last):
    assert list(waves_of(arranged(named(*roles))).values())[-1] == last


@given(
    roles=st.lists(st.sampled_from(["primary", "replica", "standby", "voter", ""]), min_size=1, max_size=12),
    shares=st.lists(st.integers(1, 4).map(lambda n: Share(count=n)), min_size=1, max_size=4).map(tuple),
    canaries=st.sampled_from(["random", "listed"]),
)
def test_whoever_leads_comes_after_all_who_do_not(roles, shares, canaries):
    given_roles = named(*roles)
    plan = orders_plan(len(roles), waves=shares, canaries=canaries, max_unavailable=Share(percent=100))
    schedule = arranged(given_roles, plan)
    order = [host for stage in schedule.stages for host in stage.hosts]
    leads = [given_roles[host] in LEADERS for host in order]
    assert sorted(order) == sorted(given_roles)
    assert leads == sorted(leads)
    for stage in schedule.stages[1:]:
        assert stage.needs, "waves come one after the other"
    mixed = [stage for stage in schedule.stages if len({given_roles[h] in LEADERS for h in stage.hosts}) > 1]
    assert mixed == []


def test_without_roles_a_schedule_is_what_it_always_was():
    plan = orders_plan(4)
    drivers = drivers_with_roles()
    blind = schedule_of(*plan, drivers=fake_drivers(), survey=seen(named("", "", "", "")))
    assert digest(schedule_of(*plan, drivers=drivers, survey=seen(named("", "", "", "")))) == digest(blind)
    assert digest(schedule_of(*plan, drivers=drivers)) == digest(schedule_of(*plan))


def test_the_role_is_looked_at_again_and_renames_no_step():
    without, with_them = arranged(named("", "")), arranged(named("primary", "replica"))
    names = with_them.recipes["orders"].names
    assert names[:2] == ("00-precheck", "00-look")
    assert tuple(name for name in names if name not in without.recipes["orders"].names) == (names[1],)
    assert with_them.assumes["app-01"]["orders.role"] == "primary"


def test_what_is_done_once_is_done_where_it_can_be_written():
    plan, inventory, recipes = orders_plan(3)
    migrating = replace(plan, components=(replace(plan.components[0], once_before=({"migrate": "x"},)),))
    schedule = arranged(named("replica", "primary", "replica"), (migrating, inventory, recipes))
    assert schedule.stages[0].hosts == ("app-02",)


def test_the_way_back_begins_with_what_changed_the_roles():
    layout = lay_out(arranged(named("primary", "replica")))
    assert layout.returns_first["orders/1/w1"] == {"orders/1/w2"}
    assert lay_out(arranged(named("", ""))).returns_first["orders/1/w1"] == frozenset()


# --- looked at again --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assumed", "facts", "fields"),
    [
        ("replica", {"role": "replica"}, None),
        ("replica", {"role": "Replica"}, None),
        ("", {"role": "primary"}, None),
        ("replica", {"role": "primary"}, {"component": "db", "assumed": "replica", "found": "primary"}),
        ("primary", {"role": "replica"}, {"component": "db", "assumed": "primary", "found": "replica"}),
        ("primary", {"role": ""}, {"component": "db", "assumed": "primary", "found": "unknown"}),
        ("primary", {"installed": "15.18"}, None),  # a look at packages
    ],
)
def test_another_role_than_assumed_is_a_persons_matter(assumed, facts, fields):
    assumes = {"db.role": assumed} if assumed else {}
    found = role_changed("db", assumes, Evidence(facts))
    assert (found and found.fields) == fields
    assert found is None or found.kind is FailureKind.DEVIATED


def test_after_a_failover_an_amendment_makes_the_order_anew():
    before = arranged(named("primary", "replica"))
    assert waves_of(before) == {"w1": ("app-02",), "w2": ("app-01",)}
    after = arranged(named("replica", "primary"), previous=before)
    assert waves_of(after) == {"w2": ("app-01",), "w3": ("app-02",)}
    assert amendable(before, after, ()) == ()
    moved = arranged(named("replica", "primary"), previous=before, begun=("orders/1/w1/app-02",))
    assert waves_of(moved) == waves_of(before), "what did something stays where it was"


def test_arranging_once_more_on_the_same_roles_changes_nothing():
    before = arranged(named("replica", "primary", "replica", "replica"))
    assert digest(arranged(named("replica", "primary", "replica", "replica"), previous=before)) == digest(before)


def test_lanes_that_only_looked_can_still_be_moved():
    assert lanes_begun(Run()) == ()


# --- quorum -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "expected"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (7, 3)])
def test_more_than_half_stays(size, expected):
    assert spare(size) == expected


@pytest.mark.parametrize(
    ("declared", "roles", "members", "size"),
    [
        (False, ("voter", "leader", "voter", "replica"), 3, 3),
        (False, ("voter", "leader", "voter", "", "unknown"), 5, 5),
        (True, ("", "", ""), 3, 3),
        (5, ("", "", ""), 3, 5),
        (2, ("", "", ""), 3, 3),
    ],
)
def test_who_votes(declared, roles, members, size):
    found = quorum_of(component("orders", "app", quorum=declared), tuple(named(*roles)), named(*roles))
    assert (len(found.members), found.size) == (members, size)


def test_nobody_votes_where_nobody_said_so():
    assert quorum_of(component("orders", "app"), ("app-01",), {"app-01": "primary"}) is None


def quorum_room(size, *, ours=(), down=(), votes=True, of="orders"):
    plan, inventory, recipes = orders_plan(size, max_unavailable=Share(percent=100))
    plan = replace(plan, components=(replace(plan.components[0], quorum=votes),))
    run = Run()
    if ours:
        run.out[of] = dict.fromkeys(ours, 1)
    if down:
        run.stages["orders/1/w1"] = StageView(NOON, unread=set(down))
    return room_for(lay_out(schedule_of(plan, inventory, recipes)), run)


@pytest.mark.parametrize(
    ("size", "given", "host", "may"),
    [
        (3, {}, "app-01", True),
        (3, {"ours": ("app-02",)}, "app-01", False),
        (3, {"ours": ("app-01",)}, "app-01", True),  # it is out already
        (3, {"down": ("app-02",)}, "app-01", False),
        (3, {"down": ("app-01",)}, "app-01", True),
        (5, {"down": ("app-02",)}, "app-01", True),
        (5, {"down": ("app-02", "app-03")}, "app-01", False),
        (5, {"ours": ("app-02",)}, "app-01", False),
        (3, {"down": ("app-02",), "votes": 5}, "app-01", True),
        (3, {"ours": ("app-02",), "of": "monitoring"}, "app-01", False),  # another component on the same hosts
    ],
)
def test_a_member_goes_out_only_if_the_others_can_spare_it(size, given, host, may):
    assert quorum_room(size, **given).take("orders/1/w1", host, back=False) is may


@given(
    size=st.integers(3, 9),
    ours=st.integers(0, 1),
    down=st.sets(st.integers(1, 9), max_size=4),
    asked=st.lists(st.integers(1, 9), max_size=9),
    back=st.booleans(),
)
def test_never_two_members_by_our_acts(size, ours, down, asked, back):
    names = [f"app-{n:02d}" for n in range(1, size + 1)]
    first = names[:ours]
    sick = {f"app-{n:02d}" for n in down if n <= size}
    room = quorum_room(size, ours=first, down=sick)
    gone = set(first)
    for n in asked:
        if n <= size and room.take("orders/1/w1", names[n - 1], back=back):
            assert names[n - 1] in gone | sick or len(gone | sick) < spare(size)
            gone.add(names[n - 1])
    assert len(gone) <= 1


def test_a_planned_outage_promises_no_quorum():
    plan, inventory, recipes = orders_plan(3, planned_outage=True)
    plan = replace(plan, components=(replace(plan.components[0], quorum=True),))
    assert not schedule_of(plan, inventory, recipes).quorums


# --- findings ---------------------------------------------------------------------------------------------


def ready(roles, *, assumes=None, quorum=False, **more):
    plan, inventory, recipes = orders_plan(len(roles))
    plan = replace(plan, components=(replace(plan.components[0], quorum=quorum),))
    found = readiness(plan, inventory, recipes, seen(roles, **more), assumes=assumes)
    return [each.code for each in found if each.code >= "L340"]


@pytest.mark.parametrize(
    ("roles", "more", "expected"),
    [
        (("primary", "replica"), {}, []),
        (("primary", "primary"), {}, ["L341"]),
        (("primary", "primary"), {"cluster": "7421"}, ["L341"]),
        (("replica", "replica"), {}, ["L344"]),
        (("voter", "voter", "voter"), {}, []),
        (("voter", "voter", None), {"quorum": True}, ["L342"]),
        (("voter", "leader", "voter", None, None), {}, ["L342"]),
        (("voter", "voter"), {}, ["L342"]),
        (("voter", "voter", "voter", "leader", None), {"quorum": True}, []),
        (("", "primary"), {"assumes": {"app-02": {"orders.role": "replica"}}}, ["L343"]),
        (("", "primary"), {"assumes": {"app-02": {"orders.role": "primary"}}}, []),
    ],
)
def test_what_a_survey_says_of_roles(roles, more, expected):
    assert ready(named(*roles), **more) == expected


def test_two_clusters_have_a_primary_each():
    plan, inventory, recipes = orders_plan(2)
    hosts = {h: {"orders.role": "primary", "orders.cluster": h} for h in ("app-01", "app-02")}
    survey = Survey(NOON, {h: HostSurvey(h, True, facts) for h, facts in hosts.items()})
    assert [each.code for each in readiness(plan, inventory, recipes, survey) if each.code >= "L340"] == []


def test_roles_that_nobody_looked_at_are_said():
    given = with_component(good_plan(2), stateful=True)
    assert "L340" in codes(given, drivers=drivers_with_roles())
    assert "L340" not in codes(given, drivers=drivers_with_roles(), survey=seen(named("primary", "replica")))
    assert "L340" not in codes(given)
    assert "L340" not in codes(good_plan(2), drivers=drivers_with_roles())


@pytest.mark.parametrize(("size", "declared", "said"), [(2, True, True), (3, True, False), (2, 3, False), (1, 1, True)])
def test_a_declared_quorum_must_be_able_to_lose_one(size, declared, said):
    assert ("L342" in codes(with_component(good_plan(size), quorum=declared))) is said


def test_an_outage_needs_no_spare_member():
    given = with_component(good_plan(2), quorum=True, rollout=Rollout(planned_outage=True))
    assert "L342" not in codes(given)
