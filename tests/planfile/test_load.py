"""Plan text to Plan and recipes; what is wrong is found together, each at its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.model.plan import Approval, Share
from liftlock.model.recipe import Item, Recipes
from liftlock.planfile.load import load_plan
from tests.planfile.seen import Seen, seen
from tests.planfile.technologies import DRIVERS, Balancer, Command, FilesBackup, HttpProbe, Reboot, Release, Service

DESIGN = """\
# yaml-language-server: $schema=liftlock.schema.json
upgrade: Orders 1.0 → 1.1
timezone: Asia/Shanghai
owner: li.wei
goals:
  - id: G1
    statement: checkout answers within 200 ms for 99 % of requests
    measure: {metric: latency_p99, below: 200ms, by: 2026-12-20}
components:
  - name: orders
    class: core                 # core | supporting | database | middleware | service | client
    version: {from: "1.0", to: "1.1"}
    hosts: app
    after: [orders-db]
    recipe:
      - backup: {files: /etc/orders}
      - drain: {haproxy: lb-1, backend: orders}
      - release: {archive: dist/orders-1.1.tar.gz, sha256: 6f2c…, into: /srv/orders}
      - service: {restart: orders}
      - verify: {http: "http://{host}:8080/healthz", json: {version: "{version}", ready: true}}
      - readmit: {haproxy: lb-1, backend: orders}
rollout:
  waves: [1, 10%, 50%, 100%]
  soak: 10m
  max_unavailable: 25%
  failure_budget: {hosts: 1}
  on_failure: roll back
windows:
  - {days: [tue, wed, thu], from: "22:00", to: "04:00"}
approvals:
  - {role: business, by: {any of: [zhang.min, wang.fang]}}
  - {role: risk, by: chen.jie}
"""
HEAD = """\
upgrade: x
components:
  - name: a
    version: {from: "1", to: "2"}
    hosts: app
    recipe:
"""


def found_in(text: str | bytes) -> list[Seen]:
    loaded = load_plan(text, DRIVERS, name="plan.yaml")
    return seen(loaded.findings, loaded.positions)


def item(text: str) -> Item:
    """The one item of a recipe, read without complaint."""
    loaded = load_plan(f"{HEAD}      {text}\n", DRIVERS)
    assert loaded.findings == ()
    (only,) = loaded.recipes.items["a"]
    return only


def test_the_designs_example() -> None:
    loaded = load_plan(DESIGN, DRIVERS, name="plan.yaml")
    assert loaded.findings == ()
    assert not loaded.blocked
    assert loaded.plan is not None
    assert loaded.plan.rollout.waves == (Share(1), Share(percent=10), Share(percent=50), Share(percent=100))
    assert loaded.plan.rollout.soak_s == 600
    assert loaded.plan.windows[0].from_ == "22:00"
    assert loaded.plan.approvals[0].by == {"any of": ("zhang.min", "wang.fang")}
    path = ("components", 0, "recipe")
    assert loaded.recipes == Recipes(
        items={
            "orders": (
                Item("backup.files", FilesBackup("/etc/orders"), (*path, 0)),
                Item("drain.haproxy", Balancer("lb-1", "orders"), (*path, 1)),
                Item("release", Release("dist/orders-1.1.tar.gz", "/srv/orders", "6f2c…"), (*path, 2)),
                Item("service", Service("orders"), (*path, 3)),
                Item(
                    "verify.http",
                    HttpProbe("http://{host}:8080/healthz", {"version": "{version}", "ready": True}),
                    (*path, 4),
                ),
                Item("readmit.haproxy", Balancer("lb-1", "orders"), (*path, 5)),
            )
        }
    )
    assert loaded.positions[("components", 0, "recipe", 2, "release", "into")] == (18, 67)


def test_bytes_and_text_are_the_same_plan() -> None:
    from_bytes, from_text = load_plan(DESIGN.encode(), DRIVERS), load_plan(DESIGN, DRIVERS)
    assert from_bytes.plan == from_text.plan
    assert from_bytes.sha256 == from_text.sha256
    assert load_plan(DESIGN + "\n", DRIVERS).sha256 != from_text.sha256


def test_a_choice_of_people_may_stand_in_words() -> None:
    text = HEAD + "      - reboot:\napprovals:\n  - role: business\n    by: any of [zhang.min, wang.fang]\n"
    loaded = load_plan(text, DRIVERS)
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert loaded.plan.approvals == (Approval("business", {"any of": ("zhang.min", "wang.fang")}),)


@pytest.mark.parametrize(
    ("text", "driver", "args"),
    [
        ("- reboot:", "reboot", Reboot()),
        ("- reboot: {}", "reboot", Reboot()),
        ("- reboot: {settle_s: 1m}", "reboot", Reboot(60.0)),
        ("- service: orders", "service", Service("orders")),
        ("- command: touch x", "command", Command("touch x")),
        ("- command: [touch, x]", "command", Command(("touch", "x"))),
        ("- command: 7", "command", Command("7")),
        ("- {command: {run: a, undo: b}}", "command", Command("a", "b")),
        ("- drain: {haproxy: lb, backend: b, deadline_s: 2m}", "drain.haproxy", Balancer("lb", "b", 120.0)),
        ("- verify: {http: u, headers: {X: 1}}", "verify.http", HttpProbe("u", {}, {"X": "1"})),
    ],
)
def test_an_items_driver_and_arguments(text: str, driver: str, args: object) -> None:
    read = item(text)
    assert (read.driver, read.args) == (driver, args)


def test_fields_of_several_technologies_go_to_the_driver_that_knows_them_all() -> None:
    assert item('- verify: {version: "2", http: u}').driver == "verify.version"


def test_what_every_item_may_say_beside_its_action() -> None:
    read = item("- {command: x, timeout: 5m, estimate: 30s, name: warm-up, way: up, at: controller}")
    assert (read.timeout_s, read.estimate_s, read.verb, read.way, read.at) == (300, 30, "warm-up", "up", "controller")


def test_once_lanes_are_read_as_recipes_are() -> None:
    text = (
        HEAD
        + "      - reboot:\n    once_before:\n      - command: expand\n    once_after:\n      - command: contract\n"
    )
    recipes = load_plan(text, DRIVERS).recipes
    assert [i.args for i in recipes.before["a"]] == [Command("expand")]
    assert [i.path for i in recipes.after["a"]] == [("components", 0, "once_after", 0)]


ITEMS = [
    ("- comand: x", [("L041", 7, 9)]),
    ("- frobnicate: x", [("L042", 7, 9)]),
    ("- verify.http: {http: x}", [("L042", 7, 9)]),
    ("- reboot", [("L040", 7, 9)]),
    ("- [reboot]", [("L040", 7, 9)]),
    ("- {timeout: 5m}", [("L048", 7, 9)]),
    ("- {}", [("L048", 7, 9)]),
    ("- {command: x, reboot: {}}", [("L043", 7, 9)]),
    ("- {command: x, timeot: 5m}", [("L012", 7, 22)]),
    ("- {command: x, frob: 5m}", [("L013", 7, 22)]),
    ("- {command: x, timeout: soon}", [("L025", 7, 22)]),
    ("- {command: x, timeout: 0s}", [("L028", 7, 22)]),
    ("- {command: x, way: down}", [("L023", 7, 22)]),
    ("- {frob: 1, nicate: 2}", [("L042", 7, 10), ("L042", 7, 19)]),
    ("- release: dist/a.tar", [("L044", 7, 9)]),
    ("- drain: lb-1", [("L044", 7, 9)]),
    ("- drain:", [("L044", 7, 9)]),
    ("- verify: {http: u, tcp: v}", [("L045", 7, 9)]),
    ("- verify: {htp: u}", [("L046", 7, 9)]),
    ("- drain: {}", [("L046", 7, 9)]),
    ('- command: "rm -rf /"', [("L047", 7, 9)]),
    ("- command: {rn: x}", [("L012", 7, 19)]),
    ("- release: {archive: a}", [("L020", 7, 9)]),
    ("- release: {archive: a, into: b, keep: 0}", [("L028", 7, 40)]),
    ("- verify: {http: u, json: {v: 1.10}}", [("L033", 7, 34)]),
    ("- release: {archive: a, into: 1.10}", [("L032", 7, 31)]),
]


@pytest.mark.parametrize(("text", "expected"), ITEMS)
def test_what_is_wrong_with_an_item(text: str, expected: list[Seen]) -> None:
    assert found_in(f"{HEAD}      {text}\n") == expected


def test_one_bad_item_leaves_the_others_and_the_plan() -> None:
    loaded = load_plan(f"{HEAD}      - reboot:\n      - frob: x\n      - command: y\n", DRIVERS)
    assert loaded.plan is not None
    assert loaded.blocked
    assert [i.driver for i in loaded.recipes.items["a"]] == ["reboot", "command"]


PLANS = [
    ("upgrade: x\n", [("L020", 1, 1)]),
    ("- a\n", [("L083", 1, 1)]),
    ("upgrade: x\ncomponents: []\nwindow: []\n", [("L012", 3, 1)]),
    ("upgrade: x\ncomponents: {}\n", [("L082", 2, 1)]),
    ("upgrade: x\ncomponents: []\nowner:\n", [("L022", 3, 1)]),
    ("upgrade: ''\ncomponents: []\n", [("L030", 1, 1)]),
    ("upgrade: x\ncomponents: []\ntimezone: Asia/Peking\n", [("L052", 3, 1)]),
    ("upgrade: x\ncomponents: []\ndeadline: soon\n", [("L051", 3, 1)]),
    ("upgrade: x\ncomponents: []\nwindows: [{from: 9:00, to: '24:00'}]\n", [("L050", 3, 12)]),
    ("upgrade: x\ncomponents: []\nwindows: [{from: '22:00', to: '25:00', date: 2026-2-1}]\n",
     [("L050", 3, 27), ("L051", 3, 40)]),
    ("upgrade: x\ncomponents: []\nfreezes: [{from: 2026-12-31T18:00, to: 2027-02-30}]\n", [("L051", 3, 36)]),
    ("upgrade: x\ncomponents: []\nwindows: [{from: '22:00', to: '23:00', days: [tuesday]}]\n", [("L024", 3, 47)]),
    ("upgrade: x\ncomponents: []\nrollout: {on_failure: rollback, waves: [1, 200%], soak: 10min}\n",
     [("L024", 3, 11), ("L026", 3, 44), ("L025", 3, 51)]),
    ("upgrade: x\ncomponents: []\napprovals: [{role: a, by: {any of: b}}]\n", [("L082", 3, 28)]),
    (HEAD.replace("name: a", "name: a/b") + "      - reboot:\n", [("L039", 3, 5)]),
    (HEAD.replace('"2"', "1.10") + "      - reboot:\n", [("L032", 4, 26)]),
    (HEAD.rstrip() + " reboot\n", [("L082", 6, 5)]),
    ("upgrade: x\ncomponents: [{name: a, recipe: [{frob: 1}], clas: core}]\n",
     [("L020", 2, 14), ("L020", 2, 14), ("L042", 2, 34), ("L012", 2, 45)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PLANS)
def test_what_is_wrong_with_a_plan(text: str, expected: list[Seen]) -> None:
    assert found_in(text) == expected


def test_a_plan_that_is_cut_anywhere_has_an_answer() -> None:
    whole = DESIGN.encode()
    for end in range(0, len(whole), 7):
        loaded = load_plan(whole[:end], DRIVERS)
        assert loaded.plan is not None or loaded.findings


def test_a_plan_that_is_too_large_is_not_read() -> None:
    loaded = load_plan(b"# " + b"x" * (4 * 1024 * 1024), DRIVERS)
    assert [found.code for found in loaded.findings] == ["L003"]


PIECES = st.sampled_from(
    [
        *DESIGN.splitlines(keepends=True),
        "  - x\n",
        "recipe: [{}]\n",
        "    recipe:\n",
        "\t\n",
        "&a\n",
        "*a\n",
        "- command: {run: [\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_a_shuffled_plan_has_an_answer(text: str) -> None:
    loaded = load_plan(text, DRIVERS)
    seen(loaded.findings, loaded.positions)
    assert loaded.plan is not None or loaded.findings


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(text: bytes) -> None:
    loaded = load_plan(text, DRIVERS)
    assert loaded.plan is not None or loaded.findings


HOPS = """\
upgrade: x
components:
  - name: a
    version: {from: "1", to: "3"}
    hosts: app
    via:
      - version: "2"
        soak: 5m
        recipe:
          - release: {archive: a-2.tar.gz, into: /srv/a}
          - rebot:
        once_after: []
      - version: "2.5"
    recipe:
      - reboot:
"""


def test_what_a_release_on_the_way_says_is_read_like_a_components_recipe() -> None:
    assert found_in(HOPS) == [("L041", 11, 13)]
    loaded = load_plan(HOPS.replace("rebot", "reboot"), DRIVERS)
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert [(hop.version, hop.soak_s) for hop in loaded.plan.components[0].via] == [("2", 300.0), ("2.5", None)]
    path = ("components", 0, "via", 0, "recipe")
    assert loaded.recipes.items["a/1"] == (
        Item("release", Release("a-2.tar.gz", "/srv/a"), (*path, 0)),
        Item("reboot", Reboot(), (*path, 1)),
    )
    assert (sorted(loaded.recipes.items), loaded.recipes.after) == (["a", "a/1"], {"a/1": ()})


def test_a_component_cannot_be_called_like_a_hop() -> None:
    codes = [code for code, _, _ in found_in(HEAD.replace("name: a", "name: a/2") + "      - reboot:\n")]
    assert codes == ["L039"]
