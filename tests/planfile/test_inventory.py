"""Hosts, groups, ranges, variables; what is wrong at its place; large fleets."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.model.inventory import Become, Hop, Host
from liftlock.model.secret import SecretRef
from liftlock.planfile.inventory import load_inventory
from tests.planfile.seen import Seen, seen

FLEET = """\
defaults: {connection: ssh, user: deploy, port: 22, state: /var/lib/liftlock, variables: {tier: none, zone: z1}}
groups:
  all: {children: [app, db], variables: {tier: all}}
  app: ["app-[01:03]"]
  db: {hosts: [db-01], variables: {tier: db}}
hosts:
  app-[01:02]: {address: "10.0.0.1{n}", domain: "rack-{nn}", variables: {unit: "orders-{nn}"}}
  app-03: {address: 10.0.0.99, port: 2222, variables: {tier: own}}
  db-01:
  lb-[9:10]: {connection: local}
"""


def test_a_fleet() -> None:
    loaded = load_inventory(FLEET)
    assert loaded.findings == ()
    assert loaded.inventory is not None
    hosts, groups = loaded.inventory.hosts, loaded.inventory.groups
    assert groups == {
        "all": ("app-01", "app-02", "app-03", "db-01"),
        "app": ("app-01", "app-02", "app-03"),
        "db": ("db-01",),
    }
    assert hosts["app-02"] == Host(
        name="app-02",
        address="10.0.0.12",
        user="deploy",
        state="/var/lib/liftlock",
        domain="rack-02",
        variables={"tier": "all", "zone": "z1", "unit": "orders-02"},
    )
    assert (hosts["app-03"].port, hosts["app-03"].variables["tier"]) == (2222, "own")
    assert (hosts["db-01"].address, hosts["db-01"].variables["tier"]) == ("db-01", "db")
    assert (hosts["lb-10"].address, hosts["lb-10"].connection) == ("127.0.0.1", "local")
    assert list(hosts) == ["app-01", "app-02", "app-03", "db-01", "lb-9", "lb-10"]


WAYS = """\
defaults: {user: deploy, key: id, known_hosts: known, jump: [bastion]}
hosts:
  bastion: {address: 192.0.2.1, port: 2222, user: gate}
  a-[1:2]:
  far: {jump: [a-1, "op@[2001:db8::1]:23"]}
  near: {jump: []}
"""


def test_ways_through_other_hosts() -> None:
    loaded = load_inventory(WAYS)
    assert loaded.findings == ()
    assert loaded.inventory is not None
    hosts = loaded.inventory.hosts
    bastion = Hop("192.0.2.1", "gate", 2222, "known", "id")
    inner = Hop("a-1", "deploy", 22, "known", "id")
    assert hosts["bastion"].jump == hosts["near"].jump == ()
    assert hosts["a-1"].jump == hosts["a-2"].jump == (bastion,)
    assert hosts["far"].jump == (bastion, inner, Hop("2001:db8::1", "op", 23, "known", "id"))


def test_how_a_host_lets_its_user_become_another() -> None:
    text = 'defaults: {become: {password: {secret: "env:PW"}}}\nhosts:\n  a:\n  b: {become: {method: su, user: toor}}\n'
    loaded = load_inventory(text)
    assert loaded.inventory is not None, loaded.findings
    hosts = loaded.inventory.hosts
    assert hosts["a"].become == Become(password=SecretRef("env:PW"))
    assert hosts["b"].become == Become("su", user="toor"), "a host's own words replace the defaults' as a whole"


WRONG = [
    ("groups: {}\n", [("L020", 1, 1)]),
    ("hosts: [a]\n", [("L083", 1, 1)]),
    ("hosts:\n  a: {adress: x}\n", [("L012", 2, 7)]),
    ("hosts:\n  a: {port: 99999, connection: telnet}\n", [("L029", 2, 7), ("L023", 2, 20)]),
    ("hosts:\n  a: 10.0.0.1\n", [("L084", 2, 3)]),
    ("hosts:\n  a b: {}\n", [("L039", 2, 3)]),
    ("hosts:\n  a/b:\n", [("L039", 2, 3)]),
    ("hosts:\n  controller:\n", [("L067", 2, 3)]),
    ("hosts:\n  a-[3:1]:\n", [("L060", 2, 3)]),
    ("hosts:\n  a-[1:2]-[1:2]:\n", [("L060", 2, 3)]),
    ("hosts:\n  a-[x:y]:\n", [("L060", 2, 3)]),
    ("hosts:\n  a-[1:999999999]:\n", [("L065", 2, 3)]),
    ("hosts:\n  a-2:\n  a-[1:3]:\n", [("L064", 3, 3)]),
    ("hosts:\n  app-1:\ngroups:\n  app: [app-1, ap-1, zebra]\n", [("L062", 4, 16), ("L061", 4, 22)]),
    ("hosts:\n  app-1:\ngroups:\n  app: {hosts: ['app-[1:9]']}\n", [("L062", 4, 17)]),
    ("hosts:\n  a:\ngroups:\n  a: [a]\n", [("L066", 4, 3)]),
    ("hosts:\n  a:\ngroups:\n  x y: [a]\n", [("L039", 4, 3)]),
    ("hosts:\n  a:\ngroups:\n  x: {children: [why]}\n  whyy: [a]\n", [("L069", 4, 18)]),
    ("hosts:\n  a:\ngroups:\n  x: {children: [q]}\n", [("L068", 4, 18)]),
    ("hosts:\n  a:\ngroups:\n  x: {children: [y]}\n  y: {children: [x]}\n", [("L063", 4, 3)]),
    ("hosts:\n  a:\ngroups:\n  x: {children: [x]}\n", [("L063", 4, 3)]),
    ("hosts:\n  a:\ngroups:\n  x: a\n", [("L084", 4, 3)]),
    ("hosts:\n  a: {prot: 1}\ngroups:\n  x: [b]\n", [("L012", 2, 7), ("L061", 4, 7)]),
    ("hosts:\n  a:\n  a:\n", [("L011", 3, 3)]),
    ("hosts:\n  a: {variables: {v: 1.10}}\n", [("L032", 2, 19)]),
    ("hosts: {a: \n", [("L008", 1, 11)]),
    ("hosts:\n  a: {become: {method: doas}}\n", [("L023", 2, 16)]),
    ("hosts:\n  a: {become: {password: geheim}}\n", [("L084", 2, 16)]),
    ("hosts:\n  a: {jump: [a]}\n", [("L096", 2, 14)]),
    ("hosts:\n  a: {jump: [b]}\n  b: {jump: [a]}\n", [("L096", 2, 14), ("L096", 3, 14)]),
    ("hosts:\n  a-[1:9]: {jump: [x:99999, 'y:']}\n", [("L095", 2, 20), ("L095", 2, 29)]),
    ("defaults: {jump: [me]}\nhosts:\n  me: {connection: local}\n  a:\n", [("L095", 1, 19)]),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_what_is_wrong(text: str, expected: list[Seen]) -> None:
    loaded = load_inventory(text)
    assert seen(loaded.findings, loaded.positions) == expected
    assert {found.source for found in loaded.findings} == {"inventory"}
    assert (loaded.inventory is None) == any(code != "L032" for code, _, _ in expected)


def test_variables_are_text_as_written() -> None:
    loaded = load_inventory("hosts:\n  a: {variables: {port: 8080, on: yes, flag: true, mode: 0640}}\n")
    assert loaded.findings == ()
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a"].variables == {"port": "8080", "on": "yes", "flag": "true", "mode": "0640"}


def test_an_outer_group_gives_way_to_an_inner_one_wherever_it_stands() -> None:
    groups = (
        "  inner: {hosts: [a], variables: {v: inner}}\n  outer: {children: [inner], variables: {v: outer, w: outer}}\n"
    )
    loaded = load_inventory("hosts:\n  a:\ngroups:\n" + groups)
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a"].variables == {"v": "inner", "w": "outer"}


def test_ten_thousand_written_hosts() -> None:
    lines = [
        f"  app-{i}: {{address: 10.{i >> 8}.{i & 255}.1, domain: rack-{i % 40}, variables: {{unit: orders}}}}"
        for i in range(10_000)
    ]
    loaded = load_inventory("hosts:\n" + "\n".join(lines) + "\ngroups:\n  app: ['app-[0:9999]']\n")
    assert loaded.findings == ()
    assert loaded.inventory is not None
    assert len(loaded.inventory.members("app")) == 10_000
    assert loaded.positions[("hosts", "app-9999", "domain")][0] == 10_001


def test_a_hundred_thousand_hosts_in_a_range() -> None:
    loaded = load_inventory("hosts:\n  n-[000000:099999]:\ngroups:\n  all: ['n-[000000:099999]']\n")
    assert loaded.inventory is not None
    assert loaded.inventory.groups["all"][-1] == "n-099999"


def test_groups_that_multiply_are_stopped() -> None:
    groups = "\n".join(f"  g{i}: &g{i} ['n-[0:499999]']" for i in range(100))
    tracemalloc.start()
    loaded = load_inventory(f"hosts:\n  a:\ngroups:\n{groups}\n")
    nested = "\n".join(f"  g{i}: {{children: [{', '.join(f'g{j}' for j in range(i))}]}}" for i in range(300))
    deep = load_inventory(f"hosts:\n  n-[0:199]:\ngroups:\n  g: ['n-[0:199]']\n{nested}\n")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {found.code for found in loaded.findings} <= {"L061", "L062", "L086"}
    assert deep.inventory is not None
    assert peak_bytes < 200 * 1024 * 1024


def test_a_long_chain_of_groups_is_no_recursion() -> None:
    chain = "\n".join(f"  g{i}: {{children: [g{i + 1}], variables: {{v: '{i}'}}}}" for i in range(5000))
    loaded = load_inventory(f"hosts:\n  a:\ngroups:\n{chain}\n  g5000: [a]\n")
    assert loaded.findings == ()
    assert loaded.inventory is not None
    assert loaded.inventory.groups["g0"] == ("a",)
    assert loaded.inventory.hosts["a"].variables == {"v": "4999"}


PIECES = st.sampled_from(
    [*FLEET.splitlines(keepends=True), "  x: [\n", "  y: {children: [y, x]}\n", "  z-[1:\n", "  - a\n"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_a_shuffled_inventory_has_an_answer(text: str) -> None:
    loaded = load_inventory(text)
    seen(loaded.findings, loaded.positions)
    assert loaded.inventory is not None or loaded.findings
