"""Ansible inventories as Liftlock uses them: how hosts are reached, what becomes a variable, what is wrong where."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.model.findings import Severity
from liftlock.model.inventory import Become, Hop, Host
from liftlock.model.secret import SecretRef
from liftlock.planfile.ansible import written
from liftlock.planfile.ansible.load import Sources, load_ansible
from liftlock.planfile.ansible.sshargs import read_arguments
from liftlock.planfile.ansible.vault import BadVault, decrypt
from liftlock.planfile.inventory import LoadedInventory

PASSWORD = (Path(__file__).parent / "ansible_password.txt").read_bytes().strip()
VAULTED = Path(__file__).parent / "ansible_corpus" / "dir-vault-file"


def load(text: str | bytes, name: str = "hosts.ini") -> LoadedInventory:
    data = text if isinstance(text, bytes) else text.encode()
    return load_ansible(Sources(name, "", data), dict, name)


def host(text: str, name: str = "a1") -> Host:
    loaded = load(text)
    assert loaded.inventory is not None, loaded.findings
    return loaded.inventory.hosts[name]


def codes_of(loaded: LoadedInventory, name: str = "a1") -> list[str]:
    return [found.code for found in loaded.of_hosts.get(name, ())]


CONNECTIONS = [
    ("a1", {"address": "a1", "port": 22, "user": "", "connection": "ssh", "become": Become()}),
    ("a1:2222", {"port": 2222}),
    (
        "a1 ansible_host=10.0.0.1 ansible_port=2200 ansible_user=deploy",
        {"address": "10.0.0.1", "port": 2200, "user": "deploy"},
    ),
    (
        "a1 ansible_host=x ansible_ssh_host=y ansible_ssh_port=23 ansible_ssh_user=z",
        {"address": "y", "port": 23, "user": "z"},
    ),
    ("a1 ansible_ssh_private_key_file=~/.ssh/deploy", {"key": "~/.ssh/deploy"}),
    ("a1 ansible_connection=local", {"connection": "local", "address": "127.0.0.1"}),
    ("a1 ansible_connection=paramiko", {"connection": "ssh"}),
    ("a1 ansible_become=true ansible_become_user=app", {"become": Become(user="app")}),
    ("a1 ansible_become=no", {"become": Become(method="none")}),
    ("a1 ansible_become_method=su", {"become": Become(method="su")}),
    (
        "a1 ansible_become_password=hunter2",
        {"become": Become(password=SecretRef("inventory:hosts.ini#a1/ansible_become_password"))},
    ),
    ("a1 ansible_ssh_common_args='-o ProxyJump=ops@bastion:2200'", {"jump": (Hop("bastion", "ops", 2200),)}),
    ("a1 ansible_ssh_common_args='-J one,two'", {"jump": (Hop("one"), Hop("two"))}),
    (
        """a1 ansible_ssh_common_args='-o ProxyCommand="ssh -i ~/.ssh/b -p 2022 -W %h:%p -q ops@bastion"'""",
        {"jump": (Hop("bastion", "ops", 2022, key="~/.ssh/b"),)},
    ),
    (
        "a1 ansible_ssh_extra_args='-o UserKnownHostsFile=~/known -i ~/k -p 24'",
        {"known_hosts": "~/known", "key": "~/k", "port": 24},
    ),
    ("a1 liftlock_state=/srv/ll liftlock_domain=rack-1", {"state": "/srv/ll", "domain": "rack-1"}),
    (
        "a1 n=1\n[all:vars]\nansible_host=10.0.0.{{ n }}\nansible_port={{ 2200 + n }}",
        {"address": "10.0.0.1", "port": 2201},
    ),
]


@pytest.mark.parametrize(("text", "wanted"), CONNECTIONS)
def test_how_a_host_is_reached(text: str, wanted: dict[str, object]) -> None:
    found = host(text)
    assert {name: getattr(found, name) for name in wanted} == wanted


WRONG = [
    ("a1 ansible_port=ssh", "L411"),
    ("a1 ansible_port=70000", "L411"),
    ("a1 ansible_connection=winrm", "L420"),
    ("a1 ansible_become_method=doas", "L411"),
    ("a1 ansible_host=\"{{ lookup('env', 'X') }}\"", "L411"),
    ("a1 ansible_host='{{ nowhere }}'", "L411"),
    ("a1 ansible_host='{{ db_password }}' db_password=x", "L419"),
    ("a1 ansible_ssh_common_args='-o ProxyCommand=\"nc -x proxy %h %p\"'", "L416"),
    ("a1 ansible_ssh_common_args='-o StrictHostKeyChecking=no'", "L417"),
    ("a1 ansible_ssh_common_args='-o UserKnownHostsFile=/dev/null'", "L417"),
    ("a1 ansible_ssh_args='-F other_config'", "L416"),
    ("a1 ansible_ssh_pass=hunter2", "L418"),
    ("a1 ansible_become_password='{{ vault_nowhere }}'", "L411"),
    ("a1 version=3", "L415"),
    ("a1 v='{{ nowhere }}'", "L410"),
]


@pytest.mark.parametrize(("text", "code"), WRONG)
def test_what_is_wrong_with_a_host_is_said_for_that_host(text: str, code: str) -> None:
    loaded = load(f"good\n{text}\n")
    assert loaded.inventory is not None
    assert codes_of(loaded) == [code]
    assert codes_of(loaded, "good") == []
    assert loaded.of_hosts["a1"][0].fields["line"] == 2


def test_options_that_only_tune_ssh_pass() -> None:
    found = read_arguments(
        "-C -q -4 -o ControlMaster=auto -o ControlPersist=60s -oServerAliveInterval=5 -o 'ConnectTimeout 3'"
    )
    assert (found.refused, found.loose, found.jump) == ([], [], ())


def test_variables_are_text_as_a_template_prints_it() -> None:
    text = """[g]\na1 n=8080 flag=True none=None list="[1,'x']" text='a b' idx=1
[g:vars]\nfull={{ inventory_hostname }}-{{ idx }}\n"""
    assert host(text).variables == {
        "n": "8080",
        "flag": "True",
        "none": "",
        "list": '[1,"x"]',
        "text": "a b",
        "idx": "1",
        "full": "a1-1",
    }


SECRETS = [
    "db_password=x1",
    "api_token=x1",
    "my_secret=x1",
    "users=\"[{'name': 'u', 'password': 'x1'}]\"",
    "密码=x1",
    "A_PASSWD=x1",
]


@pytest.mark.parametrize("said", SECRETS)
def test_what_is_called_a_secret_is_no_variable(said: str) -> None:
    found = host(f"a1 {said} dsn='pg://{{{{ {said.split('=')[0]} }}}}' plain=1")
    assert found.variables == {"plain": "1"}


@pytest.mark.parametrize(
    "said", ["ansible_password=hunter2 and more", "x='open ansible_become_pass=hunter2 and", "db_token=hunter2 and"]
)
def test_a_finding_repeats_no_password(said: str) -> None:
    found = load(f"good\na1 {said}\n").findings
    assert found
    assert "hunter2" not in repr(found)
    assert {str(each.fields["given"]) for each in found} == {"a1 …"}


def test_what_depends_on_an_encrypted_value_is_no_variable() -> None:
    loaded = load_ansible(Sources(str(VAULTED / "inventory.ini")), lambda: {"default": [PASSWORD]}, "i")
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["d1"].variables == {"db_user": "orders"}
    assert b"s3cret" not in repr(loaded).encode()


def test_without_a_password_encrypted_files_are_named_and_nothing_is_guessed() -> None:
    loaded = load_ansible(Sources(str(VAULTED / "inventory.ini")), dict, "i")
    assert [(each.code, Path(str(each.fields["file"])).name) for each in loaded.findings] == [
        ("L412", "vault.yml"),
        ("L412", "d1.yml"),
    ]
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["d1"].variables == {"db_user": "orders"}
    assert codes_of(loaded, "d1") == ["L410"]  # dsn; db_password is a secret by its name


def test_another_password_is_said() -> None:
    loaded = load_ansible(Sources(str(VAULTED / "inventory.ini")), lambda: {"default": [b"wrong"]}, "i")
    assert [(each.code, each.fields["problem"]) for each in loaded.findings] == [("L413", "password")] * 2


BAD_VAULTS = [
    ("$ANSIBLE_VAULT;1.1;AES256\n", "malformed"),
    ("$ANSIBLE_VAULT;1.1;AES\n00", "cipher"),
    ("$ANSIBLE_VAULT;9.9;AES256\n00", "malformed"),
    ("$ANSIBLE_VAULT;1.1;AES256\nzz", "malformed"),
    ("$ANSIBLE_VAULT;1.1;AES256\n3030", "malformed"),
    ("", "malformed"),
]


@pytest.mark.parametrize(("text", "why"), BAD_VAULTS)
def test_a_broken_vault_says_why(text: str, why: str) -> None:
    with pytest.raises(BadVault) as caught:
        decrypt(text, {"default": [b"x"]})
    assert caught.value.why == why


def test_a_changed_byte_is_noticed() -> None:
    text = (VAULTED / "group_vars" / "all" / "vault.yml").read_text()
    changed = text[:-10] + ("0" if text[-10] != "0" else "1") + text[-9:]
    with pytest.raises(BadVault):
        decrypt(changed, {"default": [PASSWORD]})


def test_a_name_that_no_host_can_have_is_an_error() -> None:
    assert [each.code for each in load("a1\nunder_score_\n2001:db8::1\ncontroller\n").findings] == ["L424", "L067"]


def test_of_several_merged_mappings_the_first_holds() -> None:
    """As YAML says. PyYAML 6.0.4, and so Ansible with it, lets the last hold."""
    loaded = load("all: {hosts: {a1: {<<: [{x: 1}, {x: 2, y: 2}], z: 3}}}\n", "hosts.yml")
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a1"].variables == {"x": "1", "y": "2", "z": "3"}


ODD_VALUES = [
    (
        '{"_meta": {"hostvars": {"a1": {"x": {"1": [NaN, 1e999, 99999999999999999999]}}}}, "g": ["a1"]}',
        '{"1":[NaN,Infinity,99999999999999999999]}',
    ),
    ('{"_meta": {"hostvars": {"a1": {"x": "\\ud83d\\udea2"}}}, "g": ["a1"]}', "🚢"),
    ('{"_meta": {"hostvars": {"a1": {"x": "{{ [1, 2] | map(\'string\') }}"}}}, "g": ["a1"]}', '["1","2"]'),
    (
        "all: {hosts: {a1: {x: {2: a, true: b, 2026-01-02: c, ~: d}}}}",
        '{"2":"a","2026-01-02":"c","None":"d","True":"b"}',
    ),
    ("all: {hosts: {a1: {x: !!binary AAH/}}}", "\x00\x01\ufffd"),
]


@pytest.mark.parametrize(("text", "value"), ODD_VALUES)
def test_odd_values_are_text_too(text: str, value: str) -> None:
    loaded = load(text, "hosts.yml")
    assert loaded.inventory is not None, loaded.findings
    assert loaded.inventory.hosts["a1"].variables == {"x": value}


def test_half_a_character_is_left_out() -> None:
    loaded = load("""a1 x="{{ '\\\\ud800' }}" y=1\n""")
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a1"].variables == {"y": "1"}
    found = load('{"g": {"hosts": ["a1"], "vars": {"x": "\\ud800"}}}', "hosts.json").findings
    assert [each.severity for each in found] == [Severity.ERROR]


def test_a_program_is_not_run(tmp_path: Path) -> None:
    program = tmp_path / "inv.py"
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    loaded = load_ansible(Sources(str(program)), dict, "i")
    assert [each.code for each in loaded.findings] == ["L414"]
    assert not (tmp_path / "ran").exists()


PLACES = [
    ("hosts.ini", "a1\n[g\n", ("L401", 2, 1)),
    ("hosts.ini", "a1\n[g]\n", None),
    ("hosts.ini", "[g]\na1\n\n[x y]\n", ("L402", 4, 1)),
    ("hosts.ini", "a1\n  a2 word\n", ("L403", 2, 3)),
    ("hosts.ini", "[g:children]\nnone\n", ("L404", 2, 1)),
    ("hosts.yml", "all:\n  hosts:\n    a1: [1]\n", ("L406", 3, 5)),
    ("hosts.yml", "all:\n  vars:\n    d: 2026-13-45\n", ("L408", 3, 5)),
    ("hosts.yml", "all:\n  hosts: {a1: }\n  more: {}\n", ("L409", 3, 3)),
    ("hosts.yml", "all: {hosts: {a1: {x: !!python/object:os.system y}}}\n", ("L010", 1, 23)),
]


@pytest.mark.parametrize(("name", "text", "wanted"), PLACES)
def test_findings_name_line_and_column(name: str, text: str, wanted: tuple[str, int, int] | None) -> None:
    found = [(each.code, each.fields["line"], each.fields["column"]) for each in load(text, name).findings]
    assert found == ([wanted] if wanted else [])


def test_templates_cannot_reach_what_is_not_the_hosts() -> None:
    for attack in (
        "{{ ''.__class__.__mro__ }}",
        "{{ 'a' * 100000000 }}",
        "{{ 9 ** 999999 }}",
        "{{ lookup('pipe', 'id') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{{ range(100000000) | list }}",
        "{{ a1 }}",
    ):
        loaded = load(f'a1 x="{attack}" a1="{{{{ x }}}}"\n')
        assert loaded.inventory is not None
        assert "x" not in loaded.inventory.hosts["a1"].variables, attack


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[a]", "[a:children]", "[b:vars]", "[", "a1", "a[1:3]", "b", "x=1", "k={{ k }}", "ansible_port=x",
                "'", "[::1]:2",
                "all:", "  hosts:", "    h1: {a: 1}", "  children: {b: {}}", "  vars: &v {<<: *v}", "- x", "!vault |",
                "$ANSIBLE_VAULT;1.1;AES256",
                "n={{ 1/0 }}", "t={% for %}", "d=[" * 50, "\t", "\x00", "é[中:文]", '{"_meta": {"hostvars": {"h": 1}}}',
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, st.sampled_from(["hosts", "hosts.ini", "hosts.yml", "hosts.json"]))
@settings(max_examples=300, deadline=None)
def test_any_text_has_an_answer(lines: list[str], name: str) -> None:
    loaded = load("\n".join(lines).encode("utf-8", "surrogatepass"), name)
    assert (loaded.inventory is None) == any(each.severity is Severity.ERROR for each in loaded.findings)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_have_an_answer(data: bytes) -> None:
    load(data, "hosts")
    load(b"all: {vars: {" + data, "hosts.yml")


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_arguments_of_ssh_have_an_answer(text: str) -> None:
    read_arguments(text)


def test_a_large_inventory_is_read_in_bounded_work() -> None:
    loaded = load(
        "[web]\napp-[0001:5000] n=1\n[top:children]\nweb\n[top:vars]\n"
        + "".join(f"v{i}=x{{{{ n }}}}\n" for i in range(5))
    )
    assert loaded.inventory is not None
    assert len(loaded.inventory.groups["top"]) == 5000


def test_ranges_that_multiply_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.code for each in load("x[1:9999][1:9999][1:9999]\n").findings] == ["L065"]
    monkeypatch.setattr(written, "WORK_MAX", 5000)
    assert "L086" in [each.code for each in load("x[1:900]\n" * 6).findings]


def test_an_option_without_effect_is_named_as_ssh_writes_it() -> None:
    assert read_arguments("-o stricthostkeychecking=no").loose == ["StrictHostKeyChecking=no"]
