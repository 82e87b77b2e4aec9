"""ssh_config alone as an inventory: literal names are hosts, and each is reached as the file says."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.model.inventory import Hop
from liftlock.planfile.inventory import LoadedInventory
from liftlock.planfile.sshconfig import load_ssh_config

CONFIG = """\
# people's own
User fallback
Host bastion
    HostName 203.0.113.7
    Port 2022
    User ops
Host app-01 app-02 !app-03
    HostName %h.example.org
    ProxyJump bastion
Host app-* !app-02
    User=deploy
    IdentityFile "~/.ssh/deploy key"
Host db
    ProxyCommand ssh -W %h:%p root@bastion:22
Match host app-02.example.org
    Port 2200
Match originalhost db user fallback
    Port 2300
Match exec "touch pwned"
    Port 1
Host *
    Port 22
    ServerAliveInterval 5
"""


def load(text: str, home: Path = Path("/nonexistent")) -> LoadedInventory:
    return load_ssh_config(text.encode(), "config", str(home))


def test_a_configuration() -> None:
    loaded = load(CONFIG)
    assert [(each.code, each.fields["line"]) for each in loaded.findings] == [("L441", 19)]
    assert loaded.inventory is not None
    hosts = loaded.inventory.hosts
    assert loaded.inventory.groups == {"all": ("bastion", "app-01", "app-02", "db")}
    seen = {name: (host.address, host.user, host.port, host.key) for name, host in hosts.items()}
    assert seen == {
        "bastion": ("203.0.113.7", "fallback", 2022, ""),
        "app-01": ("app-01.example.org", "fallback", 22, "~/.ssh/deploy key"),
        "app-02": ("app-02.example.org", "fallback", 2200, ""),
        "db": ("db", "fallback", 2300, ""),
    }
    assert hosts["app-01"].jump == (Hop("203.0.113.7", "fallback", 2022),)
    assert hosts["db"].jump == (Hop("203.0.113.7", "root", 22),)


def test_included_files_count_where_they_are_included(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "10-app").write_text("Host app-01\n  Port 2200\n")
    (tmp_path / "conf.d" / "20-more").write_text("Host app-01\n  Port 9\nHost app-02\n")
    loaded = load("Include conf.d/*\nHost app-01\n  Port 1\n  User deploy\n", tmp_path)
    assert loaded.inventory is not None
    assert [(host.name, host.port, host.user) for host in loaded.inventory.hosts.values()] == [
        ("app-01", 2200, "deploy"),
        ("app-02", 22, ""),
    ]


def test_an_include_below_a_host_is_for_that_host(tmp_path: Path) -> None:
    (tmp_path / "only").write_text("Port 2200\n")
    loaded = load("Host a\n  Include only\nHost b\n", tmp_path)
    assert loaded.inventory is not None
    assert [host.port for host in loaded.inventory.hosts.values()] == [2200, 22]


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "loop").write_text("Include loop\n")
    assert [each.code for each in load("Include loop\n", tmp_path).findings] == ["L086"]


WRONG = [
    ("Host *\n  Port 22\n", "L421"),
    ("Host a\n  Port many\n", "L411"),
    ("Host a\n  Port\n", "L440"),
    ("Host a 'b\n", "L440"),
    ("Host a\n  ProxyCommand nc %h %p\n", "L416"),
    ("Host a\n  UserKnownHostsFile /dev/null\n", "L417"),
    ("Host controller\n", "L067"),
    ("Host a_\n  HostName x\n", None),
    ("Host under/score\n", "L424"),
]


@pytest.mark.parametrize(("text", "code"), WRONG)
def test_what_is_wrong(text: str, code: str | None) -> None:
    assert [each.code for each in load(text).findings] == ([code] if code else [])


@given(
    st.lists(
        st.sampled_from(
            [
                "Host a",
                "Host a* !ab",
                "Match all",
                "Match host",
                "Port 1",
                "Include x",
                "'",
                "ProxyJump a,b",
                "=",
                "Host [",
                "é",
            ]
        ),
        max_size=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_lines_have_an_answer(lines: list[str]) -> None:
    load("\n".join(lines))
