"""Product files: how they are read, what is shipped, and what other people's graphs become."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from liftlock.decide.rules.products_file import faults
from liftlock.model.product import Block, Condition, Edge, Product, Skew
from liftlock.planfile.facts import read_facts
from liftlock.planfile.importers import IMPORTERS
from liftlock.planfile.importers.imported import product_text
from liftlock.planfile.locate import locate
from liftlock.planfile.products import load_product, read_products, shipped, shipped_names

GRAPHS = Path(__file__).parent / "graphs"
OWN = 'product: ours\nscheme: semver\nedges:\n  - {from: "1.*", to: "2.*", downtime: 5m}\n'


def test_a_product_file_is_read_as_plans_are() -> None:
    loaded = load_product(OWN, "ours.yaml")
    assert loaded.product == Product("ours", "semver", edges=(Edge("1.*", "2.*", downtime_s=300.0),))
    wrong = load_product(OWN + "stop: []\n", "ours.yaml")
    assert wrong.product is None
    (found,) = wrong.findings
    assert (found.code, found.source, found.fields["suggestion"]) == ("L012", "product:ours.yaml", "stops")
    assert locate(found, "ours.yaml", wrong.positions).line == 5
    assert load_product("[", "x").findings[0].source == "product:x"


def test_a_plans_own_files_come_first(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(OWN)
    (tmp_path / "again.yaml").write_text(OWN)
    (tmp_path / "pg.yaml").write_text("product: postgresql\n")
    found = read_products(("ours.yaml", "pg.yaml"), tmp_path, ("postgresql", "gitlab", "unheard-of"))
    assert sorted(found.products) == ["gitlab", "ours", "postgresql"]
    assert found.products["postgresql"].edges == ()
    assert found.findings == ()
    twice = read_products(("ours.yaml", "again.yaml", "missing.yaml"), tmp_path, ())
    assert [(each.code, each.path) for each in twice.findings] == [("L471", ("product",)), ("L470", ("products", 2))]


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_shipped_is_sound_and_says_where_it_is_from(name: str) -> None:
    loaded = shipped(name)
    assert loaded is not None
    assert loaded.findings == ()
    assert loaded.product is not None
    assert loaded.product.product == name
    assert faults(loaded.product, "") == ()
    assert loaded.product.sources
    assert re.fullmatch(r"2026-\d\d-\d\d", loaded.product.read_on)
    linked = [*loaded.product.edges, *loaded.product.blocks, *loaded.product.skews]
    assert all(each.url.startswith("https://") for each in linked)


@pytest.mark.parametrize(
    ("name", "source", "channels"),
    [
        ("openshift", "openshift", ("stable-4.17", "stable-4.18", "eus-4.18")),
        ("fedora-coreos", "fedora-coreos/stable.json", ("stable",)),
        ("gitlab", "gitlab-stops.csv", ()),
    ],
)
def test_what_is_shipped_is_what_an_import_makes(name: str, source: str, channels: tuple[str, ...]) -> None:
    imported = IMPORTERS[name](GRAPHS / source, channels)
    loaded = shipped(name)
    assert imported.product is not None
    assert loaded is not None
    assert loaded.product is not None
    dated = replace(imported.product, read_on=loaded.product.read_on)
    assert dated == loaded.product
    assert load_product(product_text(dated), "again").product == dated


@pytest.mark.parametrize(
    ("kind", "files", "source", "channels", "code"),
    [
        ("openshift", {}, ".", (), "L473"),
        ("openshift", {"channels/a.yaml": "versions: [1.0.0]"}, ".", ("b",), "L472"),
        ("openshift", {"channels/a.yaml": "versions: {}"}, ".", ("a",), "L473"),
        ("openshift", {"channels/a.yaml": "versions: [4.1.0]"}, ".", ("a",), "L070"),
        (
            "openshift",
            {"channels/a.yaml": "versions: [4.1.0]", "blocked-edges/b.yaml": "{to: 4.1.0, from: '(', name: X}"},
            ".",
            ("a",),
            "L474",
        ),
        ("fedora-coreos", {"s.json": "[]"}, "s.json", (), "L473"),
        ("fedora-coreos", {"s.json": '{"stream": "next", "releases": []}'}, "s.json", ("stable",), "L472"),
        ("gitlab", {"u.yml": "a: b"}, "u.yml", (), "L473"),
        ("gitlab", {"u.csv": "17.3\nseventeen\n"}, "u.csv", (), "L473"),
    ],
)
def test_a_source_that_is_none(tmp_path: Path, kind, files, source, channels, code) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    imported = IMPORTERS[kind](tmp_path / source, channels)
    assert imported.product is None
    assert [each.code for each in imported.findings] == [code]


def test_gitlabs_own_file_says_which_stops_are_conditional(tmp_path: Path) -> None:
    file = tmp_path / "upgrade_path.yml"
    file.write_text(
        "- major: 17\n  minor: 1\n  comments: Conditional stop. Not required by all\n- {major: 17, minor: 3}\n"
    )
    product = IMPORTERS["gitlab"](file, ()).product
    assert product is not None
    assert [(stop.version, bool(stop.when)) for stop in product.stops] == [("17.1.*", True), ("17.3.*", False)]


def test_dead_ends_of_fedora_coreos(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text(
        '{"stream": "stable", "releases": [{"version": "1.1", "metadata": {"deadend": {"reason": "lost"}}},'
        '{"version": "1.2", "metadata": {"barrier": {"reason": ""}, "rollout": {"start_percentage": 0.5}}}]}'
    )
    product = IMPORTERS["fedora-coreos"](file, ()).product
    assert product is not None
    assert [release.dead_end for release in product.releases] == ["lost", ""]
    assert [edge.to for edge in product.edges] == ["1.2"]


def test_facts_of_hosts_or_of_no_host_in_particular() -> None:
    assert read_facts(b"a: {os: el9, ram: 010}\nb: {}\n") == {"a": {"os": "el9", "ram": "010"}, "b": {}}
    assert read_facts(b"os: el9\nnew: true\n") == {"": {"os": "el9", "new": "true"}}
    for text in (b"[", b"- a", b"a: {os: el9}\nb: 3\n"):
        assert isinstance(read_facts(text), tuple)


BROKEN = Product(
    "p",
    "semver",
    edges=(Edge("1.2.3.4", "*", parts=("q",)), Edge("*", ">=")),
    blocks=(Block("b", "*", when=(Condition(), Condition(always=True, fact="x"), Condition(fact="x"))),),
    skews=(Skew("p", "q"),),
)


def test_what_is_wrong_with_a_product() -> None:
    found = [(each.code, each.path) for each in faults(BROKEN, "product:p")]
    assert found == [
        ("L570", ("edges", 0, "from")),
        ("L570", ("edges", 1, "to")),
        ("L572", ("edges", 0, "parts")),
        ("L572", ("skews", 0, "with")),
        ("L573", ("blocks", 0, "when", 0)),
        ("L573", ("blocks", 0, "when", 1)),
        ("L573", ("blocks", 0, "when", 2)),
    ]
    assert {each.source for each in faults(BROKEN, "product:p")} == {"product:p"}


def test_parts_that_wait_for_each_other_and_releases_that_cannot_be_read() -> None:
    parts = "parts: [{name: a, after: [b]}, {name: b, after: [a]}]\n"
    text = "product: p\nscheme: semver\nreleases: [{version: new}]\n" + parts
    product = load_product(text, "p").product
    assert product is not None
    assert [each.code for each in faults(product, "")] == ["L570", "L572", "L572"]
