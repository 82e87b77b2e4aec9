"""What `check` says of components whose product's rules are known."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.model.findings import Finding, Severity
from liftlock.model.plan import Hop, Rollout, Share, Versions
from liftlock.model.product import Block, Condition, Edge, Override, Product, ProductPart, Release, Skew, Stop
from liftlock.model.survey import HostSurvey, Survey
from tests.decide.asking import ask, good_plan, with_component, with_plan
from tests.decide.fakes import two_tiers

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ORDERS = Product(
    "orders",
    releases=tuple(Release(text) for text in ("1.0", "1.1", "2.0", "3.0")),
    complete=True,
    edges=(Edge("*", "*", reach="major"), Edge("1.1", "3.0", risk="high")),
    stops=(Stop("2.*", "the tables move", "https://x"),),
    blocks=(Block("Fire", to="1.1", when=(Condition(fact="cloud", is_="azure"),), message="it burns"),),
)
AWS = Survey(NOW, {f"app-{n:02}": HostSurvey(f"app-{n:02}", True, {"cloud": "aws"}) for n in range(1, 9)})


def asked(start: str, end: str, *via: str, product: Product = ORDERS, **more: Any) -> list[Finding]:
    """Only what products have to do with."""
    overrides = more.pop("overrides", ())
    known_bad = more.pop("known_bad", ())
    component = more.pop("component", {"product": product.product})
    given = with_component(
        good_plan(**more.pop("rollout", {})),
        version=Versions(start, end, known_bad),
        via=tuple(Hop(each) for each in via),
        **component,
    )
    given = with_plan(given, overrides=overrides)
    found = ask(given, products={product.product: product}, now=NOW, **more)
    return [each for each in found if "L570" <= each.code <= "L589"]


def codes(found: list[Finding]) -> list[str]:
    return sorted(each.code for each in found)


def test_a_way_that_is_allowed_has_no_findings() -> None:
    assert asked("2.0", "3.0") == []
    assert asked("1.1", "3.0", "2.0") == []
    assert asked("1.1", "3.0", "2.0", "3.0") == []  # the end may be written as a hop, too
    assert asked("2.0", "2.0") == []  # that is another rule's matter


def test_a_missing_stop_is_named_with_what_to_write() -> None:
    found = asked("1.1", "3.0")
    assert codes(found) == ["L579", "L582"]
    stop, via = sorted(found, key=lambda each: each.code)
    assert (stop.path, stop.fields["stops"]) == (("components", 0, "version", "to"), "2.*")
    assert stop.fields["because"] == "the tables move"
    assert via.fields["via"] == '[{version: "2.0"}]'


def test_a_hop_that_no_edge_allows() -> None:
    (found,) = asked("2.0", "4.0", product=replace(ORDERS, complete=False))
    assert (found.code, found.fields["via"], found.severity) == ("L582", '[{version: "3.0"}]', Severity.ERROR)
    none = replace(ORDERS, edges=(Edge("1.0", "1.1"),), blocks=())
    (way,) = asked("1.0", "3.0", "1.1", "2.0", product=none)
    assert (way.code, way.fields["reached"], way.fields["behind"]) == ("L578", "1.1", "-")
    assert way.path == ("components", 0, "version")


def test_the_way_down_is_no_products_matter() -> None:
    (found,) = asked("3.0", "2.0")
    assert (found.code, found.fields["reached"]) == ("L578", "3.0")


def test_a_block_holds_by_the_survey_of_each_host_and_is_said_with_them() -> None:
    blocked = asked("1.0", "1.1")
    assert codes(blocked) == ["L578", "L580"]
    said = next(each for each in blocked if each.code == "L580").fields
    assert (said["risk"], said["unknown"], said["message"]) == ("Fire", "cloud", "it burns")
    assert str(said["hosts"]).startswith("app-01, app-02")
    assert asked("1.0", "1.1", survey=AWS) == []
    one = {**AWS.hosts, "app-03": HostSurvey("app-03", True, {"cloud": "azure"})}
    found = asked("1.0", "1.1", survey=Survey(NOW, one))
    assert [each.fields["hosts"] for each in found if each.code == "L580"] == ["app-03"]


def test_an_override_by_an_approver_opens_a_block() -> None:
    (found,) = asked("1.0", "1.1", overrides=(Override("Fire", "chen.jie", "tried on three hosts"),))
    assert (found.code, found.severity) == ("L571", Severity.INFO)  # whoever approves reads it
    assert found.fields == {
        "risk": "Fire",
        "person": "chen.jie",
        "because": "tried on three hosts",
        "hops": "orders 1.0 → 1.1",
    }
    assert codes(asked("1.0", "1.1", overrides=(Override("Fire", "chen.jie", "tried", "2026-12-01"),))) == ["L571"]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (Override("Fire", "li.wei", "I say so"), ["L571", "L588"]),
        (Override("Fire", "chen.jie", "tried", "2026-11-30"), ["L578", "L580", "L589"]),
        (Override("Fire", "chen.jie", "tried", "soon"), ["L578", "L580", "L589"]),
        (Override("Flood", "chen.jie", "tried"), ["L578", "L580", "L587"]),
    ],
)
def test_an_override_that_does_not_hold(override: Override, expected: list[str]) -> None:
    assert codes(asked("1.0", "1.1", overrides=(override,))) == expected


@pytest.mark.parametrize(
    ("change", "kept"),
    [({"withdrawn": True}, "withdrawn"), ({"dead_end": "lost"}, "lost")],
)
def test_releases_that_are_not_to_be_used(change: dict[str, Any], kept: str) -> None:
    product = replace(ORDERS, releases=(Release("1.1"), replace(Release("2.0"), **change), Release("3.0")), stops=())
    found = asked("1.1", "3.0", "2.0", product=product)
    assert [each.fields["why"] for each in found if each.code == "L581"] == [kept]


def test_a_known_bad_release_is_none_to_go_through() -> None:
    found = asked("1.1", "3.0", "2.0", known_bad=("2.0",))
    assert [each.fields["version"] for each in found if each.code == "L581"] == ["2.0"]
    assert "L578" in codes(found)


def test_a_better_way_is_told_and_nothing_more() -> None:
    product = replace(ORDERS, stops=(), edges=(Edge("*", "*", reach="major"), Edge("1.1", "3.0", risk="high")))
    (found,) = asked("1.1", "3.0", product=product)
    assert (found.code, found.severity, found.fields) == (
        "L583",
        Severity.INFO,
        {"via": "2.0", "risk": "low", "hops": 2},
    )


def test_names_that_are_not_known() -> None:
    (unknown,) = asked("1.0", "1.1", component={"product": "order"})
    assert (unknown.code, unknown.fields) == ("L574", {"given": "order", "known": "orders"})
    (part,) = asked("2.0", "3.0", component={"product": "orders", "part": "web"})
    assert part.code == "L575"
    version, better = asked("2.0", "3.0", "2.5")
    assert better.code == "L583"
    assert (version.code, version.severity, version.path) == (
        "L576",
        Severity.WARNING,
        ("components", 0, "via", 0, "version"),
    )
    (unread,) = asked("2.0", "3 0")
    assert (unread.code, unread.fields["version"]) == ("L577", "3 0")


def test_a_product_with_faults_is_not_applied() -> None:
    broken = replace(ORDERS, stops=(Stop(">="),))
    (found,) = asked("1.0", "1.1", product=broken)
    assert (found.code, found.source, found.path) == ("L570", "product:orders", ("stops", 0, "version"))


def test_a_hop_with_everything_stopped_wants_a_planned_outage() -> None:
    product = replace(ORDERS, edges=(Edge("2.0", "3.0", stopped=True),))
    assert codes(asked("2.0", "3.0", product=product)) == ["L586"]
    rollout = {"planned_outage": True, "waves": (Share(percent=100),)}
    assert asked("2.0", "3.0", product=product, rollout=rollout) == []


def test_old_beside_new_for_too_long() -> None:
    product = replace(ORDERS, longest_mixed_s=60.0)
    (found,) = asked("2.0", "3.0", product=product, rollout={"soak_s": 600.0})
    assert (found.code, found.severity, found.fields["longest_s"]) == ("L585", Severity.WARNING, 60.0)
    assert float(found.fields["mixed_s"]) > 600
    assert asked("2.0", "3.0", product=replace(product, longest_mixed_s=86400.0)) == []
    skew = Skew("orders", "orders", "major", behind_max=1, longest_s=30.0)
    assert codes(asked("2.0", "3.0", product=replace(ORDERS, skews=(skew,)))) == ["L585"]


def test_old_and_new_may_not_meet() -> None:
    product = replace(ORDERS, skews=(Skew("orders", "orders", "major", behind_max=0, ahead_max=0, url="https://x"),))
    (found,) = asked("2.0", "3.0", product=product)
    said = found.fields
    assert (found.code, said["of_version"], said["beside_version"], said["rule"]) == (
        "L584",
        "2.0",
        "3.0",
        "major 0 … 0",
    )


PAIR = Product(
    "shop",
    parts=(ProductPart("db"), ProductPart("web", ("db",))),
    edges=(Edge("*", "*"),),
    skews=(Skew("web", "db", "minor", behind_max=1, ahead_max=0),),
)


def shop(web: tuple[str, str], db: tuple[str, str], **second: Any) -> list[Finding]:
    plan, inventory, recipes = two_tiers()
    first, other = plan.components
    rolling = Rollout(waves=(Share(percent=100),), max_unavailable=Share(percent=100))
    components = (
        replace(first, product="shop", part="db", version=Versions(*db), rollout=rolling),
        replace(other, product="shop", part="web", version=Versions(*web), rollout=rolling, **second),
    )
    found = ask((replace(plan, components=components), inventory, recipes), products={"shop": PAIR}, now=NOW)
    return [each for each in found if "L570" <= each.code <= "L589"]


def test_parts_meet_in_the_plans_order() -> None:
    assert shop(("1.0", "1.1"), ("1.0", "1.1")) == []
    (found,) = shop(("1.0", "1.2"), ("1.0", "1.2"))  # web 1.0 is two behind when the database has arrived
    assert (found.code, found.path) == ("L584", ("components", 1, "version"))
    assert found.fields["rule"] == "minor −1 … 0"
    early = shop(("1.0", "1.1"), ("1.0", "1.1"), after=())  # nothing keeps web from being the first
    assert [(each.fields["of_version"], each.fields["beside_version"]) for each in early] == [("1.1", "1.0")]
    by_wave = shop(("1.0", "1.1"), ("1.0", "1.1"), per="wave")
    assert codes(by_wave) == ["L584"]


def test_a_part_must_be_named() -> None:
    (found,) = asked("1.0", "1.1", product=PAIR, component={"product": "shop"})
    assert (found.code, found.fields["known"]) == ("L575", "db, web")
