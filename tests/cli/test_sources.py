"""Where secrets come from: each scheme's values, and what is said where there is none. No message holds a value."""

from pathlib import Path
from textwrap import indent

import pytest

from liftlock.cli.outside import run_outside
from liftlock.cli.secrets import LocalSecrets
from liftlock.cli.vaults import vault_passwords
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.secret import SecretRef
from tests.vaults import encrypt

PASSWORD = "the vault's pass é"
INVENTORY = """\
all:
  hosts: {{app-01: {{number: 7}}, app-02: }}
  vars:
    user: deploy
    plain_password: open sesame
    dsn_password: "pg://{{{{ user }}}}:{{{{ inline }}}}@{{{{ inventory_hostname }}}}"
    circle: "{{{{ circle }}}}"
    inline: !vault |
{inline}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_IDENTITY_LIST", "LIFTLOCK_VAULT_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIFTLOCK_VAULT_PASSWORD", PASSWORD)
    tell = tmp_path / "tell"
    tell.write_text(
        '#!/bin/sh\n[ "$1" = nothing ] && exit 0\n[ "$1" = fail ] && echo leaked-by-failure && exit 3\n'
        'printf "%s\\n" "$@"\npwd\n'
    )
    tell.chmod(0o755)
    inline = encrypt("in the line", PASSWORD)
    (tmp_path / "whole.yml").write_text(
        encrypt("db: {password: 'deep', port: 5432, list: [1]}\nflag: yes\n", PASSWORD, "prod")
    )
    (tmp_path / "text.vault").write_text(encrypt("just\ntext\n", PASSWORD))
    (tmp_path / "other.yml").write_text(encrypt("a: b\n", "another password"))
    (tmp_path / "mixed.yml").write_text(f"plain: 1\nkey: !vault |\n{indent(inline, '  ')}")
    (tmp_path / "hosts.yml").write_text(INVENTORY.format(inline=indent(inline, "      ")))
    (tmp_path / "private").write_text("of a file\r\n")
    (tmp_path / "private").chmod(0o600)
    return tmp_path


def secrets(folder: Path) -> LocalSecrets:
    return LocalSecrets({"NAME": "of the environment"}, folder)


VALUES = [
    ("env:NAME", "of the environment"),
    ("file:private", "of a file"),
    ("vault:whole.yml#db.password", "deep"),
    ("vault:whole.yml#db.port", "5432"),
    ("vault:whole.yml#flag", "True"),
    ("vault:whole.yml#db.list", "[1]"),
    ("vault:text.vault", "just\ntext"),
    ("vault:mixed.yml#key", "in the line"),
    ("inventory:hosts.yml#app-01/inline", "in the line"),
    ("inventory:hosts.yml#app-02/dsn_password", "pg://deploy:in the line@app-02"),
    ("inventory:hosts.yml#app-01/plain_password", "open sesame"),
    ("inventory:hosts.yml#app-01/number", "7"),
]


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_values(folder: Path, name: str, value: str) -> None:
    assert secrets(folder).resolve(SecretRef(name)) == value


def test_a_command_runs_beside_the_plan_and_has_words_as_a_shell_has_them(folder: Path) -> None:
    told = secrets(folder).resolve(SecretRef("command:./tell 'two words' $HOME"))
    assert told == f"two words\n$HOME\n{folder}"


MISSING, REFUSED = WorldKind.MISSING, WorldKind.REFUSED
REFUSALS = [
    ("", MISSING),
    ("env:OTHER", MISSING),
    ("nothing:at all", MISSING),
    ("file:nowhere", MISSING),
    ("vault:nowhere.yml#a", MISSING),
    ("vault:whole.yml#db.nothing", MISSING),
    ("vault:whole.yml#flag.more", MISSING),
    ("vault:other.yml#a", REFUSED),
    ("vault:mixed.yml", REFUSED),
    ("inventory:nowhere#app-01/x", MISSING),
    ("inventory:hosts.yml#app-09/inline", MISSING),
    ("inventory:hosts.yml#app-01/nothing", MISSING),
    ("inventory:hosts.yml#app-01", MISSING),
    ("inventory:hosts.yml#app-01/circle", REFUSED),
    ("inventory:table:hosts.csv#a/b", MISSING),
    ("command:./tell fail", REFUSED),
    ("command:./tell nothing", MISSING),
    ("command:./nowhere", MISSING),
    ("command:'open", REFUSED),
    ("command: ", MISSING),
    ("keyring:", MISSING),
]


@pytest.mark.parametrize(("name", "kind"), REFUSALS)
def test_what_is_not_there_is_said(folder: Path, name: str, kind: WorldKind) -> None:
    with pytest.raises(WorldError) as caught:
        secrets(folder).resolve(SecretRef(name))
    assert caught.value.kind is kind
    for value in ("leaked", "deep", "in the line", "sesame"):
        assert value not in str(caught.value)
        assert value not in str(caught.value.fields)


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(WorldError) as caught:
        run_outside(["sh", "-c", "sleep 600 & sleep 600"], tmp_path, limit_s=0.1, limit_bytes=10)
    assert caught.value.kind is WorldKind.TIMEOUT


def test_more_than_a_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError) as caught:
        run_outside(["printf", "%s", "x" * 11], tmp_path, limit_s=5, limit_bytes=10)
    assert caught.value.kind is REFUSED


def test_without_a_password_it_is_said_which_secret_needs_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIFTLOCK_VAULT_PASSWORD")
    with pytest.raises(WorldError, match=r"vault:whole\.yml#flag: there is no password"):
        secrets(folder).resolve(SecretRef("vault:whole.yml#flag"))


def test_passwords_come_from_files_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("of the file\n")
    (tmp_path / "file").chmod(0o600)
    for name in ("program", "ask-client"):
        (tmp_path / name).write_text('#!/bin/sh\necho "told $*"\n')
        (tmp_path / name).chmod(0o700)
    monkeypatch.delenv("LIFTLOCK_VAULT_PASSWORD", raising=False)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    monkeypatch.setenv("LIFTLOCK_VAULT_PASSWORD_FILE", str(tmp_path / "file"))
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", f"dev@{tmp_path}/program, prod@{tmp_path}/ask-client")
    assert vault_passwords() == {"default": [b"of the file"], "dev": [b"told"], "prod": [b"told --vault-id prod"]}


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open").write_text("x")
    (tmp_path / "open").chmod(0o644)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "open"))
    with pytest.raises(WorldError) as caught:
        vault_passwords()
    assert caught.value.kind is REFUSED
