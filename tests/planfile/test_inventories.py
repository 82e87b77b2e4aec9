"""Which kind of inventory a plan's `inventory:` means, and what is kept of each."""

from pathlib import Path

import pytest

from liftlock.cli.outside import run_inventory
from liftlock.model.errors import WorldError, WorldKind
from liftlock.planfile.inventories import Read, guess, read_inventory

KINDS = [
    ("hosts.yaml", "hosts: {a: }\n", "liftlock"),
    ("hosts.yaml", "groups: {app: [a]}\nhosts: {a: }\n", "liftlock"),
    ("hosts.yaml", "defaults: {user: x}\n", "liftlock"),
    ("hosts.yaml", "host: {a: }\n", "liftlock"),
    ("hosts.yaml", "", "liftlock"),
    ("hosts.yaml", ": [", "liftlock"),
    ("hosts.yml", "all: {hosts: {a: }}\n", "ansible"),
    ("hosts.yml", "web: {hosts: {a: }}\ndb: {children: {web: }}\n", "ansible"),
    ("hosts.yml", "all:\n", "ansible"),
    ("hosts.yml", "plugin: aws_ec2\n", "ansible"),
    ("hosts.json", '{"_meta": {"hostvars": {}}}', "ansible"),
    ("hosts.ini", "a\n", "ansible"),
    ("hosts", "[web]\na\n", "ansible"),
    ("hosts", "a\nb\n", "ansible"),
    ("hosts", "all: {hosts: {a: }}\n", "ansible"),
    ("hosts", "hosts: {a: }\n", "liftlock"),
    ("hosts.csv", "host\na\n", "table"),
    ("hosts.XLSX", "", "table"),
    ("config", "# mine\n\nHost a\n  Port 1\n", "ssh-config"),
    ("config", "Include conf.d/*\n", "ssh-config"),
    ("hosts.ini", "hostile ansible_port=1\n", "ansible"),
]


@pytest.mark.parametrize(("name", "text", "kind"), KINDS)
def test_the_kind_is_recognised(name: str, text: str, kind: str) -> None:
    assert guess(Path(name), text.encode()) == kind


def read(name: str, folder: Path) -> Read:
    return read_inventory(name, folder, dict, run_inventory)


def test_the_kind_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("host,ip\na,10.0.0.1\n")
    loaded = read("table:list.txt", tmp_path).loaded
    assert loaded is not None
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a"].address == "10.0.0.1"


def test_an_unknown_kind_is_said_and_a_file_of_that_name_is_meant_first(tmp_path: Path) -> None:
    assert [each.code for each in read("excel:list", tmp_path).findings] == ["L423"]
    (tmp_path / "excel:list").write_text("a\n")
    assert read("excel:list", tmp_path).findings == ()


def test_a_program_runs_only_where_the_plan_says_so(tmp_path: Path) -> None:
    program = tmp_path / "inv"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --list ] && touch ran && echo \'{"web": ["a"], "_meta": {"hostvars": {"a": {"n": 1}}}}\'\n'
    )
    program.chmod(0o755)
    assert [each.code for each in read("inv", tmp_path).findings] == ["L414"]
    assert not (tmp_path / "ran").exists()
    loaded = read("program:inv", tmp_path).loaded
    assert loaded is not None
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a"].variables == {"n": "1"}
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "problem"), [("#!/bin/sh\nexit 3\n", "status 3"), ("no program", "Exec format error")]
)
def test_a_program_that_fails_is_a_finding(tmp_path: Path, text: str, problem: str) -> None:
    program = tmp_path / "inv"
    program.write_text(text)
    program.chmod(0o755)
    found = read("program:inv", tmp_path).findings
    assert [(each.code, each.fields["problem"]) for each in found] == [("L450", problem)]


def test_what_is_kept_of_other_peoples_files_holds_no_passwords(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("a db_password=hunter2 ansible_become_password=hunter3 unit=x\n")
    kept = read("hosts.ini", tmp_path).text
    assert b'"unit":"x"' in kept
    assert b"hunter" not in kept


def test_our_own_is_kept_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text("# mine\nhosts: {a: }\n")
    assert read("hosts.yaml", tmp_path).text == b"# mine\nhosts: {a: }\n"


def test_a_missing_inventory_is_found_at_the_plans_key(tmp_path: Path) -> None:
    found = read("nowhere", tmp_path).findings
    assert [(each.code, each.path, each.source) for each in found] == [("L070", ("inventory",), "plan")]


def test_errors_of_the_world_while_passwords_are_fetched_are_told(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n")
    (tmp_path / "hosts.ini").write_text("a\n")

    def refuse() -> dict[str, list[bytes]]:
        raise WorldError(WorldKind.MISSING, "no such file")

    with pytest.raises(WorldError):
        read_inventory("hosts.ini", tmp_path, refuse, run_inventory)
